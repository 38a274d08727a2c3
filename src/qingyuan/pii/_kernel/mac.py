"""HMAC-SHA256 of many short values at once: eight side by side in the lanes of vectors, no Python per value.

FIPS 180-4 (SHA-256) and RFC 2104 (HMAC). The compression is written in LLVM's own vectors, which LLVM fits to the
processor; values with as many blocks wait for each other.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from qingyuan.pii._identity import LENGTH
from qingyuan.pii._kernel._compile import intrinsic, ir, njit, types
from qingyuan.pii._kernel._words import word_at
from qingyuan.pii._kernel.digest import DIGITS, normalise
from qingyuan.pii._kernel.flags import ADDRESS, EMAIL, MOBILE, NAME, RESIDENT_ID
from qingyuan.pii.batch import Bytes, Longs

Words = npt.NDArray[np.uint32]

#: Values hashed at a time.
LANES = 8
#: Bytes of the longest normal form, and blocks of the longest text: prefix, normal form, padding.
_LONGEST = 1024
_BLOCKS = 17
_ROOM = 64 * (_BLOCKS + 1)
#: Digits of a mobile.
_MOBILE = 11

_VECTOR = ir.VectorType(ir.IntType(32), LANES)
_WORD = ir.IntType(64)


def _constants(count: int, power: int) -> list[int]:
    """Return the first 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4, 4.2.2, 5.3.3)."""
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
    return out


_K = _constants(64, 3)
_INITIAL = np.array(_constants(8, 2), dtype=np.uint32)


def _every(value: int) -> Any:
    """Return a vector of the same number."""
    return ir.Constant(_VECTOR, [value] * LANES)


def _mixed(b: Any, x: Any, *turns: int, shift: int = 0) -> Any:
    """Return ``x`` rotated right by each of ``turns`` and shifted by ``shift``, all combined by exclusive or."""
    parts = [b.or_(b.lshr(x, _every(n)), b.shl(x, _every(32 - n))) for n in turns]
    if shift:
        parts.append(b.lshr(x, _every(shift)))
    out = parts[0]
    for part in parts[1:]:
        out = b.xor(out, part)
    return out


def _sum(b: Any, *terms: Any) -> Any:
    """Return the sum of vectors."""
    out = terms[0]
    for term in terms[1:]:
        out = b.add(out, term)
    return out


def _rounds(builder: Any, state: list[Any], w: list[Any]) -> list[Any]:
    """Return the state after a block (FIPS 180-4, 6.2.2); ``w`` are its sixteen words."""
    a, b, c, d, e, f, g, h = state
    for t, constant in enumerate(_K):
        if t >= len(state) * 2:
            near = _mixed(builder, w[t - 2], 17, 19, shift=10)
            far = _mixed(builder, w[t - 15], 7, 18, shift=3)
            w.append(_sum(builder, near, w[t - 7], far, w[t - 16]))
        choice = builder.xor(g, builder.and_(e, builder.xor(f, g)))
        one = _sum(builder, h, _mixed(builder, e, 6, 11, 25), choice, _every(constant), w[t])
        majority = builder.or_(builder.and_(a, b), builder.and_(c, builder.or_(a, b)))
        two = builder.add(_mixed(builder, a, 2, 13, 22), majority)
        h, g, f, e, d, c, b, a = g, f, e, builder.add(d, one), c, b, a, builder.add(one, two)
    return [builder.add(old, new) for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def _compressed(_context: Any, states: Any, words: Any) -> Any:
    """Compress a block of each lane, ``uint32[16, LANES]``, into the states, ``uint32[8, LANES]``."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        places = []
        loaded = []
        for kind, array, rows in zip(signature.args, args, (8, 16), strict=True):
            data = context.make_array(kind)(context, builder, array).data
            start = builder.bitcast(data, _VECTOR.as_pointer())
            places.append([builder.gep(start, [ir.Constant(_WORD, row)]) for row in range(rows)])
            loaded.append([builder.load(place) for place in places[-1]])
            for value in loaded[-1]:
                value.align = 4
        for value, place in zip(_rounds(builder, *loaded), places[0], strict=True):
            builder.store(value, place).align = 4
        return context.get_dummy_value()

    return types.void(states, words), code


#: ``(states, words)``: see :func:`_compressed`.
compressed: Any = intrinsic(_compressed)


@njit("int64(Array(uint8, 1, 'C', readonly=True), int64, int64, uint8[::1], int64)", cache=True, nogil=True)
def _digits(data: Bytes, s: int, e: int, out: Bytes, at: int) -> int:
    """Copy ``s..e`` and return where it ends, or -1 if anything but ASCII digits is in it."""
    bad = np.uint8(0)
    for k in range(e - s):
        b = data[np.uint64(s + k)]
        bad |= np.uint8(np.uint8(b - 48) > 9)
        out[np.uint64(at + k)] = b
    return -1 if bad else at + e - s


@njit("int64(Array(uint8, 1, 'C', readonly=True), int64, int64, uint8[::1], int64)", cache=True, nogil=True)
def _words(data: Bytes, s: int, e: int, out: Bytes, at: int) -> int:
    """Copy ``s..e`` and return where it ends, or -1 if a blank, a quote or what an ideographic space begins with is in it."""
    bad = np.uint8(0)
    for k in range(e - s):
        b = data[np.uint64(s + k)]
        bad |= np.uint8((b <= 32) | (b == 34) | (b == 39) | (b == 0xE3))
        out[np.uint64(at + k)] = b
    return -1 if bad else at + e - s


@njit(
    "int64(Array(uint8, 1, 'C', readonly=True), int64, int64, int64, int64, uint8[::1], int64)",
    cache=True,
    nogil=True,
)
def _normal(data: Bytes, s: int, e: int, kind: int, form: int, out: Bytes, at: int) -> int:
    """Write the normal form and return its end, as :func:`qingyuan.pii._kernel.digest.normalise` does."""
    end = -1
    if form == DIGITS and e - s <= _LONGEST:
        if kind in (NAME, ADDRESS):
            end = _words(data, s, e, out, at)
        elif (
            kind != EMAIL
            and (kind != MOBILE or e - s == _MOBILE)
            and (kind != RESIDENT_ID or e - s == LENGTH)
        ):
            end = _digits(data, s, e, out, at)
    return int(end if end >= 0 else normalise(data, s, e, kind, form, out, at, _LONGEST))


@njit("uint32(uint8[::1], int64)", cache=True, nogil=True)
def _big(text: Bytes, at: int) -> np.uint32:
    """Return four bytes as a number, the first byte highest."""
    v = np.uint32(word_at(text, at) & np.uint64(0xFFFFFFFF))
    return np.uint32(
        v << np.uint32(24)
        | (v & np.uint32(0xFF00)) << np.uint32(8)
        | (v >> np.uint32(8)) & np.uint32(0xFF00)
        | v >> np.uint32(24)
    )


@njit("void(uint8[::1], int64, uint32[:, ::1], uint32[:, ::1], uint32[:, ::1])", cache=True, nogil=True)
def _hash(texts: Bytes, blocks: int, before: Words, state: Words, words: Words) -> None:
    """Hash the text of each lane, a row of :data:`_ROOM` bytes, on from a state."""
    for k in range(8):
        for lane in range(LANES):
            state[k, lane] = before[k, lane]
    for block in range(blocks):
        for lane in range(LANES):
            at = lane * _ROOM + 64 * block
            for t in range(16):
                words[t, lane] = _big(texts, at + 4 * t)
        compressed(state, words)


@njit(
    "void(uint8[::1], int64, int64, int64[::1], uint32[:, ::1], uint32[:, ::1], uint32[:, ::1], uint32[:, ::1],"
    " uint8[:, ::1])",
    cache=True,
    nogil=True,
)
def _finish(
    texts: Bytes, blocks: int, count: int, places: Longs, inner: Words, outer: Words, state: Words, words: Words,
    out: Bytes,
) -> None:  # fmt: skip
    """Write the first 16 bytes of the codes of the first lanes to their places."""
    _hash(texts, blocks, inner, state, words)
    for lane in range(LANES):
        for k in range(8):
            words[k, lane] = state[k, lane]
            state[k, lane] = outer[k, lane]
        words[8, lane] = np.uint32(0x80000000)
        for k in range(9, 15):
            words[k, lane] = np.uint32(0)
        words[15, lane] = np.uint32((64 + 32) * 8)
    compressed(state, words)
    for lane in range(count):
        for k in range(16):
            out[places[lane], k] = (state[k // 4, lane] >> np.uint32(24 - 8 * (k % 4))) & np.uint32(0xFF)


@njit(
    "void(Array(uint8, 1, 'C', readonly=True), int64[::1], int64[::1], uint8[::1], uint8[:, ::1], int64[::1],"
    " uint8[::1], uint8[::1], uint8[:, ::1])",
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
    key: Bytes,
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
        key: The key, padded with zeros to 64 bytes (RFC 2104, section 2).
        out: ``uint8[n, 16]`` receives the tokens.
    """
    states = np.empty((2, 8, LANES), dtype=np.uint32)
    state = np.empty((8, LANES), dtype=np.uint32)
    words = np.empty((16, LANES), dtype=np.uint32)
    # By number of blocks: texts of the lanes, how many there are, and their places.
    texts = np.empty((_BLOCKS + 1, LANES * _ROOM + 8), dtype=np.uint8)
    waiting = np.zeros(_BLOCKS + 1, dtype=np.int64)
    places = np.zeros((_BLOCKS + 1, LANES), dtype=np.int64)
    for turn in range(2):
        pad = np.uint8(0x5C if turn else 0x36)
        for lane in range(LANES):
            for k in range(8):
                states[turn, k, lane] = _INITIAL[k]
            for k in range(64):
                texts[0, lane * _ROOM + k] = key[k] ^ pad
        for k in range(8):
            for lane in range(LANES):
                state[k, lane] = states[turn, k, lane]
        for lane in range(LANES):
            for t in range(16):
                words[t, lane] = _big(texts[0], lane * _ROOM + 4 * t)
        compressed(state, words)
        for k in range(8):
            for lane in range(LANES):
                states[turn, k, lane] = state[k, lane]
    for i in range(starts.size):
        kind = kinds[i]
        size = prefix_sizes[kind]
        # Nearly all texts are of one block: they are written where those wait.
        text = texts[1]
        base = waiting[1] * _ROOM
        for k in range(size):
            text[base + k] = prefixes[kind, k]
        n = _normal(data, starts[i], ends[i], kind, forms[kind], text, base + size) - base
        blocks = (n + 9 + 63) // 64
        lane = waiting[blocks]
        if blocks > 1:
            text = texts[blocks]
            for k in range(n):
                text[lane * _ROOM + k] = texts[1, base + k]
            base = lane * _ROOM
        for k in range(n, blocks * 64 - 2):
            text[base + k] = 0
        text[base + n] = 0x80
        bits = (n + 64) * 8
        text[base + blocks * 64 - 2] = bits >> 8
        text[base + blocks * 64 - 1] = bits & 0xFF
        places[blocks, lane] = i
        waiting[blocks] = lane + 1
        if lane + 1 == LANES:
            _finish(text, blocks, LANES, places[blocks], states[0], states[1], state, words, out)
            waiting[blocks] = 0
    for blocks in range(1, _BLOCKS + 1):
        if waiting[blocks]:
            _finish(
                texts[blocks],
                blocks,
                waiting[blocks],
                places[blocks],
                states[0],
                states[1],
                state,
                words,
                out,
            )
