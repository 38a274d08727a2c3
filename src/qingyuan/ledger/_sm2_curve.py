"""The SM2 curve of GB/T 32918.5-2017 in plain integers: for checking signatures, never for making them.

Nothing here is constant-time, which is right for public keys and signatures and wrong for secrets. Used where
libcrypto lacks SM2, and to look at a point before libcrypto sees it.
"""

from __future__ import annotations

import functools
from typing import TypeAlias

#: Field prime, coefficients, base point and its order (GB/T 32918.5-2017, clause 4).
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)

_WINDOW = 5
_ODD = 1 << (_WINDOW - 2)

Affine: TypeAlias = tuple[int, int]
Jacobian: TypeAlias = tuple[int, int, int]

_INFINITY: Jacobian = (1, 1, 0)


def on_curve(point: Affine) -> bool:
    """Say whether both coordinates are below the prime and satisfy ``y² = x³ + ax + b``."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x + A) * x - B) % P == 0


def combine(s: int, t: int, point: Affine) -> Affine | None:
    """Return ``[s]G + [t]point``, or ``None`` for the point at infinity.

    Args:
        s: Scalar of the base point, not negative.
        t: Scalar of ``point``, not negative.
        point: A point on the curve.
    """
    tables = (_base_odds(), _odd_multiples(point))
    digits = (_naf(s), _naf(t))
    total = _INFINITY
    for at in range(max(map(len, digits)) - 1, -1, -1):
        total = _double(total)
        for table, each in zip(tables, digits, strict=True):
            digit = each[at] if at < len(each) else 0
            if digit > 0:
                total = _add(total, table[digit >> 1])
            elif digit < 0:
                x, y, z = table[-digit >> 1]
                total = _add(total, (x, P - y, z))
    x, y, z = total
    if not z:
        return None
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


@functools.cache
def _base_odds() -> tuple[Jacobian, ...]:
    return _odd_multiples(G)


def _odd_multiples(point: Affine) -> tuple[Jacobian, ...]:
    first = (*point, 1)
    twice = _double(first)
    table: list[Jacobian] = [first]
    for _ in range(_ODD - 1):
        table.append(_add(table[-1], twice))
    return tuple(table)


def _naf(scalar: int) -> list[int]:
    """Return the width-5 non-adjacent form, lowest digit first; digits are odd or zero, at most 15 in size."""
    digits = []
    full, half = 1 << _WINDOW, 1 << (_WINDOW - 1)
    while scalar:
        digit = 0
        if scalar & 1:
            digit = scalar % full
            if digit >= half:
                digit -= full
            scalar -= digit
        digits.append(digit)
        scalar >>= 1
    return digits


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    if not z or not y:
        return _INFINITY
    z2 = z * z % P
    y2 = y * y % P
    s = 4 * x * y2 % P
    m = 3 * (x - z2) * (x + z2) % P  # 3x² + az⁴ with a = −3
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * y2 * y2) % P, 2 * y * z % P


def _add(one: Jacobian, two: Jacobian) -> Jacobian:
    x1, y1, z1 = one
    x2, y2, z2 = two
    if not z1:
        return two
    if not z2:
        return one
    z1z1, z2z2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * z2z2 % P, x2 * z1z1 % P
    s1, s2 = y1 * z2 * z2z2 % P, y2 * z1 * z1z1 % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    if not h:
        return _INFINITY if r else _double(one)
    h2 = h * h % P
    h3, v = h * h2 % P, u1 * h2 % P
    x3 = (r * r - h3 - 2 * v) % P
    return x3, (r * (v - x3) - s1 * h3) % P, h * z1 * z2 % P
