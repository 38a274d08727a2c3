"""Lifting the stop of a log, once it again contains what was witnessed; and what to do until then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qingyuan.bounded import read_whole
from qingyuan.ledger import Log, Submission, VerifierKey, open_checkpoint
from qingyuan.office._identifiers import check_identifier
from qingyuan.office.errors import OfficeError
from qingyuan.office.recognition.asking import POLICY, StoredHashes, contains, keys_of, logs_of, read_policy
from qingyuan.office.recognition.stopped import STOPPED, Stop, read_stop, stopped_error
from qingyuan.office.recognition.witnessing import WITNESS_SECONDS, ask_witness
from qingyuan.shapes import from_json
from qingyuan.store import EventDraft

if TYPE_CHECKING:
    from qingyuan.office.home import Home

_LIFTED = "stop-lifted.json"


def resume(home: Home, *, actor: str, seconds: float = WITNESS_SECONDS) -> Stop | None:
    """Lift the stop of a home's log, and log that it was lifted.

    A proven stop is lifted when the stored log begins with the witnessed tree again, which is computed from every hash
    it needs. A stop on the word of a witness alone is lifted when that witness cosigns the log again, or when the
    policy no longer relies on it.

    Args:
        home: The office, restored.
        actor: Who lifts it.
        seconds: Time for a witness that has to be asked.

    Returns:
        The stop that was lifted, or ``None`` when the log was not stopped.

    Raises:
        OfficeError: ``office.stopped`` when the log still lacks what was witnessed.
        LedgerError: When the witness to be asked still refuses.
    """
    check_identifier("actor", actor)
    stop = read_stop(home.path)
    if stop is None:
        return _finish(home, actor)
    log = next((each for each, _ in logs_of(home) if each.origin == stop.origin), None)
    if log is None:
        raise stopped_error(stop, home.path)
    if stop.witnessed is not None:
        _require_contained(home, log, stop)
    elif relied_on(home, stop):
        _require_cosigned(home, log, stop, seconds)
    # The marker goes first, since it refuses the event; a run killed in between is finished by the next.
    (home.path / STOPPED).replace(home.path / _LIFTED)
    _sync(home.path)
    _finish(home, actor)
    return stop


def relied_on(home: Home, stop: Stop) -> bool:
    """Say whether the policy of a home still relies on the witness that stopped its log."""
    try:
        policy = read_policy(home.path / POLICY)
    except OfficeError:  # no policy: no witness is relied on
        return False
    return any(each.key.encode() == stop.vkey for each in policy.witnesses)


def advice(stop: Stop) -> list[tuple[str, str]]:
    """Return what to do about a stop, one sentence each in Chinese and English."""
    said = [
        (
            "停止期间任何登记都会被拒绝；不要删除 stopped.json，也不要用现有数据继续写入，否则日志将分叉",
            "while the log is stopped nothing is recorded; do not remove stopped.json nor go on with these data, or the log forks",
        ),
        (
            "找回最新的数据：从最新的备份、副本或原磁盘恢复整个工作目录，使账本再次包含见证方所会签的内容",
            "bring back the newest state: restore the whole home from the newest backup, replica or the original disk, so that the log again contains what the witness cosigned",
        ),
        (
            "恢复后运行 qingyuan ledger resume；只有一致性得到证明才会解除停止，并记入账本",
            "then run qingyuan ledger resume; the stop is lifted only when consistency is proven, and that is logged",
        ),
        (
            "若最新数据已不可找回：保全本目录，另建新的工作目录（新的来源和密钥）继续工作，并向法院和见证方书面说明",
            "if the newest state is lost: keep this home as it is, begin a new one (a new origin and new keys), and tell the court and the witnesses in writing",
        ),
    ]
    if not stop.proven:
        said.append(
            (
                "见证方没有出示本账本签名的检查点，其说法尚无证据：请与其核对；若确认其有误，从 policy.txt 中移除后再运行 qingyuan ledger resume",
                "the witness has shown no checkpoint signed by this log, so its word is not proven: ask it; if it is wrong, remove it from policy.txt and run qingyuan ledger resume",
            )
        )
    if stop.fork is not None:
        said.append(
            (
                "stopped-fork.json 是分叉证明：两个互相矛盾的检查点均由本账本签名；核验：qingyuan verify stopped-fork.json --trust trust.json",
                (
                    "stopped-fork.json is a fork proof: two checkpoints that contradict each other, both signed by this log; "
                    "check it with qingyuan verify stopped-fork.json --trust trust.json"
                ),
            )
        )
    return said


def _require_contained(home: Home, log: Log, stop: Stop) -> None:
    witnessed = open_checkpoint((stop.witnessed or "").encode(), keys_of(home, log.origin)).checkpoint
    source = StoredHashes(home.database, log.origin)
    head = source.head()
    if head is not None and contains(source, head.size, witnessed, log):
        return
    size = 0 if head is None else head.size
    raise OfficeError(
        "office.stopped",
        zh=f"账本现有 {size} 条，仍不包含见证方会签的 {witnessed.size} 条：不能解除停止",
        en=f"the log has {size} entries and still does not contain the {witnessed.size} that were witnessed: "
        "the stop is not lifted",
        where=str(home.path),
        remedy_zh="运行 qingyuan ledger stop-status 查看处理办法",
        remedy_en="run qingyuan ledger stop-status to see what to do",
    )


def _require_cosigned(home: Home, log: Log, stop: Stop, seconds: float) -> None:
    source = StoredHashes(home.database, log.origin)
    head = source.head()
    if head is None:
        raise stopped_error(stop, home.path)
    submission = Submission(source, head.note, VerifierKey.parse(stop.vkey), 0, log.suite)
    ask_witness(stop.url, submission, seconds=seconds)


def _finish(home: Home, actor: str) -> Stop | None:
    """Log that a stop was lifted, if that is still to be done."""
    path = home.path / _LIFTED
    if not path.exists():
        return None
    stop = from_json(read_whole(path), Stop)
    payload: dict[str, object] = {
        "reason": stop.reason,
        "origin": stop.origin,
        "stopped_at": stop.at,
        "size_then": stop.size,
        "witness": stop.witness,
        "claimed": stop.claimed,
        "witnessed": stop.witnessed,
    }
    home.append([EventDraft("office", "recognition.resumed", payload)], actor=actor)
    path.unlink()
    _sync(home.path)
    return stop


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
