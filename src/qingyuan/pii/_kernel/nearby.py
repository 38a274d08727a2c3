"""Words that are personal information where a person is named: diseases, religions, in lines about somebody."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.context import word_ending
from qingyuan.pii._kernel.flags import CONTEXT
from qingyuan.pii.batch import Bytes, Longs

Flags = npt.NDArray[np.uint32]

#: How far a word such as 确诊 may stand before, in bytes.
_CUE = 24
#: Class of the words that announce a value; the others have the code of their kind.
CUE = 0

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


@njit(
    f"int64({_RO}, {_RO64}, {_RO64}, {_RO64}, {_RO}, {_RO64}, {_RO64}, uint32,"
    " int64[::1], int64[::1], int64[::1], uint8[::1], uint32[::1])",
    cache=True,
    nogil=True,
)
def words_near(
    data: Bytes,
    starts: Longs,
    ends: Longs,
    cells: Longs,
    text: Bytes,
    words: Longs,
    buckets: Longs,
    bits: int,
    out_cell: Longs,
    out_start: Longs,
    out_end: Longs,
    out_kind: Bytes,
    out_flags: Flags,
) -> int:
    """Find the words in the given cells and return their number; a cue before one sets ``CONTEXT``.

    Args:
        data: UTF-8 bytes.
        starts: First byte of every cell.
        ends: One past the last byte.
        cells: The cells to look at, ascending.
        text: Bytes of the words, see :func:`context.word_ending`.
        words: ``(offset, length, kind)``, kind :data:`CUE` for cues.
        buckets: See there.
        bits: Evidence bits of every word.
        out_cell: Receives the cells; all outputs hold a third of the bytes of the cells.
        out_start: Receives the first byte.
        out_end: Receives one past the last byte.
        out_kind: Receives the kind.
        out_flags: Receives the evidence bits.
    """
    n = 0
    for i in range(cells.size):
        cell = cells[i]
        s = starts[cell]
        e = ends[cell]
        cue = s - _CUE - 1
        last = s
        q = s + 1
        while q <= e:
            if q < e and data[q] & 0xC0 == 0x80:
                q += 1
                continue
            k = word_ending(data, q, last, e, text, words, buckets)
            if k >= 0:
                size = words[3 * k + 1]
                kind = words[3 * k + 2]
                if kind == CUE:
                    cue = q
                else:
                    # 糖尿病 before 并发症 is also 尿病: the longest word that ends here was taken.
                    out_cell[n] = cell
                    out_start[n] = q - size
                    out_end[n] = q
                    out_kind[n] = kind
                    out_flags[n] = bits | (CONTEXT if q - size - cue <= _CUE else 0)
                    n += 1
                    last = q
            q += 1
    return n
