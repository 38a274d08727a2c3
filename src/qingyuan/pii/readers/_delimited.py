"""Delimited text: CSV, TSV and the like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel import csv as kernel
from qingyuan.pii._kernel.origin import TextOrigin
from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._addresses import Numbered
from qingyuan.pii.readers._decode import TextStream, Window
from qingyuan.pii.readers._header import find_header
from qingyuan.pii.readers._prose import prose_batch, safe_cut
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._typed import typed_columns
from qingyuan.pii.readers._unread import unread

Bytes = npt.NDArray[np.uint8]

_DELIMITERS = b",\t;|\x01"
_SAMPLE = 1 << 18
_SAMPLE_ROWS = 200
#: Bytes that are looked at first.
_FEW = 1 << 16
#: Share of records that must have the usual number of cells, when the name does not say it is a table.
_REGULAR = 0.8
#: Share of a column's cells up to which a sign in them may be chance.
_RARE = 0.1


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited text is written.

    Attributes:
        delimiter: The separating byte.
        columns: Column names from the header, or empty.
        header: Index of the header among the records, or ``None``.
        kinds: Without a header, what the columns hold by the values of the first rows, ``""`` where unknown.
    """

    delimiter: int
    columns: tuple[str, ...]
    header: int | None
    kinds: tuple[str, ...] = ()


def _rows(data: Bytes, delimiter: int, *, final: bool, reach: int) -> list[list[str]]:
    begin = data[:_FEW]
    if len(data) > _FEW:
        # The first rows are mostly found in the first bytes.
        top = _rows(begin.copy(), delimiter, final=False, reach=reach)
        if len(top) == _SAMPLE_ROWS:
            return top
    room, quotes = kernel.count_cells(data, delimiter), kernel.count_quotes(data)
    cells = kernel.tokenize(data, delimiter, final, 1, 0, reach, 1 << 30, room, quotes)
    rows: list[list[str]] = []
    raw = data.tobytes()
    for start, end, record in zip(cells[0].tolist(), cells[1].tolist(), cells[3].tolist(), strict=True):
        if record == len(rows):
            if record == _SAMPLE_ROWS:
                break
            rows.append([])
        rows[record].append(raw[start:end].decode(errors="replace"))
    return rows


@dataclass(frozen=True, slots=True)
class _Split:
    """The records of a sample under one delimiter: the usual number of cells, and the share of records that have it."""

    share: float
    width: int
    delimiter: int
    rows: list[list[str]]

    def usual(self) -> bool:
        """Tell whether the first record, a header perhaps, has the usual number of cells."""
        return len(self.rows[0]) == self.width

    def columns_with(self, other: int) -> int:
        """Return how many columns have the byte ``other`` in some of their cells."""
        sign, rows = chr(other), [row for row in self.rows if len(row) == self.width]
        held = Counter(n for row in rows for n, cell in enumerate(row) if sign in cell)
        return sum(times > _RARE * len(rows) for times in held.values())


def _better(one: _Split, other: _Split, said: int | None) -> bool:
    """Tell whether a text is rather written with the delimiter of ``one``.

    A sign that separates cells stands on both sides of most others; one within cells (``39.7,114.9``, ``red|blue``) stands in
    few columns. Only where that tells nothing the ending of the name does, then how regular and how wide the records are.
    """
    if min(one.share, other.share) >= _REGULAR:
        mine, others = one.columns_with(other.delimiter), other.columns_with(one.delimiter)
        if mine != others:
            return mine < others
        if one.usual() != other.usual():
            return one.usual()
        if mine and min(one.width, other.width) == 2:  # noqa: PLR2004 - each within one cell of the other
            return one.width > other.width
    if said in (one.delimiter, other.delimiter) and min(one.share, other.share) >= _REGULAR:
        return one.delimiter == said
    return (one.share, one.width) > (other.share, other.width)


def find_dialect(data: Bytes, name: str, *, final: bool, reach: int) -> Dialect | None:
    """Return the dialect of a text from its beginning, or ``None`` if it is no delimited text.

    Args:
        data: The decoded beginning.
        name: File name; ``.csv`` and ``.tsv`` are believed even when the rows are ragged.
        final: Whether ``data`` is the whole text.
        reach: Longest quoted field.
    """
    ending = name.rsplit(".", 1)[-1].lower()
    said = {"csv": ord(","), "tsv": ord("\t"), "tab": ord("\t")}.get(ending)
    best: _Split | None = None
    sample = data[:_SAMPLE].copy()
    whole = final and len(data) <= _SAMPLE
    for delimiter in _DELIMITERS:
        if not np.any(sample == delimiter):
            continue
        rows = _rows(sample, delimiter, final=whole, reach=reach)
        if not rows and said is not None:
            rows = _rows(sample, delimiter, final=True, reach=reach)
        if not rows:
            continue
        width, times = Counter(len(row) for row in rows).most_common(1)[0]
        split = _Split(times / len(rows), width, delimiter, rows)
        regular = split.share >= _REGULAR
        enough = delimiter == said or (len(rows) >= (3 if said is None else 2) and regular)
        if width > 1 and enough and (best is None or _better(split, best, said)):
            best = split
    if best is None:
        if said is None:
            return None
        best = _Split(1.0, 1, said, _rows(sample, said, final=whole, reach=reach))
    delimiter, rows = best.delimiter, best.rows
    header = find_header(rows)
    columns = () if header is None else tuple(cell.strip() for cell in rows[header])
    return Dialect(delimiter, columns, header, typed_columns(rows) if header is None else ())


def read_delimited(
    source: Source, stream: TextStream, dialect: Dialect, *, line: int = 1, record: int = 1
) -> Iterator[Batch | Unread]:
    """Yield the records of ``stream``; the header (and what stands above it) is record 0.

    Args:
        source: The file or member.
        stream: Its text, possibly used in part.
        dialect: How it is written.
        line: Physical number of the line where the stream stands.
        record: Number of the record there, from 1, what stands above the header included.
    """
    limits = source.limits
    above = 0 if dialect.header is None else dialect.header + 1
    record -= above
    unclosed: list[int] = []
    wide: list[int] = []
    while True:
        began = record
        window = stream.window()
        data = window.data
        room = kernel.count_cells(data, dialect.delimiter)
        quotes = kernel.count_quotes(data)
        starts, ends, column, records, lines, gone, open_quotes, used, line, record, status = kernel.tokenize(
            data, dialect.delimiter, window.final, line, record, limits.max_quoted_bytes, limits.max_columns, room, quotes
        )  # fmt: skip
        unclosed += open_quotes.tolist()
        if len(starts):
            buffer, origin = _unquoted(stream, window, used, ends, gone)
            names = _names(dialect.columns, int(column.max()) + 1)
            yield Batch(
                source.member,
                "",
                names,
                buffer,
                starts,
                ends,
                column,
                np.maximum(records, 0) if began < 1 else records,
                prose=False,
                addresses=Numbered("line ", lines),
                origin=origin,
                kinds=dialect.kinds,
            )
        if status == kernel.TOO_WIDE or (not used and len(data) > limits.max_record_bytes):
            if used:
                stream.use(used)
                continue
            wide.append(line)
            ended, piece = yield from _read_wide(source, stream, line)
            line, record = line + ended, record + 1
            if piece:
                break
            continue
        stream.use(used)
        if window.final and used == len(data):
            break
    if wide:
        yield unread(
            "too-many-columns", source.member, line=wide[0], count=len(wide), columns=limits.max_columns
        )
    if unclosed:
        yield unread("unclosed-quote", source.member, line=unclosed[0], count=len(unclosed))


def _names(columns: tuple[str, ...], width: int) -> tuple[str, ...]:
    return columns if width <= len(columns) else columns + ("",) * (width - len(columns))


def _unquoted(
    stream: TextStream,
    window: Window,
    used: int,
    ends: npt.NDArray[np.int64],
    gone: npt.NDArray[np.int64],
) -> tuple[Bytes, TextOrigin]:
    """Return the buffer of the cells with doubled quotes resolved, and where it comes from."""
    origin = stream.origin(window)
    data = window.data[:used]
    if not len(gone):
        return data, origin
    if origin.needs_text:
        data = data.copy()
    at, shift = kernel.unquote(data, ends, gone)
    return data, origin.shifted(at, shift)


def _read_wide(source: Source, stream: TextStream, line: int) -> Generator[Batch, None, tuple[int, bool]]:
    """Yield one over-wide line as free text, in pieces; return line breaks passed and if that was all."""
    bound = source.limits.line_bytes
    while True:
        window = stream.window()
        data = window.data
        breaks = np.flatnonzero((data[: bound + 1] == kernel.LF) | (data[: bound + 1] == kernel.CR))
        if len(breaks) and (window.final or breaks[0] + 1 < len(data)):
            end = int(breaks[0])
            used = end + (2 if bytes(data[end : end + 2]) == b"\r\n" else 1)
        elif window.final and len(data) <= bound:
            end = used = len(data)
        elif len(data) > bound:
            end, safe = safe_cut(data, bound)
            if not safe and bound < source.limits.max_record_bytes:
                bound = source.limits.max_record_bytes
                continue
            used = end
        else:
            continue
        if end:
            cells = np.array([0], np.int64), np.array([end], np.int64), np.array([line], np.int64)
            yield prose_batch(source, data[:used], *cells, stream.origin(window), table="text")
        stream.use(used)
        if used > end or (window.final and used == len(data)):
            return int(used > end), window.final and used == len(data)
