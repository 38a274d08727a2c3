"""A full disk, a failed sync, writes that never reached the disk, an old backup: refuse, stay whole, lose nothing.

The disk's refusals are the kernel's own: ``/dev/full`` and ``/dev/null`` take the place of the write-ahead log under the
running program, or the process is limited in how long a file may become.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.ledger import LogError, TileFolder, check_continues, leaf_hash, open_checkpoint
from qingyuan.store import Database, SqlLogStorage, StoreError
from tests.store.appending import Job, Nursery, publish
from tests.store.making import ORIGIN, append, both, check_whole, log, sizes


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as started:
        yield started


@pytest.mark.parametrize("fault", ["disk-full", "file-limit", "sync"])
def test_a_disk_that_refuses_stops_the_committer_and_loses_nothing(
    tmp_path: Path, nursery: Nursery, fault: str
) -> None:
    url = f"sqlite:///{tmp_path / 'q.db'}"
    outcome = nursery.run(Job(url, fault=fault))
    # The first to meet the fault is told what happened; everybody after is refused, until it is opened anew.
    assert outcome.errors == ["store.write-failed", "store.stopped", "store.stopped"]
    assert outcome.mended
    database = Database(url)
    (size, other) = sizes(database)
    assert size == other
    assert outcome.acknowledged.keys() == set(range(size))
    check_whole(database, size)
    with database.read() as connection:
        entries = SqlLogStorage(connection, ORIGIN).read_entries(0, size)
    assert [leaf_hash(entry).hex() for entry in entries] == [outcome.acknowledged[at] for at in range(size)]
    database.close()


def test_a_database_at_its_largest_refuses_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    database, journal = Database.at(tmp_path / "q.db"), both()
    append(database, journal, 50)
    with database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match="full") as caught:
        append(database, journal, 900, 50)
    assert caught.value.code == "store.write-failed"
    check_whole(database, 50)
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 100000")
    assert append(database, journal, 900, 50) == list(range(50, 950))
    check_whole(database, 950)
    database.close()


def test_a_tile_folder_on_a_full_disk_does_not_harm_the_log(tmp_path: Path) -> None:
    database, journal = Database.at(tmp_path / "q.db"), both()
    append(database, journal, 5)
    publish(database, tmp_path)
    folder = tmp_path / "log"
    (folder / "tile").rename(folder / "away")
    (folder / "tile").symlink_to("/dev/full")
    append(database, journal, 300, 5)
    with pytest.raises(OSError, match="tile"):
        publish(database, tmp_path)
    note = TileFolder(folder).checkpoint()
    assert note is not None
    assert open_checkpoint(note, [log().key]).checkpoint.size == 5  # nothing was shown that has no tiles
    (folder / "tile").unlink()
    (folder / "away").rename(folder / "tile")
    publish(database, tmp_path)
    check_whole(database, 305)
    database.close()


def _copy(source: Path, target: Path) -> Path:
    """Copy what is on the disk: the database and its write-ahead log, without the index in shared memory."""
    target.mkdir()
    for name in ("q.db", "q.db-wal"):
        if (source / name).exists():
            shutil.copy(source / name, target / name)
    return target


def test_after_a_power_cut_there_is_what_was_acknowledged_and_nothing_else(tmp_path: Path) -> None:
    database, journal, choose = Database.at(tmp_path / "q.db"), both(), random.Random(4)
    at = 0
    for number in range(12):
        step = choose.choice((1, 1, 7, 300))
        append(database, journal, step, at)
        at += step
        cut = _copy(tmp_path, tmp_path / f"cut{number}")  # as of the sync that the commit waited for
        reopened = Database.at(cut / "q.db")
        check_whole(reopened, at)
        reopened.close()
    database.close()


def test_a_write_ahead_log_cut_anywhere_gives_a_state_that_was_committed(tmp_path: Path) -> None:
    database, journal, choose = Database.at(tmp_path / "q.db"), both(), random.Random(5)
    committed = {0}
    at = 0
    for step in (3, 1, 1, 40, 1, 260, 1):
        append(database, journal, step, at)
        at += step
        committed.add(at)
    whole = (tmp_path / "q.db-wal").read_bytes()
    seen = set()
    for number in range(40):
        cut = _copy(tmp_path, tmp_path / f"cut{number}")
        length = choose.randrange(len(whole))
        # What was never synced may be missing, or be anything.
        (cut / "q.db-wal").write_bytes(whole[:length] + choose.randbytes(choose.choice((0, 5_000))))
        try:
            reopened = Database.at(cut / "q.db")
        except StoreError:
            pytest.fail("a cut log must leave a database")
        found = sizes(reopened)
        size = found[0] if found else 0
        assert found in ([], [size, size])
        assert size in committed
        if size:
            check_whole(reopened, size)
        seen.add(size)
        reopened.close()
    assert len(seen) > 3
    database.close()


def test_an_old_backup_is_told_by_any_checkpoint_kept_elsewhere(tmp_path: Path) -> None:
    database, journal = Database.at(tmp_path / "q.db"), both()
    append(database, journal, 300)
    backup = _copy(tmp_path, tmp_path / "backup")
    append(database, journal, 50, 300)
    publish(database, tmp_path)
    note = TileFolder(tmp_path / "log").checkpoint()
    assert note is not None
    seen = open_checkpoint(note, [log().key]).checkpoint
    with database.read() as connection:
        check_continues(SqlLogStorage(connection, ORIGIN), seen)
    database.close()

    old = Database.at(backup / "q.db")
    check_whole(old, 300)  # by itself it is in order: that is why witnesses are needed
    with old.read() as connection, pytest.raises(LogError) as caught:
        check_continues(SqlLogStorage(connection, ORIGIN), seen)
    assert caught.value.code == "ledger.rolled-back"
    with pytest.raises(LogError, match="rolled back"):
        publish(old, tmp_path)
    append(old, both(9_999), 100, 300)  # somebody went on from it: another history
    with old.read() as connection, pytest.raises(LogError) as caught:
        check_continues(SqlLogStorage(connection, ORIGIN), seen)
    assert caught.value.code == "ledger.diverged"
    old.close()
