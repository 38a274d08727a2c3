"""Two logs over the same events: one transaction, the same indexes, and a twin begun late."""

from __future__ import annotations

import pytest

from qingyuan.store import Database, EventDraft, Journal, SqlLogStorage, StoreError
from tests.store.making import NOW, TWIN, append, both, check_whole, log, numbered, twin


def test_both_heads_are_signed_over_the_same_entries(database: Database) -> None:
    journal = both()
    assert append(database, journal, 3) == [0, 1, 2]
    assert append(database, journal, 300) == list(range(3, 303))
    check_whole(database, 303)


def test_a_twin_begun_late_takes_in_what_is_there(database: Database) -> None:
    append(database, Journal(log(), numbered()), 1_300)
    journal = both()
    with database.write() as connection:
        assert journal.begin_twin(connection) == 1_300
        assert journal.begin_twin(connection) == 0
    check_whole(database, 1_300)
    append(database, journal, 1)
    check_whole(database, 1_301)


def test_a_twin_that_lags_is_brought_up_by_the_next_append(database: Database) -> None:
    pair = both()
    append(database, pair, 5)
    append(database, Journal(log(), numbered()), 600)
    append(database, pair, 1)
    check_whole(database, 606)


def test_a_journal_without_entries_or_twin_has_nothing_to_begin(database: Database) -> None:
    with database.write() as connection:
        assert both().begin_twin(connection) == 0
        assert Journal(log(), numbered()).begin_twin(connection) == 0


def test_a_twin_longer_than_the_log_stops_the_journal(database: Database) -> None:
    append(database, Journal(log(), numbered()), 2)
    with database.write() as connection:
        twin().append(SqlLogStorage(connection, TWIN, owns_entries=False), [b"a", b"b", b"c"])
    with pytest.raises(StoreError, match="rolled back") as caught:
        append(database, both(), 1)
    assert caught.value.code == "store.twin-ahead"


def test_a_failed_transaction_leaves_neither_head(database: Database) -> None:
    journal = both()
    append(database, journal, 2)

    def fail() -> None:
        with database.write() as connection:
            journal.append(connection, [EventDraft("L0", "lead.b", {})], now=NOW, actor="P001")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    check_whole(database, 2)
    append(database, journal, 1)
    check_whole(database, 3)
