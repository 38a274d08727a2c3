"""Named values gathered one by one (headers, parameters, decoded values) and made into a batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from qingyuan.pii.batch import Batch
from qingyuan.pii.readers._addresses import Listed
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._table import pack


@dataclass(slots=True)
class Fields:
    """Values with their columns, places and records.

    Attributes:
        source: The file or member.
        table: Name of the table.
        prose: Whether the values are free text without columns.
    """

    source: Source
    table: str = ""
    prose: bool = False
    _names: dict[str, int] = field(default_factory=dict)
    _cells: list[tuple[int, int, str, str]] = field(default_factory=list)

    def add(self, column: str, text: str, place: str, record: int) -> None:
        """Take a value; blank ones are left out."""
        if text.strip() and (
            self.prose or column in self._names or len(self._names) < self.source.limits.max_columns
        ):
            number = -1 if self.prose else self._names.setdefault(column, len(self._names))
            self._cells.append((record, number, text, place))
        elif text.strip():
            self._cells.append((record, self._names.setdefault("", len(self._names)), text, place))

    def batches(self) -> Iterator[Batch]:
        """Yield what was taken, in the order of the records; may be asked again after more was added."""
        if not self._cells:
            return
        cells, self._cells = sorted(self._cells, key=lambda cell: cell[0]), []
        data, starts, ends = pack([text for _, _, text, _ in cells])
        yield Batch(
            self.source.member,
            self.table,
            () if self.prose else tuple(self._names),
            data,
            starts,
            ends,
            np.array([number for _, number, _, _ in cells], np.int32),
            np.array([record for record, _, _, _ in cells], np.int64),
            self.prose,
            Listed([place for _, _, _, place in cells]),
        )
