"""Normalising values and HMAC-SHA256 over them, one pass, no Python per value.

FIPS 180-4 (SHA-256) and RFC 2104 (HMAC). The two padded key blocks are compressed once by the
caller; a value then costs two compressions.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.beside import numeral
from qingyuan.pii._kernel.cells import character_at
from qingyuan.pii._kernel.flags import ADDRESS, EMAIL, MOBILE, NAME, RESIDENT_ID
from qingyuan.pii._kernel.symbols import CROSS, is_letter, symbol_at
from qingyuan.pii.batch import Bytes, Longs

Words = npt.NDArray[np.uint32]

#: What of a value makes its token; see ``normal`` of :class:`qingyuan.pii.catalog.Kind`.
DIGITS, LETTERS, TEXT, EXACT = 0, 1, 2, 3


def _constants(count: int, power: int) -> Words:
    """Return the first 32 bits of the fractional parts of the roots of the first primes."""
    primes: list[int] = []
    candidate = 2
    while len(primes) < count:
        if all(candidate % p for p in primes):
            primes.append(candidate)
        candidate += 1
    out = []
    for p in primes:
        n = p << (32 * power)
        low, high = 0, 1 << 48
        while low < high:
            middle = (low + high + 1) // 2
            if middle**power <= n:
                low = middle
            else:
                high = middle - 1
        out.append(low & 0xFFFFFFFF)
    return np.array(out, dtype=np.uint32)


_K = _constants(64, 3)
INITIAL = _constants(8, 2)


@njit("void(uint32[::1], uint8[::1], int64, uint32[::1])", cache=True, nogil=True)
def compress(state: Words, block: Bytes, at: int, w: Words) -> None:
    """Compress 64 bytes of ``block`` from ``at`` into ``state``; ``w`` is 64 words of scratch."""
    for i in range(16):
        j = at + 4 * i
        w[i] = (
            np.uint32(block[j]) << np.uint32(24)
            | np.uint32(block[j + 1]) << np.uint32(16)
            | np.uint32(block[j + 2]) << np.uint32(8)
            | np.uint32(block[j + 3])
        )
    for i in range(16, 64):
        x = w[i - 15]
        y = w[i - 2]
        s0 = np.uint32(x >> np.uint32(7) | x << np.uint32(25)) ^ np.uint32(
            x >> np.uint32(18) | x << np.uint32(14)
        )
        s1 = np.uint32(y >> np.uint32(17) | y << np.uint32(15)) ^ np.uint32(
            y >> np.uint32(19) | y << np.uint32(13)
        )
        w[i] = np.uint32(
            w[i - 16] + np.uint32(s0 ^ (x >> np.uint32(3))) + w[i - 7] + np.uint32(s1 ^ (y >> np.uint32(10)))
        )
    a, b, c, d = state[0], state[1], state[2], state[3]
    e, f, g, h = state[4], state[5], state[6], state[7]
    for i in range(64):
        s1 = (
            np.uint32(e >> np.uint32(6) | e << np.uint32(26))
            ^ np.uint32(e >> np.uint32(11) | e << np.uint32(21))
            ^ np.uint32(e >> np.uint32(25) | e << np.uint32(7))
        )
        t1 = np.uint32(h + s1 + ((e & f) ^ (~e & g)) + _K[i] + w[i])
        s0 = (
            np.uint32(a >> np.uint32(2) | a << np.uint32(30))
            ^ np.uint32(a >> np.uint32(13) | a << np.uint32(19))
            ^ np.uint32(a >> np.uint32(22) | a << np.uint32(10))
        )
        t2 = np.uint32(s0 + ((a & b) ^ (a & c) ^ (b & c)))
        h, g, f, e = g, f, e, np.uint32(d + t1)
        d, c, b, a = c, b, a, np.uint32(t1 + t2)
    state[0] += a
    state[1] += b
    state[2] += c
    state[3] += d
    state[4] += e
    state[5] += f
    state[6] += g
    state[7] += h


@njit(
    "int64(Array(uint8, 1, 'C', readonly=True), int64, int64, int64, uint8[::1], int64, int64)",
    cache=True,
    nogil=True,
)
def _plain(data: Bytes, a: int, b: int, form: int, out: Bytes, at: int, limit: int) -> int:
    """Write the value without blanks and quotes, full-width ASCII as ASCII; see :data:`LETTERS`."""
    n = at
    p = a
    while p < b and n - at < limit:
        c = data[p] + 0
        width = 1
        if c == 0xEF and p + 2 < b and data[p + 1] in (0xBC, 0xBD):
            full = ((data[p + 1] & 3) << 6 | (data[p + 2] & 0x3F)) + 0x20
            if full <= 0x7E:
                c = full
                width = 3
        elif c == 0xE3 and p + 2 < b and data[p + 1] == 0x80 and data[p + 2] == 0x80:
            p += 3
            continue
        p += width
        if c in (32, 9, 10, 13, 34, 39):
            continue
        if form != EXACT and 97 <= c <= 122:
            c -= 32
        if form == LETTERS and not (is_letter(c) or 48 <= c <= 57 or c >= 0x80):
            continue
        out[n] = c
        n += 1
    return n


@njit(
    "int64(Array(uint8, 1, 'C', readonly=True), int64, int64, int64, int64, uint8[::1], int64, int64)",
    cache=True,
    nogil=True,
)
def normalise(data: Bytes, a: int, b: int, kind: int, form: int, out: Bytes, at: int, limit: int) -> int:
    """Write the normal form of ``data[a:b]`` into ``out`` from ``at``; return its end.

    ``form`` is one of :data:`DIGITS`, :data:`LETTERS`, :data:`TEXT`, :data:`EXACT`. Numbers keep their digits (``X`` upper-case in an ID, no country code before a mobile); e-mail
    addresses are lower-case; names and addresses lose their spaces. At most ``limit`` bytes.
    """
    if form != DIGITS:
        return _plain(data, a, b, form, out, at, limit)
    n = at
    p = a
    if kind in (EMAIL, NAME, ADDRESS):
        while p < b and n - at < limit:
            c = data[np.uint64(p)]
            if 0xE4 <= c <= 0xE9 and p + 2 < b and n - at + 2 < limit:
                for k in range(3):
                    out[np.uint64(n + k)] = data[np.uint64(p + k)]
                n += 3
                p += 3
                continue
            if kind == EMAIL:
                if 65 <= c <= 90:
                    c |= 32
            elif c in (32, 9, 10, 13, 34, 39):
                p += 1
                continue
            elif c == 0xE3 and p + 2 < b and data[p + 1] == 0x80 and data[p + 2] == 0x80:
                p += 3
                continue
            out[n] = c
            n += 1
            p += 1
        return n
    while p < b and n - at < limit:
        symbol, width = symbol_at(data, p, b)
        if width == 0:
            if kind == MOBILE and data[p] >= 0xE3:
                c, width = character_at(data, p, b)
                symbol = numeral(c)
                if symbol >= 0:
                    out[n] = 48 + symbol
                    n += 1
                p += width
                continue
            p += 1
            continue
        if 0 <= symbol <= 9:
            out[n] = 48 + symbol
            n += 1
        elif symbol == CROSS and kind == RESIDENT_ID:
            out[n] = 88
            n += 1
        p += width
    if kind == MOBILE and n - at > 11:
        shift = n - at - 11
        for k in range(at, at + 11):
            out[k] = out[k + shift]
        n = at + 11
    return n


@njit(
    "void(Array(uint8, 1, 'C', readonly=True), int64[::1], int64[::1], uint8[::1], uint8[:, ::1], int64[::1],"
    " uint8[::1], uint32[::1], uint32[::1], uint8[:, ::1])",
    cache=True,
    nogil=True,
)
def digest_values(
    data: Bytes,
    starts: Longs,
    ends: Longs,
    kinds: Bytes,
    prefixes: Bytes,
    prefix_sizes: Longs,
    forms: Bytes,
    inner: Words,
    outer: Words,
    out: Bytes,
) -> None:
    """Write the first 16 bytes of HMAC-SHA256 of ``prefix + normal form`` of every value.

    Args:
        data: The buffer the values stand in.
        starts: First byte of each value.
        ends: One past the last byte.
        kinds: Kind code of each value.
        prefixes: ``uint8[kinds, 32]``, the ASCII prefix of each kind (``"mobile:"``).
        prefix_sizes: Length of each prefix.
        forms: Normal form of each kind.
        inner: SHA-256 state after the key block XOR 0x36.
        outer: The same with 0x5c.
        out: ``uint8[n, 16]`` receives the tokens.
    """
    buffer = np.zeros(1152, dtype=np.uint8)
    second = np.zeros(64, dtype=np.uint8)
    w = np.empty(64, dtype=np.uint32)
    state = np.empty(8, dtype=np.uint32)
    second[32] = 0x80
    second[62] = (64 + 32) * 8 >> 8
    second[63] = (64 + 32) * 8 & 0xFF
    for i in range(starts.size):
        kind = kinds[i]
        size = prefix_sizes[kind]
        for k in range(size):
            buffer[k] = prefixes[kind, k]
        n = normalise(data, starts[i], ends[i], kind, forms[kind], buffer, size, 1024)
        blocks = (n + 9 + 63) // 64
        total = blocks * 64
        buffer[n] = 0x80
        for k in range(n + 1, total):
            buffer[k] = 0
        bits = (n + 64) * 8
        for k in range(4):
            buffer[total - 1 - k] = (bits >> (8 * k)) & 0xFF
        for k in range(8):
            state[k] = inner[k]
        for k in range(blocks):
            compress(state, buffer, 64 * k, w)
        for k in range(8):
            v = state[k]
            for j in range(4):
                second[4 * k + j] = (v >> np.uint32(24 - 8 * j)) & np.uint32(0xFF)
            state[k] = outer[k]
        compress(state, second, 0, w)
        for k in range(16):
            out[i, k] = (state[k // 4] >> np.uint32(24 - 8 * (k % 4))) & np.uint32(0xFF)
