"""Lists: filters, order and page from the address; rows from the register, within what one sees; the same as a file for spreadsheets."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal
from urllib.parse import urlencode

import msgspec
from starlette.responses import StreamingResponse

from qingyuan.office import register
from qingyuan.office.cells import plain_cell
from qingyuan.store.register import NEVER, Due, Filters, Page, Record, Sort, members
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request

Kind = Literal["lead", "matter"]

SIZE = 50
#: What lists are ordered by; a minus before it turns the order round.
_SORTS: Mapping[str, Sort] = {"changed": "changed", "due": "due", "begun": "begun", "score": "score"}
#: Most rows of a file, and how many are read at a time.
_MOST, _STEP = 20_000, 500
_LISTS = {"lead": register.leads, "matter": register.matters}
#: Names of the filters in the address.
NAMES = ("q", "stage", "field", "source", "handler", "from", "to", "state", "sort")


class Row(msgspec.Struct, frozen=True):
    """One row of a list.

    Attributes:
        record: The lead or matter.
        cases: Cases of its docket.
        due: The earliest open date, or ``None``.
        days_left: Days to it, negative when it is over.
    """

    record: Record
    cases: tuple[Record, ...]
    due: Due | None
    days_left: int | None


class Listed(msgspec.Struct, frozen=True):
    """A page of a list.

    Attributes:
        rows: Its rows.
        given: The filters of the address, by name.
        more: Address of the next page, or ``""``.
        first: Address of the first page, or ``""`` when this is it.
        file: Address of the list as a file.
        narrowed: Whether anything is filtered.
        heads: Address that orders by a column, by its name; none of what a search found.
    """

    rows: tuple[Row, ...]
    given: dict[str, str]
    more: str
    first: str
    file: str
    narrowed: bool
    heads: Mapping[str, str]


def listed(ask: Ask, kind: Kind, path: str) -> Listed:
    """Return the page of a list that the address asks for."""
    given = _given(ask)
    kept = {name: value for name, value in given.items() if value}
    after = ask.query("after")
    page = _page(ask, kind, given, after, SIZE)
    file = f"{path}/file"
    return Listed(
        _rows(ask, page.rows),
        given,
        f"{path}?{urlencode({**kept, 'after': page.after})}" if page.after else "",
        f"{path}?{urlencode(kept)}" if after else "",
        f"{file}?{urlencode(kept)}" if kept else file,
        any(value for name, value in kept.items() if name != "sort"),
        {}
        if given["q"]  # what a search found comes in the order of the search
        else {name: f"{path}?{urlencode({**kept, 'sort': _turned(given['sort'], name)})}" for name in _SORTS},
    )


def _turned(sort: str, name: str) -> str:
    """Return the order that a second look at a column gives: the other way round."""
    return f"-{name}" if sort == name else name


def suggested(ask: Ask, kinds: Sequence[Kind] = ("lead", "matter"), most: int = SIZE) -> list[Record]:
    """Return records that a form may mean, those that changed last: what is seen of leads and matters that are not over."""
    rows: list[Record] = []
    for kind in kinds:
        rows += _LISTS[kind](ask.desk.home, ask.scope, Filters(active=True), limit=most).rows
    return sorted(rows, key=lambda row: -row.changed)[:most]


def exported(
    ask: Ask, kind: Kind, name: str, heads: Sequence[str], cells: Callable[[Row], Sequence[object]]
) -> StreamingResponse:
    """Return the filtered list as CSV with a byte order mark, as spreadsheets want it; no cell becomes a formula."""
    given = _given(ask)

    def parts() -> Iterator[bytes]:
        yield "\ufeff".encode() + _line(heads)
        after, count = "", 0
        while count < _MOST:
            page = _page(ask, kind, given, after, _STEP)
            rows = _rows(ask, page.rows)
            yield b"".join(_line(cells(row)) for row in rows)
            count += len(rows)
            after = page.after
            if not after:
                return

    return _streamed(name, parts())


def as_file(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingResponse:
    """Return rows as CSV with a byte order mark; no cell becomes a formula. What refuses the first row is refused before the answer begins."""
    rest = iter(rows)
    lines = itertools.chain([heads], list(itertools.islice(rest, 1)), rest)
    return _streamed(name, itertools.chain(["\ufeff".encode()], map(_line, lines)))


def _streamed(name: str, parts: Iterator[bytes]) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=headers)


def _given(ask: Ask) -> dict[str, str]:
    given = {name: ask.query(name)[:200] for name in NAMES}
    for name in ("from", "to"):
        if given[name]:
            try:
                date.fromisoformat(given[name])
            except ValueError:
                raise bad_request("日期写法有误", "that is no date", code="web.bad-date") from None
    return given


def _filters(given: Mapping[str, str]) -> Filters:
    return Filters(
        active={"open": True, "over": False}.get(given["state"]),
        stages=(given["stage"],) if given["stage"] else (),
        fields=(given["field"],) if given["field"] else (),
        source=given["source"],
        handler=given["handler"],
        begun_from=given["from"],
        begun_to=given["to"],
    )


def _page(ask: Ask, kind: Kind, given: Mapping[str, str], after: str, size: int) -> Page:
    filters = _filters(given)
    if given["q"]:
        return _found(ask, kind, given["q"], filters, after, min(size, SIZE))
    sort = _SORTS.get(given["sort"].removeprefix("-"), "changed")
    turned = given["sort"].startswith("-")
    return _LISTS[kind](ask.desk.home, ask.scope, filters, sort=sort, turned=turned, after=after, limit=size)


def _found(ask: Ask, kind: Kind, words: str, filters: Filters, after: str, size: int) -> Page:
    """Return the records of the dockets that hold the words, those that fit the filters; a page may have few of them."""
    page = register.search(ask.desk.home, words, ask.scope, after=after, limit=size)
    with ask.desk.home.database.read() as connection:
        records, _ = members(connection, [one.docket for one in page.rows])
    rows = [
        row
        for one in page.rows
        for row in records.get(one.docket, ())
        if row.kind == kind and _fits(row, filters)
    ]
    return Page(tuple(dict.fromkeys(rows)), page.after)


def _fits(row: Record, filters: Filters) -> bool:
    return (
        filters.active in {None, row.active}
        and (not filters.stages or row.stage in filters.stages)
        and (not filters.fields or row.field in filters.fields)
        and filters.source in {"", row.source}
        and filters.handler in {"", row.handler}
        and (not filters.begun_from or row.begun >= filters.begun_from)
        and (not filters.begun_to or row.begun <= filters.begun_to)
    )


def _rows(ask: Ask, records: Sequence[Record]) -> tuple[Row, ...]:
    home = ask.desk.home
    today = home.clock.now().date()
    with home.database.read() as connection:
        known, dues = members(connection, list(dict.fromkeys(one.docket for one in records)))
    found = []
    for one in records:
        cases = tuple(each for each in known.get(one.docket, ()) if each.kind == "case")
        due = next(
            (each for each in dues.get(one.docket, ()) if not (each.lapses and each.due < today.isoformat())),
            None,
        )
        left = None if due is None or due.due == NEVER else (date.fromisoformat(due.due) - today).days
        found.append(Row(one, cases if one.kind == "matter" else (), due, left))
    return tuple(found)


def _line(cells: Sequence[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([plain_cell(str(cell)) for cell in cells])
    return text.getvalue().encode()
