"""Commits that many threads of one process share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.ledger import Log
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.keys.rotation import rotate
from qingyuan.office.recognition.stopped import STOPPED
from qingyuan.store import EventDraft, events


def _draft(number: int) -> EventDraft:
    return EventDraft(
        "office", "access.read", {"what": "lead", "records": [f"L2026-{number:04}"], "reason": ""}
    )


def test_what_many_threads_hand_in_at_a_time_has_one_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[int] = []
    reached, go = threading.Event(), threading.Event()
    sign = Log.sign

    def counted(log: Log, checkpoint: object) -> bytes:
        signed.append(1)
        reached.set()
        assert go.wait(300)
        return sign(log, checkpoint)  # type: ignore[arg-type]

    with Home.open(tmp_path / "home", create=True) as home, home.sharing_commits():
        monkeypatch.setattr(Log, "sign", counted)
        with ThreadPoolExecutor(12) as pool:
            first = pool.submit(home.append, [_draft(0)], actor="P001")
            assert reached.wait(300)
            rest = [pool.submit(home.append, [_draft(number)], actor="P001") for number in range(1, 12)]
            while home._shared is not None and len(home._shared._queue) < 11:
                threading.Event().wait(0.001)
            go.set()
            stored = [each.result(300)[0] for each in (first, *rest)]
        assert len(signed) == 2 * (1 + (home.twin is not None))  # two groups, a head of each log
        assert sorted(event.index for event in stored) == list(range(stored[0].index, stored[0].index + 12))
        with home.database.read() as connection:
            assert events(connection, ["office"])[-12:] == sorted(stored, key=lambda each: each.index)
        home.publish()
        assert list(check_home(home)) == []


def test_acts_with_a_transaction_of_their_own_go_on_beside_it(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", create=True) as home, home.sharing_commits():

        def own(number: int) -> int:
            with home.database.write() as connection:
                return home.record(connection, [_draft(number)], actor="P002")[0].index

        with ThreadPoolExecutor(8) as pool:
            mixed = [
                pool.submit(own, number)
                if number % 3
                else pool.submit(lambda n: home.append([_draft(n)], actor="P001")[0].index, number)
                for number in range(60)
            ]
            found = sorted(each.result(300) for each in mixed)
        assert found == list(range(found[0], found[0] + 60))
        home.publish()
        assert list(check_home(home)) == []


def test_who_may_not_write_is_refused_and_keeps_nobody_else(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", create=True) as home, home.sharing_commits():
        with pytest.raises(QingyuanError) as refused:
            home.append([_draft(1)], actor="P\x00001")
        assert refused.value.code == "office.bad-actor"
        (home.path / STOPPED).write_bytes(b"{}")
        with pytest.raises(QingyuanError) as refused:
            home.append([_draft(1)], actor="P001")
        assert refused.value.code == "office.stopped"
        (home.path / STOPPED).unlink()
        assert home.append([_draft(1)], actor="P001")
    assert home._shared is None


def test_a_key_that_another_process_replaced_signs_from_then_on(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", create=True) as home, home.sharing_commits():
        before = home.append([_draft(1)], actor="P001")
        with Home.open(tmp_path / "home") as other:
            rotate(other, "log", by="P001")
        assert home.append([_draft(2)], actor="P001")[0].index > before[0].index
        assert list(check_home(home)) == []
