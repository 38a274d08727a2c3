"""The shape of ``tables/<name>.yaml``: lists and measures that a rule sets, row by row."""

from __future__ import annotations

from datetime import date

import msgspec

from qingyuan.law._schema import Record, Text


class Column(Record, frozen=True):
    """A column beside the name of the row."""

    id: str
    zh: str
    en: str


class Row(Record, frozen=True):
    """One row; ``rule`` and ``verified`` default to those of the table and of the rule."""

    id: str
    zh: str
    en: str
    rule: str = ""
    article: str = ""
    cells: dict[str, Text | str | int] = msgspec.field(default_factory=dict)
    since: date | None = msgspec.field(default=None, name="from")
    until: date | None = msgspec.field(default=None, name="to")
    verified: bool = True
    note: Text | None = None


class TableFile(Record, frozen=True):
    """``tables/<name>.yaml``; an overlay may add rows under the same name, with identifiers of their own."""

    zh: str
    en: str
    rule: str
    rows: tuple[Row, ...]
    columns: tuple[Column, ...] = ()
    note: Text | None = None
