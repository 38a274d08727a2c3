"""Files without a name until they are whole, so that a process that is killed leaves nothing in clear behind."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qingyuan.evidence._atomic import _UNFINISHED, TargetFile, atomic_writer, write_failed

#: What a system or file system says that has no such files.
_UNKNOWN = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT}


@contextmanager
def unnamed_writer(path: Path) -> Iterator[TargetFile]:
    """Yield a file that becomes ``path``, whole and synced, when the block ends without an error.

    Where the system has files without names (Linux), the kernel frees what a killed process wrote. Elsewhere this
    is :func:`qingyuan.evidence._atomic.atomic_writer`, and ``remove_unfinished`` removes what was left.

    Raises:
        EvidenceError: The disk refused (full, read-only, no such folder); ``path`` is named.
    """
    descriptor = _open_unnamed(path)
    if descriptor is None:
        with atomic_writer(path) as file:
            yield file
        return
    with TargetFile(descriptor, path) as file:
        yield file
        try:
            os.fsync(descriptor)
            _name(descriptor, path)
        except OSError as error:
            raise write_failed(path, error) from error


def _name(descriptor: int, path: Path) -> None:
    """Give the file its name. A link cannot replace a file, a rename can."""
    temporary = f"{_UNFINISHED}{os.fstat(descriptor).st_ino:x}"  # nobody else's while the file is open
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # With a folder given, Python calls linkat, which follows the link that stands for the open file.
        os.link(
            f"/proc/self/fd/{descriptor}",
            temporary,
            src_dir_fd=folder,
            dst_dir_fd=folder,
            follow_symlinks=True,
        )
        os.replace(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    finally:
        os.close(folder)


def _open_unnamed(path: Path) -> int | None:
    flag: int | None = getattr(os, "O_TMPFILE", None)
    if flag is None or not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.open(path.parent, flag | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in _UNKNOWN and path.parent.is_dir():
            return None
        raise write_failed(path, error) from error
