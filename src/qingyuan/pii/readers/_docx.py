"""WordprocessingML: paragraphs, tables, text boxes, headers, footers, notes and comments."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._source import DAMAGE, Source
from qingyuan.pii.readers._table import listed_batch, numbered_batch, table_batches
from qingyuan.pii.readers._unread import Refused, unread

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_SIDE = re.compile(r"word/(header\d*|footer\d*|footnotes|endnotes|comments)\.xml")
_BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"}
_Row = tuple[int, list[tuple[int, str]]]


@dataclass(slots=True)
class _Table:
    number: int
    rows: list[_Row] = field(default_factory=list)
    row: int = -1
    column: int = -1
    texts: list[str] = field(default_factory=list)


class _Story:
    """One part of the document, read by events; entities declared in the file are refused."""

    def __init__(self) -> None:
        self.paragraphs: list[tuple[int, str]] = []
        self.tables: list[_Table] = []
        self._count = 0
        self._text: list[list[str]] = []
        self._open: list[_Table] = []
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
        tag = name[len(_W) :] if name.startswith(_W) else name.rpartition(" ")[2]
        if tag == "Fallback":
            self._hidden_copy += 1  # the same text box again, for old readers
        if self._hidden_copy:
            return
        if tag == "p":
            self._text.append([])
        elif tag in {"t", "delText", "instrText"}:
            self._in_text += 1
        elif tag in _BREAKS and self._text:
            self._text[-1].append(_BREAKS[tag])
        elif tag == "tbl":
            self.tables.append(_Table(len(self.tables) + 1))
            self._open.append(self.tables[-1])
        elif tag == "tr" and self._open:
            self._open[-1].row += 1
            self._open[-1].column = -1
            self._open[-1].rows.append((self._open[-1].row, []))
        elif tag == "tc" and self._open:
            self._open[-1].column += 1
            self._open[-1].texts = []

    def _end(self, name: str) -> None:
        tag = name[len(_W) :] if name.startswith(_W) else name.rpartition(" ")[2]
        if tag == "Fallback":
            self._hidden_copy -= 1
            return
        if self._hidden_copy:
            return
        if tag == "p" and self._text:
            said = "".join(self._text.pop())
            if self._open:
                self._open[-1].texts.append(said)
                return
            self._count += 1
            if said.strip():
                self.paragraphs.append((self._count, said))
        elif tag in {"t", "delText", "instrText"}:
            self._in_text -= 1
        elif tag == "tbl" and self._open:
            self._open.pop()
        elif tag == "tc" and self._open and self._open[-1].rows:
            table = self._open[-1]
            said = "\n".join(table.texts).strip()
            table.texts = []
            if said:
                table.rows[-1][1].append((table.column, said))

    def _characters(self, said: str) -> None:
        if self._in_text and self._text and not self._hidden_copy:
            self._text[-1].append(said)


def read_docx(source: Source, parts: zipfile.ZipFile) -> Iterator[Batch | Unread]:
    """Yield paragraphs (``paragraph 12``), tables (``table 1!B3``) and the other stories by name."""
    body = _Story()
    yield from _parse(source, parts, "word/document.xml", body)
    if body.paragraphs:
        numbers, texts = zip(*body.paragraphs, strict=True)
        yield numbered_batch(source, texts, "paragraph ", numbers)
    for table in body.tables:
        yield from table_batches(source, f"table {table.number}", f"table {table.number}!", table.rows)
    for name in parts.namelist():
        side = _SIDE.fullmatch(name)
        if side is None:
            continue
        story = _Story()
        yield from _parse(source, parts, name, story)
        said = [(f"{side.group(1)} paragraph {n}", text) for n, text in story.paragraphs]
        said += [
            (f"{side.group(1)} table {table.number}!{chr(65 + column % 26)}{row + 1}", text)
            for table in story.tables
            for row, cells in table.rows
            for column, text in cells
        ]
        if said:
            places, texts = zip(*said, strict=True)
            yield listed_batch(source, texts, places, range(1, len(said) + 1), side.group(1))


class _Bounded:
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


def _parse(source: Source, parts: zipfile.ZipFile, name: str, story: _Story) -> Iterator[Unread]:
    try:
        info = parts.getinfo(name)
        if info.flag_bits & 1:
            raise Refused("encrypted", format="docx")
        with parts.open(info) as stream:
            story.parse(_Bounded(source, stream, info.compress_size))  # type: ignore[arg-type]
    except (expat.ExpatError, LookupError, *DAMAGE) as error:
        yield unread("corrupt", source.member, format="docx", where=f"{name}: {type(error).__name__}")
