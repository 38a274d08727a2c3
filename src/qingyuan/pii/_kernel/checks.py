"""Validators of the catalogue's forms: check digits, dates, ranges; by number, over folded ASCII.

The value has been copied into a scratch array: full-width signs as ASCII, Chinese numerals as digits, letters
upper-case, other characters (汉字, mask signs) as blanks.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.shapes import CHECK, WEIGHTS, valid_date
from qingyuan.pii._kernel.symbols import CROSS, is_letter
from qingyuan.pii.batch import Bytes

#: Names of the validators; the number of each is its place. Said in docs/pii.md.
NAMES = (
    "",
    "luhn",  # ISO/IEC 7812-1 annex B over all digits
    "gb11643",  # GB 11643: 17 digits and a check character, mod 11-2
    "gb32100",  # GB 32100: 18 characters, mod 31
    "gb11714",  # GB 11714: the organisation code in a social credit code, mod 11
    "gb17710",  # GB/T 17710: 15 digits, mod 11,10
    "imei",  # 3GPP TS 23.003: 15 digits with a reporting body, Luhn
    "s10",  # UPU S10: two letters, 8 digits and a check digit
    "ipv4",  # four octets without leading zeros, none of them a network of no host
    "ipv4-far",  # not like a version number: some octet above 31
    "ipv6",  # RFC 4291 groups
    "mac",  # neither all zeros nor all ones, one kind of separator
    "china",  # two numbers: a latitude and a longitude of China, in either order
    "latitude",  # 3 to 54 degrees
    "longitude",  # 73 to 136 degrees
    "birth",  # year, month, day (or year and month) of a living person
    "birth-6",  # six digits from the tenth of a foreigner's old card: yymmdd
    "foreigner",  # new card of a foreigner: 9, province, country, birth date
    "age",  # 0 to 120
    "varied",  # not all signs alike and not a mere ascending row
    "mixed",  # letters and digits
    "entropy",  # at least 3 bits a sign
    "plate",  # at most two letters after the office's letter
    "base64",  # at least 3.5 bits a sign and several kinds of sign
)
(
    _, LUHN, GB11643, GB32100, GB11714, GB17710, IMEI, S10, IPV4, IPV4_FAR, IPV6, MAC, CHINA, LATITUDE, LONGITUDE, BIRTH,
    BIRTH_6, FOREIGNER, AGE, VARIED, MIXED, ENTROPY, PLATE, BASE64,
) = range(len(NAMES))  # fmt: skip

_CODE = b"0123456789ABCDEFGHJKLMNPQRTUWXY"


def _code_values() -> Bytes:
    """Return the value of each character of a unified social credit code (GB 32100), 255 for none."""
    table = np.full(256, 255, dtype=np.uint8)
    for value, char in enumerate(_CODE):
        table[char] = value
    return table


_VALUES = _code_values()
_CODE_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)], dtype=np.int64)
_ORGANISATION = np.array([3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_S10 = np.array([8, 6, 4, 2, 3, 5, 9, 7], dtype=np.int64)
_LOGS = np.array([0.0, *(n * np.log2(n) for n in range(1, 513))])
_EARLIEST, _LATEST = 1900, 2035

_SIGNATURE = "boolean(uint8[::1], int64)"


@njit("boolean(uint8)", cache=True, nogil=True)
def _digit(b: int) -> bool:
    """Tell whether the byte is an ASCII digit."""
    return 48 <= b <= 57


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True)
def _number(v: Bytes, a: int, b: int) -> int:
    """Return the number the digits ``a..b`` write."""
    total = 0
    for i in range(a, b):
        total = total * 10 + (v[i] - 48)
    return total


@njit(_SIGNATURE, cache=True, nogil=True)
def _luhn(v: Bytes, n: int) -> bool:
    """Tell whether the digits among the characters pass Luhn."""
    total = 0
    double = False
    digits = 0
    for i in range(n - 1, -1, -1):
        if not _digit(v[i]):
            continue
        d = v[i] + 0 - 48
        if double:
            d = 2 * d - 9 * (d > 4)
        total += d
        double = not double
        digits += 1
    return bool(digits > 1 and total % 10 == 0)


@njit(_SIGNATURE, cache=True, nogil=True)
def _gb11643(v: Bytes, n: int) -> bool:
    """Tell whether 17 digits are followed by their check character."""
    if n != 18:
        return False
    total = 0
    for i in range(17):
        total += (v[i] - 48) * WEIGHTS[i]
    return bool(CHECK[total % 11] == (CROSS if v[17] == 88 else v[17] - 48))


@njit("int64(uint8[::1], int64)", cache=True, nogil=True)
def _ungrouped(v: Bytes, n: int) -> int:
    """Take out the blanks between the groups of a code, in place; return how many characters are left."""
    count = 0
    for i in range(n):
        if v[i] != 32:
            v[count] = v[i]
            count += 1
    return count


@njit(_SIGNATURE, cache=True, nogil=True)
def _gb32100(v: Bytes, n: int) -> bool:
    """Tell whether 17 characters are followed by their check character; blanks may stand between groups of them."""
    n = _ungrouped(v, n)
    if n != 18:
        return False
    total = 0
    for i in range(18):
        if _VALUES[v[i]] == 255:
            return False
        if i < 17:
            total += _VALUES[v[i]] * _CODE_WEIGHTS[i]
    return bool((31 - total % 31) % 31 == _VALUES[v[17]])


@njit(_SIGNATURE, cache=True, nogil=True)
def _gb11714(v: Bytes, n: int) -> bool:
    """Tell whether the ninth to sixteenth of 18 characters are followed by their check character."""
    if n != 18:
        return False
    total = 0
    for i in range(8, 16):
        value = v[i] - 48 if v[i] <= 57 else v[i] - 55
        total += value * _ORGANISATION[i - 8]
    rest = 11 - total % 11
    return bool(v[16] == (88 if rest == 10 else 48 if rest == 11 else 48 + rest))


@njit(_SIGNATURE, cache=True, nogil=True)
def _gb17710(v: Bytes, n: int) -> bool:
    """Tell whether 14 digits are followed by their check digit (hybrid system mod 11,10)."""
    if n != 15:
        return False
    rest = 10
    for i in range(14):
        total = (rest + v[i] - 48) % 10
        rest = (10 if total == 0 else total) * 2 % 11
    return bool((rest + v[14] - 48) % 10 == 1)


@njit(_SIGNATURE, cache=True, nogil=True)
def _imei(v: Bytes, n: int) -> bool:
    """Tell whether 15 digits begin with the code of a reporting body and pass Luhn."""
    digits = 0
    head = 0
    for i in range(n):
        if _digit(v[i]):
            if digits < 2:
                head = head * 10 + (v[i] - 48)
            digits += 1
    known = head in (1, 10, 30, 33, 35, 44, 45, 86, 91, 98, 99) or 49 <= head <= 54
    return bool(digits == 15 and known and _luhn(v, n))


@njit(_SIGNATURE, cache=True, nogil=True)
def _s10(v: Bytes, n: int) -> bool:
    """Tell whether the ninth digit after two letters is the check digit of the eight before it."""
    total = 0
    for i in range(8):
        total += (v[2 + i] - 48) * _S10[i]
    check = 11 - total % 11
    check = 0 if check == 10 else 5 if check == 11 else check
    return bool(n >= 11 and v[10] - 48 == check)


@njit(_SIGNATURE, cache=True, nogil=True)
def _ipv4(v: Bytes, n: int) -> bool:
    """Tell whether four octets make the address of a host."""
    part = 0
    size = 0
    dots = 0
    first = -1
    total = 0
    for i in range(n + 1):
        if i == n or v[i] == 46:
            if size == 0 or size > 3 or part > 255:
                return False
            if first < 0:
                first = part
            total += part
            dots += 1
            part = 0
            size = 0
            continue
        if not _digit(v[i]) or (size == 1 and part == 0):
            return False
        part = part * 10 + (v[i] - 48)
        size += 1
    return bool(dots == 4 and 0 < first < 224 and first != 127)


@njit(_SIGNATURE, cache=True, nogil=True)
def _ipv4_far(v: Bytes, n: int) -> bool:
    """Tell whether some octet is above 31, as hardly ever in a version number."""
    part = 0
    for i in range(n):
        part = 0 if v[i] == 46 else part * 10 + (v[i] - 48)
        if part > 31:
            return True
    return False


@njit(_SIGNATURE, cache=True, nogil=True)
def _ipv6(v: Bytes, n: int) -> bool:
    """Tell whether the groups make an IPv6 address: eight, or three and more with one ``::``."""
    groups = 0
    gaps = 0
    size = 0
    figures = 0
    for i in range(n):
        if v[i] == 58:
            if i + 1 < n and v[i + 1] == 58:
                gaps += 1
            size = 0
            continue
        if size == 0:
            groups += 1
        size += 1
        figures += _digit(v[i])
        if size > 4:
            return False
    return bool((gaps == 0 and groups == 8) or (gaps == 1 and 3 <= groups <= 7 and figures > 1))


@njit(_SIGNATURE, cache=True, nogil=True)
def _mac(v: Bytes, n: int) -> bool:
    """Tell whether the separators are alike and the figures not all 0 or all F."""
    sign = np.uint8(0)
    zeros = True
    ones = True
    for i in range(n):
        if v[i] in (45, 46, 58):
            if sign and v[i] != sign:
                return False
            sign = v[i]
            continue
        zeros &= v[i] == 48
        ones &= v[i] == 70
    return not zeros and not ones


@njit("UniTuple(float64, 2)(uint8[::1], int64)", cache=True, nogil=True)
def _decimals(v: Bytes, n: int) -> tuple[float, float]:
    """Return the first two decimal numbers, -1 for none."""
    found = np.full(2, -1.0)
    count = 0
    i = 0
    while i < n and count < 2:
        if not _digit(v[i]):
            i += 1
            continue
        value = 0.0
        scale = 0.0
        while i < n and (_digit(v[i]) or (v[i] == 46 and scale == 0.0)):
            if v[i] == 46:
                scale = 1.0
            else:
                value = value * 10.0 + (v[i] - 48)
                scale *= 10.0
            i += 1
        found[count] = value / scale if scale > 0.0 else value
        count += 1
    return found[0], found[1]


@njit("boolean(uint8[::1], int64, int64)", cache=True, nogil=True)
def _place(v: Bytes, n: int, check: int) -> bool:
    """Tell whether one or two numbers lie in the box of China."""
    a, b = _decimals(v, n)
    north_a = 3.0 <= a <= 54.0
    east_a = 73.0 <= a <= 136.0
    if check == LATITUDE:
        return north_a
    if check == LONGITUDE:
        return east_a
    return bool((north_a and 73.0 <= b <= 136.0) or (east_a and 3.0 <= b <= 54.0))


@njit(_SIGNATURE, cache=True, nogil=True)
def _birth(v: Bytes, n: int) -> bool:
    """Tell whether the figures are a year, a month and perhaps a day a living person can be born on."""
    parts = np.zeros(3, dtype=np.int64)
    count = -1
    size = 0
    inside = False
    for i in range(n):
        if not _digit(v[i]):
            inside = False
            continue
        # Eight (or six) figures in a row are cut after the year and the month.
        if not inside or (count == 0 and size == 4) or (count == 1 and size == 2):
            count += 1
            size = 0
            inside = True
            if count > 2:
                return False
        parts[count] = parts[count] * 10 + (v[i] - 48)
        size += 1
    if count < 1 or not _EARLIEST <= parts[0] <= _LATEST:
        return False
    return valid_date(parts[0], parts[1], parts[2] if count == 2 else 1)


@njit(_SIGNATURE, cache=True, nogil=True)
def _foreigner(v: Bytes, n: int) -> bool:
    """Tell whether 9, a province, a country and a birth date stand in their places."""
    province = _number(v, 1, 3)
    known = 11 <= province <= 15 or 21 <= province <= 23 or 31 <= province <= 37
    known = known or 41 <= province <= 46 or 50 <= province <= 54 or 61 <= province <= 65
    date = valid_date(_number(v, 6, 10), _number(v, 10, 12), _number(v, 12, 14))
    return bool(n == 18 and known and date)


@njit("float64(uint8[::1], int64)", cache=True, nogil=True)
def _bits(v: Bytes, n: int) -> float:
    """Return the Shannon entropy of the characters, in bits a character."""
    counts = np.zeros(256, dtype=np.int64)
    for i in range(n):
        counts[v[i]] += 1
    total = 0.0
    for i in range(256):
        total += _LOGS[counts[i]]
    return float(np.log2(n) - total / n) if n else 0.0


@njit("boolean(uint8[::1], int64, int64)", cache=True, nogil=True)
def _variety(v: Bytes, n: int, check: int) -> bool:
    """Judge how different the characters are; see :data:`NAMES`."""
    letters = 0
    digits = 0
    alike = True
    row = True
    for i in range(n):
        letters += is_letter(v[i])
        digits += _digit(v[i])
        if i:
            alike &= v[i] == v[i - 1]
            row &= v[i] == v[i - 1] + 1
    if check == MIXED:
        return letters > 0 and digits > 0
    if check == PLATE:
        return letters <= 3
    if check == VARIED:
        return not alike and not row
    return _bits(v, n) >= (3.0 if check == ENTROPY else 3.5) and letters > 0 and digits > 0


@njit("boolean(int64, uint8[::1], int64)", cache=True, nogil=True)
def passes(check: int, v: Bytes, n: int) -> bool:
    """Tell whether the ``n`` characters of ``v`` pass the validator ``check`` (a place in :data:`NAMES`)."""
    if check == 0:
        return True
    if check == LUHN:
        return _luhn(v, n)
    if check == GB11643:
        return _gb11643(v, _ungrouped(v, n))
    if check == GB32100:
        return _gb32100(v, n)
    if check == GB11714:
        return _gb11714(v, n)
    if check == GB17710:
        return _gb17710(v, n)
    if check == IMEI:
        return _imei(v, n)
    if check == S10:
        return _s10(v, n)
    if check == IPV4:
        return _ipv4(v, n)
    if check == IPV4_FAR:
        return _ipv4_far(v, n)
    if check == IPV6:
        return _ipv6(v, n)
    if check == MAC:
        return _mac(v, n)
    if check in (CHINA, LATITUDE, LONGITUDE):
        return _place(v, n, check)
    if check == BIRTH:
        return _birth(v, n)
    if check == BIRTH_6:
        return n == 15 and valid_date(1900 + _number(v, 7, 9), _number(v, 9, 11), _number(v, 11, 13))
    if check == FOREIGNER:
        return _foreigner(v, n)
    if check == AGE:
        a, _ = _decimals(v, n)
        return bool(0.0 <= a <= 120.0)
    return _variety(v, n, check)
