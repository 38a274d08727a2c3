"""The ASN.1 types of RFC 3161 as used here, and the object identifiers they carry.

``asn1crypto`` has most of them; its answer type demands a token, which a refusal does not have. Its global tables
stay as they are: what it does not know is compared by dotted identifier.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from asn1crypto import cms, core, tsp

from qingyuan.evidence.timestamp._der import MAX_SIZE, check_der
from qingyuan.evidence.timestamp.errors import TimestampError, broken

T = TypeVar("T")

SIGNED_DATA = "1.2.840.113549.1.7.2"
#: Content types of GM/T 0010, whose SignedData has a syntax of its own.
GM_CONTENT = "1.2.156.10197.6.1.4.2."
TST_INFO = "1.2.840.113549.1.9.16.1.4"

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"

TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
ANY_PURPOSE = "2.5.29.37.0"

#: Digest algorithms by identifier: name and length in bytes. SM3 is GB/T 32905, identifier of GM/T 0006.
DIGESTS = {
    "2.16.840.1.101.3.4.2.1": ("sha256", 32),
    "2.16.840.1.101.3.4.2.2": ("sha384", 48),
    "2.16.840.1.101.3.4.2.3": ("sha512", 64),
    "1.2.156.10197.1.401": ("sm3", 32),
}
DIGEST_OIDS = {name: oid for oid, (name, _) in DIGESTS.items()}


class Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp, with a token or without."""

    _fields = [  # noqa: RUF012 - as the library wants it
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def decode(read: Callable[[], T], code: str, detail: str = "") -> T:
    """Run ``read``, which decodes with ``asn1crypto``, and turn what that raises into an error of ours.

    Raises:
        BrokenTimestampError: ``timestamp.<code>``.
    """
    try:
        return read()
    except TimestampError:
        raise
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
        raise broken(code, detail) from error


def load(kind: type[T], data: bytes, code: str, limit: int = MAX_SIZE) -> T:
    """Decode all of ``data``, strictly DER and of at most ``limit`` bytes, as a type of ``asn1crypto``.

    Raises:
        BrokenTimestampError: As :func:`check_der`, or ``timestamp.<code>``.
    """
    check_der(data, limit)
    return load_checked(kind, data, code)


def load_checked(kind: type[T], data: bytes, code: str) -> T:
    """Decode all of ``data``, of which :func:`check_der` was asked before, as a type of ``asn1crypto``.

    Raises:
        BrokenTimestampError: ``timestamp.<code>``.
    """
    return decode(lambda: _loaded(kind, data), code)


#: Fields of which nothing is asked as a whole: what is needed of them is read, and checked, by itself.
_BY_THEMSELVES = {
    "SignedData.certificates",
    "SignedData.crls",
    "SignerInfo.signed_attrs",
    "SignerInfo.unsigned_attrs",
    "TbsCertificate.subject_public_key_info",
    "BasicOCSPResponse.certs",
}


def refuse_surplus(value: core.Asn1Value) -> None:
    """Refuse elements beyond the last that a SEQUENCE may have, at any depth: the library takes them silently.

    Raises:
        ValueError: There is one, or something is not of its type.
    """
    pending = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, core.Choice):
            pending.append(found.chosen)
        elif isinstance(found, (core.SequenceOf, core.SetOf)):
            pending.extend(found)
        elif isinstance(found, core.Sequence):
            names = [field[0] for field in found._fields]
            kind = type(found).__name__
            if len(found) > len(names):
                raise ValueError(kind)
            pending.extend(found[name] for name in names if f"{kind}.{name}" not in _BY_THEMSELVES)


def _loaded(kind: type[T], data: bytes) -> T:
    found: T = kind.load(data, strict=True)  # type: ignore[attr-defined]
    refuse_surplus(found)
    return found


def no_parameters(algorithm: core.Sequence) -> bool:
    """Say whether the parameters of an algorithm identifier are absent or NULL."""
    parameters = algorithm["parameters"]
    return isinstance(parameters, (core.Void, core.Null)) or parameters.dump() == b"\x05\x00"


def digest_name(algorithm: core.Sequence) -> str | None:
    """Return the name of a digest algorithm, or ``None`` when it is none of ours."""
    found = DIGESTS.get(algorithm["algorithm"].dotted)
    return found[0] if found and no_parameters(algorithm) else None


def printable(text: str, limit: int = 200) -> str:
    """Return ``text`` without control characters, cut to ``limit``: it came from outside."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)[:limit]
