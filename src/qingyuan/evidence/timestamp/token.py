"""TimeStampResp, its token and the TSTInfo inside: read whole, strictly, and not yet judged.

Sources: RFC 3161 (answer and TSTInfo), RFC 5652 (SignedData), RFC 2634 and RFC 5035 (signing certificate).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import cms, core, tsp

from qingyuan.evidence.timestamp import _schema as schema
from qingyuan.evidence.timestamp._der import check_der, contents_of, elements, minimal
from qingyuan.evidence.timestamp._schema import decode, digest_name, load, load_checked, printable
from qingyuan.evidence.timestamp.certificate import directory_name, name_key, name_text
from qingyuan.evidence.timestamp.errors import RefusedTimestampError, broken, unsupported
from qingyuan.evidence.timestamp.request import read_imprint
from qingyuan.evidence.timestamp.revocation import carried_lists
from qingyuan.evidence.timestamp.signatures import ED25519, SignatureAlgorithm, digest_of, read_algorithm

#: Most certificates that a signing certificate attribute may name.
MAX_NAMED = 64
_GRANTED, _WITH_MODIFICATIONS = 0, 1
_SEQUENCE_TAG = 0x30
_OID_TAG = 0x06
#: A fraction does not end in a zero (RFC 3161, 2.4.2); the last second of a minute is 59, as other readers have it.
_TIME = re.compile(r"([0-9]{14})(?:\.([0-9]{0,8}[1-9]))?Z")
#: PKIStatusInfo: a status, perhaps words, perhaps reasons.
_STATUS_TAGS = re.compile(rb"\x02\x30?\x03?")


@dataclass(frozen=True, slots=True)
class TstInfo:
    """What the authority says.

    Attributes:
        policy: Identifier of the policy it stamps under.
        imprint_algorithm: Name of the digest.
        imprint: The digest of what is stamped.
        serial: Serial number of the token.
        gen_time: When, in UTC.
        accuracy: By how much ``gen_time`` may be off; ``None`` when it does not say.
        ordering: Whether its tokens can always be ordered by ``gen_time``.
        nonce: The number of the request.
        tsa: Name the authority gives itself, for people; ``None`` when it gives none.
        tsa_key: The same in a form for comparing.
    """

    policy: str
    imprint_algorithm: str
    imprint: bytes
    serial: int
    gen_time: datetime
    accuracy: timedelta | None
    ordering: bool
    nonce: int | None
    tsa: str | None
    tsa_key: str | None


@dataclass(frozen=True, slots=True)
class CertificateReference:
    """How a signed attribute names a certificate: the signer's, or one that the path may lead through.

    Attributes:
        algorithm: Name of the digest, here also ``"sha1"``; empty when it is none of ours, and then it names nothing.
        digest: Digest of the certificate.
        issuer: DER of the names of the issuer and serial number; ``None`` when not given.
    """

    algorithm: str
    digest: bytes
    issuer: tuple[frozenset[bytes], int] | None


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """Who signed, and over what.

    Attributes:
        issuer: DER of the issuer's name and serial number of the certificate, or ``None``.
        key_identifier: SubjectKeyIdentifier of the certificate instead, or ``None``.
        digest: Name of the digest of the content.
        message_digest: The signed digest of the content.
        references: How the signed attributes name the certificate, one or two.
        limits: All that an attribute names, for each that names more than the signer's certificate: what the path may lead through
            (RFC 5035, 5.4.1).
        attributes: The encoding of the signed attributes that may have been signed: as they stand, and sorted.
        algorithm: How it is signed.
        signature: The signature.
    """

    issuer: tuple[bytes, int] | None
    key_identifier: bytes | None
    digest: str
    message_digest: bytes
    references: tuple[CertificateReference, ...]
    limits: tuple[tuple[CertificateReference, ...], ...]
    attributes: tuple[bytes, ...]
    algorithm: SignatureAlgorithm
    signature: bytes


@dataclass(frozen=True, slots=True)
class Token:
    """An answer with its token.

    Attributes:
        info: What the authority says.
        content: DER of the TSTInfo, which is what the signature covers.
        signer: Who signed.
        certificates: The certificates it carries, in its order; they may be anything.
        lists: Revocation lists and answers it carries, in its order; they may be anything.
        modified: Whether the authority granted with modifications.
    """

    info: TstInfo
    content: bytes
    signer: SignerInfo
    certificates: tuple[bytes, ...]
    lists: tuple[bytes, ...]
    modified: bool


def read_response(data: bytes) -> Token:
    """Read the answer of an authority.

    Args:
        data: DER of a TimeStampResp (``.tsr``).

    Raises:
        RefusedTimestampError: The authority granted none.
        BrokenTimestampError: The bytes are no answer, or contradict themselves.
        UnsupportedTimestampError: An algorithm or critical extension is none of ours.
    """
    check_der(data)
    _refuse_bare(data)
    return decode(lambda: _read(load_checked(schema.Response, data, "malformed")), "malformed")


def _refuse_bare(data: bytes) -> None:
    """Name the common mistake: the token stored without the answer around it."""
    inner = contents_of(data)
    if data[0] == _SEQUENCE_TAG and inner[:1] == bytes([_OID_TAG]):
        raise broken("bare-token")


def _read(found: core.Sequence) -> Token:
    status = found["status"]
    code = int(status["status"])
    if code not in {_GRANTED, _WITH_MODIFICATIONS}:
        raise _refusal(status, code)
    if not _STATUS_TAGS.fullmatch(bytes(tag for tag, _ in elements(bytes(status.contents)))):
        raise broken("malformed", "PKIStatusInfo")
    wrapped = found["time_stamp_token"]
    if isinstance(wrapped, core.Void):
        raise broken("malformed", "no token")
    kind: str = wrapped["content_type"].dotted
    if kind.startswith(schema.GM_CONTENT):
        raise unsupported("内容类型", "content type", kind)
    if kind != schema.SIGNED_DATA:
        raise broken("content-type", kind)
    signed = wrapped["content"]
    if signed["version"].native not in {"v3", "v4", "v5"}:  # RFC 5652, 5.1, for content that is not id-data
        raise broken("version", "SignedData")
    inner = signed["encap_content_info"]
    if inner["content_type"].dotted != schema.TST_INFO:
        raise broken("content-type", inner["content_type"].dotted)
    content = bytes(inner["content"].contents)
    signer = _read_signer(signed)
    if digest_of(signer.digest, content) != signer.message_digest:
        raise broken("message-digest")
    info = load(tsp.TSTInfo, content, "malformed")
    return Token(
        info=decode(lambda: _read_info(info), "malformed", "TSTInfo"),
        content=content,
        signer=signer,
        certificates=_certificates(signed),
        lists=carried_lists(signed),
        modified=code == _WITH_MODIFICATIONS,
    )


def _refusal(status: tsp.PKIStatusInfo, code: int) -> RefusedTimestampError:
    failures = tuple(sorted(map(str, status["fail_info"].native or ())))
    said = "; ".join(map(str, status["status_string"].native or ()))
    return RefusedTimestampError(code, failures, printable(said))


def _certificates(signed: cms.SignedData) -> tuple[bytes, ...]:
    """Return the raw certificates; they are no part of what is signed and stay unread here."""
    held = signed["certificates"]
    if isinstance(held, core.Void):
        return ()
    return tuple(der for tag, der in elements(bytes(held.contents)) if tag == _SEQUENCE_TAG)


def _read_info(found: tsp.TSTInfo) -> TstInfo:
    if found["version"].native != "v1":
        raise broken("version", "TSTInfo")
    _check_extensions(found["extensions"])
    algorithm, imprint = read_imprint(found["message_imprint"])
    named = not isinstance(found["tsa"], core.Void)
    return TstInfo(
        policy=found["policy"].dotted,
        imprint_algorithm=algorithm,
        imprint=imprint,
        serial=int(found["serial_number"]),
        gen_time=_read_time(found["gen_time"].contents),
        accuracy=_read_accuracy(found["accuracy"]),
        ordering=bool(found["ordering"].native),
        nonce=found["nonce"].native,
        tsa=name_text(found["tsa"]) if named else None,
        tsa_key=name_key(found["tsa"]) if named else None,
    )


def _check_extensions(found: core.SequenceOf) -> None:
    if isinstance(found, core.Void):
        return
    named = [each["extn_id"].dotted for each in found]
    if not named or len(set(named)) < len(named):
        raise broken("malformed", "extensions")
    for each in found:
        if each["critical"].native:
            raise unsupported("关键扩展", "critical extension", each["extn_id"].dotted)


def _read_time(contents: bytes) -> datetime:
    """Read GeneralizedTime as the RFC limits it: UTC, with seconds."""
    match = _TIME.fullmatch(contents.decode("ascii"))
    if match is None:
        raise broken("malformed", "genTime")
    moment = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return moment + timedelta(microseconds=int((match[2] or "").ljust(6, "0")[:6]))


def _read_accuracy(found: tsp.Accuracy) -> timedelta | None:
    if isinstance(found, core.Void):
        return None
    parts = [found[each] for each in ("seconds", "millis", "micros")]
    whole = all(isinstance(each, core.Void) or minimal(bytes(each.contents)) for each in parts)
    seconds, millis, micros = (each.native or 0 for each in parts)
    if not (whole and seconds >= 0 and 0 <= millis <= 999 and 0 <= micros <= 999):  # noqa: PLR2004 - RFC 3161
        raise broken("malformed", "accuracy")
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def _read_signer(signed: cms.SignedData) -> SignerInfo:
    if len(signed["signer_infos"]) != 1:
        raise broken("signers", str(len(signed["signer_infos"])))
    found = signed["signer_infos"][0]
    by_issuer = found["sid"].name == "issuer_and_serial_number"
    if found["version"].native != ("v1" if by_issuer else "v3"):
        raise broken("version", "SignerInfo")
    digest = digest_name(found["digest_algorithm"])
    if digest is None:
        raise unsupported("摘要算法", "digest algorithm", found["digest_algorithm"]["algorithm"].dotted)
    # RFC 5652, 5.3: a list for readers in one pass; nothing signs it, and other readers insist on it.
    if digest not in set(map(digest_name, signed["digest_algorithms"])):
        raise broken("malformed", "digestAlgorithms")
    if isinstance(found["signed_attrs"], core.Void):
        raise broken("attributes", "none")
    contents = bytes(found["signed_attrs"].contents)
    values = _attributes(found["signed_attrs"])
    if values[schema.CONTENT_TYPE].dotted != schema.TST_INFO:
        raise broken("attributes", "contentType")
    sid = found["sid"].chosen
    named = _references(values)
    return SignerInfo(
        issuer=(sid["issuer"].dump(), int(sid["serial_number"])) if by_issuer else None,
        key_identifier=None if by_issuer else sid.native,
        digest=digest,
        message_digest=values[schema.MESSAGE_DIGEST].native,
        references=tuple(each[0] for each in named),
        limits=tuple(each for each in named if len(each) > 1),
        attributes=_signed_forms(contents),
        algorithm=read_algorithm(found["signature_algorithm"], None if _hashes_itself(found) else digest),
        signature=found["signature"].native,
    )


def _hashes_itself(found: cms.SignerInfo) -> bool:
    """Say whether the signature is Ed25519, which goes with any digest of the content (RFC 8419)."""
    algorithm: str = found["signature_algorithm"]["algorithm"].dotted
    return algorithm == ED25519


def _attributes(found: cms.CMSAttributes) -> dict[str, core.Asn1Value]:
    """Return the one value of each attribute that matters here; of others it only counts that none comes twice."""
    kinds = Counter(each["type"].dotted for each in found)
    values: dict[str, core.Asn1Value] = {}
    for each in found:
        oid = each["type"].dotted
        if kinds[oid] != 1 or len(each["values"]) != 1:
            raise broken("attributes", oid)
        values[oid] = each["values"][0]
    for oid in {schema.SIGNING_CERTIFICATE, schema.SIGNING_CERTIFICATE_V2} & values.keys():
        listed = elements(contents_of(values[oid].dump()))
        if any(
            sum(1 for _ in elements(contents_of(each))) > MAX_NAMED for _, each in itertools.islice(listed, 1)
        ):
            raise unsupported("签名证书属性", "signing certificate attribute", f"> {MAX_NAMED}")
        schema.refuse_surplus(values[oid])
    for needed in (schema.CONTENT_TYPE, schema.MESSAGE_DIGEST):
        if needed not in values:
            raise broken("attributes", needed)
    if not {schema.SIGNING_CERTIFICATE, schema.SIGNING_CERTIFICATE_V2} & values.keys():
        raise broken("attributes", "signingCertificate")
    return values


def _references(values: dict[str, core.Asn1Value]) -> tuple[tuple[CertificateReference, ...], ...]:
    """Return what each attribute names; the first of each is the signer's certificate."""
    found: list[tuple[CertificateReference, ...]] = []
    if schema.SIGNING_CERTIFICATE in values:
        found.append(tuple(_reference(each, "sha1") for each in values[schema.SIGNING_CERTIFICATE]["certs"]))
    if schema.SIGNING_CERTIFICATE_V2 in values:
        listed = values[schema.SIGNING_CERTIFICATE_V2]["certs"]
        found.append(tuple(_reference(each, digest_name(each["hash_algorithm"]) or "") for each in listed))
        if not found[-1][0].algorithm:
            oid = listed[0]["hash_algorithm"]["algorithm"].dotted
            raise unsupported("摘要算法", "digest algorithm", oid)
    return tuple(found)


def _reference(found: core.Sequence, algorithm: str) -> CertificateReference:
    issuer = None
    if not isinstance(found["issuer_serial"], core.Void):
        named = found["issuer_serial"]
        names = (directory_name(each) for each in named["issuer"])
        issuer = frozenset(each for each in names if each is not None), int(named["serial_number"])
    return CertificateReference(algorithm, found["cert_hash"].native, issuer)


def _signed_forms(contents: bytes) -> tuple[bytes, ...]:
    """Return the SET OF that is signed (RFC 5652, 5.4): as it stands and, if that is another, sorted as DER sorts."""
    forms = [contents, b"".join(sorted(each for _, each in elements(contents)))]
    return tuple(dict.fromkeys(_as_set(each) for each in forms))


def _as_set(contents: bytes) -> bytes:
    size = len(contents)
    if size < 0x80:  # noqa: PLR2004 - short form
        return bytes([0x31, size]) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x31, 0x80 | len(length)]) + length + contents
