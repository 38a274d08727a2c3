"""A linear sequence model that says of every character whether it is in a personal name.

Labels are *outside*, *begin*, *middle*, *end*; a name has at least two characters. Each character near anything that is made
like a name is described (see :mod:`qingyuan.pii._kernel.described`); descriptions are hashed into one table of weights (hash
collisions are part of the model); the best labels of a stretch are found by dynamic programming, and so is how much worse the
best ones without a given name are. The weights are trained by ``bench/training/names.py``.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._blocks import BLOCK, lowest, plain_of
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import character_at
from qingyuan.pii._kernel.described import (
    AFTER,
    BEFORE,
    CUES,
    FEATURES,
    FOUND,
    NAMED,
    NEAR_BEFORE,
    NEAR_BEHIND,
    PAD,
    STRETCH,
    TITLED,
    UNKNOWN,
    Grid,
    Table,
    describe,
    found_class,
    plain,
    prepare,
    promising,
    runs,
)
from qingyuan.pii._kernel.lexicon import Costs, Keys, Weights
from qingyuan.pii._kernel.people import FOUND_CONTEXT, FOUND_MASKED, FOUND_SURE
from qingyuan.pii.batch import Bytes, Longs

Labels = npt.NDArray[np.int8]

OUTSIDE, BEGIN, MIDDLE, END = range(4)
LABELS = 4
#: Stretches remembered in which the model found nothing (a power of two), and the longest of them: remarks that differ
#: in their figures alone are one to the model.
_KNOWN, _KNOWN_SIZE = 256, 64
_LOW = np.float32(-1e9)
_MIX, _TURN = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
#: A stretch longer than this ends behind a comma or a blank.
_FULL = STRETCH - 24
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


@njit("boolean(int64)", cache=True, nogil=True, inline="always")
def _stops(c: int) -> bool:
    """Tell whether the character ends a stretch."""
    return c in (0x0A, 0x0D, 0x3002, 0xFF01, 0xFF1F, 0xFF1B)


@njit("boolean(int64)", cache=True, nogil=True, inline="always")
def may_be_inside(c: int) -> bool:
    """Tell whether the character may be part of a name: signs other than the joiner, digits and blanks at its ends may not."""
    return 0x3400 <= c < 0xFE00 or c in (0x61, 0xB7, 0x20)


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


@njit(f"int64({_RO}, int64, int64)", cache=True, nogil=True)
def ascii_stretch(data: Bytes, p: int, e: int) -> int:
    """Return the length of the stretch at ``p`` if it is long and its :data:`STRETCH` bytes are ASCII without a line end, or 0."""
    if p + STRETCH > e:
        return 0
    found = np.uint64(0)
    for at in range(p, p + STRETCH, BLOCK):
        other, gaps = plain_of(data, at)
        if other:
            return 0
        found = gaps
    found >>= np.uint64(_FULL - (STRETCH - BLOCK))
    return int(_FULL + 1 + lowest(found)) if found else STRETCH


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
    near = np.zeros(STRETCH, dtype=np.uint8)
    empty = np.zeros((_KNOWN, _KNOWN_SIZE + 1), dtype=np.int64)
    count = 0
    seen = 0
    total = seen_start.size
    for cell in range(starts.size):
        p, e = starts[cell], ends[cell]
        while p < e:
            if seen == total or seen_cell[seen] != cell or seen_start[seen] >= p + STRETCH:
                # Nothing Chinese stands in it, and the search found nothing: the model finds nothing either.
                n = ascii_stretch(data, p, e)
                if n:
                    p += n
                    continue
            n = 0
            while p < e and n < STRETCH:
                c, width = character_at(data, p, e)
                chars[PAD + n] = plain(c)
                places[n] = p
                p += width
                n += 1
                if _stops(c) or (n > _FULL and c in (0xFF0C, 0x2C, 0x20, 0x3001)):
                    break
            places[n] = p
            chars[PAD + n : PAD + n + PAD] = 0
            first = seen
            while seen < total and seen_cell[seen] == cell and seen_start[seen] < p:
                seen += 1
            near[:n] = 0
            if n < 2 or (not promising(chars, n, single, surname, given, foreign, near) and seen == first):
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
                near[max(0, i - NEAR_BEFORE) : min(n, j + NEAR_BEFORE)] = 1
            prepare(chars, n, keys, pairs, cost, tags, before, after, before1, after1, cues)
            runs(chars, n, keys, cost, classes, cues)
            for i in range(n):
                if TITLED <= cues[PAD + i, BEFORE] < UNKNOWN:
                    near[i : min(n, i + NEAR_BEHIND)] = 1
                if cues[PAD + i, NAMED] != 0:
                    near[max(0, i - NEAR_BEFORE) : min(n, i + NEAR_BEHIND)] = 1
                if TITLED <= cues[PAD + i, AFTER] + 1 <= UNKNOWN:
                    near[max(0, i - NEAR_BEHIND) : i] = 1
            for i in range(n):
                if near[i] == 0:
                    own[i, OUTSIDE] = sums[i, OUTSIDE] = 0
                    for t in range(BEGIN, LABELS):
                        own[i, t] = sums[i, t] = _NEVER
                    continue
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
