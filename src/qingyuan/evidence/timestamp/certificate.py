"""X.509 certificates as far as a time-stamp chain needs them (RFC 5280)."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import core, pem, x509

from qingyuan.evidence.timestamp._der import contents_of, elements
from qingyuan.evidence.timestamp._schema import decode, load, printable
from qingyuan.evidence.timestamp.errors import BrokenTimestampError, UnsupportedTimestampError, broken
from qingyuan.evidence.timestamp.signatures import SignatureAlgorithm, read_algorithm

_BASIC_CONSTRAINTS = "2.5.29.19"
_KEY_USAGE = "2.5.29.15"
_PURPOSES = "2.5.29.37"
_SUBJECT_NAMES = "2.5.29.17"
_KEY_IDENTIFIER = "2.5.29.14"
_POLICIES = "2.5.29.32"
#: What a critical extension may be; with no policy demanded, RFC 5280 section 6.1 asks nothing of the last.
_UNDERSTOOD = {_BASIC_CONSTRAINTS, _KEY_USAGE, _PURPOSES, _POLICIES}
#: Name and policy constraints limit a path even where they are not marked critical. They are not evaluated here.
_LIMITS = {"2.5.29.30", "2.5.29.36", "2.5.29.54"}

_SEQUENCE_TAG, _INTEGER_TAG, _VERSION_TAG = 0x30, 0x02, 0xA0
#: Serial number, signature algorithm and issuer: what stands before the validity.
_NAMING_PARTS = 3


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, read but not judged.

    Attributes:
        der: All of it.
        tbs: The part that is signed.
        algorithm: How it is signed; ``None`` when that is none of ours.
        signature: The signature.
        serial: Serial number.
        issuer: DER of the issuer's name. Names are equal when their bytes are: an authority copies its own (RFC 5280,
            4.1.2.4), and so there is one answer for every reader.
        subject: DER of the subject's name.
        subject_text: Subject for people.
        names: All names of the subject, the alternative ones too, in the form of :func:`name_key`.
        not_before: Begin of validity.
        not_after: End of validity, itself included.
        public: DER of the SubjectPublicKeyInfo.
        key_identifier: SubjectKeyIdentifier.
        authority: Whether it may issue certificates.
        path_length: How many authorities may follow below it; ``None`` for any number.
        usage: Key usage, as ``asn1crypto`` spells it; ``None`` when not limited.
        purposes: Extended key usage as identifiers; ``None`` when not limited.
        purposes_critical: Whether that extension is critical.
        obstacles: Extensions that forbid to rely on it: critical ones that are not known, and limits not evaluated.
    """

    der: bytes
    tbs: bytes
    algorithm: SignatureAlgorithm | None
    signature: bytes
    serial: int
    issuer: bytes
    subject: bytes
    subject_text: str
    names: frozenset[str]
    not_before: datetime
    not_after: datetime
    public: bytes
    key_identifier: bytes | None
    authority: bool
    path_length: int | None
    usage: frozenset[str] | None
    purposes: tuple[str, ...] | None
    purposes_critical: bool
    obstacles: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """SHA-256 of the certificate, lower-case hex."""
        return hashlib.sha256(self.der).hexdigest()

    def __repr__(self) -> str:
        """Show subject and fingerprint."""
        return f"<Certificate {self.subject_text!r} {self.sha256[:16]}…>"


@functools.lru_cache(maxsize=256)
def read_certificate(der: bytes) -> Certificate:
    """Read a certificate in DER.

    Raises:
        BrokenTimestampError: ``timestamp.certificate``, or as the rules of DER are broken.
    """
    found = load(x509.Certificate, der, "certificate")
    return decode(lambda: _read(found, der), "certificate")


def read_certificates(pem_text: bytes) -> tuple[Certificate, ...]:
    """Read every certificate of a PEM text, or one in DER.

    Raises:
        BrokenTimestampError: ``timestamp.certificate`` when there is none, or one cannot be read.
    """
    if not pem.detect(pem_text):
        return (read_certificate(pem_text),)
    blocks = decode(lambda: list(pem.unarmor(pem_text, multiple=True)), "certificate")
    found = tuple(read_certificate(der) for kind, _, der in blocks if kind == "CERTIFICATE")
    if not found:
        raise broken("certificate")
    return found


def name_in(der: bytes) -> tuple[bytes, int] | None:
    """Return issuer and serial number of what may be a certificate that cannot be read; ``None`` if it is none.

    Args:
        der: One element, whose lengths were checked.
    """
    outer = list(elements(contents_of(der)))
    if not outer or outer[0][0] != _SEQUENCE_TAG:
        return None
    parts = list(elements(contents_of(outer[0][1])))
    if parts and parts[0][0] == _VERSION_TAG:
        del parts[0]
    if len(parts) < _NAMING_PARTS or parts[0][0] != _INTEGER_TAG:
        return None
    return parts[2][1], int.from_bytes(contents_of(parts[0][1]), "big", signed=True)


def name_key(name: x509.GeneralName) -> str:
    """Return a GeneralName in a form that is equal for equal names; directory names compare as RFC 5280 says."""
    if name.name == "directory_name":
        return f"directory:{name.chosen.hashable}"
    return f"{name.name}:{name.chosen.dump().hex()}"


def directory_name(name: x509.GeneralName) -> bytes | None:
    """Return DER of the Name in a GeneralName; ``None`` for one of another kind."""
    return bytes(name.chosen.untag().dump()) if name.name == "directory_name" else None


def name_text(name: x509.GeneralName) -> str:
    """Return a GeneralName for people."""
    if name.name == "directory_name":
        return printable(name.chosen.human_friendly)
    return printable(f"{name.name} {name.native}")


def _read(found: x509.Certificate, der: bytes) -> Certificate:
    tbs = found["tbs_certificate"]
    if tbs["signature"].dump() != found["signature_algorithm"].dump():
        raise broken("certificate", "two signature algorithms")
    extensions = _extensions(tbs)
    constraints = _value(extensions, _BASIC_CONSTRAINTS, x509.BasicConstraints)
    usage = _value(extensions, _KEY_USAGE, x509.KeyUsage)
    purposes = _value(extensions, _PURPOSES, x509.ExtKeyUsageSyntax)
    identifier = _value(extensions, _KEY_IDENTIFIER, core.OctetString)
    return Certificate(
        der=der,
        tbs=tbs.dump(),
        algorithm=_algorithm(found["signature_algorithm"]),
        signature=_octets(found["signature_value"]),
        serial=tbs["serial_number"].native,
        issuer=tbs["issuer"].dump(),
        subject=tbs["subject"].dump(),
        subject_text=printable(tbs["subject"].human_friendly),
        names=_names(tbs, extensions),
        not_before=_moment(tbs["validity"]["not_before"]),
        not_after=_moment(tbs["validity"]["not_after"]),
        public=tbs["subject_public_key_info"].dump(),
        key_identifier=None if identifier is None else identifier.native,
        authority=constraints is not None and bool(constraints["ca"].native),
        path_length=None if constraints is None else constraints["path_len_constraint"].native,
        usage=None if usage is None else frozenset(usage.native),
        purposes=None if purposes is None else tuple(each.dotted for each in purposes),
        purposes_critical=_PURPOSES in extensions and extensions[_PURPOSES][0],
        obstacles=tuple(
            sorted(
                oid
                for oid, (critical, _) in extensions.items()
                if oid in _LIMITS or (critical and oid not in _UNDERSTOOD)
            )
        ),
    )


def _extensions(tbs: core.Sequence) -> dict[str, tuple[bool, bytes]]:
    """Return critical mark and raw value of each extension; none may come twice."""
    found: dict[str, tuple[bool, bytes]] = {}
    if isinstance(tbs["extensions"], core.Void):
        return found
    for each in tbs["extensions"]:
        oid: str = each["extn_id"].dotted
        if oid in found:
            raise broken("certificate", f"extension {oid} twice")
        found[oid] = bool(each["critical"].native), bytes(each["extn_value"].contents)
    return found


def _value(
    extensions: dict[str, tuple[bool, bytes]], oid: str, kind: Callable[[], core.Asn1Value]
) -> core.Asn1Value | None:
    if oid not in extensions:
        return None
    value = load(kind, extensions[oid][1], "certificate")  # type: ignore[arg-type]
    value.native  # noqa: B018 - decodes all of it now
    return value


def _names(tbs: core.Sequence, extensions: dict[str, tuple[bool, bytes]]) -> frozenset[str]:
    subject = f"directory:{tbs['subject'].hashable}"
    others = _value(extensions, _SUBJECT_NAMES, x509.GeneralNames)
    return frozenset([subject, *map(name_key, others or ())])


def _algorithm(identifier: core.Sequence) -> SignatureAlgorithm | None:
    try:
        return read_algorithm(identifier)
    except (UnsupportedTimestampError, BrokenTimestampError):  # either way it signs no link
        return None


def _octets(value: core.OctetBitString) -> bytes:
    contents = bytes(value.contents)
    if contents[0] != 0:
        raise broken("certificate", "unused bits")
    return contents[1:]


def _moment(value: core.Choice) -> datetime:
    moment = value.native
    fraction = b"." in bytes(value.chosen.contents)  # RFC 5280, 4.1.2.5.2
    if not isinstance(moment, datetime) or moment.tzinfo is None or fraction:
        raise broken("certificate", "validity")
    return moment
