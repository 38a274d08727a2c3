"""Ed25519 signatures made by hand whose R has small order: they hold by the equation of RFC 8032 without the cofactor.

Under a key of mixed order (a good one plus a point of small order) every point of small order can be such an R, as soon
as the hash happens to fit; under a good key the identity can.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, P) % P
_SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)
_EIGHTH = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)

Point = tuple[int, int]


def _sum(one: Point, two: Point) -> Point:
    x1, y1, x2, y2 = *one, *two
    k = _D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P


def _times(number: int, point: Point) -> Point:
    total = (0, 1)
    while number:
        if number & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        number >>= 1
    return total


def _even(y: int) -> Point:
    """The point of a coordinate whose other coordinate is even."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * _SQRT_MINUS_1 % P
    assert x * x % P == square
    return (P - x if x & 1 else x), y


def _encoded(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def mixed_signatures() -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield key, message and signature for each of the eight points of small order as R."""
    base = _even(4 * pow(5, -1, P) % P)
    eighth = _even(_EIGHTH)
    secret = int.from_bytes(hashlib.sha512(b"mixed").digest(), "little") % ORDER
    public = _encoded(_sum(_times(secret, base), eighth))
    for multiple in range(8):
        r = _encoded(_times(multiple, eighth))
        for number in range(1_000):
            message = b"message %d" % number
            k = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % ORDER
            if (k + multiple) % 8 == 0:  # then the points of small order cancel out
                yield public, message, r + (k * secret % ORDER).to_bytes(32, "little")
                break
