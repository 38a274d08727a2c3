"""Answers of time-stamping authorities come back as they were kept, on either database."""

from __future__ import annotations

import msgspec
import pytest

from qingyuan.evidence.timestamp import StoredTimestamp, TimestampError, operators
from qingyuan.store import Database, StoreError
from qingyuan.store.timestamps import (
    add_timestamp,
    for_exhibits,
    for_origins,
    of_authority,
    renewals_of,
    stamped_by,
    timestamp,
    timestamps,
)

ROW = StoredTimestamp(
    id=0,
    over="checkpoint",
    subject="ledger.example",
    size=7,
    root=bytes(range(32)),
    tsa="a",
    operator="甲",
    token=b"\x30\x00\xff",
    gen_time="2026-11-22T01:30:00Z",
    at="2026-11-22T09:30:01+08:00",
)
EXHIBIT = msgspec.structs.replace(
    ROW, over="exhibit", subject="X0", size=None, root=None, tsa="b", operator="乙"
)


def renewal(of: int) -> StoredTimestamp:
    return msgspec.structs.replace(EXHIBIT, over="timestamp", subject=str(of), tsa="a")


def test_answers_come_back_as_they_were_kept_in_order(database: Database) -> None:
    with database.write() as connection:
        kept = [add_timestamp(connection, row) for row in (ROW, EXHIBIT, ROW)]
    assert [row.id for row in kept] == [1, 2, 3]
    with database.read() as connection:
        assert timestamps(connection) == kept
        assert timestamp(connection, 2) == msgspec.structs.replace(EXHIBIT, id=2)
        assert for_origins(connection, ["ledger.example", "other"]) == [kept[0], kept[2]]
        assert for_exhibits(connection, ["X0", "ledger.example"]) == [kept[1]]
        assert for_exhibits(connection, []) == []
        assert of_authority(connection, "a", 1) == [kept[2]]
        assert operators(kept) == {"甲", "乙"}


def test_only_the_same_head_counts_as_stamped(database: Database) -> None:
    with database.write() as connection:
        kept = add_timestamp(connection, ROW)
        assert stamped_by(connection, "checkpoint", ROW.subject, size=7, root=ROW.root) == [kept]
        assert stamped_by(connection, "checkpoint", ROW.subject, size=8, root=ROW.root) == []
        assert stamped_by(connection, "checkpoint", ROW.subject, size=7, root=bytes(32)) == []
        assert stamped_by(connection, "exhibit", ROW.subject) == []


def test_renewals_are_followed_to_the_last(database: Database) -> None:
    with database.write() as connection:
        first = add_timestamp(connection, ROW)
        other = add_timestamp(connection, EXHIBIT)
        second = add_timestamp(connection, renewal(first.id))
        third = add_timestamp(connection, renewal(second.id))
        also = add_timestamp(connection, renewal(first.id))
        assert renewals_of(connection, [first.id]) == [second, third, also]
        assert renewals_of(connection, [second.id]) == [third]
        assert renewals_of(connection, [other.id]) == []
        assert renewals_of(connection, range(2, 1_300)) == [third]


def test_an_answer_that_is_not_there_is_named(database: Database) -> None:
    with database.read() as connection, pytest.raises(StoreError, match="no timestamp 9"):
        timestamp(connection, 9)


def test_the_message_of_a_checkpoint_is_its_three_lines() -> None:
    root = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert ROW.checkpoint() == f"ledger.example\n7\n{root}\n".encode()
    with pytest.raises(TimestampError, match="exhibit"):
        EXHIBIT.checkpoint()
