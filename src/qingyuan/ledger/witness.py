"""A witness: it remembers the longest tree it saw of each log and cosigns only what continues it.

The ``add-checkpoint`` call of c2sp.org/tlog-witness as a pure function of request, stored state and time; sockets and
files belong to the caller. The two parts that version 1.0.0 leaves open are decided so: a malformed body is 400, and
a root that differs at an equal size is 409 with a plain text body, because a size as body would tell the client
to try again from where it already stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from qingyuan.ledger._text import b64decode, b64encode, parse_decimal
from qingyuan.ledger.checkpoint import Checkpoint, parse_checkpoint
from qingyuan.ledger.errors import FormatError, ProofError, SignatureError, WitnessError
from qingyuan.ledger.fork import ForkProof
from qingyuan.ledger.hashes import HASH_SIZE, SHA256, HashSuite
from qingyuan.ledger.keys import Algorithm, CheckpointCosigner, VerifierKey
from qingyuan.ledger.note import MAX_NOTE_SIZE, Note, Signature, parse_note
from qingyuan.ledger.signed import SignedCheckpoint, open_checkpoint
from qingyuan.ledger.verify import verify_consistency

#: Most consistency proof lines a request may have.
MAX_PROOF_LINES = 63
#: Content type of a 409 whose body is the size the witness is at.
SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"

#: Seconds by which the clock may stand before the last cosignature; a step of the clock, not a fault.
CLOCK_SLACK = 60

_LOG_ALGORITHMS = (Algorithm.ED25519, Algorithm.ML_DSA_44, Algorithm.SM2)


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The body of an ``add-checkpoint`` request.

    Attributes:
        old: Size of the checkpoint the proof starts from.
        path: Consistency proof from ``old`` to the size of the checkpoint.
        note: The checkpoint, signed by its log, verbatim.
    """

    old: int
    path: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """Return the request body."""
        lines = [f"old {self.old}", *map(b64encode, self.path)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.note

    @classmethod
    def parse(cls, body: bytes) -> AddCheckpoint:
        """Read a request body; the checkpoint in it is not looked at.

        Raises:
            FormatError: ``ledger.add-checkpoint`` when it is not literally of the format.
        """
        head, empty_line, note = body.partition(b"\n\n")
        if len(note) > MAX_NOTE_SIZE or not empty_line or not head.isascii():
            raise _malformed("没有空行、过大，或不是 ASCII", "no empty line, too large, or not ASCII")
        first, *lines = head.decode("ascii").split("\n")
        keyword, _, decimal = first.partition(" ")
        old = parse_decimal(decimal) if decimal else None
        if keyword != "old" or old is None:
            raise _malformed("第一行不是 old 和十进制数", "the first line is not old and a decimal number")
        path = tuple(b64decode(line) or b"" for line in lines)
        if len(path) > MAX_PROOF_LINES or any(len(each) != HASH_SIZE for each in path):
            raise _malformed(
                "证明超过 63 行，或某行不是 32 字节哈希",
                "more than 63 proof lines, or a line that is not a hash of 32 bytes",
            )
        return cls(old, path, note)


@dataclass(frozen=True, slots=True)
class WitnessedLog:
    """A log that a witness serves.

    Attributes:
        keys: Keys trusted for it; all of one name, which is its origin.
        suite: Its hash suite.
    """

    keys: tuple[VerifierKey, ...]
    suite: HashSuite = SHA256

    def __post_init__(self) -> None:
        """Refuse a log without keys, with keys of several names, or with the key of a witness."""
        names = {key.name for key in self.keys}
        if len(names) != 1 or any(key.algorithm not in _LOG_ALGORITHMS for key in self.keys):
            raise WitnessError(
                "ledger.witness-log",
                zh="被见证日志的密钥必须同名，且是日志签名密钥",
                en="the keys of a witnessed log must share one name and be keys that sign logs",
                where=", ".join(sorted(names)),
            )

    @property
    def origin(self) -> str:
        """The origin of the log."""
        return self.keys[0].name


@dataclass(frozen=True, slots=True)
class WitnessState:
    """The latest checkpoint a witness cosigned for a log.

    Attributes:
        size: Number of entries.
        root: Root of the tree.
        time: Seconds since the Epoch that the cosignature states.
        note: The checkpoint with the log's verified signatures and the cosignature.
    """

    size: int
    root: bytes
    time: int
    note: bytes


class WitnessStorage(Protocol):
    """The memory of a witness. Both methods may be called from several threads and processes at once."""

    def latest(self, origin: str) -> WitnessState | None:
        """Return the state of a log, or ``None`` when nothing of it was ever cosigned."""

    def replace(self, origin: str, expected: WitnessState | None, state: WitnessState) -> bool:
        """Store ``state`` if size and root stored are those of ``expected``, atomically and durably.

        Returns:
            Whether it was stored; when true, no crash may undo it any more.
        """


class MemoryWitnessStorage:
    """The memory of a witness that forgets when the process ends; for tests, single-threaded."""

    def __init__(self) -> None:
        """Start without anything."""
        self.states: dict[str, WitnessState] = {}

    def latest(self, origin: str) -> WitnessState | None:
        """Return the state of a log, or ``None``."""
        return self.states.get(origin)

    def replace(self, origin: str, expected: WitnessState | None, state: WitnessState) -> bool:
        """Store ``state`` if size and root stored are those of ``expected``."""
        stored = self.states.get(origin)
        if (stored and (stored.size, stored.root)) != (expected and (expected.size, expected.root)):
            return False
        self.states[origin] = state
        return True


@dataclass(frozen=True, slots=True)
class WitnessReply:
    """What a witness answers.

    Attributes:
        status: HTTP status.
        body: Response body.
        content_type: Its type.
        fork: Evidence against the log that the request brought, or ``None``.
    """

    status: int
    body: bytes
    content_type: str = TEXT_TYPE
    fork: ForkProof | None = None


class Witness:
    """The state machine of one witness.

    Args:
        cosigner: Its key, used for nothing else.
        logs: The logs it serves.
        storage: Its memory.
        also: Further keys of the same witness, of other algorithms; each adds its line to every answer.

    Raises:
        WitnessError: ``ledger.witness-log`` when two logs share an origin or a key of the witness is that of a log.
    """

    def __init__(
        self,
        cosigner: CheckpointCosigner,
        logs: Iterable[WitnessedLog],
        storage: WitnessStorage,
        *,
        also: Iterable[CheckpointCosigner] = (),
    ) -> None:
        """Prepare a witness; nothing is read or written."""
        self._cosigners = (cosigner, *also)
        self._storage = storage
        self._logs: dict[str, WitnessedLog] = {}
        self.serve(logs)

    def serve(self, logs: Iterable[WitnessedLog]) -> None:
        """Serve these logs from now on, and no others; what was remembered of any log stays remembered.

        Raises:
            WitnessError: As the class; then the logs served stay what they were.
        """
        served: dict[str, WitnessedLog] = {}
        own = {each.key.public for each in self._cosigners}
        for log in logs:
            if served.setdefault(log.origin, log) is not log or any(key.public in own for key in log.keys):
                raise WitnessError(
                    "ledger.witness-log",
                    zh="日志来源重复，或见证密钥同时是日志密钥",
                    en="an origin is listed twice, or the key of the witness is also that of a log",
                    where=log.origin,
                )
        self._logs = served

    @property
    def key(self) -> VerifierKey:
        """The first public key of the witness."""
        return self._cosigners[0].key

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """All public keys of the witness."""
        return tuple(each.key for each in self._cosigners)

    def add_checkpoint(self, body: bytes, now: int) -> WitnessReply:
        """Answer an ``add-checkpoint`` request.

        Args:
            body: The request body.
            now: Seconds since the Epoch.

        Returns:
            200 with a cosignature line of each key, or 400, 403, 404, 409 or 422. When it returns 200, the state
            is durable.

        Raises:
            WitnessError: ``ledger.witness-clock`` when the clock stands before the last cosignature.
        """
        try:
            request = AddCheckpoint.parse(body)
            text = parse_note(request.note).text
            claimed = parse_checkpoint(text)
        except FormatError as error:
            return _refuse(400, error.en)
        log = self._logs.get(claimed.origin)
        if log is None:
            return _refuse(404, "unknown log origin")
        try:
            signed = open_checkpoint(request.note, log.keys)
        except SignatureError as error:
            return _refuse(403, error.en)
        if request.old > claimed.size:
            return _refuse(400, "the old size is greater than the size of the checkpoint")
        if not any(each.covers(claimed) for each in self._cosigners):
            return _refuse(400, "the keys of this witness cannot cosign such a checkpoint")
        while True:
            state = self._storage.latest(log.origin)
            reply = _judge(request, claimed, state, log.suite) or self._cosign(signed, state, now)
            if reply is not None:
                return reply
            # Another request came first: judge again by what is stored now.

    def latest_checkpoint(self, origin_hash: str) -> WitnessReply:
        """Answer ``GET <monitoring prefix>/<origin hash>/checkpoint``.

        Args:
            origin_hash: SHA-256 of the origin in lower-case hex.

        Returns:
            200 with the checkpoint, the log's signatures and the cosignatures; or 404.
        """
        hashes = {hashlib.sha256(each.encode()).hexdigest(): each for each in self._logs}
        origin = hashes.get(origin_hash)
        state = None if origin is None else self._storage.latest(origin)
        return _refuse(404, "nothing cosigned") if state is None else WitnessReply(200, state.note)

    def _cosign(self, signed: SignedCheckpoint, state: WitnessState | None, now: int) -> WitnessReply | None:
        last = 0 if state is None else state.time
        if now < last - CLOCK_SLACK or now <= 0:
            raise WitnessError(
                "ledger.witness-clock",
                zh="时钟早于上一次会签的时间，拒绝会签",
                en="the clock stands before the time of the last cosignature: nothing is cosigned",
                where=signed.checkpoint.origin,
                remedy_zh="校正时钟",
                remedy_en="set the clock right",
            )
        # A cosignature says which tree was the longest at its time, so its time must not run back.
        time = max(now, last)
        text, head = signed.note.text, signed.checkpoint
        lines = [
            Signature(each.name, each.key_id, each.cosign(text, time))
            for each in self._cosigners
            if each.covers(head)
        ]
        note = Note(text, (*(each for _, each in signed.note.verified), *lines)).encode()
        if self._storage.replace(head.origin, state, WitnessState(head.size, head.root, time, note)):
            return WitnessReply(200, "".join(each.line() for each in lines).encode())
        return None  # the cosignatures made here are forgotten and never leave


def _judge(
    request: AddCheckpoint, claimed: Checkpoint, state: WitnessState | None, suite: HashSuite
) -> WitnessReply | None:
    """Return the refusal of a checkpoint its log signed, or ``None`` when it continues the state."""
    size, root = (0, suite.empty_root) if state is None else (state.size, state.root)
    fork = None
    if state is not None and claimed.size == size and claimed.root != root:
        fork = ForkProof("equal-size", suite.name, state.note, request.note)
    if request.old != size:
        return _conflict(size, fork)
    if fork is not None:
        return WitnessReply(409, b"another root was cosigned at this size\n", fork=fork)
    try:
        verify_consistency(size, claimed.size, root, claimed.root, request.path, suite)
    except ProofError as error:
        if state is not None and claimed.size > size:
            fork = ForkProof("refused-proof", suite.name, state.note, request.note, request.path)
        return WitnessReply(422, f"{error.en}\n".encode(), fork=fork)
    return None


def _conflict(size: int, fork: ForkProof | None) -> WitnessReply:
    return WitnessReply(409, f"{size}\n".encode(), SIZE_TYPE, fork)


def _refuse(status: int, reason: str) -> WitnessReply:
    return WitnessReply(status, f"{reason}\n".encode())


def _malformed(zh: str, en: str) -> FormatError:
    return FormatError(
        "ledger.add-checkpoint",
        zh=f"add-checkpoint 请求格式不符：{zh}",
        en=f"not an add-checkpoint request: {en}",
    )
