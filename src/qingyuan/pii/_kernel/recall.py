"""Cells like one seen before: what was found out about that one holds for them, and is not found out again.

Cells of at most 32 bytes in columns where forms alone decide are remembered by their bytes, every digit behind the first
three alike, if none of the automata told those digits apart. Each place of the table holds one cell, and a newer one
takes it. A column in which hardly any cell is like another is not looked up for long.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._blocks import BLOCK, SHORT, blurred_of
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import character_at
from qingyuan.pii._kernel.forms import Steps
from qingyuan.pii._kernel.table import BINS
from qingyuan.pii.batch import Bytes, Ints, Longs

Table = npt.NDArray[np.uint64]

#: Longest cell that is remembered, in bytes; so many must be readable from its first byte on.
REMEMBERED = SHORT
#: Places of the table, a power of two.
PLACES = 512
#: How many cells of a column are looked up in vain, those found taken off, until no more are.
PATIENCE = 1024
#: Words of a place: four of the cell, its column and size, what is known of it.
TAG, KNOWN = 4, 5
WORDS = 8
#: What is known: it is settled; it is left to the other passes; no form fits it. Of a settled one with a number: it is
#: a name as well, an address as well.
SETTLED, LEFT, FORMLESS, NAMED_TOO, PLACED_TOO = (1 << i for i in range(5))
#: Where kind, shape and evidence of a settled cell stand.
KIND_AT, SHAPE_AT, FLAGS_AT = 8, 16, 32

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_TURN = np.uint64(29)
_ZEROS = np.uint64(0x3030303030303030)
_LOW = np.uint64(0x7F7F7F7F7F7F7F7F)
_OVER = np.uint64(0x7676767676767676)
_HIGH = np.uint64(0x8080808080808080)

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO32 = "Array(int32, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_FOUR = "UniTuple(uint64, 4)"
_KEY = ", ".join(["uint64"] * 4)


@njit("uint64(uint64)", cache=True, nogil=True)
def blurred(word: np.uint64) -> np.uint64:
    """Return the eight bytes of a word with every ASCII digit as 0."""
    x = word ^ _ZEROS
    digits = ~((((x & _LOW) + _OVER) | x) & _HIGH) & _HIGH
    return word & ~((digits >> np.uint64(3)) - (digits >> np.uint64(7)))


@njit(f"{_FOUR}({_RO}, int64, int64)", cache=True, nogil=True)
def key_at(data: Bytes, s: int, size: int) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the bytes of the cell of ``size`` at ``s`` as four words, the digits behind the first three as 0."""
    one, two, three, four = blurred_of(data, s, size)
    return one, two, three, four


@njit(f"int64({_KEY}, uint64)", cache=True, nogil=True)
def place_of(one: np.uint64, two: np.uint64, three: np.uint64, four: np.uint64, tag: np.uint64) -> int:
    """Return the place of a cell in the table."""
    h = (one ^ tag) * _GOLDEN
    h = ((h ^ h >> _TURN) ^ two) * _GOLDEN
    h ^= (three ^ (four << np.uint64(13) | four >> np.uint64(51))) * _GOLDEN
    h = (h ^ h >> _TURN) * _GOLDEN
    return int(h >> np.uint64(32)) & (PLACES - 1)


@njit(f"uint64(uint64[:, ::1], int64, {_KEY}, uint64)", cache=True, nogil=True)
def known_at(
    table: Table, at: int, one: np.uint64, two: np.uint64, three: np.uint64, four: np.uint64, tag: np.uint64
) -> np.uint64:
    """Return what is known of a cell whose place is ``at``, 0 for nothing."""
    k = np.uint64(at)
    other = (table[k, 0] ^ one) | (table[k, 1] ^ two) | (table[k, 2] ^ three) | (table[k, 3] ^ four)
    return np.uint64(0) if other | (table[k, TAG] ^ tag) else table[k, KNOWN]


@njit(f"void(uint64[:, ::1], int64, {_KEY}, uint64, uint64)", cache=True, nogil=True)
def note(
    table: Table, at: int, one: np.uint64, two: np.uint64, three: np.uint64, four: np.uint64, tag: np.uint64,
    known: np.uint64,
) -> None:  # fmt: skip
    """Put what is known of a cell into its place."""
    k = np.uint64(at)
    table[k, 0], table[k, 1], table[k, 2], table[k, 3] = one, two, three, four
    table[k, TAG], table[k, KNOWN] = tag, known


@njit(
    f"int64({_RO}, {_RO64}, {_RO64}, {_RO32}, {_RO64}, uint64[:, ::1], int64[::1], int64, int64, int64[:, ::1], uint64[::1],"
    " int64[::1])",
    cache=True,
    nogil=True,
)
def recalled_among(
    data: Bytes, starts: Longs, ends: Longs, column: Ints, record: Longs, memory: Table, worth: Longs, begin: int,
    count: int, bins: Longs, said: Table, cells: Longs,
) -> int:  # fmt: skip
    """Say of cells what is remembered of their like, and return the number of those of which nothing is.

    Args:
        data: UTF-8 bytes, at least :data:`~qingyuan.pii._kernel._blocks.BLOCK` and two.
        starts: First byte of each cell.
        ends: One past the last byte.
        column: Column of each cell, -1 for none.
        record: Record of each cell; that of the header is 0.
        memory: The table.
        worth: ``int64[columns + 1]``, over 0 for columns whose cells are remembered.
        begin: Cell that ``said`` begins with.
        count: Number of cells.
        bins: Grows by the cells settled; see :func:`qingyuan.pii._kernel.settle.settle`.
        said: Receives what is known of the cells; see :func:`qingyuan.pii._kernel.said.told`.
        cells: The cells; receives those of which nothing is remembered.
    """
    n = 0
    clear = data.size - BLOCK - 2
    for w in range(count):
        i = cells[np.uint64(w)]
        cell = np.uint64(i)
        c = column[cell]
        s = starts[cell]
        size = ends[cell] - s
        may = (size > 0) & (size <= REMEMBERED) & (record[cell] != 0) & (worth[c] > 0) & (s <= clear)
        tag = np.uint64(c + 1) << np.uint64(8) | np.uint64(size)
        one, two, three, four = key_at(data, min(s, clear), size)
        place = place_of(one, two, three, four, tag)
        recalled = known_at(memory, place, one, two, three, four, tag)
        settled = recalled & np.uint64(SETTLED)
        known = may & ((recalled & np.uint64(SETTLED | LEFT)) != 0)
        said[np.uint64(i - begin)] = recalled
        bins[c + 1, recalled >> np.uint64(SHAPE_AT) & np.uint64(BINS - 1)] += np.int64(settled) * known
        cells[np.uint64(n)] = i
        n += not known
    return n


@njit(
    f"UniTuple(int64, 2)({_RO}, int64, int64, int64, int64, {_RO}, uint16[:, ::1], {_RO}, {_RO})",
    cache=True,
    nogil=True,
)
def traced(
    data: Bytes, p: int, e: int, clear: int, state: int, classes: Bytes, steps: Steps, ending: Bytes, blind: Bytes
) -> tuple[int, int]:  # fmt: skip
    """Return the same as :func:`qingyuan.pii._kernel.forms.longest`, and 0 if a digit from ``clear`` on was told from another, else 1.

    Args:
        data: UTF-8 bytes.
        p: First byte of the value.
        e: One past the last byte of the cell.
        clear: First byte from which digits shall be alike.
        state: State the form begins in.
        classes: See :func:`qingyuan.pii._kernel.forms.scan_forms`.
        steps: See there.
        ending: See there.
        blind: ``uint8[states]``: 1 where all ASCII digits lead to the same state.
    """
    end = 0
    alike = 1
    while p < e:
        width = 1
        c = data[np.uint64(p)] + 0
        if c >= 0x80:
            c, width = character_at(data, p, e)
        elif p >= clear and 48 <= c <= 57 and not blind[state]:
            alike = 0
        state = steps[state, classes[c]]
        if state == 0:
            break
        p += width
        if ending[state]:
            end = p
    return end, alike
