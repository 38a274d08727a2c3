"""The content tree: what a document says, before it has a page.

Both renderers read this tree and nothing else, so the served PDF and the editable .docx say the same.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What a block is; the renderers decide how that looks."""

    OFFICE = "office"
    TITLE = "title"
    NUMBER = "number"
    ADDRESSEE = "addressee"
    HEADING = "heading"
    SUBHEADING = "subheading"
    BODY = "body"
    ITEM = "item"
    SIGNATURE = "signature"
    DATE = "date"
    NOTE = "note"


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch of text.

    Attributes:
        text: The words.
        event: Index in the log of the event that states this fact, or ``None`` for the form's own words.
    """

    text: str
    event: int | None = None


class Block(msgspec.Struct, frozen=True, omit_defaults=True, tag="block"):
    """One paragraph."""

    role: Role
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        """Return the words without their sources."""
        return "".join(run.text for run in self.runs)


class Table(msgspec.Struct, frozen=True, omit_defaults=True, tag="table"):
    """A table with a header row.

    Attributes:
        columns: Header cells.
        rows: Cells of each row, as many as columns.
        widths: Relative widths, as many as columns.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]


class Document(msgspec.Struct, frozen=True):
    """A document.

    Attributes:
        form: Identifier of the form it was made from.
        name: Name of the instrument, e.g. ``检察建议书``.
        lang: Language of the text, BCP 47.
        title: Title for the PDF's metadata.
        author: Issuing office.
        issued: Date of issue, ISO 8601; also the document's time stamp, so that bytes repeat.
        blocks: The content, in order.
    """

    form: str
    name: str
    lang: str
    title: str
    author: str
    issued: str
    blocks: tuple[Block | Table, ...]

    def text(self) -> str:
        """Return the plain text, one line a block or table row."""
        lines: list[str] = []
        for block in self.blocks:
            if isinstance(block, Block):
                lines.append(block.text)
            else:
                lines.append("\t".join(block.columns))
                lines += ["\t".join(row) for row in block.rows]
        return "\n".join(lines)

    def sources(self) -> tuple[tuple[str, int], ...]:
        """Return each fact of the text and the event that states it."""
        return tuple(
            (run.text, run.event)
            for block in self.blocks
            if isinstance(block, Block)
            for run in block.runs
            if run.event is not None
        )
