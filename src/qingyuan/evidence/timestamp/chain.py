"""From the signer's certificate to an anchor, judged at one moment (RFC 5280, section 6.1; RFC 3161, section 2.3).

A court asks years later, when every certificate has expired. So nothing here looks at the present: a path counts
when it was good at the time the token names. What lists say about it is for :mod:`~qingyuan.evidence.timestamp.revocation`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qingyuan.evidence.timestamp._schema import ANY_PURPOSE, TIME_STAMPING
from qingyuan.evidence.timestamp.certificate import Certificate
from qingyuan.evidence.timestamp.errors import TimestampError
from qingyuan.evidence.timestamp.signatures import MIN_RSA_BITS, key_strength, verify_signature

#: Longest path, the signer and the anchor included.
MAX_PATH = 8
#: Most signatures that are checked in search of one: a token may carry any number of certificates.
MAX_SIGNATURES = 64


class Trust(StrEnum):
    """Whether the signer leads to an anchor, or what is in the way."""

    TRUSTED = "trusted"
    NO_ANCHOR = "no-anchor"
    SIGNER_MISSING = "signer-missing"
    NO_PATH = "no-path"
    NOT_A_TSA = "not-a-tsa"
    TSA_NAME = "tsa-name"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    NOT_AN_AUTHORITY = "not-an-authority"
    PATH_LENGTH = "path-length"
    KEY_USAGE = "key-usage"
    PURPOSE = "purpose"
    EXTENSION = "extension"
    WEAK_KEY = "weak-key"
    ALGORITHM = "algorithm"
    SIGNATURE = "signature"
    NOT_NAMED = "not-named"
    SEARCH_LIMIT = "search-limit"
    REVOKED = "revoked"

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return _WORDS[self.value][0]

    @property
    def en(self) -> str:
        """The sentence in English."""
        return _WORDS[self.value][1]


_WORDS = {
    "trusted": ("证书链在出具时间有效，通向信任锚", "the certificate path was good at that time and leads to an anchor"),
    "no-anchor": ("未提供信任锚", "no anchor was given"),
    "signer-missing": ("缺少签名者证书", "the signer's certificate is missing"),
    "no-path": ("签名者证书不能连到任何信任锚", "the signer's certificate leads to no anchor"),
    "not-a-tsa": (
        "签名者证书不是时间戳证书（须有仅含时间戳用途的关键扩展）",
        "the signer's certificate is not one of a time-stamping authority (critical purpose, that one alone)",
    ),
    "tsa-name": ("令牌中的机构名称与证书不符", "the authority's name in the token is not in its certificate"),
    "not-yet-valid": ("出具时证书尚未生效", "a certificate was not yet valid at that time"),
    "expired": ("出具时证书已过期", "a certificate had expired at that time"),
    "not-an-authority": ("上级证书不是 CA 证书", "an issuing certificate is not one of an authority"),
    "path-length": ("证书链超过允许的长度", "the path is longer than a certificate allows"),
    "key-usage": ("证书的密钥用途不允许这样使用", "the key usage of a certificate does not allow this"),
    "purpose": ("上级证书不允许用于时间戳", "an issuing certificate is not for time-stamping"),
    "extension": ("证书有不能处理的关键扩展或限制", "a certificate has a critical extension or limit that is not known"),
    "weak-key": ("RSA 密钥不足 2048 位", "an RSA key has fewer than 2048 bits"),
    "algorithm": ("证书使用了不支持的算法", "a certificate uses an algorithm that is not supported"),
    "signature": ("证书上的签名无效", "the signature on a certificate does not verify"),
    "revoked": ("证书已被吊销，且影响该时间戳", "a certificate was revoked, and that concerns this token"),
    "not-named": (
        "令牌限定了证书链可用的证书，证书链中有未列入的证书",
        "the token limits its path to the certificates that it names, and one of the path is not among them",
    ),
    "search-limit": ("证书过多，未能在限度内找到证书链", "too many certificates to find a path within the limit"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Path:
    """What the search found.

    Attributes:
        certificates: Signer to anchor when trusted, else empty.
        trust: Whether it is, or the obstacle that the furthest attempt met.
        subject: Subject of the certificate that the obstacle is about; empty for none.
    """

    certificates: tuple[Certificate, ...]
    trust: Trust
    subject: str = ""


def find_path(
    signer: Certificate,
    others: Sequence[Certificate],
    anchors: Sequence[Certificate],
    at: datetime,
    *,
    within: Callable[[Certificate], bool] = lambda _: True,
) -> Path:
    """Look for a path from the signer to an anchor that was good at one moment.

    Args:
        signer: The certificate that made the token.
        others: Certificates that may stand between; none of them is believed.
        anchors: Roots, intermediate authorities or signers that are believed, each within its own validity and limits.
        at: The moment, with its zone.
        within: Says whether the path may lead through a certificate that is neither the signer nor an anchor.
    """
    if not anchors:
        return Path((), Trust.NO_ANCHOR)
    obstacle = signer_obstacle(signer)
    if obstacle is not None:
        return Path((), obstacle, signer.subject_text)
    search = _Search(others, anchors, at, within)
    found = search.climb((signer,))
    if found is not None:
        return Path(found, Trust.TRUSTED)
    return Path((), search.trust, search.subject)


def signer_obstacle(signer: Certificate) -> Trust | None:
    """Say what keeps a certificate from being one of a time-stamping authority, whoever issued it."""
    if signer.purposes != (TIME_STAMPING,) or not signer.purposes_critical:
        return Trust.NOT_A_TSA
    if signer.usage is not None and not signer.usage & {"digital_signature", "non_repudiation"}:
        return Trust.KEY_USAGE
    return None


class _Search:
    """Depth first, anchors before others; remembers the obstacle that was met furthest up."""

    def __init__(
        self,
        others: Sequence[Certificate],
        anchors: Sequence[Certificate],
        at: datetime,
        within: Callable[[Certificate], bool],
    ) -> None:
        self._anchors = {each.der: each for each in anchors}
        pool = {**self._anchors, **{each.der: each for each in others}}
        self._pool = tuple(pool.values())
        self._at = at
        self._within = within
        self._checks = 0
        self._reached = (-1, -1)
        self.trust = Trust.NO_PATH
        self.subject = ""

    def climb(self, path: tuple[Certificate, ...]) -> tuple[Certificate, ...] | None:
        """Return the path continued to an anchor, or ``None``."""
        top = path[-1]
        if not self._passes(_own_obstacle(top, self._at), path, 0, top):
            return None
        if top.der in self._anchors:
            return path
        if len(path) == MAX_PATH:
            return None
        for issuer in self._pool:
            if issuer.subject != top.issuer or issuer in path:
                continue
            if self._passes(self._issues(issuer, path), path, 1, issuer):
                found = self.climb((*path, issuer))
                if found is not None:
                    return found
        self._passes(Trust.NO_PATH, path, -1, top)
        return None

    def _issues(self, issuer: Certificate, path: tuple[Certificate, ...]) -> Trust | None:
        """Say what keeps ``issuer`` from standing above ``path``."""
        if not issuer.authority:
            return Trust.NOT_AN_AUTHORITY
        if issuer.usage is not None and "key_cert_sign" not in issuer.usage:
            return Trust.KEY_USAGE
        if issuer.purposes is not None and not {TIME_STAMPING, ANY_PURPOSE} & set(issuer.purposes):
            return Trust.PURPOSE
        # Self-issued certificates do not count (RFC 5280, 4.2.1.9), nor does the signer.
        below = sum(each.subject != each.issuer for each in path[1:])
        if issuer.path_length is not None and below > issuer.path_length:
            return Trust.PATH_LENGTH
        if issuer.der not in self._anchors and not self._within(issuer):
            return Trust.NOT_NAMED
        return self._signature_obstacle(path[-1], issuer)

    def _signature_obstacle(self, below: Certificate, issuer: Certificate) -> Trust | None:
        self._checks += 1
        if self._checks > MAX_SIGNATURES:
            return Trust.SEARCH_LIMIT
        try:
            if below.algorithm is None:
                return Trust.ALGORITHM
            good = verify_signature(issuer.public, below.algorithm, below.signature, below.tbs)
        except TimestampError:
            return Trust.ALGORITHM
        return None if good else Trust.SIGNATURE

    def _passes(
        self, obstacle: Trust | None, path: tuple[Certificate, ...], step: int, about: Certificate
    ) -> bool:
        if obstacle is None:
            return True
        reached = (len(path) + max(step, 0), step)
        if reached > self._reached:
            self._reached, self.trust, self.subject = reached, obstacle, about.subject_text
        return False


def _own_obstacle(certificate: Certificate, at: datetime) -> Trust | None:
    """Say what is wrong with a certificate by itself, wherever it stands."""
    if at < certificate.not_before:
        return Trust.NOT_YET_VALID
    if at > certificate.not_after:
        return Trust.EXPIRED
    if certificate.obstacles:
        return Trust.EXTENSION
    try:
        strength = key_strength(certificate.public)
    except TimestampError:
        return Trust.ALGORITHM
    return Trust.WEAK_KEY if strength.kind == "rsa" and strength.bits < MIN_RSA_BITS else None


def issued_below(anchors: Sequence[Certificate], others: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """Return those of ``others`` that the anchors issued, directly or through one another, in their order."""
    known = list(anchors)
    found: set[bytes] = set()
    grew = True
    while grew:
        grew = False
        for each in others:
            if each.der not in found and any(_issued(issuer, each) for issuer in known):
                found.add(each.der)
                known.append(each)
                grew = True
    return tuple(each for each in others if each.der in found)


def _issued(issuer: Certificate, below: Certificate) -> bool:
    if issuer.subject != below.issuer or not issuer.authority or below.algorithm is None:
        return False
    try:
        return verify_signature(issuer.public, below.algorithm, below.signature, below.tbs)
    except TimestampError:
        return False
