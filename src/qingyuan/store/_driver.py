"""Statements handed straight to the database driver, inside a transaction that SQLAlchemy began.

Building and compiling an expression costs several times what the statement itself takes. The handful of statements that
run at every append are therefore plain text here, written with ``?`` and understood by SQLite and PostgreSQL alike.
Errors come out as those of SQLAlchemy, so a caller sees no difference.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

import sqlalchemy as sa

from qingyuan.store._away import telling

if TYPE_CHECKING:
    from sqlalchemy.pool import PoolProxiedConnection

Value: TypeAlias = int | str | bytes | None
Values: TypeAlias = tuple[Value, ...]

_CHUNK = 500
#: Rows of one statement where there are as many: a third of what inserting a row takes is beginning and ending its statement. With the
#: widest table it has fewer parameters than any SQLite takes (999).
_AT_ONCE = 64


class _Cursor(Protocol):
    def execute(self, statement: str, values: Values, /) -> object: ...
    def executemany(self, statement: str, values: Iterable[Values], /) -> object: ...
    def fetchall(self) -> list[tuple[object, ...]]: ...
    def fetchmany(self, size: int, /) -> list[tuple[object, ...]]: ...


class Driver:
    """One cursor of the driver within the caller's transaction.

    Args:
        connection: A connection inside a transaction.
    """

    __slots__ = ("_cursor", "_dbapi", "_dialect", "_text")

    def __init__(self, connection: sa.Connection) -> None:
        """Open a cursor."""
        self._dialect = connection.dialect
        self._text = _with_percent if self._dialect.name == "postgresql" else None
        self._dbapi = connection.connection
        self._cursor = cast("_Cursor", self._dbapi.cursor())

    def one(self, statement: str, *values: Value) -> tuple[object, ...] | None:
        """Return the only row, or ``None``."""
        # All of it is fetched: a statement left half-way would hold on to the state it reads.
        rows = self.all(statement, *values)
        return rows[0] if rows else None

    def all(self, statement: str, *values: Value) -> list[tuple[object, ...]]:
        """Return every row."""
        self._run(statement, values)
        return self._cursor.fetchall()

    def each(self, statement: str, *values: Value) -> Iterator[tuple[object, ...]]:
        """Yield every row, few at a time in memory where the driver can do that; to be read to its end."""
        self._run(statement, values)
        while rows := self._cursor.fetchmany(_CHUNK):
            yield from rows

    def run(self, statement: str, *values: Value) -> None:
        """Run a statement that gives no rows."""
        self._run(statement, values)

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        """Run a statement once a row; one that inserts a row of nothing but parameters ends ``VALUES (?, …)``, perhaps with more after it."""
        try:
            text = statement if self._text is None else self._text(statement)
            done = 0
            if " VALUES " in text:
                if len(rows) == 2:  # noqa: PLR2004 - a row for each of two logs: once costs less than twice
                    self._cursor.execute(_of_many(text, 2), rows[0] + rows[1])
                    return
                while len(rows) - done >= _AT_ONCE:
                    several = tuple(chain.from_iterable(rows[done : done + _AT_ONCE]))
                    self._cursor.execute(_of_many(text, _AT_ONCE), several)
                    done += _AT_ONCE
            if len(rows) - done == 1:
                self._cursor.execute(text, rows[done])
            elif len(rows) > done:
                self._cursor.executemany(text, rows[done:] if done else rows)
        except Exception as error:
            raise self._translated(error, statement) from error

    def commit(self) -> None:
        """End a transaction that SQLAlchemy had no part in."""
        self._run("COMMIT", ())

    def _run(self, statement: str, values: Values) -> None:
        try:
            self._cursor.execute(statement if self._text is None else self._text(statement), values)
        except Exception as error:
            raise self._translated(error, statement) from error

    def _translated(self, error: Exception, statement: str) -> Exception:
        return _translated(self._dialect, error, statement, self._dbapi)


def glance(engine: sa.Engine, statement: str, *values: Value) -> list[tuple[object, ...]]:
    """Return what one statement reads, as it is committed now.

    For what a server looks up at every request: a transaction around it, of which it has no need, would cost several times as much.

    Args:
        engine: Of the database.
        statement: Plain text, written with ``?``.
        values: What stands for the marks.

    Raises:
        StoreError: ``store.away``: the database server cannot be reached.
    """
    text = _with_percent(statement) if engine.dialect.name == "postgresql" else statement
    with telling(engine), contextlib.closing(engine.raw_connection()) as connection:
        cursor = cast("_Cursor", connection.cursor())
        try:
            cursor.execute(text, values)
            return cursor.fetchall()
        except Exception as error:
            raise _translated(engine.dialect, error, statement, connection) from error


def _translated(
    dialect: sa.Dialect, error: Exception, statement: str, connection: PoolProxiedConnection
) -> Exception:
    """Return the error as SQLAlchemy would raise it, without the values, which may be secret; it says whether the connection broke."""
    base = dialect.loaded_dbapi.Error
    if not isinstance(error, base):
        return error
    raw = connection.dbapi_connection
    broken = raw is None or dialect.is_disconnect(error, raw, None)
    return sa.exc.DBAPIError.instance(
        statement,
        None,
        error,
        base,
        hide_parameters=True,
        connection_invalidated=broken,
        dialect=dialect,
    )


@functools.cache
def _with_percent(statement: str) -> str:
    return statement.replace("?", "%s")


@functools.cache
def _of_many(statement: str, count: int) -> str:
    """Return a statement that inserts a row of parameters as one that inserts ``count`` of them."""
    head, values, rest = statement.partition(" VALUES ")
    row, end, tail = rest.partition(")")
    return f"{head}{values}{', '.join([row + end] * count)}{tail}"
