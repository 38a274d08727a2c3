"""Salted commitments: what a log entry says about a payload without showing it (format, section 5)."""

from __future__ import annotations

from qingyuan.evidence._wire import canonical
from qingyuan.evidence.digests import Digests, digest_bytes


def commitments(payload: object, salt: bytes) -> Digests:
    """Return ``H(salt ‖ canonical JSON of payload)`` for SHA-256 and SM3.

    Args:
        payload: The payload of an event.
        salt: 16 random bytes.
    """
    return digest_bytes(salt + canonical(payload))
