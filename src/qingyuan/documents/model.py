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
    LINE = "line"
    ATTACHMENT = "attachment"
    SIGNATURE = "signature"
    DATE = "date"
    SIGN = "sign"
    COPIES = "copies"
    NOTE = "note"


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch of text.

    Attributes:
        text: The words.
        event: Index in the log of the event that states this fact, or ``None`` for the form's own words.
        blank: Name of the particular that is not known; the text is then the mark that stands for it.
        given: Name of the particular that a person supplied for this document.
        also: The other events of a fact that several state together, such as a count.
        origin: What else the words rest on: ``law:RULE``, ``period:ID``, ``duty:ID``, ``list:NAME``, ``staff:PERSON``,
            ``kind:ID``, ``office``, ``clock``, ``record``, ``query:ID``, or ``form`` for the number of an item.
    """

    text: str
    event: int | None = None
    blank: str = ""
    given: str = ""
    also: tuple[int, ...] = ()
    origin: str = ""

    @property
    def events(self) -> tuple[int, ...]:
        """Return every event that states the words."""
        return () if self.event is None else (self.event, *self.also)


#: What a paragraph or a cell of a table holds.
Runs = tuple[Run, ...]


def words(runs: Runs) -> str:
    """Return the text of ``runs`` without their sources."""
    return "".join(run.text for run in runs)


class Block(msgspec.Struct, frozen=True, omit_defaults=True, tag="block"):
    """One paragraph.

    Attributes:
        role: What it is.
        runs: What it says.
        private: Whether a copy for the public leaves its facts out.
    """

    role: Role
    runs: Runs
    private: bool = False

    @property
    def text(self) -> str:
        """Return the words without their sources."""
        return words(self.runs)


class Table(msgspec.Struct, frozen=True, omit_defaults=True, tag="table"):
    """A table with a header row, which is repeated on every page.

    Attributes:
        columns: Header cells.
        cells: Cells of each row, as many as columns.
        widths: Relative widths, as many as columns.
        private: Numbers (from 0) of the columns that a copy for the public leaves out.
        size: Size of the type in points; a long list is set smaller, so that a row takes a line.
    """

    columns: tuple[str, ...]
    cells: tuple[tuple[Runs, ...], ...]
    widths: tuple[int, ...]
    private: tuple[int, ...] = ()
    size: int = 12

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Return the words of each row."""
        return tuple(tuple(words(cell) for cell in row) for row in self.cells)


class Picture(msgspec.Struct, frozen=True, omit_defaults=True, tag="picture"):
    """A picture with a caption below it.

    Attributes:
        svg: The picture; its words are in the family ``sans``, which the renderers replace by the face they embed.
        caption: What stands below it.
        told: What it shows, for readers who do not see it.
    """

    svg: str
    caption: str
    told: str


class Blank(msgspec.Struct, frozen=True):
    """A particular that neither the docket nor a person has stated; the document shows a mark for it.

    Attributes:
        name: Name of the particular in the form.
        zh: What it is, Chinese.
        en: The same in English.
    """

    name: str
    zh: str
    en: str


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
        missing: The particulars that are marked blanks in the text, in order.
        private: Personal values of the text and what each is (``person``, ``minor``, ``contact``, ``number``).
        redacted: Whether this is the copy for the public.
    """

    form: str
    name: str
    lang: str
    title: str
    author: str
    issued: str
    blocks: tuple[Block | Table | Picture, ...]
    missing: tuple[Blank, ...] = ()
    private: tuple[tuple[str, str], ...] = ()
    redacted: bool = False

    def text(self) -> str:
        """Return the plain text, one line a block or table row."""
        lines: list[str] = []
        for block in self.blocks:
            if isinstance(block, Block):
                lines.append(block.text)
            elif isinstance(block, Picture):
                lines.append(block.caption)
            else:
                lines.append("\t".join(block.columns))
                lines += ["\t".join(row) for row in block.rows]
        return "\n".join(lines)

    def runs(self) -> tuple[Run, ...]:
        """Return every run of the text, tables included, in order."""
        found: list[Run] = []
        for block in self.blocks:
            if isinstance(block, Block):
                found += block.runs
            elif isinstance(block, Table):
                found += [run for row in block.cells for cell in row for run in cell]
        return tuple(found)

    def sources(self) -> tuple[tuple[str, int], ...]:
        """Return each fact of the text and the event that states it."""
        return tuple((run.text, index) for run in self.runs() for index in run.events)

    def grounds(self) -> tuple[tuple[str, str], ...]:
        """Return what rests on the law, the office's own records or a closed list, and on which entry of them."""
        return tuple((run.text, run.origin) for run in self.runs() if run.origin not in {"", "form"})
