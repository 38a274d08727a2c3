"""Matching the groups of one run against the kinds, longest form first."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.flags import (
    AMBIGUOUS,
    BANK_CARD,
    CHECKED,
    GROUPED,
    LANDLINE,
    MASKED,
    MOBILE,
    PRIVACY_NUMBER,
    RESIDENT_ID,
    STANDARD,
)
from qingyuan.pii._kernel.shapes import (
    Symbols,
    clear_card,
    clear_id,
    clear_landline,
    clear_mobile,
    mask_span,
    masked_long,
    masked_mobile,
)
from qingyuan.pii._kernel.symbols import BRACKET, CROSS, DASH, DASHED, SPACE, STAR
from qingyuan.pii.batch import Bytes, Longs

#: Digits of the old identity numbers, which are written in one.
_OLD_ID = 15
#: Groups of a run: first and past-the-last symbol, separator after it, and whether it is glued.
GROUP_START, GROUP_END, GROUP_SEPARATOR, GROUP_GLUED = 0, 1, 2, 3

#: What :func:`match` writes: kind, evidence, first symbol, past-the-last symbol.
KIND, EVIDENCE, FIRST, LAST = 0, 1, 2, 3

_RO = "Array(uint8, 1, 'C', readonly=True)"


@njit(f"UniTuple(int64, 2)(int8[::1], int64, int64, boolean, int64, {_RO}, {_RO})", cache=True, nogil=True)
def _judge_clear(
    symbols: Symbols, a: int, n: int, crossed: bool, extra: int, plan: Bytes, provinces: Bytes
) -> tuple[int, int]:
    """Judge ``n`` symbols without a mask; ``crossed`` if the last is X."""
    b = a + n
    if n == 11:
        found = clear_mobile(symbols, a, plan)
        if found >= 0:
            return MOBILE, found | extra
    failed = -1
    if n == 18 or n == 15:
        failed = clear_id(symbols, a, b, provinces)
        if failed >= 0:
            # Shandong's old numbers begin as American Express does.
            both = n == 15 and symbols[a] == 3 and clear_card(symbols, a, b) >= 0
            return RESIDENT_ID, failed | extra | (AMBIGUOUS if both else 0)
    if 13 <= n <= 19 and not crossed:
        found = clear_card(symbols, a, b)
        if found >= 0:
            return BANK_CARD, found | extra
    if 10 <= n <= 12:
        found = clear_landline(symbols, a, b)
        if found >= 0:
            return LANDLINE, found | extra
    return 0, 0


@njit(f"UniTuple(int64, 2)(int8[::1], int64, int64, boolean, {_RO}, {_RO})", cache=True, nogil=True)
def judge(symbols: Symbols, a: int, b: int, grouped: bool, plan: Bytes, provinces: Bytes) -> tuple[int, int]:
    """Return ``(kind, evidence)`` of ``symbols[a:b]`` taken as one value; kind 0 if it is none."""
    n = b - a
    if n < 8 or n > 24:
        return 0, 0
    extra = GROUPED if grouped else 0
    pre, hidden, suf = mask_span(symbols, a, b)
    if hidden > 0:
        found = masked_mobile(symbols, a, pre, hidden, suf, plan)
        if found >= 0:
            return MOBILE, found | extra
        kind, found = masked_long(symbols, a, pre, hidden, suf, grouped, provinces)
        return kind, found | extra
    if pre == 0:
        return 0, 0
    for i in range(a, b - 1):
        if symbols[i] > 9:
            return 0, 0
    crossed = symbols[b - 1] == CROSS
    if symbols[b - 1] == STAR or (crossed and n != 18):
        return 0, 0
    return _judge_clear(symbols, a, n, crossed, extra, plan, provinces)


@njit("boolean(int8[::1], int64, int64, int64)", cache=True, nogil=True)
def _is_country_code(symbols: Symbols, a: int, b: int, limit: int) -> bool:
    """Tell whether ``symbols[a:b]`` begins with 86 or 0086 as exactly ``limit`` digits."""
    if b - a < limit:
        return False
    if limit == 4:
        return bool(symbols[a] == 0 and symbols[a + 1] == 0 and symbols[a + 2] == 8 and symbols[a + 3] == 6)
    return bool(symbols[a] == 8 and symbols[a + 1] == 6)


@njit("boolean(int64[:, ::1], int64, int64, int64)", cache=True, nogil=True)
def _free_of_dashes(groups: Longs, i: int, j: int, count: int) -> bool:
    """Tell whether groups ``i..j`` are not part of a longer number written with dashes."""
    if (i > 0 and groups[i - 1, 2] == DASH) or groups[i, 3] == DASHED:
        return False
    return not (j + 1 < count and groups[j, 2] == DASH)


@njit("boolean(int64[:, ::1], int64, int64)", cache=True, nogil=True)
def _same_separator(groups: Longs, i: int, j: int) -> bool:
    """Tell whether groups ``i..j`` are joined by one kind of separator and none is glued."""
    for k in range(i, j):
        if groups[k, 2] != groups[i, 2] or groups[k + 1, 3] == 1:
            return False
    return True


@njit("boolean(int64[:, ::1], int64)", cache=True, nogil=True)
def _within_fours(groups: Longs, i: int) -> bool:
    """Tell whether another group of four stands before group ``i``, joined as it is to the next: ``8986 0571 8765 4321 1234``."""
    return bool(
        i > 0 and groups[i - 1, 1] - groups[i - 1, 0] == 4 and groups[i - 1, 2] == groups[i, 2] != DASH
    )


@njit(f"int64(int8[::1], int64[:, ::1], int64, int64, {_RO}, int64[::1])", cache=True, nogil=True)
def _mobile(symbols: Symbols, groups: Longs, i: int, count: int, plan: Bytes, out: Longs) -> int:
    """Try a mobile beginning with group ``i``; return the groups used (0 if it is none)."""
    a = groups[i, 0]
    for used in (3, 2, 1):
        if i + used > count:
            continue
        first = groups[i, 1] - a
        if used == 3:
            middle = groups[i + 1, 1] - groups[i + 1, 0]
            final = groups[i + 2, 1] - groups[i + 2, 0]
            # 138 1234 5678, 138 12345 678, 1381 2345 678, 1381 234 5678.
            if not (
                (first == 3 and middle == 4 and final == 4)
                or (first == 3 and middle == 5 and final == 3)
                or (first == 4 and middle + final == 7 and middle in (3, 4) and not _within_fours(groups, i))
            ):
                continue
        if used == 2:
            final = groups[i + 1, 1] - groups[i + 1, 0]
            # 138 12345678, 1381234 5678, 1381 2345678.
            if not (first + final == 11 and first in (3, 4, 7)) or (first != 3 and groups[i, 2] != SPACE):
                continue
        if not _same_separator(groups, i, i + used - 1) or groups[i + used - 1, 3] == 1:
            continue
        b = groups[i + used - 1, 1]
        pre, hidden, suf = mask_span(symbols, a, b)
        found = -1
        if hidden > 0:
            found = masked_mobile(symbols, a, pre, hidden, suf, plan)
        elif pre == 11 and symbols[b - 1] < STAR:
            found = clear_mobile(symbols, a, plan)
        if found >= 0:
            out[KIND] = MOBILE
            out[EVIDENCE] = found | (GROUPED if used > 1 else 0)
            out[FIRST] = a
            out[LAST] = b
            return used
    return 0


@njit(f"int64(int8[::1], int64[:, ::1], int64, int64, {_RO}, int64[::1])", cache=True, nogil=True)
def _prefixed_mobile(symbols: Symbols, groups: Longs, i: int, count: int, plan: Bytes, out: Longs) -> int:
    """Try ``86``/``0086`` and a mobile, joined or separated, or the old trunk ``0``; return the groups used."""
    a = groups[i, 0]
    b = groups[i, 1]
    if b - a == 12 and symbols[a] == 0 and symbols[a + 1] == 1 and symbols[a + 2] >= 3:
        groups[i, 0] = a + 1
        used = _mobile(symbols, groups, i, count, plan, out)
        groups[i, 0] = a
        if used == 1 and out[EVIDENCE] & MASKED == 0:
            out[FIRST] = a
            return used
        return 0
    for limit in (2, 4):
        if not _is_country_code(symbols, a, b, limit):
            continue
        if b - a == limit:
            if i + 1 < count and groups[i + 1, 3] == 0:
                used = _mobile(symbols, groups, i + 1, count, plan, out)
                if used > 0:
                    out[FIRST] = a
                    return used + 1
            return 0
        groups[i, 0] = a + limit
        used = _mobile(symbols, groups, i, count, plan, out)
        groups[i, 0] = a
        if used > 0:
            out[FIRST] = a
            return used
    return 0


@njit("boolean(int64[:, ::1], int64, int64)", cache=True, nogil=True)
def _in_threes(groups: Longs, i: int, last: int) -> bool:
    """Tell whether groups ``i..last`` have the sizes 3-3-4-4-4, as IDs are read aloud."""
    if last - i != 4 or groups[i + 1, 1] - groups[i + 1, 0] != 3:
        return False
    for k in range(i + 2, last + 1):
        if groups[k, 1] - groups[k, 0] != 4:
            return False
    return True


@njit(f"int64(int8[::1], int64[:, ::1], int64, int64, {_RO}, {_RO}, int64[::1])", cache=True, nogil=True)
def _digit_by_digit(
    symbols: Symbols, groups: Longs, i: int, count: int, plan: Bytes, provinces: Bytes, out: Longs
) -> int:
    """Try a mobile, an ID or a card whose digits, from group ``i`` on, stand with one blank between each."""
    if i > 0 and groups[i - 1, 2] == SPACE:
        return 0
    last = i
    while last + 1 < count and groups[last, 2] == SPACE and groups[last + 1, 1] - groups[last + 1, 0] == 1:
        last += 1
    if groups[last, 2] == SPACE or groups[last, 3] == 1:
        return 0
    a = groups[i, 0]
    used = last + 1 - i
    kind, found = 0, 0
    if used == 11 or 16 <= used <= 19:
        kind, found = judge(symbols, a, a + used, True, plan, provinces)
    if found & MASKED or (kind == RESIDENT_ID and not found & CHECKED):
        return 0
    if kind not in (MOBILE, RESIDENT_ID, BANK_CARD):
        return 0
    out[KIND] = kind
    out[EVIDENCE] = found
    out[FIRST] = a
    out[LAST] = a + used
    return used


@njit(f"int64(int8[::1], int64[:, ::1], int64, int64, {_RO}, {_RO}, int64[::1])", cache=True, nogil=True)
def _checked_id(
    symbols: Symbols, groups: Longs, i: int, count: int, plan: Bytes, provinces: Bytes, out: Longs
) -> int:
    """Try an ID in up to nine groups of any size with blanks between; its check digit must be right."""
    a = groups[i, 0]
    for last in range(i + 1, min(i + 9, count)):
        size = groups[last, 1] - a
        if groups[last - 1, 2] != SPACE or groups[last, 3] == 1 or size > 18:
            return 0
        if size == 18:
            kind, found = judge(symbols, a, groups[last, 1], True, plan, provinces)
            if kind != RESIDENT_ID or found & MASKED or not found & CHECKED:
                return 0
            out[KIND] = kind
            out[EVIDENCE] = found
            out[FIRST] = a
            out[LAST] = groups[last, 1]
            return last + 1 - i
    return 0


@njit(f"int64(int8[::1], int64[:, ::1], int64, int64, {_RO}, {_RO}, int64[::1])", cache=True, nogil=True)
def _joined(
    symbols: Symbols, groups: Longs, i: int, count: int, plan: Bytes, provinces: Bytes, out: Longs
) -> int:
    """Try cards in fours or fives and IDs in 6-8-4, 6-4-4-4 or 3-3-4-4-4 beginning with group ``i``; fives are not customary."""
    a = groups[i, 0]
    first = groups[i, 1] - a
    if first not in (3, 4, 5, 6):
        return 0
    longest = min(5, count - i)
    for used in range(longest, 1, -1):
        last = i + used - 1
        fits = first == 4
        size = groups[last, 1] - groups[last, 0]
        for k in range(i + 1, last):
            inner = groups[k, 1] - groups[k, 0]
            if first == 5:
                fits = inner == 5 and (k == i + 1 or fits)
            else:
                fits = fits and inner == 4 if first == 4 else (used in (3, 4) and inner in (4, 8))
        if first == 3:
            fits = _in_threes(groups, i, last)
        elif first == 4:
            # American Express: 3702 4612 3456 784.
            short = used == 4 and size == 3 and symbols[a] == 3
            fits = fits and ((used == 4 and size == 4) or (used == 5 and size <= 3) or short)
            fits = fits or (used == 3 and groups[i + 1, 1] - groups[i + 1, 0] == 6 and size == 5)
        elif first == 5:
            fits = fits and used == 4 and size <= 4
        else:
            express = size == 9 and symbols[a] == 3
            fits = (fits and size == 4) or (used == 2 and (size in (10, 12, 13) or express))
        if not fits or not _same_separator(groups, i, last):
            continue
        if groups[i, 2] == DASH and not _free_of_dashes(groups, i, last, count):
            continue
        kind, found = judge(symbols, a, groups[last, 1], True, plan, provinces)
        if kind in (RESIDENT_ID, BANK_CARD) and (found & MASKED or found != STANDARD | GROUPED):
            if kind == RESIDENT_ID and found & AMBIGUOUS and not found & MASKED:
                kind = BANK_CARD
                found = STANDARD | CHECKED | GROUPED
            if kind != BANK_CARD and (first == 5 or (not found & MASKED and groups[last, 1] - a == _OLD_ID)):
                continue
            out[KIND] = kind
            out[EVIDENCE] = found if first != 5 else found & ~GROUPED
            out[FIRST] = a
            out[LAST] = groups[last, 1]
            return used
    return 0


@njit("int64(int8[::1], int64[:, ::1], int64, int64, int64[::1])", cache=True, nogil=True)
def _landline(symbols: Symbols, groups: Longs, i: int, count: int, out: Longs) -> int:
    """Try an area code and a local number in separate groups."""
    a = groups[i, 0]
    size = groups[i, 1] - a
    if symbols[a] != 0 or size not in (3, 4) or i + 1 >= count:
        return 0
    if (i > 0 and groups[i - 1, 2] == DASH) or groups[i, 3] == DASHED:
        return 0
    for used in (3, 2):
        if i + used > count:
            continue
        last = i + used - 1
        middle = groups[i + 1, 1] - groups[i + 1, 0]
        final = groups[last, 1] - groups[last, 0]
        # Seven digits are customarily parted 3-4; 4-3 is a telephone only where something says so.
        odd = used == 3 and middle == 4 and final == 3
        if used == 3 and not odd and (final != 4 or middle not in (3, 4)):
            continue
        if used == 3 and size == 4 and middle == 4 and _within_fours(groups, i):
            continue
        if groups[last, 3] == 1 or groups[i + 1, 3] == 1:
            continue
        if last + 1 < count and groups[last, 2] == DASH and groups[last + 1, 1] - groups[last + 1, 0] > 6:
            continue
        b = groups[last, 1]
        pre, hidden, _ = mask_span(symbols, a, b)
        if hidden > 0 or symbols[b - 1] > 9 or not 10 <= pre <= 12:
            continue
        found = clear_landline(symbols, a, b)
        if found >= 0:
            out[KIND] = LANDLINE
            more = last + 1 < count and groups[last, 2] == DASH
            # Fours joined by dashes throughout are as well a number of something else.
            fours = more and used == 3 and middle == 4 and groups[i, 2] == DASH and groups[i + 1, 2] == DASH
            fours = fours and groups[last + 1, 1] - groups[last + 1, 0] == 4
            out[EVIDENCE] = found if odd or fours else found | GROUPED
            out[FIRST] = a
            out[LAST] = b
            if more:
                return used + 1
            return used
    return 0


@njit("int64(int8[::1], int64[:, ::1], int64, int64, int64[::1])", cache=True, nogil=True)
def _privacy(symbols: Symbols, groups: Longs, i: int, count: int, out: Longs) -> int:
    """Try a privacy number of the 9501 range: 11 to 17 digits in up to four groups."""
    a = groups[i, 0]
    if groups[i, 1] - a < 5 or not (
        symbols[a] == 9 and symbols[a + 1] == 5 and symbols[a + 2] == 0 and symbols[a + 3] == 1
    ):
        return 0
    if (i > 0 and groups[i - 1, 2] == DASH) or groups[i, 3] == DASHED:
        return 0
    for used in (4, 3, 2, 1):
        last = i + used - 1
        if last >= count or not _same_separator(groups, i, last) or groups[last, 3] == 1:
            continue
        b = groups[last, 1]
        if not 11 <= b - a <= 17 or (used > 1 and groups[last, 1] - groups[last, 0] > 8):
            continue
        # Behind a whole number and a blank only four digits are an extension.
        if (
            used == 2
            and groups[i, 2] == SPACE
            and groups[i, 1] - a >= 11
            and groups[last, 1] - groups[last, 0] != 4
        ):
            continue
        clear = True
        for k in range(a, b):
            clear = clear and symbols[k] <= 9
        if clear:
            out[KIND] = PRIVACY_NUMBER
            out[EVIDENCE] = STANDARD | (GROUPED if used > 1 else 0)
            out[FIRST] = a
            out[LAST] = b
            return used
    return 0


@njit(f"int64(int8[::1], int64[:, ::1], int64, int64, {_RO}, {_RO}, int64[::1])", cache=True, nogil=True)
def match(
    symbols: Symbols, groups: Longs, i: int, count: int, plan: Bytes, provinces: Bytes, out: Longs
) -> int:
    """Match the value that begins with group ``i`` and write it to ``out``.

    Returns:
        The number of groups used, 0 if nothing begins here.
    """
    if groups[i, 3] == 1:
        return 0
    a = groups[i, 0]
    b = groups[i, 1]
    if symbols[a] == 8 or symbols[a] == 0:
        used = _prefixed_mobile(symbols, groups, i, count, plan, out)
        if used > 0:
            return used
    if symbols[a] == 9:
        used = _privacy(symbols, groups, i, count, out)
        if used > 0:
            return used
    if symbols[a] == 1:
        used = _mobile(symbols, groups, i, count, plan, out)
        if (
            used == 1
            or (used > 1 and (groups[i, 2] != DASH or _free_of_dashes(groups, i, i + used - 1, count)))
        ) and (used > 1 or i == 0 or groups[i - 1, 2] != DASH or groups[i - 1, 1] - groups[i - 1, 0] < 5):
            return used
    if i + 1 < count:
        used = _landline(symbols, groups, i, count, out)
        if used > 0:
            return used
        used = _joined(symbols, groups, i, count, plan, provinces, out)
        if used > 0:
            return used
        if b - a > 1:
            used = _checked_id(symbols, groups, i, count, plan, provinces, out)
        else:
            used = _digit_by_digit(symbols, groups, i, count, plan, provinces, out)
        if used > 0:
            return used
    if groups[i, 2] == BRACKET or (
        i > 0 and groups[i - 1, 2] == DASH and groups[i - 1, 1] - groups[i - 1, 0] >= 5
    ):
        return 0
    kind, found = judge(symbols, a, b, False, plan, provinces)
    if kind == 0 and (symbols[a] == STAR or symbols[b - 1] == STAR):
        while a < b and symbols[a] == STAR:
            a += 1
        while b > a and symbols[b - 1] == STAR:
            b -= 1
        kind, found = judge(symbols, a, b, False, plan, provinces)
        if found & MASKED:
            kind = 0
    if kind == 0:
        return 0
    out[KIND] = kind
    out[EVIDENCE] = found
    out[FIRST] = a
    out[LAST] = b
    return 1
