"""Runs decided at a glance: most digits of a table are hopeless or stand alone between delimiters."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.flags import (
    ASSIGNED,
    BANK_CARD,
    CHECKED,
    MOBILE,
    PRIVACY_NUMBER,
    RESIDENT_ID,
    STANDARD,
)
from qingyuan.pii._kernel.shapes import (
    CHECK,
    WEIGHTS,
    Symbols,
    masked_long,
    masked_mobile,
    unborn,
    valid_date,
)
from qingyuan.pii._kernel.symbols import CLASSES, CROSS
from qingyuan.pii.batch import Bytes, Longs

_RO = "Array(uint8, 1, 'C', readonly=True)"


def _continuing() -> Bytes:
    """Return 1 for every byte that may continue or join a run of digits."""
    table = np.zeros(256, dtype=np.uint8)
    table[[32, 41, 42, 45, 88, 120, 0xC2, 0xC3, 0xE2, 0xE3, 0xEF]] = 1
    return table


def _openings() -> Bytes:
    """Return 1 for bytes before a number that do not glue to it (letters, dot and dash do), 2 for letters."""
    table = np.ones(256, dtype=np.uint8)
    table[65:91] = 2
    table[97:123] = 2
    table[list(b".-")] = 0
    return table


def _followers() -> Bytes:
    """Return what the byte after a run of digits does to it.

    0 ends it, perhaps with an extension; ``CONTINUES`` may go on with it; ``ENDS`` is a delimiter of
    tables, which neither joins nor extends; ``GLUES`` is a letter; ``DECIMAL`` is the dot.
    """
    table = np.zeros(256, dtype=np.uint8)
    table[list(b'\t\n\r",;|}<>!?$&=~^')] = ENDS
    table[65:91] = GLUES
    table[97:123] = GLUES
    table[_continuing() == 1] = CONTINUES
    table[46] = DECIMAL
    return table


def _words() -> Bytes:
    """Return 1 for ASCII letters and digits."""
    table = np.zeros(256, dtype=np.uint8)
    table[48:58] = 1
    table[65:91] = 1
    table[97:123] = 1
    return table


CONTINUES = 1
ENDS = 2
GLUES = 3
DECIMAL = 4

CONTINUING = _continuing()
OPENING = _openings()
FOLLOWER = _followers()
WORD = _words()


def _luhn_terms() -> Longs:
    """Return what each digit byte adds: itself in column 0, its double in column 1."""
    table = np.zeros((256, 2), dtype=np.int64)
    for digit in range(10):
        table[48 + digit] = (digit, 2 * digit - 9 * (digit > 4))
    return table


_TERMS = _luhn_terms()


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def luhn(data: Bytes, p: int, r: int) -> bool:
    """Tell whether the ASCII digits ``p..r`` pass ISO/IEC 7812-1 annex B."""
    total = np.int64(0)
    k = p
    if (r - p) & 1:
        total = _TERMS[data[np.uint64(p)], 0]
        k = p + 1
    while k < r:
        total += _TERMS[data[np.uint64(k)], 1] + _TERMS[data[np.uint64(k + 1)], 0]
        k += 2
    return bool(total % 10 == 0)


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def date_rest(data: Bytes, r: int, e: int) -> bool:
    """Tell whether ``-03-11`` and then neither digit, dash nor letter stands at ``r``."""
    if r + 6 > e or data[r] != 45 or data[r + 3] != 45 or data[r + 1] > 49:
        return False
    for k in (1, 2, 4, 5):
        if not 48 <= data[r + k] <= 57:
            return False
    return r + 6 == e or not (48 <= data[r + 6] <= 57 or data[r + 6] == 45 or data[r + 6] == 42)


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def time_rest(data: Bytes, p: int, e: int) -> int:
    """Return the position after `` 12:30:`` or ``T12:30:`` at ``p``, or ``p``."""
    if p + 7 > e or (data[p] != 32 and data[p] != 84) or data[p + 3] != 58 or data[p + 6] != 58:
        return p
    for k in (1, 2, 4, 5):
        if not 48 <= data[p + k] <= 57:
            return p
    return p + 7


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def hidden_next(data: Bytes, p: int, e: int) -> bool:
    """Tell whether a group of at least two letters X stands at ``p``: ``138 XXXX 1234``."""
    return p + 2 < e and data[p] | 32 == 120 and data[p + 1] == data[p]


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _digit_by_digit(data: Bytes, p: int, e: int) -> bool:
    """Tell whether ten digits and more from ``p`` on stand with one blank between each."""
    if p + 21 > e:
        return False
    for k in range(p + 2, p + 21, 2):
        if not 48 <= data[k] <= 57 or data[k - 1] != 32:
            return False
    return True


@njit(f"boolean({_RO}, int64, int64, int64, {_RO})", cache=True, nogil=True)
def hopeless(data: Bytes, p: int, r: int, e: int, provinces: Bytes) -> bool:
    """Tell by length and first digits that nothing begins with the digits ``p..r``.

    Most runs of a table are amounts, dates, tracking and order numbers; this keeps them off the
    slower reading of groups.
    """
    n = r - p
    d = data[p] - 48
    if r < e and CONTINUING[data[r]]:
        if data[r] not in (32, 45):
            return False
        if hidden_next(data, r + 1, e):
            return n not in (3, 4, 6)
        if r + 1 < e and CLASSES[data[r + 1]] not in (0, 4, 5, 6):
            if n == 4 and data[r] == 45 and d in (1, 2) and r + 3 < e:
                return bool(CLASSES[data[r + 2]] != 1 or CLASSES[data[r + 3]] != 1 or data[r + 1] == 42)
            if n == 2:
                return bool(d != 8)
            if n == 3:
                # 330 102 1990 0101 1234, 330 102 199 001 011 234
                if d <= 1:
                    return False
                if r + 18 > e or data[r + 4] != data[r]:
                    return True
                return bool(data[r + 9] != data[r] and (data[r] != 32 or data[r + 8] != 32))
            if n == 1:
                return not _digit_by_digit(data, p, e)
            if n == 5 and r + 12 < e and data[r + 6] == data[r] and data[r + 12] == data[r]:
                return False  # 62220 21234 56789 0128
            return bool(n in (5, 7, 8, 9) and d not in (1, 9))
    if n < 10 or n > 19:
        return True
    if d == 0:
        return bool(n > 12 and (n != 15 or data[p + 1] != 48 or data[p + 2] != 56))
    if d == 8 and n == 13:
        return bool(data[p + 1] != 54)
    if d == 9:
        return bool(data[p + 1] != 53)
    if n == 11:
        return bool(d != 1)
    if n < 13:
        return True
    if (n == 18 or n == 15) and provinces[d * 10 + data[p + 1] - 48]:
        month = (data[p + n - 8] - 48) * 10 + data[p + n - 7] - 48
        if n == 15:
            month = (data[p + 8] - 48) * 10 + data[p + 9] - 48
        if 1 <= month <= 12:
            return False
    if d == 1:
        return bool(n < 16 or data[p + 1] != 48)
    if d < 3 or d > 6:
        return True
    return not luhn(data, p, r)


@njit(f"int64({_RO}, int64, {_RO})", cache=True, nogil=True)
def _identity(data: Bytes, p: int, provinces: Bytes) -> int:
    """Judge the 17 digits and the check character at ``p`` as a resident ID: evidence, or -1."""
    if provinces[(data[p] - 48) * 10 + data[p + 1] - 48] == 0:
        return -1
    year = (data[p + 6] - 48) * 1000 + (data[p + 7] - 48) * 100 + (data[p + 8] - 48) * 10 + data[p + 9] - 48
    month = (data[p + 10] - 48) * 10 + data[p + 11] - 48
    if not valid_date(year, month, (data[p + 12] - 48) * 10 + data[p + 13] - 48):
        return -1
    total = np.int64(0)
    for k in range(17):
        total += (data[np.uint64(p + k)] - 48) * WEIGHTS[k]
    last = data[p + 17] - 48 if data[p + 17] <= 57 else CROSS
    if CHECK[total % 11] != last:
        return STANDARD
    return CHECKED if unborn(year, provinces) else STANDARD | CHECKED


@njit(f"int64({_RO}, int64, int64, int64, {_RO})", cache=True, nogil=True)
def crossed(data: Bytes, p: int, r: int, e: int, provinces: Bytes) -> int:
    """Judge 17 digits and a final X that stand alone between delimiters: evidence, or -1 to read on."""
    if r - p != 17 or (r + 1 < e and FOLLOWER[data[r + 1]] != ENDS):
        return -1
    return _identity(data, p, provinces)


@njit(f"UniTuple(int64, 2)({_RO}, int64, int64, {_RO}, {_RO})", cache=True, nogil=True)
def plain(data: Bytes, p: int, r: int, plan: Bytes, provinces: Bytes) -> tuple[int, int]:
    """Judge digits that stand alone between delimiters: ``(kind, evidence)``, or kind -1 to read on.

    The same answers as :func:`match.judge`, without copying the digits; only the commonest forms.
    """
    n = r - p
    d = data[p] - 48
    if n == 11 and d == 1:
        known = plan[100 + (data[p + 1] - 48) * 10 + data[p + 2] - 48]
        if known:
            return MOBILE, STANDARD | ASSIGNED if known == 2 else STANDARD
        return 0, 0
    if n == 18 and provinces[d * 10 + data[p + 1] - 48]:
        found = _identity(data, p, provinces)
        if found >= 0:
            return RESIDENT_ID, found
        if d < 3 or (d == 3 and data[p + 1] < 52):
            return 0, 0
    if 16 <= n <= 19 and 4 <= d <= 6:
        return (BANK_CARD, STANDARD | CHECKED) if luhn(data, p, r) else (0, 0)
    if d == 9 and 11 <= n <= 17 and data[p + 1] == 53 and data[p + 2] == 48 and data[p + 3] == 49:
        return PRIVACY_NUMBER, STANDARD
    if (d == 8 and n == 13) or (d == 0 and n == 15):
        q = r - 13
        if data[q] == 56 and data[q + 1] == 54 and (n == 13 or data[p + 1] == 48):
            known = plan[(data[q + 2] - 48) * 100 + (data[q + 3] - 48) * 10 + data[q + 4] - 48]
            if known:
                return MOBILE, STANDARD | ASSIGNED if known == 2 else STANDARD
    return -1, 0


@njit(f"UniTuple(int64, 3)({_RO}, int64, int64, int64, int8[::1], {_RO}, {_RO})", cache=True, nogil=True)
def starred(
    data: Bytes, p: int, r: int, e: int, symbols: Symbols, plan: Bytes, provinces: Bytes
) -> tuple[int, int, int]:
    """Judge ASCII digits, stars and digits that stand alone: ``(kind, evidence, end)``, kind -1 to read on.

    The same answers as :func:`match.judge` for one group; ``symbols`` is scratch.
    """
    hidden = r
    while hidden < e and data[np.uint64(hidden)] == 42:
        hidden += 1
    z = hidden
    while z < e and 48 <= data[np.uint64(z)] <= 57:
        z += 1
    if z < e and data[z] in (88, 120) and z > hidden and z - p == 17:
        z += 1
    if (z < e and FOLLOWER[data[z]] != ENDS) or z - p > 24:
        return -1, 0, p
    pre = r - p
    stars = hidden - r
    suf = z - hidden
    for k in range(min(pre, 6)):
        symbols[k] = data[p + k] - 48
    found = masked_mobile(symbols, 0, pre, stars, suf, plan)
    if found >= 0:
        return MOBILE, found, z
    kind, found = masked_long(symbols, 0, pre, stars, suf, False, provinces)
    return (kind, found, z) if kind else (-1, 0, p)
