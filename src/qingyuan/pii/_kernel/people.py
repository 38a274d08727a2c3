"""Personal names in free text: surname, given name, the words around it and the words it could be instead.

Text is walked once. Where a surname is followed by characters of given names, the stretch around is cut
into words in every way the word list allows, names among them, and the likeliest cut decides (a Viterbi
search over at most :data:`WINDOW` characters). How much likelier it is than the best cut without the name is kept.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import character_at, is_han
from qingyuan.pii._kernel.lexicon import (
    TAG_FOREIGN,
    TAG_PERSON,
    Costs,
    Keys,
    Weights,
    begins_word,
    slot_of,
)
from qingyuan.pii.batch import Bytes, Longs

Table = npt.NDArray[np.float32]

#: Characters of one search; a longer run of names is searched in pieces.
WINDOW = 64
#: Characters looked at before the first and after the last name that may be one.
MARGIN = 5
#: Scores below this are no names whatever stands around them.
HOPELESS = np.float32(-27.0)

#: Bits of a character (``letters``).
SURNAME, HIDDEN, DOUBLE, FOREIGN, JOINER, TITLE_END, HIDING = (1 << i for i in range(7))

#: Rows of ``given``: first of two characters, second of two, only one.
FIRST, SECOND, ONLY = 0, 1, 2
#: Columns of ``params``; see :func:`qingyuan.pii.prose.parameters`.
(
    P_NAME, P_BEFORE, P_AFTER, P_START, P_END, P_OTHER, P_TITLE, P_ADJACENT, P_LISTED, P_LISTED_SHORT, P_FOREIGN,
    P_SURE, P_FOUR, P_CONTEXT, P_TWO, P_PLAIN, P_PLAIN_SHORT, P_TITLED,
    P_LIKELY, P_BOUND,
) = range(20)  # fmt: skip
PARAMETERS = 20

#: Bits of a found name.
FOUND_SURE = 1
FOUND_CONTEXT = 2
FOUND_MASKED = 4
FOUND_FOREIGN = 8

#: No weight: the word is not among those that stand before or after names.
NONE = -128
_LOW = np.float32(-1e9)
_16 = np.uint64(16)

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_ROF = "Array(float32, 1, 'C', readonly=True)"
_ROG = "Array(float32, 2, 'C', readonly=True)"
_ROW = "Array(int8, 1, 'C', readonly=True)"
_ROK = "Array(uint64, 1, 'C', readonly=True)"


@njit("uint64(int64[::1], int64, int64)", cache=True, nogil=True, inline="always")
def pack(chars: Longs, at: int, size: int) -> np.uint64:
    """Return ``size`` characters from ``at`` as the key of a word."""
    key = np.uint64(0)
    for i in range(4):
        key = key << _16 | (np.uint64(chars[at + i]) if i < size else np.uint64(0))
    return key


@njit(f"float32(int64[::1], int64, boolean, {_ROK}, {_ROW}, {_ROW}, {_RO}, {_ROF})", cache=True, nogil=True)
def weight_before(
    chars: Longs,
    at: int,
    whole: bool,
    keys: Keys,
    weights: Weights,
    single: Weights,
    letters: Bytes,
    params: Costs,
) -> Any:
    """Return the weight of what stands before ``at``; ``whole``: the text begins at the first character."""
    if at == 0:
        return params[P_START] if whole else np.float32(0)
    for size in (4, 3, 2):
        if at >= size:
            slot = slot_of(keys, pack(chars, at - size, size))
            if slot >= 0 and weights[slot] != NONE:
                return np.float32(weights[slot] * 0.1)
    c = chars[at - 1]
    if single[c] != NONE:
        return np.float32(single[c] * 0.1)
    if letters[c] & TITLE_END:
        return params[P_TITLE]
    return params[P_BEFORE] if is_han(c) else params[P_OTHER]


@njit(f"float32(int64[::1], int64, int64, boolean, {_ROK}, {_ROW}, {_ROW}, {_ROF})", cache=True, nogil=True)
def weight_after(
    chars: Longs, at: int, n: int, whole: bool, keys: Keys, weights: Weights, single: Weights, params: Costs
) -> Any:
    """Return the weight of what stands at ``at``; ``whole``: the text ends with the last of ``n`` characters."""
    if at >= n:
        return params[P_END] if whole else np.float32(0)
    for size in (4, 3, 2):
        if at + size <= n:
            slot = slot_of(keys, pack(chars, at, size))
            if slot >= 0 and weights[slot] != NONE:
                return np.float32(weights[slot] * 0.1)
    c = chars[at]
    if single[c] != NONE:
        return np.float32(single[c] * 0.1)
    return params[P_AFTER] if is_han(c) else params[P_OTHER]


@njit(f"boolean(int64, int64, {_RO64})", cache=True, nogil=True)
def is_double(first: int, second: int, doubles: Longs) -> bool:
    """Tell whether the two characters are a surname of two."""
    key = first << 16 | second
    at = np.searchsorted(doubles, key)
    return bool(at < doubles.size and doubles[at] == key)


@njit(
    f"int64(int64[::1], int64, int64, {_ROF}, {_ROG}, {_RO}, {_RO64}, {_ROF}, float32[::1])",
    cache=True,
    nogil=True,
)
def name_scores(
    chars: Longs,
    at: int,
    n: int,
    surname: Costs,
    given: Table,
    letters: Bytes,
    doubles: Longs,
    params: Costs,
    out: Costs,
) -> int:
    """Write the scores of the names of 2, 3 and 4 characters at ``at`` to ``out[2:5]``; return the longest, 0 for none."""
    out[2] = out[3] = out[4] = _LOW
    c = chars[at]
    best = 0
    if letters[c] & SURNAME and at + 1 < n and is_han(chars[at + 1]):
        d = chars[at + 1]
        base = params[P_NAME] + surname[c]
        out[2] = base + given[ONLY, d] + params[P_TWO]
        best = 2
        if at + 2 < n and is_han(chars[at + 2]):
            out[3] = base + given[FIRST, d] + given[SECOND, chars[at + 2]]
            best = 3
            if letters[d] & SURNAME and at + 3 < n and is_han(chars[at + 3]):
                out[4] = (
                    base
                    + surname[d]
                    + given[FIRST, chars[at + 2]]
                    + given[SECOND, chars[at + 3]]
                    + params[P_FOUR]
                )
                best = 4
    if letters[c] & DOUBLE and at + 2 < n and is_double(c, chars[at + 1], doubles) and is_han(chars[at + 2]):
        base = params[P_NAME] - np.float32(5.5)
        out[3] = max(out[3], base + given[ONLY, chars[at + 2]])
        best = max(best, 3)
        if at + 3 < n and is_han(chars[at + 3]):
            out[4] = max(out[4], base + given[FIRST, chars[at + 2]] + given[SECOND, chars[at + 3]])
            best = 4
    return best


@njit(
    f"float32(int64[::1], int64, int64, {_ROK}, {_RO}, {_ROF}, {_ROF})",
    cache=True,
    nogil=True,
)
def plain_cost(chars: Longs, a: int, b: int, keys: Keys, pairs: Bytes, cost: Costs, single: Costs) -> Any:
    """Return the score of the best cut of ``chars[a:b]`` into words, names left out."""
    best = np.full(WINDOW + 1, _LOW, dtype=np.float32)
    best[0] = 0
    n = b - a
    for p in range(n):
        c = chars[a + p]
        best[p + 1] = max(best[p + 1], best[p] + single[c])
        if p + 1 < n and begins_word(pairs, c, chars[a + p + 1]):
            for size in range(2, min(4, n - p) + 1):
                slot = slot_of(keys, pack(chars, a + p, size))
                if slot >= 0:
                    best[p + size] = max(best[p + size], best[p] + cost[slot])
    return best[n]


@njit("UniTuple(int64, 2)(Array(uint8, 1, 'C', readonly=True), int64, int64)", cache=True, nogil=True)
def step_back(data: Bytes, p: int, s: int) -> tuple[int, int]:
    """Return ``(position, code point)`` of the character before ``p``."""
    q = p - 1
    while q > s and data[q] & 0xC0 == 0x80:
        q -= 1
    c, _ = character_at(data, q, p)
    return q, c


@njit(
    f"int64(int64[::1], int64, int64, int64, boolean, boolean, {_ROK}, {_RO}, {_ROF}, {_RO}, {_ROF}, {_ROW}, {_ROW},"
    f" {_ROW}, {_ROW}, {_ROF}, {_ROG}, {_RO}, {_RO64}, {_ROF}, int64[:, ::1],"
    " float32[:, ::1], int64[:, ::1], float32[::1])",
    cache=True,
    nogil=True,
)
def search(
    chars: Longs, n: int, low: int, high: int, at_start: bool, at_end: bool,
    keys: Keys, pairs: Bytes, cost: Costs, tags: Bytes, single: Costs, before: Weights, after: Weights,
    before1: Weights, after1: Weights, surname: Costs, given: Table, letters: Bytes, doubles: Longs, params: Costs,
    found: npt.NDArray[np.int64], score: Table, origin: npt.NDArray[np.int64], scores: Costs,
) -> int:  # fmt: skip
    """Cut ``chars[:n]`` into words and names; write ``(first, last + 1, bits)`` of each name and return their number.

    Names begin at ``low`` or after and before ``high``. ``chars`` has four zeros after its ``n`` characters;
    ``score`` and ``origin`` (``[WINDOW + 5, 2]``) and ``scores`` (``[5]``) are scratch.
    """
    for p in range(n + 5):
        score[p, 0] = score[p, 1] = _LOW
    score[0, 0] = 0
    for p in range(n):
        top = max(score[p, 0], score[p, 1])
        state = 0 if score[p, 0] >= score[p, 1] else 1
        c = chars[p]
        v = top + single[c]
        if v > score[p + 1, 0]:
            score[p + 1, 0] = v
            origin[p + 1, 0] = p * 2 + state
        named = 0
        if low <= p < high:
            named = name_scores(chars, p, n, surname, given, letters, doubles, params, scores)
        else:
            scores[2] = scores[3] = scores[4] = _LOW
        foreign = 0
        if p + 1 < n and begins_word(pairs, c, chars[p + 1]):
            for size in range(2, min(4, n - p) + 1):
                slot = slot_of(keys, pack(chars, p, size))
                if slot < 0 or cost[slot] == _LOW:
                    continue
                v = top + cost[slot]
                if tags[slot] == TAG_PERSON and scores[size] > params[P_LIKELY]:
                    v += params[P_PLAIN] if size > 2 else params[P_PLAIN_SHORT]
                if v > score[p + size, 0]:
                    score[p + size, 0] = v
                    origin[p + size, 0] = p * 2 + state
                if tags[slot] == TAG_PERSON and scores[size] > params[P_LIKELY]:
                    listed = cost[slot] + (params[P_LISTED] if size > 2 else params[P_LISTED_SHORT])
                    scores[size] = max(scores[size], listed)
                elif tags[slot] == TAG_FOREIGN and low <= p < high and size > 2:
                    scores[size] = max(scores[size], cost[slot] + params[P_FOREIGN])
                    foreign = size
        if named == 0 and foreign == 0:
            continue
        if named >= 3:
            # 王经理: a surname and a title are no full name.
            slot = slot_of(keys, pack(chars, p + 1, 2))
            if slot >= 0 and after[slot] >= params[P_TITLED]:
                scores[3] = _LOW
            if named == 4:
                slot = slot_of(keys, pack(chars, p + 2, 2))
                if slot >= 0 and after[slot] >= params[P_TITLED]:
                    scores[4] = _LOW
        ahead = weight_before(chars, p, at_start, keys, before, before1, letters, params)
        for size in range(2, max(named, foreign) + 1):
            if scores[size] <= HOPELESS or p + size > n:
                continue
            behind = weight_after(chars, p + size, n, at_end, keys, after, after1, params)
            if size == foreign and max(ahead, behind) < params[P_CONTEXT]:
                continue
            v = scores[size] + ahead + behind
            joined = score[p, 1] + params[P_ADJACENT]
            from_name = joined > score[p, 0]
            v += joined if from_name else score[p, 0]
            if v > score[p + size, 1]:
                score[p + size, 1] = v
                origin[p + size, 1] = p * 2 + (1 if from_name else 0)
    count = 0
    p = n
    state = 0 if score[n, 0] >= score[n, 1] else 1
    after_end = n
    while p > 0:
        back = origin[p, state]
        q = back // 2
        if state == 1:
            a = origin[q, 0] // 2 if back % 2 == 0 and q > 0 else q
            b = after_end
            there = score[p, 1] - score[q, back % 2]
            if a < q:
                there += score[q, 0] - max(score[a, 0], score[a, 1])
            if b > p:
                there += plain_cost(chars, p, b, keys, pairs, cost, single)
            margin = there - plain_cost(chars, a, b, keys, pairs, cost, single)
            bits = FOUND_SURE if margin >= params[P_SURE] else 0
            ahead = weight_before(chars, q, at_start, keys, before, before1, letters, params)
            behind = weight_after(chars, p, n, at_end, keys, after, after1, params)
            if max(ahead, behind) >= params[P_CONTEXT]:
                bits |= FOUND_CONTEXT
            if not letters[chars[q]] & (SURNAME | DOUBLE):
                bits |= FOUND_FOREIGN
            found[count, 0] = q
            found[count, 1] = p
            found[count, 2] = bits
            count += 1
        after_end = p
        p = q
        state = back % 2
    return count
