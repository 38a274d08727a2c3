"""Signature algorithms of certificates and tokens: what an identifier means, and checking one signature."""

from __future__ import annotations

import contextlib
import functools
import hashlib
from dataclasses import dataclass
from typing import Literal

from asn1crypto import core, keys
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from qingyuan.evidence.timestamp._schema import decode, digest_name, no_parameters
from qingyuan.evidence.timestamp.errors import BrokenTimestampError, TimestampError, broken, unsupported
from qingyuan.ledger.hashes import sm3
from qingyuan.ledger.sm2 import is_sm2_public, sm2_verify

Kind = Literal["rsa", "rsa-pss", "ecdsa", "ed25519", "sm2"]

#: Shortest RSA modulus that is believed, in bits (NIST SP 800-131A: fewer are disallowed since 2014).
MIN_RSA_BITS = 2048
#: Longest that is computed with: a longer one only costs time.
MAX_RSA_BITS = 8192
_MAX_EXPONENT_BITS = 64

#: A SubjectPublicKeyInfo with the curve of SM2 and an uncompressed point, up to the point.
SM2_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")

_RSA_KEY = "1.2.840.113549.1.1.1"
_PSS = "1.2.840.113549.1.1.10"
_MGF1 = "1.2.840.113549.1.1.8"
#: Identifier of Ed25519, both of keys and of signatures (RFC 8410).
ED25519 = "1.3.101.112"
#: ``SM2 with SM3`` of GM/T 0006, and the identifiers of the SM2 key and of its signature, also found in that place.
_SM2_SIGNATURES = {"1.2.156.10197.1.501", "1.2.156.10197.1.301.1", "1.2.156.10197.1.301"}
_WITH_DIGEST: dict[str, tuple[Kind, str]] = {
    "1.2.840.113549.1.1.11": ("rsa", "sha256"),
    "1.2.840.113549.1.1.12": ("rsa", "sha384"),
    "1.2.840.113549.1.1.13": ("rsa", "sha512"),
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sm3": hashes.SM3,
}
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_SM2_HALF = 32
#: Longest salt that is taken for one, in bytes: no key that is computed with has room for more.
_MAX_SALT = MAX_RSA_BITS // 8


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """How a signature was made.

    Attributes:
        kind: The family.
        digest: Name of the digest that is signed; empty for Ed25519, which hashes by itself.
        salt: Length of the salt in bytes; RSA-PSS only.
        mask: Name of the digest of the mask; RSA-PSS only, where it may be another (RFC 4055, 3.1).
    """

    kind: Kind
    digest: str
    salt: int = 0
    mask: str = ""


@dataclass(frozen=True, slots=True)
class KeyStrength:
    """What kind of key it is and how long.

    Attributes:
        kind: ``"rsa"``, ``"ec"``, ``"ed25519"`` or ``"sm2"``.
        bits: Length of the modulus or of the field.
    """

    kind: Literal["rsa", "ec", "ed25519", "sm2"]
    bits: int


def read_algorithm(identifier: core.Sequence, digest: str | None = None) -> SignatureAlgorithm:
    """Return the algorithm that an AlgorithmIdentifier names.

    Args:
        identifier: The decoded identifier.
        digest: The digest of a SignerInfo, which must be that of the signature (RFC 5652, 5.4) and which
            ``rsaEncryption`` relies on; ``None`` in a certificate, and where the signature is Ed25519.

    Raises:
        UnsupportedTimestampError: It is none of ours.
    """
    oid: str = identifier["algorithm"].dotted
    if oid == ED25519 and isinstance(identifier["parameters"], core.Void):
        return SignatureAlgorithm("ed25519", "")
    found: SignatureAlgorithm | None = None
    if oid in _SM2_SIGNATURES and no_parameters(identifier):
        found = SignatureAlgorithm("sm2", "sm3")
    elif oid == _PSS:
        found = decode(lambda: _read_pss(identifier), "malformed", "RSASSA-PSS")
    elif oid in _WITH_DIGEST and no_parameters(identifier):
        found = SignatureAlgorithm(*_WITH_DIGEST[oid])
    elif oid == _RSA_KEY and digest in _HASHES and digest != "sm3" and no_parameters(identifier):
        found = SignatureAlgorithm("rsa", digest)
    if found is None or (digest is not None and found.digest != digest):
        raise unsupported("签名算法", "signature algorithm", f"{oid} ({digest})" if digest else oid)
    return found


def verify_signature(public: bytes, algorithm: SignatureAlgorithm, signature: bytes, message: bytes) -> bool:
    """Say whether ``signature`` is one over ``message``.

    Args:
        public: DER of the SubjectPublicKeyInfo.
        algorithm: How it was made; a key of another kind verifies nothing.
        signature: As it stands in the token or certificate.
        message: What was signed, not hashed.

    Raises:
        BrokenTimestampError: The key is malformed.
        UnsupportedTimestampError: The key is of a kind or on a curve that is none of ours.
    """
    key = _read_key(public)
    if isinstance(key, bytes):
        if algorithm.kind == "ecdsa":
            raise unsupported("签名算法", "signature algorithm", f"SM2, {algorithm.digest}")
        raw = _raw_sm2(signature)
        return algorithm.kind == "sm2" and raw is not None and sm2_verify(key, message, raw)
    if not _may(_released(public)[1], algorithm):
        return False
    try:
        if isinstance(key, ed25519.Ed25519PublicKey) and algorithm.kind == "ed25519":
            key.verify(signature, message)
        elif isinstance(key, rsa.RSAPublicKey) and algorithm.kind in {"rsa", "rsa-pss"}:
            chosen = _HASHES[algorithm.digest]()
            way = padding.PKCS1v15() if algorithm.kind == "rsa" else _pss(algorithm)
            key.verify(signature, message, way, chosen)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm.kind == "ecdsa":
            key.verify(signature, message, ec.ECDSA(_HASHES[algorithm.digest]()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def key_strength(public: bytes) -> KeyStrength:
    """Return kind and length of a SubjectPublicKeyInfo in DER.

    Raises:
        BrokenTimestampError: It is malformed.
        UnsupportedTimestampError: It is of a kind or on a curve that is none of ours.
    """
    key = _read_key(public)
    if isinstance(key, bytes):
        return KeyStrength("sm2", 256)
    if isinstance(key, rsa.RSAPublicKey):
        return KeyStrength("rsa", key.key_size)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return KeyStrength("ec", key.curve.key_size)
    return KeyStrength("ed25519", 256)


def digest_of(name: str, message: bytes) -> bytes:
    """Return the digest of ``message`` by ``"sha256"``, ``"sha384"``, ``"sha512"`` or ``"sm3"``."""
    return sm3(message) if name == "sm3" else hashlib.new(name, message).digest()


def _read_pss(identifier: core.Sequence) -> SignatureAlgorithm | None:
    parameters = identifier["parameters"]
    generator = parameters["mask_gen_algorithm"]
    digest = digest_name(parameters["hash_algorithm"])
    salt = int(parameters["salt_length"].native)
    if parameters["trailer_field"].native != "trailer_field_bc" or not 0 <= salt <= _MAX_SALT:
        raise broken("malformed", "RSASSA-PSS")
    if generator["algorithm"].dotted != _MGF1:
        return None
    mask = digest_name(generator["parameters"])
    if digest not in _HASHES or mask not in _HASHES:
        return None
    return SignatureAlgorithm("rsa-pss", digest, salt, mask)


def _pss(algorithm: SignatureAlgorithm) -> padding.PSS:
    return padding.PSS(padding.MGF1(_HASHES[algorithm.mask]()), algorithm.salt)


def _may(only: SignatureAlgorithm | None, algorithm: SignatureAlgorithm) -> bool:
    """Say whether a key that is restricted may be used so: the salt of RSA-PSS may be longer (RFC 4055, 3.3)."""
    if only is None:
        return True
    if algorithm.kind != "rsa-pss":
        return False
    same = (only.digest, only.mask) == (algorithm.digest, algorithm.mask)
    return not only.digest or (same and algorithm.salt >= only.salt)


@functools.lru_cache(maxsize=256)
def _released(public: bytes) -> tuple[bytes, SignatureAlgorithm | None]:
    """Return a key as the library reads it, and the one algorithm that it is for when it is for RSASSA-PSS only.

    The library forgets that restriction. The algorithm has no digest when the key leaves the parameters free.

    Raises:
        UnsupportedTimestampError: It is no key, or its parameters are none of ours.
    """
    try:
        return decode(lambda: _release(public), "certificate")
    except BrokenTimestampError as error:
        raise unsupported("公钥", "public key", "SubjectPublicKeyInfo") from error


def _release(public: bytes) -> tuple[bytes, SignatureAlgorithm | None]:
    found = keys.PublicKeyInfo.load(public, strict=True)
    identifier = found["algorithm"]
    if identifier["algorithm"].dotted != _PSS:
        return public, None
    free = isinstance(identifier["parameters"], core.Void)
    plain = keys.PublicKeyAlgorithm({"algorithm": "rsa", "parameters": core.Null()})
    inner = keys.PublicKeyInfo({"algorithm": plain, "public_key": found["public_key"].parsed})
    return bytes(inner.dump()), SignatureAlgorithm("rsa-pss", "") if free else read_algorithm(identifier)


@functools.lru_cache(maxsize=256)
def _read_key(
    public: bytes,
) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | bytes:
    """Return the key; the 65 bytes of its point when it is an SM2 key."""
    if public.startswith(SM2_SPKI):
        point = public[len(SM2_SPKI) :]
        if not is_sm2_public(point):
            raise broken("certificate", "SM2")
        return point
    try:
        key = load_der_public_key(_released(public)[0])
    except (ValueError, UnsupportedAlgorithm) as error:
        raise decode(lambda: _unread(public), "certificate", "public key") from error
    if isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, _CURVES):
            raise unsupported("椭圆曲线", "elliptic curve", key.curve.name)
        if not public.endswith(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)):
            raise unsupported("公钥", "public key", f"{key.curve.name}, compressed")
        return key
    if isinstance(key, rsa.RSAPublicKey) and not _usable(key.public_numbers()):
        raise unsupported("公钥", "public key", f"RSA, {key.key_size} bits")
    if isinstance(key, (rsa.RSAPublicKey, ed25519.Ed25519PublicKey)):
        return key
    raise unsupported("公钥", "public key", type(key).__name__)


def _usable(numbers: rsa.RSAPublicNumbers) -> bool:
    """Say whether an RSA key is one that is computed with: not too long, the modulus odd, the exponent odd and short."""
    odd = numbers.n & 1 == 1 and numbers.e & 1 == 1
    return odd and numbers.n.bit_length() <= MAX_RSA_BITS and numbers.e.bit_length() <= _MAX_EXPONENT_BITS


#: Names of the curves that are computed with, as they stand in a key.
_CURVE_OIDS = {"1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35", "1.2.156.10197.1.301"}


def _unread(public: bytes) -> TimestampError:
    """Say what a key is that the library does not take: malformed when its kind is one of ours, else none of ours."""
    found = keys.PublicKeyInfo.load(public, strict=True)
    kind: str = found["algorithm"]["algorithm"].dotted
    bits = bytes(found["public_key"].contents[1:])
    if kind in {
        _RSA_KEY,
        _PSS,
    }:  # an exponent or modulus that the library does not take, or no numbers at all
        numbers = keys.RSAPublicKey.load(bits, strict=True).native
        return unsupported("公钥", "public key", f"RSA, {int(numbers['modulus']).bit_length()} bits")
    named = ""
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        named = found["algorithm"]["parameters"].chosen.dotted
    ours = kind == ED25519 or (named in _CURVE_OIDS and bits[:1] not in {b"\2", b"\3"})
    return broken("certificate") if ours else unsupported("公钥", "public key", named or kind)


def _raw_sm2(signature: bytes) -> bytes | None:
    """Return ``r ‖ s`` of a signature that is a SEQUENCE of two integers (GM/T 0009), or ``None``."""
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(_SM2_HALF, "big") + s.to_bytes(_SM2_HALF, "big")
    except (ValueError, OverflowError):
        return None
