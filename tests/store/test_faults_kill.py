"""kill -9 between append, commit, answer and publish: what was acknowledged stays, and what anyone saw stays true."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.ledger import SM3, TileCache, TileFolder, fsck, open_checkpoint, tree_root
from qingyuan.store import Database, SqlLogStorage
from tests.store.appending import POINTS, Job, Nursery, publish
from tests.store.making import ORIGIN, check_whole, log, sizes, twin
from tests.store.postgres import Cluster

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as started:
        yield started


class Watch:
    """Remembers what was acknowledged and which heads could be seen, and holds a database against it."""

    def __init__(self, url: str, tiles: Path | None = None) -> None:
        self._url = url
        self._tiles = tiles
        self.acknowledged: dict[int, str] = {}
        self._seen: dict[tuple[str, int], bytes] = {}
        self._size = 0
        self.kills = 0

    def see(self) -> None:
        """Look at the published checkpoints, as anybody can."""
        for writer, name in ((log(), "log"), (twin(), "log-sm3")):
            note = TileFolder(self._tiles / name).checkpoint() if self._tiles else None
            if note is not None:
                head = open_checkpoint(note, [writer.key]).checkpoint
                assert self._seen.setdefault((head.origin, head.size), head.root) == head.root

    def after(self, acknowledged: dict[int, str]) -> None:
        """Check the database after a kill."""
        self.kills += 1
        assert not self.acknowledged.keys() & acknowledged.keys()  # no index is given twice
        self.acknowledged |= acknowledged
        self.see()
        database = Database(self._url)
        with database.read() as connection:
            heads = [SqlLogStorage(connection, each.origin).read_head() for each in (log(), twin())]
            size = min(head.size if head else 0 for head in heads)
            assert [head.size if head else 0 for head in heads] == [size, size]
            assert size >= self._size
            assert size > max(self.acknowledged, default=-1)
            self._size = size
            storage = SqlLogStorage(connection, ORIGIN)
            stored = {index: storage.read_hashes(0, index, index + 1)[0].hex() for index in acknowledged}
        assert stored == acknowledged
        database.close()

    def close(self) -> None:
        """Check everything once more, to the last byte."""
        database = Database(self._url)
        assert sizes(database) == [self._size, self._size]
        check_whole(database, self._size)
        with database.read() as connection:
            hashes = SqlLogStorage(connection, ORIGIN).read_hashes(0, 0, self._size)
            assert {index: hashes[index].hex() for index in self.acknowledged} == self.acknowledged
            readers = {
                each.origin: (TileCache(SqlLogStorage(connection, each.origin), each.suite), each.suite)
                for each in (log(), twin())
            }
            for (origin, size), root in self._seen.items():
                reader, suite = readers[origin]
                assert tree_root(reader, size, suite) == root
        if self._tiles:
            publish(database, self._tiles)
            with database.read() as connection:
                for writer, name, suite in ((log(), "log", log().suite), (twin(), "log-sm3", SM3)):
                    tiles = TileFolder(self._tiles / name, suite)
                    storage = SqlLogStorage(connection, writer.origin)
                    assert list(fsck(storage, writer.origin, [writer.key], suite, tiles)) == []
        database.close()


def test_a_hundred_and_twenty_kills_at_random_moments_while_appending_and_publishing(
    tmp_path: Path, nursery: Nursery
) -> None:
    watch = Watch(f"sqlite:///{tmp_path / 'q.db'}", tmp_path)
    Database.at(tmp_path / "q.db").close()
    choose = random.Random(1)
    while watch.kills < 120:
        job = Job(f"sqlite:///{tmp_path / 'q.db'}", tiles=str(tmp_path))
        watch.after(nursery.kill(job, choose).acknowledged)
    watch.close()
    assert len(watch.acknowledged) > watch.kills


def test_fifty_kills_at_random_moments_of_a_group_committer(tmp_path: Path, nursery: Nursery) -> None:
    url = f"sqlite:///{tmp_path / 'q.db'}"
    watch = Watch(url)
    Database(url).close()
    choose = random.Random(2)
    while watch.kills < 50:
        watch.after(nursery.kill(Job(url, callers=4), choose).acknowledged)
    watch.close()
    assert len(watch.acknowledged) > watch.kills


def test_kills_before_and_after_every_step(tmp_path: Path, nursery: Nursery) -> None:
    url = f"sqlite:///{tmp_path / 'q.db'}"
    watch = Watch(url, tmp_path)
    Database(url).close()
    for visit in (1, 2, 3, 5):
        for when in ("before", "after"):
            for name in POINTS:
                outcome = nursery.run(Job(url, tiles=str(tmp_path), point=f"{when} {name}", visit=visit))
                watch.after(outcome.acknowledged)
    watch.close()
    assert watch.kills == 40


def test_clients_of_a_server_may_be_killed_and_the_server_too(postgres: Cluster, nursery: Nursery) -> None:
    url = postgres.new_database()
    Database(url).close()
    watch = Watch(url)
    choose = random.Random(3)
    while watch.kills < 10:
        job = Job(url, callers=choose.choice((0, 3)))
        crash = postgres.crash if watch.kills % 5 == 4 else None
        watch.after(nursery.kill(job, choose, crash=crash).acknowledged)
    watch.close()
    assert watch.acknowledged
