"""Rows of ``COPY … FROM stdin WITH (FORMAT csv)`` in dumps of PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel import csv as kernel
from qingyuan.pii._kernel import escapes

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

_CSV = re.compile(rb"\bCSV\b", re.IGNORECASE)
_HEADER = re.compile(rb"\bHEADER\b(?!\s+(?:false|off|0)\b)", re.IGNORECASE)
_DELIMITER = re.compile(rb"\bDELIMITERS?\s+(?:AS\s+)?E?'(\\t|[^'])'", re.IGNORECASE)
_END = re.compile(rb"^\\\.\r?$", re.MULTILINE)
#: Longest quoted value and most columns.
_REACH, _WIDE = 1 << 24, 1 << 14


@dataclass(slots=True)
class CopyCsv:
    """How the rows of one statement are written.

    Attributes:
        delimiter: The separating byte.
        header: Whether the next row is the header.
        names: Its names, once it was read.
    """

    delimiter: int
    header: bool
    names: tuple[str, ...] | None = None

    @classmethod
    def of(cls, options: bytes) -> CopyCsv | None:
        """Return the form that the options of a statement ask for, ``None`` for the text format."""
        if not _CSV.search(options):
            return None
        said = _DELIMITER.search(options)
        sign = b"," if said is None else said.group(1)
        return cls(ord(b"\t" if sign == rb"\t" else sign), _HEADER.search(options) is not None)

    def read(
        self, data: Bytes, text: bytes, start: int, final: bool, table: int, row: int
    ) -> tuple[Longs, int, int, bool]:
        r"""Read rows up to the line ``\.``.

        Args:
            data: The window.
            text: The same as bytes.
            start: Beginning of a row.
            final: Whether nothing follows.
            table: Number of the table.
            row: Number of the next row.

        Returns:
            ``int64[n, 6]`` as :func:`qingyuan.pii._kernel.sqltext.read_rows` writes them, the number of the next row, how far
            was read, and whether the rows are over.
        """
        end = _END.search(text, start)
        block = np.ascontiguousarray(data[start : end.start() if end else len(data)])
        whole = end is not None or final
        room, quotes = kernel.count_cells(block, self.delimiter), kernel.count_quotes(block)
        cut = kernel.tokenize(block, self.delimiter, whole, 1, 0, _REACH, _WIDE, room, quotes)
        starts, ends, column, record, _, gone, _, used = cut[:8]
        rows = int(record[-1]) + 1 if len(record) else 0
        if self.header and rows:
            head = np.flatnonzero(record == 0)
            self.names = tuple(
                bytes(block[a:z]).decode(errors="replace")
                for a, z in zip(starts[head], ends[head], strict=True)
            )
            self.header = False
            kept = record > 0
            starts, ends, column, record = starts[kept], ends[kept], column[kept], record[kept] - 1
            rows -= 1
        filled = ends > starts
        starts, ends, column, record = starts[filled], ends[filled], column[filled], record[filled]
        cells = np.empty((len(starts), 6), np.int64)
        cells[:, 0], cells[:, 1], cells[:, 2] = starts + start, ends + start, column
        cells[:, 3], cells[:, 5] = record + row, table
        doubled = np.searchsorted(gone, ends) > np.searchsorted(gone, starts)
        cells[:, 4] = np.where(doubled, escapes.SQL_DOUBLE, escapes.PLAIN)
        reached = end.end() + 1 if end else start + int(used)
        return cells, row + rows, min(reached, len(data)), end is not None or (final and used == len(block))
