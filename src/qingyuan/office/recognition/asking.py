"""Having our logs witnessed: ask, judge, keep the cosignatures, and stop when a witness knows more than we do.

Nothing is healed here. A log that a witness is ahead of stays stopped until it again contains what was witnessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qingyuan.errors import QingyuanError
from qingyuan.ledger import (
    CHECKPOINT_NAME,
    Checkpoint,
    Head,
    LedgerError,
    Log,
    LogError,
    Policy,
    PolicyVerdict,
    PolicyWitness,
    Signature,
    Submission,
    TileCache,
    VerifierKey,
    WitnessError,
    open_checkpoint,
    parse_note,
    prove_fork,
    tree_root,
)
from qingyuan.office.errors import OfficeError
from qingyuan.office.keys.trust import POLICY
from qingyuan.office.recognition.published import (
    cosigned_note,
    key_name,
    keys_of,
    logs_of,
    publish_checkpoints,
    publish_checkpoints_held,
    read_policy,
)
from qingyuan.office.recognition.stopped import (
    STOPPED,
    Stop,
    read_stop,
    refuse_if_stopped,
    stopped_error,
    write_stop,
)
from qingyuan.office.recognition.witnessing import AT_ONCE, WITNESS_SECONDS, ask_witness, fetch_checkpoint
from qingyuan.store import SqlLogStorage
from qingyuan.store.cosignatures import CosignatureRow, cosigned_size, save_cosignature

if TYPE_CHECKING:
    from qingyuan.office.home import Home
    from qingyuan.store import Database


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking the witnesses about one log brought.

    Attributes:
        origin: The log.
        size: Size of the head shown to them.
        note: The checkpoint with all cosignatures of its size.
        verdict: What the policy says about it.
        failures: Name in the policy and error of each witness that gave no cosignature.
        off_clock: Witnesses whose clock is far from ours, with the seconds they are ahead.
    """

    origin: str
    size: int
    note: bytes
    verdict: PolicyVerdict
    failures: tuple[tuple[str, QingyuanError], ...]
    off_clock: dict[str, int]

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON builtins."""
        return {
            "origin": self.origin,
            "size": self.size,
            "quorum": self.verdict.quorum,
            "met": self.verdict.met,
            "groups": dict(self.verdict.groups),
            "cosigned": [{"name": one.name, "time": one.time} for one in self.verdict.cosigned],
            "missing": list(self.verdict.missing),
            "failures": [{"name": name, **error.as_dict()} for name, error in self.failures],
            "off_clock": self.off_clock,
            "checkpoint": self.note.decode(),
        }


class StoredHashes:
    """The hashes of a stored log, each read in a transaction of its own, so from any thread.

    Args:
        database: The database.
        origin: Which log.
    """

    def __init__(self, database: Database, origin: str) -> None:
        """Name the log; nothing is read."""
        self._database, self._origin = database, origin

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return hashes of a tile level in order of index."""
        with self._database.read() as connection:
            return SqlLogStorage(connection, self._origin).read_hashes(level, start, stop)

    def head(self) -> Head | None:
        """Return the newest head."""
        with self._database.read() as connection:
            return SqlLogStorage(connection, self._origin).read_head()


def cosign(home: Home, policy: Policy | None = None, *, seconds: float = WITNESS_SECONDS) -> list[Asked]:
    """Take the newest checkpoint of each log of a home to its witnesses, and keep what they sign.

    Args:
        home: The office.
        policy: The witnesses; by default those of ``policy.txt`` in the home.
        seconds: Time for each witness.

    Returns:
        One result for each log, with the verdict of the policy.

    Raises:
        OfficeError: ``office.stopped`` when a witness knows more of a log than we do, or other. What the others
            cosigned is kept, and the marker is durable before this returns. Also ``office.no-policy``.
    """
    refuse_if_stopped(home.path)
    policy = policy or read_policy(home.path / POLICY)
    heads = _heads(home)
    with ThreadPoolExecutor(max_workers=max(1, len(heads))) as pool:
        answers = [pool.submit(_ask, home, log, head, policy, seconds) for log, head in heads]
    asked: list[Asked] = []
    stop: Stop | None = None
    for (log, head), answer in zip(heads, answers, strict=True):
        found, failures, stops = answer.result()
        for reason in stops:
            stop = write_stop(home.path, reason)
        asked.append(_keep(home, log, head, policy, found, failures))
    stop = _publish(home, policy) or stop
    if stop is not None:
        raise stopped_error(stop, home.path)
    return asked


def _heads(home: Home) -> list[tuple[Log, Head]]:
    """Return the newest head of each log, all of one state."""
    with home.database.read() as connection:
        heads = [(log, SqlLogStorage(connection, log.origin).read_head()) for log, _ in logs_of(home)]
    return [(log, head) for log, head in heads if head is not None]


def _keep(
    home: Home, log: Log, head: Head, policy: Policy, found: Sequence[Signature], failures: _Failures
) -> Asked:
    """Store what was signed over a head and judge it."""
    at = home.clock.now()
    with home.database.write() as connection:
        # The log's own line is kept too: with it this head can still be shown when the log has grown.
        for each in (*parse_note(head.note).signatures, *found):
            line, when = each.line().rstrip("\n"), at.isoformat(timespec="seconds")
            save_cosignature(connection, CosignatureRow(log.origin, head.size, key_name(each), line, when))
        note = cosigned_note(connection, log.origin, head)
    verdict = policy.evaluate(note, keys_of(home, log.origin))
    fresh = {key_name(each) for each in found}
    now = {each.name for each in verdict.cosigned if key_name(each.key) in fresh}
    off = verdict.off_clock(int(at.timestamp()))
    skew = {name: seconds for name, seconds in off.items() if name in now}
    return Asked(log.origin, head.size, note, verdict, tuple(failures), skew)


def _publish(home: Home, policy: Policy) -> Stop | None:
    """Publish, unless what was published before is more than we have: then our own signature stops the log."""
    with home.publishing():
        try:
            home.publish_held()
        except LogError as error:
            if error.code != "ledger.rolled-back":
                raise
            return stop_if_published_ahead(home)
        publish_checkpoints_held(home, policy)
    return None


def stop_if_published_ahead(home: Home) -> Stop | None:
    """Stop a log of which more was published than the database holds, and return why; ``None`` when that is not so."""
    for log, folder in logs_of(home):
        head = StoredHashes(home.database, log.origin).head()
        note = (folder / CHECKPOINT_NAME).read_bytes() if (folder / CHECKPOINT_NAME).is_file() else b""
        try:
            published = open_checkpoint(note, keys_of(home, log.origin)).checkpoint
        except LedgerError:  # not ours: it proves nothing
            continue
        source = StoredHashes(home.database, log.origin)
        if head is None or contains(source, head.size, published, log):
            continue
        return write_stop(
            home.path,
            Stop(
                v=1,
                reason="rolled-back" if published.size > head.size else "diverged",
                origin=log.origin,
                at=home.clock.now().isoformat(timespec="seconds"),
                size=head.size,
                checkpoint=head.note.decode(),
                witness=str(folder.relative_to(home.path) / CHECKPOINT_NAME),
                vkey="",
                url="",
                claimed=published.size,
                witnessed=note.decode(),
            ),
        )
    return None


_Found = list[Signature]
_Failures = list[tuple[str, QingyuanError]]


def _ask(
    home: Home, log: Log, head: Head, policy: Policy, seconds: float
) -> tuple[_Found, _Failures, list[Stop]]:
    """Ask all witnesses at once; the keys of one place are asked one after the other."""
    places: defaultdict[str, list[PolicyWitness]] = defaultdict(list)
    for witness in policy.witnesses:
        if witness.url is not None:
            places[witness.url].append(witness)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = [
            pool.submit(_ask_place, home, log, head, url, keys, seconds) for url, keys in places.items()
        ]
    found: _Found = []
    failures: _Failures = []
    stops: list[Stop] = []
    for answer in answers:
        for witness, outcome in answer.result():
            if isinstance(outcome, Signature):
                found.append(outcome)
            elif isinstance(outcome, Stop):
                stops.append(outcome)
            else:
                failures.append((witness.name, outcome))
    return found, failures, stops


def _ask_place(
    home: Home, log: Log, head: Head, url: str, witnesses: Sequence[PolicyWitness], seconds: float
) -> list[tuple[PolicyWitness, Signature | Stop | QingyuanError]]:
    outcomes: list[tuple[PolicyWitness, Signature | Stop | QingyuanError]] = []
    source = StoredHashes(home.database, log.origin)
    cosigned = 0
    for witness in witnesses:
        submission: Submission | None = None
        with home.database.read() as connection:
            known = cosigned_size(connection, log.origin, key_name(witness.key))
        try:
            # A second key of the same witness stands where the first has just been brought to.
            known = max(min(known, head.size), cosigned)
            submission = Submission(source, head.note, witness.key, known, log.suite)
            outcomes.append((witness, ask_witness(url, submission, seconds=seconds)))
            cosigned = head.size
        except LogError as error:
            if submission is None:  # it is our own storage that contradicts itself
                raise
            judged = _judge(home, log, head, witness, url, error, submission.claimed, seconds)
            outcomes.append((witness, judged))
        except OfficeError as error:  # nobody answers there: the other keys need not be tried
            return [*outcomes, *((each, error) for each in witnesses[len(outcomes) :])]
        except QingyuanError as error:
            outcomes.append((witness, error))
    return outcomes


def _judge(
    home: Home,
    log: Log,
    head: Head,
    witness: PolicyWitness,
    url: str,
    error: LogError,
    claimed: int | None,
    seconds: float,
) -> Stop | QingyuanError:
    """Say whether a reply that would stop the log does; the checkpoint the witness keeps decides."""
    if error.code not in ("ledger.rolled-back", "ledger.diverged"):
        return error
    source = StoredHashes(home.database, log.origin)
    newest = source.head() or head
    if error.code == "ledger.rolled-back" and claimed is not None and claimed <= newest.size:
        # The log has grown since, and another process of ours had the newer head cosigned.
        return WitnessError(
            "ledger.witness-overtaken",
            zh="见证方已会签本日志更新的检查点",
            en="the witness has cosigned a newer checkpoint of this log",
            where=witness.name,
        )
    witnessed = _witnessed(keys_of(home, log.origin), witness, url, seconds)
    fork = None
    if witnessed is not None:
        note, checkpoint = witnessed
        if contains(source, newest.size, checkpoint, log):
            return WitnessError(
                "ledger.witness-faulty",
                zh="见证方拒绝了有效的证明，而它所存的检查点就在本日志之中：见证方有误，或其配置的哈希套件不符",
                en="the witness refused a valid proof, and the checkpoint it keeps is part of this log: "
                "the witness is at fault, or was told another hash suite",
                where=witness.name,
                remedy_zh="联系见证方核对日志配置",
                remedy_en="ask the witness to check what it was told of this log",
            )
        if checkpoint.size <= newest.size:
            proof = prove_fork(TileCache(source, log.suite), note, newest.note, log.suite)
            fork = None if proof is None else proof.encode().decode()
    return Stop(
        v=1,
        reason=error.code.removeprefix("ledger."),
        origin=log.origin,
        at=home.clock.now().isoformat(timespec="seconds"),
        size=newest.size,
        checkpoint=newest.note.decode(),
        witness=witness.key.name,
        vkey=witness.key.encode(),
        url=url,
        claimed=claimed,
        witnessed=None if witnessed is None else witnessed[0].decode(),
        fork=fork,
    )


def _witnessed(
    keys: Sequence[VerifierKey], witness: PolicyWitness, url: str, seconds: float
) -> tuple[bytes, Checkpoint] | None:
    """Return the checkpoint a witness keeps if our own log signed it: what a witness says alone proves nothing."""
    try:
        note = fetch_checkpoint(url, keys[0].name, seconds=seconds)
        if note is None:
            return None
        return note, open_checkpoint(note, keys, [witness.key]).checkpoint
    except (OfficeError, LedgerError):  # not to be had, or not signed: then there is no proof
        return None


def contains(source: StoredHashes, size: int, checkpoint: Checkpoint, log: Log) -> bool:
    """Say whether the stored log of ``size`` entries begins with the tree of a checkpoint."""
    if checkpoint.size > size:
        return False
    return tree_root(TileCache(source, log.suite), checkpoint.size, log.suite) == checkpoint.root


__all__ = [
    "POLICY",
    "STOPPED",
    "Asked",
    "Stop",
    "StoredHashes",
    "contains",
    "cosign",
    "cosigned_note",
    "keys_of",
    "logs_of",
    "publish_checkpoints",
    "read_policy",
    "read_stop",
    "refuse_if_stopped",
]
