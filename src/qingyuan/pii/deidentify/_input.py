"""The bytes that are rewritten: a file that is mapped, or a member held in memory."""

from __future__ import annotations

import contextlib
import hashlib
import io
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: As much of a file as its format is told by.
HEAD = 1 << 18


class Input:
    """Bytes with a name, to be read from the start as often as needed.

    Args:
        data: The bytes.
        name: The name that hits and messages give.
    """

    def __init__(self, data: bytes | mmap.mmap, name: str) -> None:
        """Take the bytes."""
        self.data = data
        self.name = name

    def stream(self) -> BinaryIO:
        """Return a seekable stream from the first byte."""
        return io.BytesIO(self.data) if isinstance(self.data, bytes) else _Mapped(self.data)

    @property
    def head(self) -> bytes:
        """The first bytes."""
        return self.data[:HEAD]

    @property
    def sha256(self) -> str:
        """The digest of all bytes, hex."""
        return hashlib.sha256(self.data).hexdigest()


class _Mapped(io.RawIOBase, BinaryIO):
    """A mapped file as a stream with a position of its own."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def seekable(self) -> bool:
        """Return that it is."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move."""
        self._at = offset + (0, self._at, len(self._data))[whence]
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes."""
        end = len(self._data) if size is None or size < 0 else self._at + size
        out = self._data[self._at : end]
        self._at += len(out)
        return out


@contextlib.contextmanager
def mapped(path: Path, name: str) -> Iterator[Input]:
    """Open a file for rewriting; an empty one cannot be mapped and is given as no bytes."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            yield Input(b"", name)
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield Input(data, name)
