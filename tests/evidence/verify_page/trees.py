"""Canonical JSON, and Merkle trees from their recursive definitions."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from qingyuan.ledger import (
    SHA256,
    SM3,
    HashSuite,
)

Json = dict[str, Any]


SUITES = {"proofs": SHA256, "proofs-sm3": SM3}


def canonical(value: Json | list[Any]) -> bytes:
    """RFC 8785 for values with ASCII member names and without fractions."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def digest(suite: HashSuite, *parts: bytes) -> bytes:
    return suite.new(b"".join(parts)).digest()


def tree_root(hashes: list[bytes], suite: HashSuite) -> bytes:
    """The Merkle tree hash of RFC 6962, section 2.1."""
    if not hashes:
        return digest(suite)
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return digest(suite, b"\x01", tree_root(hashes[:split], suite), tree_root(hashes[split:], suite))


def inclusion(hashes: list[bytes], index: int, suite: HashSuite) -> list[bytes]:
    """The path of RFC 6962, section 2.1.1."""
    if len(hashes) == 1:
        return []
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if index < split:
        return [*inclusion(hashes[:split], index, suite), tree_root(hashes[split:], suite)]
    return [*inclusion(hashes[split:], index - split, suite), tree_root(hashes[:split], suite)]


def consistency(hashes: list[bytes], older: int, suite: HashSuite, *, complete: bool = True) -> list[bytes]:
    """The proof of RFC 6962, section 2.1.2; ``complete`` is false when the older root must be named."""
    if older == len(hashes):
        return [] if complete else [tree_root(hashes, suite)]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if older <= split:
        return [
            *consistency(hashes[:split], older, suite, complete=complete),
            tree_root(hashes[split:], suite),
        ]
    left = tree_root(hashes[:split], suite)
    return [*consistency(hashes[split:], older - split, suite, complete=False), left]


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
