"""Sealed blobs in a folder: ``blobs/<scope>/<aa>/<sha256 of the content>``.

A blob is written under a temporary name, made durable, then renamed: after a crash it is either whole
or absent. What a crash leaves under a temporary name is removed when the folder is opened for writing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from qingyuan.store.errors import StoreError

_SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NAME = re.compile(r"[0-9a-f]{64}")
_TEMPORARY = ".part"


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

    def temporary(self, scope: str, number: int) -> Path:
        """Return a path to write sealed bytes to before :meth:`keep`."""
        folder = self.path(scope, "0" * 64).parent.parent
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{os.getpid()}-{number}{_TEMPORARY}"

    def keep(self, written: list[tuple[Path, str, str]]) -> None:
        """Make sealed files durable and give them their names.

        Args:
            written: ``(temporary path, scope, sha256)`` each; a blob that is already there is kept
                as it is and the temporary file removed.
        """
        folders: set[Path] = set()
        for temporary, _, _ in written:
            descriptor = os.open(temporary, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        for temporary, scope, sha256 in written:
            target = self.path(scope, sha256)
            if target.exists():
                temporary.unlink()
                continue
            if not target.parent.exists():
                target.parent.mkdir(parents=True)
                folders.add(target.parent.parent)
            temporary.rename(target)
            folders.add(target.parent)
        for folder in sorted(folders):
            _sync_folder(folder)

    def sweep(self) -> int:
        """Remove what an interrupted run left under temporary names; return how many files."""
        count = 0
        for left in self.root.glob(f"*/*{_TEMPORARY}"):
            left.unlink(missing_ok=True)
            count += 1
        return count

    def all(self) -> Iterator[tuple[str, str, Path]]:
        """Yield ``(scope, sha256, path)`` of every blob, sorted."""
        for scope in sorted(p for p in self.root.iterdir() if p.is_dir()):
            for prefix in sorted(p for p in scope.iterdir() if p.is_dir()):
                for blob in sorted(prefix.iterdir()):
                    yield scope.name, blob.name, blob


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
