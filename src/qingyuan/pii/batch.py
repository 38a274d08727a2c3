"""The two things a reader yields: cells of text with their places, and what could not be read.

A :class:`Batch` is a set of slices over one UTF-8 buffer. It carries no Python object per cell, so
the compiled passes of the engine run over it directly; places and byte offsets are asked for only
where something was found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]


class Addresses(Protocol):
    """Where the cells of a batch stand, as a person would say it."""

    def text(self, cells: Longs) -> pa.StringArray:
        """Return one place per cell number."""
        ...


class Origin(Protocol):
    """Where the bytes of a batch's buffer come from in the file (or archive member)."""

    def offsets(self, positions: Longs) -> Longs:
        """Return the file offset of each position of the buffer (any order)."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Cells of text over one UTF-8 buffer.

    Attributes:
        member: Path inside an archive (``"outer.zip/inner.csv"`` style when nested), or ``None``.
        table: Name of the sheet, table or stream; columns and records are numbered per
            ``(member, table)``. ``""`` if there is none.
        columns: Column names (header) or path patterns, ``""`` where unknown. Every value of
            ``column`` that is not -1 is an index into it.
        data: ``uint8``; valid UTF-8. A byte that could not be decoded stands as U+001A.
        starts: ``int64[n]``, first byte of each cell in ``data``, ascending.
        ends: ``int64[n]``, one past the last byte; cells do not overlap.
        column: ``int32[n]``, column of each cell; -1 where the cell belongs to no column.
        record: ``int64[n]``, record number within ``(member, table)``, ascending within a batch.
            A header row is record 0; data records count from 1.
        prose: ``True`` for free text: a cell is a line or paragraph and there are no columns.
        addresses: The places of the cells.
        origin: The byte offsets, or ``None`` if the format has none.
        kinds: Of a table without a header, what its columns hold by their values, ``""`` or missing where unknown.
        records: Number of the last record read, which may have no cell (an empty object of JSON); 0 where it is that of the last cell.
    """

    member: str | None
    table: str
    columns: tuple[str, ...]
    data: Bytes
    starts: Longs
    ends: Longs
    column: Ints
    record: Longs
    prose: bool
    addresses: Addresses = field(repr=False)
    origin: Origin | None = field(default=None, repr=False)
    kinds: tuple[str, ...] = ()
    records: int = 0

    def places(self, cells: npt.NDArray[np.integer]) -> pa.StringArray:
        """Return the place of each cell number in ``cells``, e.g. ``"line 12"``."""
        return self.addresses.text(np.asarray(cells, dtype=np.int64))

    def byte_offsets(self, positions: npt.NDArray[np.integer]) -> Longs | None:
        """Return the offsets in the bytes of the file or member, or ``None`` if there are none.

        Args:
            positions: Positions in ``data``; each must lie in a cell or be the end of one.
        """
        if self.origin is None:
            return None
        return self.origin.offsets(np.asarray(positions, dtype=np.int64))

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.starts)

    def __repr__(self) -> str:
        """Describe the batch without its content, which may be personal."""
        kind = "prose" if self.prose else f"{len(self.columns)} columns"
        return f"Batch({self.member!r}, {self.table!r}, {len(self)} cells, {kind}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that was not read, or not fully read; never silent.

    Attributes:
        member: Path inside an archive, or ``None`` for the file itself.
        code: Stable name such as ``"encrypted"``; see ``readers/unread.yaml``.
        zh: What was not read and where, Chinese.
        en: The same in English.
        remedy_zh: What to do about it, Chinese.
        remedy_en: The same in English.
    """

    member: str | None
    code: str
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str
