"""Tables of the law data: what a rule lists, for reading and for programs."""

from __future__ import annotations

import msgspec

from qingyuan.law.model import Citation, Named


class Cell(msgspec.Struct, frozen=True):
    """What stands in one column.

    Attributes:
        zh: The words, Chinese; figures are the same in both languages.
        en: The same in English.
    """

    zh: str
    en: str


class TableRow(msgspec.Struct, frozen=True):
    """One row.

    Attributes:
        id: Identifier, unique in its table.
        zh: What it is, Chinese.
        en: The same in English.
        cells: By column.
        citation: The provision it rests on.
        article: The item of that provision, where the row names one, e.g. ``"五（三）"``.
        verified: Whether this row was read in a named source; ``False`` means: check before use.
        in_force: ``False`` when it rests on a draft.
        note_zh: A caution, Chinese; may be empty.
        note_en: The same in English.
    """

    id: str
    zh: str
    en: str
    cells: dict[str, Cell]
    citation: Citation
    article: str
    verified: bool
    in_force: bool
    note_zh: str = ""
    note_en: str = ""


class LawTable(msgspec.Struct, frozen=True):
    """A table.

    Attributes:
        id: Its name, e.g. ``"app-types"``.
        zh: Title, Chinese.
        en: Title, English.
        columns: The columns beside the name of the row.
        rows: The rows in force on the day asked for.
        note_zh: What holds for all of it, Chinese; may be empty.
        note_en: The same in English.
    """

    id: str
    zh: str
    en: str
    columns: tuple[Named, ...]
    rows: tuple[TableRow, ...]
    note_zh: str = ""
    note_en: str = ""
