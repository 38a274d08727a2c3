"""What the model of names is told of each character of a stretch: its descriptions, hashed into the table of weights.

They are of the characters around it, of classes of them (surname, likely in a given name, likely in a foreign one), of the
words of the list that begin and end there, of the words that stand before and after names, of what the search of
:mod:`qingyuan.pii._kernel.prose` found, of the title 《…》 it is in, and of the run of characters of foreign names it is part of.
See :mod:`qingyuan.pii._kernel.tagging` for what is made of them.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.lexicon import (
    TAG_FOREIGN,
    TAG_PERSON,
    TAG_PLACE,
    TAG_PROPER,
    Costs,
    Keys,
    Weights,
    begins_word,
    slot_of,
)
from qingyuan.pii._kernel.people import FOUND_CONTEXT, FOUND_MASKED, FOUND_SURE, NONE, pack
from qingyuan.pii.batch import Bytes, Longs

Table = npt.NDArray[np.float32]
Grid = npt.NDArray[np.int64]

#: Longest stretch labelled at once, and characters of nothing on either side of it.
STRETCH, PAD = 256, 4
#: Descriptions of one character.
FEATURES = 64
#: Columns of ``cues``: ordinary word that begins and ends here (length), weight of what stands before and at this
#: place, the words themselves, what the search found, the class of the words, listed names that begin and end here,
#: the length of the title 《…》 the place is in, where it is in a run of characters of foreign names, the words and the
#: tags before and behind that run.
BEGINS, ENDS, BEFORE, AFTER, WORD, LAST, FOUND, KIND, KIND_LAST, NAMED, NAMED_LAST, TITLE = range(12)
RUN, RUN_BEFORE, RUN_BEHIND, RUN_KINDS = range(12, 16)
CUES = 16
#: Class from which on a character is one of foreign names, and the logarithm of the share of a word from which on it ends a run.
_ALIEN, _OFTEN = 5, np.float32(-10.5)
#: Signs around titles, the longest title that is told by its length, and how long a title is at most of which only one sign is there.
_OPENS, _CLOSES, _TITLE, _CUT = 0x300A, 0x300B, 15, 16
#: Bits of a class: rank of a surname, then three bits each for the two characters of a given name, the only one, a foreign name.
_FIRST, _SECOND, _ONLY, _FOREIGN = 2, 5, 8, 11
_JOINER = 7
#: Characters before and from the first one of what is made like a name that are labelled with it.
NEAR_BEFORE, NEAR_BEHIND = 4, 7
#: Class of a word before a name, one more than that of a word behind, from which on what stands beside it is labelled too: titles.
TITLED = 11
#: Class of what stands beside without a known weight.
UNKNOWN = 20
_LOW = np.float32(-1e9)
#: How much likelier both characters of a given name that stands alone must be in given names than elsewhere (a logarithm).
_OWN = np.float32(0.7)

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_ROF = "Array(float32, 1, 'C', readonly=True)"
_ROF2 = "Array(float32, 2, 'C', readonly=True)"
_ROW = "Array(int8, 1, 'C', readonly=True)"
_ROK = "Array(uint64, 1, 'C', readonly=True)"
_LEXICON = f"{_ROK}, {_RO}, {_ROF}, {_RO}, {_ROW}, {_ROW}, {_ROW}, {_ROW}"

_MIX = np.uint64(0x9E3779B97F4A7C15)
_MIX2 = np.uint64(0xC2B2AE3D27D4EB4F)
_MIX3 = np.uint64(0x165667B19E3779F9)
_TURN = np.uint64(29)


@njit("int64(int64, int64, int64, int64, uint64)", cache=True, nogil=True, inline="always")
def _slot(template: int, a: Any, b: Any, c: Any, mask: np.uint64) -> np.int64:
    """Return the row of the table of weights for one description."""
    h = (np.uint64(template + 1) * _MIX ^ np.uint64(a)) * _MIX2
    h ^= h >> _TURN
    h = (h ^ np.uint64(b)) * _MIX3
    h ^= h >> _TURN
    h = (h ^ np.uint64(c)) * _MIX
    return np.int64((h ^ (h >> _TURN)) & mask)


@njit(f"void(int64[::1], int64, {_LEXICON}, int64[:, ::1])", cache=True, nogil=True)
def prepare(
    chars: Longs, n: int, keys: Keys, pairs: Bytes, cost: Costs, tags: Bytes,
    before: Weights, after: Weights, before1: Weights, after1: Weights, cues: Grid,
) -> None:  # fmt: skip
    """Fill the columns of ``cues`` but :data:`FOUND` for ``chars[PAD : PAD + n]``, which has zeros on both sides."""
    for i in range(n + 2 * PAD):
        cues[i, BEGINS] = cues[i, ENDS] = 1
        cues[i, BEFORE] = cues[i, AFTER] = UNKNOWN
        cues[i, WORD] = cues[i, LAST] = chars[i]
        cues[i, KIND] = cues[i, KIND_LAST] = cues[i, NAMED] = cues[i, NAMED_LAST] = cues[i, TITLE] = 0
    opened, closed = -1, PAD - 1
    for i in range(PAD, PAD + n):
        c = chars[i]
        if c == _OPENS:
            opened = i
        elif c == _CLOSES:
            begin = opened if opened >= 0 else closed
            if opened >= 0 or i - begin <= _CUT:
                for k in range(begin + 1, i):
                    cues[k, TITLE] = min(i - begin - 1, _TITLE)
            opened, closed = -1, i
        if before1[c] != NONE:
            cues[i + 1, BEFORE] = before1[c] // 8 + 6
        if after1[c] != NONE:
            cues[i, AFTER] = after1[c] // 8 + 6
    if opened >= 0 and PAD + n - opened <= _CUT:
        for k in range(opened + 1, PAD + n):
            cues[k, TITLE] = _TITLE
    for i in range(PAD, PAD + n - 1):
        if not begins_word(pairs, chars[i], chars[i + 1]):
            continue
        for size in range(2, min(4, PAD + n - i) + 1):
            key = pack(chars, i, size)
            slot = slot_of(keys, key)
            if slot < 0:
                continue
            if before[slot] != NONE:
                cues[i + size, BEFORE] = before[slot] // 8 + 7 if before[slot] > 0 else 5
            if after[slot] != NONE:
                cues[i, AFTER] = after[slot] // 8 + 6
            if cost[slot] <= _LOW:
                continue
            if tags[slot] in (TAG_PERSON, TAG_FOREIGN):
                cues[i, NAMED] = cues[i + size - 1, NAMED_LAST] = size + (
                    4 if tags[slot] == TAG_FOREIGN else 0
                )
                if size > 2 and cues[i, BEGINS] != 2:
                    cues[i, BEGINS] = 4 + size
                continue
            cues[i, BEGINS] = size
            cues[i, WORD] = np.int64(key)
            cues[i, KIND] = tags[slot]
            if cues[i + size - 1, ENDS] < size:
                cues[i + size - 1, ENDS] = size
                cues[i + size - 1, LAST] = np.int64(key)
                cues[i + size - 1, KIND_LAST] = tags[slot]


@njit(
    f"void(int64[::1], int64, {_ROK}, {_ROF}, Array(uint16, 1, 'C', readonly=True), int64[:, ::1])",
    cache=True,
    nogil=True,
)
def runs(chars: Longs, n: int, keys: Keys, cost: Costs, classes: npt.NDArray[np.uint16], cues: Grid) -> None:
    """Fill the columns of ``cues`` from :data:`RUN` on, after :func:`prepare`: runs of two and more characters of foreign names.

    An ordinary word with another character in it, or a frequent one, is no part of a run.
    """
    for i in range(n + 2 * PAD):
        cues[i, RUN] = cues[i, RUN_BEFORE] = cues[i, RUN_BEHIND] = cues[i, RUN_KINDS] = 0
    for i in range(PAD, PAD + n):
        cues[i, RUN] = 1 if np.int64(classes[chars[i]]) >> _FOREIGN & 7 >= _ALIEN else 0
    for i in range(PAD, PAD + n - 1):
        size = cues[i, BEGINS]
        if size < 2 or size > 4 or cues[i, KIND] in (TAG_PLACE, TAG_PROPER):
            continue
        plain_ = cost[slot_of(keys, np.uint64(cues[i, WORD]))] > _OFTEN
        for k in range(i, i + size):
            plain_ = plain_ or np.int64(classes[chars[k]]) >> _FOREIGN & 7 < _ALIEN
        if plain_:
            for k in range(i, i + size):
                cues[k, RUN] = 0
    i = PAD
    while i < PAD + n:
        j = i
        while j < PAD + n and cues[j, RUN] != 0:
            j += 1
        if j - i < 2:
            cues[i, RUN] = 0
            i = max(j, i + 1)
            continue
        kinds = ((cues[i - 1, KIND_LAST] * 32 + cues[i, BEFORE]) * 16 + cues[j, KIND]) * 32 + cues[j, AFTER]
        for k in range(i, j):
            cues[k, RUN] = 1 + min(k - i, 3) * 4 + min(j - 1 - k, 3)
            cues[k, RUN_BEFORE] = cues[i - 1, LAST]
            cues[k, RUN_BEHIND] = cues[j, WORD]
            cues[k, RUN_KINDS] = kinds
        i = j


@njit(
    "void(int64[::1], int64[:, ::1], Array(uint16, 1, 'C', readonly=True), int64, uint64, int64[::1])",
    cache=True,
    nogil=True,
)
def describe(
    chars: Longs, cues: Grid, classes: npt.NDArray[np.uint16], i: int, mask: np.uint64, out: Longs
) -> None:
    """Write the rows of the table for the character at ``i``, :data:`FEATURES` of them."""
    c0, b1, b2, b3 = chars[i], chars[i - 1], chars[i - 2], chars[i - 3]
    n1, n2, n3 = chars[i + 1], chars[i + 2], chars[i + 3]
    k0, kb1, kb2 = np.int64(classes[c0]), np.int64(classes[b1]), np.int64(classes[b2])
    kn1, kn2 = np.int64(classes[n1]), np.int64(classes[n2])
    s0, sb1, sb2, sn1 = k0 & 3, kb1 & 3, kb2 & 3, kn1 & 3
    g0, gb1, gn1 = k0 >> _FIRST & 7, kb1 >> _FIRST & 7, kn1 >> _FIRST & 7
    h0, hn1, hn2 = k0 >> _SECOND & 7, kn1 >> _SECOND & 7, kn2 >> _SECOND & 7
    o0, on1 = k0 >> _ONLY & 7, kn1 >> _ONLY & 7
    f0, fb1, fb2 = k0 >> _FOREIGN & 7, kb1 >> _FOREIGN & 7, kb2 >> _FOREIGN & 7
    fn1, fn2 = kn1 >> _FOREIGN & 7, kn2 >> _FOREIGN & 7
    lead, lead_before = cues[i, BEFORE], cues[i - 1, BEFORE]
    next_, next2 = cues[i + 1, AFTER], cues[i + 2, AFTER]
    begins, ends, begins_next = cues[i, BEGINS], cues[i, ENDS], cues[i + 1, BEGINS]
    found, found_before, found_next = cues[i, FOUND], cues[i - 1, FOUND], cues[i + 1, FOUND]
    out[0] = _slot(0, c0, 0, 0, mask)
    out[1] = _slot(1, b1, 0, 0, mask)
    out[2] = _slot(2, n1, 0, 0, mask)
    out[3] = _slot(3, b2, 0, 0, mask)
    out[4] = _slot(4, n2, 0, 0, mask)
    out[5] = _slot(5, b1, c0, 0, mask)
    out[6] = _slot(6, c0, n1, 0, mask)
    out[7] = _slot(7, b2, b1, 0, mask)
    out[8] = _slot(8, n1, n2, 0, mask)
    out[9] = _slot(9, b1, n1, 0, mask)
    out[10] = _slot(10, b3, b2, b1, mask)
    out[11] = _slot(11, n1, n2, n3, mask)
    out[12] = _slot(12, s0, gn1, hn2, mask)
    out[13] = _slot(13, sb1, g0, hn1, mask)
    out[14] = _slot(14, sb2, gb1, h0, mask)
    out[15] = _slot(15, sb1, o0, next_, mask)
    out[16] = _slot(16, s0, on1, next2, mask)
    out[17] = _slot(17, sb2 * 8 + gb1, h0, next_, mask)
    out[18] = _slot(18, s0 * 8 + gn1, hn2, lead, mask)
    out[19] = _slot(19, sb1 * 8 + g0, hn1, lead_before, mask)
    out[20] = _slot(20, fb1, f0, fn1, mask)
    out[21] = _slot(21, f0, fn1, fn2, mask)
    out[22] = _slot(22, fb2, fb1, f0, mask)
    out[23] = _slot(23, lead, s0, begins, mask)
    out[24] = _slot(24, next_, ends, h0, mask)
    out[25] = _slot(25, begins, ends, begins_next * 8 + cues[i - 1, ENDS], mask)
    out[26] = _slot(26, cues[i - 1, LAST], s0, 0, mask)
    out[27] = _slot(27, cues[i + 1, WORD], 0, 0, mask)
    out[28] = _slot(28, cues[i, WORD], 0, 0, mask)
    out[29] = _slot(29, cues[i, LAST], 0, 0, mask)
    out[30] = _slot(30, cues[i - 1, LAST], f0, fn1, mask)
    out[31] = _slot(31, lead, f0, fn1, mask)
    out[32] = _slot(32, lead, next_, 0, mask)
    out[33] = _slot(33, s0, sn1, sb1, mask)
    out[34] = _slot(34, next_, fb1, f0, mask)
    out[35] = _slot(35, cues[i - 2, LAST], b1, 0, mask)
    out[36] = _slot(36, found, found_before, found_next, mask)
    out[37] = _slot(37, found, c0, 0, mask)
    out[38] = _slot(38, found, lead, next_, mask)
    out[39] = _slot(39, found, ends, begins_next, mask)
    out[40] = _slot(40, found * 64 + found_next, n1, n2, mask)
    out[41] = _slot(41, found * 64 + found_before, b1, b2, mask)
    kind, kind_before, kind_next, kind_next2 = (
        cues[i, KIND],
        cues[i - 1, KIND_LAST],
        cues[i + 1, KIND],
        cues[i + 2, KIND],
    )
    named, named_last = cues[i, NAMED], cues[i, NAMED_LAST]
    out[42] = _slot(42, kind, kind_before, s0, mask)
    out[43] = _slot(43, kind_next, begins_next, h0, mask)
    out[44] = _slot(44, kind_before, f0, fn1, mask)
    out[45] = _slot(45, kind_before, c0, 0, mask)
    out[46] = _slot(46, kind_next, c0, 0, mask)
    out[47] = _slot(47, kind_next2, s0, gn1, mask)
    out[48] = _slot(48, named, begins, kind, mask)
    out[49] = _slot(49, named_last, kind_next, cues[i, KIND_LAST], mask)
    out[50] = _slot(50, named, kind_before, lead, mask)
    out[51] = _slot(51, named_last, next_, kind_next, mask)
    out[52] = _slot(52, kind_before, kind_next, f0, mask)
    out[53] = _slot(53, cues[i - 2, KIND_LAST], sb1, h0 * 16 + kind_next, mask)
    title = cues[i, TITLE]
    out[54] = _slot(54, title, found, s0, mask)
    out[55] = _slot(55, title, f0, fn1 * 8 + fb1, mask)
    out[56] = _slot(56, kind_before * 16 + kind_next, s0 * 8 + g0, h0 * 8 + f0, mask)
    run, before_run, behind_run = cues[i, RUN], cues[i, RUN_BEFORE], cues[i, RUN_BEHIND]
    out[57] = _slot(57, run, before_run, 0, mask)
    out[58] = _slot(58, run, behind_run, 0, mask)
    out[59] = _slot(59, run, cues[i, RUN_KINDS], 0, mask)
    out[60] = _slot(60, run, before_run, behind_run, mask)
    out[61] = _slot(61, cues[i + 1, WORD], f0, fb1, mask)
    out[62] = _slot(62, cues[i + 1, WORD], sb2 * 4 + sb1, h0, mask)
    out[63] = _slot(63, cues[i - 1, LAST], s0 * 8 + gn1, hn2, mask)


@njit("int64(int64)", cache=True, nogil=True)
def plain(c: int) -> int:
    """Return the character the model takes for ``c``: digits, letters, signs and widths that mean the same are one."""
    if 0xFF01 <= c <= 0xFF5E:
        c -= 0xFEE0
    if 0x30 <= c <= 0x39:
        return 0x30
    if 0x41 <= c <= 0x5A or 0x61 <= c <= 0x7A:
        return 0x61
    if c in (0x2022, 0x30FB, 0x2027, 0x22C5, 0x2219):
        return 0xB7
    if c in (0x3000, 0x09, 0xFFFF):
        return 0x20
    if c in (0x201C, 0x201D, 0x300C, 0x300D, 0x300E, 0x300F):
        return 0x22
    if c in (0x2018, 0x2019):
        return 0x27
    return c


@njit("int64(int64)", cache=True, nogil=True)
def found_class(bits: Any) -> Any:
    """Return the class of what the search found, a multiple of three; its place in the name is added to it."""
    return (
        (3 if bits & FOUND_SURE else 0)
        + (6 if bits & FOUND_CONTEXT else 0)
        + (24 if bits & FOUND_MASKED else 0)
    )


@njit(f"boolean(int64[::1], int64, {_ROF}, {_ROF}, {_ROF2}, {_ROF}, uint8[::1])", cache=True, nogil=True)
def promising(
    chars: Longs, n: int, single: Costs, surname: Costs, given: Table, foreign: Costs, near: Bytes
) -> bool:
    """Mark in ``near`` what stands near anything in ``chars[PAD : PAD + n]`` that is made like a name; tell whether there is any."""
    any_ = False
    for i in range(PAD, PAD + n - 1):
        c, d, e = chars[i], chars[i + 1], chars[i + 2]
        like = foreign[c] + foreign[d] + foreign[e] > np.float32(1.6)
        if not like and surname[c] > _LOW:
            plain_two = single[c] + single[d]
            like = surname[c] + given[2, d] - plain_two > np.float32(-4.0) or surname[c] + given[
                0, d
            ] + given[1, e] - plain_two - single[e] > np.float32(-4.0)
        if not like and c > 0x3400:
            like = given[0, c] - single[c] > _OWN and given[1, d] - single[d] > _OWN
        if like:
            any_ = True
            for k in range(max(0, i - PAD - NEAR_BEFORE), min(n, i - PAD + NEAR_BEHIND)):
                near[k] = 1
    return any_
