"""SQLite databases: every row of every table, read without writing a byte anywhere."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._rows import Reader, RowBatches
from qingyuan.pii.readers._source import Source, path_of
from qingyuan.pii.readers._unread import Refused, unread
from qingyuan.pii.readers._wal import declared, for_memory, with_log

_STEPS = 20_000
_FETCH = 2_000
_HEADER = 100  # bytes
_ROWIDS = ("rowid", "_rowid_", "oid")
_BROKEN = (sqlite3.Error, OverflowError, ValueError, MemoryError)


def read_sqlite(source: Source, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield the values of every table, places ``users.tel#17`` with the row's rowid where it has one.

    A database up to the document limit is read from memory, its write-ahead log (a file beside it
    with ``-wal`` added to its name) laid over it; a larger one is opened in place, immutable.
    """
    with contextlib.closing(sqlite3.connect(":memory:", uri=True)) as memory:
        connection, opened = memory, False
        path = path_of(source)
        if source.size is not None and source.size > source.limits.max_document_bytes and path is not None:
            if _file(Path(f"{path}-wal")):
                yield unread("sqlite-log", source.member)
            with path.open("rb") as stream:
                size, full = source.size, declared(stream.read(_HEADER))
            connection, opened = (
                sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True),
                True,
            )
        else:
            raw = source.whole()
            log = _log(source, path)
            if log is not None:
                applied = with_log(raw, log)
                if applied is None:
                    yield unread("sqlite-log", source.member)
                raw = applied or raw
            size, full = len(raw), declared(raw[:_HEADER])
            memory.deserialize(bytes(for_memory(raw, source.limits.max_document_bytes)))
        if size < full:  # SQLite would take what is missing for rows of nothing
            yield unread("truncated", source.member, format="SQLite", where=f"{size}/{full} bytes")
        try:
            yield from _tables(source, connection, reader)
        finally:
            if opened:
                connection.close()


def _file(path: Path) -> int:
    """Return the size of a plain file, 0 if there is none."""
    try:
        status = path.lstat()
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _log(source: Source, path: Path | None) -> bytes | None:
    if path is None:
        return None
    log = Path(f"{path}-wal")
    size = _file(log)
    return log.read_bytes() if 0 < size <= source.limits.max_document_bytes else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(raw: bytes) -> str:
    """Decode a TEXT value; older Chinese programs wrote GB 18030 into it."""
    for encoding in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("utf-8", errors="replace").replace("\ufffd", "\x1a")


def _tables(source: Source, connection: sqlite3.Connection, reader: Reader) -> Iterator[Batch | Unread]:
    limits = source.limits
    connection.text_factory = _text
    connection.set_progress_handler(lambda: int(limits.clock() > source.budget.until), _STEPS)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.max_document_bytes)
    try:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        listed = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
    except _BROKEN as error:
        source.budget.check_time()
        raise Refused("corrupt", format="SQLite", where=type(error).__name__) from error
    for name, sql in listed:
        if not isinstance(name, str) or str(sql or "").upper().lstrip().startswith("CREATE VIRTUAL"):
            continue  # a virtual table keeps its rows in tables of its own, which are listed too
        try:
            yield from _table(source, connection, name, reader)
        except _BROKEN as error:
            source.budget.check_time()
            where = f"table {name}: {type(error).__name__}"
            yield unread("corrupt", source.member, format="SQLite", where=where)


def _table(
    source: Source, connection: sqlite3.Connection, name: str, reader: Reader
) -> Iterator[Batch | Unread]:
    columns = [str(row[1]) for row in connection.execute(f"PRAGMA table_xinfo({_quoted(name)})")]
    taken = {column.lower() for column in columns}
    chosen = ", ".join(map(_quoted, columns))
    cursor = None
    for rowid in _ROWIDS:
        if rowid not in taken:
            with contextlib.suppress(sqlite3.OperationalError):
                cursor = connection.execute(f"SELECT {rowid}, {chosen} FROM {_quoted(name)}")  # noqa: S608 -- quoted
                break
    numbered = cursor is not None
    if cursor is None:
        cursor = connection.execute(f"SELECT {chosen} FROM {_quoted(name)}")  # noqa: S608 -- quoted
    collected = RowBatches(source, name, columns, reader)
    count = 0
    broken: sqlite3.Error | None = None
    while broken is None:
        source.budget.check_time()
        rows: list[tuple[Any, ...]] = []
        try:
            rows.extend(itertools.islice(cursor, _FETCH))  # keeps what stands before the damage
        except sqlite3.Error as error:
            broken = error
        if not rows and broken is None:
            break
        found = (
            [(int(row[0]), row[1:]) for row in rows] if numbered else list(enumerate(rows, start=count + 1))
        )
        count += len(rows)
        yield from collected.add(found)
    yield from collected.flush()
    yield from collected.notes()
    if broken is not None:
        raise broken
