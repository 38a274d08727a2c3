"""Rows of reports, kept beside the database: derived from the events up to one index, and brought up to date from there.

The file can be deleted at any time; the next report makes it anew. It holds what the register holds: no value of a person.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

_TABLES = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS member (stream TEXT PRIMARY KEY, docket TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS member_docket ON member (docket);
CREATE TABLE IF NOT EXISTS line (
  kind TEXT NOT NULL, id TEXT NOT NULL, docket TEXT NOT NULL, title TEXT NOT NULL, day TEXT NOT NULL, field TEXT NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS line_docket ON line (docket);
"""
_WAIT = 30.0
_MANY = 500


class Line(NamedTuple):
    """One row.

    Attributes:
        kind: What it is a row of.
        id: Its identifier, unique among its kind.
        title: Title of its docket.
        day: Day that places it in a year, ISO 8601.
        field: Field of casework, or ``""``.
        body: The rest, encoded.
    """

    kind: str
    id: str
    title: str
    day: str
    field: str
    body: bytes


class ReportRows:
    """The rows in one file.

    Args:
        path: The file, made when missing; ``None`` keeps them in memory.
        stamp: What the rows depend on beside the events; rows made with another one are forgotten.
    """

    def __init__(self, path: Path | None, stamp: str) -> None:
        """Open the file and begin a transaction, which :meth:`close` commits."""
        self._connection = sqlite3.connect(path or ":memory:", timeout=_WAIT, isolation_level=None)
        try:
            self._connection.executescript(_TABLES)
            self._connection.execute("BEGIN IMMEDIATE")
            if self._state("stamp") != stamp:
                for table in ("state", "member", "line"):
                    self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
                self._set("stamp", stamp)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit, or roll back after an error, and close."""
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")
        self._connection.close()

    @property
    def size(self) -> int:
        """How many events of the log the rows are of; 0 when there are none."""
        return int(self._state("size") or 0)

    @size.setter
    def size(self, value: int) -> None:
        self._set("size", str(value))

    def dockets_of(self, streams: Iterable[str]) -> set[str]:
        """Return the dockets that some streams belonged to when the rows were made."""
        found: set[str] = set()
        for part in _parts(streams):
            marks = ", ".join("?" * len(part))
            rows = self._connection.execute(f"SELECT docket FROM member WHERE stream IN ({marks})", part)  # noqa: S608
            found |= {str(row[0]) for row in rows}
        return found

    def forget(self, dockets: Iterable[str]) -> None:
        """Take the rows of some dockets out."""
        for docket in sorted(set(dockets)):
            for table in ("member", "line"):
                self._connection.execute(f"DELETE FROM {table} WHERE docket = ?", (docket,))  # noqa: S608

    def put(self, docket: str, streams: Iterable[str], lines: Iterable[Line]) -> None:
        """Write the rows of a docket."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO member VALUES (?, ?)", [(stream, docket) for stream in streams]
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO line VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(line.kind, line.id, docket, *line[2:]) for line in lines],
        )

    def select(
        self, kind: str, since: date | None = None, until: date | None = None, field: str = ""
    ) -> Iterator[Line]:
        """Yield rows of a kind by identifier, of some days and of one field when given."""
        wanted = ["kind = ?"]
        values: list[str] = [kind]
        for clause, value in (
            ("day >= ?", since.isoformat() if since else ""),
            ("day <= ?", until.isoformat() if until else ""),
            ("field = ?", field),
        ):
            if value:
                wanted.append(clause)
                values.append(value)
        query = "SELECT kind, id, title, day, field, body FROM line WHERE "
        for row in self._connection.execute(f"{query}{' AND '.join(wanted)} ORDER BY id", values):
            yield Line(*row)

    def _state(self, name: str) -> str | None:
        row = self._connection.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _set(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))


def _parts(values: Iterable[str]) -> Iterator[Sequence[str]]:
    listed = sorted(set(values))
    for at in range(0, len(listed), _MANY):
        yield listed[at : at + _MANY]
