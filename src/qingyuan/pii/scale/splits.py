"""Cutting a big text between records, so that parts can be read by different processes and one by one.

A part is read as if the file had been read from the beginning: same columns, lines, records and offsets.
Delimited text and plain text can be cut; everything else is read as a whole.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from qingyuan.pii._kernel import csv as kernel
from qingyuan.pii._kernel.skim import skim
from qingyuan.pii.batch import Batch, Bytes, Unread
from qingyuan.pii.readers import Limits
from qingyuan.pii.readers._decode import TextStream
from qingyuan.pii.readers._delimited import Dialect, read_delimited
from qingyuan.pii.readers._prose import read_prose
from qingyuan.pii.readers._sniff import Format, sniff_source
from qingyuan.pii.readers._source import Budget, Source, of_file
from qingyuan.pii.readers._unread import Refused

#: About how many bytes of a file make a part.
PART_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Split:
    """A part of a text file.

    Attributes:
        start: Offset of its first byte.
        end: Offset after its last byte.
        line: Number of its first line.
        record: Number of its first record, what stands above a header included.
        before: Number of the last record before it, as its batches count.
        encoding: Encoding of the file.
        dialect: How it is delimited, or ``None`` for plain text.
    """

    start: int
    end: int
    line: int
    record: int
    before: int
    encoding: str
    dialect: Dialect | None


def plan_splits(
    fp: BinaryIO, name: str, limits: Limits | None = None, part_bytes: int = PART_BYTES
) -> tuple[Split, ...]:
    """Return the parts of a file, or nothing if it is small or must be read as a whole.

    Args:
        fp: The file, seekable, opened for reading bytes.
        name: Its name.
        limits: Bounds of reading.
        part_bytes: Least number of bytes of a part but the last.
    """
    bounds = limits or Limits()
    # Parts begin where a window begins.
    bounds = replace(bounds, block_bytes=min(bounds.block_bytes, max(1, part_bytes // 4)))
    source = of_file(fp, name, bounds)
    size = source.size or 0
    if size < 2 * part_bytes:
        return ()
    try:
        found = sniff_source(source.peeked())
        if found.format not in {Format.DELIMITED, Format.PROSE}:
            return ()
        stream = TextStream(source)
        marks = list(_marks(stream, found.dialect, bounds, part_bytes, size))
    except Refused:
        return ()
    encoding = stream.encoding.replace("ascii?", "utf-8")
    ends = [mark[0] for mark in marks[1:]] + [size]
    return tuple(
        Split(mark[0], end, *mark[1:], encoding, found.dialect) for mark, end in zip(marks, ends, strict=True)
    )


def _marks(
    stream: TextStream, dialect: Dialect | None, limits: Limits, part_bytes: int, size: int
) -> Iterator[tuple[int, int, int, int]]:
    """Yield offset, line, record and last record before of the beginning of each part."""
    above = 0 if dialect is None or dialect.header is None else dialect.header + 1
    window = stream.window()
    line, record, last = 1, 1, 0
    marked = window.offset
    yield marked, line, record, 0
    while True:
        used, line, record, last = _pass(window.data, dialect, limits, window.final, line, record, last)
        if window.final or used <= 0:
            return
        stream.use(used)
        window = stream.window()
        if window.offset - marked >= part_bytes and size - window.offset >= part_bytes // 2:
            marked = window.offset
            yield marked, line, record, last if dialect is None else max(0, record - 1 - above)


def _pass(
    data: Bytes, dialect: Dialect | None, limits: Limits, final: bool, line: int, record: int, last: int
) -> tuple[int, int, int, int]:
    """Pass over the whole records of a window; nothing is used where the reader has to decide."""
    passed: tuple[int, int, int, int] = skim(data, dialect is not None, line, record, last)
    if passed[0] >= 0:
        return passed
    if dialect is None:
        _, _, lines, used, line = kernel.split_lines(data, final, line, kernel.count_cells(data, kernel.LF))
        return used, line, record, int(lines[-1]) if len(lines) else last
    *_, used, line, record, status = kernel.tokenize(
        data, dialect.delimiter, final, line, record, limits.max_quoted_bytes, limits.max_columns,
        kernel.count_cells(data, dialect.delimiter), kernel.count_quotes(data),
    )  # fmt: skip
    return (used if status == kernel.DONE else 0), line, record, last


def read_split(
    fp: BinaryIO, name: str, split: Split, limits: Limits | None = None
) -> Iterator[Batch | Unread]:
    """Yield the cells of a part, numbered and placed as in the whole file.

    Args:
        fp: The file, seekable.
        name: Its name.
        split: The part.
        limits: Bounds of reading.
    """
    bounds = limits or Limits()
    fp.seek(split.start)
    stretch = io.BufferedReader(_Stretch(fp, split.end - split.start))
    source = Source(stretch, name, None, 0, Budget(bounds, bounds.clock() + bounds.seconds), split.end)
    stream = _Resumed(source, split)
    try:
        if split.dialect is None:
            yield from read_prose(source, stream, line=split.line)
        else:
            yield from read_delimited(source, stream, split.dialect, line=split.line, record=split.record)
        yield from stream.notes()
    except Refused as stop:
        yield stop.unread(None)


class _Resumed(TextStream):
    """A text that goes on in the middle of a file."""

    def __init__(self, source: Source, split: Split) -> None:
        super().__init__(source)
        self._encoding = split.encoding
        self._offset = self._read = split.start
        self._lines = split.line


class _Stretch(io.RawIOBase):
    """The next bytes of a file, and no more."""

    def __init__(self, fp: BinaryIO, left: int) -> None:
        super().__init__()
        self._fp = fp
        self._left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._fp.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)
