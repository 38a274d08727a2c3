"""Time-stamping authorities for tests: a root and a signer below it, with P-256 or with SM2."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec

from qingyuan.evidence.timestamp.issuing import (
    Issuer,
    TrialAuthority,
    answer,
    ca_extensions,
    issue_certificate,
    tsa_extensions,
)
from qingyuan.evidence.timestamp.request import new_request
from qingyuan.evidence.timestamp.signing import SigningKey, Sm2Key, SoftwareKey
from qingyuan.ledger import Sm2PrivateKey
from tests.evidence.making import pattern

BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
#: When tokens are given unless a test says otherwise.
STAMPED_AT = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)


def new_key(seed: str, *, sm2: bool = False) -> SigningKey:
    secret = pattern(32, seed)
    if sm2:
        return Sm2Key(Sm2PrivateKey(secret))
    return SoftwareKey(ec.derive_private_key(int.from_bytes(secret[:31], "big"), ec.SECP256R1()))


@dataclass
class Stamper:
    """An authority that stamps what it is given, and never gives a serial number twice."""

    name: str
    sm2: bool = False
    serials: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        root, own = (new_key(f"{self.name} {what}", sm2=self.sm2) for what in ("root", "signer"))
        issuer = Issuer(f"TEST ROOT {self.name}", root)
        times = {"not_before": BEGIN, "not_after": END}
        self.root = issue_certificate(
            issuer.name, root.public, issuer, serial=1, extensions=ca_extensions(), **times
        )
        self.certificate = issue_certificate(
            f"TEST TSA {self.name}", own.public, issuer, serial=2, extensions=tsa_extensions(), **times
        )
        self.authority = TrialAuthority(own, self.certificate)

    def stamp(self, message: bytes, *, at: datetime = STAMPED_AT) -> bytes:
        request = new_request(message, algorithm="sm3" if self.sm2 else "sha256").encode()
        return answer(request, self.authority, at=at, serial=next(self.serials))


@functools.cache
def stamper(name: str = "one", *, sm2: bool = False) -> Stamper:
    return Stamper(name, sm2)
