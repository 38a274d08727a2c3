"""SQL dumps: the values of INSERT and COPY statements as cells of tables, everything else as free text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel import csv as lines_kernel
from qingyuan.pii._kernel import escapes
from qingyuan.pii._kernel import sqltext as kernel
from qingyuan.pii._kernel.origin import TextOrigin
from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._addresses import Rows
from qingyuan.pii.readers._copycsv import CopyCsv
from qingyuan.pii.readers._decode import TextStream
from qingyuan.pii.readers._prose import prose_batch, safe_cut
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import unread

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

_NAME = rb"(?:`[^`\r\n]{1,128}`|\"[^\"\r\n]{1,128}\"|\[[^\]\r\n]{1,128}\]|[\w$\x80-\xff]{1,128})"
_TABLE = rb"(" + _NAME + rb"(?:\s*\.\s*" + _NAME + rb"){0,2})"
_INSERT = re.compile(
    rb"\b(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE|OVERWRITE)\s+)*(?:INTO\s+)?(?:TABLE\s+)?"
    + _TABLE
    + rb"\s*(?:\(([^()]{0,65536})\)\s*)?VALUES?\s*(?=\()",
    re.IGNORECASE,
)
_COPY = re.compile(
    rb"^[ \t]*COPY\s+"
    + _TABLE
    + rb"\s*(?:\(([^()]{0,65536})\)\s*)?FROM\s+stdin\b((?:'[^'\r\n]{0,16}'|[^;'\r\n]){0,512});[ \t]*\r?\n",
    re.IGNORECASE | re.MULTILINE,
)
_CREATE = re.compile(
    rb"\bCREATE\s+(?:TEMPORARY\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _TABLE + rb"\s*\(", re.IGNORECASE
)
_USE = re.compile(rb"^[ \t]*USE[ \t]+(" + _NAME + rb")[ \t]*;?[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
#: What only programs write whose strings know no backslash (PostgreSQL, SQL Server, Oracle, SQLite), and what only MySQL writes.
_STANDARD = re.compile(
    rb"PostgreSQL database dump|standard_conforming_strings\s*=\s*on|^GO\r?$|\[dbo\]|VARCHAR2|^REM\s|SET\s+DEFINE\s+OFF"
    rb"|^PRAGMA\s|\bCREATE\s+TABLE\s+(?:public\.|\[)",
    re.IGNORECASE | re.MULTILINE,
)
_BACKSLASHES = re.compile(rb"`|MySQL|MariaDB|ENGINE\s*=|standard_conforming_strings\s*=\s*off", re.IGNORECASE)
_COLUMN = re.compile(rb"[ \t\r\n]*(" + _NAME + rb")[ \t]+[A-Za-z]")
_NOT_COLUMN = {
    b"primary",
    b"unique",
    b"key",
    b"index",
    b"constraint",
    b"foreign",
    b"fulltext",
    b"check",
    b"spatial",
}
_BEGINNING = re.compile(
    rb"^\s*(?:--|/\*|#|INSERT\s|REPLACE\s|CREATE\s|DROP\s|COPY\s|SET\s|USE\s|BEGIN|START\s|LOCK\s)",
    re.IGNORECASE,
)
_PROBED = 1 << 18
#: A statement head this near the end of a window is left for the next one.
_HEAD = 1 << 17


def probe(text: bytes, name: str) -> bool:
    """Return whether a text is an SQL dump, from its beginning."""
    text = text[:_PROBED]
    if _INSERT.search(text) or _COPY.search(text):
        return _BEGINNING.match(text) is not None or name.lower().endswith(".sql")
    return name.lower().endswith(".sql") and _CREATE.search(text) is not None


@dataclass(slots=True)
class _Table:
    """One table of the dump: its columns and how many rows were read."""

    name: str
    number: int
    columns: tuple[str, ...] = ()
    rows: int = 0
    wide: int = 0

    def order(self, named: Sequence[str]) -> Longs:
        """Return the columns that a statement names, by their numbers; those not met before are added."""
        self.columns += ("",) * (self.wide - len(self.columns))
        known = {name.lower(): number for number, name in reversed(list(enumerate(self.columns)))}
        for name in named:
            if name.lower() not in known:
                known[name.lower()] = len(self.columns)
                self.columns += (name,)
        return np.array([known[name.lower()] for name in named], np.int64)


@dataclass(slots=True)
class _Dump:
    """What is known of the dump so far.

    Attributes:
        tables: By database in use, schema and name.
        raw: Whether a backslash in a string is a sign like any other.
        order: The columns of the statement being read, where it names them.
        used: The database in use.
    """

    tables: dict[tuple[str, str, str], _Table] = field(default_factory=dict)
    line: int = 1
    raw: bool = False
    copying: bool = False
    csv: CopyCsv | None = None
    order: Longs | None = None
    used: str = ""
    broken: list[int] = field(default_factory=list)

    def table(self, written: bytes) -> _Table:
        """Return the table of that name, made when it is new; a name of two schemas or databases is two tables."""
        *above, name = _parts(written)
        schema = ".".join(above)
        if schema:
            keys = [(self.used, schema, name), (self.used, "", name)]
        else:
            keys = [key for key in reversed(self.tables) if key[::2] == (self.used, name)]
        for key in keys:
            if key in self.tables:
                table = self.tables.pop(key) if key[1] != schema and schema else self.tables[key]
                self.tables.setdefault((self.used, schema or key[1], name), table)
                return table
        taken = {table.name for table in self.tables.values()}
        whole = ".".join(part for part in (self.used, schema, name) if part)
        shown = next((one for one in (name, f"{schema or self.used}.{name}") if one not in taken), whole)
        return self.tables.setdefault((self.used, schema, name), _Table(shown, len(self.tables)))


def _parts(name: bytes) -> list[str]:
    """Return the parts of a name: database, schema and table as far as they are written."""
    return [
        part.strip(b'`"[] \t').decode(errors="replace")
        for part in re.split(rb"\s*\.\s*(?=[`\"\[\w\x80-\xff])", name)
    ]


def _plain(name: bytes) -> str:
    return _parts(name)[-1]


def _learn(dump: _Dump, text: bytes) -> None:
    """Learn the database used and the columns of the tables created in ``text``."""
    for made in sorted((*_CREATE.finditer(text), *_USE.finditer(text)), key=re.Match.start):
        if made.re is _USE:
            dump.used = _plain(made.group(1))
            continue
        depth, begin = 1, made.end()
        names = []
        for mark in re.finditer(rb"'(?:[^'\\]|\\.|'')*'|[(),;]", text[made.end() :]):
            at = made.end() + mark.start()
            sign = mark.group()
            depth += {b"(": 1, b")": -1}.get(sign, 0)
            if (depth == 1 and sign == b",") or depth == 0 or sign == b";":
                column = _COLUMN.match(text, begin, at)
                if column and column.group(1).lower() not in _NOT_COLUMN:
                    names.append(_plain(column.group(1)))
                begin = at + 1
            if depth == 0 or sign == b";":
                break
        dump.table(made.group(1)).columns = tuple(names)


def read_sql(source: Source, stream: TextStream) -> Iterator[Batch | Unread]:
    """Yield the values of the dump, places ``table.column#row``; other text as lines."""
    dump = _Dump()
    table: _Table | None = None
    begun = False
    while True:
        window = stream.window()
        part = _Part(window.data, bytes(window.data), window.final)
        if not begun:
            head = part.text[:_PROBED]
            dump.raw = _STANDARD.search(head) is not None and not _BACKSLASHES.search(head)
            begun = True
        while part.used < len(part.text):
            before = part.used
            if table is None:
                table = part.between(dump)
            elif part.read(table, dump) != kernel.GOES_ON:
                table = None
                continue
            if part.used == before:
                break
        if not part.used and len(part.text) > source.limits.max_record_bytes:
            dump.broken.append(part.line(0, dump))
            part.used, table = safe_cut(window.data, source.limits.max_record_bytes)[0], None
            part.pieces.append((0, part.used))
        yield from part.batches(source, stream.origin(window), dump)
        stream.use(part.used)
        if window.final:
            break
    if dump.broken:
        yield unread("sql-broken", source.member, count=len(dump.broken), line=dump.broken[0])


class _Part:
    """One window of the dump while it is taken apart."""

    def __init__(self, data: Bytes, text: bytes, final: bool) -> None:
        self.data = data
        self.text = text
        self.final = final
        self.used = 0
        self.pieces: list[tuple[int, int]] = []
        self.cells = np.empty((kernel.value_room(data), 6), np.int64)
        self.count = 0
        self.head = (0, 0)

    def line(self, position: int, dump: _Dump) -> int:
        """Return the physical line of a position."""
        return dump.line + self.text.count(b"\n", 0, position)

    def read(self, table: _Table, dump: _Dump) -> int:
        """Read rows of ``table`` in the form of its statement; return how they ended."""
        before = self.count
        if dump.csv is not None:
            state = self.separated(table, dump, dump.csv)
        else:
            state = (self.copied if dump.copying else self.rows)(table, dump)
        columns = self.cells[before : self.count, 2]
        if len(columns) and dump.order is not None:
            named = columns < len(dump.order)
            columns[named] = dump.order[columns[named]]
        elif len(columns):
            table.wide = max(table.wide, int(columns.max()) + 1)
        return state

    def separated(self, table: _Table, dump: _Dump, form: CopyCsv) -> int:
        """Read rows of ``table`` after COPY … CSV; return how they ended."""
        cells, table.rows, self.used, over = form.read(
            self.data, self.text, self.used, self.final, table.number, table.rows
        )
        if form.names is not None and not table.columns:
            table.columns = form.names
        self.cells = np.concatenate((self.cells[: self.count], cells))
        self.count = len(self.cells)
        if over:
            dump.csv, dump.copying = None, False
        return int(kernel.OVER if over else kernel.GOES_ON)

    def rows(self, table: _Table, dump: _Dump) -> int:
        """Read rows of ``table``; return how the list ended."""
        self.count, table.rows, self.used, state = kernel.read_rows(
            self.data,
            self.used,
            self.final,
            dump.raw,
            *self.head,
            self.cells,
            self.count,
            table.number,
            table.rows,
        )
        if state == kernel.BROKEN:
            dump.broken.append(self.line(self.used, dump))
        return int(state)

    def copied(self, table: _Table, dump: _Dump) -> int:
        """Read rows of ``table`` after COPY; return how they ended."""
        room = self.count + kernel.copy_room(self.data, self.used)
        if room > len(self.cells):
            self.cells = np.concatenate(
                (self.cells[: self.count], np.empty((room - self.count, 6), np.int64))
            )
        self.count, table.rows, self.used, state = kernel.read_copied(
            self.data, self.used, self.final, self.cells, self.count, table.number, table.rows
        )
        dump.copying = state == kernel.GOES_ON
        return int(state)

    def between(self, dump: _Dump) -> _Table | None:
        """Pass the text up to the next INSERT or COPY and its head; return its table."""
        head = _INSERT.search(self.text, self.used)
        copy = _COPY.search(self.text, self.used, head.start() if head else len(self.text))
        dump.copying = copy is not None
        dump.csv = CopyCsv.of(copy.group(3)) if copy is not None else None
        head = copy or head
        if head is None:
            # A head may be cut off by the end of the window: whole lines are kept back.
            stop = len(self.text)
            if not self.final:
                stop = max(self.used, self.text.rfind(b"\n", self.used, max(self.used, stop - _HEAD)) + 1)
            _learn(dump, self.text[self.used : stop])
            self.pieces.append((self.used, stop))
            self.used = stop
            return None
        _learn(dump, self.text[self.used : head.start()])
        self.pieces.append((self.used, head.start()))
        self.head = head.span()
        self.used = head.end()
        table = dump.table(head.group(1))
        named = head.group(2)
        dump.order = (
            table.order([_plain(column.strip()) for column in named.split(b",")])
            if named is not None
            else None
        )
        return table

    def batches(self, source: Source, origin: TextOrigin, dump: _Dump) -> Iterator[Batch]:
        """Yield one batch of values per table, and one of the text between the statements."""
        cells = self.cells[: self.count]
        tables = {table.number: table for table in dump.tables.values()}
        present = np.flatnonzero(np.bincount(cells[:, 5])).tolist()
        for number in present:
            own = cells if len(present) == 1 else cells[cells[:, 5] == number]
            yield self._values(source, origin, tables[number], own)
        found: list[tuple[Longs, Longs, Longs]] = []
        line, position = dump.line, 0
        for start, stop in self.pieces:
            piece = self.text[start:stop]
            if len(piece.strip(b" \t\r\n;")):
                line += self.text.count(b"\n", position, start)
                position = start
                data = self.data[start:stop]
                room = lines_kernel.count_cells(data, lines_kernel.LF)
                starts, ends, lines, _, _ = lines_kernel.split_lines(data, True, line, room)
                found.append((starts + start, ends + start, lines))
        dump.line += self.text.count(b"\n", 0, self.used)
        if found:
            starts, ends, lines = (np.concatenate(column) for column in zip(*found, strict=True))
            yield prose_batch(source, self.data, starts, ends, lines, origin, table="text")

    def _values(self, source: Source, origin: TextOrigin, table: _Table, cells: Longs) -> Batch:
        forms = cells[:, 4].astype(np.uint8)
        data, starts, ends, at, shift = escapes.copy_cells(
            self.data, cells[:, 0].copy(), cells[:, 1].copy(), forms, escapes.escape_room(self.data)
        )
        _blank_binary(data, starts, ends, forms)
        width = int(cells[:, 2].max()) + 1
        names = table.columns + ("",) * (width - len(table.columns))
        heads = tuple(f"{table.name}.{name or f'column {n + 1}'}" for n, name in enumerate(names))
        record = cells[:, 3] + 1
        places = Rows(heads, cells[:, 2].copy(), record)
        return Batch(
            source.member,
            table.name,
            names,
            data,
            starts,
            ends,
            cells[:, 2].astype(np.int32),
            record,
            prose=False,
            addresses=places,
            origin=origin.shifted(at, shift),
        )


def _blank_binary(data: Bytes, starts: Longs, ends: Longs, forms: Bytes) -> None:
    """Blank hexadecimal values that are no text, so that the buffer stays valid UTF-8."""
    for k in np.flatnonzero(forms == escapes.HEX).tolist():
        value = data[starts[k] : ends[k]]
        try:
            bytes(value).decode()
        except UnicodeDecodeError:
            value[:] = 0x1A
