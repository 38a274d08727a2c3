"""How far a scan is: bytes, records, speed and time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec


class BulkProgress(msgspec.Struct, frozen=True):
    """How far the scan is.

    Attributes:
        stage: ``"plan"``, ``"scan"``, ``"settle"`` or ``"count"``.
        done: Parts done.
        total: Parts in all.
        bytes_done: Bytes of the files done.
        bytes_total: Bytes of the files in all.
        records: Records read so far.
        seconds: Since this run began.
        speed: Bytes a second of this run; parts done by an earlier run are not in it.
        left: Seconds left at that speed, ``None`` before anything is known.
    """

    stage: str
    done: int
    total: int
    bytes_done: int
    bytes_total: int
    records: int
    seconds: float
    speed: float
    left: float | None


Report = Callable[[BulkProgress], None]


class Meter:
    """Counts what is done and tells it; every step is also a JSON line in a file.

    Args:
        report: Told every step.
        lines: The file of JSON lines; appended to.
    """

    def __init__(self, report: Report, lines: Path) -> None:
        """Start the clock."""
        self._report = report
        self._lines = lines
        self._began = self._stage_began = time.monotonic()
        self._stage = "plan"
        self._done = self._total = self._bytes = self._bytes_total = self._records = self._before = 0

    def begin(self, stage: str, total: int, bytes_total: int) -> None:
        """Begin a stage of so many parts and bytes."""
        self._stage, self._total, self._bytes_total = stage, total, bytes_total
        self._done = self._bytes = self._before = 0
        self._stage_began = time.monotonic()
        self._tell()

    def skip(self, size: int, records: int) -> None:
        """Count a part that an earlier run has done."""
        self._before += size
        self._count(size, records)

    def step(self, size: int, records: int) -> None:
        """Count a part and tell it."""
        self._count(size, records)
        self._tell()

    def _count(self, size: int, records: int) -> None:
        self._done += 1
        self._bytes += size
        self._records += records

    def _tell(self) -> None:
        now = time.monotonic()
        fresh = self._bytes - self._before
        speed = fresh / max(now - self._stage_began, 1e-9)
        progress = BulkProgress(
            self._stage,
            self._done,
            self._total,
            self._bytes,
            self._bytes_total,
            self._records,
            round(now - self._began, 3),
            round(speed),
            round((self._bytes_total - self._bytes) / speed, 1) if fresh else None,
        )
        with self._lines.open("ab") as file:
            file.write(msgspec.json.encode(progress) + b"\n")
        self._report(progress)
