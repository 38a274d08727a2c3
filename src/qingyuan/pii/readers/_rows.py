"""Rows of a database made into batches, and binary values that are files of their own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._addresses import Rows
from qingyuan.pii.readers._columnar import decoded
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._table import pack
from qingyuan.pii.readers._unread import unread

Reader = Callable[[Source], Iterator[Batch | Unread]]

#: Cells and bytes of one batch at most.
_CELLS = 200_000
_BYTES = 8 << 20
#: First bytes of files that are often kept in databases and messages.
_FILES = (
    *(
        b"PK\x03\x04",
        b"%PDF-",
        b"\x89PNG\r\n",
        b"\xff\xd8\xff",
        b"GIF8",
        b"\x1f\x8b\x08",
        b"BZh",
        b"\xfd7zXZ\x00",
    ),
    *(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"{\\rtf",
        b"7z\xbc\xaf\x27\x1c",
        b"Rar!\x1a\x07",
        b"\x28\xb5\x2f\xfd",
    ),
    *(b"SQLite format 3\x00", b"PAR1", b"ORC", b"II*\x00", b"MM\x00*"),
)


def is_file(value: bytes) -> bool:
    """Return whether bytes begin like a file that a reader knows."""
    return value.startswith(_FILES)


def inner(source: Source, data: bytes, name: str, where: str | None = None) -> Source:
    """Return a source for a file found inside ``source``: an attachment, a binary value, a body.

    Args:
        source: What it was found in.
        data: Its bytes.
        name: Its name, for the ending.
        where: Its path inside ``source``; the name if not given.
    """
    path = where or name
    member = f"{source.member}/{path}" if source.member else path
    return Source(io.BytesIO(data), name, member, source.depth + 1, source.budget, len(data))


def written(value: object) -> str:
    """Return a database value as a person reads it: numbers in full, no exponent, no trailing ``.0``."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


class RowBatches:
    """Collects the rows of one table and yields them as batches.

    Args:
        source: The file, member or database.
        table: The table's name.
        columns: Its columns.
        reader: Reads binary values that are files of their own.
    """

    def __init__(self, source: Source, table: str, columns: Sequence[str], reader: Reader | None) -> None:
        """Begin before the first row."""
        self._source = source
        self._table = table
        self._columns = tuple(columns)
        self._heads = tuple(f"{table}.{name or f'column {n + 1}'}" for n, name in enumerate(columns))
        self._reader = reader
        self._texts: list[str] = []
        self._cells: list[int] = []
        self._rows: list[int] = []
        self._records: list[int] = []
        self._size = 0
        self._record = 0
        self._files: list[tuple[str, bytes]] = []
        self._binary = 0

    def add(self, rows: Iterable[tuple[int, Sequence[Any]]]) -> Iterator[Batch | Unread]:
        """Take rows, each with its number in the table, and yield what has become full."""
        for number, values in rows:
            self._record += 1
            for column, value in enumerate(values):
                if value is None or value == "" or value is True or value is False:
                    continue
                said = (
                    self._binary_value(column, number, bytes(value)) if _is_bytes(value) else written(value)
                )
                if not said:
                    continue
                self._texts.append(said)
                self._cells.append(column)
                self._rows.append(number)
                self._records.append(self._record)
                self._size += len(said)
            if len(self._texts) >= _CELLS or self._size >= _BYTES:
                yield from self.flush()

    def flush(self) -> Iterator[Batch | Unread]:
        """Yield what was collected."""
        if self._texts:
            data, starts, ends = pack(self._texts)
            columns = np.asarray(self._cells, np.int64)
            places = Rows(self._heads, columns, np.asarray(self._rows, np.int64))
            record = np.asarray(self._records, np.int64)
            yield Batch(
                self._source.member,
                self._table,
                self._columns,
                data,
                starts,
                ends,
                columns.astype(np.int32),
                record,
                prose=False,
                addresses=places,
            )
        self._texts, self._cells, self._rows, self._records, self._size = [], [], [], [], 0
        files, self._files = self._files, []
        for where, value in files:
            if self._reader is not None:
                yield from self._reader(inner(self._source, value, where))

    def notes(self) -> Iterator[Unread]:
        """Yield what was not read."""
        if self._binary:
            yield unread("binary-values", self._source.member, count=self._binary, table=self._table)

    def _binary_value(self, column: int, row: int, value: bytes) -> str | None:
        """Return a binary value as text; keep it for its own reader if it is a file."""
        if (
            self._reader is not None
            and is_file(value)
            and self._source.depth < self._source.limits.max_archive_depth
        ):
            self._files.append((f"{self._heads[column]}#{row}", value))
            self._size += len(value)
            return None
        said = decoded(value)
        self._binary += said is None
        return said


def _is_bytes(value: object) -> bool:
    return isinstance(value, (bytes, bytearray, memoryview))
