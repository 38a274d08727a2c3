"""Values as 64-bit keys under a secret: equal values have equal keys, and a key says nothing without the secret.

The numbers that identify people are packed exactly (they fit into 64 bits) and enciphered with Speck64/128
(Beaulieu et al., IACR ePrint 2013/404): two different ones never share a key. Everything else goes
through SipHash-2-4 (Aumasson and Bernstein, INDOCRYPT 2012) over its normal form: two different values
share a key with probability 2**-64 a pair.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._blocks import BLOCK, kept_of
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel._words import LANES, ROUNDS, enciphered, word_at
from qingyuan.pii._kernel.digest import DIGITS, LETTERS, normalise
from qingyuan.pii._kernel.flags import (
    ADDRESS,
    BANK_CARD,
    LANDLINE,
    MASKED,
    MOBILE,
    NAME,
    PRIVACY_NUMBER,
    RESIDENT_ID,
)
from qingyuan.pii._kernel.together import TOGETHER, key_mobiles, key_short
from qingyuan.pii.batch import Bytes, Longs

Words = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.uint32]

_RO = "Array(uint8, 1, 'C', readonly=True)"
_ROW = "Array(uint32, 1, 'C', readonly=True)"
_ROK = "Array(uint64, 2, 'C', readonly=True)"
#: Longest normal form, as for tokens.
_LONGEST = 1024
#: Length of a mobile as it mostly stands, in bytes, and more than the highest code of a kind.
_ELEVEN, _MASKED = 11, 256
#: One more than the highest code of the kinds that are enciphered.
_CIPHERED = max(RESIDENT_ID, MOBILE, BANK_CARD) + 1


@njit("uint64(uint64, uint64)", cache=True, nogil=True)
def _turned(x: np.uint64, by: np.uint64) -> np.uint64:
    """Return ``x`` rotated left."""
    return x << by | x >> (np.uint64(64) - by)


_FOUR = "UniTuple(uint64, 4)"


@njit(f"{_FOUR}(uint64, uint64, uint64, uint64)", cache=True, nogil=True)
def _sip_round(
    v0: np.uint64, v1: np.uint64, v2: np.uint64, v3: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the state after a round of SipHash."""
    v0 += v1
    v1 = _turned(v1, np.uint64(13)) ^ v0
    v0 = _turned(v0, np.uint64(32))
    v2 += v3
    v3 = _turned(v3, np.uint64(16)) ^ v2
    v0 += v3
    v3 = _turned(v3, np.uint64(21)) ^ v0
    v2 += v1
    v1 = _turned(v1, np.uint64(17)) ^ v2
    v2 = _turned(v2, np.uint64(32))
    return v0, v1, v2, v3


@njit("uint64(uint8[::1], int64, uint64, uint64)", cache=True, nogil=True)
def siphash(data: Bytes, n: int, k0: np.uint64, k1: np.uint64) -> np.uint64:
    """Return SipHash-2-4 of the first ``n`` bytes; eight bytes after them are written over."""
    for k in range(n, n + 8):
        data[k] = 0
    v0 = k0 ^ np.uint64(0x736F6D6570736575)
    v1 = k1 ^ np.uint64(0x646F72616E646F6D)
    v2 = k0 ^ np.uint64(0x6C7967656E657261)
    v3 = k1 ^ np.uint64(0x7465646279746573)
    last = n >> 3
    for block in range(last + 1):
        m = word_at(data, block << 3)
        if block == last:
            m |= np.uint64(n) << np.uint64(56)
        v3 ^= m
        v0, v1, v2, v3 = _sip_round(v0, v1, v2, v3)
        v0, v1, v2, v3 = _sip_round(v0, v1, v2, v3)
        v0 ^= m
    v2 ^= np.uint64(0xFF)
    for _ in range(4):
        v0, v1, v2, v3 = _sip_round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3


@njit(f"uint64({_RO}, int64, int64, uint64, uint64)", cache=True, nogil=True)
def _siphash_at(data: Bytes, s: int, n: int, k0: np.uint64, k1: np.uint64) -> np.uint64:
    """Return SipHash-2-4 of ``n`` bytes from ``s`` on, where eight more can be read."""
    v0 = k0 ^ np.uint64(0x736F6D6570736575)
    v1 = k1 ^ np.uint64(0x646F72616E646F6D)
    v2 = k0 ^ np.uint64(0x6C7967656E657261)
    v3 = k1 ^ np.uint64(0x7465646279746573)
    last = n >> 3
    for block in range(last + 1):
        m = word_at(data, s + (block << 3))
        if block == last:
            m &= (np.uint64(1) << np.uint64((n & 7) << 3)) - np.uint64(1)
            m |= np.uint64(n) << np.uint64(56)
        v3 ^= m
        v0, v1, v2, v3 = _sip_round(v0, v1, v2, v3)
        v0, v1, v2, v3 = _sip_round(v0, v1, v2, v3)
        v0 ^= m
    v2 ^= np.uint64(0xFF)
    for _ in range(4):
        v0, v1, v2, v3 = _sip_round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3


@njit(f"boolean({_RO}, int64, int64, boolean)", cache=True, nogil=True)
def _is_normal(data: Bytes, s: int, e: int, letters: bool) -> bool:
    """Tell whether a name or address (or, with ``letters``, a code) is its own normal form (never wrongly yes)."""
    if e - s > _LONGEST:
        return False
    for p in range(s, e, BLOCK):
        if p + BLOCK + 8 > data.size:
            return False
        blanks, codes = kept_of(data, p)
        kept = ~np.uint64(0) if e - p >= BLOCK else ~np.uint64(0) >> np.uint64(BLOCK - (e - p))
        if (~codes if letters else blanks) & kept:
            return False
    return True


@njit(f"uint64({_RO}, int64)", cache=True, nogil=True)
def _eight_digits(data: Bytes, s: int) -> np.uint64:
    """Return the number that eight ASCII digits make, or one over 99,999,999 if they are none."""
    v = word_at(data, s) ^ np.uint64(0x3030303030303030)
    if (v | (v + np.uint64(0x0606060606060606))) & np.uint64(0xF0F0F0F0F0F0F0F0):
        return np.uint64(100_000_000)
    v = (v * np.uint64(10) + (v >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    v = (v * np.uint64(100) + (v >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    number: np.uint64 = (v * np.uint64(10_000) + (v >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return number


@njit(f"UniTuple(uint64, 2)({_RO}, int64)", cache=True, nogil=True)
def _identity(data: Bytes, s: int) -> tuple[np.uint64, np.uint64]:
    """Return what :func:`packed` does for the 18 ASCII characters of an identity number at ``s``."""
    high, low = _eight_digits(data, s), _eight_digits(data, s + 8)
    last = np.uint64(data[s + 16] - 48)
    check = np.uint64(10) if data[s + 17] | 32 == 120 else np.uint64(data[s + 17] - 48)
    if (
        high > np.uint64(99_999_999)
        or low > np.uint64(99_999_999)
        or last > np.uint64(9)
        or check > np.uint64(10)
    ):
        return np.uint64(0), np.uint64(0)
    if check == np.uint64(10) and data[s + 17] | 32 != 120:
        return np.uint64(0), np.uint64(0)
    value = (high * np.uint64(100_000_000) + low) * np.uint64(10) + last
    return value << np.uint64(4) | check, np.uint64(1)


@njit(f"UniTuple(uint64, 2)({_RO}, int64, int64)", cache=True, nogil=True)
def _card(data: Bytes, s: int, e: int) -> tuple[np.uint64, np.uint64]:
    """Return what :func:`packed` does for the 16 to 19 ASCII digits ``s..e`` of a card."""
    high, low = _eight_digits(data, s), _eight_digits(data, s + 8)
    if data[s] == 48 or high > np.uint64(99_999_999) or low > np.uint64(99_999_999):
        return np.uint64(0), np.uint64(0)
    value = high * np.uint64(100_000_000) + low
    for k in range(s + 16, e):
        digit = np.uint64(data[np.uint64(k)] - 48)
        if digit > np.uint64(9):
            return np.uint64(0), np.uint64(0)
        value = value * np.uint64(10) + digit
    return value, np.uint64(1)


@njit(f"int64({_RO}, int64, int64, uint8[::1])", cache=True, nogil=True)
def _digits(data: Bytes, s: int, e: int, out: Bytes) -> int:
    """Write the ASCII digits of ``s..e`` and return their number, or 0 where digits beyond ASCII may stand."""
    n = 0
    for k in range(s, e):
        b = data[np.uint64(k)]
        if b >= 0xC2 and (b <= 0xC3 or b == 0xE2 or b == 0xEF):
            return 0
        out[np.uint64(n)] = b
        n += 48 <= b <= 57
    return n


def round_keys(key: bytes) -> Words:
    """Return the 27 round keys of Speck64/128 for a key of 16 bytes."""
    k, *rest = np.frombuffer(key, dtype="<u4").tolist()
    out = []
    for i in range(ROUNDS):
        out.append(k)
        turned = (rest[i] >> 8 | rest[i] << 24) & 0xFFFFFFFF
        rest.append(((turned + k) & 0xFFFFFFFF) ^ i)
        k = ((k << 3 | k >> 29) & 0xFFFFFFFF) ^ rest[-1]
    return np.array(out, dtype=np.uint32)


@njit("UniTuple(uint64, 2)(uint8[::1], int64, uint8)", cache=True, nogil=True)
def packed(text: Bytes, n: int, kind: int) -> tuple[np.uint64, np.uint64]:
    """Return ``(number, 1)`` for the normal form of an identity number, mobile or card, else ``(0, 0)``.

    The number is different for every different normal form of the kind.
    """
    zero = np.uint64(0)
    last = n
    if kind == RESIDENT_ID:
        if n != 18:  # an old number has become that of today
            return zero, zero
        last = 17
    elif kind == MOBILE:
        if n != 11:
            return zero, zero
    elif n < 13 or n > 19 or text[0] == 48:
        return zero, zero
    value = zero
    for k in range(last):
        if text[k] > 57:
            return zero, zero
        value = value * np.uint64(10) + np.uint64(text[k] - 48)
    if kind == RESIDENT_ID:
        check = np.uint64(10) if text[17] == 88 else np.uint64(text[17] - 48)
        value = value << np.uint64(4) | check
    return value, np.uint64(1)


@njit(
    f"void(int64, int64, int64[::1], uint32[::1], uint32[::1], {_ROW}, uint64[::1])", cache=True, nogil=True
)
def encipher(kind: int, count: int, places: Longs, high: Words, low: Words, rounds: Words, out: Keys) -> None:
    """Write the first ``count`` of the sixteen values of a kind, enciphered with its round keys, to their places.

    Args:
        kind: The kind: its values begin at the sixteen-fold.
        count: How many there are.
        places: Where each goes.
        high: Upper halves of the values; overwritten.
        low: Lower halves; overwritten.
        rounds: ``uint32[27 * kinds]``, the round keys of each kind.
        out: Receives the keys.
    """
    first = LANES * kind
    enciphered(high, low, first, rounds, ROUNDS * kind)
    for k in range(first, first + count):
        at = np.uint64(k)
        out[np.uint64(places[at])] = np.uint64(high[at]) << np.uint64(32) | np.uint64(low[at])


@njit(
    f"void({_RO}, int64[::1], int64[::1], uint8[::1], uint32[::1], {_RO}, {_ROK}, {_ROW}, uint64[::1])",
    cache=True,
    nogil=True,
)
def key_values(
    data: Bytes,
    starts: Longs,
    ends: Longs,
    kinds: Bytes,
    flags: Flags,
    forms: Bytes,
    sip: Keys,
    rounds: Words,
    out: Keys,
) -> None:
    """Write the key of every value; 0 for a masked one that is no name.

    Args:
        data: The buffer the values stand in.
        starts: First byte of each value.
        ends: One past the last byte.
        kinds: Kind code of each value.
        flags: Evidence bits of each value.
        forms: Normal form of each kind, see :func:`qingyuan.pii._kernel.digest.normalise`.
        sip: ``uint64[kinds, 2]``, the SipHash key of each kind.
        rounds: ``uint32[27 * kinds]``, the round keys of each kind.
        out: ``uint64[n]`` receives the keys.
    """
    text = np.zeros(_LONGEST + 16, dtype=np.uint8)
    # A stretch at a time, the commonest values each with their like.
    mobiles = np.empty(TOGETHER + 1, dtype=np.int64)
    short = np.empty(TOGETHER + 1, dtype=np.int64)
    rest = np.empty(TOGETHER + 1, dtype=np.int64)
    # What is enciphered waits, kind by kind, until there is enough for all lanes.
    waiting = np.zeros(_CIPHERED, dtype=np.int64)
    places = np.zeros(_CIPHERED * LANES, dtype=np.int64)
    high = np.zeros(_CIPHERED * LANES, dtype=np.uint32)
    low = np.zeros(_CIPHERED * LANES, dtype=np.uint32)
    # By kind, those masked behind those in clear: which may be mobiles of eleven digits, short numbers, others with a key.
    of_mobile = np.zeros(2 * _MASKED, dtype=np.uint8)
    of_short = np.zeros(2 * _MASKED, dtype=np.uint8)
    of_rest = np.zeros(2 * _MASKED, dtype=np.uint8)
    of_rest[: forms.size] = 1
    of_rest[_MASKED + NAME] = 1
    of_mobile[MOBILE] = 1
    for kind in (PRIVACY_NUMBER, LANDLINE):
        of_short[kind] = forms[kind] == DIGITS
        of_rest[kind] = forms[kind] != DIGITS
    for begin in range(0, starts.size, TOGETHER):
        n_mobiles = 0
        n_short = 0
        left = 0
        for i in range(begin, min(begin + TOGETHER, starts.size)):
            at = np.uint64(i)
            own = np.uint64(kinds[at]) + np.uint64((flags[at] & MASKED) != 0) * np.uint64(_MASKED)
            eleven = np.uint8(ends[at] - starts[at] == _ELEVEN)
            mobile = of_mobile[own] & eleven
            number = of_short[own]
            # What is written for a value of another class is written over.
            out[at] = 0
            mobiles[np.uint64(n_mobiles)] = i
            short[np.uint64(n_short)] = i
            rest[np.uint64(left)] = i
            n_mobiles += int(mobile != 0)
            n_short += int(number != 0)
            left += int(of_rest[own] != mobile)
        left = key_mobiles(data, starts, mobiles, n_mobiles, rounds, out, rest, left)
        left = key_short(data, starts, ends, kinds, short, n_short, sip, out, rest, left)
        for k in range(left):
            i = rest[k]
            kind = kinds[i]
            s = starts[i]
            e = ends[i]
            form = forms[kind]
            value = np.uint64(0)
            exact = np.uint64(0)
            n = 0
            if kind == RESIDENT_ID and e - s == 18:
                value, exact = _identity(data, s)
            elif kind == BANK_CARD and 16 <= e - s <= 19:
                value, exact = _card(data, s, e)
            elif kind in (PRIVACY_NUMBER, LANDLINE) and form == DIGITS and e - s <= _LONGEST:
                n = _digits(data, s, e, text)
                if n > 0:
                    out[i] = siphash(text, n, sip[kind, 0], sip[kind, 1])
                    continue
            elif (kind in (NAME, ADDRESS) and form == DIGITS and _is_normal(data, s, e, False)) or (
                form == LETTERS
                and kind not in (RESIDENT_ID, MOBILE, BANK_CARD)
                and _is_normal(data, s, e, True)
            ):
                out[i] = _siphash_at(data, s, e - s, sip[kind, 0], sip[kind, 1])
                continue
            if exact == 0:
                n = normalise(data, s, e, kind, form, text, 0, _LONGEST)
                if kind in (RESIDENT_ID, MOBILE, BANK_CARD):
                    value, exact = packed(text, n, kind)
            if exact == 0:
                out[i] = siphash(text, n, sip[kind, 0], sip[kind, 1])
                continue
            count = waiting[kind]
            at = np.uint64(kind) * np.uint64(LANES) + np.uint64(count)
            places[at] = i
            high[at] = value >> np.uint64(32)
            low[at] = value & np.uint64(0xFFFFFFFF)
            waiting[kind] = count + 1
            if count + 1 == LANES:
                encipher(kind, LANES, places, high, low, rounds, out)
                waiting[kind] = 0
    for kind in range(_CIPHERED):
        encipher(kind, waiting[kind], places, high, low, rounds, out)
