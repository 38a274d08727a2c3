"""A database of an earlier version is brought up with its data; a newer or foreign one is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import qingyuan.store
from qingyuan.ledger import MemoryStorage
from qingyuan.store import Database, Journal, StoreError, events
from qingyuan.store.database import HEAD_REVISION
from qingyuan.store.numbers import recorded_at
from qingyuan.store.schema import METADATA
from tests.store.making import append, both, check_whole, log, numbered

ENTRIES = 700


def _at_first_revision(url: str) -> None:
    """Make the database as version 0001 made it, and fill it as that version did: a row for each hash."""
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(qingyuan.store.__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    command.upgrade(config, "0001")
    scratch = Database("sqlite://")
    append(scratch, Journal(log(), numbered()), ENTRIES)
    with scratch.read() as connection:
        stored = events(connection, ["L0", "L1", "L2"])
    memory = MemoryStorage()
    log().append(memory, [event.leaf for event in stored])
    assert memory.head is not None
    tables = METADATA.tables
    with engine.begin() as connection:
        connection.execute(
            sa.insert(tables["ledger_entry"]),
            [{"idx": event.index, "data": event.leaf} for event in stored],
        )
        connection.execute(
            sa.insert(tables["ledger_hash"]),
            [
                {"origin": log().origin, "level": level, "idx": index, "hash": value}
                for level, row in memory.hashes.items()
                for index, value in enumerate(row)
            ],
        )
        connection.execute(
            sa.text(
                "INSERT INTO ledger_head (origin, size, edge, note) VALUES (:origin, :size, :edge, :note)"
            ),
            {
                "origin": log().origin,
                "size": memory.head.size,
                "edge": memory.head.edge,
                "note": memory.head.note,
            },
        )
        with scratch.read() as source:
            rows = source.execute(sa.select(tables["event"])).mappings().all()
        connection.execute(sa.insert(tables["event"]), [dict(row) for row in rows])
    engine.dispose()
    scratch.close()


def test_a_database_of_the_first_version_is_brought_up_with_its_events(url: str) -> None:
    _at_first_revision(url)
    database = Database(url)
    with database.read() as connection:
        assert (
            connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == HEAD_REVISION
        )
        assert len(events(connection, ["L0", "L1", "L2"])) == ENTRIES
    journal = both(5_000)
    with database.write() as connection:
        assert journal.begin_twin(connection) == ENTRIES
    check_whole(database, ENTRIES)
    append(database, journal, 400)  # the last tile of the first version goes on in rows of many hashes
    check_whole(database, ENTRIES + 400)
    database.close()


def test_what_waits_beside_the_heads_gets_its_rows_when_the_schema_goes_back_and_stays_when_it_comes_again(
    url: str,
) -> None:
    database = Database(url)
    for _ in range(21):
        append(database, both(), 1)
    with database.read() as connection:
        waiting = connection.scalars(sa.text("SELECT length(recent) FROM ledger_head")).all()
    assert waiting == [32 * (21 - 16)] * 2
    check_whole(database, 21)
    config = Config()
    config.set_main_option("script_location", str(Path(qingyuan.store.__file__).parent / "migrations"))
    config.attributes["engine"] = database.engine
    command.downgrade(config, "0008")
    with database.read() as connection:
        stored = connection.scalars(sa.text("SELECT length(hash) FROM ledger_hash WHERE level = 0")).all()
    assert sum(stored) == 2 * 21 * 32
    database.close()
    again = Database(url)
    check_whole(again, 21)
    append(again, both(), 30)
    check_whole(again, 51)
    again.close()


def test_numbers_of_papers_recorded_before_are_kept_with_the_event_that_was_first(url: str) -> None:
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(qingyuan.store.__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    command.upgrade(config, "0007")
    said = ["甲〔2026〕1号", "乙〔2026〕1号", "甲〔2026〕1号"]  # two dockets could give one number then
    rows = [
        {"idx": 5 + n, "stream": f"C{n}", "n": 0, "type": "document.numbered", "at": "", "actor": "", "salt": b"",
         "payload": json.dumps({"form": "x", "number": number}, ensure_ascii=False).encode()}
        for n, number in enumerate(said)
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(sa.insert(METADATA.tables["event"]), rows)
    engine.dispose()
    database = Database(url)
    with database.read() as connection:
        assert [recorded_at(connection, number) for number in said] == [5, 6, 5]
        assert recorded_at(connection, "丙〔2026〕1号") is None
    database.close()


def test_the_migrations_make_the_tables_that_the_code_uses(database: Database) -> None:
    inspector = sa.inspect(database.engine)
    for table in METADATA.sorted_tables:
        columns = {column["name"]: column for column in inspector.get_columns(table.name)}
        assert columns.keys() == {c.name for c in table.columns}
        assert {name for name, column in columns.items() if not column["nullable"]} == {
            c.name for c in table.columns if not c.nullable
        }
        primary = inspector.get_pk_constraint(table.name)["constrained_columns"]
        assert primary == [c.name for c in table.primary_key.columns]
        unique = {each["name"] for each in inspector.get_unique_constraints(table.name)}
        indexes = {index["name"] for index in inspector.get_indexes(table.name)} - unique
        assert indexes == {index.name for index in table.indexes}


def test_an_opened_database_is_not_migrated_again(url: str) -> None:
    Database(url).close()
    database = Database(url)
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM alembic_version")).scalar() == 1
    database.close()


def test_a_database_of_a_newer_program_is_refused(url: str) -> None:
    database = Database(url)
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match="newer version"):
        Database(url)


def test_a_file_that_is_no_database_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "q.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError, match=r"q\.db") as caught:
        Database.at(tmp_path / "q.db")
    assert caught.value.remedy_en


def test_a_server_that_is_not_there_is_named_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        Database(f"postgresql+psycopg://someone:secret@/nothing?host={tmp_path}")
    assert caught.value.code == "store.away"
    assert "secret" not in str(caught.value) + str(caught.value.as_dict())
    assert "someone" in (caught.value.where or "")


def test_a_driver_that_is_not_installed_is_named() -> None:
    with pytest.raises(StoreError, match="pg8000") as caught:
        Database("postgresql+pg8000://someone@/nothing")
    assert caught.value.code == "store.no-driver"
    assert "qingyuan[postgres]" in caught.value.remedy_en
