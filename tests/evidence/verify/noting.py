"""Keys, notes and Merkle trees for these tests, written from the standards alone."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.evidence.verify.sm2_signing import sm2_public, sm2_raw

ORIGIN = "log.example/qy"
TWIN = ORIGIN + "/sm3"


def private(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def public(seed: int) -> bytes:
    return private(seed).public_key().public_bytes_raw()


LOG, PACKAGE, OFFICER, DEVICE, WITNESS_1, WITNESS_2 = 1, 2, 3, 4, 5, 6
TWIN_KEY = 0x1234567
SM2 = b"\xffsm2-sm3/v1"


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def key_id(name: str, kind: bytes | int, key: bytes) -> bytes:
    prefix = bytes([kind]) if isinstance(kind, int) else kind
    return sha256(name.encode() + b"\n" + prefix + key)[:4]


def sm2_id(secret: int) -> str:
    return sha256(b"qingyuan-key/1\n" + sm2_public(secret)).hex()[:16]


def sm2_vkey(name: str, secret: int) -> str:
    key = sm2_public(secret)
    return f"{name}+{key_id(name, SM2, key).hex()}+{b64(SM2 + key)}"


def sm2_line(name: str, secret: int, text: bytes) -> bytes:
    signature = key_id(name, SM2, sm2_public(secret)) + sm2_raw(secret, text)
    return f"— {name} {b64(signature)}\n".encode()


def public_id(seed: int) -> str:
    return sha256(b"qingyuan-key/1\n" + public(seed)).hex()[:16]


def vkey(name: str, seed: int, kind: int = 1) -> str:
    return f"{name}+{key_id(name, kind, public(seed)).hex()}+{b64(bytes([kind]) + public(seed))}"


def signature_line(name: str, seed: int, text: bytes) -> bytes:
    signature = key_id(name, 1, public(seed)) + private(seed).sign(text)
    return f"— {name} {b64(signature)}\n".encode()


def cosignature_line(name: str, seed: int, text: bytes, at: int = 1_772_400_000) -> bytes:
    message = b"cosignature/v1\ntime %d\n" % at + text
    signature = key_id(name, 4, public(seed)) + struct.pack(">Q", at) + private(seed).sign(message)
    return f"— {name} {b64(signature)}\n".encode()


Digest = Callable[[bytes], bytes]


def root_of(leaves: list[bytes], digest: Digest = sha256) -> bytes:
    """RFC 6962, 2.1, as it is written there."""
    if not leaves:
        return digest(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return digest(b"\x01" + root_of(leaves[:k], digest) + root_of(leaves[k:], digest))


def path_of(index: int, leaves: list[bytes], digest: Digest = sha256) -> list[bytes]:
    """RFC 6962, 2.1.1, as it is written there."""
    if len(leaves) == 1:
        return []
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < k:
        return [*path_of(index, leaves[:k], digest), root_of(leaves[k:], digest)]
    return [*path_of(index - k, leaves[k:], digest), root_of(leaves[:k], digest)]


def consistency_of(
    older: int, leaves: list[bytes], digest: Digest = sha256, *, whole: bool = True
) -> list[bytes]:
    """RFC 6962, 2.1.2 (SUBPROOF), as it is written there."""
    if older == len(leaves):
        return [] if whole else [root_of(leaves, digest)]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if older <= k:
        return [*consistency_of(older, leaves[:k], digest, whole=whole), root_of(leaves[k:], digest)]
    return [*consistency_of(older - k, leaves[k:], digest, whole=False), root_of(leaves[:k], digest)]
