"""When a token should be stamped again, and why.

A token is worth what its certificates and algorithms are worth. While they still hold, a new token over the whole old
answer shows that it existed then (as RFC 4998 renews time-stamps); afterwards it is too late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from qingyuan.evidence.timestamp.errors import TimestampError
from qingyuan.evidence.timestamp.signatures import key_strength
from qingyuan.evidence.timestamp.verify import Judgement, Note, Standing, Timestamp

#: How long before a certificate expires a token is due, by default.
RENEW_BEFORE = timedelta(days=90)
#: Strength of 112 bits (RSA below 3072 bits) is to be given up by then (NIST SP 800-131A revision 2, SP 800-57).
RSA_3072_FROM = 2031


class Age(StrEnum):
    """Why a token is due."""

    EXPIRES = "expires"
    EXPIRED = "expired"
    SHA1 = "sha1"
    SHORT_KEY = "short-key"
    OLD = "old"
    NOT_TRUSTED = "not-trusted"
    BROKEN = "broken"

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return _WORDS[self.value][0]

    @property
    def en(self) -> str:
        """The sentence in English."""
        return _WORDS[self.value][1]


_WORDS = {
    "expires": ("证书即将过期", "a certificate expires soon"),
    "expired": ("证书已过期，仍应尽早续期", "a certificate has expired; renew it all the same, and soon"),
    "sha1": ("以 SHA-1 指明签名者证书", "it names the signer's certificate by SHA-1"),
    "short-key": ("RSA 密钥将不再足够长", "an RSA key will soon be too short"),
    "old": ("出具已久", "it was made long ago"),
    "not-trusted": ("现有信任锚不能确认该时间戳", "no anchor confirms it"),
    "broken": ("时间戳不能核验，续期无意义", "it cannot be verified; renewing it would prove nothing"),
}


@dataclass(frozen=True, slots=True)
class Ageing:
    """One reason why a token is due.

    Attributes:
        age: The reason.
        due: When at the latest; ``None`` when that follows from no date.
        detail: What exactly, such as the certificate; may be empty.
    """

    age: Age
    due: datetime | None
    detail: str


def ageing_of(judged: Judgement, now: datetime, before: timedelta = RENEW_BEFORE) -> tuple[Ageing, ...]:
    """Return why a token is due, most pressing first; nothing when it is not.

    Args:
        judged: The judgement about it.
        now: The present.
        before: How long before a certificate expires it is due.
    """
    found = judged.timestamp
    if found is None:
        return (Ageing(Age.BROKEN, None, judged.error.code if judged.error else ""),)
    if judged.standing is not Standing.TRUSTED:
        return (Ageing(Age.NOT_TRUSTED, None, found.trust.value),)
    reasons = [*_by_validity(found, now, before), *_by_strength(found, now, before)]
    return tuple(sorted(reasons, key=lambda each: (each.due is None, each.due, each.age)))


def _by_validity(found: Timestamp, now: datetime, before: timedelta) -> list[Ageing]:
    first = min(found.chain, key=lambda each: each.not_after)
    if first.not_after - before > now:
        return []
    age = Age.EXPIRED if first.not_after < now else Age.EXPIRES
    return [Ageing(age, first.not_after, first.subject_text)]


def _by_strength(found: Timestamp, now: datetime, before: timedelta) -> list[Ageing]:
    reasons = []
    if Note.SHA1_REFERENCE in found.notes:
        reasons.append(Ageing(Age.SHA1, None, ""))
    end = datetime(RSA_3072_FROM, 1, 1, tzinfo=found.gen_time.tzinfo)
    for each in found.chain:
        try:
            strength = key_strength(each.public)
        except TimestampError:  # a trusted path has none such
            continue
        if strength.kind == "rsa" and strength.bits < 3072 and end - before <= now:  # noqa: PLR2004 - as above
            reasons.append(Ageing(Age.SHORT_KEY, end, each.subject_text))
    return reasons
