"""One pass over the bytes of all cells: candidates with their place, kind and evidence.

Boundaries are those of digits, not of words: 汉字 next to a number do not matter, a longer run of
digits is never a shorter number, and letters glued to a run (hashes, tracking numbers) end it.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.around import email, extension, whole
from qingyuan.pii._kernel.flags import (
    EMAIL,
    EXTENDED,
    LANDLINE,
    MASKED,
    MOBILE,
    PRIVACY_NUMBER,
    RESIDENT_ID,
    STANDARD,
    WHOLE,
)
from qingyuan.pii._kernel.match import EVIDENCE, FIRST, KIND, LAST, match
from qingyuan.pii._kernel.quick import (
    CONTINUES,
    ENDS,
    FOLLOWER,
    GLUES,
    OPENING,
    WORD,
    crossed,
    date_rest,
    hidden_next,
    hopeless,
    plain,
    starred,
    time_rest,
)
from qingyuan.pii._kernel.separated import separated
from qingyuan.pii._kernel.shapes import Symbols
from qingyuan.pii._kernel.symbols import (
    BRACKET,
    CLASSES,
    CROSS,
    DASH,
    GLUED,
    MAX_GROUPS,
    MAX_SYMBOLS,
    Hashes,
    bracket_at,
    escape_width,
    glued_after,
    glued_before,
    joined_before,
    opened_before,
    separator_at,
    symbol_at,
)
from qingyuan.pii.batch import Bytes, Longs

Flags = npt.NDArray[np.uint32]

_RO = "Array(uint8, 1, 'C', readonly=True)"
#: Digits of an identity number before its check character.
_BEFORE_CHECK = 17
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_WORDS = "Array(uint64, 1, 'C', readonly=True)"


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
    words: Hashes,
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
        if (
            width == 0
            or sym < 0
            or (sym == CROSS and ns != _BEFORE_CHECK and not hidden_next(data, after, e))
        ):
            return count
        if count == MAX_GROUPS or ns > MAX_SYMBOLS - 24:
            state[0] = after
            state[1] = 1
            return count
        groups[count - 1, 2] = kind
        q = after


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
    words: Hashes,
    out_cell: Longs,
    out_start: Longs,
    out_end: Longs,
    out_kind: Bytes,
    out_flags: Flags,
) -> int:
    """Scan every cell and write the candidates, ascending; return their number.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte of each cell.
        plan: ``uint8[1000]``, see :func:`shapes.clear_mobile`.
        provinces: ``uint8[101]``, 1 for the first two digits of region codes; the last is the present year, from 1900.
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
            kind = CLASSES[data[np.uint64(p)]]
            if kind == 0:
                p += 1
                continue
            if kind == 6:
                p += 3
                continue
            if kind == 1:
                r = p + 1
                while r < e and 48 <= data[np.uint64(r)] <= 57:
                    r += 1
                follower = FOLLOWER[data[r]] if r < e else ENDS
                if follower == GLUES and (r - p < 10 or (data[r] | 32) != 101):
                    # Digits inside a word never count: hashes and tracking numbers are passed over whole.
                    p = r
                    while r < e and WORD[data[np.uint64(r)]]:
                        r += 1
                    if r >= e or FOLLOWER[data[r]] != CONTINUES or data[r] == 32:
                        p = r
                    continue
                if r - p < 10 and follower != CONTINUES:
                    p = r
                    continue
                if r - p == 4 and date_rest(data, r, e):
                    p = time_rest(data, r + 6, e)
                    continue
                opening = OPENING[data[p - 1]] if p > s else 1
                if opening == 1:
                    value = -1
                    found = 0
                    z = r
                    if follower == CONTINUES and data[r] in (32, 45):
                        if r + 1 >= e or CLASSES[data[r + 1]] in (0, 4, 5, 6):
                            if not hidden_next(data, r + 1, e):
                                follower = 0
                        elif r + 1 < e and CLASSES[data[r + 1]] != 3:
                            value, found, z = separated(data, p, r, e, symbols, plan, provinces)
                    if follower in (0, ENDS):
                        value, found = plain(data, p, r, plan, provinces)
                        if follower == 0 and value in (MOBILE, PRIVACY_NUMBER, LANDLINE):
                            z = extension(data, r, e, True)
                            if z > r and value != LANDLINE:
                                value = PRIVACY_NUMBER
                                found |= EXTENDED
                    elif follower == CONTINUES and data[r] == 42:
                        value, found, z = starred(data, p, r, e, symbols, plan, provinces)
                    elif follower == CONTINUES and data[r] in (88, 120):
                        found = crossed(data, p, r, e, provinces)
                        if found >= 0:
                            value = RESIDENT_ID
                            z = r + 1
                    if value == 0:
                        p = r
                        continue
                    if value > 0:
                        a = p
                        if p > s and data[p] in (56, 48):
                            if data[p - 1] == 43:
                                a -= 1
                            elif (
                                p - 3 >= s
                                and data[p - 1] == 0x8B
                                and data[p - 2] == 0xBC
                                and data[p - 3] == 0xEF
                            ):
                                a -= 3
                        out_cell[n] = cell
                        out_start[n] = a
                        out_end[n] = z
                        out_kind[n] = value
                        out_flags[n] = found | (WHOLE if a == s and z == e else whole(data, a, z, s, e))
                        n += 1
                        p = z
                        continue
                elif opening == 2 and follower in (0, ENDS) and glued_before(data, p, s, words):
                    p = r
                    continue
                if hopeless(data, p, r, e, provinces):
                    p = r
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
                a, z = email(data, p, s, e)
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
                out_flags[n] = STANDARD | masked | whole(data, a, z, s, e)
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
                    z2 = extension(data, z, e, groups[i + used - 1, 2] in (0, DASH))
                    if z2 > z:
                        value = PRIVACY_NUMBER
                        found |= EXTENDED
                        z = z2
                elif value == LANDLINE:
                    z = extension(data, z, e, True)
                out_cell[n] = cell
                out_start[n] = a
                out_end[n] = z
                out_kind[n] = value
                out_flags[n] = found | whole(data, a, z, s, e)
                n += 1
                i += used
                while i < count and where[groups[i, 0], 0] < z:
                    i += 1
            if p < (out_end[n - 1] if n > floor else s):
                p = out_end[n - 1]
    return n
