"""Keys of the commonest values, many at a time: mobiles of eleven digits, and numbers of eight to twenty-three.

The keys are those of :mod:`qingyuan.pii._kernel.keyed`; what is written otherwise is left to it.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._blocks import BLOCK, bits, lowest
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel._words import LANES, ROUNDS, TEXTS, enciphered, put_word, sipped, word_at
from qingyuan.pii._kernel.flags import MOBILE
from qingyuan.pii.batch import Bytes, Longs

Words = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]

#: Values looked at together.
TOGETHER = 1024
#: Longest short number, and the room for its digits, which are written word by word; in bytes.
_SHORT, _ROOM = 24, 40
_ZEROS, _OVER, _LOW, _TOPS, _SIXES, _HIGH, _ONES = (
    np.uint64(byte * 0x0101010101010101) for byte in (0x30, 0x76, 0x7F, 0x80, 0x06, 0xF0, 0x01)
)
#: Bytes that digits beyond ASCII begin with: these and 0xC2.
_C3, _E2, _EF = (np.uint64(byte * 0x0101010101010101) for byte in (0xC3, 0xE2, 0xEF))

_RO = "Array(uint8, 1, 'C', readonly=True)"
_ROW = "Array(uint32, 1, 'C', readonly=True)"
_ROK = "Array(uint64, 2, 'C', readonly=True)"


@njit("boolean(uint64)", cache=True, nogil=True)
def _may_be_wide(word: np.uint64) -> bool:
    """Tell whether a byte may begin a digit beyond ASCII; see :func:`_digits`."""
    found = np.uint64(0)
    for other in ((word | _ONES) ^ _C3, word ^ _E2, word ^ _EF):
        found |= (other - _ONES) & ~other
    return bool(found & _TOPS)


@njit(f"UniTuple(uint64, 2)({_RO}, int64, int64)", cache=True, nogil=True)
def _gathered(data: Bytes, s: int, size: int) -> tuple[np.uint64, np.uint64]:
    """Return the ASCII digits among the one to eight bytes at ``s`` as a word, the first lowest, and how many.

    More than eight where digits beyond ASCII may stand. Eight bytes are read.
    """
    kept = ~np.uint64(0) >> (np.uint64(8 - size) << np.uint64(3))
    word = word_at(data, s) & kept
    turned = word ^ _ZEROS
    other = (((turned & _LOW) + _OVER) | turned) & _TOPS & kept
    n = np.uint64(size) - np.uint64(bits(other))
    if word & _TOPS and _may_be_wide(word):
        return np.uint64(0), np.uint64(BLOCK)
    if n == 0:
        return np.uint64(0), np.uint64(0)
    while other:
        # A run of other bytes is taken out at once.
        first = np.uint64(lowest(other)) & np.uint64(56)
        run = np.uint64(lowest(~((other >> np.uint64(7)) * np.uint64(255) >> first)))
        below = (np.uint64(1) << first) - np.uint64(1)
        word = (word & below) | (word >> run & ~below)
        other = other >> run & ~below
    return word, n


@njit(
    f"int64({_RO}, int64[::1], int64[::1], int64, {_ROW}, uint64[::1], int64[::1], int64)",
    cache=True,
    nogil=True,
)
def key_mobiles(
    data: Bytes, starts: Longs, places: Longs, count: int, rounds: Words, out: Keys, rest: Longs, left: int
) -> int:  # fmt: skip
    """Write the keys of the ``count`` mobiles of eleven bytes at ``places``; return the number in ``rest`` with those that are no ASCII digits."""
    high = np.empty(TOGETHER + LANES, dtype=np.uint32)
    low = np.empty(TOGETHER + LANES, dtype=np.uint32)
    n = 0
    for k in range(count):
        i = places[np.uint64(k)]
        s = starts[np.uint64(i)]
        a = word_at(data, s) ^ _ZEROS
        b = word_at(data, s + 3) ^ _ZEROS
        exact = ((a | (a + _SIXES)) | (b | (b + _SIXES))) & _HIGH == 0
        a = (a * np.uint64(10) + (a >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
        a = (a * np.uint64(100) + (a >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
        a = (a * np.uint64(10_000) + (a >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
        b = (b >> np.uint64(40) & np.uint64(15)) * np.uint64(100) + (
            (b >> np.uint64(48) & np.uint64(15)) * np.uint64(10) + (b >> np.uint64(56))
        )
        value = a * np.uint64(1000) + b
        # What is written for a value of another writing is written over.
        places[np.uint64(n)] = i
        high[np.uint64(n)] = value >> np.uint64(32)
        low[np.uint64(n)] = value & np.uint64(0xFFFFFFFF)
        rest[np.uint64(left)] = i
        n += exact
        left += not exact
    for k in range(0, n, LANES):
        enciphered(high, low, k, rounds, ROUNDS * MOBILE)
    for k in range(n):
        at = np.uint64(k)
        out[np.uint64(places[at])] = np.uint64(high[at]) << np.uint64(32) | np.uint64(low[at])
    return left


@njit(
    f"int64({_RO}, int64[::1], int64[::1], uint8[::1], int64[::1], int64, {_ROK}, uint64[::1], int64[::1], int64)",
    cache=True,
    nogil=True,
)
def key_short(
    data: Bytes, starts: Longs, ends: Longs, kinds: Bytes, places: Longs, count: int, sip: Keys, out: Keys, rest: Longs,
    left: int,
) -> int:  # fmt: skip
    """Write the keys of the ``count`` short numbers at ``places``; return the number in ``rest`` with those of other lengths or writings."""
    written = np.empty((count + 1) * _ROOM, dtype=np.uint8)
    sizes = np.empty(count, dtype=np.int64)
    texts = np.empty((3, TOGETHER + TEXTS), dtype=np.uint64)
    k0 = np.empty(TOGETHER + TEXTS, dtype=np.uint64)
    k1 = np.empty(TOGETHER + TEXTS, dtype=np.uint64)
    n = 0
    for k in range(count):
        i = places[np.uint64(k)]
        s = starts[np.uint64(i)]
        size = ends[np.uint64(i)] - s
        if size < 8 or size > _SHORT or s + _SHORT > data.size:
            rest[np.uint64(left)] = i
            left += 1
            continue
        row = n * _ROOM
        put_word(written, row + 8, np.uint64(0))
        put_word(written, row + 16, np.uint64(0))
        word, digits = _gathered(data, s, 8)
        put_word(written, row, word)
        total = digits
        wide = digits
        if size > 8:
            word, digits = _gathered(data, s + 8, min(size - 8, 8))
            put_word(written, row + np.int64(total & np.uint64(15)), word)
            total += digits
            wide |= digits
        if size > 16:
            word, digits = _gathered(data, s + 16, size - 16)
            put_word(written, row + np.int64(total & np.uint64(31)), word)
            total += digits
            wide |= digits
        plain = (wide < np.uint64(BLOCK)) & (total >= np.uint64(8)) & (total < np.uint64(24))
        places[np.uint64(n)] = i
        sizes[np.uint64(n)] = np.int64(total)
        rest[np.uint64(left)] = i
        n += int(plain)
        left += not plain
    for k in range(n):
        row = k * _ROOM
        size = sizes[np.uint64(k)]
        kind = np.uint64(kinds[np.uint64(places[np.uint64(k)])])
        length = np.uint64(size) << np.uint64(56)
        texts[0, np.uint64(k)] = word_at(written, row)
        long = size >= 16
        texts[1, np.uint64(k)] = word_at(written, row + 8) | (np.uint64(0) if long else length)
        texts[2, np.uint64(k)] = word_at(written, row + 16) | length if long else np.uint64(0)
        k0[np.uint64(k)] = sip[kind, 0]
        k1[np.uint64(k)] = sip[kind, 1]
    for k in range(0, n, TEXTS):
        sipped(texts, k0, k1, k)
    for k in range(n):
        out[np.uint64(places[np.uint64(k)])] = texts[0, np.uint64(k)]
    return left
