"""How far long work is, and how whoever wanted it is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Self, cast

import msgspec

if TYPE_CHECKING:
    from types import TracebackType


class Progress(msgspec.Struct, frozen=True):
    """How far the job is.

    Attributes:
        stage: ``"seal"``, ``"scan"``, ``"check"`` or ``"pack"``.
        done: Files done.
        total: Files in all.
        bytes_done: Bytes done.
        bytes_total: Bytes in all.
        seconds: Since the stage began.
    """

    stage: str
    done: int
    total: int
    bytes_done: int
    bytes_total: int
    seconds: float

    @property
    def left(self) -> float | None:
        """Seconds left at the speed so far, or ``None`` before anything is known."""
        if not self.bytes_done or not self.seconds:
            return None
        return (self.bytes_total - self.bytes_done) * self.seconds / self.bytes_done


Report = Callable[[Progress], None]


class Counter:
    """Counts bytes of one stage after the other and tells them.

    Args:
        report: Who is told.
    """

    def __init__(self, report: Report) -> None:
        """Begin with no stage."""
        self._report = report
        self.begin("", [])

    def begin(self, stage: str, sizes: list[int]) -> None:
        """Begin a stage with things of these sizes."""
        self._stage, self._total, self._bytes_total = stage, len(sizes), sum(sizes)
        self._began, self._done, self._bytes = time.monotonic(), 0, 0
        if stage:
            self._tell()

    def next(self) -> None:
        """Count a thing that is begun."""
        self._done += 1
        self._tell()

    def add(self, size: int) -> None:
        """Count bytes."""
        self._bytes += size
        self._tell()

    def _tell(self) -> None:
        seconds = time.monotonic() - self._began
        done, size = min(self._done, self._total), min(self._bytes, self._bytes_total)
        self._report(Progress(self._stage, done, self._total, size, self._bytes_total, seconds))

    def counted(self, stream: BinaryIO) -> BinaryIO:
        """Return ``stream``, each read of which is counted."""
        self.next()
        return cast("BinaryIO", _Counted(stream, self))


class _Counted:
    """A stream for one reading from its start."""

    def __init__(self, stream: BinaryIO, counter: Counter) -> None:
        self._stream, self._counter = stream, counter

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._counter.add(len(data))
        return data

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
