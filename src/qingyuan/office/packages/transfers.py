"""What becomes of an announced package: its transfer is completed or abandoned, and the journal says which.

The transfer is logged before the file exists, because the event is inside the package. So nothing may be concluded
from it alone: only a completion, logged once the file is durable, says that there is a package.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.evidence import SealedReader
from qingyuan.evidence.custody import ABANDONED, COMPLETED, transfer_abandoned, transfer_completed
from qingyuan.office.errors import CancelledError, OfficeError
from qingyuan.office.home import Home
from qingyuan.office.packages.gathering import Settled
from qingyuan.store import EventDraft
from qingyuan.store.schema import EVENT

_TRANSFERRED = "evidence.transferred"


def complete(home: Home, settled: Settled, target: Path, *, actor: str, key: bytes | None = None) -> int:
    """Log that the file of a package is there, and return its bytes.

    Args:
        home: The office.
        settled: What was announced.
        target: The file.
        actor: Who makes the package.
        key: Opens the file when it is sealed; size and digest are those of what is inside.

    Raises:
        OfficeError: The file cannot be read back, or the journal refused.
    """
    try:
        with target.open("rb") if key is None else SealedReader.open(target, key) as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
        payload = transfer_completed(settled.package, size=size, sha256=found)
        home.append([EventDraft(settled.top, COMPLETED, dict(payload))], actor=actor)
    except (QingyuanError, OSError) as error:
        reason_zh, reason_en = _reason(error)
        raise OfficeError(
            "office.completion-not-logged",
            zh=f"证据包 {settled.package} 的文件已写成，但未能登记完成：{reason_zh}",
            en=f"the file of package {settled.package} was written, but its completion could not be logged: {reason_en}",
            where=str(target),
            remedy_zh="请勿移送该文件；排除原因后重新制作，届时使用新编号",
            remedy_en="do not hand the file over; remove the cause and make the package again, under a new number",
        ) from error
    return size


def abandon(home: Home, settled: Settled, error: BaseException, *, actor: str) -> bool:
    """Log that an announced package was not made, and return whether the journal took it.

    When it did not, the next run settles it (:func:`settle_interrupted`).
    """
    code = error.code if isinstance(error, QingyuanError) else "office.not-made"
    reason_zh, reason_en = _reason(error)
    payload = transfer_abandoned(settled.package, code=code, reason_zh=reason_zh, reason_en=reason_en)
    try:
        home.append([EventDraft(settled.top, ABANDONED, dict(payload))], actor=actor)
    except (QingyuanError, OSError, sa.exc.SQLAlchemyError):
        return False
    return True


def not_made(error: QingyuanError | OSError, package: str, *, logged: bool) -> OfficeError:
    """Return the error that says why a package was not made, and what became of its number."""
    reason_zh, reason_en = _reason(error)
    then_zh = "已登记为未完成" if logged else "尚未能登记，下次制作证据包时登记为未完成"
    then_en = (
        "recorded as abandoned"
        if logged
        else "could not be recorded as abandoned now; the next package of this home will do it"
    )
    advice_zh, advice_en = "", ""
    if isinstance(error, QingyuanError) and error.code != "evidence.write-failed":
        advice_zh, advice_en = error.remedy_zh, error.remedy_en
    else:
        advice_zh, advice_en = (
            "请检查磁盘空间、目录和写入权限",
            "check the free space, the folder and the permission",
        )
    where = error.where if isinstance(error, QingyuanError) else error.filename
    return OfficeError(
        error.code if isinstance(error, QingyuanError) else "office.not-made",
        zh=f"{reason_zh}；证据包没有制成，编号 {package} 已用去，{then_zh}",
        en=f"{reason_en}; no package was made, number {package} is used up and {then_en}",
        where=None if where is None else str(where),
        remedy_zh="；".join(filter(None, (advice_zh, "排除原因后重新制作，届时使用新编号"))),
        remedy_en="; ".join(filter(None, (advice_en, "then make it again, under a new number"))),
    )


def settle_interrupted(home: Home, *, actor: str) -> list[str]:
    """Log as abandoned every transfer of this home of which nothing more was logged; return the packages.

    Such a run was killed, or could not log what became of it. The caller holds the lock of packages.
    """
    with home.database.write() as connection:
        query = (
            sa.select(EVENT.c.stream, EVENT.c.type, EVENT.c.payload)
            .where(EVENT.c.type.in_([_TRANSFERRED, COMPLETED, ABANDONED]))
            .order_by(EVENT.c.idx)
        )
        left: dict[str, str] = {}
        for stream, kind, data in connection.execute(query).all():
            package = str(msgspec.json.decode(data)["package"])
            if kind == _TRANSFERRED:
                left[package] = stream
            else:
                left.pop(package, None)
        drafts = [
            EventDraft(
                stream,
                ABANDONED,
                dict(
                    transfer_abandoned(
                        package,
                        code="office.interrupted",
                        reason_zh="没有制作完成的记录",
                        reason_en="its completion was never recorded",
                    )
                ),
            )
            for package, stream in left.items()
        ]
        if drafts:
            home.record(connection, drafts, actor=actor)
    return list(left)


def _reason(error: BaseException) -> tuple[str, str]:
    if isinstance(error, QingyuanError):
        return error.zh, error.en
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return reason, reason
    if isinstance(error, CancelledError):
        return "制作被取消", "the making was cancelled"
    if isinstance(error, KeyboardInterrupt):
        return "制作被中断", "the making was interrupted"
    return f"程序出错（{type(error).__name__}）", f"the program failed ({type(error).__name__})"
