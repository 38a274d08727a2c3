"""Whether a certificate of a path had been revoked, by lists and answers that are at hand, judged at one moment.

Nothing is fetched: what counts is what a token carries and what the caller has kept. What nobody says anything about is
*unknown*, which is neither good nor bad. Sources: RFC 5280, sections 5 and 6.3 (lists), RFC 6960 (OCSP), RFC 3161, section 4 (what the
revocation of an authority means for tokens it gave before).
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from asn1crypto import cms, core, crl, keys, ocsp, pem

from qingyuan.evidence.timestamp._der import contents_of, elements
from qingyuan.evidence.timestamp._schema import decode, digest_name, load
from qingyuan.evidence.timestamp.certificate import Certificate, read_certificate
from qingyuan.evidence.timestamp.errors import TimestampError
from qingyuan.evidence.timestamp.signatures import digest_of, read_algorithm, verify_signature

#: Longest list or answer that is read, in bytes; longest that a token can carry is far less.
MAX_LIST_SIZE = 16 << 20
#: Most lists and answers that are looked at for one token.
MAX_LISTS = 16

#: Most certificates of an answer that are looked at.
MAX_RESPONDERS = 4

_OCSP_ANSWER = "1.3.6.1.5.5.7.16.2"
_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
_BASIC = "1.3.6.1.5.5.7.48.1.1"
_REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24"
_LISTS_TAG, _ANSWERS_TAG = 0xA0, 0xA1
_ISSUING_POINT = "2.5.29.28"
_REASON, _INVALID_SINCE = "2.5.29.21", "2.5.29.24"
#: Extensions of a list that change nothing about whom it names: its number and the key that signed it.
_HARMLESS = {"2.5.29.20", "2.5.29.35"}
#: Reasons after which tokens given before the revocation stay good (RFC 3161, section 4), when they are stated.
_FROM_THEN_ON = {
    "unspecified",
    "affiliation_changed",
    "superseded",
    "cessation_of_operation",
    "certificate_hold",
    "privilege_withdrawn",
}
#: Reasons that an authority's own certificates go by whatever the time: somebody else had its key.
_COMPROMISED = {"key_compromise", "ca_compromise", "aa_compromise"}


class Revocation(StrEnum):
    """What lists and answers say about a path at one moment."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return _WORDS[self.value][0]

    @property
    def en(self) -> str:
        """The sentence in English."""
        return _WORDS[self.value][1]


_WORDS = {
    "good": ("吊销信息表明出具时证书均未吊销", "lists at hand say that no certificate was revoked then"),
    "revoked": ("证书已被吊销", "a certificate was revoked"),
    "unknown": ("没有可用的吊销信息，无法判断是否已吊销", "no list at hand tells whether a certificate was revoked"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Revoked:
    """That a certificate was revoked.

    Attributes:
        since: From when on.
        reason: Why, as ``asn1crypto`` spells RFC 5280; ``None`` when it is not stated.
    """

    since: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class PathRevocation:
    """What lists and answers say about a path.

    Attributes:
        standing: In one word.
        subject: Subject of the certificate that was revoked, or that nothing is known of; empty when all are good.
        revoked: When and why, for one that was revoked.
    """

    standing: Revocation
    subject: str = ""
    revoked: Revoked | None = None


#: What is said of a path that nobody has found.
UNKNOWN = PathRevocation(Revocation.UNKNOWN)


def path_revocation(path: Sequence[Certificate], held: Sequence[bytes], at: datetime) -> PathRevocation:
    """Say whether a path was revoked at one moment.

    Args:
        path: Signer to anchor. The anchor is believed by itself: no list is asked about it.
        held: Lists (CertificateList) and answers (OCSPResponse or BasicOCSPResponse) in DER or PEM; what cannot be read, or is
            not signed by whom it should be, says nothing.
        at: The moment.
    """
    unknown = ""
    for number, (each, issuer) in enumerate(itertools.pairwise(path)):
        found = [said for data in held[:MAX_LISTS] for said in _said(data, each, issuer, at)]
        for said in found:
            if isinstance(said, Revoked) and _counts(said, at, signer=number == 0):
                return PathRevocation(Revocation.REVOKED, each.subject_text, said)
        if not found and not unknown:
            unknown = each.subject_text
    if unknown or len(path) < 2:  # noqa: PLR2004 - an anchor alone has nobody to say anything about it
        return PathRevocation(Revocation.UNKNOWN, unknown)
    return PathRevocation(Revocation.GOOD)


def carried_lists(signed: cms.SignedData) -> tuple[bytes, ...]:
    """Return the lists and answers that a token carries, in SignedData or beside the signature; not looked into.

    Sources: RFC 5652, section 10.2.1, RFC 5940 (OCSP in it), ETSI TS 101 733 (revocation values as an unsigned attribute).
    """
    found: list[bytes] = []
    if not isinstance(signed["crls"], core.Void):
        for each in signed["crls"]:
            if each.name != "other":  # the library gives the list no name
                found.append(each.chosen.dump())
            elif each.chosen["other_rev_info_format"].dotted == _OCSP_ANSWER:
                found.append(each.chosen["other_rev_info"].dump())
    attributes = signed["signer_infos"][0]["unsigned_attrs"]
    for each in () if isinstance(attributes, core.Void) else attributes:
        if each["type"].dotted == _REVOCATION_VALUES:
            for value in each["values"]:
                found += _values(value.dump())
    return tuple(found)


def _values(data: bytes) -> Iterator[bytes]:
    """Yield the members of RevocationValues: lists under tag 0, basic answers under tag 1."""
    for tag, part in elements(contents_of(data)):
        if tag in {_LISTS_TAG, _ANSWERS_TAG}:
            yield from (der for _, der in elements(contents_of(contents_of(part))))


def is_list(data: bytes) -> bool:
    """Say whether ``data`` is a revocation list or an OCSP answer that has something to say."""
    return _loaded(data) is not None


def list_der(data: bytes) -> bytes | None:
    """Return a list or answer, given in DER or PEM, as DER; ``None`` when it has nothing to say."""
    if not is_list(data):
        return None
    return pem.unarmor(data)[2] if pem.detect(data) else data


def is_answer(data: bytes) -> bool:
    """Say whether ``data`` is an OCSP answer that has something to say."""
    return isinstance(_loaded(data), ocsp.BasicOCSPResponse)


def _counts(said: Revoked, at: datetime, *, signer: bool) -> bool:
    """Say whether a revocation spoils a token given at ``at``: by RFC 3161, section 4, for whoever signs tokens."""
    if signer:
        return said.reason not in _FROM_THEN_ON or said.since <= at
    return said.reason in _COMPROMISED or said.since <= at


def _said(
    data: bytes, certificate: Certificate, issuer: Certificate, at: datetime
) -> Iterator[Revoked | None]:
    """Yield what one list or answer says: revoked, or ``None`` for not revoked at that moment; nothing for nothing."""
    try:
        found = _loaded(data)
        if isinstance(found, crl.CertificateList):
            yield from decode(lambda: list(_by_list(found, certificate, issuer, at)), "certificate")
        elif found is not None:
            yield from decode(lambda: list(_by_answer(found, certificate, issuer, at)), "certificate")
    except TimestampError:  # what cannot be read says nothing
        return


@functools.lru_cache(maxsize=MAX_LISTS)
def _loaded(data: bytes) -> crl.CertificateList | ocsp.BasicOCSPResponse | None:
    """Return what the bytes are; ``None`` when they are neither."""
    if len(data) > MAX_LIST_SIZE:
        return None
    if pem.detect(data):
        data = decode(lambda: pem.unarmor(data)[2], "certificate")
    kinds: tuple[Callable[[], core.Asn1Value | None], ...] = (
        # No signature covers what stands around what is signed, so that only one writing of it is taken.
        lambda: _answer_in(load(ocsp.OCSPResponse, data, "certificate")),
        lambda: load(ocsp.BasicOCSPResponse, data, "certificate"),
        lambda: load(crl.CertificateList, data, "certificate", MAX_LIST_SIZE),
    )
    for read in kinds:
        try:
            found = decode(read, "certificate")
            if found is not None:
                decode(lambda: found.native, "certificate")  # noqa: B023 - called at once; decodes all of it now
        except TimestampError:
            continue
        return found
    return None


def _answer_in(answer: ocsp.OCSPResponse) -> ocsp.BasicOCSPResponse | None:
    if answer["response_status"].native != "successful":
        return None
    held = answer["response_bytes"]
    if held["response_type"].dotted != _BASIC:
        return None
    return load(ocsp.BasicOCSPResponse, held["response"].contents, "certificate")


def _by_list(
    found: crl.CertificateList, certificate: Certificate, issuer: Certificate, at: datetime
) -> Iterator[Revoked | None]:
    tbs = found["tbs_cert_list"]
    if tbs["issuer"].dump() != issuer.subject or (
        issuer.usage is not None and "crl_sign" not in issuer.usage
    ):
        return
    if not _is_signed(tbs, found["signature_algorithm"], found["signature"], issuer):
        return
    if tbs["signature"].dump() != found["signature_algorithm"].dump():
        return
    partial = False
    for each in tbs["crl_extensions"] if not isinstance(tbs["crl_extensions"], core.Void) else ():
        oid = each["extn_id"].dotted
        if oid == _ISSUING_POINT:
            scope = each["extn_value"].parsed.native
            other = "only_contains_ca_certs" if not certificate.authority else "only_contains_user_certs"
            if any(scope[name] for name in ("indirect_crl", "only_contains_attribute_certs", other)):
                return
            partial = bool(scope["distribution_point"] or scope["only_some_reasons"])
        elif each["critical"].native and oid not in _HARMLESS:  # such as that of a delta
            return
    entry = _entry(tbs, certificate.serial)
    if entry is not None:
        yield entry
    elif not partial and _tells(_second(tbs["this_update"]), _perhaps(tbs["next_update"]), certificate, at):
        yield None


def _entry(tbs: crl.TbsCertList, serial: int) -> Revoked | None:
    """Return the entry of a serial number.

    Raises:
        TimestampError: It has a critical extension, so that it may be about another issuer's certificate.
    """
    held = tbs["revoked_certificates"]
    for each in held if not isinstance(held, core.Void) else ():
        if int(each["user_certificate"]) != serial:
            continue
        since, reason = _second(each["revocation_date"]), None
        extensions = each["crl_entry_extensions"]
        for extension in extensions if not isinstance(extensions, core.Void) else ():
            oid = extension["extn_id"].dotted
            if oid == _REASON:
                reason = extension["extn_value"].parsed.native
            elif oid == _INVALID_SINCE:
                since = min(since, _second(extension["extn_value"].parsed))
            elif extension["critical"].native:
                raise LookupError(oid)
        return Revoked(since, reason)
    return None


def _by_answer(
    found: ocsp.BasicOCSPResponse, certificate: Certificate, issuer: Certificate, at: datetime
) -> Iterator[Revoked | None]:
    tbs = found["tbs_response_data"]
    if not any(
        _is_responder(tbs["responder_id"], each)
        and _is_signed(tbs, found["signature_algorithm"], found["signature"], each)
        for each in _responders(found, issuer, _second(tbs["produced_at"]))
    ):
        return
    if tbs["version"].native != "v1" or _has_critical(tbs["response_extensions"]):
        return
    for each in tbs["responses"]:
        if not _is_about(each["cert_id"], certificate, issuer):
            continue
        status, since, until = (
            each["cert_status"],
            _second(each["this_update"]),
            _perhaps(each["next_update"]),
        )
        if _has_critical(each["single_extensions"]):
            continue
        if status.name == "revoked":
            revoked = status.chosen
            yield Revoked(_second(revoked["revocation_time"]), revoked["revocation_reason"].native)
        elif status.name == "good" and _tells(since, until, certificate, at):
            yield None


def _has_critical(extensions: core.Asn1Value) -> bool:
    """Say whether one of some extensions of an answer must be known; none is."""
    return not isinstance(extensions, core.Void) and any(each["critical"].native for each in extensions)


def _perhaps(value: core.Asn1Value) -> datetime | None:
    """Return a time that may be missing."""
    return None if isinstance(value, core.Void) else _second(value)


def _second(value: core.Asn1Value) -> datetime:
    """Return a time.

    Raises:
        LookupError: It has a fraction of a second (RFC 5280, 4.1.2.5.2).
    """
    inner = value.chosen if isinstance(value, core.Choice) else value
    if b"." in bytes(inner.contents):
        raise LookupError(inner.contents)
    return cast("datetime", inner.native)


def _responders(found: ocsp.BasicOCSPResponse, issuer: Certificate, at: datetime) -> Iterator[Certificate]:
    """Yield who may answer for an issuer: itself, and whom it gave a certificate for that (RFC 6960, 4.2.2.2)."""
    yield issuer
    listed = found["certs"] if not isinstance(found["certs"], core.Void) else ()
    for each in itertools.islice(listed, MAX_RESPONDERS):
        try:
            held = read_certificate(each.dump())
        except TimestampError:
            continue
        if (
            held.issuer == issuer.subject
            and _OCSP_SIGNING in (held.purposes or ())
            and not held.obstacles
            and held.not_before <= at <= held.not_after
            and held.algorithm is not None
            and verify_signature(issuer.public, held.algorithm, held.signature, held.tbs)
        ):
            yield held


def _is_responder(identifier: ocsp.ResponderId, certificate: Certificate) -> bool:
    if identifier.name == "by_name":
        return bool(identifier.chosen.untag().dump() == certificate.subject)
    return bool(
        identifier.chosen.native == hashlib.sha1(_key_bits(certificate), usedforsecurity=False).digest()
    )


def _is_about(identifier: ocsp.CertId, certificate: Certificate, issuer: Certificate) -> bool:
    if int(identifier["serial_number"]) != certificate.serial:
        return False
    algorithm = identifier["hash_algorithm"]
    name = "sha1" if algorithm["algorithm"].native == "sha1" else digest_name(algorithm)
    if name is None:
        return False
    return all(
        identifier[field].native == _digest(name, data)
        for field, data in (("issuer_name_hash", issuer.subject), ("issuer_key_hash", _key_bits(issuer)))
    )


def _digest(name: str, data: bytes) -> bytes:
    if name == "sha1":
        return hashlib.sha1(
            data, usedforsecurity=False
        ).digest()  # it only tells issuers apart (RFC 6960, 4.3)
    return digest_of(name, data)


def _key_bits(certificate: Certificate) -> bytes:
    """Return the key without tag, length and number of unused bits."""
    return bytes(keys.PublicKeyInfo.load(certificate.public)["public_key"].contents[1:])


def _is_signed(
    tbs: core.Sequence, identifier: core.Sequence, signature: core.OctetBitString, by: Certificate
) -> bool:
    algorithm = read_algorithm(identifier)
    contents = bytes(signature.contents)
    return contents[:1] == b"\x00" and verify_signature(by.public, algorithm, contents[1:], tbs.dump())


def _tells(since: datetime, until: datetime | None, certificate: Certificate, at: datetime) -> bool:
    """Say whether a list without a certificate says that it was not revoked at ``at``.

    It does when it was the list of that moment, and also when it is a later one: nobody is taken off before the certificate
    has expired.
    """
    if since > at:
        return since <= certificate.not_after
    return until is not None and at <= until
