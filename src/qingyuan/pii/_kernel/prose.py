"""The walk over free text that finds personal names: plain, joined by a dot, and hidden in part."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import character_at, is_han, is_star
from qingyuan.pii._kernel.lexicon import Costs, Keys, Weights, begins_word, slot_of
from qingyuan.pii._kernel.people import (
    DOUBLE,
    FIRST,
    FOUND_CONTEXT,
    FOUND_FOREIGN,
    FOUND_MASKED,
    FOUND_SURE,
    HIDDEN,
    HIDING,
    JOINER,
    MARGIN,
    ONLY,
    P_BOUND,
    P_CONTEXT,
    P_NAME,
    P_TWO,
    SECOND,
    SURNAME,
    WINDOW,
    Table,
    is_double,
    search,
    step_back,
    weight_after,
    weight_before,
)
from qingyuan.pii.batch import Bytes, Longs

#: Longest part of a foreign name, and its least score by the characters it is made of.
_PART = 8
_LEAST = 1.0
#: Stretch of text in which the search for one group of names may reach, in characters.
_REACH = WINDOW - 2 * MARGIN

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_ROF = "Array(float32, 1, 'C', readonly=True)"
_ROG = "Array(float32, 2, 'C', readonly=True)"
_ROW = "Array(int8, 1, 'C', readonly=True)"
_ROK = "Array(uint64, 1, 'C', readonly=True)"


@njit("boolean(int64)", cache=True, nogil=True, inline="always")
def _stops(c: int) -> bool:
    """Tell whether the character ends the stretch a search looks at."""
    return c in (0x0A, 0x0D, 0x3002, 0xFF01, 0xFF1F, 0xFF1B)


@njit(
    f"boolean({_RO}, int64, int64, int64, {_ROK}, {_RO}, {_ROF}, {_ROF}, {_ROF}, {_ROG}, {_RO}, {_RO64}, {_ROF})",
    cache=True,
    nogil=True,
)
def _may_begin(
    data: Bytes, p: int, e: int, c: int, keys: Keys, pairs: Bytes, cost: Costs, single: Costs, surname: Costs,
    given: Table, letters: Bytes, doubles: Longs, params: Costs,
) -> bool:  # fmt: skip
    """Tell whether a name that begins with ``c`` at ``p`` can win against the plainest cuts into words."""
    if p + 5 >= e:
        return False
    d, _ = character_at(data, p + 3, e)
    f = 0
    if p + 8 < e:
        f, _ = character_at(data, p + 6, e)
    if letters[c] & DOUBLE and f and is_double(c, d, doubles):
        return True
    if letters[c] & SURNAME == 0:
        return False
    base = params[P_NAME] + surname[c] + params[P_BOUND]
    two = base + given[ONLY, d] + params[P_TWO] - single[c] - single[d]
    three = base + given[FIRST, d] + given[SECOND, f] - single[c] - single[d] - single[f] if f else two
    if f and letters[d] & SURNAME and p + 11 < e:
        three = max(three, np.float32(2.0) + given[SECOND, f] - single[f])
    if max(two, three) <= 0:
        return False
    if begins_word(pairs, c, d):
        slot = slot_of(keys, np.uint64(c) << np.uint64(48) | np.uint64(d) << np.uint64(32))
        if slot >= 0:
            gain = cost[slot] - single[c] - single[d]
            two -= max(gain, np.float32(0))
            three -= max(gain, np.float32(0))
    if f and begins_word(pairs, d, f):
        slot = slot_of(keys, np.uint64(d) << np.uint64(48) | np.uint64(f) << np.uint64(32))
        if slot >= 0:
            three -= max(cost[slot] - single[d] - single[f], np.float32(0))
    return bool(max(two, three) > 0)


@njit(f"int64({_RO}, int64, int64, int64[::1], int64[::1], int64)", cache=True, nogil=True)
def _read(data: Bytes, p: int, e: int, chars: Longs, places: Longs, n: int) -> int:
    """Append the character at ``p`` to ``chars`` and ``places``; return its width."""
    c, width = character_at(data, p, e)
    chars[n] = c
    places[n] = p
    return width


@njit(
    f"UniTuple(int64, 2)({_RO}, int64, int64, int64, {_ROF}, {_RO}, int64[::1], {_ROK}, {_ROW}, {_ROW},"
    f" {_ROW}, {_ROW}, {_ROF})",
    cache=True,
    nogil=True,
)
def _joined(
    data: Bytes, dot: int, s: int, e: int, foreign: Costs, letters: Bytes, chars: Longs,
    keys: Keys, before: Weights, before1: Weights, after: Weights, after1: Weights, params: Costs,
) -> tuple[int, int]:  # fmt: skip
    """Return the bounds of the foreign name around the joiner at ``dot``, ``(0, 0)`` if there is none."""
    q = dot
    n = 0
    while q > s and n < _PART + 4:
        r, c = step_back(data, q, s)
        chars[31 - n] = c
        n += 1
        q = r
    start = dot
    best = -1e9
    total = 0.0
    p = dot
    whole = q == s and n < _PART + 4
    for i in range(min(n, _PART)):
        c = chars[31 - i]
        if not is_han(c):
            break
        total += foreign[c]
        p -= 3
        if total < -3.0 or data[p] < 0xE0:
            break
        left = chars[32 - n : 32]
        at = n - 1 - i
        lead = weight_before(left, at, whole, keys, before, before1, letters, params)
        if total + lead > best and (total > _LEAST or lead >= params[P_CONTEXT]):
            best = total + lead
            start = p
    if start == dot:
        return 0, 0
    end = dot
    parts = 0
    while end < e:
        c, width = character_at(data, end, e)
        if not letters[c] & JOINER:
            break
        p = end + width
        n = 0
        q = p
        while q < e and n < _PART + 4:
            c, w = character_at(data, q, e)
            chars[n] = c
            n += 1
            q += w
        whole = q >= e
        total = 0.0
        best = -1e9
        stop = 0
        for i in range(min(n, _PART)):
            c = chars[i]
            if not is_han(c) or c > 0x9FFF:
                break
            total += foreign[c]
            p += 3
            if total < -4.0:
                break
            v = total + weight_after(chars[:n], i + 1, n, whole, keys, after, after1, params)
            if v > best and total > 0.0:
                best = v
                stop = p
        if stop == 0:
            break
        parts += 1
        end = stop
    return (start, end) if parts > 0 else (0, 0)


@njit(
    f"int64({_RO}, int64, int64, {_RO})",
    cache=True,
    nogil=True,
)
def _hidden_end(data: Bytes, p: int, e: int, letters: Bytes) -> int:
    """Return the end of a name with its surname at ``p`` whose rest is hidden, 0 if it is none."""
    q = p + 3
    d, width = character_at(data, q, e)
    if letters[d] & HIDDEN:
        q += width
        for _ in range(2):
            if q >= e:
                break
            f, w = character_at(data, q, e)
            if not letters[f] & (HIDDEN | HIDING):
                break
            q += w
        if q < e:
            # 某人, 某个, 某天, 某市…: no hidden name but "a certain".
            f, _ = character_at(data, q, e)
            if f in (0x4EBA, 0x4E2A, 0x4E9B, 0x5929, 0x65E5, 0x6708, 0x5E74, 0x65F6, 0x79CD, 0x5904, 0x5730, 0x5E02,
                     0x53BF, 0x7701, 0x533A, 0x6751, 0x9547, 0x516C, 0x5355, 0x9879, 0x6B21, 0x4F4D, 0x8DEF):  # fmt: skip
                return 0
        return q
    if is_star(d) and d != 0x2022:
        stars = 0
        while q < e:
            f, w = character_at(data, q, e)
            if not is_star(f):
                break
            stars += 1
            q += w
        if stars > 2:
            return 0
        if q < e:
            f, w = character_at(data, q, e)
            if is_han(f) and stars == 1:
                q += w
            elif 0x30 <= f <= 0x39:
                return 0
        return q
    return 0


@njit(
    f"int64({_RO}, {_RO64}, {_RO64}, {_ROK}, {_RO}, {_ROF}, {_RO}, {_ROF}, {_ROW}, {_ROW}, {_ROW}, {_ROW}, {_ROF},"
    f" {_ROG}, {_RO}, {_RO64}, {_ROF}, {_ROF}, int64[::1], int64[::1], int64[::1], uint8[::1])",
    cache=True,
    nogil=True,
)
def people(
    data: Bytes, starts: Longs, ends: Longs,
    keys: Keys, pairs: Bytes, cost: Costs, tags: Bytes, single: Costs, before: Weights, after: Weights,
    before1: Weights, after1: Weights, surname: Costs, given: Table, letters: Bytes, doubles: Longs, foreign: Costs,
    params: Costs, out_cell: Longs, out_start: Longs, out_end: Longs, out_bits: Bytes,
) -> int:  # fmt: skip
    """Find the personal names of every cell; return their number.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte.
        keys: The word list, see :mod:`qingyuan.pii._kernel.lexicon`.
        pairs: Its filter.
        cost: Logarithm of each word's share of a text.
        tags: Its tag.
        single: The same logarithm of single characters.
        before: Ten times the weight of a word before a name, -128 for none.
        after: The same after a name.
        before1: The same of single characters before.
        after1: And after.
        surname: Logarithm of each surname's share of people.
        given: ``float32[3, 65536]``: logarithm of a character's share of the first of two characters, the
            second, the only one.
        letters: Bits of a character.
        doubles: Sorted pairs of surnames of two characters.
        foreign: How much likelier a character is in a foreign name than elsewhere, a logarithm.
        params: The weights of the model.
        out_cell: Receives the cell; outputs hold at least ``len(data) // 6 + 8`` elements.
        out_start: First byte.
        out_end: One past the last.
        out_bits: ``FOUND_…`` bits.
    """
    chars = np.zeros(WINDOW + 8, dtype=np.int64)
    places = np.zeros(WINDOW + 8, dtype=np.int64)
    back = np.zeros(40, dtype=np.int64)
    found = np.zeros((WINDOW, 3), dtype=np.int64)
    score = np.zeros((WINDOW + 5, 2), dtype=np.float32)
    origin = np.zeros((WINDOW + 5, 2), dtype=np.int64)
    scores = np.zeros(5, dtype=np.float32)
    count = 0
    for cell in range(starts.size):
        s = starts[cell]
        e = ends[cell]
        p = s
        done = s
        settled = s
        while p < e:
            b = data[p]
            if b < 0xE0:
                if b == 0xC2 and p + 1 < e and data[p + 1] == 0xB7 and p > settled and data[p - 1] >= 0x80:
                    a, z = _joined(
                        data, p, settled, e, foreign, letters, back, keys, before, before1, after, after1, params
                    )  # fmt: skip
                    if z > 0:
                        while count > 0 and out_cell[count - 1] == cell and out_end[count - 1] > a:
                            count -= 1
                        out_cell[count], out_start[count], out_end[count] = cell, a, z
                        out_bits[count] = FOUND_SURE | FOUND_FOREIGN
                        count += 1
                        p = done = settled = z
                        continue
                p += 1
                continue
            if b >= 0xF0 or p + 2 >= e:
                p += 1
                continue
            c, _ = character_at(data, p, e)
            mark = letters[c]
            if mark & (SURNAME | DOUBLE | JOINER) == 0:
                p += 3
                continue
            if mark & JOINER:
                if p > settled and data[p - 1] >= 0x80:
                    a, z = _joined(
                        data, p, settled, e, foreign, letters, back, keys, before, before1, after, after1, params
                    )  # fmt: skip
                    if z > 0:
                        while count > 0 and out_cell[count - 1] == cell and out_end[count - 1] > a:
                            count -= 1
                        out_cell[count], out_start[count], out_end[count] = cell, a, z
                        out_bits[count] = FOUND_SURE | FOUND_FOREIGN
                        count += 1
                        p = done = settled = z
                        continue
                p += 3
                continue
            if (
                mark & SURNAME
                and p + 3 < e
                and (
                    letters[character_at(data, p + 3, e)[0]] & HIDDEN
                    or is_star(character_at(data, p + 3, e)[0])
                )
            ):
                end = _hidden_end(data, p, e, letters)
                if end > 0:
                    n = 0
                    q = p
                    while q > done and n < 8:
                        q, d = step_back(data, q, done)
                        back[31 - n] = d
                        n += 1
                    lead = weight_before(back[32 - n : 32], n, q == s, keys, before, before1, letters, params)
                    common = surname[c] > np.float32(-7.0)
                    if lead >= params[P_CONTEXT] or (common and (n == 0 or not is_han(back[31]) or lead > 0)):
                        out_cell[count], out_start[count], out_end[count] = cell, p, end
                        out_bits[count] = FOUND_MASKED | (FOUND_CONTEXT if lead >= params[P_CONTEXT] else 0)
                        if data[p + 3] < 0x80 or not letters[character_at(data, p + 3, e)[0]] & HIDDEN:
                            out_bits[count] |= FOUND_SURE
                        count += 1
                        p = done = end
                        continue
            if not _may_begin(
                data, p, e, c, keys, pairs, cost, single, surname, given, letters, doubles, params
            ):
                p += 3
                continue
            # A name may begin here: read the characters before, then on until no further name may begin.
            n = 0
            q = p
            while q > done and n < MARGIN:
                r, d = step_back(data, q, done)
                if _stops(d):
                    break
                q = r
                n += 1
            at_start = q == s or (q > s and _stops(step_back(data, q, s)[1]))
            low = n
            n = 0
            while q < p:
                q += _read(data, q, e, chars, places, n)
                n += 1
            last = p
            spare = 0
            high = low + 1
            while q < e and n < WINDOW - 1:
                width = _read(data, q, e, chars, places, n)
                d = chars[n]
                if _stops(d) or letters[d] & JOINER:
                    break
                if (
                    n > low
                    and n < _REACH
                    and width == 3
                    and letters[d] & (SURNAME | DOUBLE)
                    and _may_begin(
                        data, q, e, d, keys, pairs, cost, single, surname, given, letters, doubles, params
                    )
                ):
                    high = n + 1
                    last = q
                    spare = 0
                elif q > last:
                    spare += 1
                    if spare > 4 + MARGIN:
                        break
                q += width
                n += 1
            places[n] = q
            for k in range(n, n + 5):
                chars[k] = 0
            at_end = q >= e or _stops(character_at(data, q, e)[0])
            k = search(
                chars, n, low, high, at_start, at_end, keys, pairs, cost, tags, single, before, after, before1,
                after1, surname, given, letters, doubles, params, found, score,
                origin, scores,
            )  # fmt: skip
            p = last + 3
            for i in range(k - 1, -1, -1):
                a = places[found[i, 0]]
                z = places[found[i, 1]]
                out_cell[count], out_start[count], out_end[count] = cell, a, z
                out_bits[count] = found[i, 2]
                count += 1
                p = max(p, z)
                done = z
    return count
