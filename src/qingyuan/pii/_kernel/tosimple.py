"""Traditional characters of cells as simplified ones, in place: both take three bytes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii.batch import Bytes, Longs

#: What a character is: of traditional text alone, or of simplified text too (乾 in names).
CLEAR, BOTH = 1, 2
#: Clear ones in a cell from which on its other characters are taken as traditional as well.
_TRADITIONAL = 2
_FIRST, _LAST = 0xE3, 0xE9
_WIDTH = 3

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_TABLE = "Array(uint16, 1, 'C', readonly=True)"


@njit(f"boolean({_RO}, {_RO64}, {_RO64}, {_RO})", cache=True, nogil=True)
def any_traditional(data: Bytes, starts: Longs, ends: Longs, kinds: Bytes) -> bool:
    """Tell whether one of the cells has a character of traditional text alone.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte.
        kinds: ``uint8[65536]``, what each character is, 0 for one that stays.
    """
    for cell in range(starts.size):
        p, e = starts[cell], ends[cell] - 2
        while p < e:
            b = data[p]
            if b < _FIRST:
                p += 1
            elif b > _LAST:
                p += _WIDTH
            else:
                c = (
                    (np.int64(b) & 0x0F) << 12
                    | (np.int64(data[p + 1]) & 0x3F) << 6
                    | (np.int64(data[p + 2]) & 0x3F)
                )
                if kinds[c] == CLEAR:
                    return True
                p += _WIDTH
    return False


@njit(f"void({_RO}, {_RO64}, {_RO64}, {_RO}, {_TABLE}, uint8[::1])", cache=True, nogil=True)
def write_simplified(
    data: Bytes, starts: Longs, ends: Longs, kinds: Bytes, simple: npt.NDArray[np.uint16], out: Bytes
) -> None:
    """Write the simplified characters of the cells over ``out``, a copy of ``data``.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte.
        kinds: As above.
        simple: The simplified character of each that has one.
        out: Receives the bytes that differ.
    """
    for cell in range(starts.size):
        clear = 0
        for turn in range(2):
            p, e = starts[cell], ends[cell] - 2
            while p < e:
                b = data[p]
                if b < _FIRST or b > _LAST:
                    p += 1 if b < _FIRST else _WIDTH
                    continue
                c = (
                    (np.int64(b) & 0x0F) << 12
                    | (np.int64(data[p + 1]) & 0x3F) << 6
                    | (np.int64(data[p + 2]) & 0x3F)
                )
                kind = kinds[c]
                if turn == 0:
                    clear += kind == CLEAR
                elif kind == CLEAR or (kind == BOTH and clear >= _TRADITIONAL):
                    s = np.int64(simple[c])
                    out[p] = 0xE0 | s >> 12
                    out[p + 1] = 0x80 | (s >> 6 & 0x3F)
                    out[p + 2] = 0x80 | (s & 0x3F)
                p += _WIDTH
            if clear == 0:
                break
