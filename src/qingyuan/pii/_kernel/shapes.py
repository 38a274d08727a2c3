"""What a run of symbols can be: the grammars of the kinds, clear and masked.

Every function looks at ``symbols[a:b]`` (separators already removed) and returns the evidence
bits of :mod:`qingyuan.pii._kernel.flags`, or -1 when the run is not of the kind.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.flags import AMBIGUOUS, ASSIGNED, BANK_CARD, CHECKED, MASKED, RESIDENT_ID, STANDARD
from qingyuan.pii._kernel.symbols import CROSS, STAR
from qingyuan.pii.batch import Bytes

Symbols = npt.NDArray[np.int8]

#: GB 11643: weights of the first 17 digits and the check character of each remainder (10 = X).
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
CHECK = np.array([1, 0, CROSS, 9, 8, 7, 6, 5, 4, 3, 2], dtype=np.int64)
_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
_FIRST_YEAR = 1880
_LAST_YEAR = 2049

_SIGNATURE = "int64(int8[::1], int64, int64)"


@njit("boolean(int64, int64, int64)", cache=True, nogil=True)
def valid_date(year: int, month: int, day: int) -> bool:
    """Tell whether the date exists (Gregorian) and a living or archived person can be born on it."""
    if year < _FIRST_YEAR or year > _LAST_YEAR or month < 1 or month > 12 or day < 1:
        return False
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    return day <= _DAYS[month - 1] or (month == 2 and day == 29 and leap)


@njit("boolean(int8[::1], int64, int64)", cache=True, nogil=True)
def luhn(symbols: Symbols, a: int, b: int) -> bool:
    """Tell whether the digits pass ISO/IEC 7812-1 annex B."""
    total = 0
    double = False
    for i in range(b - 1, a - 1, -1):
        d = symbols[i] + 0
        if double:
            d *= 2
            if d > 9:
                d -= 9
        total += d
        double = not double
    return total % 10 == 0


@njit("boolean(int64, Array(uint8, 1, 'C', readonly=True))", cache=True, nogil=True)
def unborn(year: int, provinces: Bytes) -> bool:
    """Tell whether nobody is born in the year yet; ``provinces[100]`` is the present one, counted from 1900."""
    return provinces.size > 100 and year > 1900 + provinces[100]


@njit("int64(int8[::1], int64, int64, Array(uint8, 1, 'C', readonly=True))", cache=True, nogil=True)
def clear_id(symbols: Symbols, a: int, b: int, provinces: Bytes) -> int:
    """Judge an 18-character resident ID (digits, perhaps a final X) or a 15-digit one.

    One of a year to come has CHECKED without STANDARD.
    """
    n = b - a
    if provinces[symbols[a] * 10 + symbols[a + 1]] == 0:
        return -1
    if n == 15:
        year = 1900 + symbols[a + 6] * 10 + symbols[a + 7]
        if valid_date(year, symbols[a + 8] * 10 + symbols[a + 9], symbols[a + 10] * 10 + symbols[a + 11]):
            return 0
        return -1
    year = 0
    for i in range(a + 6, a + 10):
        year = year * 10 + symbols[i]
    if not valid_date(year, symbols[a + 10] * 10 + symbols[a + 11], symbols[a + 12] * 10 + symbols[a + 13]):
        return -1
    total = 0
    for i in range(17):
        total += symbols[a + i] * WEIGHTS[i]
    if CHECK[total % 11] != symbols[b - 1]:
        return STANDARD
    return CHECKED if unborn(year, provinces) else STANDARD | CHECKED


@njit("int64(int8[::1], int64, Array(uint8, 1, 'C', readonly=True))", cache=True, nogil=True)
def clear_mobile(symbols: Symbols, a: int, plan: Bytes) -> int:
    """Judge 11 digits by the number plan (``plan[prefix]``: 2 assigned, 1 of the 13–19 range)."""
    known = plan[symbols[a] * 100 + symbols[a + 1] * 10 + symbols[a + 2]]
    if known == 0:
        return -1
    return STANDARD | ASSIGNED if known == 2 else STANDARD


@njit(_SIGNATURE, cache=True, nogil=True)
def clear_card(symbols: Symbols, a: int, b: int) -> int:
    """Judge 13 to 19 digits: a card network's first digits and Luhn.

    American Express (34, 37) has 15 digits, JCB (35) 16 and Diners Club (36) 14.
    """
    d = symbols[a]
    e = symbols[a + 1]
    network = 4 <= d <= 6
    if d == 3 and 4 <= e <= 7:
        network = b - a == (16 if e == 5 else 14 if e == 6 else 15)
    if not network:
        head = np.int64(d) * 1000 + e * 100 + symbols[a + 2] * 10 + symbols[a + 3]
        network = head in (9558, 9551, 9555, 9559, 1030)
    if not network or not luhn(symbols, a, b):
        return -1
    return STANDARD | CHECKED


@njit(_SIGNATURE, cache=True, nogil=True)
def clear_landline(symbols: Symbols, a: int, b: int) -> int:
    """Judge 10 to 12 digits as area code and local number (national number plan)."""
    n = b - a
    if symbols[a] != 0:
        return -1
    d = symbols[a + 1]
    short = (d == 1 and symbols[a + 2] == 0) or (d == 2 and symbols[a + 2] != 6)
    area = 3 if short else 4
    if not short and not 3 <= d <= 9:
        return -1
    local = n - area
    if local not in (7, 8) or not 2 <= symbols[a + area] <= 8:
        return -1
    if short and local != 8:
        return -1
    same = 1
    while same < local and symbols[a + area + same] == symbols[a + area]:
        same += 1
    return -1 if same == local and symbols[a + area] == 0 else STANDARD


@njit("UniTuple(int64, 3)(int8[::1], int64, int64)", cache=True, nogil=True)
def mask_span(symbols: Symbols, a: int, b: int) -> tuple[int, int, int]:
    """Return ``(clear before, masked, clear after)`` of one unbroken mask; masked 0 if none or broken.

    A single final X is the check character of an ID, not a mask.
    """
    first = -1
    last = -1
    for i in range(a, b):
        s = symbols[i]
        if s == STAR or (s == CROSS and not (i == b - 1 and (i == a or symbols[i - 1] < STAR))):
            if i == b - 1 and s == CROSS and b - a == 18 and symbols[i - 1] == STAR:
                continue
            if first < 0:
                first = i
            elif last != i - 1:
                return 0, 0, 0
            last = i
    if first < 0:
        return b - a, 0, 0
    return first - a, last - first + 1, b - 1 - last


@njit(
    "int64(int8[::1], int64, int64, int64, int64, Array(uint8, 1, 'C', readonly=True))",
    cache=True,
    nogil=True,
)
def masked_mobile(symbols: Symbols, a: int, pre: int, hidden: int, suf: int, plan: Bytes) -> int:
    """Judge a masked mobile such as ``138****1234`` by what is left in clear."""
    if pre == 0 or symbols[a] != 1 or (pre >= 2 and not 3 <= symbols[a + 1] <= 9):
        return -1
    if pre >= 3 and plan[symbols[a] * 100 + symbols[a + 1] * 10 + symbols[a + 2]] == 0:
        return -1
    n = pre + hidden + suf
    if n == 11 and hidden >= 2 and (pre >= 3 or suf >= 2):
        return MASKED | STANDARD
    if pre == 3 and suf in (3, 4) and 2 <= hidden <= 6:
        return MASKED
    return -1


@njit(
    "UniTuple(int64, 2)(int8[::1], int64, int64, int64, int64, boolean, Array(uint8, 1, 'C', readonly=True))",
    cache=True,
    nogil=True,
)
def masked_long(
    symbols: Symbols, a: int, pre: int, hidden: int, suf: int, grouped: bool, provinces: Bytes
) -> tuple[int, int]:
    """Judge a masked ID or card: return ``(kind, evidence)``, kind 0 if neither.

    A length only one of them has decides; otherwise the first digits do and the form is ambiguous.
    """
    n = pre + hidden + suf
    if hidden < 2 or n < 8 or n > 24:
        return 0, 0
    if pre == 0:
        if suf in (3, 4) and n in (16, 19) and grouped:
            return BANK_CARD, MASKED | STANDARD
        return 0, 0
    d = symbols[a]
    province = 1 <= d <= 8
    if pre >= 2:
        province = provinces[d * 10 + symbols[a + 1]] != 0
    network = 4 <= d <= 6 or (d == 3 and pre >= 2 and 4 <= symbols[a + 1] <= 7)
    union = d == 6 and (pre < 2 or symbols[a + 1] == 2)
    if n == 18 and province:
        return RESIDENT_ID, MASKED | STANDARD | (AMBIGUOUS if union else 0)
    if n in (16, 17, 19) and network and (pre >= 4 or grouped):
        return BANK_CARD, MASKED | STANDARD
    if n == 15 and province and not (d == 3 and 4 <= symbols[a + 1] <= 7 and pre == 4):
        return RESIDENT_ID, MASKED | AMBIGUOUS
    if hidden < 3 or suf > 6 or pre < 3:
        return 0, 0
    if (union or d in (4, 5)) and pre in (4, 6) and suf in (3, 4):
        return BANK_CARD, MASKED | AMBIGUOUS
    if province and pre in (3, 4, 6) and suf in (2, 3, 4) and n >= 10:
        return RESIDENT_ID, MASKED | AMBIGUOUS
    return 0, 0
