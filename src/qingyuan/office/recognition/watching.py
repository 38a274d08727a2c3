"""Looking at a published log again and again: what was seen last is kept, and never replaced by what contradicts it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from qingyuan.bounded import read_whole
from qingyuan.ledger import Policy
from qingyuan.office.errors import OfficeError
from qingyuan.office.keys.stored import write_small
from qingyuan.office.recognition.anchoring import FORKS, keep_fork
from qingyuan.office.recognition.fetching import REQUEST_SECONDS, open_log
from qingyuan.office.recognition.monitor import Observed, observe
from qingyuan.office.recognition.peers import Peer
from qingyuan.shapes import from_json

#: Folder of what was seen, below the home.
WATCHED = "watched"

#: What does not speak against the checkpoint itself.
_HARMLESS = {"quorum", "witness", "ahead"}


class _Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    origin: str
    suite: str
    note: str


def state_of(home: Path, peer: Peer) -> Path:
    """Return the file in a home that keeps what was seen of a peer."""
    digest = hashlib.sha256(f"{peer.hash_suite.name} {peer.key.name}".encode()).hexdigest()
    return home / WATCHED / f"{digest}.json"


def watch(
    peer: Peer,
    policy: Policy | None,
    state: Path | None,
    *,
    entries: bool = True,
    seconds: float = REQUEST_SECONDS,
) -> tuple[Observed, list[Path]]:
    """Look at a log once more.

    Args:
        peer: The log.
        policy: Witnesses; those with a URL are asked what they saw.
        state: File with what was seen last, made when missing; ``None`` remembers nothing.
        entries: Whether to hash new entries and tiles again.
        seconds: Time for each request.

    Returns:
        What was seen, and the files of fork proofs, which are kept in ``forks/`` beside the state; without one, none.

    Raises:
        OfficeError: ``office.bad-watch`` when the state file is not one of this log; or as
            :func:`qingyuan.office.recognition.monitor.observe`.
        LedgerError: When the checkpoint is malformed or not signed by the log's key.
    """
    last = None if state is None else _read(state, peer)
    with open_log(peer.url, peer.hash_suite, seconds=seconds) as log:
        seen = observe(log, peer.key, peer.hash_suite, last=last, policy=policy, entries=entries)
    if state is None:
        return seen, []
    folder = state.parent / FORKS
    files = [keep_fork(folder, each.fork) for each in seen.remarks if each.fork is not None]
    if all(each.code in _HARMLESS for each in seen.remarks):
        kept = _Seen(1, seen.checkpoint.origin, peer.hash_suite.name, seen.note.decode())
        state.parent.mkdir(parents=True, exist_ok=True)
        write_small(state, msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
    return seen, files


def _read(state: Path, peer: Peer) -> bytes | None:
    try:
        seen = from_json(read_whole(state), _Seen)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _bad(state) from error
    if (seen.origin, seen.suite) != (peer.key.name, peer.hash_suite.name):
        raise _bad(state)
    return seen.note.encode()


def _bad(state: Path) -> OfficeError:
    return OfficeError(
        "office.bad-watch",
        zh="这不是该日志的监视记录",
        en="this is not what was seen of that log",
        where=str(state),
        remedy_zh="为每个日志另用一个 --state 文件；不要删除旧记录，它是发现分叉的依据",
        remedy_en="use a --state file of its own for each log; keep the old one, it is what shows a fork",
    )
