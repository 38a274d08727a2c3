"""A TEST time-stamping authority on loopback. Nobody should believe it: its keys live as long as the process.

It lets an office try the whole way before it has a contract with an authority, and lets tests run it with any clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from asn1crypto import pem
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from qingyuan.evidence.timestamp import (
    TEST_NAME,
    Issuer,
    SigningKey,
    Sm2Key,
    SoftwareKey,
    TrialAuthority,
    answer,
    ca_extensions,
    issue_certificate,
    tsa_extensions,
)
from qingyuan.ledger.sm2 import Sm2PrivateKey
from qingyuan.office.clock import Clock, Entropy, SystemClock, system_entropy
from qingyuan.office.serving import Reply, Request, Server
from qingyuan.office.timestamps.client import ANSWER_TYPE

KeyKind = Literal["ec", "rsa", "sm2"]

#: Path it answers at.
PATH = "/tsr"

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Founded:
    """A test authority and the root above it.

    Attributes:
        authority: The authority.
        root: Certificate of the root in DER: the anchor.
    """

    authority: TrialAuthority
    root: bytes

    def root_pem(self) -> str:
        """Return the root as PEM."""
        text: bytes = pem.armor("CERTIFICATE", self.root)
        return text.decode("ascii")


def found_authority(
    kind: KeyKind = "ec",
    *,
    now: datetime,
    lifetime: timedelta = timedelta(days=365),
    name: str = "",
    entropy: Entropy = system_entropy,
) -> Founded:
    """Make keys and certificates of a test authority.

    Args:
        kind: Kind of its keys.
        now: Its certificates begin a day before.
        lifetime: How long after ``now`` they end.
        name: What tells it from another one.
        entropy: Source of an SM2 key; other keys come from the system.

    Raises:
        SignatureError: ``ledger.sm2-unavailable`` when an SM2 key is wanted and libcrypto has none.
    """
    titles = [" ".join(filter(None, (TEST_NAME, name, role))) for role in ("ROOT", "SIGNER")]
    root = Issuer(titles[0], _new_key(kind, entropy))
    signer = _new_key(kind, entropy)
    span = (now - timedelta(days=1), now + lifetime)
    top = issue_certificate(
        root.name, root.key.public, root, serial=1,
        not_before=span[0], not_after=span[1], extensions=ca_extensions(0),
    )  # fmt: skip
    own = issue_certificate(
        titles[1], signer.public, root, serial=2,
        not_before=span[0], not_after=span[1], extensions=tsa_extensions(),
    )  # fmt: skip
    return Founded(TrialAuthority(signer, own, named=True), top)


class TestingTsa:
    """A test authority as something to serve.

    Args:
        authority: Who answers.
        clock: What it takes for the time.
        first_serial: Serial number of its first token.
    """

    __test__ = False  # its name makes pytest look at it

    def __init__(self, authority: TrialAuthority, clock: Clock | None = None, first_serial: int = 1) -> None:
        """Take the authority."""
        self._authority = authority
        self._clock = clock or SystemClock()
        self._serial = first_serial - 1
        self._guard = threading.Lock()

    def methods(self, path: str) -> tuple[str, ...]:
        """Return ``POST`` for the one path."""
        return ("POST",) if path == PATH else ()

    def answer(self, request: Request) -> Reply:
        """Answer a request; what it cannot stamp is refused as RFC 3161 says."""
        with self._guard:
            self._serial += 1
            serial = self._serial
        body = answer(request.body, self._authority, at=self._clock.now(), serial=serial)
        return Reply(200, body, ANSWER_TYPE)


def tsa_server(
    authority: TrialAuthority, port: int = 0, *, clock: Clock | None = None, first_serial: int = 1
) -> Server:
    """Return a server of a test authority on loopback, not yet running.

    Args:
        authority: Who answers.
        port: TCP port; 0 takes a free one.
        clock: What it takes for the time.
        first_serial: Serial number of its first token.

    Raises:
        OSError: When the port cannot be taken.
    """
    return Server(_LOOPBACK, port, TestingTsa(authority, clock, first_serial))


def _new_key(kind: KeyKind, entropy: Entropy) -> SigningKey:
    makers: dict[KeyKind, Callable[[], SigningKey]] = {
        "ec": lambda: SoftwareKey(ec.generate_private_key(ec.SECP256R1())),
        "rsa": lambda: SoftwareKey(rsa.generate_private_key(65537, 3072)),
        "sm2": lambda: Sm2Key(Sm2PrivateKey.generate(entropy)),
    }
    return makers[kind]()
