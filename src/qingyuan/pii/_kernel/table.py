"""Passes over the cells and candidates of a table: shapes by column, cells to look at again, merging."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._blocks import BLOCK, marks_of
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import DIGITS, FILLED, NAME_LOOSE, Shapes, shape_of
from qingyuan.pii._kernel.flags import WHOLE
from qingyuan.pii.batch import Bytes, Ints, Longs

Flags = npt.NDArray[np.uint32]

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO32 = "Array(int32, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
#: Slots for cells seen before, a power of two; a column of goods or brands repeats itself.
_SEEN = 1 << 12
#: Longest cell that is remembered, in bytes.
_REMEMBERED = 48
#: Width of a profile's row of counts, by shape.
BINS = 512
_LONG = 8


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def plain_shape(data: Bytes, s: int, e: int) -> int:
    """Return FILLED and DIGITS of a cell as :func:`shape_of` has them, or -1 if it must say."""
    if s == e:
        return 0
    b = data[s]
    if not 48 <= b <= 57:
        # Blanks: ASCII space, tab, line ends and quotes; the others begin with C2, E3 and EF.
        return -1 if b in (32, 9, 10, 13, 34, 39, 0xC2, 0xE3, 0xEF) else FILLED
    for p in range(s, e):
        b = data[p]
        if not 48 <= b <= 57:
            return -1 if b in (32, 9, 10, 13, 34, 39, 0xC2, 0xE3, 0xEF) else FILLED
    return FILLED | DIGITS if _LONG <= e - s <= 200 else (FILLED if e - s < _LONG else -1)


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def ascii_shape(data: Bytes, s: int, e: int) -> int:
    """Return the shape of an ASCII cell as :func:`shape_of` has it, or -1 if it must say."""
    if e - s > 200 or data[s] == 42:
        return -1
    size = 0
    digits = 0
    latin = 0
    for p in range(s, e):
        b = data[p]
        if b >= 0x80:
            return -1
        if b in (32, 9, 10, 13, 34, 39):
            if size == 0:
                return -1
            continue
        size += 1
        digits += 48 <= b <= 57
        latin += 65 <= (b & 0xDF) <= 90
    if digits == size:
        return FILLED | DIGITS if size >= _LONG else FILLED
    return FILLED | NAME_LOOSE if latin == size and 4 <= size <= 15 else FILLED


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def marked(data: Bytes, s: int, e: int) -> bool:
    """Tell whether a star or number sign stands in ``s..e``."""
    for p in range(s, e, BLOCK):
        if p + BLOCK > data.size:
            for q in range(p, e):
                if data[q] in (42, 35):
                    return True
            return False
        word = marks_of(data, p)
        if e - p < BLOCK:
            word &= ~np.uint64(0) >> np.uint64(BLOCK - (e - p))
        if word:
            return True
    return False


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def shows_something(data: Bytes, s: int, e: int) -> bool:
    """Tell whether a digit, an X or a full-width character stands in ``data[s:e]``: what a mask leaves to see."""
    for p in range(s, e):
        b = data[p]
        if 48 <= b <= 57 or b in (88, 120, 0xEF):
            return True
    return False


@njit(
    f"void({_RO}, {_RO64}, {_RO64}, {_RO32}, {_RO64}, {_RO}, {_RO}, {_RO64}, {_RO}, {_RO64}, uint16[::1],"
    " int64[:, ::1])",
    cache=True,
    nogil=True,
)
def table_shapes(
    data: Bytes,
    starts: Longs,
    ends: Longs,
    column: Ints,
    record: Longs,
    wanted: Bytes,
    letters: Bytes,
    surnames: Longs,
    marks: Bytes,
    provinces: Longs,
    out: Shapes,
    bins: Longs,
) -> None:
    """Write the shape bits of every cell and count them by column.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte.
        column: Column of each cell, -1 for none.
        record: Record of each cell; cells of record 0 (the header) have no shape.
        wanted: ``uint8[columns + 1]``: 0 for columns of which only FILLED and DIGITS are asked for (the last is
            "no column").
        letters: See :func:`qingyuan.pii._kernel.cells.cell_shapes`.
        surnames: See there.
        marks: See there.
        provinces: See there.
        out: ``uint16[n]`` receives the bits.
        bins: ``int64[columns + 1, BINS]``, row ``column + 1``: grows by the cells of each shape.
    """
    chars = np.empty(16, dtype=np.int64)
    seen_at = np.full(_SEEN, -1, dtype=np.int64)
    for i in range(starts.size):
        c = column[i]
        s = starts[i]
        e = ends[i]
        if record[i] == 0:
            out[i] = 0
            bins[c + 1, 0] += 1
            continue
        shape = -1
        if wanted[c] == 0 or s == e:
            shape = plain_shape(data, s, e)
        if shape < 0 and data[s] < 0x80:
            shape = ascii_shape(data, s, e)
        slot = -1
        if shape < 0 and e - s <= _REMEMBERED:
            h = np.uint64(e - s)
            # The last byte of a 汉字 says most; equality is checked below.
            for p in range(s + 2, e, 3):
                h = (h ^ np.uint64(data[np.uint64(p)])) * np.uint64(0x9E3779B97F4A7C15)
            slot = int(np.int64(h >> np.uint64(52)))
            j = seen_at[slot]
            if j >= 0 and ends[j] - starts[j] == e - s:
                k = 0
                t = starts[j]
                while k < e - s and data[np.uint64(t + k)] == data[np.uint64(s + k)]:
                    k += 1
                if k == e - s:
                    shape = int(out[j])
        if shape < 0:
            shape = shape_of(data, s, e, chars, letters, surnames, marks, provinces)
            if slot >= 0 and wanted[c]:
                seen_at[slot] = i
        out[i] = shape
        bins[c + 1, shape & (BINS - 1)] += 1


@njit(
    f"int64({_RO}, {_RO64}, {_RO64}, {_RO32}, {_RO}, int64[::1], uint32[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def cells_again(
    data: Bytes,
    starts: Longs,
    ends: Longs,
    column: Ints,
    numbered: Bytes,
    cells: Longs,
    flags: Flags,
    out: Longs,
) -> int:
    """Write the cells with a star or number sign, and those of ``numbered`` columns, that no candidate fills.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell, ascending.
        ends: One past the last byte.
        column: Column of each cell, -1 for none.
        numbered: ``uint8[columns + 1]``, 1 for columns of numbers that may be masked.
        cells: Cell of each candidate found, ascending.
        flags: Its evidence.
        out: ``int64[n]`` receives the cells.

    Returns:
        Their number.
    """
    count = starts.size
    looked = np.zeros(count, dtype=np.uint8)
    for k in range(count):
        looked[k] = 1 if numbered[column[k]] or marked(data, starts[k], ends[k]) else 0
    for k in range(cells.size):
        if flags[k] & WHOLE:
            looked[cells[k]] = 0
    n = 0
    for k in range(count):
        if looked[k] and shows_something(data, starts[k], ends[k]):
            out[n] = k
            n += 1
    return n


#: So many candidates of one list are passed over at once.
_SKIP = 16
_LISTS = "int64[::1], int64[::1], int64[::1], uint8[::1], uint32[::1]"


@njit("boolean(int64[::1], uint8[::1])", cache=True, nogil=True)
def _ascend(start: Longs, kind: Bytes) -> bool:
    """Tell whether candidates stand in order, by start and kind."""
    other = False
    for i in range(1, start.size):
        other |= (start[i] << 8 | kind[i]) < (start[i - 1] << 8 | kind[i - 1])
    return not other


@njit(f"boolean({_LISTS}, {_LISTS}, {_LISTS})", cache=True, nogil=True)
def merge_lists(
    cell: Longs, start: Longs, end: Longs, kind: Bytes, flags: Flags,
    cell2: Longs, start2: Longs, end2: Longs, kind2: Bytes, flags2: Flags,
    out_cell: Longs, out_start: Longs, out_end: Longs, out_kind: Bytes, out_flags: Flags,
) -> bool:  # fmt: skip
    """Write two lists of candidates, each ascending by start and kind, as one; the first goes before the second.

    Args:
        cell: Cells of the first list.
        start: Starts of the first list.
        end: Ends of the first list.
        kind: Kinds of the first list.
        flags: Evidence of the first list.
        cell2: The same of the second list.
        start2: See above.
        end2: See above.
        kind2: See above.
        flags2: See above.
        out_cell: Receives the same of both.
        out_start: See above.
        out_end: See above.
        out_kind: See above.
        out_flags: See above.

    Returns:
        Whether both ascend; if not, what was written is of no use.
    """
    if not (_ascend(start, kind) and _ascend(start2, kind2)):
        return False
    i = np.int64(0)
    for j in range(start2.size + 1):
        # All of the first list that stand before the next of the second: mostly many.
        first = i
        if j < start2.size:
            rank = start2[j] << 8 | kind2[j]
            while i + _SKIP < start.size and start[np.uint64(i + _SKIP)] << 8 < rank:
                i += _SKIP
            while i < start.size and start[np.uint64(i)] << 8 | kind[np.uint64(i)] <= rank:
                i += 1
        else:
            i = np.int64(start.size)
        for k in range(first, i):
            out_cell[np.uint64(k + j)] = cell[np.uint64(k)]
        for k in range(first, i):
            out_start[np.uint64(k + j)] = start[np.uint64(k)]
        for k in range(first, i):
            out_end[np.uint64(k + j)] = end[np.uint64(k)]
        for k in range(first, i):
            out_kind[np.uint64(k + j)] = kind[np.uint64(k)]
        for k in range(first, i):
            out_flags[np.uint64(k + j)] = flags[np.uint64(k)]
        if j < start2.size:
            at = np.uint64(i + j)
            out_cell[at] = cell2[j]
            out_start[at] = start2[j]
            out_end[at] = end2[j]
            out_kind[at] = kind2[j]
            out_flags[at] = flags2[j]
    return True


@njit(
    f"int64(uint16[::1], {_RO32}, {_RO64}, {_RO64}, uint8[:, ::1], int64[::1], uint32[:, ::1], {_LISTS})",
    cache=True,
    nogil=True,
)
def whole_cells(
    shapes: Shapes, column: Ints, starts: Longs, ends: Longs, columns: Bytes, kinds: Longs, bits: Flags,
    out_cell: Longs, out_start: Longs, out_end: Longs, out_kind: Bytes, out_flags: Flags,
) -> int:  # fmt: skip
    """Write the cells that have the shape of a kind in the columns where it is looked for; return their number.

    Args:
        shapes: Shape bits of each cell.
        column: Column of each cell, -1 for none.
        starts: First byte of each cell.
        ends: One past the last byte.
        columns: ``uint8[kinds, columns + 1]``, 1 where the kind is looked for.
        kinds: The kinds, ascending.
        bits: ``uint32[kinds, BINS]``: evidence by shape, 0 for shapes that are none of the kind.
        out_cell: Receives the cells; all outputs hold one element for every cell and kind.
        out_start: Receives the first byte.
        out_end: Receives one past the last byte.
        out_kind: Receives the kind.
        out_flags: Receives the evidence.
    """
    n = 0
    for i in range(starts.size):
        shape = shapes[i]
        if shape <= (FILLED | DIGITS):
            continue
        for k in range(kinds.size):
            evidence = bits[k, shape & (BINS - 1)]
            if evidence and columns[k, column[i]]:
                out_cell[n] = i
                out_start[n] = starts[i]
                out_end[n] = ends[i]
                out_kind[n] = kinds[k]
                out_flags[n] = evidence
                n += 1
    return n
