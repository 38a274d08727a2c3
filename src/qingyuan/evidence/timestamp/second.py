"""A second reader: ``rfc3161-client``, written by others, asked about the same answer.

It cannot judge everything. It takes self-signed roots alone as anchors, refuses certificates that are not sorted
(they are sorted for it first; no signature covers their order), every answer granted with modifications, and knows
neither RSASSA-PSS nor Ed25519 nor SM2 in tokens, and reads no revocation lists. What it cannot judge is said, and is neither a yes nor a no.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509 as library
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

from qingyuan.evidence.timestamp._schema import DIGESTS, printable
from qingyuan.evidence.timestamp.certificate import Certificate
from qingyuan.evidence.timestamp.chain import Trust
from qingyuan.evidence.timestamp.errors import TimestampError, UnsupportedTimestampError
from qingyuan.evidence.timestamp.revocation import is_answer
from qingyuan.evidence.timestamp.signatures import digest_of
from qingyuan.evidence.timestamp.token import Token, read_response
from qingyuan.evidence.timestamp.verify import Judgement, Note, Standing, Timestamp

_IN_TOKENS = {"rsa", "ecdsa"}
_IN_CERTIFICATES = {"rsa", "ecdsa", "rsa-pss", "ed25519"}

#: What it does not look at, by what our reader says.
_NOT_LOOKED_AT = {Trust.REVOKED: "revocation", Trust.NOT_NAMED: "certificates that limit the path"}


class Agreement(StrEnum):
    """How the two readers stand to each other."""

    AGREE = "agree"
    DISAGREE = "disagree"
    CANNOT_JUDGE = "cannot-judge"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the second reader says.

    Attributes:
        agreement: Whether it says the same as our reader.
        said: Its words, or what it cannot judge; empty when it accepts.
    """

    agreement: Agreement
    said: str


def second_opinion(
    response: bytes,
    message: bytes,
    ours: Judgement,
    *,
    anchors: Sequence[Certificate],
    others: Sequence[Certificate] = (),
) -> Opinion:
    """Ask the second reader about an answer that ours has judged.

    Args:
        response: DER of the TimeStampResp.
        message: What it is said to stamp.
        ours: Our judgement, from :func:`qingyuan.evidence.timestamp.judge_timestamp`.
        anchors: As given to our reader.
        others: Likewise.
    """
    roots = [each for each in anchors if each.subject == each.issuer]
    if not roots:
        return Opinion(Agreement.CANNOT_JUDGE, "no self-signed root among the anchors")
    signer: Certificate | None = None
    try:
        token = read_response(response)
    except UnsupportedTimestampError as error:
        return Opinion(Agreement.CANNOT_JUDGE, error.en)
    except TimestampError:  # what ours cannot read, it should refuse as well
        said = _ask(response, message, roots, others, signer)
    else:
        if unable := _unable(token, ours):
            return Opinion(Agreement.CANNOT_JUDGE, unable)
        if list(token.certificates) != sorted(token.certificates):
            response = _with_sorted(response, token.certificates)
        if ours.timestamp and ours.timestamp.signer and ours.timestamp.signer.der not in token.certificates:
            signer = ours.timestamp.signer
        said = _ask(response, message, roots, others, signer)
    accepted = ours.standing is Standing.TRUSTED
    return Opinion(Agreement.AGREE if accepted == (said == "") else Agreement.DISAGREE, said)


def _unable(token: Token, ours: Judgement) -> str:
    """Say what keeps it from judging, or nothing."""
    if token.modified:
        return "granted with modifications"
    if token.signer.algorithm.kind not in _IN_TOKENS:
        return token.signer.algorithm.kind
    if any(map(is_answer, token.lists)):
        return "it carries an OCSP answer"
    return "" if ours.timestamp is None else _unable_in_path(ours.timestamp)


def _unable_in_path(found: Timestamp) -> str:
    if found.signer is None:
        return "the signer's certificate is missing"
    if found.trust in _NOT_LOOKED_AT:
        return _NOT_LOOKED_AT[found.trust]
    if Note.UNREADABLE_CERTIFICATE in found.notes:
        return "a certificate it carries cannot be read"
    for each in found.chain[:-1]:
        kind = each.algorithm.kind if each.algorithm else "unknown"
        if kind not in _IN_CERTIFICATES:
            return f"{kind} in the path"
    if found.chain and found.chain[-1].subject != found.chain[-1].issuer:
        return "the anchor is not a self-signed root"
    return ""


def _ask(
    response: bytes,
    message: bytes,
    roots: Sequence[Certificate],
    others: Sequence[Certificate],
    signer: Certificate | None,
) -> str:
    """Return why it refuses, or an empty text when it accepts."""
    try:
        found = decode_timestamp_response(response)
        verifier = VerifierBuilder(
            tsa_certificate=None if signer is None else library.load_der_x509_certificate(signer.der),
            intermediates=_loaded(each for each in others if each != signer),
            roots=_loaded(roots),
        ).build()
        oid = found.tst_info.message_imprint.hash_algorithm.dotted_string
        if oid not in DIGESTS:
            return f"hash algorithm {oid}"
        verifier.verify(found, digest_of(DIGESTS[oid][0], message))
    except (VerificationError, ValueError) as error:
        return printable(str(error)) or type(error).__name__
    return ""


def _loaded(certificates: Iterable[Certificate]) -> list[library.Certificate]:
    return [library.load_der_x509_certificate(each.der) for each in certificates]


def _with_sorted(response: bytes, carried: Sequence[bytes]) -> bytes:
    """Return the answer with its certificates sorted; every length, and everything that is signed, stays as it is."""
    return response.replace(b"".join(carried), b"".join(sorted(carried)), 1)
