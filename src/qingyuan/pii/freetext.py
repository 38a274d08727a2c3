"""Names and addresses in free text that no label announces, as candidates of the engine."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qingyuan.pii import _counties, places, prose
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel.lexicon import LONGEST, TAG_PLACE, place
from qingyuan.pii._kernel.streets import FOUND_HIDDEN, FOUND_NUMBERED, addresses
from qingyuan.pii._simplified import simplified_cells
from qingyuan.pii._tables import tables
from qingyuan.pii.batch import Bytes, Longs

#: Evidence bits by the bits of the compiled pass.
_EVIDENCE = np.array([prose.candidate_flags(bits) for bits in range(256)], dtype=np.uint32)


#: The same for addresses.
_PLACED = np.array(
    [
        f.PROSE | (f.STANDARD if bits & FOUND_NUMBERED else 0) | (f.MASKED if bits & FOUND_HIDDEN else 0)
        for bits in range(256)
    ],
    dtype=np.uint32,
)


@dataclass(frozen=True, slots=True)
class Free:
    """Candidates, parallel arrays in the order of the bytes; see :class:`qingyuan.pii._candidates.Candidates`."""

    cell: Longs
    start: Longs
    end: Longs
    kind: Bytes
    flags: npt.NDArray[np.uint32]


def find(data: Bytes, starts: Longs, ends: Longs, cells: Longs) -> Free:
    """Return addresses and names in the given cells of free text, names outside the addresses.

    Args:
        data: UTF-8 bytes.
        starts: First byte of every cell.
        ends: One past the last byte.
        cells: The cells to look at, ascending.
    """
    low, high = np.ascontiguousarray(starts[cells]), np.ascontiguousarray(ends[cells])
    data = simplified_cells(data, low, high)
    placed = _addresses(data, low, high)
    named = prose.find(data, low, high)
    free = np.flatnonzero(apart(named.start, named.end, placed.start, placed.end))
    cell = np.concatenate((cells[placed.cell], cells[named.cell[free]]))
    start = np.concatenate((placed.start, named.start[free]))
    order = np.argsort(start, kind="stable")
    kind = np.repeat(np.array([f.ADDRESS, f.NAME], dtype=np.uint8), (len(placed.cell), len(free)))
    bits = np.concatenate((placed.flags, _EVIDENCE[named.bits[free]]))
    end = np.concatenate((placed.end, named.end[free]))
    return Free(cell[order], start[order], end[order], kind[order], bits[order])


@functools.cache
def _beginnings() -> tuple[Bytes, Longs]:
    """Return the first characters of provinces and cities, and their first two as sorted numbers."""
    names = places.written_names()
    first = np.zeros(65536, dtype=np.uint8)
    first[[ord(name[0]) for name in names]] = 1
    return first, np.array(sorted({ord(name[0]) << 16 | ord(name[1]) for name in names}), dtype=np.int64)


@functools.cache
def _places() -> tuple[npt.NDArray[np.uint64], Bytes]:
    """Return the word list with the names of all counties among its places."""
    words = prose.model()
    keys, pairs, tags = words.keys.copy(), words.pairs.copy(), words.tags.copy()
    for name in _counties.telling_names():
        if len(name) <= LONGEST:
            tags[place(keys, pairs, np.uint64(prose.pack(name)))] = TAG_PLACE
    return keys, tags


def _addresses(data: Bytes, starts: Longs, ends: Longs) -> Free:
    """Return the addresses in cells of free text."""
    first, pairs = _beginnings()
    keys, tags = _places()
    room = int((ends - starts).sum()) // 12 + 8
    cell, start, end = (np.empty(room, dtype=np.int64) for _ in range(3))
    bits = np.empty(room, dtype=np.uint8)
    n = addresses(data, starts, ends, first, pairs, tables().marks, keys, tags, cell, start, end, bits)
    kind = np.full(n, f.ADDRESS, dtype=np.uint8)
    return Free(cell[:n].copy(), start[:n].copy(), end[:n].copy(), kind, _PLACED[bits[:n]])


def apart(start: Longs, end: Longs, other_start: Longs, other_end: Longs) -> npt.NDArray[np.bool_]:
    """Return which ranges touch none of the others (both ascending, the others without overlap)."""
    if not len(other_start):
        return np.ones(len(start), dtype=np.bool_)
    at = np.searchsorted(other_end, start, side="right")
    inside = at < len(other_start)
    free: npt.NDArray[np.bool_] = ~inside | (other_start[np.minimum(at, len(other_start) - 1)] >= end)
    return free
