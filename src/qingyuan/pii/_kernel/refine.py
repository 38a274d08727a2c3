"""What the first pass cannot see of its candidates: decimals, product codes, brackets, shared prefixes.

Only candidates that do not fill their cell are looked at again, so tables pay next to nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.around import whole
from qingyuan.pii._kernel.flags import (
    AMBIGUOUS,
    AMOUNT,
    BANK_CARD,
    BIN_LISTED,
    CODED,
    COUNTY,
    LANDLINE,
    MASKED,
    MOBILE,
    RESIDENT_ID,
    WHOLE,
)
from qingyuan.pii._kernel.symbols import is_letter, symbol_at
from qingyuan.pii.batch import Bytes, Longs

Flags = npt.NDArray[np.uint32]

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _closes(data: Bytes, a: int, z: int) -> bool:
    """Tell whether a closing round bracket stands in ``a..z``."""
    for p in range(a, z):
        if data[p] == 41 or (data[p] == 0xEF and p + 2 < z and data[p + 1] == 0xBC and data[p + 2] == 0x89):
            return True
    return False


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def opening_width(data: Bytes, a: int, s: int) -> int:
    """Return the width of an opening round bracket that ends at ``a``, or 0."""
    if a > s and data[a - 1] == 40:
        return 1
    if a - 3 >= s and data[a - 3] == 0xEF and data[a - 2] == 0xBC and data[a - 1] == 0x88:
        return 3
    return 0


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _code_after(data: Bytes, z: int, e: int) -> bool:
    """Tell whether a dash and a letter, or a dash and one or two digits, follow at ``z``."""
    if z + 1 >= e or data[z] != 45:
        return False
    if is_letter(data[z + 1]):
        return True
    q = z + 1
    while q < e and 48 <= data[q] <= 57:
        q += 1
    return 1 <= q - z - 1 <= 2


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _code_before(data: Bytes, a: int, s: int) -> bool:
    """Tell whether the word ``NO`` is written directly before ``a``."""
    if a - 2 < s or (data[a - 1] | 32) != 111 or (data[a - 2] | 32) != 110:
        return False
    return a - 3 < s or not is_letter(data[a - 3])


@njit(f"void({_RO}, {_RO64}, {_RO64}, int64[::1], int64[::1], int64[::1], uint8[::1], uint32[::1])",
      cache=True, nogil=True)  # fmt: skip
def refine(
    data: Bytes, starts: Longs, ends: Longs, cells: Longs, first: Longs, last: Longs, kinds: Bytes,
    flags: Flags,
) -> None:  # fmt: skip
    """Widen telephone numbers to their opening bracket and add ``AMOUNT``, ``CODED`` and ``WHOLE``.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte of each cell.
        cells: Cell of each candidate.
        first: First byte of each candidate, changed in place.
        last: One past its last byte.
        kinds: Its kind.
        flags: Its evidence, changed in place.
    """
    for i in range(cells.size):
        if flags[i] & WHOLE or kinds[i] not in (MOBILE, LANDLINE, BANK_CARD, RESIDENT_ID):
            continue
        s = starts[cells[i]]
        e = ends[cells[i]]
        z = last[i]
        phone = kinds[i] in (MOBILE, LANDLINE)
        if phone:
            width = opening_width(data, first[i], s)
            if width and _closes(data, first[i], z):
                first[i] -= width
                flags[i] |= np.uint32(whole(data, first[i], z, s, e))
        if flags[i] & MASKED:
            continue
        if z + 1 < e and data[z] == 46 and 48 <= data[z + 1] <= 57:
            q = z + 1
            while q < e and 48 <= data[q] <= 57:
                q += 1
            # One zero is a number cell of a spreadsheet; two decimals are money.
            float_cell = q == z + 2 and data[z + 1] == 48
            flags[i] |= np.uint32(whole(data, first[i], q, s, e) if float_cell else AMOUNT)
        elif kinds[i] == MOBILE and (_code_after(data, z, e) or _code_before(data, first[i], s)):
            flags[i] |= np.uint32(CODED)


@njit(f"void({_RO}, int64[::1], int64[::1], uint8[::1], uint32[::1], {_RO})",
      cache=True, nogil=True)  # fmt: skip
def shared_prefix(data: Bytes, first: Longs, last: Longs, kinds: Bytes, flags: Flags, issuers: Bytes) -> None:
    """Add to masked IDs that may be cards what their six shown digits say: ``BIN_LISTED``, ``COUNTY``.

    ``issuers`` is ``uint8[1000000]`` by the first six digits: bit 0 for a listed issuer number, bit 2 for a
    region code. ``COUNTY`` is also set when three digits or fewer are shown, which is how only IDs are masked.
    """
    for i in range(kinds.size):
        if kinds[i] != RESIDENT_ID or not flags[i] & AMBIGUOUS:
            continue
        number = np.int64(0)
        n = 0
        p = first[i]
        while p < last[i] and n < 6:
            symbol, width = symbol_at(data, p, last[i])
            if width > 0 and symbol > 9:
                break
            if width > 0 and symbol >= 0:
                number = number * 10 + symbol
                n += 1
            p += max(width, 1)
        if n <= 3:
            flags[i] |= np.uint32(COUNTY)
        if n < 6:
            continue
        if issuers[number] & 1:
            flags[i] |= np.uint32(BIN_LISTED)
        if issuers[number] & 4:
            flags[i] |= np.uint32(COUNTY)
