"""XML of any kind: a cell for every text and attribute, its path as the column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from qingyuan.pii._kernel.origin import TextOrigin
from qingyuan.pii.batch import Batch, Origin, Unread
from qingyuan.pii.readers._decode import TextStream
from qingyuan.pii.readers._header import looks_like_value
from qingyuan.pii.readers._prose import read_prose
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import unread

Longs = npt.NDArray[np.int64]

_BLOCK = 1 << 20
#: Elements that exports use for a column, named by an attribute.
_FIELDS = frozenset(
    {
        "field",
        "column",
        "col",
        "property",
        "param",
        "parameter",
        "entry",
        "data",
        "value",
        "string",
        "attribute",
    }
)
_NAMES = ("name", "key", "ss:Name")
#: Attributes that say something about a text and nothing of whom it is about, without their prefix.
_ABOUT = frozenset(
    [
        "type",
        "kind",
        "label",
        "lang",
        "language",
        "use",
        "usage",
        "primary",
        "preferred",
        "default",
        "verified",
        "order",
        "rank",
        "seq",
        "sequence",
        "index",
        "position",
        "nil",
        "format",
        "unit",
        "currency",
        "country",
        "encoding",
        "count",
        "total",
        "size",
        "version",
        "schemalocation",
        "nonamespaceschemalocation",
        "space",
        "created",
        "modified",
        "updated",
        "date",
        "time",
        "类型",
        "类别",
        "用途",
        "标签",
        "顺序",
        "序号",
        "总数",
    ]
)
#: Bytes read on before an element that may yet repeat is taken for one that does not.
_AHEAD = 4 << 20
_BEGINNING = re.compile(
    rb"^\s*(?:<\?xml[\s?]|<!DOCTYPE\s|<(?!!--)[A-Za-z_\x80-\xff][\w.:\x80-\xff-]*(?:\s[^<>]*)?/?>)",
    re.IGNORECASE,
)


def probe(text: bytes, name: str) -> bool:
    """Return whether a text is XML, from its beginning."""
    said = text.lstrip()
    if said[:1] != b"<" or not _BEGINNING.match(text[:65536]):
        return False
    return said[:5].lower() == b"<?xml" or name.lower().endswith(
        (".xml", ".svg", ".xsl", ".kml", ".gpx", ".xhtml")
    )


@dataclass(slots=True)
class _Element:
    """An open element.

    Attributes:
        parent: The element around it.
        step: Its name, with the index among its brothers of that name.
        pattern: Number of its path without indexes.
        place: Its path with indexes.
        record: Record of its content, settled when a batch is made.
        counts: Children so far, by name.
        closed: Whether its end was read.
        said: Whether an attribute of it says more than :data:`_ABOUT`.
        leaf: Path of its first child without children that holds a text, or -1.
        mixed: Whether there are such children of another path.
    """

    parent: _Element | None
    pattern: int
    place: str
    depth: int
    record: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    closed: bool = False
    said: bool = False
    leaf: int = -1
    mixed: bool = False

    def only(self, pattern: int) -> bool:
        """Return whether it says nothing but in children of one path."""
        return not self.said and not self.mixed and self.leaf in (-1, pattern)


@dataclass(slots=True)
class _Cell:
    owner: _Element
    pattern: int
    place: str
    text: list[str]
    at: list[int]


class _Refusal(Exception):  # noqa: N818 -- stops the parser inside a callback
    """An entity was declared."""


class _Walk:
    """The events of one document made into cells.

    Args:
        limits: Bounds for depth and distinct paths.
    """

    def __init__(self, max_depth: int, max_paths: int) -> None:
        """Begin before the root."""
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = False
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.CommentHandler = self._comment
        self.parser.EntityDeclHandler = self._entity
        self.parser.ProcessingInstructionHandler = self._instruction
        self.columns: list[str] = [""]
        self.cells: list[_Cell] = []
        self.pending: _Cell | None = None
        self.too_deep = 0
        self.full = 0
        #: The text being parsed, the position of its first byte, and where the last event began.
        self.text = b""
        self.base = 0
        self.last = 0
        self._patterns: dict[tuple[int, str], int] = {}
        self._repeated: set[int] = set()
        #: Paths of elements that hold elements, or that an attribute tells from their brothers.
        self._holding: set[int] = set()
        self._told: set[int] = set()
        self._document = _Element(None, 0, "", 0, 1)
        self._open = self._document
        self._max_depth = max_depth
        self._max_paths = max_paths
        self._beyond = 0
        self._record = 1

    def _pattern(self, parent: int, step: str) -> int:
        number = self._patterns.get((parent, step))
        if number is None:
            if len(self.columns) >= self._max_paths:
                self.full += 1
                return 0
            number = self._patterns[parent, step] = len(self.columns)
            self.columns.append(
                f"{self.columns[parent]}/{step}" if step[:1] != "[" else f"{self.columns[parent]}{step}"
            )
        return number

    def _start(self, name: str, attributes: list[str]) -> None:
        self._finish()
        self.last = self.parser.CurrentByteIndex
        around = self._open
        if around.depth >= self._max_depth:
            self.too_deep += self._beyond == 0
            self._beyond += 1
            self._attributes(around, around.pattern, around.place, attributes)
            return
        if not around.counts:
            self._holding.add(around.pattern)
        count = around.counts[name] = around.counts.get(name, 0) + 1
        pattern = self._pattern(around.pattern, name)
        if count > 1:
            self._repeated.add(pattern)
        place = f"{around.place}/{name}[{count}]" if around.parent is not None else f"/{name}"
        said = pattern
        if attributes and name.rpartition(":")[2].lower() in _FIELDS:
            for at in range(0, len(attributes), 2):
                value = attributes[at + 1]
                if attributes[at] in _NAMES and len(value) <= 64 and not looks_like_value(value):  # noqa: PLR2004
                    said = self._pattern(pattern, f'[@{attributes[at]}="{value}"]')
                    break
        self._open = _Element(around, said, place, around.depth + 1)
        self._attributes(self._open, pattern, place, attributes)

    def _attributes(self, owner: _Element, pattern: int, place: str, attributes: list[str]) -> None:
        index = self.last - self.base
        for at in range(0, len(attributes), 2):
            name, value = attributes[at], attributes[at + 1]
            raw = name.encode()
            found = re.compile(rb"\s" + re.escape(raw) + rb"\s*=\s*[\"']").search(self.text, index)
            index = found.end() if found else index
            if value.strip() and not name.startswith("xmlns"):
                if not owner.said and name.rpartition(":")[2].lower() not in _ABOUT:
                    owner.said = True
                    self._told.add(owner.pattern)
                step = f"@{name}"
                self.cells.append(
                    _Cell(
                        owner, self._pattern(pattern, step), f"{place}/{step}", [value], [index + self.base]
                    )
                )

    def _end(self, _name: str) -> None:
        self._finish()
        self.last = self.parser.CurrentByteIndex
        if self._beyond:
            self._beyond -= 1
        elif self._open.parent is not None:
            self._open.closed = True
            self._open = self._open.parent

    def _instruction(self, target: str, said: str) -> None:
        self._finish()
        self.last = self.parser.CurrentByteIndex
        if said.strip():
            # The data of ``<?target data?>`` begin behind blanks.
            index = self.text.find(said.encode(), self.last - self.base + 2 + len(target.encode()))
            at = index + self.base if index >= 0 else self.last
            step = self._pattern(self._open.pattern, f"processing-instruction({target})")
            place = f"{self._open.place}/processing-instruction({target})"
            self.cells.append(_Cell(self._open, step, place, [said], [at]))

    def _characters(self, said: str) -> None:
        self.last = self.parser.CurrentByteIndex
        if self.pending is None:
            if not said.strip():
                return
            self.pending = _Cell(self._open, self._open.pattern, self._open.place, [], [])
        self.pending.text.append(said)
        self.pending.at.append(self.last)

    def _comment(self, said: str) -> None:
        self._finish()
        self.last = self.parser.CurrentByteIndex
        if said.strip():
            index = self.last + 4
            step = self._pattern(self._open.pattern, "comment()")
            self.cells.append(_Cell(self._open, step, f"{self._open.place}/comment()", [said], [index]))

    def _finish(self) -> None:
        if self.pending is not None:
            leaf = self.pending.owner
            around = leaf.parent
            if around is not None and not leaf.counts and leaf.pattern != around.leaf:
                around.mixed = around.leaf >= 0
                around.leaf = leaf.pattern if around.leaf < 0 else around.leaf
            self.cells.append(self.pending)
            self.pending = None

    def finish(self) -> None:
        """End the text that is being collected."""
        self._finish()

    def kept(self) -> int:
        """Return the position from which the text is still needed."""
        return min(self.pending.at[0], self.last) if self.pending else self.last

    def _entity(self, *_: object) -> None:
        raise _Refusal

    def taken(self, ahead: int) -> list[tuple[int, _Cell]]:
        """Return the finished cells with their records, in the order of the records.

        A record is the innermost element that repeats beside others of its name and holds more than a text:
        elements, or an attribute that tells it from its brothers. Where none is around, elements that hold
        but a text are records each, if theirs are the only texts.

        Args:
            ahead: Bytes; cells that begin at or behind it wait while an element around them may yet repeat.
        """
        cells, self.cells = self.cells, []
        out = []
        for cell in cells:
            owner: _Element | None = cell.owner
            if cell.owner.record == 0 and self._is_value(cell.owner):
                owner = cell.owner.parent
            path = [] if owner is cell.owner else [cell.owner]
            open_yet = False
            while owner is not None and owner.record == 0 and owner.pattern not in self._repeated:
                path.append(owner)
                around = owner.parent
                open_yet |= around is not None and around is not self._document and not around.closed
                owner = around
            settled = owner or self._document
            if open_yet and settled.pattern not in self._repeated and cell.at[0] >= ahead:
                self.cells.append(cell)
                continue
            if settled.record == 0:
                self._record += 1
                settled.record = self._record
            for element in path:
                element.record = settled.record
            out.append((settled.record, cell))
        out.sort(key=lambda pair: pair[0])
        return out

    def _is_value(self, element: _Element) -> bool:
        """Return whether an element that repeats is but one of several values of the record around it."""
        pattern = element.pattern
        if pattern not in self._repeated or pattern in self._holding or pattern in self._told:
            return False
        around = element.parent
        while around is not None and around is not self._document:
            if around.pattern in self._repeated or not around.only(pattern):
                return True
            pattern, around = around.pattern, around.parent
        return False


@dataclass(frozen=True, slots=True)
class _Places:
    cells: list[_Cell]

    def text(self, cells: Longs) -> pa.StringArray:
        """Return one place per cell number."""
        return pa.array([self.cells[c].place for c in cells.tolist()], type=pa.string())


@dataclass(frozen=True, slots=True)
class _Offsets:
    """Offsets of text copied piece by piece out of a window."""

    window: Origin
    at: Longs
    to: Longs

    def offsets(self, positions: Longs) -> Longs:
        """Return the file offset of each position of the buffer."""
        piece = np.searchsorted(self.at, positions, side="right") - 1
        return self.window.offsets(self.to[piece] + positions - self.at[piece])


def read_xml(source: Source, stream: TextStream) -> Iterator[Batch | Unread]:
    """Yield the texts, attributes, comments and instructions, places ``/users/user[3]/tel[1]``.

    Entities declared in the file are refused and nothing outside it is loaded.
    """
    stream.read_at_most(_BLOCK)
    limits = source.limits
    walk = _Walk(limits.max_json_depth, limits.max_columns)
    fed = base = 0
    while True:
        window = stream.window()
        data = window.data
        code = ""
        walk.text, walk.base = bytes(data), base
        try:
            walk.parser.Parse(walk.text[fed:], window.final)
        except _Refusal:
            code = "xml-entities"
        except (expat.ExpatError, ValueError, LookupError):
            code = "xml-broken"
        if not code and not window.final and base + len(data) - walk.kept() > limits.max_record_bytes:
            code = "xml-broken"
        if code or window.final:
            walk.finish()
        end = base + len(data)
        ahead = end if code or window.final else end - _AHEAD
        yield from _batch(source, walk, stream.origin(window), base, ahead)
        keep = min(walk.kept(), end, *(cell.at[0] for cell in walk.cells))
        if code:
            line = walk.parser.CurrentLineNumber
            used = min(
                max((walk.last if code == "xml-entities" else walk.parser.CurrentByteIndex) - base, 0),
                len(data),
            )
            yield unread(code, source.member, line=line)
            stream.use(used)
            yield from read_prose(source, stream, line=line, table="text")
            break
        stream.use(keep - base)
        fed, base = len(data) - (keep - base), keep
        if window.final:
            break
    if walk.too_deep:
        yield unread("xml-too-deep", source.member, count=walk.too_deep, depth=limits.max_json_depth)
    if walk.full:
        yield unread("too-many-paths", source.member, paths=limits.max_columns)


def _batch(source: Source, walk: _Walk, origin: TextOrigin, base: int, ahead: int) -> Iterator[Batch]:
    taken = walk.taken(ahead)
    if not taken:
        return
    cells = [cell for _, cell in taken]
    parts: list[bytes] = []
    starts = np.empty(len(cells), np.int64)
    ends = np.empty(len(cells), np.int64)
    at: list[int] = []
    to: list[int] = []
    size = 0
    for number, cell in enumerate(cells):
        starts[number] = size
        for said, index in zip(cell.text, cell.at, strict=True):
            raw = said.encode("utf-8", errors="replace")
            at.append(size)
            to.append(index - base)
            parts.append(raw)
            size += len(raw)
        ends[number] = size
        parts.append(b"\n")
        size += 1
    yield Batch(
        source.member,
        "",
        tuple(walk.columns),
        np.frombuffer(bytearray(b"".join(parts)), np.uint8),
        starts,
        ends,
        np.array([cell.pattern for cell in cells], np.int32),
        np.array([record for record, _ in taken], np.int64),
        prose=False,
        addresses=_Places(cells),
        origin=_Offsets(origin, np.array(at, np.int64), np.array(to, np.int64)),
    )
