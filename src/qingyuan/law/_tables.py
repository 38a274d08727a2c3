"""Looking up tables."""

from __future__ import annotations

from datetime import date

from qingyuan.law._files import Entry
from qingyuan.law._schema import Text
from qingyuan.law._store import Store
from qingyuan.law._table_schema import TableFile
from qingyuan.law._versions import Citer, applies
from qingyuan.law.errors import LawError
from qingyuan.law.model import Named
from qingyuan.law.tables import Cell, LawTable, TableRow


def names(store: Store) -> tuple[Named, ...]:
    """Return every table: name, titles."""
    found = []
    for name in store.names("tables"):
        record = store.tables(name)[0].record
        found.append(Named(name, record.zh, record.en, ()))
    return tuple(found)


def table(store: Store, citer: Citer, name: str, on: date | None) -> LawTable:
    """Return the table ``name`` with the rows that applied on the day ``on`` (all current ones when ``None``).

    Raises:
        LawError: No such table.
    """
    files = store.tables(name)
    if not files:
        known = " ".join(store.names("tables"))
        raise LawError(
            "law.unknown-table",
            zh=f"没有名为“{name}”的表",
            en=f"there is no table named {name!r}",
            where=name,
            remedy_zh=f"可用的表：{known}",
            remedy_en=f"known tables: {known}",
        )
    head = files[0].record
    rows = [row for entry in files for row in _rows(citer, entry, on)]
    return LawTable(
        id=name,
        zh=head.zh,
        en=head.en,
        columns=tuple(Named(column.id, column.zh, column.en, ()) for column in head.columns),
        rows=tuple(rows),
        note_zh=head.note.zh if head.note else "",
        note_en=head.note.en if head.note else "",
    )


def _rows(citer: Citer, entry: Entry[TableFile], on: date | None) -> list[TableRow]:
    found = []
    for row in entry.record.rows:
        rule = row.rule or entry.record.rule
        draft = citer.is_draft(rule)
        if on is not None and (draft or not citer.in_force(rule, on) or not applies(row, on)):
            continue
        citation = citer.cite(rule, None if draft else on)
        found.append(
            TableRow(
                id=row.id,
                zh=row.zh,
                en=row.en,
                cells={column: _cell(value) for column, value in row.cells.items()},
                citation=citation,
                article=row.article,
                verified=row.verified and citation.verified,
                in_force=not draft and (row.until is None or on is not None),
                note_zh=row.note.zh if row.note else "",
                note_en=row.note.en if row.note else "",
            )
        )
    return found


def _cell(value: Text | str | int) -> Cell:
    if isinstance(value, Text):
        return Cell(value.zh, value.en)
    return Cell(str(value), str(value))
