"""HTML: tables as tables, everything else as text blocks; scripts and telling attributes as well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._decode import TextStream, sniff_encoding
from qingyuan.pii.readers._prose import read_prose
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._table import numbered_batch, table_batches
from qingyuan.pii.readers._unread import unread

_META = re.compile(rb"<meta[^>]{0,256}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,40})", re.IGNORECASE)
#: A page with more bytes or tags is read as lines of text: its tree would take many times as much.
_LARGEST = 16 << 20
_MOST_TAGS = 400_000
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "label",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "td",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
        "body",
    ]
)
_RAW = frozenset({"script", "style", "-comment", "noscript"})
#: The tree of a template is not part of the tree of its page: it is read like any other part.
_TEMPLATE = re.compile(r"<(/?)template\b", re.IGNORECASE)
_TELLING = re.compile(r"\d{5,}|@|\*{2,}|%40")
_LABELS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "cp950",
    "big5-hkscs": "cp950",
}


@dataclass(slots=True)
class _Cell:
    row: int
    column: int
    parts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Page:
    """What the walk over the tree collects."""

    blocks: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    tables: list[list[_Cell]] = field(default_factory=list)
    shapes: list[list[int]] = field(default_factory=list)
    open: list[int] = field(default_factory=list)
    cells: list[_Cell | None] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def flush(self) -> None:
        """End the current block of text."""
        said = " ".join("".join(self.text).split())
        self.text.clear()
        if said:
            self.blocks.append(said)

    def enter(self, node: LexborNode, tag: str) -> None:
        """Begin an element."""
        for value in node.attributes.values():
            if value and _TELLING.search(value):
                self.attributes.append(value)
        if tag in _BLOCKS:
            if self.cells and self.cells[-1] is not None:
                self.cells[-1].parts.append("\n")
            elif not self.open:
                self.flush()
        if tag == "table":
            self.flush()
            self.open.append(len(self.tables))
            self.tables.append([])
            self.shapes.append([-1, -1])
            self.cells.append(None)
        elif tag == "tr" and self.open:
            shape = self.shapes[self.open[-1]]
            shape[0], shape[1] = shape[0] + 1, -1
        elif tag in {"td", "th"} and self.open:
            shape = self.shapes[self.open[-1]]
            shape[1] += 1
            cell = _Cell(max(shape[0], 0), shape[1])
            span = node.attributes.get("colspan") or "1"
            shape[1] += min(int(span), 1000) - 1 if span.isdecimal() and span != "0" else 0
            self.tables[self.open[-1]].append(cell)
            self.cells[-1] = cell

    def leave(self, tag: str) -> None:
        """End an element."""
        if tag == "table" and self.open:
            self.open.pop()
            self.cells.pop()
        elif tag in {"td", "th"} and self.open:
            self.cells[-1] = None
        if tag in _BLOCKS and not self.open:
            self.flush()

    def say(self, text: str) -> None:
        """Take a text node."""
        if self.cells and self.cells[-1] is not None:
            self.cells[-1].parts.append(text)
        else:
            self.text.append(text)


def _decode(raw: bytes) -> tuple[str, str]:
    """Return the text and its encoding; a byte order mark wins, then what the page says, then a guess."""
    guessed, mark = sniff_encoding(raw[: 1 << 18])
    said = _META.search(raw[:4096])
    label = said.group(1).decode().lower() if said else ""
    encoding = _LABELS.get(label, "utf-8" if guessed in {"ascii?", "?"} else guessed)
    if mark or guessed.startswith("utf-16"):
        encoding = guessed
    if guessed == "utf-8" and encoding != "utf-8" and not raw.isascii():
        try:
            return raw[mark:].decode(), "utf-8"  # the page mislabels itself
        except UnicodeDecodeError:
            pass
    return raw[mark:].decode(encoding, errors="replace"), encoding


def read_html(source: Source) -> Iterator[Batch | Unread]:
    """Yield tables (``table 1!B3``), text blocks (``text 12``), and scripts and attributes as text too."""
    raw = source.beginning(_LARGEST + 1)
    if len(raw) > _LARGEST or raw.count(b"<") > _MOST_TAGS:
        yield unread("html-as-text", source.member, mib=_LARGEST >> 20, tags=_MOST_TAGS)
        stream = TextStream(source)
        yield from read_prose(source, stream)
        yield from stream.notes()
        return
    text, encoding = _decode(raw)
    bad = text.count("\ufffd")
    page = _Page()
    _walk(LexborHTMLParser(_TEMPLATE.sub(r"<\1section", text)).root, page)
    for number, cells in enumerate(page.tables, start=1):
        yield from table_batches(source, f"table {number}", f"table {number}!", _rows(cells))
    count = 0
    for table, texts in (("", page.blocks), ("script", page.raw), ("attributes", page.attributes)):
        if texts:
            yield numbered_batch(source, texts, "text ", range(count + 1, count + 1 + len(texts)), table)
            count += len(texts)
    if not count and not page.tables:
        yield unread("empty", source.member)
    if bad:
        yield unread("bad-characters", source.member, encoding=encoding, count=bad)


def _rows(cells: list[_Cell]) -> Iterator[tuple[int, list[tuple[int, str]]]]:
    rows: dict[int, list[tuple[int, str]]] = {}
    for cell in cells:
        said = "\n".join(" ".join(part.split()) for part in "".join(cell.parts).split("\n") if part.strip())
        if said:
            rows.setdefault(cell.row, []).append((cell.column, said))
    yield from sorted(rows.items())


def _walk(root: LexborNode | None, page: _Page) -> None:
    """Visit the tree in document order without recursion; the tree may be deep."""
    node = root
    while node is not None:
        tag = node.tag or ""
        down = None
        if tag == "-text":
            page.say(node.text_content or "")
        elif tag in _RAW:
            said = node.comment_content if tag == "-comment" else node.text(deep=True)
            page.raw += [line.strip() for line in (said or "").splitlines() if line.strip()]
        elif tag[:1] not in {"-", "!", "#"}:
            page.enter(node, tag)
            down = node.child
        if down is not None:
            node = down
            continue
        if tag[:1] not in {"-", "!", "#"} and tag not in _RAW:
            page.leave(tag)
        while node is not None and node.next is None:
            node = node.parent
            if node is not None:
                page.leave(node.tag or "")
        node = node.next if node is not None else None
    page.flush()
