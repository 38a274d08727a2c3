"""Batches for tests made from plain text, without the readers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from qingyuan.pii.batch import Batch, Longs

KEY = bytes(range(32))


@dataclass(frozen=True)
class Lines:
    """Places by line: ``width`` cells a line, the first line being ``first``."""

    width: int
    first: int = 1

    def text(self, cells: Longs) -> pa.StringArray:
        return pa.array([f"line {c // self.width + self.first}" for c in cells.tolist()], pa.string())


@dataclass(frozen=True)
class Same:
    """Byte offsets equal to the positions in the buffer."""

    def offsets(self, positions: Longs) -> Longs:
        return positions


def _cells(rows: list[list[str]], between: str, after: str) -> tuple[np.ndarray, Longs, Longs]:
    data = bytearray()
    starts, ends = [], []
    for row in rows:
        for number, cell in enumerate(row):
            starts.append(len(data))
            data += cell.encode()
            ends.append(len(data))
            data += (after if number == len(row) - 1 else between).encode()
    return np.frombuffer(bytes(data), np.uint8), np.array(starts, np.int64), np.array(ends, np.int64)


def prose(lines: list[str], member: str | None = None, first: int = 1) -> Batch:
    """Return lines of free text."""
    data, starts, ends = _cells([[line] for line in lines], "", "\n")
    n = len(lines)
    return Batch(
        member, "", (), data, starts, ends, np.full(n, -1, np.int32), np.arange(first, first + n),
        True, Lines(1, first), Same(),
    )  # fmt: skip


def table(
    columns: list[str], rows: list[list[str]], member: str | None = None, name: str = "", first: int = 1
) -> Batch:
    """Return rows of a table; ``first`` is the record number of the first."""
    data, starts, ends = _cells(rows, ",", "\n")
    n, w = len(rows), len(columns)
    return Batch(
        member, name, tuple(columns), data, starts, ends, np.tile(np.arange(w, dtype=np.int32), n),
        np.repeat(np.arange(first, first + n), w), False, Lines(w, first + 1), Same(),
    )  # fmt: skip
