"""A file or member as the readers see it: read forward once, under the limits."""

from __future__ import annotations

import contextlib
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from qingyuan.pii.readers._limits import Limits
from qingyuan.pii.readers._unread import Refused

#: What the standard library raises about damaged archives; ``NotImplementedError`` and ``RuntimeError``
#: stand for methods and flags it does not know.
DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
#: How much of the beginning is looked at to tell the type.
HEAD = 1 << 18


@dataclass(slots=True)
class Budget:
    """What is left for one archive and everything in it.

    Attributes:
        limits: The bounds.
        until: Value of the clock at which time is up.
        expanded: Bytes taken out of archives so far.
        heavy: Documents and pages so far that took more than they may.
    """

    limits: Limits
    until: float
    expanded: int = 0
    heavy: int = 0

    def check_time(self) -> None:
        """Stop when the time for the file is used up.

        Raises:
            Refused: ``time-budget``.
        """
        if self.limits.clock() > self.until:
            raise Refused("time-budget", seconds=int(self.limits.seconds))


@dataclass(slots=True)
class Source:
    """One stream of bytes with a name.

    Attributes:
        stream: The bytes; only read forward, unless the source is the file itself.
        name: File or member name, for its ending.
        member: Path inside the archive, or ``None`` for the file itself.
        depth: Number of archives around it.
        budget: The limits that hold for it.
        size: Number of bytes if it is known.
        packed: Returns the stored bytes it comes from, for the expansion ratio; ``None`` if it is not packed.
        head: The first bytes, already taken from ``stream``.
        taken: Bytes taken from ``stream`` so far, the head included.
    """

    stream: BinaryIO
    name: str
    member: str | None
    depth: int
    budget: Budget
    size: int | None = None
    packed: Callable[[], int] | None = None
    head: bytes = b""
    taken: int = 0
    _given: int = 0

    @property
    def limits(self) -> Limits:
        """Return the bounds."""
        return self.budget.limits

    def peeked(self) -> Source:
        """Look at the head and return the source itself."""
        self.head = self._raw(HEAD)
        return self

    def read(self, count: int) -> bytes:
        """Return the next bytes, at most ``count``; ``b""`` at the end.

        Raises:
            Refused: Time, total size or expansion ratio is exceeded.
        """
        done = self._given
        if done < len(self.head):
            part = self.head[done : done + count]
            self._given += len(part)
            return part
        data = self._raw(count)
        self._given += len(data)
        return data

    def whole(self) -> bytes:
        """Return all bytes, for formats that need random access.

        Raises:
            Refused: ``document-too-large`` or a limit of :meth:`read`.
        """
        bound = self.limits.max_document_bytes
        parts: list[bytes] = []
        total = 0
        while data := self.read(1 << 20):
            total += len(data)
            if total > bound:
                raise Refused("document-too-large", mib=bound >> 20)
            parts.append(data)
        return b"".join(parts)

    def beginning(self, count: int) -> bytes:
        """Return the first ``count`` bytes without using them up: they are the new head."""
        if len(self.head) < count:
            self.head += self._raw(count - len(self.head))
        return self.head[:count]

    def random_access(self) -> BinaryIO:
        """Return a seekable stream from the first byte: the file itself, or its bytes in memory."""
        if self.member is None:
            self.stream.seek(0)
            return self.stream
        return io.BytesIO(self.whole())

    def _raw(self, count: int) -> bytes:
        self.budget.check_time()
        parts = []
        want = count
        while want > 0 and (data := self.stream.read(want)):
            parts.append(data)
            want -= len(data)
        got = b"".join(parts) if len(parts) != 1 else parts[0]
        self.taken += len(got)
        if self.packed is not None:
            self.budget.expanded += len(got)
            self._check_expansion()
        return got

    def _check_expansion(self) -> None:
        limits = self.limits
        if self.budget.expanded > limits.max_expanded_bytes:
            raise Refused("archive-expands-too-far", mib=limits.max_expanded_bytes >> 20)
        out = self.taken
        if out > limits.ratio_from_bytes and out > limits.max_ratio * max(
            1, self.packed() if self.packed else 0
        ):
            raise Refused("archive-ratio", ratio=limits.max_ratio)


def of_file(stream: BinaryIO, name: str, limits: Limits) -> Source:
    """Return the source of a whole file, from its first byte."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    budget = Budget(limits, limits.clock() + limits.seconds)
    return Source(stream, name, None, 0, budget, size)


def path_of(source: Source) -> Path | None:
    """Return where an unpacked file lies, if its stream is that file."""
    name = getattr(source.stream, "name", None)
    if source.member is not None:
        return None
    with contextlib.suppress(OSError, ValueError, AttributeError):
        path = Path(name if isinstance(name, str) else source.name)
        if os.path.samestat(os.fstat(source.stream.fileno()), path.lstat()):
            return path
    return None
