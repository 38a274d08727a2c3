"""A word list as a hash table: words of two to four characters packed into one number each.

A character takes sixteen bits, the first one the highest, absent ones are 0; words are thus compared by one
comparison. Longer words and words outside the basic plane are left out: they are made of shorter ones.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.cells import character_at
from qingyuan.pii.batch import Bytes

Keys = npt.NDArray[np.uint64]
Costs = npt.NDArray[np.float32]
Weights = npt.NDArray[np.int8]

#: Slots of the table and bits of the filter over first pairs; powers of two.
SLOTS = 1 << 20
PAIRS = 1 << 22
#: Longest word in characters.
LONGEST = 4
_LONGEST_NAME = 6
#: Tags kept of the word list: transliterated names, places, persons, then classes of other words.
TAG_FOREIGN, TAG_PLACE, TAG_PERSON = 1, 2, 3
(
    TAG_PROPER,
    TAG_NOUN,
    TAG_VERB,
    TAG_QUALITY,
    TAG_ADVERB,
    TAG_TIME,
    TAG_PRONOUN,
    TAG_COUNT,
    TAG_PHRASE,
    TAG_REST,
) = range(4, 14)

_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(44)  # 64 - log2(SLOTS)
_PAIR_SHIFT = np.uint64(42)  # 64 - log2(PAIRS)
_16, _32, _LOW = np.uint64(16), np.uint64(32), np.uint64(7)

_RO = "Array(uint8, 1, 'C', readonly=True)"
_KEYS = "Array(uint64, 1, 'C', readonly=True)"
_ROF = "Array(float32, 1, 'C', readonly=True)"
_ROG = "Array(float32, 2, 'C', readonly=True)"
#: How much likelier the characters must be in a given name, or each of them in a foreign name, than elsewhere (logarithms).
_OWN, _ALIEN = np.float32(1.0), np.float32(0.5)


@njit(f"int64({_KEYS}, uint64)", cache=True, nogil=True, inline="always")
def slot_of(keys: Keys, key: np.uint64) -> np.int64:
    """Return the slot that holds ``key``, or -1."""
    at = np.int64((key * _MIX) >> _SHIFT)
    while keys[at] != key:
        if keys[at] == 0:
            return np.int64(-1)
        at = (at + 1) & (SLOTS - 1)
    return at


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True, inline="always")
def begins_word(pairs: Bytes, first: int, second: int) -> bool:
    """Tell whether some word may begin with the two characters (never wrongly no)."""
    h = ((np.uint64(first) << _16 | np.uint64(second)) * _MIX) >> _PAIR_SHIFT
    return bool((pairs[np.int64(h >> np.uint64(3))] >> np.uint8(h & _LOW)) & 1)


@njit("int64(uint64[::1], uint8[::1], uint64)", cache=True, nogil=True)
def place(keys: Keys, pairs: Bytes, key: np.uint64) -> np.int64:
    """Put ``key`` into the table unless it is there, note its first pair, and return its slot."""
    at = np.int64((key * _MIX) >> _SHIFT)
    while keys[at] != 0 and keys[at] != key:
        at = (at + 1) & (SLOTS - 1)
    keys[at] = key
    h = ((key >> _32) * _MIX) >> _PAIR_SHIFT
    pairs[np.int64(h >> np.uint64(3))] |= np.uint8(1) << np.uint8(h & _LOW)
    return at


@njit("int64(int64, int64, int64)", cache=True, nogil=True)
def _tag_of(first: int, second: int, third: int) -> int:
    """Return the tag kept for a tag of the word list, of which the first three letters are given."""
    if first == 110:  # n
        if second == 114:  # nr, nrt
            return TAG_FOREIGN if third == 116 else TAG_PERSON
        if second == 115:  # ns
            return TAG_PLACE
        return TAG_PROPER if second in (116, 122) else TAG_NOUN  # nt, nz
    if first == 118:  # v
        return TAG_NOUN if second == 110 else TAG_VERB  # vn
    if first in (97, 98, 122):  # a, b, z
        return TAG_REST if second == 103 else TAG_QUALITY  # zg
    if first == 100:  # d
        return TAG_ADVERB
    if first in (116, 102, 115):  # t, f, s
        return TAG_TIME
    if first == 114:  # r
        return TAG_PRONOUN
    if first in (109, 113):  # m, q
        return TAG_COUNT
    if first in (105, 106, 108):  # i, j, l
        return TAG_PHRASE
    return TAG_REST


@njit(
    f"int64({_RO}, uint64[::1], uint8[::1], float32[::1], uint8[::1], float32[::1], float64[:, ::1],"
    f" float64[::1], {_RO}, int64)",
    cache=True,
    nogil=True,
)
def read_words(
    data: Bytes,
    keys: Keys,
    pairs: Bytes,
    counts: Costs,
    tags: Bytes,
    single: Costs,
    given: npt.NDArray[np.float64],
    foreign: npt.NDArray[np.float64],
    letters: Bytes,
    least: int,
) -> int:
    """Read a word list, ``word count tag`` a line, UTF-8; return the sum of the counts.

    Args:
        data: The file.
        keys: ``uint64[SLOTS]`` zeros; receives the words.
        pairs: ``uint8[PAIRS // 8]`` zeros; receives the filter over first pairs.
        counts: ``float32[SLOTS]``; receives the count of each word.
        tags: ``uint8[SLOTS]``; receives the tags.
        single: ``float32[65536]``; receives the counts of single characters.
        given: ``float64[3, 65536]``; receives how often a character is the first or second of two
            characters of a given name, or the only one, counting each full name in the list once.
        foreign: ``float64[65536]``; receives how often a character stands in a transliterated name.
        letters: Bit 0 marks surnames.
        least: Smallest count of a word that is kept.
    """
    total = 0
    n = data.size
    p = 0
    chars = np.zeros(8, dtype=np.int64)
    while p < n:
        size = 0
        good = True
        while p < n and data[p] != 32 and data[p] != 10:
            c, width = character_at(data, p, n)
            p += width
            if size < 8:
                chars[size] = c
            size += 1
            good = good and c != 0xFFFF
        p += 1
        count = 0
        while p < n and 48 <= data[p] <= 57:
            count = count * 10 + data[p] - 48
            p += 1
        tag = 0
        if p + 2 < n and data[p] == 32:
            tag = _tag_of(data[p + 1], data[p + 2], data[p + 3] if p + 3 < n else 0)
        while p < n and data[p] != 10:
            p += 1
        p += 1
        if not good or size == 0 or size > 8:
            continue
        total += count
        if size == 1:
            single[chars[0]] = count
            continue
        if tag == TAG_FOREIGN and size <= 8:
            for i in range(size):
                foreign[chars[i]] += 1
        if tag == TAG_PERSON and letters[chars[0]] & 1:
            if size == 3 and count >= 3:
                given[0, chars[1]] += 1
                given[1, chars[2]] += 1
            elif size == 2 and count >= 3:
                given[2, chars[1]] += 1
        if size > LONGEST or count < least:
            continue
        key = np.uint64(0)
        for i in range(LONGEST):
            key = key << _16 | (np.uint64(chars[i]) if i < size else np.uint64(0))
        at = place(keys, pairs, key)
        counts[at] = count
        tags[at] = tag
    return total


@njit(
    f"void({_RO}, int64[::1], int64[::1], {_KEYS}, {_ROF}, {_RO}, {_ROF}, {_ROG}, {_ROF}, float64, uint8[::1])",
    cache=True,
    nogil=True,
)
def telling(
    data: Bytes,
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    keys: Keys,
    cost: Costs,
    tags: Bytes,
    single: Costs,
    given: npt.NDArray[np.float32],
    foreign: Costs,
    ordinary: float,
    out: Bytes,
) -> None:
    """Write 1 for each value of two to six characters that reads like a name though its surname is not listed.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each value.
        ends: One past the last byte.
        keys: The word list.
        cost: Logarithm of each word's share of a text.
        tags: Its tag.
        single: The same logarithm of single characters.
        given: Rows of :mod:`qingyuan.pii._kernel.people`: first of two characters of a given name, second, only one.
        foreign: How much likelier a character is in a foreign or minority name than elsewhere.
        ordinary: A word more frequent than this is no name.
        out: Receives the answers.
    """
    chars = np.zeros(_LONGEST_NAME, dtype=np.int64)
    for i in range(starts.size):
        out[i] = 0
        n = 0
        key = np.uint64(0)
        p = starts[i]
        while p < ends[i] and n < _LONGEST_NAME:
            c, width = character_at(data, p, ends[i])
            chars[n] = c
            n += 1
            p += width
        if p < ends[i] or n < 2:
            continue
        for k in range(LONGEST):
            key = key << _16 | (np.uint64(chars[k]) if k < n else np.uint64(0))
        slot = slot_of(keys, key)
        if slot >= 0 and tags[slot] != TAG_PERSON and cost[slot] > ordinary:
            continue
        alien = np.float32(0)
        for k in range(n):
            alien += foreign[chars[k]]
        own = np.float32(0)
        if n == 2:
            own = given[2, chars[1]] - single[chars[1]]
        elif n == 3:
            own = given[0, chars[1]] + given[1, chars[2]] - single[chars[1]] - single[chars[2]]
        out[i] = alien > n * _ALIEN if n >= LONGEST else own > _OWN or alien > n * _ALIEN
