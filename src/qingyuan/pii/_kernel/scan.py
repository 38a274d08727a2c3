"""One pass over the bytes of all cells: candidates with their place, kind and evidence.

Boundaries are those of digits, not of words: 汉字 next to a number do not matter, a longer run of
digits is never a shorter number, and letters glued to a run (hashes, tracking numbers) end it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from qingyuan.pii._kernel.flags import (
    ASSIGNED,
    BANK_CARD,
    CHECKED,
    EMAIL,
    EXTENDED,
    MASKED,
    MOBILE,
    PRIVACY_NUMBER,
    RESIDENT_ID,
    STANDARD,
    WHOLE,
)
from qingyuan.pii._kernel.match import EVIDENCE, FIRST, KIND, LAST, match
from qingyuan.pii._kernel.shapes import CHECK, WEIGHTS, Symbols, masked_long, masked_mobile, valid_date
from qingyuan.pii._kernel.symbols import (
    BRACKET,
    CLASSES,
    CROSS,
    DASH,
    GLUED,
    MAX_GROUPS,
    MAX_SYMBOLS,
    STAR,
    bracket_at,
    escape_width,
    glued_after,
    is_letter,
    joined_before,
    opened_before,
    separator_at,
    symbol_at,
)
from qingyuan.pii.batch import Bytes, Longs

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_WORDS = "Array(uint64, 1, 'C', readonly=True)"
_MAIL_ENDINGS = np.array(
    [sum(b << (8 * i) for i, b in enumerate(w)) for w in (b"png", b"jpg", b"gif", b"css", b"svg")]
)


def _continuing() -> Bytes:
    """Return 1 for every byte that may continue or join a run of digits."""
    table = np.zeros(256, dtype=np.uint8)
    table[[32, 41, 42, 45, 88, 120, 0xC2, 0xC3, 0xE2, 0xE3, 0xEF]] = 1
    return table


def _delimiters() -> Bytes:
    """Return 1 for bytes that end a value in tables: they neither join, continue nor extend it."""
    table = np.zeros(256, dtype=np.uint8)
    table[list(b'\t\n\r",;|}<>!?$&=~^')] = 1
    return table


_CONTINUING = _continuing()
_DELIMITER = _delimiters()


_DOUBLED = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], dtype=np.uint8)


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _luhn(data: Bytes, p: int, r: int) -> bool:
    """Tell whether the ASCII digits ``p..r`` pass ISO/IEC 7812-1 annex B."""
    total = np.int64(0)
    k = r - 1
    while k > p:
        total += data[k] - 48 + _DOUBLED[data[k - 1] - 48]
        k -= 2
    if k == p:
        total += data[p] - 48
    return total % 10 == 0


@njit(f"boolean({_RO}, int64, int64, int64, {_RO})", cache=True, nogil=True)
def _hopeless(data: Bytes, p: int, r: int, e: int, provinces: Bytes) -> bool:
    """Tell by length and first digits that nothing begins with the digits ``p..r``.

    Most runs of a table are amounts, dates, tracking and order numbers; this keeps them off the
    slower reading of groups.
    """
    n = r - p
    d = data[p] - 48
    if r < e and _CONTINUING[data[r]]:
        if data[r] not in (32, 45):
            return False
        if r + 1 < e and CLASSES[data[r + 1]] not in (0, 4, 5, 6):
            if n == 4 and data[r] == 45 and d in (1, 2) and r + 3 < e:
                return CLASSES[data[r + 2]] != 1 or CLASSES[data[r + 3]] != 1 or data[r + 1] == 42
            if n == 2:
                return d != 8
            if n == 3:
                return d > 1
            return n == 1 or (n in (5, 7, 8, 9) and d not in (1, 9))
    if n < 10 or n > 19:
        return True
    if d == 0:
        return n > 12 and (n != 15 or data[p + 1] != 48 or data[p + 2] != 56)
    if d == 8 and n == 13:
        return data[p + 1] != 54
    if d == 9:
        return data[p + 1] != 53
    if n == 11:
        return d != 1
    if n < 13:
        return True
    if (n == 18 or n == 15) and provinces[d * 10 + data[p + 1] - 48]:
        month = (data[p + n - 8] - 48) * 10 + data[p + n - 7] - 48
        if n == 15:
            month = (data[p + 8] - 48) * 10 + data[p + 9] - 48
        if 1 <= month <= 12:
            return False
    if d == 1:
        return n < 16 or data[p + 1] != 48
    if d < 3 or d > 6:
        return True
    return not _luhn(data, p, r)


@njit(f"UniTuple(int64, 2)({_RO}, int64, int64, {_RO}, {_RO})", cache=True, nogil=True)
def _plain(data: Bytes, p: int, r: int, plan: Bytes, provinces: Bytes) -> tuple[int, int]:
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
        year = (
            (data[p + 6] - 48) * 1000 + (data[p + 7] - 48) * 100 + (data[p + 8] - 48) * 10 + data[p + 9] - 48
        )
        month = (data[p + 10] - 48) * 10 + data[p + 11] - 48
        if valid_date(year, month, (data[p + 12] - 48) * 10 + data[p + 13] - 48):
            total = np.int64(0)
            for k in range(17):
                total += (data[p + k] - 48) * WEIGHTS[k]
            return RESIDENT_ID, STANDARD | CHECKED if CHECK[total % 11] == data[p + 17] - 48 else STANDARD
        return (0, 0) if d < 3 or (d == 3 and data[p + 1] < 52) else (-1, 0)
    if n >= 16 and 4 <= d <= 6 and (n != 18 or provinces[d * 10 + data[p + 1] - 48] == 0):
        return (BANK_CARD, STANDARD | CHECKED) if _luhn(data, p, r) else (0, 0)
    return -1, 0


@njit(f"UniTuple(int64, 3)({_RO}, int64, int64, int64, int8[::1], {_RO}, {_RO})", cache=True, nogil=True)
def _starred(
    data: Bytes, p: int, r: int, e: int, symbols: Symbols, plan: Bytes, provinces: Bytes
) -> tuple[int, int, int]:
    """Judge ASCII digits, stars and digits that stand alone: ``(kind, evidence, end)``, kind -1 to read on.

    The same answers as :func:`match.judge` for one group; ``symbols`` is scratch.
    """
    hidden = r
    while hidden < e and data[hidden] == 42:
        hidden += 1
    z = hidden
    while z < e and 48 <= data[z] <= 57:
        z += 1
    if z < e and data[z] in (88, 120) and z > hidden and z - p == 17:
        z += 1
    if (z < e and _DELIMITER[data[z]] == 0) or z - p > 24:
        return -1, 0, p
    pre = r - p
    stars = hidden - r
    suf = z - hidden
    for k in range(min(pre, 4)):
        symbols[k] = data[p + k] - 48
    found = masked_mobile(symbols, 0, pre, stars, suf, plan)
    if found >= 0:
        return MOBILE, found, z
    kind, found = masked_long(symbols, 0, pre, stars, suf, False, provinces)
    return (kind, found, z) if kind else (-1, 0, p)


@njit(
    f"int64({_RO}, int64, int64, int64, {_WORDS}, int8[::1], int64[:, ::1], int64[:, ::1], int64[::1])",
    cache=True,
    nogil=True,
)
def _read_run(
    data: Bytes,
    p: int,
    s: int,
    e: int,
    words: Longs,
    symbols: Symbols,
    where: Longs,
    groups: Longs,
    state: Longs,
) -> int:
    """Read the run at ``p`` into ``symbols``, ``where`` and ``groups``.

    ``state[0]`` receives the position after the run, ``state[1]`` 1 if the run goes on (more groups
    than fit). Returns the number of groups.
    """
    count = 0
    ns = 0
    q = p
    state[1] = 0
    while True:
        begin = q
        g0 = ns
        overflow = False
        while q < e:
            if 48 <= data[q] <= 57 and ns < MAX_SYMBOLS:
                symbols[ns] = data[q] - 48
                where[ns, 0] = q
                q += 1
                where[ns, 1] = q
                ns += 1
                continue
            sym, width = symbol_at(data, q, e)
            if width == 0:
                break
            if sym >= 0:
                if ns < MAX_SYMBOLS:
                    symbols[ns] = sym
                    where[ns, 0] = q
                    where[ns, 1] = q + width
                    ns += 1
                else:
                    overflow = True
            q += width
        if overflow and count > 0:
            state[0] = begin
            state[1] = 1
            return count
        groups[count, 0] = g0
        groups[count, 1] = ns
        groups[count, 2] = 0
        glued = 0
        if count == 0:
            glued = joined_before(data, p, s, words)
        elif groups[count - 1, 2] == DASH and groups[count - 1, 3] == GLUED:
            glued = GLUED
        if overflow or ns == g0 or glued_after(data, q, e):
            glued = GLUED
        groups[count, 3] = glued
        count += 1
        state[0] = q
        if q >= e:
            return count
        kind = 0
        after = q
        width = bracket_at(data, q, e)
        if width > 0 and opened_before(data, begin, s):
            kind = BRACKET
            after = q + width
        if after < e:
            sep, width = separator_at(data, after, e)
            if width > 0:
                after += width
                kind = kind if kind == BRACKET else sep
        if kind == 0 or after >= e:
            return count
        sym, width = symbol_at(data, after, e)
        if width == 0 or sym < 0 or sym == CROSS:
            return count
        if count == MAX_GROUPS or ns > MAX_SYMBOLS - 24:
            state[0] = after
            state[1] = 1
            return count
        groups[count - 1, 2] = kind
        q = after


@njit(f"int64({_RO}, int64, int64, boolean)", cache=True, nogil=True)
def _extension(data: Bytes, q: int, e: int, dash: bool) -> int:
    """Return the end of an extension (转 1234, ext. 12, [1234], -1234) at ``q``, or ``q`` if none."""
    p = q
    while p < e and data[p] == 32:
        p += 1
    bare = False
    close = 0
    if p + 2 < e and data[p] == 0xE8 and data[p + 1] == 0xBD and data[p + 2] == 0xAC:
        p += 3
        if p + 2 < e and data[p] == 0xE6 and data[p + 1] == 0x8E and data[p + 2] == 0xA5:
            p += 3
        elif p + 5 < e and data[p] == 0xE5 and data[p + 1] == 0x88 and data[p + 2] == 0x86:
            p += 6
    elif p + 2 < e and (data[p] | 32) == 101 and (data[p + 1] | 32) == 120 and (data[p + 2] | 32) == 116:
        p += 3
        if p < e and data[p] == 46:
            p += 1
    elif p == q and p < e and data[p] == 91:
        p += 1
        close = 93
    elif dash and p == q and p < e and (data[p] == 45 or data[p] == 35):
        p += 1
        bare = True
    else:
        return q
    while p < e and (data[p] == 32 or data[p] == 58) and not bare:
        p += 1
    first = p
    while p < e and 48 <= data[p] <= 57:
        p += 1
    digits = p - first
    if digits < 1 or digits > 8 or (p < e and is_letter(data[p])):
        return q
    if bare and (digits < 3 or digits > 6 or (p < e and data[p] == 45)):
        return q
    if close:
        return p + 1 if digits >= 2 and p < e and data[p] == close else q
    return p


@njit(f"UniTuple(int64, 2)({_RO}, int64, int64, int64)", cache=True, nogil=True)
def _email(data: Bytes, at: int, s: int, e: int) -> tuple[int, int]:
    """Return ``(start, end)`` of the address around the at sign, or ``(at, at)``; negative start if masked."""
    a = at
    masked = False
    while a > s and at - a <= 64:
        b = data[a - 1]
        if is_letter(b) or 48 <= b <= 57 or b in (46, 95, 45, 43):
            a -= 1
        elif b == 42:
            masked = True
            a -= 1
        else:
            break
    while a < at and data[a] in (46, 45, 43):
        a += 1
    if a == at or at - a > 64 or data[at - 1] == 46:
        return at, at
    z = at + 1
    label = z
    dots = 0
    while z < e and z - at <= 255:
        b = data[z]
        if b == 46:
            if z == label:
                break
            if z + 1 >= e or not (is_letter(data[z + 1]) or 48 <= data[z + 1] <= 57):
                break
            dots += 1
            label = z + 1
        elif not (is_letter(b) or 48 <= b <= 57 or b == 45):
            break
        z += 1
    size = z - label
    if dots == 0 or size < 2 or size > 24:
        return at, at
    ending = np.int64(0)
    for k in range(label, z):
        if not is_letter(data[k]):
            return at, at
        if k - label < 3:
            ending |= np.int64(data[k] | 32) << (8 * (k - label))
    if size == 3 and np.any(_MAIL_ENDINGS == ending):
        return at, at
    return (-a - 1 if masked else a), z


@njit(f"int64({_RO}, int64, int64, int64, int64)", cache=True, nogil=True)
def _whole(data: Bytes, a: int, b: int, s: int, e: int) -> int:
    """Return WHOLE if only spaces and quotes stand around ``a..b`` in the cell ``s..e``."""
    while a > s and data[a - 1] in (32, 9, 34, 39, 96):
        a -= 1
    while b < e and data[b] in (32, 9, 34, 39, 96):
        b += 1
    return WHOLE if a == s and b == e else 0


@njit(
    f"int64({_RO}, {_RO64}, {_RO64}, {_RO}, {_RO}, {_WORDS}, int64[::1], int64[::1], int64[::1], uint8[::1], uint32[::1])",
    cache=True,
    nogil=True,
)
def scan_cells(
    data: Bytes,
    starts: Longs,
    ends: Longs,
    plan: Bytes,
    provinces: Bytes,
    words: Longs,
    out_cell: Longs,
    out_start: Longs,
    out_end: Longs,
    out_kind: Bytes,
    out_flags: Longs,
) -> int:
    """Scan every cell and write the candidates, ascending; return their number.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte of each cell.
        plan: ``uint8[1000]``, see :func:`shapes.clear_mobile`.
        provinces: ``uint8[100]``, 1 for the first two digits of region codes.
        words: Hashes of the labels that may be glued to a number.
        out_cell: Receives the cell of each candidate; all outputs hold at least
            ``len(data) // 5 + 8`` elements.
        out_start: Receives the first byte.
        out_end: Receives one past the last byte.
        out_kind: Receives the kind.
        out_flags: Receives the evidence bits.
    """
    symbols = np.empty(MAX_SYMBOLS, dtype=np.int8)
    where = np.empty((MAX_SYMBOLS, 2), dtype=np.int64)
    groups = np.empty((MAX_GROUPS, 4), dtype=np.int64)
    state = np.empty(2, dtype=np.int64)
    out = np.empty(4, dtype=np.int64)
    n = 0
    for cell in range(starts.size):
        s = starts[cell]
        e = ends[cell]
        p = s
        floor = n
        while p < e:
            kind = CLASSES[data[p]]
            if kind == 0:
                p += 1
                continue
            if kind == 1:
                r = p + 1
                while r < e and 48 <= data[r] <= 57:
                    r += 1
                if r - p < 10 and (r >= e or _CONTINUING[data[r]] == 0):
                    p = r
                    continue
                if p == s or _DELIMITER[data[p - 1]]:
                    value = -1
                    found = 0
                    z = r
                    if r >= e or _DELIMITER[data[r]]:
                        value, found = _plain(data, p, r, plan, provinces)
                    elif data[r] == 42:
                        value, found, z = _starred(data, p, r, e, symbols, plan, provinces)
                    if value == 0:
                        p = r
                        continue
                    if value > 0:
                        out_cell[n] = cell
                        out_start[n] = p
                        out_end[n] = z
                        out_kind[n] = value
                        out_flags[n] = found | (WHOLE if p == s and z == e else _whole(data, p, z, s, e))
                        n += 1
                        p = z
                        continue
                if _hopeless(data, p, r, e, provinces):
                    p = r
                    continue
            elif kind == 6:
                p += 3
                continue
            elif kind == 3:
                sym, width = symbol_at(data, p, e)
                if width == 0 or sym < 0:
                    p += 2 if data[p] < 0xE0 else 3
                    continue
            elif kind == 5:
                p += escape_width(data, p, e)
                continue
            elif kind == 4:
                a, z = _email(data, p, s, e)
                if z == p:
                    p += 1
                    continue
                masked = 0
                if a < 0:
                    a = -a - 1
                    masked = MASKED
                while n > floor and out_end[n - 1] > a:
                    n -= 1
                out_cell[n] = cell
                out_start[n] = a
                out_end[n] = z
                out_kind[n] = EMAIL
                out_flags[n] = STANDARD | masked | _whole(data, a, z, s, e)
                n += 1
                p = z
                continue
            count = _read_run(data, p, s, e, words, symbols, where, groups, state)
            p = state[0]
            i = 0
            while i < count:
                if state[1] == 1 and i > 0 and count - i <= 6:
                    p = where[groups[i, 0], 0]
                    break
                used = match(symbols, groups, i, count, plan, provinces, out)
                if used == 0:
                    i += 1
                    continue
                a = where[out[FIRST], 0]
                z = where[out[LAST] - 1, 1]
                if data[where[out[FIRST], 0]] in (56, 48) or data[a] == 0xEF:
                    if a > s and data[a - 1] == 43:
                        a -= 1
                    elif (
                        a - 2 > s - 1
                        and a >= 3
                        and data[a - 3] == 0xEF
                        and data[a - 2] == 0xBC
                        and data[a - 1] == 0x8B
                    ):
                        a -= 3
                found = out[EVIDENCE]
                value = out[KIND]
                if value in (MOBILE, PRIVACY_NUMBER) and found & MASKED == 0:
                    z2 = _extension(data, z, e, groups[i + used - 1, 2] in (0, DASH))
                    if z2 > z:
                        value = PRIVACY_NUMBER
                        found |= EXTENDED
                        z = z2
                out_cell[n] = cell
                out_start[n] = a
                out_end[n] = z
                out_kind[n] = value
                out_flags[n] = found | _whole(data, a, z, s, e)
                n += 1
                i += used
                while i < count and where[groups[i, 0], 0] < z:
                    i += 1
            if p < (out_end[n - 1] if n > floor else s):
                p = out_end[n - 1]
    return n
