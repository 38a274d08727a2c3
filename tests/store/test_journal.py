"""Events, log entries and the signed head become durable together or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import pytest
import sqlalchemy as sa

from qingyuan.ledger import (
    SM3,
    Log,
    NoteSigner,
    TileCache,
    inclusion_path,
    leaf_hash,
    sm3,
    tree_root,
    verify_inclusion,
)
from qingyuan.store import Database, EventDraft, Journal, SqlLogStorage, StoreError, check_events, events
from qingyuan.store.schema import EVENT
from tests.store.making import NOW, ORIGIN, numbered


@pytest.fixture
def journal() -> Journal:
    return Journal(Log(ORIGIN, NoteSigner(ORIGIN, b"\x07" * 32)), numbered())


def put(database: Database, journal: Journal, *drafts: tuple[str, str, Mapping[str, object]]) -> list[int]:
    with database.write() as connection:
        stored = journal.append(
            connection,
            [EventDraft(stream, kind, dict(payload)) for stream, kind, payload in drafts],
            now=NOW,
            actor="P001",
        )
    return [event.index for event in stored]


def test_events_number_within_their_stream_and_index_in_the_log(database: Database, journal: Journal) -> None:
    assert put(
        database, journal, ("L1", "lead.a", {"x": 1}), ("M1", "matter.a", {}), ("L1", "lead.b", {})
    ) == [0, 1, 2]
    assert put(database, journal, ("L1", "lead.c", {})) == [3]
    with database.read() as connection:
        assert [(e.stream, e.n, e.type) for e in events(connection, ["L1"])] == [
            ("L1", 0, "lead.a"),
            ("L1", 1, "lead.b"),
            ("L1", 2, "lead.c"),
        ]


def test_the_leaf_commits_to_the_payload_and_chains_to_the_one_before(
    database: Database, journal: Journal
) -> None:
    put(database, journal, ("L1", "lead.a", {"k": "值"}), ("L1", "lead.b", {}))
    with database.read() as connection:
        first, second = events(connection, ["L1"])
    leaf = json.loads(first.leaf)
    opened = first.salt + '{"k":"值"}'.encode()
    assert leaf["sha256"] == hashlib.sha256(opened).hexdigest()
    assert leaf["sm3"] == sm3(opened).hex()
    assert "值" not in first.leaf.decode()
    assert json.loads(second.leaf)["prev"] == hashlib.sha256(first.leaf).hexdigest()


def test_every_event_is_provably_in_the_log(database: Database, journal: Journal) -> None:
    put(database, journal, *[("L1", "lead.a", {"i": i}) for i in range(600)])
    with database.read() as connection:
        storage = SqlLogStorage(connection, ORIGIN)
        head = storage.read_head()
        assert head is not None
        root = Log.open(storage, ORIGIN, NoteSigner(ORIGIN, b"\x07" * 32))
        stored = events(connection, ["L1"])
        reader = TileCache(storage)
        for index in (0, 255, 256, 599):
            path = inclusion_path(reader, index, 600)
            verify_inclusion(leaf_hash(stored[index].leaf), index, 600, path, tree_root(reader, 600))
        assert root.origin == ORIGIN


def test_a_failed_transaction_leaves_neither_event_nor_head(database: Database, journal: Journal) -> None:
    put(database, journal, ("L1", "lead.a", {}))

    def fail_midway() -> None:
        with database.write() as connection:
            journal.append(connection, [EventDraft("L1", "lead.b", {})], now=NOW, actor="P001")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail_midway()
    with database.read() as connection:
        head = SqlLogStorage(connection, ORIGIN).read_head()
        assert head is not None
        assert head.size == 1
        assert len(events(connection, ["L1"])) == 1
    assert put(database, journal, ("L1", "lead.b", {})) == [1]


def test_a_payload_with_a_float_or_a_naive_time_is_refused(database: Database, journal: Journal) -> None:
    with pytest.raises(StoreError, match="canonical JSON"), database.write() as connection:
        journal.append(connection, [EventDraft("L1", "x", {"f": 1.5})], now=NOW, actor="P001")
    with pytest.raises(StoreError, match="no offset"), database.write() as connection:
        journal.append(connection, [EventDraft("L1", "x", {})], now=NOW.replace(tzinfo=None), actor="P001")


@pytest.mark.parametrize("column", ["payload", "salt", "at", "actor"])
def test_a_changed_event_is_named_by_its_index(database: Database, journal: Journal, column: str) -> None:
    put(database, journal, *[("L1", "lead.a", {"i": i}) for i in range(5)])
    value: object = b'{"i":9}' if column in {"payload", "salt"} else "other"
    with database.write() as connection:
        connection.execute(sa.update(EVENT).where(EVENT.c.idx == 3).values({column: value}))
    with database.read() as connection:
        problems = list(check_events(connection))
    assert [index for index, _, _ in problems] == [3]


def test_a_missing_event_of_an_entry_is_named(database: Database, journal: Journal) -> None:
    put(database, journal, ("L1", "lead.a", {}), ("M1", "matter.a", {}))
    with database.write() as connection:
        connection.execute(sa.delete(EVENT).where(EVENT.c.idx == 1))
    with database.read() as connection:
        assert [(index, en) for index, _, en in check_events(connection)] == [
            (1, "log entry without an event")
        ]


def test_the_twin_suite_hashes_the_same_leaves_differently() -> None:
    assert leaf_hash(b"x") != SM3.leaf_hashes([b"x"])[0]
