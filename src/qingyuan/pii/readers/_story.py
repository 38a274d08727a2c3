"""The text of XML documents of the office formats: paragraphs and tables, part by part."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from qingyuan.pii.batch import Unread
from qingyuan.pii.readers._addresses import letters
from qingyuan.pii.readers._source import DAMAGE, Source
from qingyuan.pii.readers._unread import Refused, unread

Row = tuple[int, list[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class Tags:
    """Local names of the elements of a document format.

    Attributes:
        paragraph: Paragraphs.
        text: Elements whose characters count; ``None``: all characters of a paragraph.
        breaks: Elements that stand for characters.
        table: A table, its rows and its cells.
        hidden: Elements that repeat what stands elsewhere.
    """

    paragraph: frozenset[str]
    text: frozenset[str] | None
    breaks: dict[str, str]
    table: tuple[str, str, str]
    hidden: frozenset[str] = frozenset()


@dataclass(slots=True)
class Table:
    """A table while it is read: zero-based rows of (zero-based column, text)."""

    number: int
    rows: list[Row] = field(default_factory=list)
    row: int = -1
    column: int = -1
    texts: list[str] = field(default_factory=list)


class Story:
    """One part of a document, read by events; entities declared in the file are refused.

    Args:
        tags: The names of the format.

    Attributes:
        paragraphs: Number, from 1, and text of the paragraphs outside tables.
        tables: The tables, in the order in which they begin.
    """

    def __init__(self, tags: Tags) -> None:
        """Begin before the first element."""
        self._tags = tags
        self.paragraphs: list[tuple[int, str]] = []
        self.tables: list[Table] = []
        self._count = 0
        self._text: list[list[str]] = []
        self._open: list[Table] = []
        self._in_text = 0
        self._hidden_copy = 0

    def parse(self, stream: IO[bytes]) -> None:
        """Read one XML part.

        Raises:
            expat.ExpatError: The part is not well-formed or declares entities.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._entity
        while data := stream.read(1 << 18):
            parser.Parse(data, False)
        parser.Parse(b"", True)

    def _entity(self, *_: object) -> None:
        raise expat.ExpatError("entity declarations are refused")

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag in self._tags.hidden:
            self._hidden_copy += 1
        if self._hidden_copy:
            return
        if tag in self._tags.paragraph:
            self._text.append([])
        elif self._tags.text is not None and tag in self._tags.text:
            self._in_text += 1
        elif tag in self._tags.breaks and self._text:
            self._text[-1].append(self._tags.breaks[tag])
        elif tag == self._tags.table[0]:
            self.tables.append(Table(len(self.tables) + 1))
            self._open.append(self.tables[-1])
        elif tag == self._tags.table[1] and self._open:
            self._open[-1].row += 1
            self._open[-1].column = -1
            self._open[-1].rows.append((self._open[-1].row, []))
        elif tag == self._tags.table[2] and self._open:
            self._open[-1].column += 1
            self._open[-1].texts = []

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag in self._tags.hidden:
            self._hidden_copy -= 1
            return
        if self._hidden_copy:
            return
        if tag in self._tags.paragraph and self._text:
            said = "".join(self._text.pop())
            if self._open:
                self._open[-1].texts.append(said)
                return
            self._count += 1
            if said.strip():
                self.paragraphs.append((self._count, said))
        elif self._tags.text is not None and tag in self._tags.text:
            self._in_text -= 1
        elif tag == self._tags.table[0] and self._open:
            self._open.pop()
        elif tag == self._tags.table[2] and self._open and self._open[-1].rows:
            table = self._open[-1]
            said = "\n".join(table.texts).strip()
            table.texts = []
            if said:
                table.rows[-1][1].append((table.column, said))

    def _characters(self, said: str) -> None:
        if (self._in_text or self._tags.text is None) and self._text and not self._hidden_copy:
            self._text[-1].append(said)


class Bounded:
    """A member that may not expand without end."""

    def __init__(self, source: Source, stream: IO[bytes], packed: int) -> None:
        self._source = source
        self._stream = stream
        self._packed = packed
        self._total = 0

    def read(self, count: int = -1) -> bytes:
        """Return the next bytes.

        Raises:
            Refused: ``archive-ratio``, ``document-too-large`` or ``time-budget``.
        """
        limits = self._source.limits
        self._source.budget.check_time()
        data = self._stream.read(count)
        self._total += len(data)
        if self._total > limits.ratio_from_bytes and self._total > limits.max_ratio * max(1, self._packed):
            raise Refused("archive-ratio", ratio=limits.max_ratio)
        if self._total > limits.max_document_bytes:
            raise Refused("document-too-large", mib=limits.max_document_bytes >> 20)
        return data


def parse(source: Source, parts: zipfile.ZipFile, name: str, story: Story, kind: str) -> Iterator[Unread]:
    """Read a part into ``story``; yield what is damaged.

    Raises:
        Refused: The part is encrypted or expands too far.
    """
    try:
        info = parts.getinfo(name)
        if info.flag_bits & 1:
            raise Refused("encrypted", format=kind)
        with parts.open(info) as stream:
            story.parse(Bounded(source, stream, info.compress_size))  # type: ignore[arg-type]
    except (expat.ExpatError, LookupError, *DAMAGE) as error:
        yield unread("corrupt", source.member, format=kind, where=f"{name}: {type(error).__name__}")


def named(story: Story, prefix: str) -> list[tuple[str, str]]:
    """Return a side story's texts with their places, e.g. ``"header1 paragraph 2"``."""
    said = [(f"{prefix} paragraph {number}", text) for number, text in story.paragraphs]
    said += [
        (f"{prefix} table {table.number}!{letters(column)}{row + 1}", text)
        for table in story.tables
        for row, cells in table.rows
        for column, text in cells
    ]
    return said
