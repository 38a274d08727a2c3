"""What a user can act on, of whatever kind the error was, as an error of ours with words and a remedy."""

from __future__ import annotations

import errno

import click

from qingyuan.cli._streams import UnsaidError
from qingyuan.errors import QingyuanError


def usage(error: click.ClickException) -> QingyuanError:
    """Return what click says about a wrong command line as an error of ours."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else "qingyuan"
    said = error.format_message()
    zh = "用法有误"
    if isinstance(error, click.MissingParameter):
        zh = "缺少必需的参数或选项"
    elif isinstance(error, click.NoSuchOption):
        zh = f"没有选项 {error.option_name}"
    elif isinstance(error, click.BadParameter):
        zh = "参数值无效"
    return QingyuanError(
        "cli.usage",
        zh=f"{zh}（{said.rstrip('.')}）",
        en=said.rstrip("."),
        where=command,
        remedy_zh=f"用法见 {command} --help",
        remedy_en=f"see {command} --help",
    )


_REFUSALS = {
    errno.ENOENT: ("文件或目录不存在", "there is no such file or folder"),
    errno.EACCES: ("没有读写权限", "permission denied"),
    errno.EISDIR: ("这是目录，不是文件", "this is a folder, not a file"),
    errno.ENOTDIR: ("路径中有一段不是目录", "a part of the path is not a folder"),
    errno.ENOSPC: ("磁盘空间不足", "no space is left on the disk"),
    errno.EFBIG: (
        "文件过大，未读取；请核对是否给错了文件",
        "the file is too large and was not read; see whether it is the right one",
    ),
}


def _system(error: OSError) -> QingyuanError:
    """Return what the operating system refused as an error of ours."""
    said = error.strerror or str(error)
    zh, en = _REFUSALS.get(
        error.errno or 0, (f"操作系统拒绝了读写：{said}", f"the operating system refused: {said}")
    )
    return QingyuanError(
        "cli.system",
        zh=zh,
        en=en,
        where=str(error.filename) if error.filename else None,
        remedy_zh="请检查路径、权限和磁盘空间",
        remedy_en="check the path, its permissions and the space on disk",
    )


#: What SQLite says of a disk that is full or may not be written to, by the beginnings of its codes.
_NOT_WRITTEN = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN")


def _damaged(error: Exception) -> QingyuanError:
    """Return what the database refused as an error of ours."""
    orig = getattr(error, "orig", None)
    said = str(orig or error).partition("\n")[0]
    if getattr(orig, "sqlite_errorname", "").startswith(_NOT_WRITTEN):
        return QingyuanError(
            "cli.database-not-writable",
            zh=f"数据库无法写入：{said}",
            en=f"the database cannot be written to: {said}",
            remedy_zh="请检查磁盘空间，并使运行程序的用户可写整个工作目录（含 web.db），然后重试",
            remedy_en="check the free space, and let the user of the program write to the whole home (web.db too), then try again",
        )
    return QingyuanError(
        "cli.database",
        zh=f"数据库拒绝了读写，可能已被改动或损坏：{said}",
        en=f"the database refused; it may have been altered or damaged: {said}",
        remedy_zh="停止写入，从备份恢复工作目录，并运行 qingyuan ledger fsck",
        remedy_en="stop writing, restore the home from a backup, and run qingyuan ledger fsck",
    )


def _no_text(error: UnicodeError) -> QingyuanError:
    """Return what is no text, of a file or of what was typed, as an error of ours."""
    if isinstance(error, UnicodeDecodeError):
        return QingyuanError(
            "cli.not-text",
            zh="给出的一个文件不是 UTF-8 文本",
            en="a file that was given is no UTF-8 text",
            remedy_zh="请核对是否给错了文件，或者转换为 UTF-8",
            remedy_en="see whether it is the right file, or convert it to UTF-8",
        )
    said = error.object if isinstance(error, UnicodeEncodeError) else ""
    return QingyuanError(
        "cli.not-utf8",
        zh="参数或文件名不是 UTF-8，不能登记",
        en="a word or the name of a file is not UTF-8 and cannot be recorded",
        where=said[:200] or None,
        remedy_zh="请改名或者按 UTF-8 重新输入",
        remedy_en="rename it, or type it as UTF-8",
    )


def known(error: Exception) -> QingyuanError | None:
    """Return what a user can act on as an error of ours, ``None`` for a defect of the program."""
    if isinstance(error, OSError):
        return _system(error)
    if isinstance(error, UnicodeError):
        return _no_text(error)
    # A table that is gone, or a file that is no database any more; nothing else of SQLAlchemy comes this far.
    return _damaged(error) if type(error).__module__.startswith("sqlalchemy") else None


def unsaid(error: UnsaidError) -> QingyuanError:
    """Return that the answer could not be written out as an error of ours."""
    return QingyuanError(
        "cli.output",
        zh=f"结果写不出去（{error.zh}）；已办妥的部分不受影响",
        en=f"the result could not be written out ({error.en}); what was done stays done",
        where="stdout",
        remedy_zh="请检查标准输出所在的磁盘或管道，再查看一次结果",
        remedy_en="check the disk or pipe that standard output goes to, then ask for the result again",
    )
