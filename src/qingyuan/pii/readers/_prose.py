"""Free text: one cell per line."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel import csv as kernel
from qingyuan.pii.batch import Batch, Origin, Unread
from qingyuan.pii.readers._addresses import Numbered
from qingyuan.pii.readers._decode import TextStream
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import unread

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

#: How far back from the end of an over-long line a place to cut it is sought.
_BACK = 1 << 16
#: Upper two bits of a UTF-8 byte that continues a character.
_CONTINUATION = 0x80
_SEPARATORS = np.zeros(256, np.bool_)
_SEPARATORS[list(b",;\"'<>{}[]|&=\t\n\r\x00\x1a")] = True
_DIGITLIKE = np.zeros(256, np.bool_)
_DIGITLIKE[list(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ*@._+- ()#")] = True


def prose_batch(
    source: Source,
    data: Bytes,
    starts: Longs,
    ends: Longs,
    lines: Longs,
    origin: Origin | None,
    *,
    table: str = "",
    word: str = "line ",
) -> Batch:
    """Return a batch of free text; ``lines`` are the numbers in the places and the records."""
    column = np.full(len(starts), -1, np.int32)
    places = Numbered(word, lines)
    return Batch(source.member, table, (), data, starts, ends, column, lines, True, places, origin)


def safe_cut(data: Bytes, limit: int) -> tuple[int, bool]:
    """Return where to cut a text longer than ``limit`` so that no value is torn, and whether that is sure.

    Preferred is after a separator that stands in no value; else between two characters that are
    neither digits nor letters; else at ``limit`` itself, on a character.
    """
    low = max(0, limit - _BACK)
    tail = data[low:limit]
    marks = np.flatnonzero(_SEPARATORS[tail])
    if len(marks):
        return low + int(marks[-1]) + 1, True
    wide = ~_DIGITLIKE[tail]
    first = (tail & 0xC0) != _CONTINUATION
    marks = np.flatnonzero(wide[:-1] & wide[1:] & first[1:])
    if len(marks):
        return low + int(marks[-1]) + 1, True
    while limit > low + 1 and (data[limit] & 0xC0) == _CONTINUATION:
        limit -= 1
    return limit, False


def read_prose(
    source: Source, stream: TextStream, *, line: int = 1, table: str = ""
) -> Iterator[Batch | Unread]:
    """Yield the non-empty lines of the rest of ``stream``.

    Args:
        source: The file or member.
        stream: Its text, possibly used in part.
        line: Physical number of the line where the stream stands.
        table: Name of the stream inside the member.
    """
    torn = 0
    while True:
        window = stream.window()
        data = window.data
        room = kernel.count_cells(data, kernel.LF)
        starts, ends, lines, used, after = kernel.split_lines(data, window.final, line, room)
        if not used and len(data) > source.limits.line_bytes:
            used, safe = safe_cut(data, source.limits.line_bytes)
            if not safe:
                # Rather more memory than a value torn.
                bound = source.limits.max_record_bytes
                used, safe = safe_cut(data, bound) if len(data) > bound else (0, True)
            if used:
                starts, ends = np.array([0], np.int64), np.array([used], np.int64)
                lines = np.array([line], np.int64)
                torn += not safe
        if len(starts):
            yield prose_batch(source, data[:used], starts, ends, lines, stream.origin(window), table=table)
        line = after
        stream.use(used)
        if window.final and used == len(data):
            break
    if torn:
        yield unread("value-torn", source.member, count=torn, mib=source.limits.max_record_bytes >> 20)
