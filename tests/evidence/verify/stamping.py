"""Makes certificates and RFC 3161 tokens byte by byte, so that each piece can be bent."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field, replace

from asn1crypto.keys import PublicKeyInfo
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.evidence.verify.sm2_signing import sm2_public, sm2_sign

HASH_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "sm3": "1.2.156.10197.1.401",
}
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
RSA_SIGNED = {name: f"1.2.840.113549.1.1.{n}" for name, n in (("sha256", 11), ("sha384", 12), ("sha512", 13))}
ECDSA_SIGNED = {name: f"1.2.840.10045.4.3.{n}" for name, n in (("sha256", 2), ("sha384", 3), ("sha512", 4))}
NULL = b"\x05\x00"
TST_INFO, SIGNED_DATA = "1.2.840.113549.1.9.16.1.4", "1.2.840.113549.1.7.2"


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + body


def seq(*parts: bytes) -> bytes:
    return der(0x30, *parts)


def integer(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    out = b""
    for number in (40 * first + second, *rest):
        part = bytes((number & 0x7F,))
        while number := number >> 7:
            part = bytes((0x80 | number & 0x7F,)) + part
        out += part
    return der(6, out)


def bits(data: bytes) -> bytes:
    return der(3, b"\0", data)


def digest(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data).digest()


def hash_id(name: str) -> bytes:
    return seq(oid(HASH_OIDS[name]), NULL)


@dataclass(frozen=True)
class Key:
    """A key pair of one of the kinds ``rsa pss p256 p384 p521 ed25519 sm2 secp256k1`` with the hash it signs by."""

    kind: str
    seed: int = 1
    hash: str = "sha256"

    @functools.cached_property
    def _private(self) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey:
        if self.kind in {"rsa", "pss"}:
            return _rsa(self.seed)
        if self.kind == "ed25519":
            return ed25519.Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)
        curves = {
            "p256": ec.SECP256R1(),
            "p384": ec.SECP384R1(),
            "p521": ec.SECP521R1(),
            "secp256k1": ec.SECP256K1(),
        }
        return ec.derive_private_key(self.seed + 10**20, curves[self.kind])

    @functools.cached_property
    def spki(self) -> bytes:
        if self.kind == "sm2":
            curve = seq(oid("1.2.840.10045.2.1"), oid("1.2.156.10197.1.301"))
            return seq(curve, bits(sm2_public(self.seed)))
        return self._private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def algorithm(self) -> bytes:
        """The AlgorithmIdentifier of its signatures."""
        if self.kind == "rsa":
            return seq(oid(RSA_SIGNED[self.hash]), NULL)
        if self.kind == "pss":
            mask = seq(oid("1.2.840.113549.1.1.8"), hash_id(self.hash))
            size = integer(HASHES[self.hash].digest_size)
            parts = der(0xA0, hash_id(self.hash)), der(0xA1, mask), der(0xA2, size)
            return seq(oid("1.2.840.113549.1.1.10"), seq(*parts))
        if self.kind in {"ed25519", "sm2"}:
            return seq(oid("1.3.101.112" if self.kind == "ed25519" else "1.2.156.10197.1.501"))
        return seq(oid(ECDSA_SIGNED[self.hash]))

    def sign(self, data: bytes) -> bytes:
        return _sign(self, data)

    def fresh(self, data: bytes) -> bytes:
        """A signature made now; some algorithms draw a nonce."""
        if self.kind == "sm2":
            return seq(*map(integer, sm2_sign(self.seed, data)))
        key = self._private
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(data)
        chosen = HASHES[self.hash]
        if isinstance(key, rsa.RSAPrivateKey):
            pss = padding.PSS(padding.MGF1(chosen), chosen.digest_size)
            return key.sign(data, pss if self.kind == "pss" else padding.PKCS1v15(), chosen)
        return key.sign(data, ec.ECDSA(chosen))


@functools.cache
def _sign(key: Key, data: bytes) -> bytes:
    return key.fresh(data)


@functools.cache
def _rsa(seed: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048 if seed < 50 else 1_024)


def name(common: str) -> bytes:
    return seq(der(0x31, seq(oid("2.5.4.3"), der(0x0C, common.encode()))))


def extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    return seq(oid(dotted), *([b"\x01\x01\xff"] if critical else []), der(4, value))


def constraints(length: int | None = None, *, authority: bool = True) -> bytes:
    parts = [b"\x01\x01\xff"] if authority else []
    parts += [] if length is None else [integer(length)]
    return extension("2.5.29.19", seq(*parts), critical=True)


def usage(value: int) -> bytes:
    return extension("2.5.29.15", der(3, b"\0", bytes((value,))), critical=True)


def purposes(*dotted: str, critical: bool = True) -> bytes:
    return extension("2.5.29.37", seq(*map(oid, dotted)), critical=critical)


STAMPING = purposes("1.3.6.1.5.5.7.3.8")


@dataclass(frozen=True)
class Party:
    """A named key with its certificate, issued by ``issuer`` (or by itself)."""

    common: str
    key: Key
    issuer: Party | None = None
    extensions: tuple[bytes, ...] = ()
    serial: int = 7
    valid: tuple[str, str] = ("20250101000000Z", "20300101000000Z")
    signed_by: Key | None = None

    @functools.cached_property
    def certificate(self) -> bytes:
        above = self.issuer or self
        signer = self.signed_by or above.key
        identifier = extension("2.5.29.14", der(4, self.identifier))
        parts = [
            der(0xA0, integer(2)),
            integer(self.serial),
            signer.algorithm,
            name(above.common),
            seq(*(der(0x18, moment.encode()) for moment in self.valid)),
            name(self.common),
            self.key.spki,
            der(0xA3, seq(identifier, *self.extensions)),
        ]
        signed = seq(*parts)
        return seq(signed, signer.algorithm, bits(signer.sign(signed)))

    @property
    def identifier(self) -> bytes:
        return digest("sha256", self.key.spki)[:20]


@dataclass(frozen=True)
class Stamp:
    """What a token says; every field may be bent."""

    message: bytes
    signer: Party
    certificates: tuple[bytes, ...] = ()
    hash: str = "sha256"
    imprint: bytes | None = None
    time: bytes = b"20260302020000Z"
    status: int = 0
    identifiers: tuple[str, ...] = ("v2",)
    certified: bytes | None = None
    by_key_identifier: bool = False
    drop: frozenset[str] = field(default_factory=frozenset)
    content_digest: bytes | None = None
    signature: bytes | None = None
    algorithm: bytes | None = None
    version: int = 1
    infos: int = 1
    tail: tuple[bytes, ...] = ()
    attributes: tuple[bytes, ...] = ()
    shuffled: str = ""
    status_tail: tuple[bytes, ...] = ()
    unsigned: tuple[bytes, ...] = ()
    issuer_serial: bytes = b""
    further: tuple[bytes, ...] = ()

    def but(self, **changes: object) -> Stamp:
        return replace(self, **changes)  # type: ignore[arg-type]

    def _info(self) -> bytes:
        value = digest(self.hash, self.message) if self.imprint is None else self.imprint
        return seq(
            integer(self.version),
            oid("1.2.3.4"),
            seq(hash_id(self.hash), der(4, value)),
            integer(4_711),
            der(0x18, self.time),
            *self.tail,
        )

    def _identifier(self, kind: str) -> bytes:
        certificate = self.certified or self.signer.certificate
        if kind == "v1":
            attribute, algorithm, value = "1.2.840.113549.1.9.16.2.12", b"", digest("sha1", certificate)
        else:
            attribute = "1.2.840.113549.1.9.16.2.47"
            algorithm = b"" if kind == "v2" else hash_id(kind)
            value = digest("sha256" if kind == "v2" else kind, certificate)
        first = seq(algorithm, der(4, value), self.issuer_serial)
        return seq(oid(attribute), der(0x31, seq(seq(first, *self.further))))

    def _attributes(self, info: bytes) -> bytes:
        value = digest(self.hash, info) if self.content_digest is None else self.content_digest
        parts = {
            "type": seq(oid("1.2.840.113549.1.9.3"), der(0x31, oid(TST_INFO))),
            "digest": seq(oid("1.2.840.113549.1.9.4"), der(0x31, der(4, value))),
        }
        parts |= {kind: self._identifier(kind) for kind in self.identifiers}
        found = (part for kind, part in parts.items() if kind not in self.drop)
        return b"".join(sorted((*found, *self.attributes)))

    def token(self) -> bytes:
        info, key = self._info(), self.signer.key
        attributes = self._attributes(info)
        turned = attributes if not self.shuffled else _turned(attributes)
        signed_over = der(0x31, turned if self.shuffled == "signed so" else attributes)
        signature = key.sign(signed_over) if self.signature is None else self.signature
        issuer = name((self.signer.issuer or self.signer).common)
        named = der(0x80, self.signer.identifier) if self.by_key_identifier else None
        signer_info = seq(
            integer(3 if named else 1),
            named or seq(issuer, integer(self.signer.serial)),
            hash_id(self.hash),
            der(0xA0, turned),
            self.algorithm or key.algorithm,
            der(4, signature),
            *self.unsigned,
        )
        signed = seq(
            integer(3),
            der(0x31, hash_id(self.hash)),
            seq(oid(TST_INFO), der(0xA0, der(4, info))),
            der(0xA0, *self.certificates),
            der(0x31, *([signer_info] * self.infos)),
        )
        return seq(seq(integer(self.status), *self.status_tail), seq(oid(SIGNED_DATA), der(0xA0, signed)))


def issuer_serial(party: Party, *, serial: int | None = None) -> bytes:
    """The IssuerSerial of the certificate of ``party``, or one with another number."""
    above = der(0xA4, name((party.issuer or party).common))
    return seq(seq(above), integer(party.serial if serial is None else serial))


def _turned(attributes: bytes) -> bytes:
    """The same attributes, the first of them last."""
    end = 2 + attributes[1]
    return attributes[end:] + attributes[:end]


def authority(
    kind: str = "p256", *, root_kind: str = "p256", seed: int = 1, hashed: str = "sha256"
) -> tuple[Party, Party]:
    """A root and a time-stamping unit under it."""
    root = Party(f"根 {seed}", Key(root_kind, seed + 1), extensions=(constraints(), usage(0x06)))
    return root, Party(f"TSA {seed}", Key(kind, seed, hashed), root, (STAMPING, usage(0x80)), serial=seed)


def good_by_ocsp(party: Party, at: str = "20260302000000Z", until: str = "20290101000000Z") -> bytes:
    """An answer of RFC 6960, signed by the issuer, that the certificate of ``party`` was not revoked."""
    above = party.issuer or party
    key = hashlib.sha1(PublicKeyInfo.load(above.key.spki)["public_key"].contents[1:]).digest()
    subject = hashlib.sha1(name(above.common)).digest()
    about = seq(hash_id("sha1"), der(4, subject), der(4, key), integer(party.serial))
    moment, last = (der(0x18, each.encode()) for each in (at, until))
    data = seq(der(0xA2, der(4, key)), moment, seq(seq(about, der(0x80), moment, der(0xA0, last))))
    basic = seq(data, above.key.algorithm, bits(above.key.sign(data)))
    return seq(der(0x0A, b"\0"), der(0xA0, seq(oid("1.3.6.1.5.5.7.48.1.1"), der(4, basic))))
