"""Rich Text Format 1.9: paragraphs, tables, headers and notes; encodings by code page and font."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._story import Row
from qingyuan.pii.readers._table import numbered_batch, table_batches
from qingyuan.pii.readers._unread import unread

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\"
)
#: Destinations without words of anybody: fonts, colours, styles, pictures, objects, list tables.
_SILENT = frozenset(
    {
        *(
            b"fonttbl",
            b"colortbl",
            b"stylesheet",
            b"pict",
            b"objdata",
            b"listtable",
            b"listoverridetable",
            b"rsidtbl",
        ),
        *(
            b"themedata",
            b"colorschememapping",
            b"datastore",
            b"latentstyles",
            b"generator",
            b"xmlnstbl",
            b"pgptbl",
        ),
        *(
            b"bkmkstart",
            b"bkmkend",
            b"nonshppict",
            b"blipuid",
            b"revtbl",
            b"mmathPr",
            b"fonttype",
            b"panose",
            b"filetbl",
        ),
    }
)
_SIGNS = {
    b"tab": "\t", b"line": "\n", b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•", b"emspace": " ", b"enspace": " ", b"qmspace": " ",
}  # fmt: skip
#: Character sets of fonts that have more than one byte a character, and code pages, as Python names them.
_CHARSETS = {134: "gb18030", 136: "cp950", 128: "cp932", 129: "cp949", 204: "cp1251"}
_MOST_DEPTH = 1000
#: Destinations with words of their own.
_ASIDES = frozenset(
    {
        *(
            b"title",
            b"author",
            b"subject",
            b"keywords",
            b"doccomm",
            b"comment",
            b"company",
            b"operator",
            b"manager",
        ),
        *(
            b"category",
            b"header",
            b"headerl",
            b"headerr",
            b"headerf",
            b"footer",
            b"footerl",
            b"footerr",
            b"footerf",
        ),
        *(b"footnote", b"annotation", b"atnauthor", b"atnid", b"shptxt"),
    }
)
#: Marked as unknown to old readers, yet with words in them.
_HEARD = frozenset({b"shppict", b"shpinst", b"fldinst", b"company", b"userprops", b"propname", b"staticval"})
_NEWLINES = (b"par", b"sect", b"page", b"softpage", b"column")


@dataclass(slots=True)
class _Group:
    silent: bool = False
    font: int = -1
    skip: int = 1
    fonts: bool = False
    #: Text around a destination with words of its own, to go on with after it.
    around: list[str] | None = None


@dataclass(slots=True)
class _State:
    codepage: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    paragraphs: list[tuple[int, str]] = field(default_factory=list)
    tables: list[list[Row]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)
    cells: list[str] = field(default_factory=list)
    open: bool = False
    count: int = 0
    pictures: int = 0

    def settle(self, font: int) -> None:
        """Decode the bytes collected so far."""
        if self.raw:
            self.text.append(self.raw.decode(self.fonts.get(font, self.codepage), errors="replace"))
            self.raw.clear()

    def paragraph(self, in_table: bool) -> None:
        """End a paragraph."""
        if in_table:
            self.text.append("\n")
            return
        said = "".join(self.text)
        self.text.clear()
        self.count += 1
        self.open = False
        if said.strip():
            self.paragraphs.append((self.count, said.strip()))

    def row(self) -> None:
        """End a row of a table."""
        if not self.open:
            self.tables.append([])
            self.open = True
        table = self.tables[-1]
        held = [(column, text) for column, text in enumerate(self.cells) if text]
        table.append((table[-1][0] + 1 if table else 0, held))
        self.cells = []


def read_rtf(source: Source) -> Iterator[Batch | Unread]:
    """Yield paragraphs (``paragraph 12``) and tables (``table 1!B3``); notes and headers are paragraphs where they stand."""
    raw = source.whole()
    state = _State()
    whole = _Parser(state).parse(source, raw)
    if state.cells:
        state.row()
    state.paragraph(in_table=False)
    if state.paragraphs:
        numbers, texts = zip(*state.paragraphs, strict=True)
        yield numbered_batch(source, texts, "paragraph ", numbers)
    for number, rows in enumerate(state.tables, start=1):
        kept = [row for row in rows if row[1]]
        yield from table_batches(source, f"table {number}", f"table {number}!", kept)
    if state.pictures:
        yield unread("pictures-inside", source.member, count=state.pictures)
    if not whole:
        yield unread("truncated", source.member, format="RTF", where=f"{len(raw)} bytes")


class _Parser:
    """The tokens of a file put into paragraphs and tables.

    Args:
        state: What is collected.
    """

    def __init__(self, state: _State) -> None:
        """Begin outside all groups."""
        self._state = state
        self._groups = [_Group()]
        self._in_table = False
        self._starred = False
        self._skip = 0

    def parse(self, source: Source, raw: bytes) -> bool:  # noqa: C901 -- one case per token
        """Read the tokens; return whether all groups were closed."""
        state = self._state
        at = count = 0
        while at < len(raw):
            found = _TOKEN.match(raw, at)
            if found is None:
                at += 1
                continue
            at = found.end()
            count += 1
            if count % 4096 == 0:
                source.budget.check_time()
            word, number, byte, sign, brace, plain = found.groups()
            if brace is not None:
                self._brace(brace)
            elif sign == b"*":
                self._starred = True
            elif word == b"bin" and number:
                at += min(max(int(number), 0), len(raw) - at)
            elif word is not None:
                self._word(word, int(number) if number else None)
            elif not self._groups[-1].silent:
                if byte is not None:
                    self._byte(byte)
                elif plain is not None:
                    state.raw += plain[self._skip :]
                    self._skip = max(0, self._skip - len(plain))
                elif sign is not None:
                    self._settle()
                    said = {b"~": " ", b"_": "-", b"-": "", b"\n": "\n", b"\r": "\n"}
                    state.text.append(said.get(sign, sign.decode("latin-1")))
        self._settle()
        whole = (
            "".join(state.text).encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
        )
        state.text = [whole]
        return len(self._groups) == 1

    def _settle(self) -> None:
        self._state.settle(self._groups[-1].font)
        self._skip = 0

    def _brace(self, brace: bytes) -> None:
        self._settle()
        self._starred = False
        here = self._groups[-1]
        if brace == b"{":
            if len(self._groups) < _MOST_DEPTH:
                self._groups.append(_Group(here.silent, here.font, here.skip, here.fonts))
            return
        if here.around is not None:
            self._state.paragraph(in_table=False)
            self._state.text = here.around
        if len(self._groups) > 1:
            self._groups.pop()

    def _byte(self, byte: bytes) -> None:
        if self._skip:
            self._skip -= 1
        else:
            self._state.raw.append(int(byte, 16))

    def _word(self, word: bytes, number: int | None) -> None:
        here = self._groups[-1]
        starred, self._starred = self._starred, False
        if word in _ASIDES and not here.silent and here.around is None:
            self._settle()
            here.around, self._state.text = self._state.text, []
        elif word in _SILENT or (starred and word not in _HEARD):
            here.silent = True
            here.fonts = word == b"fonttbl"
            self._state.pictures += word == b"pict"
        elif number is not None and word in {b"f", b"fcharset", b"ansicpg", b"uc"}:
            self._encoding(word, number)
        elif not here.silent:
            self._shown(word, number)

    def _encoding(self, word: bytes, number: int) -> None:
        here, state = self._groups[-1], self._state
        if word == b"f":
            self._settle()
            here.font = number
        elif word == b"fcharset" and here.fonts and number in _CHARSETS:
            state.fonts[here.font] = _CHARSETS[number]
        elif word == b"ansicpg":
            codec = {936: "gb18030", 950: "cp950", 65001: "utf-8"}.get(number, f"cp{number}")
            state.codepage = codec if _known(codec) else "cp1252"
        elif word == b"uc":
            here.skip = max(0, min(number, 8))

    def _shown(self, word: bytes, number: int | None) -> None:
        state = self._state
        self._settle()
        if word == b"u" and number is not None:
            state.text.append(chr(number % 65536))
            self._skip = self._groups[-1].skip
        elif word in _NEWLINES:
            state.paragraph(self._in_table)
        elif word in {b"intbl", b"pard"}:
            self._in_table = word == b"intbl"
        elif word in {b"cell", b"nestcell"}:
            state.cells.append("".join(state.text).strip())
            state.text.clear()
        elif word in {b"row", b"nestrow"}:
            state.row()
        elif word in _SIGNS:
            state.text.append(_SIGNS[word])


def _known(codec: str) -> bool:
    try:
        codecs.lookup(codec)
    except LookupError:
        return False
    return True
