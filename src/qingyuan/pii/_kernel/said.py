"""What was said of the cells of a stretch, one word a cell, and writing it out in their order.

Cells are looked at column by column, because those after each other are alike then, and are written in the order of the
bytes.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.flags import ADDRESS, NAME
from qingyuan.pii._kernel.forms import Flags
from qingyuan.pii._kernel.recall import FLAGS_AT, KIND_AT, NAMED_TOO, PLACED_TOO, SETTLED, SHAPE_AT, Table
from qingyuan.pii._kernel.table import BINS
from qingyuan.pii.batch import Bytes, Ints, Longs

#: Most columns of a table that is looked at column by column.
WIDEST = 256

_RO32 = "Array(int32, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


@njit("uint64(int64, int64, uint32)", cache=True, nogil=True)
def told(kind: int, shape: int, bits: np.uint32) -> np.uint64:
    """Return what is known of a settled cell as one word; ``kind`` is 0 if it holds nothing."""
    word = np.uint64(kind) << np.uint64(KIND_AT) | np.uint64(shape & (BINS - 1)) << np.uint64(SHAPE_AT)
    return word | np.uint64(bits) << np.uint64(FLAGS_AT) | np.uint64(SETTLED)


@njit(f"int64({_RO32}, int64, int64)", cache=True, nogil=True)
def width_of(column: Ints, begin: int, last: int) -> int:
    """Return after how many cells the columns of the cells ``begin..last`` come again, 1 where they do not keep to that."""
    width = 1
    while width <= WIDEST and begin + width < last and column[begin + width] != column[begin]:
        width += 1
    if width > WIDEST or begin + width >= last:
        return 1
    other = 0
    for i in range(begin + width, last):
        other |= column[i] ^ column[i - width]
    return 1 if other else width


@njit(
    f"UniTuple(int64, 2)(int64, int64, uint64[::1], {_RO64}, {_RO64}, uint32[:, ::1], int64[::1], int64[::1], int64[::1],"
    " uint8[::1], uint32[::1], int64[::1], int64, int64)",
    cache=True,
    nogil=True,
)
def write_said(
    begin: int, last: int, said: Table, starts: Longs, ends: Longs, evidence: Flags, out_cell: Longs, out_start: Longs,
    out_end: Longs, out_kind: Bytes, out_flags: Flags, rest: Longs, n: int, left: int,
) -> tuple[int, int]:  # fmt: skip
    """Write the candidates of the cells ``begin..last`` and the cells that are left, behind ``n`` and ``left`` others."""
    for i in range(begin, last):
        cell = np.uint64(i)
        at = np.uint64(n)
        says = said[np.uint64(i - begin)]
        # Nearly every cell has one candidate or none: what is written for those without is written over.
        rest[np.uint64(left)] = i
        left += int(says >> np.uint64(1) & np.uint64(1))
        kind = np.uint8(says >> np.uint64(KIND_AT))
        out_cell[at] = i
        out_start[at] = starts[cell]
        out_end[at] = ends[cell]
        out_kind[at] = kind
        out_flags[at] = np.uint32(says >> np.uint64(FLAGS_AT))
        n += int(kind != 0)
        if says & np.uint64(NAMED_TOO | PLACED_TOO):
            shape = np.int64(says >> np.uint64(SHAPE_AT)) & (BINS - 1)
            for row in range(2):
                if says & np.uint64(NAMED_TOO if row == 0 else PLACED_TOO):
                    out_cell[n] = i
                    out_start[n] = starts[cell]
                    out_end[n] = ends[cell]
                    out_kind[n] = NAME if row == 0 else ADDRESS
                    out_flags[n] = evidence[row, shape]
                    n += 1
    return n, left
