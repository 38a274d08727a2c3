"""Masked numbers a reader knows only by their column or label, and IDs with two hidden parts.

``*******1234``, ``1*********4``, ``138####1234`` or ``****1234`` say nothing by themselves: the bits
``FITS_…`` record which kinds the form allows, and without a column or a label they are no hit at all.
Plain by themselves are only an 18-character ID with its birth date partly shown, ``138####1234``,
and a card of 16, 17 or 19 characters with both ends shown.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.around import whole
from qingyuan.pii._kernel.flags import (
    BANK_CARD,
    FITS_CARD,
    FITS_ID,
    FITS_MOBILE,
    GROUPED,
    MASKED,
    MOBILE,
    RESIDENT_ID,
    STANDARD,
)
from qingyuan.pii._kernel.shapes import Symbols, valid_date
from qingyuan.pii._kernel.symbols import CROSS, STAR, is_letter, separator_at, symbol_at
from qingyuan.pii.batch import Bytes, Longs

Flags = npt.NDArray[np.uint32]

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_MOST = 30
_LEAP = 2000


@njit(f"UniTuple(int64, 2)({_RO}, int64, int64)", cache=True, nogil=True)
def _symbol(data: Bytes, p: int, e: int) -> tuple[int, int]:
    """Return the symbol at ``p`` as :func:`symbol_at` does, ``#`` and ``＃`` being masks too."""
    if data[p] == 35:
        return STAR, 1
    if data[p] == 0xEF and p + 2 < e and data[p + 1] == 0xBC and data[p + 2] == 0x83:
        return STAR, 3
    return symbol_at(data, p, e)


@njit("boolean(int8[::1])", cache=True, nogil=True)
def _dated(symbols: Symbols) -> bool:
    """Tell whether 18 symbols show a year of birth, or month and day, where an ID has them."""
    year = 0
    shown = 0
    for k in range(6, 10):
        if symbols[k] <= 9:
            year = year * 10 + int(symbols[k])
            shown += 1
    if shown == 4 and valid_date(year, 1, 1):
        return True
    for k in range(10, 14):
        if symbols[k] > 9:
            return False
    return bool(valid_date(_LEAP, symbols[10] * 10 + symbols[11], symbols[12] * 10 + symbols[13]))


@njit(f"int64(int8[::1], int64, {_RO}, {_RO})", cache=True, nogil=True)
def fits(symbols: Symbols, n: int, plan: Bytes, provinces: Bytes) -> int:
    """Return the bits of the kinds that ``n`` symbols, some of them masked, may be.

    ``STANDARD`` is set for what needs no label: an ID with two hidden parts and a date, ``138####1234``,
    ``622202######1234``.
    """
    pre = 0
    while pre < n and symbols[pre] <= 9:
        pre += 1
    suf = 0
    while suf < n - pre and symbols[n - 1 - suf] != STAR:
        suf += 1
    hidden = 0
    runs = 0
    for k in range(n):
        if symbols[k] == CROSS and k < n - 1:
            return 0
        if symbols[k] == STAR:
            hidden += 1
            runs += k == 0 or symbols[k - 1] != STAR
    shown = n - hidden
    # 156*189*204 is a measure of three sides.
    if hidden < 2 or shown < 1 or runs > 2 or (runs == 2 and hidden == 2 and symbols[0] <= 9):
        return 0
    d = symbols[0]
    tail = pre == 0 and runs == 1
    bits = 0
    region = pre == 0 or 1 <= d <= 8
    if pre >= 2:
        region = provinces[d * 10 + symbols[1]] != 0
    if n == 18 and runs == 2 and pre >= 2 and hidden >= 4 and region and _dated(symbols):
        return STANDARD
    if n == 11 and pre == 3 and suf in (3, 4) and d == 1 and plan[100 + symbols[1] * 10 + symbols[2]] == 2:
        return STANDARD
    if n in (16, 17, 19) and runs == 1 and pre in (4, 6) and suf == 4 and 4 <= d <= 6:
        return STANDARD
    if region and runs == 1:
        if (n == 18 or n == 15) and hidden >= 4:
            bits |= FITS_ID
        elif tail and 2 <= suf <= 6 and 6 <= n <= 18:
            bits |= FITS_ID
        elif pre in (3, 4, 6) and hidden >= 3 and suf <= 4 and n <= 20:
            bits |= FITS_ID
    if n > 0 and symbols[n - 1] == CROSS:
        return bits
    line = pre == 0 or d == 1
    if pre >= 2:
        line = line and symbols[1] >= 3
    if pre >= 3:
        line = line and plan[100 + symbols[1] * 10 + symbols[2]] != 0
    if (
        line
        and runs <= 2
        and (n == 11 or (runs == 1 and ((tail and suf in (3, 4)) or (pre == 3 and suf <= 4)) and n <= 13))
    ):
        bits |= FITS_MOBILE
    network = pre == 0 or 3 <= d <= 6 or d == 9
    if network and runs == 1:
        if 12 <= n <= 21 and hidden >= 3:
            bits |= FITS_CARD
        elif tail and suf in (3, 4):
            bits |= FITS_CARD
        elif pre in (4, 6) and suf <= 4 and hidden >= 3:
            bits |= FITS_CARD
    return bits


@njit(f"int64({_RO}, {_RO64}, {_RO64}, {_RO}, {_RO}, int64[::1], int64[::1], int64[::1], uint8[::1], uint32[::1])",
      cache=True, nogil=True)  # fmt: skip
def hidden_values(
    data: Bytes, starts: Longs, ends: Longs, plan: Bytes, provinces: Bytes, out_cell: Longs, out_start: Longs,
    out_end: Longs, out_kind: Bytes, out_flags: Flags,
) -> int:  # fmt: skip
    """Find such values in the given cells; return their number.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte.
        plan: See :func:`qingyuan.pii._kernel.shapes.clear_mobile`.
        provinces: See :func:`qingyuan.pii._kernel.scan.scan_cells`.
        out_cell: Receives the index of the cell; all outputs hold one element for every three bytes.
        out_start: Receives the first byte.
        out_end: Receives one past the last byte.
        out_kind: Receives a kind by length; what decides are the bits ``FITS_…``.
        out_flags: Receives the evidence bits.
    """
    symbols = np.empty(_MOST + 1, dtype=np.int8)
    found = 0
    for cell in range(starts.size):
        s = starts[cell]
        e = ends[cell]
        p = s
        while p < e:
            symbol, width = _symbol(data, p, e)
            if width == 0 or symbol < 0 or symbol == CROSS:
                p += max(width, 1)
                continue
            a = p
            z = p
            n = 0
            stars = 0
            groups = 1
            while p < e:
                symbol, width = _symbol(data, p, e)
                if width == 0:
                    _, width = separator_at(data, p, e)
                    if width == 0 or p + width >= e:
                        break
                    following, size = _symbol(data, p + width, e)
                    if size == 0 or following < 0:
                        break
                    if following == CROSS and (
                        p + width + size >= e or _symbol(data, p + width + size, e)[0] != CROSS
                    ):
                        break
                    groups += 1
                    p += width
                    continue
                if symbol >= 0:
                    if symbol == CROSS:
                        # X hides when repeated or next to a mask, and closes an ID as its check character.
                        after, size = _symbol(data, p + width, e) if p + width < e else (0, 0)
                        doubled = size > 0 and after == CROSS
                        if doubled or (n > 0 and symbols[min(n, _MOST) - 1] == STAR and size > 0):
                            symbol = STAR
                        elif n > 1 and symbols[min(n, _MOST) - 1] == STAR and data[p - 1] | 32 == 120:
                            symbol = STAR
                    if n < _MOST:
                        symbols[n] = symbol
                    n += 1
                    stars += symbol == STAR
                    z = p + width
                p += width
            if stars < 2 or n > _MOST - 6 or n - stars < 1 or groups > 6:
                continue
            numbered = a - 3 > s and data[a - 1] == 46 and data[a - 2] | 32 == 111 and data[a - 3] | 32 == 110
            if (a > s and not numbered and (is_letter(data[a - 1]) or data[a - 1] in (46, 47, 95))) or (
                z < e and is_letter(data[z])
            ):
                continue
            bits = fits(symbols, n, plan, provinces)
            if bits == 0:
                continue
            kind = BANK_CARD
            if n == 11:
                kind = MOBILE
            elif n == 18 or n == 15:
                kind = RESIDENT_ID
            out_cell[found] = cell
            out_start[found] = a
            out_end[found] = z
            out_kind[found] = kind
            out_flags[found] = MASKED | bits | (GROUPED if groups > 1 else 0) | whole(data, a, z, s, e)
            found += 1
    return found
