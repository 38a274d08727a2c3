"""Keys that make certificates and tokens of an authority for tests."""

from __future__ import annotations

from typing import Protocol

from asn1crypto import algos, core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from qingyuan.evidence.timestamp._schema import DIGEST_OIDS
from qingyuan.evidence.timestamp.errors import unsupported
from qingyuan.evidence.timestamp.signatures import SM2_SPKI
from qingyuan.ledger.sm2 import Sm2Signer

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class SigningKey(Protocol):
    """A key as certificates and tokens need it."""

    @property
    def public(self) -> bytes:
        """DER of the SubjectPublicKeyInfo."""

    @property
    def digest(self) -> str:
        """Name of the digest that goes with it."""

    @property
    def algorithm(self) -> core.Sequence:
        """The AlgorithmIdentifier of its signatures."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature over ``message`` as it stands in a certificate or token."""


class SoftwareKey:
    """An RSA, ECDSA or Ed25519 key of ``cryptography``.

    Args:
        private: The key.
        digest: Name of the digest, ``"sha256"``, ``"sha384"`` or ``"sha512"``; with Ed25519 that of the content only.
        pss: Whether an RSA key signs by RSASSA-PSS, whose salt is random, and not by PKCS #1 v1.5.

    Raises:
        UnsupportedTimestampError: The digest is none of these.
    """

    def __init__(self, private: PrivateKey, *, digest: str = "sha256", pss: bool = False) -> None:
        """Take the key."""
        if digest not in _HASHES:
            raise unsupported("摘要算法", "digest algorithm", digest)
        self._private = private
        self._digest = digest
        self._pss = pss

    @property
    def public(self) -> bytes:
        """DER of the SubjectPublicKeyInfo."""
        return self._private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def digest(self) -> str:
        """Name of the digest that goes with it."""
        return self._digest

    @property
    def algorithm(self) -> core.Sequence:
        """The AlgorithmIdentifier of its signatures."""
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return algos.SignedDigestAlgorithm({"algorithm": "ed25519"})
        if isinstance(self._private, ec.EllipticCurvePrivateKey):
            return algos.SignedDigestAlgorithm({"algorithm": f"{self._digest}_ecdsa"})
        if not self._pss:
            return algos.SignedDigestAlgorithm(
                {"algorithm": f"{self._digest}_rsa", "parameters": core.Null()}
            )
        digest = {"algorithm": self._digest}
        parameters = {
            "hash_algorithm": digest,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": digest},
            "salt_length": _HASHES[self._digest].digest_size,
        }
        return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})

    def sign(self, message: bytes) -> bytes:
        """Return the signature over ``message``; the same every time, but for RSASSA-PSS."""
        chosen = _HASHES[self._digest]
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return self._private.sign(message)
        if isinstance(self._private, ec.EllipticCurvePrivateKey):
            return self._private.sign(message, ec.ECDSA(chosen, deterministic_signing=True))
        if self._pss:
            return self._private.sign(
                message, padding.PSS(padding.MGF1(chosen), padding.PSS.DIGEST_LENGTH), chosen
            )
        return self._private.sign(message, padding.PKCS1v15(), chosen)


class Sm2Key:
    """An SM2 key with SM3, wherever it lives.

    Args:
        signer: The key.
    """

    def __init__(self, signer: Sm2Signer) -> None:
        """Take the key."""
        self._signer = signer

    @property
    def public(self) -> bytes:
        """DER of the SubjectPublicKeyInfo."""
        return SM2_SPKI + self._signer.public

    @property
    def digest(self) -> str:
        """Name of the digest that goes with it."""
        return "sm3"

    @property
    def algorithm(self) -> core.Sequence:
        """The AlgorithmIdentifier of its signatures: SM2 with SM3 of GM/T 0006."""
        return algos.SignedDigestAlgorithm({"algorithm": "1.2.156.10197.1.501"})

    def sign(self, message: bytes) -> bytes:
        """Return the signature over ``message`` under the default identity, as SEQUENCE of two integers."""
        raw = self._signer.sign(message)
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def digest_identifier(name: str) -> dict[str, object]:
    """Return the fields of a digest's AlgorithmIdentifier."""
    return {"algorithm": DIGEST_OIDS[name]}
