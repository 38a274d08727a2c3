"""Signing keys of an office: the public half as the package format lists it, and the act of signing."""

from __future__ import annotations

import hashlib
from typing import Literal, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from qingyuan.evidence._entropy import Entropy, draw
from qingyuan.evidence._wire import b64, unb64
from qingyuan.ledger import Algorithm, NoteSigner, Sm2NoteSigner, Sm2PrivateKey, TextSigner, VerifierKey

#: What a signing key is for (section 9 of the package format).
Role = Literal["log", "package", "officer", "device"]

#: Which signature a key makes: Ed25519 (RFC 8032), or SM2 with SM3 (``docs/sm-profile.md``).
KeyAlgorithm = Literal["ed25519", "sm2"]

_SEED_SIZE = 32


class PublicKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """The public half of a signing key, as ``trust/keys.jsonl`` lists it.

    Attributes:
        id: Identifier: the first 16 hex digits of SHA-256 over ``"qingyuan-key/1"``, a line feed and the key.
        role: What it is for.
        actor: Identifier of the person or device; empty for a log or package key.
        name: Key name in signed notes; empty for an officer's or device's key.
        public: Base64 of the raw public key: 32 bytes of Ed25519, 65 of SM2.
        algorithm: Which signature it makes.
    """

    id: str
    role: Role
    actor: str
    name: str
    public: str
    algorithm: KeyAlgorithm = "ed25519"

    def raw(self) -> bytes:
        """Return the bytes of the key."""
        return unb64(self.public, where=f"key {self.id}")

    def verifier_key(self) -> VerifierKey:
        """Return the key under its name, for a log or package key.

        Raises:
            FormatError: It has no name, or one that notes cannot carry.
        """
        kind = Algorithm.SM2 if self.algorithm == "sm2" else Algorithm.ED25519
        return VerifierKey(self.name, kind, self.raw())

    def vkey(self) -> str:
        """Return the key as a C2SP verifier key, for a log or package key.

        Raises:
            FormatError: It has no name, or one that notes cannot carry.
        """
        return self.verifier_key().encode()


class _PrivateKey(Protocol):
    def sign(self, message: bytes, /) -> bytes:
        """Return 64 bytes."""


class Signer:
    """A signing key: its public half and the act of signing; its text form never shows the secret."""

    def __init__(self, public: PublicKey, seed: bytes) -> None:
        """Wrap the 32 secret bytes of ``public``: an Ed25519 seed or an SM2 number.

        Raises:
            SignatureError: ``ledger.sm2-unavailable`` for an SM2 key where libcrypto offers no SM2.
        """
        self.public = public
        self._seed = seed
        self._key: _PrivateKey = _private(public.algorithm, seed)

    def __repr__(self) -> str:
        """Return the public half."""
        return f"Signer({self.public!r})"

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature of ``data``: Ed25519 (RFC 8032) or SM2."""
        return self._key.sign(data)

    def note_signer(self) -> TextSigner:
        """Return the same key as a signer of notes and checkpoints under its name.

        Raises:
            FormatError: It has no name, or one that notes cannot carry.
        """
        if self.public.algorithm == "sm2":
            return Sm2NoteSigner(self.public.name, Sm2PrivateKey(self._seed))
        return NoteSigner(self.public.name, self._seed)


def new_seed(algorithm: KeyAlgorithm, entropy: Entropy) -> tuple[bytes, bytes]:
    """Return the 32 secret bytes of a new key and its raw public key.

    Raises:
        SignatureError: ``ledger.sm2-unavailable``.
    """
    if algorithm == "sm2":
        key = Sm2PrivateKey.generate(lambda count: draw(entropy, count))
        return key.private_bytes(), key.public
    seed = draw(entropy, _SEED_SIZE)
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return seed, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def new_public(role: Role, actor: str, name: str, raw: bytes, algorithm: KeyAlgorithm) -> PublicKey:
    """Return the listed form of a raw public key."""
    return PublicKey(key_id(raw), role, actor, name, b64(raw), algorithm)


def key_id(public: bytes) -> str:
    """Return the identifier of a raw public key: 32 bytes of Ed25519 or 65 of SM2."""
    return hashlib.sha256(b"qingyuan-key/1\n" + public).hexdigest()[:16]


def _private(algorithm: KeyAlgorithm, seed: bytes) -> _PrivateKey:
    return Sm2PrivateKey(seed) if algorithm == "sm2" else Ed25519PrivateKey.from_private_bytes(seed)
