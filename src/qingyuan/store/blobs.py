"""Sealed blobs in a folder: ``blobs/<scope>/<aa>/<sha256 of the content>``.

A blob is written under a temporary name, made durable, then renamed: after a crash it is either whole
or absent. What a crash leaves under a temporary name is swept away before the next job; the name tells
the process that writes it, so that another process's unfinished work is never swept.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from qingyuan.store.errors import StoreError

_SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NAME = re.compile(r"[0-9a-f]{64}")
_TEMPORARY = ".part"
#: Parts of the name of a blob: scope, first letters, digest.
_DEPTH = 3
#: What file systems say that know no second name of a file.
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV})
#: Syncs at once: the file system commits them together, which takes a tenth of the time of one by one.
_SYNCS = 16


def _own_name() -> str:
    """Return what tells this process from every other, and from an earlier one that had the same number."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"


_OWN = {"name": _own_name()}
os.register_at_fork(after_in_child=lambda: _OWN.update(name=_own_name()))
_NUMBERS = itertools.count(1)


class Blobs:
    """The blob folder of one home.

    Args:
        root: The folder; created when missing.
    """

    def __init__(self, root: Path) -> None:
        """Open the folder."""
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def path(self, scope: str, sha256: str) -> Path:
        """Return where the blob is or would be.

        Raises:
            StoreError: ``scope`` or ``sha256`` is no safe name.
        """
        if not _SCOPE.fullmatch(scope) or not _NAME.fullmatch(sha256):
            raise StoreError(
                "store.blob-name",
                zh="不是有效的封存文件名",
                en="not a valid blob name",
                where=f"{scope[:80]!r}/{sha256[:80]!r}",
            )
        return self.root / scope / sha256[:2] / sha256

    @property
    def where(self) -> str:
        """Return where the blobs are, for messages."""
        return str(self.root)

    def has(self, scope: str, sha256: str) -> bool:
        """Return whether there is the blob."""
        return self.path(scope, sha256).exists()

    def file(self, scope: str, sha256: str) -> Path:
        """Return a file of this machine that holds the blob; where it would be when there is none.

        Raises:
            StoreError: No safe name, or what keeps it cannot be reached.
        """
        return self.path(scope, sha256)

    def open(self, scope: str, sha256: str) -> BinaryIO:
        """Return the blob, opened for reading.

        Raises:
            OSError: There is none, or it cannot be read.
            StoreError: As :meth:`file`.
        """
        return self.file(scope, sha256).open("rb", buffering=0)

    def anew(self) -> contextlib.AbstractContextManager[None]:
        """Return a block in which blobs are read from where they are kept, past anything that was kept of them nearer."""
        return contextlib.nullcontext()

    def remove(self, scope: str, sha256: str) -> None:
        """Remove a blob; it may be gone already."""
        self.path(scope, sha256).unlink(missing_ok=True)

    def remove_all(self, scope: str) -> None:
        """Remove every blob of a scope, and its folder."""
        for name in [sha256 for owner, sha256 in self.all() if owner == scope]:
            self.remove(scope, name)
        shutil.rmtree(self.path(scope, "0" * 64).parent.parent, ignore_errors=True)

    def put(self, written: Path, scope: str, sha256: str) -> None:
        """Put one sealed file under its name, whatever is there.

        Raises:
            StoreError: What keeps blobs refused.
        """
        target = self.path(scope, sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        written.replace(target)

    def temporary(self, scope: str) -> Path:
        """Return a new path to write sealed bytes to before :meth:`keep`."""
        folder = self.path(scope, "0" * 64).parent.parent
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{_OWN['name']}-{next(_NUMBERS)}{_TEMPORARY}"

    def keep(self, written: list[tuple[Path, str, str]]) -> list[bool]:
        """Make sealed files durable and give them their names; return of each whether it is the one that lies there now.

        Args:
            written: ``(temporary path, scope, sha256)`` each; a blob that is already there is kept
                as it is and the temporary file removed, also when another process puts the same content there at this moment.

        Raises:
            StoreError: The disk refused; no blob is under its name that is not whole.
        """
        try:
            return self._keep(written)
        except OSError as error:
            raise write_failed(self.root, error) from error

    def _keep(self, written: list[tuple[Path, str, str]]) -> list[bool]:
        _sync(temporary for temporary, _, _ in written)
        folders: set[Path] = set()
        named: list[bool] = []
        for temporary, scope, sha256 in written:
            target = self.path(scope, sha256)
            folders.add(target.parent)
            if not target.parent.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                folders |= {target.parent.parent, self.root}
            named.append(_name(temporary, target))
        _sync(sorted(folders))
        return named

    def sweep(self) -> int:
        """Remove what processes that are gone left under temporary names; return how many files."""
        count = 0
        for left in self.root.glob(f"*/*{_TEMPORARY}"):
            if not left.name.startswith(f"{_OWN['name']}-") and not _is_running(left.name):
                left.unlink(missing_ok=True)
                count += 1
        return count

    def all(self) -> Iterator[tuple[str, str]]:
        """Yield scope and digest of every blob, sorted."""
        for name in self.names():
            parts = name.split("/")
            if len(parts) == _DEPTH and _NAME.fullmatch(parts[-1]):
                yield parts[0], parts[-1]

    def names(self) -> Iterator[str]:
        """Yield the name of everything that lies where blobs are kept, blob or not, sorted by scope.

        What is being written has another name until it is whole, and is not among them.
        """
        for folder in sorted(self.root.iterdir()):
            if not folder.is_dir():
                yield folder.name
                continue
            for path in sorted(folder.rglob("*")):
                if not path.is_dir() and path.suffix != _TEMPORARY:
                    yield path.relative_to(self.root).as_posix()


def _name(temporary: Path, target: Path) -> bool:
    """Give a file its name unless something has it; return whether it was given. Of several that try at once one succeeds."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        temporary.unlink()
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if there := target.exists():
            temporary.unlink()
        else:
            temporary.rename(target)  # of those that come at once the last one wins
        return not there
    temporary.unlink()
    return True


def write_failed(where: Path, error: OSError) -> StoreError:
    """Return the error for a disk that refused a blob."""
    reason = error.strerror or type(error).__name__
    return StoreError(
        "store.write-failed",
        zh=f"无法写入封存文件：{reason}",
        en=f"a sealed file cannot be written: {reason}",
        where=str(where),
        remedy_zh="请检查磁盘空间和写入权限，然后以相同路径重新运行；已封存的材料不受影响",
        remedy_en="check the free space and the permission, then run the same again; what was sealed is unharmed",
    )


def _is_running(name: str) -> bool:
    """Return whether another process that lives may be writing the file of this name."""
    number = name.partition("-")[0]
    if not number.isdecimal() or int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sync(paths: Iterable[Path]) -> None:
    """Make files and folders durable."""
    waiting = list(paths)
    if len(waiting) == 1:
        _sync_one(waiting[0])
    elif waiting:
        with ThreadPoolExecutor(min(_SYNCS, len(waiting)), thread_name_prefix="sync") as pool:
            for _ in pool.map(_sync_one, waiting):
                pass


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
