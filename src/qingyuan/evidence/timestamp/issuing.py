"""A time-stamping authority for tests: its certificates and its answers, as pure functions.

Its names say TEST, and nobody should believe it. It exists so that the whole way from request to verdict can be run
without a network and with any clock, also for SM2, which ``openssl ts`` cannot issue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asn1crypto import algos, cms, core, keys, tsp, x509

from qingyuan.evidence.timestamp import _schema as schema
from qingyuan.evidence.timestamp.certificate import read_certificate
from qingyuan.evidence.timestamp.errors import TimestampError
from qingyuan.evidence.timestamp.request import TimestampRequest, read_request
from qingyuan.evidence.timestamp.signatures import digest_of
from qingyuan.evidence.timestamp.signing import SigningKey, digest_identifier

#: Policy of the test authority, below the arc for documentation (RFC 5612 gives 32473 to examples).
TEST_POLICY = "1.3.6.1.4.1.32473.1"
#: What the name of a test authority begins with.
TEST_NAME = "TEST TSA, NOT AN AUTHORITY 测试用"


@dataclass(frozen=True, slots=True)
class Issuer:
    """A name with its key, which signs certificates.

    Attributes:
        name: Common name.
        key: The key.
    """

    name: str
    key: SigningKey


@dataclass(frozen=True, slots=True)
class TrialAuthority:
    """A time-stamping authority for tests.

    Attributes:
        key: Its key.
        certificate: Its certificate in DER.
        carried: Further certificates that its tokens carry when asked for certificates.
        policy: Identifier of its policy.
        accuracy: What it says of its clock; ``None`` for nothing.
        ordering: Whether it claims that its tokens can always be ordered.
        named: Whether tokens carry its name.
        sha1_reference: Whether it names its certificate in the old way, by SHA-1.
        sorted_set: Whether it sorts the certificates as DER demands; some authorities do not.
    """

    key: SigningKey
    certificate: bytes
    carried: tuple[bytes, ...] = ()
    policy: str = TEST_POLICY
    accuracy: timedelta | None = field(default=timedelta(seconds=1))
    ordering: bool = False
    named: bool = False
    sha1_reference: bool = False
    sorted_set: bool = True


def ca_extensions(path_length: int | None = None) -> list[dict[str, object]]:
    """Return the extensions of a certificate authority."""
    constraints = {"ca": True} if path_length is None else {"ca": True, "path_len_constraint": path_length}
    return [
        _extension("basic_constraints", x509.BasicConstraints(constraints)),
        _extension("key_usage", x509.KeyUsage({"key_cert_sign", "crl_sign"})),
    ]


def tsa_extensions() -> list[dict[str, object]]:
    """Return the extensions of a time-stamping authority: that purpose alone, critical."""
    return [
        _extension("basic_constraints", x509.BasicConstraints({"ca": False})),
        _extension("key_usage", x509.KeyUsage({"digital_signature"})),
        _extension("extended_key_usage", x509.ExtKeyUsageSyntax(["time_stamping"])),
    ]


def issue_certificate(
    name: str,
    public: bytes,
    issuer: Issuer,
    *,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    extensions: Sequence[dict[str, object]],
) -> bytes:
    """Return a certificate in DER.

    Args:
        name: Common name of the subject.
        public: DER of the subject's SubjectPublicKeyInfo.
        issuer: Who signs; with the subject's own name and key, a root.
        serial: Serial number.
        not_before: Begin of validity.
        not_after: End of validity.
        extensions: Fields of each extension, in order; :func:`ca_extensions` or :func:`tsa_extensions`.
    """
    identifier = core.OctetString(hashlib.sha256(public).digest()[:20])
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial,
            "signature": issuer.key.algorithm,
            "issuer": x509.Name.build({"common_name": issuer.name}),
            "validity": {"not_before": _time(not_before), "not_after": _time(not_after)},
            "subject": x509.Name.build({"common_name": name}),
            "subject_public_key_info": keys.PublicKeyInfo.load(public),
            "extensions": [*extensions, _extension("key_identifier", identifier, critical=False)],
        }
    )
    fields = {
        "tbs_certificate": tbs,
        "signature_algorithm": issuer.key.algorithm,
        "signature_value": issuer.key.sign(tbs.dump()),
    }
    data: bytes = x509.Certificate(fields).dump()
    return data


def answer(request: bytes, authority: TrialAuthority, *, at: datetime, serial: int) -> bytes:
    """Return the answer to a request.

    Args:
        request: DER of a TimeStampReq.
        authority: Who answers.
        at: What its clock shows.
        serial: Serial number of the token; the caller never gives one twice.

    Returns:
        DER of a TimeStampResp; a refusal when the request is none, or asks for another policy.
    """
    try:
        asked = read_request(request)
    except TimestampError as error:
        return refusal("bad_alg" if error.code == "timestamp.unsupported" else "bad_data_format", error.en)
    if asked.policy not in {None, authority.policy}:
        return refusal("unaccepted_policy", "this policy is not offered")
    content = _info(asked, authority, at, serial)
    signed = _signed_data(content, authority, carry=asked.certificates)
    token = cms.ContentInfo({"content_type": "signed_data", "content": signed})
    response = schema.Response({"status": {"status": "granted"}, "time_stamp_token": token})
    data: bytes = response.dump()
    return data


def refusal(failure: str, said: str) -> bytes:
    """Return an answer without a token.

    Args:
        failure: Name of the failure bit as ``asn1crypto`` spells it, such as ``"bad_alg"``.
        said: The words beside it.
    """
    status = {"status": "rejection", "status_string": [said], "fail_info": {failure}}
    data: bytes = schema.Response({"status": status}).dump()
    return data


def _info(asked: TimestampRequest, authority: TrialAuthority, at: datetime, serial: int) -> bytes:
    fields: dict[str, object] = {
        "version": "v1",
        "policy": authority.policy,
        "message_imprint": {
            "hash_algorithm": digest_identifier(asked.algorithm),
            "hashed_message": asked.imprint,
        },
        "serial_number": serial,
        "gen_time": at.astimezone(UTC).replace(microsecond=0),
        "ordering": authority.ordering,
    }
    if authority.accuracy is not None:
        whole, rest = divmod(authority.accuracy, timedelta(seconds=1))
        fields["accuracy"] = {"seconds": whole} if not rest else {
            "seconds": whole,
            "millis": rest // timedelta(milliseconds=1),
            "micros": rest // timedelta(microseconds=1) % 1000,
        }  # fmt: skip
    if asked.nonce is not None:
        fields["nonce"] = asked.nonce
    if authority.named:
        subject = x509.Certificate.load(authority.certificate).subject
        fields["tsa"] = x509.GeneralName("directory_name", subject)
    data: bytes = tsp.TSTInfo(fields).dump()
    return data


def _signed_data(content: bytes, authority: TrialAuthority, *, carry: bool) -> cms.SignedData:
    own = read_certificate(authority.certificate)
    found = x509.Certificate.load(authority.certificate)
    digest = digest_identifier(authority.key.digest)
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
            cms.CMSAttribute(
                {"type": "message_digest", "values": [digest_of(authority.key.digest, content)]}
            ),
            _reference(authority),
        ]
    )
    signer = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            "issuer_and_serial_number", {"issuer": found.issuer, "serial_number": own.serial}
        ),
        "digest_algorithm": algos.DigestAlgorithm(digest),
        "signed_attrs": attributes,
        "signature_algorithm": authority.key.algorithm,
        "signature": authority.key.sign(attributes.dump()),
    }
    fields: dict[str, object] = {
        "version": "v3",
        "digest_algorithms": [algos.DigestAlgorithm(digest)],
        "encap_content_info": {
            "content_type": "tst_info",
            "content": core.ParsableOctetString(content),
        },
        "signer_infos": [signer],
    }
    if carry:
        held = (authority.certificate, *authority.carried)
        fields["certificates"] = _certificate_set(sorted(held) if authority.sorted_set else held)
    return cms.SignedData(fields)


def _reference(authority: TrialAuthority) -> cms.CMSAttribute:
    if authority.sha1_reference:
        digest = hashlib.sha1(authority.certificate, usedforsecurity=False).digest()
        value = tsp.SigningCertificate({"certs": [{"cert_hash": digest}]})
        return cms.CMSAttribute({"type": "signing_certificate", "values": [value]})
    name = authority.key.digest
    reference = {
        "hash_algorithm": digest_identifier(name),
        "cert_hash": digest_of(name, authority.certificate),
    }
    value = tsp.SigningCertificateV2({"certs": [reference]})
    return cms.CMSAttribute({"type": "signing_certificate_v2", "values": [value]})


def _certificate_set(held: Sequence[bytes]) -> cms.CertificateSet:
    """Return the certificates as a SET in the order given; ``asn1crypto`` sorts nothing when it loads."""
    contents = b"".join(held)
    size = len(contents)
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    head = bytes([0xA0, size]) if size < 0x80 else bytes([0xA0, 0x80 | len(length)]) + length  # noqa: PLR2004
    return cms.CertificateSet.load(head + contents, implicit=("context", 0))


def _extension(name: str, value: core.Asn1Value, *, critical: bool = True) -> dict[str, object]:
    return {"extn_id": name, "critical": critical, "extn_value": value}


def _time(moment: datetime) -> x509.Time:
    """Return a time as RFC 5280 writes it: UTCTime through 2049."""
    moment = moment.astimezone(UTC).replace(microsecond=0)
    if moment.year < 2050:  # noqa: PLR2004 - RFC 5280, 4.1.2.5
        return x509.Time({"utc_time": moment})
    return x509.Time({"general_time": moment})
