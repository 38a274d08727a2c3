"""Tables in free text whose columns stand apart by blanks under a line of names: ``姓名 性别 出生日期``.

Each value of a line with as many words as the line of names is read once more as if the name of its column stood before it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qingyuan.pii import freetext, labelwords
from qingyuan.pii._candidates import Candidates, both, find, take
from qingyuan.pii._settled import Looked
from qingyuan.pii._tables import Tables
from qingyuan.pii.batch import Batch, Longs

_COLON = "：".encode()
_BLANKS = np.zeros(256, dtype=np.bool_)
_BLANKS[[0x20, 0x09]] = True
#: First byte of 汉字, and the last bytes of all longer characters.
_HAN, _LONGER = 0xE4, 0x80
#: Columns of such a table at least, of which so many have names that are known; the longest line of names in bytes.
_COLUMNS, _KNOWN, _LONGEST = 3, 2, 400
#: Lines that fit nothing, after which the table is over.
_PATIENCE = 3


def read(batch: Batch, found: Candidates, t: Tables, look: Looked) -> Candidates:
    """Return the candidates of free text with what the names over its columns tell.

    Args:
        batch: The lines of a text.
        found: What was found in them, in the order of the bytes.
        t: The catalogue's arrays.
        look: What is looked for in cells of no column.
    """
    values = [value for head in _heads(batch) for value in _values(batch, head)]
    if not values:
        return found
    told = _told(batch, values, t, look)
    gone = ~freetext.apart(found.start, found.end, told.start, np.maximum.accumulate(told.end))
    return both(take(found, np.flatnonzero(~gone)), told) if len(told) else found


def _heads(batch: Batch) -> list[int]:
    """Return the lines of names: 汉字, blanks and no digit."""
    data = batch.data
    if len(data) <= _COLUMNS:
        return []
    between = np.flatnonzero(_BLANKS[data[1:-1]] & (data[:-2] >= _LONGER) & (data[2:] >= _HAN)) + 1
    cell = np.searchsorted(batch.starts, between, side="right") - 1
    number, times = np.unique(cell[cell >= 0], return_counts=True)
    short = (batch.ends[number] - batch.starts[number]) <= _LONGEST
    out = []
    for line in number[(times >= 1) & short].tolist():
        names = [name for _, name in _words(batch, line)]
        known = sum(labelwords.exact(name) for name in names)
        like = sum(labelwords.like(name) for name in names)
        if len(names) >= _COLUMNS and known >= _KNOWN and 2 * like > len(names) and _are_names(names):
            out.append(line)
    return out


def _are_names(names: list[str]) -> bool:
    """Tell whether words may be the names of columns: different, short, without digits and signs."""
    plain = all(name.isidentifier() and not any(c.isdigit() for c in name) for name in names)
    return (
        plain and len(set(names)) == len(names) and all(len(n.encode()) <= labelwords.LONGEST for n in names)
    )


def _words(batch: Batch, line: int) -> list[tuple[int, str]]:
    """Return where each word of a line begins in the buffer, and the word."""
    a, z = int(batch.starts[line]), int(batch.ends[line])
    raw = batch.data[a:z].tobytes()
    out, at = [], 0
    for word in raw.replace("　".encode(), b"   ").split():
        at = raw.index(word, at)
        out.append((a + at, word.decode("utf-8", "replace")))
        at += len(word)
    return out


def _values(batch: Batch, head: int) -> list[tuple[int, int, int, str]]:
    """Return ``(line, start, end, name of the column)`` of the values under a line of names."""
    names = [name for _, name in _words(batch, head)]
    out: list[tuple[int, int, int, str]] = []
    missed = 0
    for line in range(head + 1, len(batch)):
        words = _words(batch, line)
        if len(words) != len(names):
            missed += 1
            if missed == _PATIENCE:
                break
            continue
        if all(labelwords.like(word) for _, word in words):
            break
        missed = 0
        out += [
            (line, at, at + len(word.encode()), name)
            for (at, word), name in zip(words, names, strict=True)
            if labelwords.exact(name)
        ]
    return out


def _told(batch: Batch, values: list[tuple[int, int, int, str]], t: Tables, look: Looked) -> Candidates:
    """Return what is found in the values when the name of its column stands before each."""
    data, starts, ends, begins = bytearray(), [], [], []
    for _, a, z, name in values:
        starts.append(len(data))
        data += name.encode() + _COLON
        begins.append(len(data))
        data += batch.data[a:z].tobytes()
        ends.append(len(data))
        data += b"\n"
    lines = replace(
        batch, columns=(), kinds=(), data=np.frombuffer(bytes(data), dtype=np.uint8),
        starts=np.array(starts, dtype=np.int64), ends=np.array(ends, dtype=np.int64),
        column=np.full(len(values), -1, dtype=np.int32), record=np.arange(1, len(values) + 1), origin=None,
        prose=False,
    )  # fmt: skip
    begin: Longs = np.array(begins, dtype=np.int64)
    place = np.array([(line, a) for line, a, _, _ in values], dtype=np.int64)
    shapes = np.zeros(len(values), dtype=np.uint16)
    told = find(lines, t, shapes, look.named, look.placed, look.texts, look.numbered, look.scopes)
    # What fills its value; a part of one is told by the line itself.
    told = take(told, np.flatnonzero((told.start == begin[told.cell]) & (told.end == lines.ends[told.cell])))
    moved = place[told.cell, 1] - begin[told.cell]
    told.start += moved
    told.end += moved
    told.cell = place[told.cell, 0]
    return told
