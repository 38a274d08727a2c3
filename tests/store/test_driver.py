"""Rows handed to the driver many at a time."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from qingyuan.store import Database
from qingyuan.store._driver import Driver, Values

_INSERT = "INSERT INTO counter (name, value) VALUES (?, ?)"
_REPLACE = f"{_INSERT} ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_COUNTS = (0, 1, 2, 3, 63, 64, 65, 66, 127, 128, 129, 300)


def _stored(connection: sa.Connection) -> list[tuple[object, ...]]:
    return Driver(connection).all("SELECT name, value FROM counter ORDER BY value")


@pytest.mark.parametrize("count", _COUNTS)
def test_every_row_is_inserted_once_however_many_there_are(database: Database, count: int) -> None:
    rows: list[Values] = [(f"n{at}", at) for at in range(count)]
    with database.write() as connection:
        before = _stored(connection)
        Driver(connection).many(_INSERT, rows)
        assert _stored(connection) == [*before, *rows]


@pytest.mark.parametrize("count", _COUNTS)
def test_what_a_statement_does_with_a_row_that_is_there_it_does_with_each(
    database: Database, count: int
) -> None:
    rows: list[Values] = [(f"n{at}", at + 1_000) for at in range(count)]
    with database.write() as connection:
        Driver(connection).many(_INSERT, [(name, at) for at, (name, _) in enumerate(rows)])
        Driver(connection).many(_REPLACE, rows)
        assert _stored(connection) == rows


def test_a_row_that_is_there_already_is_refused_wherever_it_stands(database: Database) -> None:
    def insert(rows: list[Values]) -> None:
        with database.write() as connection:
            Driver(connection).many(_INSERT, rows)

    for at in (0, 63, 64, 199):
        rows: list[Values] = [(f"n{number}", number) for number in range(200)]
        rows.insert(at, rows[at])
        with pytest.raises(sa.exc.IntegrityError):
            insert(rows)
        with database.read() as connection:
            assert _stored(connection) == []
