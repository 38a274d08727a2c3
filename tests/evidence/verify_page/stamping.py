"""Time stamp authorities of several algorithms, and what a dishonest one could send."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.evidence.verify_page.trees import b64

STAMPED = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
START = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2030, 1, 1, tzinfo=UTC)
HASHES: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_RSA: dict[int, rsa.RSAPrivateKey] = {}


def new_key(kind: str) -> Private:
    """A private key; RSA keys are made once a run, since they are slow to make."""
    if kind in ("rsa", "pss", "rsa1024"):
        bits = 1024 if kind == "rsa1024" else 2048
        if bits not in _RSA:
            _RSA[bits] = rsa.generate_private_key(65537, bits)
        return _RSA[bits]
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(
        {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}[kind]
    )


def make_certificate(
    subject: str, key: Private, issuer: Certificate | None = None, *, ca: bool = False, path: int | None = None,
    usage: bool = True, stamping: bool = True, critical: bool = True, start: datetime = START, end: datetime = END,
    extra: list[tuple[x509.ExtensionType, bool]] | None = None, also: bool = False,
) -> Certificate:  # fmt: skip
    """A certificate with the extensions that a chain of time stamps needs, or not."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(issuer.cert.subject if issuer else name)
        .public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
    )  # fmt: skip
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path), critical=True)
        if usage:
            flags = dict.fromkeys(
                ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                 "crl_sign", "encipher_only", "decipher_only"), False,
            )  # fmt: skip
            builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, **flags), critical=True)
    elif stamping:
        uses = [ExtendedKeyUsageOID.TIME_STAMPING, *([ExtendedKeyUsageOID.CODE_SIGNING] if also else [])]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=critical)
    for extension, is_critical in extra or []:
        builder = builder.add_extension(extension, critical=is_critical)
    signing = issuer.key if issuer else key
    algorithm = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Certificate(builder.sign(signing, algorithm), key)


@dataclass
class Certificate:
    """A certificate and its private key."""

    cert: x509.Certificate
    key: Private

    @property
    def der(self) -> bytes:
        return self.cert.public_bytes(serialization.Encoding.DER)

    def tsa(self, operator: str = "甲机构", name: str = "甲时间戳") -> dict[str, str]:
        return {"name": name, "operator": operator, "certificate": b64(self.der)}


@dataclass
class Authority:
    """Stamps messages; every field is something that a test may bend."""

    signer: Certificate
    chain: list[Certificate] = field(default_factory=list)
    kind: str = "rsa"
    imprint: str = "sha256"
    digest: str = "sha256"
    at: datetime = STAMPED
    ess: str = "v2"
    status: str = "granted"
    drop: str = ""
    bare: bool = False
    change: Callable[[dict[str, Any]], None] | None = None
    fraction: bool = False

    def __call__(self, message: bytes) -> bytes:
        return self.stamp(message)

    def stamp(self, message: bytes) -> bytes:
        """A TimeStampResp in DER over a message."""
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": "1.3.6.1.4.1.99999.1",
                "message_imprint": {
                    "hash_algorithm": {"algorithm": oid_of(self.imprint)},
                    "hashed_message": hashlib.new(self.imprint, message).digest(),
                },
                "serial_number": 7,
                "gen_time": self.at + timedelta(milliseconds=250 if self.fraction else 0),
                "nonce": 12345,
            }
        ).dump()
        der = self.signer.der
        parsed = asn1_x509.Certificate.load(der)
        attributes = [
            ("content_type", "tst_info"),
            ("message_digest", hashlib.new(self.digest, info).digest()),
            *([("signing_certificate", tsp.SigningCertificate({"certs": [{"cert_hash": hashlib.sha1(der).digest()}]}))] if "v1" in self.ess else []),
            *([("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(der).digest()}]}))] if "v2" in self.ess else []),
        ]  # fmt: skip
        signed = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": name, "values": [value]})
                for name, value in attributes
                if name != self.drop
            ]
        )
        parts: dict[str, Any] = {
            "version": "v1",
            "sid": {
                "issuer_and_serial_number": {"issuer": parsed.issuer, "serial_number": parsed.serial_number}
            },
            "digest_algorithm": {"algorithm": oid_of(self.digest)},
            "signed_attrs": signed,
            "signature_algorithm": self.algorithm(),
            "signature": self.sign(signed.dump()),
        }
        if self.change:
            self.change(parts)
        certificates = (
            [] if self.bare else [asn1_x509.Certificate.load(each.der) for each in (self.signer, *self.chain)]
        )
        data = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": oid_of(self.digest)}],
                "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
                **({"certificates": certificates} if certificates else {}),
                "signer_infos": [parts],
            }
        )
        content = {"content_type": "signed_data", "content": data}
        return bytes(
            tsp.TimeStampResp({"status": {"status": self.status}, "time_stamp_token": content}).dump()
        )

    def algorithm(self) -> algos.SignedDigestAlgorithm:
        names = {"rsa": "rsassa_pkcs1v15", "p256": f"{self.digest}_ecdsa", "p384": f"{self.digest}_ecdsa", "p521": f"{self.digest}_ecdsa",
                 "ed25519": "ed25519"}  # fmt: skip
        if self.kind == "pss":
            parameters = {
                "hash_algorithm": {"algorithm": self.digest},
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": self.digest}},
                "salt_length": 32,
            }
            return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
        return algos.SignedDigestAlgorithm(
            {"algorithm": names["rsa" if self.kind.startswith("rsa") else self.kind]}
        )

    def sign(self, message: bytes) -> bytes:
        key = self.signer.key
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(message)
        used = HASHES[self.digest]()
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(message, ec.ECDSA(used))
        if self.kind == "pss":
            return key.sign(message, padding.PSS(padding.MGF1(used), 32), used)
        return key.sign(message, padding.PKCS1v15(), used)


def oid_of(name: str) -> str:
    return "1.2.156.10197.1.401" if name == "sm3" else name


def authority(kind: str = "rsa", **changes: Any) -> tuple[Authority, Certificate]:
    """An authority with a root of its own; gives both."""
    root = make_certificate(f"{kind} root", new_key(kind), ca=True)
    signer = make_certificate(f"{kind} stamps", new_key(kind), root)
    return Authority(signer, kind=kind, **changes), root
