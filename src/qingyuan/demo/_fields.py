"""Columns of waybill cells together with what is planted in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qingyuan.demo._digits import Ints
from qingyuan.demo._strings import Text, characters, concat, gather, pick, strings, wide


@dataclass(frozen=True)
class Mark:
    """Values of one kind planted in a column; all arrays run over ``rows``.

    Attributes:
        kind: Kind of personal information, or the kind a decoy imitates.
        masked: Whether the values are partly starred.
        decoy: Name of the decoy type, or ``""`` for a real value.
        rows: Row numbers in the column, ascending.
        start: First code point of the value in the cell.
        end: One past the last.
        wide_start: Non-ASCII code points of the cell before ``start``.
        wide_end: Non-ASCII code points of the cell before ``end``.
        person: Row of the person in the pool, or -1.
        key: Identity of the clear value within its kind, or -1.
    """

    kind: str
    masked: bool
    decoy: str
    rows: Ints
    start: Ints
    end: Ints
    wide_start: Ints
    wide_end: Ints
    person: Ints
    key: Ints

    def select(self, first: int, last: int) -> Mark:
        """Return the part in rows ``first`` to ``last`` (exclusive), with rows counted from ``first``."""
        a, b = np.searchsorted(self.rows, [first, last])
        return replace(
            self,
            rows=self.rows[a:b] - first,
            start=self.start[a:b],
            end=self.end[a:b],
            wide_start=self.wide_start[a:b],
            wide_end=self.wide_end[a:b],
            person=self.person[a:b],
            key=self.key[a:b],
        )


@dataclass(frozen=True)
class Field:
    """A column of cells.

    Attributes:
        text: The cells.
        role: Whose values they are: ``sender``, ``recipient``, ``holder``, or ``""`` for nobody's.
        marks: What is planted.
    """

    text: Text
    role: str = ""
    marks: tuple[Mark, ...] = ()

    def select(self, first: int, last: int) -> Field:
        """Return rows ``first`` to ``last`` (exclusive) as a field of their own."""
        text = gather([self.text.slice(first, last - first)])
        return Field(text, self.role, tuple(mark.select(first, last) for mark in self.marks))


@dataclass(frozen=True)
class Part:
    """How some rows of a column are written.

    Attributes:
        rows: Row numbers, ascending; the parts of one field have no row in common.
        text: The value of each row.
        kind: Kind of the value, or ``""`` when nothing is planted.
        person: Row of the person in the pool, per row.
        key: Identity of the clear value; by default the person.
        masked: Whether the value is partly starred.
        decoy: Name of the decoy type, or ``""``.
        before: Words before the value in the cell.
        after: Words after it.
    """

    rows: Ints
    text: Text
    kind: str = ""
    person: Ints | None = None
    key: Ints | None = None
    masked: bool = False
    decoy: str = ""
    before: str = ""
    after: str = ""

    def mark(self) -> Mark:
        """Return what the part plants."""
        nobody = np.full(self.rows.size, -1, dtype=np.int64)
        person = nobody if self.person is None else self.person
        known = person if self.key is None else self.key
        key = nobody if self.masked or self.decoy else known
        start = np.full(self.rows.size, len(self.before), dtype=np.int64)
        wide_start = np.full(self.rows.size, sum(c > "\x7f" for c in self.before), dtype=np.int64)
        return Mark(
            kind=self.kind,
            masked=self.masked,
            decoy=self.decoy,
            rows=self.rows,
            start=start,
            end=start + characters(self.text),
            wide_start=wide_start,
            wide_end=wide_start + wide(self.text),
            person=person,
            key=key,
        )


def assemble(count: int, parts: Sequence[Part], role: str = "") -> Field:
    """Return a field of ``count`` rows made of ``parts``; rows in no part are empty."""
    filled = np.zeros(count, dtype=np.bool_)
    for part in parts:
        filled[part.rows] = True
    empty = np.flatnonzero(~filled)
    blocks = [concat(p.before, p.text, p.after) if p.before or p.after else p.text for p in parts]
    order = np.concatenate([*(p.rows for p in parts), empty])
    back = np.empty(count, dtype=np.int64)
    back[order] = np.arange(count)
    text = pick(gather([*blocks, strings([""] * empty.size)]), back)
    return Field(text, role, tuple(p.mark() for p in parts if p.kind and p.rows.size))
