"""Group commit: many callers, one signature and one sync; nobody pays for another's mistake."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path

import pytest

from qingyuan.ledger import Log, hashes, is_quick, sm2
from qingyuan.store import Database, EventDraft, GroupCommitter, Journal, StoredEvent, StoreError, events
from tests.store.making import NOW, both, check_whole, drafts, log, numbered, twin


class Gate:
    """Holds the committing thread at its first signature, until it is opened."""

    def __init__(self, writer: Log) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        self._sign = writer.sign

    def __call__(self, checkpoint: object) -> bytes:
        self.reached.set()
        assert self.open.wait(300)
        return self._sign(checkpoint)  # type: ignore[arg-type]


def gated(monkeypatch: pytest.MonkeyPatch) -> tuple[Journal, Gate]:
    writer = log()
    gate = Gate(writer)
    monkeypatch.setattr(writer, "sign", gate)
    return Journal(writer, numbered(), twin=twin()), gate


def test_one_caller_is_served_at_once_with_its_events(database: Database) -> None:
    with GroupCommitter(database, both()) as committer:
        first = committer.append(drafts(2), now=NOW, actor="P001")
        second = committer.append(drafts(1), now=NOW, actor="P002")
        assert committer.append([], now=NOW, actor="P001") == []
        assert committer.groups == 2
    assert [event.index for event in first + second] == [0, 1, 2]
    with database.read() as connection:
        assert events(connection, ["L0", "L1"]) == first + second
    check_whole(database, 3)


def test_a_caller_who_is_alone_commits_in_its_own_thread_and_those_who_come_meanwhile_in_one_group(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, gate = gated(monkeypatch)
    wrote: list[str] = []
    write = Journal.append_requests

    def told(self: Journal, *args: object) -> object:
        wrote.append(threading.current_thread().name)
        return write(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Journal, "append_requests", told)
    with GroupCommitter(database, journal) as committer:
        stored: dict[str, list[StoredEvent]] = {}

        def call() -> None:
            name = threading.current_thread().name
            stored[name] = committer.append(drafts(1), now=NOW, actor=name)

        threads = [threading.Thread(target=call, name=f"P{number}") for number in range(6)]
        threads[0].start()
        assert gate.reached.wait(300)
        for thread in threads[1:]:
            thread.start()
        waiting = [committer.submit(drafts(1), now=NOW, actor="P009")]
        closing = threading.Thread(target=committer.close)  # waits for whoever is committing
        while len(committer._queue) < 6:
            assert committer.groups == 0
            time.sleep(0.001)
        closing.start()
        closing.join(0.05)
        assert closing.is_alive()
        gate.open.set()
        for thread in (*threads, closing):
            thread.join(300)
        assert waiting[0].result(300)
        assert committer.groups == 2
    assert wrote == ["P0", "commit"]
    assert sorted(events[0].actor for events in stored.values()) == [f"P{number}" for number in range(6)]
    check_whole(database, 7)


def test_a_commit_in_the_callers_own_thread_that_is_interrupted_leaves_the_next_one_in_order(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = log()
    sign = writer.sign

    def interrupt(checkpoint: object) -> bytes:
        monkeypatch.setattr(writer, "sign", sign)
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, "sign", interrupt)
    with GroupCommitter(database, Journal(writer, numbered(), twin=twin())) as committer:
        with pytest.raises(KeyboardInterrupt):
            committer.append(drafts(1), now=NOW, actor="P001")
        assert committer.append(drafts(2), now=NOW, actor="P001")[0].index == 0
        assert committer.submit(drafts(1), now=NOW, actor="P001").result(300)[0].index == 2
    check_whole(database, 3)


def test_what_comes_in_during_a_commit_is_one_group(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, gate = gated(monkeypatch)
    with GroupCommitter(database, journal) as committer:
        waiting = [committer.submit(drafts(1), now=NOW, actor="P001")]
        assert gate.reached.wait(300)
        waiting += [committer.submit(drafts(2), now=NOW, actor=f"P{number}") for number in range(20)]
        gate.open.set()
        stored = [each.result(300) for each in waiting]
        assert committer.groups == 2
    assert [event.index for events in stored for event in events] == list(range(41))
    assert [events[0].actor for events in stored[1:]] == [f"P{number}" for number in range(20)]
    check_whole(database, 41)


def test_a_group_has_its_limit_and_a_larger_act_is_a_group_of_its_own(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, gate = gated(monkeypatch)
    with GroupCommitter(database, journal, max_group=10) as committer:
        waiting = [committer.submit(drafts(1), now=NOW, actor="P001")]
        assert gate.reached.wait(300)
        waiting += [committer.submit(drafts(count), now=NOW, actor="P001") for count in (4, 6, 1, 30, 2)]
        gate.open.set()
        assert [len(each.result(300)) for each in waiting] == [1, 4, 6, 1, 30, 2]
        assert committer.groups == 5  # 1, 4+6, 1, 30, 2
    check_whole(database, 44)


def test_many_threads_get_what_they_wrote_and_every_stream_is_in_order(database: Database) -> None:
    results: dict[int, list[StoredEvent]] = {}

    def call(number: int) -> None:
        results[number] = [
            committer.append([EventDraft(f"S{number}", "a.b", {"n": n})], now=NOW, actor="P001")[0]
            for n in range(12)
        ]

    with GroupCommitter(database, both()) as committer:
        threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert committer.groups <= 96
    for number, stored in results.items():
        assert [(event.stream, event.n, event.payload) for event in stored] == [
            (f"S{number}", n, {"n": n}) for n in range(12)
        ]
    check_whole(database, 96)


def test_a_bad_draft_is_the_business_of_its_caller_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, gate = gated(monkeypatch)
    with GroupCommitter(database, journal) as committer:
        good = [committer.submit(drafts(1), now=NOW, actor="P001")]
        assert gate.reached.wait(300)
        good.append(committer.submit(drafts(1, 1), now=NOW, actor="P001"))
        for bad in (1.5, object(), "\ud800"):
            with pytest.raises(StoreError) as caught:
                committer.submit([EventDraft("L1", "a.b", {"x": bad})], now=NOW, actor="P001")
            assert caught.value.code == "store.payload"
        with pytest.raises(StoreError, match="offset"):
            committer.submit(drafts(1), now=datetime(2026, 1, 1), actor="P001")  # noqa: DTZ001
        gate.open.set()
        assert [each.result(300)[0].index for each in good] == [0, 1]
    check_whole(database, 2)


def test_closing_writes_what_was_handed_in_and_refuses_the_rest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, gate = gated(monkeypatch)
    committer = GroupCommitter(database, journal)
    waiting = [committer.submit(drafts(1), now=NOW, actor="P001")]
    assert gate.reached.wait(300)
    waiting += [committer.submit(drafts(1), now=NOW, actor="P001") for _ in range(5)]
    assert waiting[-1].cancel()
    gate.open.set()
    committer.close()
    committer.close()
    assert [each.result(0)[0].index for each in waiting[:-1]] == [0, 1, 2, 3, 4]
    with pytest.raises(StoreError) as caught:
        committer.append(drafts(1), now=NOW, actor="P001")
    assert caught.value.code == "store.closed"
    check_whole(database, 5)


def test_a_group_that_failed_stops_everything_until_it_is_opened_anew(database: Database) -> None:
    writer, second = log(), twin()
    broken = threading.Event()

    def refuse(checkpoint: object) -> bytes:
        if broken.is_set():
            raise RuntimeError("the device is gone")
        return twin().sign(checkpoint)  # type: ignore[arg-type]

    second.sign = refuse  # type: ignore[method-assign]
    journal = Journal(writer, numbered(), twin=second)
    committer = GroupCommitter(database, journal)
    committer.append(drafts(3), now=NOW, actor="P001")
    broken.set()
    failed: Future[list[StoredEvent]] = committer.submit(drafts(1), now=NOW, actor="P001")
    with pytest.raises(RuntimeError, match="device"):
        failed.result(300)
    broken.clear()
    with pytest.raises(StoreError) as caught:
        committer.append(drafts(1), now=NOW, actor="P001")
    assert caught.value.code == "store.stopped"
    assert caught.value.remedy_zh
    committer.close()
    check_whole(database, 3)
    with GroupCommitter(database, both(3)) as again:
        assert again.append(drafts(1), now=NOW, actor="P001")[0].index == 3
    check_whole(database, 4)


def test_a_lock_that_another_holds_too_long_fails_that_group_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingyuan.store.database._BUSY_MS", 30)
    held = Database.at(tmp_path / "q.db")
    with GroupCommitter(held, both()) as committer:
        with held.write(), pytest.raises(StoreError, match="locked") as caught:
            committer.append(drafts(1), now=NOW, actor="P001")
        assert caught.value.code == "store.write-failed"
        assert committer.append(drafts(1), now=NOW, actor="P001")[0].index == 0
    check_whole(held, 1)
    held.close()


@pytest.fixture
def like_a_new_process() -> Iterator[None]:
    """Whoever wrote much before, in the same process, left compiled code in place."""
    hashes.QUICK.clear()
    sm2.QUICK.clear()
    yield
    hashes.QUICK.clear()
    sm2.QUICK.clear()


@pytest.mark.usefixtures("like_a_new_process")
def test_whoever_writes_many_groups_signs_by_compiled_code(database: Database) -> None:
    with GroupCommitter(database, both(), quicken_after=3) as committer:
        for number in range(2):
            committer.append(drafts(1), now=NOW, actor=f"P{number}")
        assert not is_quick()
        for number in range(6):
            committer.append(drafts(1), now=NOW, actor=f"P{number}")
    assert is_quick()
    with GroupCommitter(database, both()) as committer:
        committer.append(drafts(300), now=NOW, actor="P001")
    check_whole(database, 308)


@pytest.mark.usefixtures("like_a_new_process")
def test_one_log_alone_needs_no_compiled_code(database: Database) -> None:
    with GroupCommitter(database, Journal(log(), numbered()), quicken_after=1) as committer:
        committer.append(drafts(1), now=NOW, actor="P001")
        committer.append(drafts(1), now=NOW, actor="P001")
    assert not is_quick()
