"""Logging the newest checkpoint of another office in our own log, and it ours in its.

An entry of our log between two anchors lies between two heads of the other log: an order of both without a common
clock. A checkpoint is only logged after it was verified, meets the policy given for it, and continues the one logged
before; one that does not is kept as a fork proof.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.ledger import Checkpoint, ForkProof, Policy, PolicyVerdict, open_checkpoint
from qingyuan.office._identifiers import check_identifier
from qingyuan.office.errors import OfficeError
from qingyuan.office.keys.stored import write_small
from qingyuan.office.recognition.fetching import REQUEST_SECONDS, open_log, shown_url
from qingyuan.office.recognition.monitor import Remark, observe
from qingyuan.office.recognition.peers import Peer
from qingyuan.office.recognition.stopped import refuse_if_stopped
from qingyuan.store import EventDraft
from qingyuan.store.schema import EVENT

if TYPE_CHECKING:
    from qingyuan.office.home import Home

ANCHORED = "recognition.anchored"
FORKED = "recognition.fork_found"
#: Folder of fork proofs below the home.
FORKS = "forks"


@dataclass(frozen=True, slots=True)
class Anchored:
    """What anchoring a peer brought.

    Attributes:
        peer: The peer.
        checkpoint: Its newest verified checkpoint.
        index: Entry of our log that holds it; ``None`` when that checkpoint had been logged before.
        since: Size that was logged before; 0 if none was.
        verdict: What the peer's policy says, if it has one.
    """

    peer: Peer
    checkpoint: Checkpoint
    index: int | None
    since: int
    verdict: PolicyVerdict | None


def anchor(
    home: Home,
    peer: Peer,
    policy: Policy | None = None,
    *,
    actor: str,
    seconds: float = REQUEST_SECONDS,
) -> Anchored:
    """Fetch the newest checkpoint of a peer, verify it, and log it with all its cosignatures.

    Args:
        home: Our office.
        peer: The other log.
        policy: Witnesses whose quorum its checkpoint must meet.
        actor: Who does it.
        seconds: Time for each request.

    Raises:
        OfficeError: ``office.peer-forked`` when it contradicts what was logged of it before; the proof is kept in
            ``forks/`` and the finding is logged. ``office.peer-refused`` for anything else that is wrong with it.
            Also ``office.log-unreachable``, ``office.log-empty`` and ``office.stopped``.
        LedgerError: When its checkpoint is malformed or not signed by its key.
    """
    check_identifier("actor", actor)
    refuse_if_stopped(home.path)
    last = last_anchor(home, peer)
    try:
        with open_log(peer.url, peer.hash_suite, seconds=seconds) as log:
            seen = observe(log, peer.key, peer.hash_suite, last=last, policy=policy, entries=False)
    except QingyuanError as error:
        error.within(shown_url(peer.url))
        raise
    for remark in seen.remarks:
        if remark.fork is not None:
            raise _forked(home, peer, remark.fork, actor)
    telling = [each for each in seen.remarks if each.code not in ("witness", "ahead")]
    if telling:
        raise _refused(peer, telling[0])
    checkpoint = seen.checkpoint
    before = None if last is None else open_checkpoint(last, [peer.key]).checkpoint
    if before is not None and before.size == checkpoint.size:
        return Anchored(peer, checkpoint, None, before.size, seen.verdict)
    payload: dict[str, object] = {
        "peer": peer.name,
        "origin": checkpoint.origin,
        "suite": peer.hash_suite.name,
        "size": checkpoint.size,
        "root": base64.b64encode(checkpoint.root).decode(),
        "vkey": peer.vkey,
        "note": seen.note.decode(),
        "quorum": None if seen.verdict is None else seen.verdict.quorum,
        "witnesses": [] if seen.verdict is None else [each.name for each in seen.verdict.cosigned],
        "since": seen.since,
    }
    (event,) = home.append([EventDraft("office", ANCHORED, payload)], actor=actor)
    return Anchored(peer, checkpoint, event.index, seen.since, seen.verdict)


def last_anchor(home: Home, peer: Peer) -> bytes | None:
    """Return the checkpoint of a peer's log that was logged last, or ``None``."""
    query = (
        sa.select(EVENT.c.payload)
        .where(EVENT.c.stream == "office", EVENT.c.type == ANCHORED)
        .order_by(EVENT.c.n.desc())
    )
    with home.database.read() as connection:
        for data in connection.scalars(query):
            payload = msgspec.json.decode(data)
            if payload.get("origin") == peer.key.name and payload.get("suite") == peer.hash_suite.name:
                return str(payload["note"]).encode()
    return None


def keep_fork(folder: Path, fork: ForkProof) -> Path:
    """Write a fork proof into a folder under the hash of its bytes, and return the file."""
    data = fork.encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(data).hexdigest()}.json"
    if not path.exists():
        write_small(path, data)
    return path


def _forked(home: Home, peer: Peer, fork: ForkProof, actor: str) -> OfficeError:
    path = home.path / FORKS / f"{hashlib.sha256(fork.encode()).hexdigest()}.json"
    if not path.exists():
        keep_fork(home.path / FORKS, fork)
        payload: dict[str, object] = {
            "peer": peer.name,
            "origin": peer.key.name,
            "vkey": peer.vkey,
            "kind": fork.kind,
            "sha256": path.stem,
            "proof": fork.encode().decode(),
        }
        home.append([EventDraft("office", FORKED, payload)], actor=actor)
    return OfficeError(
        "office.peer-forked",
        zh=f"{peer.name} 的日志已分叉：它签署了互相矛盾的检查点，未予登记",
        en=f"the log of {peer.name} forked: it signed checkpoints that contradict each other; nothing was anchored",
        where=str(path),
        remedy_zh="分叉证明已保存并记入账本，可用 qingyuan ledger fork-verify 核验；请书面通知对方和见证方",
        remedy_en="the proof was kept and logged; check it with qingyuan ledger fork-verify, and tell them and the witnesses",
    )


def _refused(peer: Peer, remark: Remark) -> OfficeError:
    return OfficeError(
        "office.peer-refused",
        zh=f"{peer.name} 的检查点未予登记：{remark.zh}",
        en=f"the checkpoint of {peer.name} was not anchored: {remark.en}",
        where=peer.url,
        remedy_zh="稍后重试；若持续，请联系对方",
        remedy_en="try again later; if it stays so, contact them",
    )
