"""A small world of test authorities: root, intermediate, time-stamping authority, and tokens that go wrong."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from qingyuan.evidence.timestamp import (
    Certificate,
    Issuer,
    SigningKey,
    Sm2Key,
    SoftwareKey,
    Timestamp,
    TimestampRequest,
    TrialAuthority,
    answer,
    ca_extensions,
    issue_certificate,
    new_request,
    read_certificate,
    tsa_extensions,
    verify_timestamp,
)
from qingyuan.evidence.timestamp._schema import Response
from qingyuan.evidence.timestamp.signatures import digest_of
from qingyuan.ledger.sm2 import Sm2PrivateKey

MESSAGE = b"ledger.example\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
NONCE = bytes(range(1, 9))
KINDS = ("ec", "ec384", "ec521", "rsa", "pss", "ed25519", "sm2")

Extensions = Sequence[dict[str, object]]


@functools.cache
def key(kind: str, number: int = 0) -> SigningKey:
    """Return a key; the same arguments give the same key within a run."""
    if kind == "sm2":
        return Sm2Key(Sm2PrivateKey(bytes([7 + number]) * 32))
    if kind == "ed25519":
        return SoftwareKey(
            ed25519.Ed25519PrivateKey.from_private_bytes(bytes([7 + number]) * 32), digest="sha512"
        )
    curves: dict[str, tuple[ec.EllipticCurve, str]] = {
        "ec": (ec.SECP256R1(), "sha256"),
        "ec384": (ec.SECP384R1(), "sha384"),
        "ec521": (ec.SECP521R1(), "sha512"),
    }
    if kind in curves:
        curve, digest = curves[kind]
        return SoftwareKey(ec.derive_private_key(1000 + number, curve), digest=digest)
    bits = 1024 if kind == "rsa1024" else 2048
    return SoftwareKey(rsa.generate_private_key(65537, bits), pss=kind == "pss")


def certificate(
    name: str,
    owner: SigningKey,
    issuer: Issuer,
    *,
    serial: int = 1,
    extensions: Extensions,
    span: tuple[datetime, datetime] = (AT - 100 * DAY, AT + 1000 * DAY),
) -> Certificate:
    return read_certificate(
        issue_certificate(
            name,
            owner.public,
            issuer,
            serial=serial,
            not_before=span[0],
            not_after=span[1],
            extensions=extensions,
        )
    )


@dataclasses.dataclass(frozen=True)
class World:
    """Root, intermediate and authority of one kind of key."""

    kind: str
    root: Certificate
    middle: Certificate
    tsa: Certificate
    authority: TrialAuthority

    def request(self, message: bytes = MESSAGE, algorithm: str | None = None) -> TimestampRequest:
        default = "sm3" if self.kind == "sm2" else "sha256"
        return new_request(message, algorithm=algorithm or default, nonce=NONCE)

    def answer(
        self, message: bytes = MESSAGE, *, at: datetime = AT, serial: int = 5, algorithm: str | None = None
    ) -> bytes:
        return answer(self.request(message, algorithm).encode(), self.authority, at=at, serial=serial)

    def with_authority(self, **changes: object) -> World:
        return dataclasses.replace(self, authority=dataclasses.replace(self.authority, **changes))  # type: ignore[arg-type]

    def verify(self, response: bytes, message: bytes = MESSAGE, **changes: object) -> Timestamp:
        arguments: dict[str, object] = {"anchors": [self.root], **changes}
        return verify_timestamp(response, message, **arguments)  # type: ignore[arg-type]


def world(
    kind: str = "ec",
    *,
    tsa: Extensions | None = None,
    middle: Extensions | None = None,
    root: Extensions | None = None,
    tsa_span: tuple[datetime, datetime] = (AT - 50 * DAY, AT + 300 * DAY),
    middle_span: tuple[datetime, datetime] = (AT - 100 * DAY, AT + 1000 * DAY),
) -> World:
    """Return a world; the extensions and validities given replace the usual ones."""
    top = Issuer("TEST ROOT", key(kind, 1))
    between = Issuer("TEST INTERMEDIATE", key(kind, 2))
    first = certificate(top.name, top.key, top, extensions=root if root is not None else ca_extensions())
    second = certificate(
        between.name,
        between.key,
        top,
        serial=2,
        extensions=middle if middle is not None else ca_extensions(0),
        span=middle_span,
    )
    third = certificate(
        "TEST TSA",
        key(kind),
        between,
        serial=3,
        extensions=tsa if tsa is not None else tsa_extensions(),
        span=tsa_span,
    )
    return World(kind, first, second, third, TrialAuthority(key(kind), third.der, (second.der,)))


@functools.cache
def usual(kind: str = "ec") -> World:
    return world(kind)


def changed(
    response: bytes,
    owner: SigningKey,
    *,
    info: Callable[[tsp.TSTInfo], None] | None = None,
    content_bytes: Callable[[bytes], bytes] | None = None,
    attributes: Callable[[list[cms.CMSAttribute]], list[cms.CMSAttribute]] | None = None,
    signed: Callable[[cms.SignedData], None] | None = None,
    sign: bool = True,
) -> bytes:
    """Return the answer with parts changed and, unless told otherwise, signed again by its owner."""
    found = Response.load(response)
    data = found["time_stamp_token"]["content"]
    signer = data["signer_infos"][0]
    content = bytes(data["encap_content_info"]["content"].contents)
    if info is not None:
        parsed = tsp.TSTInfo.load(content)
        info(parsed)
        content = parsed.dump(force=True)
    if content_bytes is not None:
        content = content_bytes(content)
    data["encap_content_info"]["content"] = core.ParsableOctetString(content)
    held = [
        cms.CMSAttribute({"type": "message_digest", "values": [digest_of(owner.digest, content)]})
        if each["type"].native == "message_digest"
        else each
        for each in signer["signed_attrs"]
    ]
    if attributes is not None:
        held = attributes(held)
    rebuilt = cms.CMSAttributes(held)
    signer["signed_attrs"] = rebuilt
    if sign:
        signer["signature"] = owner.sign(cms.CMSAttributes(held).dump())
    if signed is not None:
        signed(data)
    out: bytes = found.dump()
    return out
