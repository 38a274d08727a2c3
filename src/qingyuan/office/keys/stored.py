"""The keyring of a home on disk, changed by one process at a time so that no key is ever lost."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from qingyuan.evidence import Kek, Keyring
from qingyuan.office.clock import Entropy


class Keys:
    """A keyring file that several processes use.

    Args:
        path: The file.
        kek: The secret that opens it.
        entropy: Source of randomness for new keys.
    """

    def __init__(self, path: Path, kek: Kek, entropy: Entropy) -> None:
        """Open the keyring."""
        self._path = path
        self._kek = kek
        self._entropy = entropy
        self._changing = False
        self._read()

    @property
    def ring(self) -> Keyring:
        """The keyring as it is on disk now; change it within :meth:`changing` only."""
        if not self._changing and self._seen != self._identity():
            self._read()
        return self._ring

    @property
    def version(self) -> tuple[int, int]:
        """What changes whenever a process saves the keyring; costs one look at the folder."""
        return self._identity()

    def _read(self) -> None:
        self._seen: tuple[int, int] | None = self._identity()
        self._ring = Keyring.open(self._path, self._kek, self._entropy)

    def _identity(self) -> tuple[int, int]:
        status = self._path.stat()
        return status.st_ino, status.st_mtime_ns

    @contextlib.contextmanager
    def changing(self) -> Iterator[Keyring]:
        """Yield the keyring as it is on disk now; what the block changes is saved before anyone uses it.

        After an error nothing of the block is saved, here or later.
        """
        with locked(self._path.with_name(".keyring.lock")):
            ring = self.ring
            self._changing, self._seen = True, None
            try:
                yield ring
                if ring.changed:
                    ring.save(self._path)
                self._seen = self._identity()
            finally:
                self._changing = False

    def rekey(self, kek: Kek) -> None:
        """Let ``kek`` open the keyring from now on, and the old secret no more."""
        with self.changing() as ring:
            ring.rekey(kek)
        self._kek = kek


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock file; the system frees it when the process ends, however that comes about.

    Raises:
        BlockingIOError: Another process holds it and ``wait`` is false.
    """
    with path.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def write_small(path: Path, data: bytes) -> None:
    """Replace a small file whole, durably, or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
