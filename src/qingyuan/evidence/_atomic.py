"""Files that appear whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qingyuan.evidence.errors import EvidenceError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


_UNFINISHED = ".writing-"


class TargetFile(io.FileIO):
    """A file being written whose every refusal by the system names the file that was to be."""

    def __init__(self, descriptor: int, path: Path) -> None:
        """Own ``descriptor``, open for reading and writing; ``path`` is only for error messages."""
        super().__init__(descriptor, "w+b")
        self._path = path

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of ``data`` and return its length.

        Raises:
            EvidenceError: The system refused.
        """
        rest = memoryview(data).cast("B")
        total = len(rest)
        try:
            while rest:
                rest = rest[super().write(rest) :]
        except OSError as error:
            raise write_failed(self._path, error) from error
        return total


@contextmanager
def atomic_writer(path: Path) -> Iterator[TargetFile]:
    """Yield a file beside ``path`` that replaces it, synced, when the block ends without an error.

    Only its owner may read the new file. After an error nothing is left behind and what was at
    ``path`` is untouched.

    Raises:
        EvidenceError: The disk refused (full, read-only, no such folder); ``path`` is named.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=_UNFINISHED, dir=path.parent)
    except OSError as error:
        raise write_failed(path, error) from error
    try:
        with TargetFile(descriptor, path) as file:
            yield file
            try:
                os.fsync(file.fileno())
            except OSError as error:
                raise write_failed(path, error) from error
        try:
            os.replace(temporary, path)  # noqa: PTH105  (the temporary name is a string)
            _sync_folder(path.parent)
        except OSError as error:
            raise write_failed(path, error) from error
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)  # noqa: PTH108
        raise


def remove_unfinished(folder: Path) -> int:
    """Remove what writers that were killed left in ``folder``, and return how many files that were.

    An unfinished package holds content in clear, so call this at start-up, before anything is written.

    Raises:
        EvidenceError: A file cannot be removed.
    """
    count = 0
    for path in sorted(folder.glob(f"{_UNFINISHED}*")):
        try:
            path.unlink()
        except OSError as error:
            raise write_failed(path, error) from error
        count += 1
    return count


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # folders cannot be opened elsewhere
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_failed(path: Path, error: OSError) -> EvidenceError:
    """Return the error for a file that could not be written."""
    reason = error.strerror or type(error).__name__
    return EvidenceError(
        "evidence.write-failed",
        zh=f"无法写入文件：{reason}",
        en=f"cannot write the file: {reason}",
        where=str(path),
        remedy_zh="请检查目录是否存在、磁盘空间和写入权限，然后重试；原有文件未被改动",
        remedy_en="check the folder, the free space and the permission, then try again; nothing was changed",
    )
