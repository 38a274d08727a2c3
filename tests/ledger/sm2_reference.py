"""The group of SM2 as textbooks write it, to check both implementations against."""

from __future__ import annotations

from qingyuan.ledger import _sm2_curve as curve

N = curve.N


def number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def affine_add(one: tuple[int, int] | None, two: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or two is None:
        return one or two
    (x1, y1), (x2, y2) = one, two
    if x1 == x2 and (y1 + y2) % curve.P == 0:
        return None
    if one == two:
        slope = (3 * x1 * x1 + curve.A) * pow(2 * y1, -1, curve.P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, curve.P)
    x3 = (slope * slope - x1 - x2) % curve.P
    return x3, (slope * (x1 - x3) - y1) % curve.P


def times(scalar: int, point: tuple[int, int]) -> tuple[int, int] | None:
    total: tuple[int, int] | None = None
    doubled: tuple[int, int] | None = point
    while scalar:
        if scalar & 1:
            total = affine_add(total, doubled)
        doubled = affine_add(doubled, doubled)
        scalar >>= 1
    return total
