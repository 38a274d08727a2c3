"""Signs with SM2 as GB/T 32918.2 writes it, with affine arithmetic and a fixed nonce: for tests only."""

from __future__ import annotations

import functools
import hashlib

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)

Point = tuple[int, int] | None


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def add(p: Point, q: Point) -> Point:
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    slope = (
        (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P) if p == q else (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    )
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def times(scalar: int, point: Point) -> Point:
    total: Point = None
    while scalar:
        total = add(total, point) if scalar & 1 else total
        point, scalar = add(point, point), scalar >> 1
    return total


@functools.cache
def sm2_public(secret: int) -> bytes:
    point = times(secret, G)
    assert point is not None
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def z_of(public: bytes) -> bytes:
    parts = [b"\x00\x80", b"1234567812345678", *(v.to_bytes(32, "big") for v in (A, B, *G)), public[1:]]
    return sm3(b"".join(parts))


@functools.cache
def sm2_sign(secret: int, message: bytes) -> tuple[int, int]:
    e = int.from_bytes(sm3(z_of(sm2_public(secret)) + message), "big")
    k = int.from_bytes(sm3(secret.to_bytes(32, "big") + message), "big") % (N - 1) + 1
    point = times(k, G)
    assert point is not None
    r = (e + point[0]) % N
    s = pow(1 + secret, -1, N) * (k - r * secret) % N
    assert r
    assert s
    assert r + k != N
    return r, s


def sm2_raw(secret: int, message: bytes) -> bytes:
    r, s = sm2_sign(secret, message)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
