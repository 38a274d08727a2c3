"""Two writers at once, and clocks that jump: no update is lost, and order is that of the log."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from qingyuan.store import Database, EventDraft, events
from tests.store.appending import Job, Nursery
from tests.store.making import NOW, append, both, check_whole, sizes


@pytest.fixture
def two() -> Iterator[tuple[Nursery, Nursery]]:
    with Nursery() as first, Nursery() as second:
        yield first, second


def test_two_processes_append_at_once_and_no_update_is_lost(
    url: str, two: tuple[Nursery, Nursery], tmp_path: Path
) -> None:
    Database(url).close()
    first, second = two
    child = first.start(Job(url, tiles=str(tmp_path / "tiles")))
    first.listen(2)
    second.start(Job(url, callers=3, count=8))
    theirs = second.finish().acknowledged
    while max(first.outcome.acknowledged) < max(theirs):
        first.listen(0)
    os.kill(child, signal.SIGKILL)
    ours = first.finish().acknowledged
    assert not ours.keys() & theirs.keys()
    assert min(ours) < min(theirs) < max(theirs) < max(ours)  # they really ran at once
    database = Database(url)
    size = sizes(database)[0]
    # The killed one may have committed once more than it could say.
    assert set(range(max(ours) + 1)) == ours.keys() | theirs.keys()
    assert size - len(ours) - len(theirs) in {0, 1, 2, 40}
    check_whole(database, size)
    database.close()


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    journal = both()
    append(database, journal, 5)
    with database.read() as connection:
        before = [event.index for event in events(connection, ["L0", "L1", "L2"])]
        writer = threading.Thread(target=append, args=(database, journal, 7, 5))
        writer.start()
        writer.join()
        assert [event.index for event in events(connection, ["L0", "L1", "L2"])] == before
    check_whole(database, 12)


def test_a_clock_that_jumps_changes_neither_order_nor_proofs(database: Database) -> None:
    journal = both()
    jumps = [timedelta(), timedelta(hours=-1), timedelta(days=3653), timedelta(seconds=-1), timedelta()]
    for jump in jumps:
        with database.write() as connection:
            journal.append(connection, [EventDraft("L0", "lead.a", {})], now=NOW + jump, actor="P001")
    check_whole(database, len(jumps))
    with database.read() as connection:
        stored = events(connection, ["L0"])
    assert [event.n for event in stored] == [0, 1, 2, 3, 4]
    assert [event.at for event in stored] == [(NOW + jump).isoformat(timespec="seconds") for jump in jumps]
