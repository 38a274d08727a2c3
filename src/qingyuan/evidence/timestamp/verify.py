"""Judging a token: is it one over this message, who signed it, and was that signer believed at that time?

Two questions are kept apart. A token that contradicts itself or the message is *broken* and raises. A token that
is whole but whose signer leads to no anchor is returned, *not trusted*, and says why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from qingyuan.evidence.timestamp.certificate import Certificate, name_in, read_certificate
from qingyuan.evidence.timestamp.chain import Path, Trust, find_path
from qingyuan.evidence.timestamp.errors import (
    BrokenTimestampError,
    RefusedTimestampError,
    TimestampError,
    UnsupportedTimestampError,
    broken,
)
from qingyuan.evidence.timestamp.revocation import UNKNOWN as UNKNOWN_REVOCATION
from qingyuan.evidence.timestamp.revocation import PathRevocation, Revocation, path_revocation
from qingyuan.evidence.timestamp.signatures import digest_of, verify_signature
from qingyuan.evidence.timestamp.token import CertificateReference, SignerInfo, Token, read_response

#: Most certificates of a token that are read; real ones carry one to four.
MAX_CERTIFICATES = 16


class Note(StrEnum):
    """What a reader should know about a token that is otherwise in order."""

    FUTURE = "future"
    MODIFIED = "modified"
    SHA1_REFERENCE = "sha1-reference"
    UNSORTED = "unsorted"
    UNREADABLE_CERTIFICATE = "unreadable-certificate"

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return _NOTES[self.value][0]

    @property
    def en(self) -> str:
        """The sentence in English."""
        return _NOTES[self.value][1]


_NOTES = {
    "future": ("出具时间晚于本机时间", "it is dated later than this machine's clock"),
    "modified": ("机构对请求作了修改后出具", "the authority granted it with modifications"),
    "sha1-reference": ("以 SHA-1 指明签名者证书", "it names the signer's certificate by SHA-1"),
    "unsorted": ("证书集合未按 DER 排序", "its certificates are not sorted as DER demands"),
    "unreadable-certificate": ("附带无法读取或过多的证书，已忽略", "it carries certificates that cannot be read, or too many; they are ignored"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TokenIdentity:
    """What tells tokens apart, kept so that a replayed one is known.

    Attributes:
        signer: SHA-256 of the signer's certificate, or the digest the token names it by; hex.
        serial: Serial number.
        algorithm: Name of the digest.
        imprint: The digest of what is stamped.
    """

    signer: str
    serial: int
    algorithm: str
    imprint: bytes


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A token whose signature and imprint are right.

    Attributes:
        token: All that was read.
        signer: The signer's certificate; ``None`` when nobody has it, and then no signature was checked.
        path: The path to an anchor, or why there is none.
        notes: What else a reader should know.
        revocation: What lists at hand say about the path at that time.
    """

    token: Token
    signer: Certificate | None
    path: Path
    notes: tuple[Note, ...]
    revocation: PathRevocation = UNKNOWN_REVOCATION

    @property
    def trust(self) -> Trust:
        """Whether the signer was believed at that time, or why not."""
        return self.path.trust

    @property
    def trusted(self) -> bool:
        """Whether the signer was believed at that time."""
        return self.path.trust is Trust.TRUSTED

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """Signer to anchor; empty when not trusted."""
        return self.path.certificates

    @property
    def gen_time(self) -> datetime:
        """When the authority says it saw the imprint, in UTC."""
        return self.token.info.gen_time

    @property
    def accuracy(self) -> timedelta | None:
        """By how much that may be off, if it says."""
        return self.token.info.accuracy

    @property
    def ordering(self) -> bool:
        """Whether the authority's tokens can always be ordered by their times."""
        return self.token.info.ordering

    @property
    def serial(self) -> int:
        """Serial number of the token."""
        return self.token.info.serial

    @property
    def policy(self) -> str:
        """Identifier of the policy."""
        return self.token.info.policy

    @property
    def imprint_algorithm(self) -> str:
        """Name of the digest."""
        return self.token.info.imprint_algorithm

    @property
    def tsa(self) -> str:
        """Name of the authority: subject of its certificate, else what the token says."""
        return self.signer.subject_text if self.signer else self.token.info.tsa or ""

    @property
    def identity(self) -> TokenIdentity:
        """What tells this token apart."""
        return identity_of(self.token)


class Standing(StrEnum):
    """The judgement in one word."""

    TRUSTED = "trusted"
    NOT_TRUSTED = "not-trusted"
    UNSUPPORTED = "unsupported"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judgement that never raises, for whoever judges many.

    Attributes:
        standing: In one word.
        timestamp: The token, unless it is broken or not supported.
        error: What is wrong, when it is one of those two.
    """

    standing: Standing
    timestamp: Timestamp | None
    error: TimestampError | None


def verify_timestamp(
    response: bytes,
    message: bytes,
    *,
    anchors: Sequence[Certificate],
    others: Sequence[Certificate] = (),
    lists: Sequence[bytes] = (),
    algorithm: str | None = None,
    nonce: int | None = None,
    policy: str | None = None,
    seen: Collection[TokenIdentity] = (),
    now: datetime | None = None,
) -> Timestamp:
    """Check an authority's answer over a message.

    Args:
        response: DER of the TimeStampResp.
        message: What it is said to stamp.
        anchors: Certificates that are believed: roots, intermediate authorities or the signer itself.
        others: Further certificates, for a token that lacks some; not believed.
        lists: Revocation lists and OCSP answers, besides those the token carries; DER or PEM.
        algorithm: Name of the digest it must be over, or ``None``.
        nonce: The nonce of the request; ``None`` when the request is not at hand.
        policy: Identifier the policy must have, or ``None``.
        seen: Tokens received before; only for an answer that must be new.
        now: The present, to tell a token from the future; ``None`` not to.

    Returns:
        The token, trusted or not.

    Raises:
        BrokenTimestampError: It contradicts itself, the message or the request.
        RefusedTimestampError: The answer holds no token.
        UnsupportedTimestampError: It uses what is not known here.
    """
    token = read_response(response)
    info = token.info
    other_digest = algorithm is not None and info.imprint_algorithm != algorithm
    if other_digest or digest_of(info.imprint_algorithm, message) != info.imprint:
        raise broken("imprint", info.imprint_algorithm)
    if (
        nonce is not None and info.nonce != nonce
    ):  # RFC 3161, 2.4.2: an answer without one is none to this request
        raise broken("nonce")
    if policy is not None and info.policy != policy:
        raise broken("policy", info.policy)
    _refuse_seen(identity_of(token), seen)
    carried, unreadable = _read_carried(token)
    known = (*carried, *others, *anchors)
    signer = _find_signer(token.signer, known)
    notes = _notes(token, unreadable=unreadable, now=now)
    if signer is None:
        return Timestamp(token, None, Path((), Trust.SIGNER_MISSING), notes)
    _check_signature(token.signer, signer)
    if info.tsa_key is not None and info.tsa_key not in signer.names:
        return Timestamp(token, signer, Path((), Trust.TSA_NAME, signer.subject_text), notes)
    path = find_path(
        signer, known, anchors, info.gen_time, within=lambda each: _is_within(token.signer, each)
    )
    revocation = path_revocation(path.certificates, (*lists, *token.lists), info.gen_time)
    if revocation.standing is Revocation.REVOKED:
        path = Path((), Trust.REVOKED, revocation.subject)
    return Timestamp(token, signer, path, notes, revocation)


def judge_timestamp(
    response: bytes,
    message: bytes,
    *,
    anchors: Sequence[Certificate],
    others: Sequence[Certificate] = (),
    lists: Sequence[bytes] = (),
    now: datetime | None = None,
) -> Judgement:
    """Judge a stored answer; arguments as :func:`verify_timestamp`. What is wrong is returned, not raised."""
    try:
        found = verify_timestamp(response, message, anchors=anchors, others=others, lists=lists, now=now)
    except UnsupportedTimestampError as error:
        return Judgement(Standing.UNSUPPORTED, None, error)
    except (BrokenTimestampError, RefusedTimestampError) as error:
        return Judgement(Standing.BROKEN, None, error)
    return Judgement(Standing.TRUSTED if found.trusted else Standing.NOT_TRUSTED, found, None)


def identity_of(token: Token) -> TokenIdentity:
    """Return what tells a token apart."""
    reference = token.signer.references[-1]
    return TokenIdentity(
        f"{reference.algorithm}:{reference.digest.hex()}",
        token.info.serial,
        token.info.imprint_algorithm,
        token.info.imprint,
    )


def _refuse_seen(identity: TokenIdentity, seen: Iterable[TokenIdentity]) -> None:
    for each in seen:
        if each == identity:
            raise broken("replayed", f"{identity.serial:x}")
        if (each.signer, each.serial) == (identity.signer, identity.serial):
            raise broken("serial-reused", f"{identity.serial:x}")


def _read_carried(token: Token) -> tuple[tuple[Certificate, ...], bool]:
    """Return the certificates of the token that can be read, and whether some were left out."""
    found: list[Certificate] = []
    left_out = len(token.certificates) > MAX_CERTIFICATES
    for der in token.certificates[:MAX_CERTIFICATES]:
        try:
            found.append(read_certificate(der))
        except TimestampError:
            # No part of what is signed, so it cannot spoil the token, unless it stands for the signer.
            if token.signer.issuer is not None and name_in(der) == token.signer.issuer:
                raise
            left_out = True
    return tuple(found), left_out


def _find_signer(info: SignerInfo, known: Sequence[Certificate]) -> Certificate | None:
    """Return the certificate that the signer names and the signed attributes confirm.

    Raises:
        BrokenTimestampError: ``timestamp.signing-certificate`` when there are only others by that name.
    """
    named = [each for each in known if _is_named(info, each)]
    for each in named:
        if all(_refers(reference, each) for reference in info.references):
            return each
    if named:
        raise broken("signing-certificate")
    return None


def _is_named(info: SignerInfo, certificate: Certificate) -> bool:
    if info.issuer is not None:
        return info.issuer == (certificate.issuer, certificate.serial)
    return info.key_identifier == certificate.key_identifier


def _refers(reference: CertificateReference, certificate: Certificate) -> bool:
    name = reference.algorithm
    digest = (
        hashlib.sha1(certificate.der, usedforsecurity=False).digest()
        if name == "sha1"
        else digest_of(name, certificate.der)
    )
    if digest != reference.digest:
        return False
    if reference.issuer is None:
        return True
    names, serial = reference.issuer
    return certificate.issuer in names and serial == certificate.serial


def _is_within(info: SignerInfo, certificate: Certificate) -> bool:
    """Say whether the signed attributes let the path lead through a certificate."""
    return all(any(each.algorithm and _refers(each, certificate) for each in limit) for limit in info.limits)


def _check_signature(info: SignerInfo, signer: Certificate) -> None:
    if not any(
        verify_signature(signer.public, info.algorithm, info.signature, signed) for signed in info.attributes
    ):
        raise broken("signature")


def _notes(token: Token, *, unreadable: bool, now: datetime | None) -> tuple[Note, ...]:
    info = token.info
    possible = (
        (now is not None and info.gen_time - (info.accuracy or timedelta()) > now, Note.FUTURE),
        (token.modified, Note.MODIFIED),
        (any(each.algorithm == "sha1" for each in token.signer.references), Note.SHA1_REFERENCE),
        (list(token.certificates) != sorted(token.certificates), Note.UNSORTED),
        (unreadable, Note.UNREADABLE_CERTIFICATE),
    )
    return tuple(note for applies, note in possible if applies)
