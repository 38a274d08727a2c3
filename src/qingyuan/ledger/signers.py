"""Private keys held in this process: what all kinds have in common, and the Ed25519 ones of logs and witnesses.

Sources: c2sp.org/signed-note (type ``0x01``), c2sp.org/tlog-cosignature (type ``0x04``), RFC 8032, and golang.org/x/mod/sumdb/note for
the text form. SM2 keys are in :mod:`qingyuan.ledger.sm2note`, ML-DSA-44 keys in :mod:`qingyuan.ledger.cosignatures`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import ClassVar, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from qingyuan.ledger.checkpoint import Checkpoint, parse_checkpoint
from qingyuan.ledger.keys import (
    Algorithm,
    VerifierKey,
    bad_key,
    cosigned_message,
    encode_time,
    join_signer_key,
    split_signer_key,
)

_SEED_SIZE = 32


class NamedKey(abc.ABC):
    """A private key under a name, and the text form of its secret: what all kinds have in common.

    Args:
        name: Name to sign under.
        public: Raw public key.

    Raises:
        FormatError: ``ledger.key`` when the name is not one, or the public key is unusable.
    """

    algorithm: ClassVar[Algorithm]

    def __init__(self, name: str, public: bytes) -> None:
        """Bind a name to the key."""
        self.key = VerifierKey(name, self.algorithm, public)
        self.key_id = self.key.key_id

    def __repr__(self) -> str:
        """Show the name and key ID, never the key."""
        return f"<{type(self).__name__} {self.name}+{self.key_id:08x}>"

    @property
    def name(self) -> str:
        """The key name."""
        return self.key.name

    @classmethod
    def parse(cls, skey: str) -> Self:
        """Read the text form ``PRIVATE+KEY+name+hex key ID+base64(type ‖ secret)``.

        Raises:
            FormatError: ``ledger.key`` when malformed, for another algorithm, or when the key ID is not that
                of the key. The text is secret and never repeated in the error.
        """
        name, stated, algorithm, secret = split_signer_key(skey)
        if algorithm is not cls.algorithm:
            raise bad_key("私钥的算法不符", "the private key is for another algorithm")
        signer = cls._of_secret(name, secret)
        if signer.key_id != stated:
            raise bad_key("密钥编号与私钥不符", "the key ID is not that of the key")
        return signer

    @classmethod
    @abc.abstractmethod
    def _of_secret(cls, name: str, secret: bytes) -> Self:
        """Return the key whose secret the text form holds."""


class SeedKey(NamedKey):
    """A private key that grows from 32 secret bytes.

    Args:
        name: Name to sign under.
        seed: The 32 bytes: the seed of RFC 8032, or ``ξ`` of FIPS 204.

    Raises:
        FormatError: ``ledger.key`` when the name or the length of the seed is wrong.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        """Take name and seed."""
        if len(seed) != _SEED_SIZE:
            raise bad_key("私钥种子不是 32 字节", "the seed of the private key is not 32 bytes")
        self._seed = seed
        super().__init__(name, self._grow(seed))

    @abc.abstractmethod
    def _grow(self, seed: bytes) -> bytes:
        """Keep the private key that grows from ``seed`` and return the raw public one."""

    @classmethod
    def _of_secret(cls, name: str, secret: bytes) -> Self:
        return cls(name, secret)

    @classmethod
    def generate(cls, name: str, entropy: Callable[[int], bytes]) -> Self:
        """Return a new key from ``entropy``, a source such as ``os.urandom``."""
        return cls(name, entropy(_SEED_SIZE))

    def skey(self) -> str:
        """Return the text form. It is the secret: store it sealed, never log it."""
        return join_signer_key(self.key, self._seed)


class _Ed25519Key(SeedKey):
    def _grow(self, seed: bytes) -> bytes:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        return self._private.public_key().public_bytes_raw()


class NoteSigner(_Ed25519Key):
    """An Ed25519 private key that signs notes (type ``0x01``), deterministically (RFC 8032)."""

    algorithm = Algorithm.ED25519

    def sign(self, text: str) -> bytes:
        """Return the 64-byte Ed25519 signature over the note text."""
        return self._private.sign(text.encode())


class Cosigner(_Ed25519Key):
    """An Ed25519 private key that cosigns checkpoints as a witness (type ``0x04``).

    The signed message does not name the witness, so one key must serve only one witness, and must not be
    used for notes.
    """

    algorithm = Algorithm.COSIGNATURE

    def covers(self, checkpoint: Checkpoint) -> bool:  # noqa: ARG002 - as every cosigner has it
        """Say that every checkpoint can be cosigned; its extension lines are signed with it."""
        return True

    def cosign(self, text: str, time: int) -> bytes:
        """Return the time-stamped signature over a checkpoint.

        Args:
            text: Text of the checkpoint, with extension lines if it has any.
            time: Seconds since the Epoch, 0 to 2^63 − 1.

        Returns:
            Eight bytes of big-endian time and 64 bytes of signature.

        Raises:
            FormatError: ``ledger.checkpoint`` when ``text`` is not a checkpoint, ``ledger.time`` when the time is
                out of range.
        """
        parse_checkpoint(text)
        return encode_time(time) + self._private.sign(cosigned_message(text, time))
