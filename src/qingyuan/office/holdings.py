"""What the reports of a home are made from: rows of its dockets, folded once and then only where the log grew."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from importlib.resources import files

import msgspec
import sqlalchemy as sa

from qingyuan import __version__
from qingyuan.cases import CaseEvent, Docket, fold
from qingyuan.office.home import Home
from qingyuan.reports import Event, Queries, Row, Span, load_queries, rows_of
from qingyuan.reports.rows import Value
from qingyuan.shapes import ready
from qingyuan.store import case_events
from qingyuan.store.registry import children, parent
from qingyuan.store.report_rows import Line, ReportRows

#: File of the home folder with the rows; derived.
FILE = "reports.db"
_DATES = ("on", "until")
#: Told how many dockets are done, and of how many.
Progress = Callable[[int, int], None]
_LETTERS = ("L", "M", "C")


class _Body(msgspec.Struct, array_like=True):
    values: dict[str, str | int | None]
    events: list[int]


_DECODER = msgspec.msgpack.Decoder(ready(_Body))


class Titled(msgspec.Struct, frozen=True):
    """A row and the title of its docket."""

    row: Row
    title: str


class Holdings(msgspec.Struct, frozen=True):
    """What a home's reports are made from.

    Attributes:
        lines: Rows by kind, those of the kinds that were asked for.
        queries: The queries known, the home's own (``home/reports.yaml``) among them.
        events: How many events of the log they are of.
    """

    lines: dict[str, tuple[Titled, ...]]
    queries: Queries
    events: int

    def rows(self, kind: str) -> list[Row]:
        """Return the rows of a kind."""
        return [one.row for one in self.lines.get(kind, ())]


def queries_of(home: Home) -> Queries:
    """Return the packaged queries and those of ``home/reports.yaml``.

    Raises:
        ReportError: The home's own queries are wrong.
    """
    extra = home.path / "reports.yaml"
    return load_queries(extra if extra.exists() else None)


def holdings(
    home: Home,
    kinds: tuple[str, ...] = ("lead", "case", "measure", "payment"),
    span: Span | None = None,
    field: str = "",
    progress: Progress | None = None,
) -> Holdings:
    """Bring the rows of ``home`` up to date and read them.

    Args:
        home: The office.
        kinds: Which kinds of rows are wanted.
        span: Days of the rows wanted; all when ``None``.
        field: Field of casework; every one when blank.
        progress: Told how many of how many dockets are read, while some have to be.

    Raises:
        ReportError: The home's own queries are wrong.
        CasesError: Events of a docket cannot be folded.
    """
    queries = queries_of(home)
    days = span or Span()
    with _opened(home) as kept, home.database.read() as connection:
        _refresh(home, connection, kept, progress)
        lines = {
            kind: tuple(_titled(line) for line in kept.select(kind, days.since, days.until, field))
            for kind in kinds
        }
        return Holdings(lines, queries, kept.size)


def refresh(home: Home, progress: Progress | None = None) -> int:
    """Bring the rows of ``home`` up to date ahead of the first report; return how many events of the log they are of."""
    with _opened(home) as kept, home.database.read() as connection:
        _refresh(home, connection, kept, progress)
        return kept.size


@contextlib.contextmanager
def _opened(home: Home) -> Iterator[ReportRows]:
    """Open the file of the rows; rows are kept in memory where it cannot be written."""
    stamp = f"{__version__} {_source()} {home.settings.office.name}"
    try:
        kept = ReportRows(home.path / FILE, stamp)
    except sqlite3.DatabaseError as error:
        if not isinstance(error, sqlite3.OperationalError):
            with contextlib.suppress(OSError):
                (home.path / FILE).unlink()  # not a database: derived, and made anew
        kept = ReportRows(None, stamp)
    with kept:
        yield kept


@functools.cache
def _source() -> str:
    """Return what tells one way of making rows from another."""
    text = (files("qingyuan.reports") / "rows.py").read_bytes()
    return hashlib.sha256(text).hexdigest()[:16]


def _refresh(
    home: Home, connection: sa.Connection, kept: ReportRows, progress: Progress | None = None
) -> None:
    head = connection.execute(sa.text("SELECT max(idx) FROM event")).scalar()
    size = 0 if head is None else int(head) + 1
    if size == kept.size:
        return
    if size < kept.size:  # another database than before
        kept.forget(kept.dockets_of(line.id for line in kept.select("lead")))
        kept.size = 0
    rows = connection.execute(
        sa.text("SELECT DISTINCT stream FROM event WHERE idx >= :size"), {"size": kept.size}
    )
    changed = {str(row[0]) for row in rows if str(row[0])[:1] in _LETTERS}
    links = _links(connection) if len(changed) > _FEW else None
    members = _members(connection, changed, links)
    old = kept.dockets_of({*changed, *(stream for streams in members.values() for stream in streams)})
    members |= _members(connection, old - set(members), links)
    kept.forget({*old, *members})
    for done, (top, streams) in enumerate(sorted(members.items()), start=1):
        if progress is not None:
            progress(done, len(members))
        docket, events = _read(connection, streams)
        if docket.leads or docket.matter is not None:
            kept.put(top, streams, _lines(home, docket, events))
    kept.size = size


#: From so many streams on, all links are read at once.
_FEW = 200


def _links(connection: sa.Connection) -> dict[str, str]:
    return {
        str(child): str(above)
        for child, above in connection.execute(sa.text("SELECT child, parent FROM link"))
    }


def _members(
    connection: sa.Connection, streams: set[str], links: dict[str, str] | None
) -> dict[str, tuple[str, ...]]:
    """Return the dockets of some streams, each with all its streams."""
    if links is None:
        tops = {parent(connection, stream) or stream for stream in streams}
        return {top: tuple(sorted({top, *children(connection, top)})) for top in tops}
    found: dict[str, set[str]] = {links.get(stream, stream): set() for stream in streams}
    for child, above in links.items():
        if above in found:
            found[above].add(child)
    return {top: tuple(sorted({top, *below})) for top, below in found.items()}


def _read(connection: sa.Connection, streams: tuple[str, ...]) -> tuple[Docket, list[Event]]:
    events: list[Event] = []

    def reading() -> Iterator[CaseEvent]:
        for index, event in case_events(connection, streams):
            measure = getattr(event.payload, "measure", "")
            events.append(
                Event(
                    index,
                    event.stream,
                    event.type,
                    measure if isinstance(measure, str) else "",
                    event.at.date(),
                )
            )
            yield event

    return fold(reading()), events


def _lines(home: Home, docket: Docket, events: list[Event]) -> Iterator[Line]:
    title = docket.matter.title if docket.matter else ""
    for row in rows_of([(docket, events)], office=home.settings.office.name):
        on = row.values["on"]
        body = _Body({name: _plain(value) for name, value in row.values.items()}, list(row.events))
        field = row.values.get("field")
        yield Line(row.kind, row.id, title, str(on or ""), str(field or ""), msgspec.msgpack.encode(body))


def _plain(value: Value) -> str | int | None:
    return value.isoformat() if isinstance(value, date) else value


def _titled(line: Line) -> Titled:
    body = _DECODER.decode(line.body)
    values: dict[str, Value] = dict(body.values)
    for name in _DATES:
        text = body.values.get(name)
        values[name] = date.fromisoformat(text) if isinstance(text, str) else None
    return Titled(Row(line.kind, line.id, values, tuple(body.events)), line.title)
