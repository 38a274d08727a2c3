"""SQLite and PostgreSQL give the same bytes for the same drafts, salts and clock."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import SHA256, SM3, MemoryStorage, TileFolder
from qingyuan.store import Database, SqlLogStorage
from tests.store.making import ORIGIN, TWIN, append, both, check_whole, log
from tests.store.postgres import Cluster

_SUITES = {ORIGIN: SHA256, TWIN: SM3}


def _publish(database: Database, folder: Path) -> dict[str, bytes]:
    with database.read() as connection:
        for origin, suite in _SUITES.items():
            TileFolder(folder / suite.name, suite).publish(SqlLogStorage(connection, origin))
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def _filled(url: str, steps: list[int]) -> Database:
    database, journal, at = Database(url), both(), 0
    for step in steps:
        append(database, journal, step, at)
        at += step
    return database


def test_both_kinds_of_database_give_the_same_tiles_for_both_logs(tmp_path: Path, postgres: Cluster) -> None:
    steps = [1, 1, 254, 1, 300, 3, 1, 500]
    published = []
    for number, url in enumerate((f"sqlite:///{tmp_path / 'q.db'}", postgres.new_database())):
        database = _filled(url, steps)
        check_whole(database, sum(steps))
        published.append(_publish(database, tmp_path / str(number)))
        database.close()
    assert published[0] == published[1]
    assert {name.split("/")[0] for name in published[0]} == {"sha256", "sm3"}
    assert len(published[0]) > 2 * 10


def test_how_entries_came_in_does_not_show_in_the_tiles(tmp_path: Path) -> None:
    published = []
    for number, steps in enumerate(([1] * 300, [300], [7, 250, 43])):
        database = _filled(f"sqlite:///{tmp_path / f'{number}.db'}", steps)
        published.append(_publish(database, tmp_path / str(number)))
        database.close()
    # Salts are drawn in the order of the events, so even the entries are the same.
    assert published[0] == published[1] == published[2]


def test_tiles_published_step_by_step_are_those_published_at_once(database: Database, tmp_path: Path) -> None:
    journal, at = both(), 0
    for step in (5, 251, 1, 400, 90):
        append(database, journal, step, at)
        at += step
        stepwise = _publish(database, tmp_path / "steps")
    whole = _publish(database, tmp_path / "whole")
    assert {name: data for name, data in stepwise.items() if name in whole} == whole


@settings(max_examples=40)
@given(
    steps=st.lists(st.integers(1, 600), min_size=1, max_size=6),
    ranges=st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 700)), max_size=8),
)
def test_the_tables_give_every_range_as_the_memory_does(
    steps: list[int], ranges: list[tuple[int, int]]
) -> None:
    database, memory, writer = Database("sqlite://"), MemoryStorage(), log()
    mirror = log()
    with database.write() as connection:
        storage = SqlLogStorage(connection, ORIGIN)
        at = 0
        for step in steps:
            entries = [b"%d" % index for index in range(at, at + step)]
            assert writer.append(storage, entries) == mirror.append(memory, entries)
            at += step
        assert list(storage.check_rows()) == []
        for start, length in [*ranges, (0, at), (255, 1), (256, 1)]:
            for level in (0, 1, 2):
                assert storage.read_hashes(level, start, start + length) == memory.read_hashes(
                    level, start, start + length
                )
            assert storage.read_entries(start, start + length) == memory.read_entries(start, start + length)
    database.close()
