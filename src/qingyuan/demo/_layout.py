"""Rows of a file written from columns, and where every cell lies in the bytes.

A row is a list of segments: fixed text, a column of text nobody asks about, or a :class:`Slot`, the cell
of a field. All rows are joined at once; the offset of every slot follows from the lengths of what
stands before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qingyuan.demo._digits import Ints
from qingyuan.demo._fields import Field
from qingyuan.demo._strings import Text, characters, concat, from_ints, wide


@dataclass(frozen=True)
class Slot:
    """The cell of one field in every row.

    Attributes:
        field: The cells and what is planted in them.
        column: Name of the column as a reader of the file sees it.
        place_before: What stands before the row number in the place of a cell.
        place_after: What stands behind it.
        written: The cells as written, when quoting or escaping changes them.
        lead: Characters (all ASCII) the writing adds before the value, per row.
    """

    field: Field
    column: str
    place_before: str
    place_after: str = ""
    written: Text | None = None
    lead: Ints | None = None

    @property
    def text(self) -> Text:
        """Return the cells as they stand in the file."""
        return self.field.text if self.written is None else self.written

    def places(self, numbers: Ints) -> Text:
        """Return the places of the cells in rows numbered ``numbers``."""
        return concat(self.place_before, from_ints(numbers), self.place_after)


Segment = str | Text | Slot


@dataclass(frozen=True)
class Position:
    """Code points, and non-ASCII ones among them, in the body before each cell of a slot."""

    characters: Ints
    wide: Ints

    def octets(self, width: int) -> Ints:
        """Return the bytes before each cell when a non-ASCII character takes ``width`` bytes."""
        return self.characters + (width - 1) * self.wide


@dataclass(frozen=True)
class Rows:
    """Written rows.

    Attributes:
        text: One string a row.
        slots: The slots in the order written.
        positions: Where each slot lies, counted from the first row.
    """

    text: Text
    slots: tuple[Slot, ...]
    positions: tuple[Position, ...]


def write_rows(segments: Sequence[Segment]) -> Rows:
    """Return all rows made of ``segments``; at least one segment is a slot or a column."""
    parts = [s.text if isinstance(s, Slot) else s for s in segments]
    text = concat(*parts)
    line, line_wide = _before(characters(text)), _before(wide(text))
    slots: list[Slot] = []
    positions: list[Position] = []
    for segment, part in zip(segments, parts, strict=True):
        if isinstance(segment, Slot):
            slots.append(segment)
            lead = 0 if segment.lead is None else segment.lead
            positions.append(Position(line + lead, line_wide.copy()))
        if isinstance(part, str):
            line += len(part)
            line_wide += sum(c > "\x7f" for c in part)
        else:
            line += characters(part)
            line_wide += wide(part)
    return Rows(text, tuple(slots), tuple(positions))


def _before(lengths: Ints) -> Ints:
    out = np.zeros(lengths.size, dtype=np.int64)
    np.cumsum(lengths[:-1], out=out[1:])
    return out


def column_letter(index: int) -> str:
    """Return the spreadsheet letter of a column below 26, counted from 0."""
    return chr(ord("A") + index)
