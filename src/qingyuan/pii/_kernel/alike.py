"""Cells of one column with the same bytes: what is found in one stands in all, so one of them is read."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel._words import word_at
from qingyuan.pii.batch import Bytes, Ints, Longs

#: Longest cell that is compared, in bytes.
_LONGEST = 256

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO32 = "Array(int32, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@njit(f"boolean({_RO}, int64, int64, int64)", cache=True, nogil=True)
def _same(data: Bytes, a: int, b: int, size: int) -> bool:
    """Tell whether the ``size`` bytes at ``a`` and at ``b``, with eight more behind each, are the same."""
    k = 0
    while k + 8 <= size:
        if word_at(data, a + k) != word_at(data, b + k):
            return False
        k += 8
    kept = (np.uint64(1) << np.uint64((size - k) << 3)) - np.uint64(1)
    return bool((word_at(data, a + k) ^ word_at(data, b + k)) & kept == 0)


@njit(
    f"int64({_RO}, {_RO64}, {_RO64}, {_RO32}, {_RO64}, int64[::1], int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def number_alike(
    data: Bytes, starts: Longs, ends: Longs, column: Ints, record: Longs, slots: Longs, number: Longs, first: Longs
) -> int:  # fmt: skip
    """Give the same number to cells of one column with the same bytes; return how many numbers there are.

    The cells of the header (record 0), long cells and the last ones of the buffer are like no others.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte.
        column: Column of each cell.
        record: Its record.
        slots: Open addressing: -1 everywhere; a power of two, at least twice the cells.
        number: Receives the number of each cell, in the order of the first of each.
        first: Receives the first cell of each number.
    """
    n = 0
    last = slots.size - 1
    for i in range(starts.size):
        s = starts[i]
        size = ends[i] - s
        number[i] = n
        if record[i] != 0 and size <= _LONGEST and ends[i] + 8 <= data.size:
            h = np.uint64(size) << np.uint64(32) | np.uint64(np.uint32(column[i]))
            for p in range(s, ends[i], 8):
                word = word_at(data, p)
                if ends[i] - p < 8:
                    word &= (np.uint64(1) << np.uint64((ends[i] - p) << 3)) - np.uint64(1)
                h = (h ^ word) * _GOLDEN
                h ^= h >> np.uint64(29)
            at = np.int64(h & np.uint64(last))
            while slots[at] >= 0:
                j = first[slots[at]]
                if ends[j] - starts[j] == size and column[j] == column[i] and _same(data, s, starts[j], size):
                    break
                at = (at + 1) & last
            if slots[at] >= 0:
                number[i] = slots[at]
                continue
            slots[at] = n
        first[n] = i
        n += 1
    return n
