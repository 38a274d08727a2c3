"""SM2 signatures in compiled code: the base point by table, in constant time.

Libcrypto 3.0 multiplies the base point of SM2 by its general ladder, half a millisecond; by a table of
``j · 16^i · G`` it is 64 additions. Field elements are four 64-bit words, least first, in Montgomery form. What depends on a
secret is done without branches and without addresses made of it: each addition reads all fifteen points of its window and
keeps one under a mask, the addition formulas have no exceptions, and reductions choose under a mask. Loops run over public
counts.

Sources: GB/T 32918.2-2016, 6.1; J. Renes, C. Costello and L. Batina, "Complete addition formulas for prime order elliptic
curves", EUROCRYPT 2016, algorithm 5; P. Montgomery, "Modular multiplication without trial division", 1985.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import types as numba_types
from numba.extending import intrinsic as numba_intrinsic

from qingyuan.ledger._compiled.blocks import SM3, copy, hash_blocks
from qingyuan.ledger._compiled.local import kernel, local_bytes, local_longs, local_words
from qingyuan.ledger._compiled.sm3 import Bytes
from qingyuan.ledger._sm2_curve import B, G, N, P

#: Without Numba's types, which know nothing of what such a function is given.
intrinsic: Any = numba_intrinsic
types: Any = numba_types

Words: TypeAlias = npt.NDArray[np.uint64]
Four: TypeAlias = tuple[np.uint64, np.uint64, np.uint64, np.uint64]

_WINDOWS = 64
_POINTS = 15
_BITS = 64
_R = 1 << 256


def _words(value: int) -> tuple[np.uint64, ...]:
    """Return a number as four words, least first."""
    return tuple(np.uint64(value >> (_BITS * at) & (1 << _BITS) - 1) for at in range(4))


_P = _words(P)
_N = _words(N)
#: Minus the inverse of the modulus, modulo 2^64.
_P_INVERSE = np.uint64(-pow(P, -1, 1 << _BITS) % (1 << _BITS))
_N_INVERSE = np.uint64(-pow(N, -1, 1 << _BITS) % (1 << _BITS))
_P_ONE = _words(_R % P)
_P_B = _words(B * _R % P)
_P_GX = _words(G[0] * _R % P)
_P_GY = _words(G[1] * _R % P)
_N_SQUARE = _words(_R * _R % N)
#: The exponent of Fermat's inverse, a public constant, as digits of four bits, greatest first.
_P_MINUS_2 = np.array([P - 2 >> 4 * at & 15 for at in range(63, -1, -1)], dtype=np.uint8)
_PLAIN_ONE = (np.uint64(1), np.uint64(0), np.uint64(0), np.uint64(0))
_ZERO = np.uint64(0)


@intrinsic
def _mac(typing: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Return low and high word of ``a · b + c + d``, which never overflows 128 bits."""
    word = types.uint64
    signature = types.UniTuple(word, 2)(word, word, word, word)

    def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
        wide = ir.IntType(2 * _BITS)
        a, b, c, d = (builder.zext(each, wide) for each in given)
        total = builder.add(builder.add(builder.mul(a, b), c), d)
        narrow = ir.IntType(_BITS)
        low = builder.trunc(total, narrow)
        high = builder.trunc(builder.lshr(total, ir.Constant(wide, _BITS)), narrow)
        return context.make_tuple(builder, of.return_type, (low, high))

    return signature, build


@kernel
def _less_modulus(t: Any, top: Any, m: Any) -> Any:
    """Return a number of 256 bits and a carry, below twice the modulus, less the modulus where it is not below it."""
    borrow = _ZERO
    d0, borrow = _less(t[0], m[0], borrow)
    d1, borrow = _less(t[1], m[1], borrow)
    d2, borrow = _less(t[2], m[2], borrow)
    d3, borrow = _less(t[3], m[3], borrow)
    keep = _ZERO - (borrow & (top ^ np.uint64(1)))  # all ones where the difference is negative
    take = ~keep
    return (
        (t[0] & keep) | (d0 & take),
        (t[1] & keep) | (d1 & take),
        (t[2] & keep) | (d2 & take),
        (t[3] & keep) | (d3 & take),
    )


@intrinsic
def _plus(typing: Any, a: Any, b: Any, carry: Any) -> Any:
    """Return the sum of two words and a carry, and the carry of it."""
    word = types.uint64
    signature = types.UniTuple(word, 2)(word, word, word)

    def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
        wide, narrow = ir.IntType(2 * _BITS), ir.IntType(_BITS)
        a, b, carry = (builder.zext(each, wide) for each in given)
        total = builder.add(builder.add(a, b), carry)
        high = builder.trunc(builder.lshr(total, ir.Constant(wide, _BITS)), narrow)
        return context.make_tuple(builder, of.return_type, (builder.trunc(total, narrow), high))

    return signature, build


@intrinsic
def _less(typing: Any, a: Any, b: Any, borrow: Any) -> Any:
    """Return the difference of two words and a borrow, and the borrow of it (0 or 1)."""
    word = types.uint64
    signature = types.UniTuple(word, 2)(word, word, word)

    def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
        wide, narrow = ir.IntType(2 * _BITS), ir.IntType(_BITS)
        a, b, borrow = (builder.zext(each, wide) for each in given)
        total = builder.sub(builder.sub(a, b), borrow)
        high = builder.trunc(builder.lshr(total, ir.Constant(wide, 2 * _BITS - 1)), narrow)
        return context.make_tuple(builder, of.return_type, (builder.trunc(total, narrow), high))

    return signature, build


@kernel
def _times(a: Any, b: Any, m: Any, inverse: Any) -> Any:
    """Return the Montgomery product ``a · b / 2^256 mod m``."""
    t0 = t1 = t2 = t3 = t4 = _ZERO
    for i in (0, 1, 2, 3):
        x = b[i]
        t0, c = _mac(a[0], x, t0, _ZERO)
        t1, c = _mac(a[1], x, t1, c)
        t2, c = _mac(a[2], x, t2, c)
        t3, c = _mac(a[3], x, t3, c)
        t4, t5 = _plus(t4, c, _ZERO)
        q = t0 * inverse
        _, c = _mac(q, m[0], t0, _ZERO)
        t0, c = _mac(q, m[1], t1, c)
        t1, c = _mac(q, m[2], t2, c)
        t2, c = _mac(q, m[3], t3, c)
        t3, c = _plus(t4, c, _ZERO)
        t4 = t5 + c
    return _less_modulus((t0, t1, t2, t3), t4, m)


@kernel
def _mul(a: Any, b: Any) -> Any:
    return _times(a, b, _P, _P_INVERSE)


@kernel
def _add_mod(a: Any, b: Any, m: Any) -> Any:
    t0, c = _plus(a[0], b[0], _ZERO)
    t1, c = _plus(a[1], b[1], c)
    t2, c = _plus(a[2], b[2], c)
    t3, c = _plus(a[3], b[3], c)
    return _less_modulus((t0, t1, t2, t3), c, m)


@kernel
def _sub_mod(a: Any, b: Any, m: Any) -> Any:
    t0, c = _less(a[0], b[0], _ZERO)
    t1, c = _less(a[1], b[1], c)
    t2, c = _less(a[2], b[2], c)
    t3, c = _less(a[3], b[3], c)
    mask = _ZERO - c
    t0, c = _plus(t0, m[0] & mask, _ZERO)
    t1, c = _plus(t1, m[1] & mask, c)
    t2, c = _plus(t2, m[2] & mask, c)
    t3, c = _plus(t3, m[3] & mask, c)
    return (t0, t1, t2, t3)


@kernel
def _add(a: Any, b: Any) -> Any:
    return _add_mod(a, b, _P)


@kernel
def _sub(a: Any, b: Any) -> Any:
    return _sub_mod(a, b, _P)


@kernel
def _sum(x1: Any, y1: Any, z1: Any, x2: Any, y2: Any) -> Any:
    """Return a projective point plus an affine one; complete but for the point at infinity on the right."""
    t0 = _mul(x1, x2)
    t1 = _mul(y1, y2)
    t3 = _mul(_add(x2, y2), _add(x1, y1))
    t3 = _sub(t3, _add(t0, t1))
    t4 = _add(_mul(y2, z1), y1)
    y3 = _add(_mul(x2, z1), x1)
    x3 = _sub(y3, _mul(_P_B, z1))
    x3 = _add(x3, _add(x3, x3))
    z3 = _sub(t1, x3)
    x3 = _add(t1, x3)
    y3 = _mul(_P_B, y3)
    t2 = _add(_add(z1, z1), z1)
    y3 = _sub(_sub(y3, t2), t0)
    y3 = _add(_add(y3, y3), y3)
    t0 = _sub(_add(_add(t0, t0), t0), t2)
    t1 = _mul(t4, y3)
    t2 = _mul(t0, y3)
    y3 = _add(_mul(x3, z3), t2)
    x3 = _sub(_mul(t3, x3), t1)
    z3 = _add(_mul(t4, z3), _mul(t3, t0))
    return x3, y3, z3


@kernel
def _inverted(a: Any) -> Any:
    """Return the inverse in the field, by Fermat: the exponent is public."""
    powers = local_longs(64)
    one = a
    now = _P_ONE
    for at in range(16):
        for i in range(4):
            powers[4 * at + i] = now[i]
        now = _mul(now, one)
    out = _P_ONE
    for at in range(64):
        for _ in range(4):
            out = _mul(out, out)
        each = 4 * int(_P_MINUS_2[at])
        out = _mul(out, (powers[each], powers[each + 1], powers[each + 2], powers[each + 3]))
    return out


@kernel
def make_table(table: Words) -> None:
    """Write the multiples 1 to 15 of ``16^i · G``: windows × points × (four words of x, four of y)."""
    base_x, base_y = _P_GX, _P_GY
    for window in range(64):
        x, y, z = base_x, base_y, _P_ONE
        px, py = base_x, base_y
        for point in range(16):
            if point:
                x, y, z = _sum(x, y, z, base_x, base_y)
                inverse = _inverted(z)
                px, py = _mul(x, inverse), _mul(y, inverse)
            if point < 15:
                for i in range(4):
                    table[(15 * window + point) * 8 + i] = px[i]
                    table[(15 * window + point) * 8 + 4 + i] = py[i]
        base_x, base_y = px, py


@kernel
def _base_x(k: Words, table: Words) -> Any:
    """Return the x coordinate of ``[k]G``, plain; constant time."""
    zero = (_ZERO, _ZERO, _ZERO, _ZERO)
    x, y, z = zero, _P_ONE, zero
    for window in range(64):
        digit = (k[window >> 4] >> np.uint64(4 * (window & 15))) & np.uint64(15)
        x0 = x1 = x2 = x3 = y0 = y1 = y2 = y3 = _ZERO
        for point in range(15):
            other = digit ^ np.uint64(point + 1)
            row = (15 * window + point) * 8
            mask = ((other - np.uint64(1)) >> np.uint64(63)) * np.uint64(0xFFFFFFFFFFFFFFFF)
            x0 |= table[row + 0] & mask
            x1 |= table[row + 1] & mask
            x2 |= table[row + 2] & mask
            x3 |= table[row + 3] & mask
            y0 |= table[row + 4] & mask
            y1 |= table[row + 5] & mask
            y2 |= table[row + 6] & mask
            y3 |= table[row + 7] & mask
        nx, ny, nz = _sum(x, y, z, (x0, x1, x2, x3), (y0, y1, y2, y3))
        keep = ((digit - np.uint64(1)) >> np.uint64(63)) * np.uint64(0xFFFFFFFFFFFFFFFF)
        x = _chosen(x, nx, keep)
        y = _chosen(y, ny, keep)
        z = _chosen(z, nz, keep)
    return _mul(_mul(x, _inverted(z)), _PLAIN_ONE)


@kernel
def _chosen(a: Any, b: Any, mask: Any) -> Any:
    """Return ``a`` under a mask of ones, ``b`` under one of zeros."""
    other = ~mask
    return (
        (a[0] & mask) | (b[0] & other),
        (a[1] & mask) | (b[1] & other),
        (a[2] & mask) | (b[2] & other),
        (a[3] & mask) | (b[3] & other),
    )


@kernel
def _is_any(a: Any) -> Any:
    """Return 1 for a number that is not zero, else 0."""
    bits = a[0] | a[1] | a[2] | a[3]
    return (bits | (_ZERO - bits)) >> np.uint64(63)


@kernel
def _read(data: Any, into: Words) -> None:
    for i in range(4):
        word = _ZERO
        for j in range(8):
            word = (word << np.uint64(8)) | np.uint64(data[24 - 8 * i + j])
        into[i] = word


@kernel
def _write(value: Any, out: Any, start: int) -> None:
    for i in range(4):
        for j in range(8):
            out[start + 24 - 8 * i + j] = np.uint8((value[i] >> np.uint64(56 - 8 * j)) & np.uint64(255))


@kernel
def _sign(words: Words, digest: Bytes, inverse: Bytes, table: Words, out: Bytes) -> Any:
    """Write ``r ‖ s`` by the nonce in ``words``; return 1 if the standard allows it (A5 and A6), else 0."""
    k = (words[0], words[1], words[2], words[3])
    x = _less_modulus(_base_x(words, table), _ZERO, _N)
    _read(digest, words)
    e = _less_modulus((words[0], words[1], words[2], words[3]), _ZERO, _N)
    _read(inverse, words)
    d = _times((words[0], words[1], words[2], words[3]), _N_SQUARE, _N, _N_INVERSE)
    for i in range(4):
        words[i] = _ZERO
    r = _add_mod(e, x, _N)
    s = _sub_mod(_times(_add_mod(k, r, _N), d, _N, _N_INVERSE), r, _N)
    _write(r, out, 0)
    _write(s, out, 32)
    t = _add_mod(r, s, _N)
    return _is_any(r) & _is_any(s) & _is_any(t)


@kernel
def sign(nonce: Bytes, digest: Bytes, inverse: Bytes, table: Words, out: Bytes) -> Any:
    """Write the signature ``r ‖ s`` by one nonce (6.1, A4 to A6), and return 1 if the standard allows it, else 0.

    Args:
        nonce: The number k, 1 to n − 1, 32 bytes.
        digest: The digest e, 32 bytes.
        inverse: ``(1 + d)⁻¹ mod n``, 32 bytes.
        table: Of :func:`make_table`.
        out: Takes 64 bytes.
    """
    words = local_longs(4)
    _read(nonce, words)
    return _sign(words, digest, inverse, table, out)


@kernel
def _hmac(key: Bytes, data: Bytes, count: int, buffer: Bytes, state: Any, out: Bytes) -> None:
    """Write HMAC-SM3 (RFC 2104) of the first ``count`` bytes under a key of 32; ``out`` may be any of the two."""
    for inner in range(2):
        length = 96 if inner else 64 + count  # with the key's block
        pad = 0x5C if inner else 0x36
        blocks = (length + 8) // 64 + 1
        for i in range(64, 64 * blocks):
            buffer[i] = 0
        for i in range(32):
            buffer[i] = key[i] ^ pad
            buffer[32 + i] = pad
        if inner:
            copy(buffer, 64, state[1], 0, 32)
        else:
            copy(buffer, 64, data, 0, count)
        buffer[length] = 0x80
        buffer[64 * blocks - 2] = 8 * length >> 8
        buffer[64 * blocks - 1] = 8 * length & 255
        hash_blocks(SM3, buffer, blocks, state[0], out if inner else state[1], 0)


@kernel
def first_nonce(private: Bytes, digest: Bytes, words: Words) -> Any:
    """Write the first number that RFC 6979, 3.2 draws, with HMAC-SM3; return 1 if it is 1 to n − 1, as all but one in 2^32 are, or 0."""
    key, data, buffer = local_bytes(32), local_bytes(97), local_bytes(192)
    state = (local_words(8), local_bytes(32))
    for i in range(32):
        key[i] = 0
    _read(digest, words)
    for i in range(32):
        data[i] = 1
    for mark in range(2):
        data[32] = mark
        copy(data, 33, private, 0, 32)
        _write(_less_modulus((words[0], words[1], words[2], words[3]), _ZERO, _N), data, 65)
        _hmac(key, data, 97, buffer, state, key)
        _hmac(key, data, 32, buffer, state, data)
    _hmac(key, data, 32, buffer, state, data)
    _read(data, words)
    for i in range(192):
        buffer[i] = 0
    borrow = _ZERO
    for i in (0, 1, 2, 3):
        _, borrow = _less(words[i], _N[i], borrow)
    return borrow & _is_any((words[0], words[1], words[2], words[3]))


@kernel
def sign_first(private: Bytes, digest: Bytes, inverse: Bytes, table: Words, out: Bytes) -> Any:
    """Write the signature by the first nonce of RFC 6979, and return 1 if there is one by it, else 0."""
    words = local_longs(4)
    return first_nonce(private, digest, words) & _sign(words, digest, inverse, table, out)
