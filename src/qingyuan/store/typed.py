"""Reading rows of which nothing is sure: SQLite keeps whatever it is given, whatever the column was declared to hold.

A check must find a text where a blob belongs, and then go on. So it reads values as the driver gives them and asks for their
types before it uses them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from qingyuan.store.schema import METADATA

_BATCH = {"yield_per": 1000}


def bare(columns: Iterable[sa.Column[object]]) -> list[sa.ColumnElement[None]]:
    """Return columns to select that no type converts: what comes out is what is stored."""
    return [sa.type_coerce(column, sa.types.NullType()).label(column.name) for column in columns]


def fits(column: sa.Column[object], value: object) -> bool:
    """Say whether a stored value has the type its column was declared with."""
    if value is None:
        return bool(column.nullable)
    if isinstance(column.type, sa.Integer):
        return type(value) is int
    return type(value) is (bytes if isinstance(column.type, sa.LargeBinary) else str)


def misfits(columns: Sequence[sa.Column[object]], values: Sequence[object]) -> list[str]:
    """Return the names of the columns whose value has a wrong type."""
    return [column.name for column, value in zip(columns, values, strict=True) if not fits(column, value)]


def said(columns: Sequence[str]) -> tuple[str, str]:
    """Return, in Chinese and English, that values in some columns have a wrong type."""
    names = ", ".join(columns)
    return f"以下列的值类型不对，行被改动：{names}", f"values of a wrong type, the row was changed: {names}"


def check_types(
    connection: sa.Connection, table: sa.Table
) -> Iterator[tuple[tuple[object, ...], tuple[str, str] | None]]:
    """Yield every row of a table in order of its key, and what is wrong with its types (``None``: nothing)."""
    columns = list(table.columns)
    query = sa.select(*bare(columns)).order_by(*table.primary_key.columns)
    for row in connection.execute(query, execution_options=_BATCH):
        wrong = misfits(columns, row)
        yield tuple(row), (said(wrong) if wrong else None)


def missing_tables(connection: sa.Connection) -> frozenset[str]:
    """Return the names of our tables that the database does not have."""
    return frozenset(METADATA.tables) - frozenset(sa.inspect(connection).get_table_names())


@contextlib.contextmanager
def any_text(connection: sa.Connection) -> Iterator[None]:
    """Let text that is not UTF-8 come out as bytes, which is then a value of a wrong type, for the time of a block."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.dbapi_connection
    driver.text_factory = _text  # type: ignore[union-attr]
    try:
        yield
    finally:
        driver.text_factory = str  # type: ignore[union-attr]


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data
