"""Reading source files so that what was read is what lay there.

A source is opened without following a symbolic link, only when it is a plain file, and its size
and time stamps are compared before and after: a file that changes under the reader is reported,
never sealed as if it had been still.
"""

from __future__ import annotations

import copy
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from qingyuan.evidence._wire import BEIJING, format_time
from qingyuan.evidence.errors import SourceError


class SourceFile(io.FileIO):
    """A source being read whose every refusal by the system names the source."""

    def __init__(self, descriptor: int, path: Path) -> None:
        """Own ``descriptor``, open for reading; ``path`` is only for error messages."""
        super().__init__(descriptor, "rb")
        self._path = path

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes.

        Raises:
            SourceError: The system refused, for example because the medium is damaged.
        """
        try:
            return super().read(-1 if size is None else size)
        except OSError as error:
            raise unreadable(self._path, error) from error


class Source:
    """An open source file.

    Attributes:
        path: Where it lies.
        stream: The open binary file.
        size: Bytes, when it was opened.
        mtime: Its own (claimed) time stamp as the format writes times, or ``None`` when that lies
            outside the years 1 to 9999.
    """

    def __init__(self, path: Path, stream: BinaryIO, status: os.stat_result) -> None:
        """Wrap ``stream``, opened at ``path``, whose status was ``status``."""
        self.path = path
        self.stream = stream
        self.size = status.st_size
        self.mtime = _claimed_time(status.st_mtime_ns)
        self._before = _identity(status)

    def read_as(self, stream: BinaryIO, size: int) -> Source:
        """Return the same source with its content opened from a sealed form.

        Args:
            stream: Reads the content; its ``fileno`` is that of this source.
            size: Bytes of the content.
        """
        found = copy.copy(self)
        found.stream, found.size = stream, size
        return found

    def check_unchanged(self) -> None:
        """Compare the file with what it was when it was opened.

        Raises:
            SourceError: Its size, time stamps or identity changed, or it is gone.
        """
        try:
            by_name = _identity(self.path.lstat())
        except OSError as error:
            raise _changed(self.path) from error
        if self._before != _identity(os.fstat(self.stream.fileno())) or self._before != by_name:
            raise _changed(self.path)


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Yield the plain file at ``path`` open for reading; on leaving, check that it did not change.

    Raises:
        SourceError: It is a symbolic link, a folder, a device or a pipe; it cannot be read; or it
            changed meanwhile.
    """
    try:
        _refuse_special(path, path.lstat())
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise unreadable(path, error) from error
    with SourceFile(descriptor, path) as stream:
        status = os.fstat(stream.fileno())
        _refuse_special(path, status)  # again: the name may have been swapped in between
        source = Source(path, stream, status)
        yield source
        source.check_unchanged()


def _identity(status: os.stat_result) -> tuple[int, int, int, int, int]:
    # The change time too: unlike the modification time, nobody can set it back.
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _claimed_time(nanoseconds: int) -> str | None:
    try:
        return format_time(datetime.fromtimestamp(nanoseconds // 10**9, BEIJING))
    except (ValueError, OverflowError, OSError):
        return None


def _refuse_special(path: Path, status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    kinds = {
        stat.S_IFLNK: ("符号链接", "a symbolic link"),
        stat.S_IFDIR: ("目录", "a folder"),
        stat.S_IFIFO: ("管道", "a pipe"),
        stat.S_IFSOCK: ("套接字", "a socket"),
    }
    zh, en = kinds.get(stat.S_IFMT(status.st_mode), ("设备", "a device"))
    raise SourceError(
        "evidence.not-a-file",
        zh=f"这是{zh}，不是普通文件，不予收取",
        en=f"this is {en}, not a plain file; it is not taken",
        where=str(path),
        remedy_zh="请指定实际的文件；符号链接请改为其指向的文件",
        remedy_en="name the file itself; for a link, the file it points to",
    )


def unreadable(path: Path, error: Exception) -> SourceError:
    """Return the error for a source that the system would not read."""
    reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
    return SourceError(
        "evidence.unreadable",
        zh=f"无法读取：{reason}",
        en=f"cannot be read: {reason}",
        where=str(path),
        remedy_zh="请检查文件是否存在、是否有读取权限、介质是否完好",
        remedy_en="check that the file exists, that you may read it, and that the medium is sound",
    )


def _changed(path: Path) -> SourceError:
    return SourceError(
        "evidence.changed-while-reading",
        zh="文件在读取过程中发生了变化，本次读取作废",
        en="the file changed while it was being read; this reading does not count",
        where=str(path),
        remedy_zh="请停止写入该文件的程序，或先取得静止的副本，再重新收取",
        remedy_en="stop the program that writes it, or take a still copy first, then collect it again",
    )
