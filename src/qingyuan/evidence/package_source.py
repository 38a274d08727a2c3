"""What the builder of a package is given: identifiers, exhibits, events, keys and the act of signing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from qingyuan.evidence._wire import JsonValue
from qingyuan.evidence.keys import PublicKey
from qingyuan.evidence.manifest import SignedManifest

#: The optional members for people, which :attr:`PackageSource.pages` may hold.
PAGES = ("说明.pdf", "证据清单.csv", "证据清单.pdf")
#: What is added to the origin of a log to name its twin (format, section 3).
TWIN_SUFFIX = "/sm3"


@dataclass(frozen=True, slots=True)
class Office:
    """The procuratorate that makes the package.

    Attributes:
        id: Its identifier.
        name: Its name.
    """

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class LogHead:
    """The tree head that all proofs of a package lead to.

    Attributes:
        origin: Origin of the log.
        size: Its size.
        root: Its root, 32 bytes.
    """

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why the content of an exhibit is not inside.

    Attributes:
        zh: The reason, in Chinese.
        en: The reason, in English.
    """

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class PackageExhibit:
    """An exhibit and the way to its content.

    Attributes:
        signed: Its signed manifest.
        open: Opens the content (not the sealed file) for one reading from its start; ``None`` when withheld.
        withheld: Why the content is not inside; ``None`` when it is.
    """

    signed: SignedManifest
    open: Callable[[], BinaryIO] | None = None
    withheld: Withheld | None = None


@dataclass(frozen=True, slots=True)
class PackageEvent:
    """An event with all that its place in the log depends on.

    Attributes:
        index: Its place in the log.
        leaf: What the log entry holds (format, section 5).
        payload: What the leaf commits to.
        salt: The 16 bytes that hide the payload in the commitment.
        proof: Its ``tlog-proof`` file.
        twin_proof: Its ``tlog-proof`` file in the twin log; ``None`` when there is no twin.
    """

    index: int
    leaf: Mapping[str, JsonValue]
    payload: Mapping[str, JsonValue]
    salt: bytes
    proof: bytes
    twin_proof: bytes | None = None


@dataclass(frozen=True, slots=True)
class StampedCheckpoint:
    """A tree head that a token is over (format, section 7).

    Attributes:
        log: Origin of the log or of its twin.
        size: Its size, not above that of the package's head.
        root: Its root then, 32 bytes.
        path: Consistency proof from there to the package's head in that log; empty when the sizes are equal.
    """

    log: str
    size: int
    root: bytes
    path: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class StampedExhibit:
    """An exhibit whose canonical manifest a token is over.

    Attributes:
        exhibit: Its identifier.
    """

    exhibit: str


@dataclass(frozen=True, slots=True)
class StampedTimestamp:
    """An earlier token that a token renews.

    Attributes:
        number: Its place in :attr:`PackageSource.timestamps`.
    """

    number: int


@dataclass(frozen=True, slots=True)
class PackageTimestamp:
    """A time-stamp token and what it is over.

    Attributes:
        subject: What was stamped.
        token: The RFC 3161 ``TimeStampResp`` in DER.
    """

    subject: StampedCheckpoint | StampedExhibit | StampedTimestamp
    token: bytes


@dataclass(frozen=True, slots=True)
class PackageSource:
    """Everything that goes into a package.

    Attributes:
        id: Identifier of the package.
        matter: Identifier of the matter.
        title: Title of the matter.
        office: Who makes it.
        made_at: When, with a time zone.
        made_by: Actor identifier of the maker.
        tool: Name and version of the program.
        log: The head that all proofs lead to.
        exhibits: The exhibits, in any order.
        events: Whole streams of events up to the newest, in any order.
        keys: The public keys that occur.
        sign_note: Takes the text of section 8 and returns it as a signed note.
        twin: The head of the twin log, of the same size; ``None`` when there is no twin.
        timestamps: Tokens, in the order that their numbers follow.
        revocation: Revocation lists and OCSP answers about the authorities of the tokens, in DER.
        roles: Signed role files by version.
        policy: The witness policy that the office publishes, if any.
        pages: Optional members for people, by name; see :data:`PAGES`.
    """

    id: str
    matter: str
    title: str
    office: Office
    made_at: datetime
    made_by: str
    tool: str
    log: LogHead
    exhibits: Sequence[PackageExhibit]
    events: Sequence[PackageEvent]
    keys: Sequence[PublicKey]
    sign_note: Callable[[str], bytes]
    twin: LogHead | None = None
    timestamps: Sequence[PackageTimestamp] = ()
    revocation: Sequence[bytes] = ()
    roles: Mapping[int, bytes] = field(default_factory=dict)
    policy: bytes | None = None
    pages: Mapping[str, bytes] = field(default_factory=dict)
