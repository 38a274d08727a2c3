"""A linear sequence model that says of every character whether it is in a personal name.

Labels are *outside*, *begin*, *middle*, *end*; a name has at least two characters. Each character is described by
the characters around it, by classes of them (surname, likely in a given name, likely in a foreign one), by the
words of the list that begin and end there, by the words that stand before and after names, and by what the search of
:mod:`qingyuan.pii._kernel.prose` found. Descriptions are hashed into one table of weights (hash collisions are part of
the model); the best labels of a stretch are found by dynamic programming, and so is how much worse the best ones
without a given name are. The weights are trained by ``bench/training/names.py``.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import character_at
from qingyuan.pii._kernel.lexicon import TAG_FOREIGN, TAG_PERSON, Costs, Keys, Weights, begins_word, slot_of
from qingyuan.pii._kernel.people import FOUND_CONTEXT, FOUND_MASKED, FOUND_SURE, NONE, pack
from qingyuan.pii.batch import Bytes, Longs

Table = npt.NDArray[np.float32]
Grid = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int8]

OUTSIDE, BEGIN, MIDDLE, END = range(4)
LABELS = 4
#: Longest stretch labelled at once, and characters of nothing on either side of it.
STRETCH, PAD = 256, 4
#: Descriptions of one character.
FEATURES = 57
#: Columns of ``cues``: ordinary word that begins and ends here (length), weight of what stands before and at this
#: place, the words themselves, what the search found, the class of the words, listed names that begin and end here,
#: the length of the title 《…》 the place is in.
BEGINS, ENDS, BEFORE, AFTER, WORD, LAST, FOUND, KIND, KIND_LAST, NAMED, NAMED_LAST, TITLE = range(12)
CUES = 12
#: Signs around titles, and the longest title that is told by its length.
_OPENS, _CLOSES, _TITLE = 0x300A, 0x300B, 15
#: Bits of a class: rank of a surname, then three bits each for the two characters of a given name, the only one, a foreign name.
_FIRST, _SECOND, _ONLY, _FOREIGN = 2, 5, 8, 11
_JOINER = 7
#: Stretches remembered in which the model found nothing (a power of two), and the longest of them: remarks that differ
#: in their figures alone are one to the model.
_KNOWN, _KNOWN_SIZE = 256, 64
#: Class of what stands beside without a known weight.
_UNKNOWN = 20
_LOW = np.float32(-1e9)
#: Added for what cannot be, small enough that sums of it keep their digits.
_NEVER = np.float32(-1e5)

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_ROF = "Array(float32, 1, 'C', readonly=True)"
_ROF2 = "Array(float32, 2, 'C', readonly=True)"
_ROW = "Array(int8, 1, 'C', readonly=True)"
_ROK = "Array(uint64, 1, 'C', readonly=True)"
_LEXICON = f"{_ROK}, {_RO}, {_ROF}, {_RO}, {_ROW}, {_ROW}, {_ROW}, {_ROW}"

_HALVES, _LOW_HALF = np.uint32(0x00FF00FF), np.uint32(0xFFFF)
_EIGHT, _SIXTEEN = np.uint32(8), np.uint32(16)
#: How much too high the sum of the descriptions' weights is.
_TOO_HIGH = FEATURES * 128

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
        cues[i, BEFORE] = cues[i, AFTER] = _UNKNOWN
        cues[i, WORD] = cues[i, LAST] = chars[i]
        cues[i, KIND] = cues[i, KIND_LAST] = cues[i, NAMED] = cues[i, NAMED_LAST] = cues[i, TITLE] = 0
    opened = -1
    for i in range(PAD, PAD + n):
        c = chars[i]
        if c == _OPENS:
            opened = i
        elif c == _CLOSES and opened >= 0:
            for k in range(opened + 1, i):
                cues[k, TITLE] = min(i - opened - 1, _TITLE)
            opened = -1
        if before1[c] != NONE:
            cues[i + 1, BEFORE] = before1[c] // 8 + 6
        if after1[c] != NONE:
            cues[i, AFTER] = after1[c] // 8 + 6
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


@njit(f"void(float32[:, ::1], int64, {_ROF2}, int8[::1], int8[:, ::1])", cache=True, nogil=True)
def best_labels(scores: Table, n: int, steps: Table, path: Labels, origin: npt.NDArray[np.int8]) -> None:
    """Write the best labels of ``n`` characters to ``path``; ``scores`` becomes the best sums up to each label."""
    scores[0, MIDDLE] = scores[0, END] = _LOW
    for i in range(1, n):
        for t in (OUTSIDE, BEGIN):
            one, other = scores[i - 1, OUTSIDE] + steps[OUTSIDE, t], scores[i - 1, END] + steps[END, t]
            origin[i, t] = OUTSIDE if one >= other else END
            scores[i, t] += max(one, other)
        for t in (MIDDLE, END):
            one, other = scores[i - 1, BEGIN] + steps[BEGIN, t], scores[i - 1, MIDDLE] + steps[MIDDLE, t]
            origin[i, t] = BEGIN if one >= other else MIDDLE
            scores[i, t] += max(one, other)
    t = OUTSIDE if scores[n - 1, OUTSIDE] >= scores[n - 1, END] else END
    for i in range(n - 1, -1, -1):
        path[i] = t
        if i > 0:
            t = origin[i, t]


@njit(f"void(float32[:, ::1], float32[:, ::1], int64, {_ROF2}, float32[:, ::1])", cache=True, nogil=True)
def _ahead(scores: Table, sums: Table, n: int, steps: Table, rest: Table) -> None:
    """Turn ``rest`` into the best sums behind each label and ``scores`` into how far *outside* is from the best."""
    rest[n - 1, OUTSIDE] = rest[n - 1, END] = 0
    rest[n - 1, BEGIN] = rest[n - 1, MIDDLE] = _LOW
    for i in range(n - 2, -1, -1):
        outside, begin = (
            rest[i + 1, OUTSIDE] + scores[i + 1, OUTSIDE],
            rest[i + 1, BEGIN] + scores[i + 1, BEGIN],
        )
        middle, end = rest[i + 1, MIDDLE] + scores[i + 1, MIDDLE], rest[i + 1, END] + scores[i + 1, END]
        for s in (OUTSIDE, END):
            rest[i, s] = max(outside + steps[s, OUTSIDE], begin + steps[s, BEGIN])
        for s in (BEGIN, MIDDLE):
            rest[i, s] = max(middle + steps[s, MIDDLE], end + steps[s, END])
    for i in range(n):
        top = sums[i, BEGIN] + rest[i, BEGIN]
        top = max(top, sums[i, MIDDLE] + rest[i, MIDDLE])
        top = max(top, sums[i, END] + rest[i, END])
        scores[i, OUTSIDE] = top - sums[i, OUTSIDE] - rest[i, OUTSIDE]


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


@njit("boolean(int64)", cache=True, nogil=True, inline="always")
def _stops(c: int) -> bool:
    """Tell whether the character ends a stretch."""
    return c in (0x0A, 0x0D, 0x3002, 0xFF01, 0xFF1F, 0xFF1B)


@njit("boolean(int64)", cache=True, nogil=True, inline="always")
def may_be_inside(c: int) -> bool:
    """Tell whether the character may be part of a name: signs other than the joiner, digits and blanks at its ends may not."""
    return 0x3400 <= c < 0xFE00 or c in (0x61, 0xB7, 0x20)


@njit("int64(int64)", cache=True, nogil=True)
def found_class(bits: Any) -> Any:
    """Return the class of what the search found, a multiple of three; its place in the name is added to it."""
    return (
        (3 if bits & FOUND_SURE else 0)
        + (6 if bits & FOUND_CONTEXT else 0)
        + (24 if bits & FOUND_MASKED else 0)
    )


@njit(f"boolean(int64[::1], int64, {_ROF}, {_ROF}, {_ROF2}, {_ROF})", cache=True, nogil=True)
def promising(chars: Longs, n: int, single: Costs, surname: Costs, given: Table, foreign: Costs) -> bool:
    """Tell whether ``chars[PAD : PAD + n]`` has anything that is made like a name."""
    for i in range(PAD, PAD + n - 1):
        c, d, e = chars[i], chars[i + 1], chars[i + 2]
        if foreign[c] + foreign[d] + foreign[e] > np.float32(2.2):
            return True
        if surname[c] > _LOW:
            plain_two = single[c] + single[d]
            if surname[c] + given[2, d] - plain_two > np.float32(-3.0):
                return True
            if surname[c] + given[0, d] + given[1, e] - plain_two - single[e] > np.float32(-3.0):
                return True
    return False


@njit("int64(int64[::1], int64)", cache=True, nogil=True)
def _known(chars: Longs, n: int) -> int:
    """Return where ``chars[PAD : PAD + n]`` is remembered if the model finds nothing in it."""
    h = np.uint64(n)
    for i in range(PAD, PAD + n):
        h = (h ^ np.uint64(chars[i])) * _MIX
        h ^= h >> _TURN
    return int(h & np.uint64(_KNOWN - 1))


@njit("boolean(int64[::1], int64, int64[:, ::1], int64)", cache=True, nogil=True)
def _is_known(chars: Longs, n: int, empty: Grid, slot: int) -> bool:
    """Tell whether ``chars[PAD : PAD + n]`` is what is remembered at ``slot``: its length and its characters."""
    if empty[slot, 0] != n:
        return False
    for i in range(n):
        if empty[slot, i + 1] != chars[PAD + i]:
            return False
    return True


@njit(
    f"int64({_RO}, {_RO64}, {_RO64}, {_RO64}, {_RO64}, {_RO64}, {_RO}, {_LEXICON}, {_ROF}, {_ROF}, {_ROF2}, {_ROF},"
    f" Array(uint16, 1, 'C', readonly=True), Array(uint32, 1, 'C', readonly=True), {_ROF2}, float64, float64, int64[::1], int64[::1], int64[::1], uint8[::1])",
    cache=True,
    nogil=True,
)
def label(
    data: Bytes, starts: Longs, ends: Longs, seen_cell: Longs, seen_start: Longs, seen_end: Longs, seen_bits: Bytes,
    keys: Keys, pairs: Bytes, cost: Costs, tags: Bytes, before: Weights, after: Weights, before1: Weights,
    after1: Weights, single: Costs, surname: Costs, given: Table, foreign: Costs, classes: npt.NDArray[np.uint16],
    weights: npt.NDArray[np.uint32], steps: Table, sure: float, least: float,
    out_cell: Longs, out_start: Longs, out_end: Longs, out_bits: Bytes,
) -> int:  # fmt: skip
    """Find the names of every cell by the model, write them in order and return their number.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte.
        seen_cell: Cell of each name the search found, ascending; likewise start, end, bits.
        seen_start: First byte.
        seen_end: One past the last byte.
        seen_bits: ``FOUND_…`` bits; hidden names are passed on.
        keys: The word list and the weights beside names, as in :mod:`qingyuan.pii._kernel.prose`.
        pairs: Its filter.
        cost: Its logarithms.
        tags: Its tags.
        before: Weights before names.
        after: Weights after names.
        before1: The same of single characters.
        after1: The same.
        single: Logarithms of single characters.
        surname: Logarithms of surnames.
        given: Logarithms of characters of given names.
        foreign: Scores of characters of foreign names.
        classes: Classes of characters.
        weights: ``uint32[2**k]``: the weights of the four labels, a byte each and 128 too high, the first one lowest.
        steps: ``float32[LABELS, LABELS]``, weights of one label after another.
        sure: Margin from which on a name is sure.
        least: Margin (below zero) down to which a sure find of the search stays as an unsure name.
        out_cell: Receives the cell of each name; likewise start, end, bits.
        out_start: Receives the first byte.
        out_end: Receives one past the last byte.
        out_bits: Receives the bits.
    """
    mask = np.uint64(weights.shape[0] - 1)
    chars = np.zeros(STRETCH + 2 * PAD, dtype=np.int64)
    places = np.zeros(STRETCH + 2 * PAD + 1, dtype=np.int64)
    cues = np.zeros((STRETCH + 2 * PAD, CUES), dtype=np.int64)
    slots = np.zeros(FEATURES, dtype=np.int64)
    own = np.zeros((STRETCH, LABELS), dtype=np.float32)
    sums = np.zeros((STRETCH, LABELS), dtype=np.float32)
    rest = np.zeros((STRETCH, LABELS), dtype=np.float32)
    origin = np.zeros((STRETCH, LABELS), dtype=np.int8)
    path = np.zeros(STRETCH, dtype=np.int8)
    empty = np.zeros((_KNOWN, _KNOWN_SIZE + 1), dtype=np.int64)
    count = 0
    seen = 0
    total = seen_start.size
    for cell in range(starts.size):
        p, e = starts[cell], ends[cell]
        while p < e:
            n = 0
            while p < e and n < STRETCH:
                c, width = character_at(data, p, e)
                chars[PAD + n] = plain(c)
                places[n] = p
                p += width
                n += 1
                if _stops(c) or (n > STRETCH - 24 and c in (0xFF0C, 0x2C, 0x20, 0x3001)):
                    break
            places[n] = p
            chars[PAD + n : PAD + n + PAD] = 0
            first = seen
            while seen < total and seen_cell[seen] == cell and seen_start[seen] < p:
                seen += 1
            if n < 2 or (seen == first and not promising(chars, n, single, surname, given, foreign)):
                continue
            slot = -1
            if seen == first and n <= _KNOWN_SIZE:
                slot = _known(chars, n)
                if _is_known(chars, n, empty, slot):
                    continue
            cues[:, FOUND] = 0
            i = 0
            for k in range(first, seen):
                while i < n and places[i] < seen_start[k]:
                    i += 1
                kind = found_class(np.int64(seen_bits[k]))
                j = i
                while j < n and places[j] < seen_end[k]:
                    cues[PAD + j, FOUND] = kind + 2
                    j += 1
                if j > i:
                    cues[PAD + j - 1, FOUND] = kind + 3
                    cues[PAD + i, FOUND] = kind + 1
            prepare(chars, n, keys, pairs, cost, tags, before, after, before1, after1, cues)
            for i in range(n):
                describe(chars, cues, classes, PAD + i, mask, slots)
                # Two labels at once in the halves of a number; each weight is 128 too high, so that none borrows from the next.
                even = odd = np.uint32(0)
                for k in range(FEATURES):
                    four = weights[slots[k]]
                    even += four & _HALVES
                    odd += (four >> _EIGHT) & _HALVES
                own[i, 0] = np.int64(even & _LOW_HALF) - _TOO_HIGH
                own[i, 1] = np.int64(odd & _LOW_HALF) - _TOO_HIGH
                own[i, 2] = np.int64(even >> _SIXTEEN) - _TOO_HIGH
                own[i, 3] = np.int64(odd >> _SIXTEEN) - _TOO_HIGH
                c = chars[PAD + i]
                if not may_be_inside(c):
                    own[i, BEGIN] = own[i, MIDDLE] = own[i, END] = _NEVER
                elif c < 0x100 and c != 0x61:
                    own[i, BEGIN] = own[i, END] = _NEVER
                for t in range(LABELS):
                    sums[i, t] = own[i, t]
            best_labels(sums, n, steps, path, origin)
            any_ = seen > first
            for i in range(n):
                any_ = any_ or path[i] != OUTSIDE
            if not any_:
                if slot >= 0:
                    empty[slot, 0] = n
                    for i in range(n):
                        empty[slot, i + 1] = chars[PAD + i]
                continue
            _ahead(own, sums, n, steps, rest)
            k = first
            i = 0
            while i < n or k < seen:
                # What the search found before the next name of the model: hidden ones stay, doubtful ones stay unsure.
                if k < seen and (i >= n or seen_start[k] < places[i + 1]):
                    begin, end, bits = seen_start[k], seen_end[k], seen_bits[k]
                    k += 1
                    stays = bits & FOUND_MASKED != 0
                    if not stays and bits & FOUND_SURE and bits & FOUND_CONTEXT:
                        stays = True
                        for j in range(n):
                            if begin <= places[j] < end and (path[j] != OUTSIDE or own[j, OUTSIDE] <= least):
                                stays = False
                        bits &= ~np.uint8(FOUND_SURE)
                    if stays and (count == 0 or out_cell[count - 1] != cell or out_end[count - 1] <= begin):
                        out_cell[count], out_start[count], out_end[count], out_bits[count] = (
                            cell,
                            begin,
                            end,
                            bits,
                        )
                        count += 1
                    continue
                if path[i] != BEGIN:
                    i += 1
                    continue
                j = i
                margin = own[i, OUTSIDE]
                while path[j] != END:
                    j += 1
                    margin = min(margin, own[j, OUTSIDE])
                begin, end = places[i], places[j + 1]
                i = j + 1
                if count > 0 and out_cell[count - 1] == cell and out_end[count - 1] > begin:
                    continue
                bits = np.uint8(FOUND_SURE if margin >= sure else 0)
                for q in range(first, seen):
                    if seen_start[q] == begin and seen_end[q] == end:
                        bits |= seen_bits[q] & np.uint8(FOUND_CONTEXT)
                out_cell[count], out_start[count], out_end[count], out_bits[count] = cell, begin, end, bits
                count += 1
    return count
