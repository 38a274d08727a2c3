"""The marker that stops a log: a witness holds more of it than we do, or other.

A log restored from an old backup that went on would be a fork of itself. So the marker is durable, every append looks
for it, and only :mod:`qingyuan.office.recognition.asking` lifts it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from qingyuan.bounded import read_whole
from qingyuan.office.errors import OfficeError
from qingyuan.office.keys.stored import write_small
from qingyuan.shapes import from_json

STOPPED = "stopped.json"
#: The fork proof against our own log, when there is one.
STOPPED_FORK = "stopped-fork.json"


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a log is stopped.

    Attributes:
        v: Version of the file, 1.
        reason: ``"rolled-back"`` when the witness is ahead of our log, ``"diverged"`` when it holds another tree.
        origin: The log it is about; the twin is stopped with it, since both hold the same entries.
        at: When it was found, RFC 3339.
        size: Size of our log then.
        checkpoint: Our newest checkpoint then.
        witness: Key name of the witness; or, of what we published ourselves, its place in the home.
        vkey: Its public key; empty for what we published ourselves.
        url: Where it was asked.
        claimed: The size it said it had cosigned, if it said one; that reply is not signed.
        witnessed: The checkpoint it keeps, signed by our own log: the proof. ``None`` when it showed none.
        fork: The fork proof that the two checkpoints make against our own log, if they contradict each other.
    """

    v: int
    reason: str
    origin: str
    at: str
    size: int
    checkpoint: str
    witness: str
    vkey: str
    url: str
    claimed: int | None = None
    witnessed: str | None = None
    fork: str | None = None

    @property
    def proven(self) -> bool:
        """Whether our own signature proves it; else it rests on the word of the witness."""
        return self.witnessed is not None


def refuse_if_stopped(home: Path) -> None:
    """Refuse to go on when the log of a home is stopped; costs one look at the folder.

    Args:
        home: The home folder.

    Raises:
        OfficeError: ``office.stopped``, with the reason and what to do.
    """
    if not (home / STOPPED).exists():
        return
    stop = read_stop(home)
    if stop is not None:
        raise stopped_error(stop, home)


def read_stop(home: Path) -> Stop | None:
    """Return why the log of a home is stopped, or ``None`` when it is not.

    Raises:
        OfficeError: ``office.stopped`` when the marker is there and cannot be read: then the log is stopped too.
    """
    path = home / STOPPED
    try:
        return from_json(read_whole(path), Stop)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise OfficeError(
            "office.stopped",
            zh="账本已停止写入，但停止标记无法读取",
            en="the log is stopped, and the marker cannot be read",
            where=str(path),
            remedy_zh="不要删除该文件；请联系见证方核对账本",
            remedy_en="do not remove the file; compare the log with the witnesses",
        ) from error


def write_stop(home: Path, stop: Stop) -> Stop:
    """Make the marker durable, unless there is one, and return the one that stands.

    A later finding does not replace an earlier one that is proven.
    """
    found = read_stop(home)
    if found is not None and (found.proven or not stop.proven):
        return found
    if stop.fork is not None:  # beside the marker as well, in the form that verifiers take
        write_small(home / STOPPED_FORK, stop.fork.encode())
    write_small(home / STOPPED, msgspec.json.format(msgspec.json.encode(stop), indent=2) + b"\n")
    return stop


def stopped_error(stop: Stop, home: Path) -> OfficeError:
    """Return the error that says that and why a log is stopped."""
    if not stop.vkey:
        zh = f"此前公布的检查点（{stop.witness}，{stop.claimed} 条）不在本账本之中：账本是从旧备份恢复的，或被回退"
        en = (
            f"the checkpoint published before ({stop.witness}, {stop.claimed} entries) is not part of this log: "
            "it was restored from an old backup, or rolled back"
        )
    elif stop.reason == "rolled-back":
        ahead = "更多" if stop.claimed is None else f" {stop.claimed} "
        zh = f"见证方 {stop.witness} 已会签{ahead}条，本账本只有 {stop.size} 条：账本是从旧备份恢复的，或被回退"
        more = "more" if stop.claimed is None else str(stop.claimed)
        en = (
            f"the witness {stop.witness} cosigned {more} entries and this log has {stop.size}: "
            "it was restored from an old backup, or rolled back"
        )
    else:
        zh = f"见证方 {stop.witness} 持有与本账本不同的历史：账本恢复自旧备份后被续写，或已分叉"
        en = (
            f"the witness {stop.witness} holds another history of this log: it was continued after an old backup was "
            "restored, or it forked"
        )
    return OfficeError(
        "office.stopped",
        zh=f"账本已停止写入。{zh}",
        en=f"the log is stopped: {en}",
        where=str(home),
        remedy_zh="运行 qingyuan ledger stop-status 查看处理办法",
        remedy_en="run qingyuan ledger stop-status to see what to do",
    )
