"""Ed25519 signatures, checked strictly: S below the group order, canonical encodings, and neither a key nor an R of small order.

RFC 8032 leaves a reader free to take keys of small order, under which one signature holds for many texts. OpenSSL refuses a
large S, and an R that is not canonical cannot equal what it computes; it does take such keys, so they are refused here. Nobody who draws
a nonce as the RFC says comes to an R of small order; one made by hand can hold under a key of mixed order for readers without the cofactor only.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_P = 2**255 - 19
_SIZE = 32
#: y coordinate of two of the four points of order eight; that of the others is its negative.
_EIGHTH = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
#: The y coordinates of all points whose order divides eight.
_SMALL = frozenset({0, 1, _P - 1, _EIGHTH, _P - _EIGHTH})


def is_ed25519_public(public: bytes) -> bool:
    """Say whether 32 bytes may be a public key: a canonical y coordinate of a point that is not of small order.

    That there is such a point at all is not looked at; without one no signature verifies.
    """
    y = _y(public)
    return len(public) == _SIZE and y < _P and y not in _SMALL


def _y(point: bytes) -> int:
    return int.from_bytes(point, "little") & (1 << 255) - 1


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether ``signature`` is the one of ``message`` by ``public`` (RFC 8032 section 5.1.7), strictly."""
    if not is_ed25519_public(public) or _y(signature[:_SIZE]) in _SMALL:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):  # ValueError: not a point
        return False
    return True
