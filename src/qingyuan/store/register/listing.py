"""Pages of the register: each branch of a scope is read in order from an index and the branches are merged.

A page goes on where the last one ended (a keyset), never at a number of rows to skip, so that the thousandth page costs what the
first does and a record that changes meanwhile is neither lost nor shown twice within one walk of the list by date.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar, cast

import msgspec
import sqlalchemy as sa

from qingyuan.store._driver import Driver, Value
from qingyuan.store.errors import StoreError
from qingyuan.store.register.rows import NEVER, Due, Record
from qingyuan.store.register.scope import NAMED, Scope, branches

T = TypeVar("T", Record, Due)

Sort = Literal["changed", "due", "begun", "score"]
Kind = Literal["lead", "matter", "case"]

#: Most rows of a page.
MOST = 500
#: Digits of the largest place in the log that is looked at.
_DIGITS = 18


class Filters(msgspec.Struct, frozen=True):
    """What a list is narrowed to; an empty member narrows nothing.

    Attributes:
        active: Only what is (``True``) or is not (``False``) still being handled; ``None`` for both.
        stages: Any of these stages.
        fields: Any of these fields.
        track: This track.
        source: This source of leads.
        handler: Handled by this person.
        begun_from: Received, opened or filed on this day or later, ISO 8601.
        begun_to: On this day or earlier.
    """

    active: bool | None = None
    stages: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    track: str = ""
    source: str = ""
    handler: str = ""
    begun_from: str = ""
    begun_to: str = ""


class Page(msgspec.Struct, frozen=True):
    """Rows of a list.

    Attributes:
        rows: The rows.
        after: What to hand in for the next page; ``""`` when this was the last.
    """

    rows: tuple[Record, ...]
    after: str


class DuePage(msgspec.Struct, frozen=True):
    """Open dates, the earliest first.

    Attributes:
        rows: The dates.
        after: What to hand in for the next page; ``""`` when this was the last.
    """

    rows: tuple[Due, ...]
    after: str


_RECORD = ", ".join(Record.__struct_fields__)
_DUE = ", ".join(Due.__struct_fields__)

# Where a database keeps a number for what is true or false.
_RECORD_FLAGS = tuple(Record.__struct_fields__.index(name) for name in ("active", "shielded"))
_DUE_FLAGS = tuple(Due.__struct_fields__.index(name) for name in ("shielded", "firm", "stopped", "lapses"))
_DUE_ARTICLES = Due.__struct_fields__.index("articles")

#: Sorts that begin with the largest value, the others with the smallest; of the same value the identifier decides.
_FALLING = frozenset({"changed", "begun", "score"})
_NUMBERS = frozenset({"changed", "score"})
_PLAIN_KIND = "kind || '' = ?"
_PLAIN_STAGE = "stage || ''"
_DUE_ORDER, _PLAIN_DUE_ORDER = "due, target, key", "due || '', target, key"


def records(
    connection: sa.Connection,
    kind: Kind,
    scope: Scope,
    filters: Filters | None = None,
    *,
    sort: Sort = "changed",
    turned: bool = False,
    after: str = "",
    limit: int = 50,
) -> Page:
    """Return a page of leads, matters or cases.

    Args:
        connection: A read transaction.
        kind: Which.
        scope: Who asks may see these.
        filters: What the list is narrowed to.
        sort: ``"changed"``: the newest change first; ``"due"``: the earliest open date first, those without one last;
            ``"begun"``: the latest received, opened or filed first; ``"score"``: the highest score first.
        turned: The other way round.
        after: Of the page before.
        limit: Rows of a page, 1 to :data:`MOST`.

    Raises:
        StoreError: ``store.bad-page`` when ``after`` is none of ours.
    """
    chosen = filters or Filters()
    everywhere, narrowing = _narrowed(chosen)
    placed, _ = _narrowed(chosen, placed=True)
    falling = (sort in _FALLING) != turned
    since, from_ = _since(sort, after, falling=falling)
    size = max(1, min(limit, MOST))
    states = (1, 0) if chosen.active is None else (int(chosen.active),)

    def ask(where: str, order: str, values: Sequence[Value], narrowed: str) -> list[Record]:
        rows = Driver(connection).all(
            f"SELECT {_RECORD} FROM register WHERE {where}{narrowed}{since} ORDER BY {order} LIMIT ?",  # noqa: S608 - no value
            *values, *narrowing, *from_, size + 1,
        )  # fmt: skip
        return [_record(row) for row in rows]

    parts = []
    for column, condition, values in branches(scope):
        if column == NAMED:
            where = f"{_PLAIN_KIND} AND active IN ({', '.join('?' * len(states))}) AND {condition}"
            parts.append(
                ask(where, _order(sort, falling=falling, plain=True), (kind, *states, *values), placed)
            )
            continue
        where = f"kind = ? AND active = ? AND {condition}"
        order, narrowed = _order(sort, falling=falling), placed if column else everywhere
        parts += [ask(where, order, (kind, state, *values), narrowed) for state in states]

    def key(row: Record) -> tuple[str | int, ...]:
        return (row.changed,) if sort == "changed" else (getattr(row, sort), row.id)

    rows, more = _merged(parts, key, lambda r: r.id, size, falling=falling)
    return Page(rows, " ".join(str(part) for part in key(rows[-1])) if more else "")


def _order(sort: Sort, *, falling: bool, plain: bool = False) -> str:
    """Return the order of a list.

    ``plain``: written so that no index fits. The few dockets that are named are looked up by their own index and sorted, where
    a planner would walk the list of all dockets in its order.
    """
    way = " DESC" if falling else ""
    column = sort if not plain else f"{sort} + 0" if sort in _NUMBERS else f"{sort} || ''"
    return f"{column}{way}" if sort == "changed" else f"{column}{way}, id{way}"


def dues(
    connection: sa.Connection,
    scope: Scope,
    *,
    today: str,
    until: str = "",
    overdue: bool | None = None,
    statutory: bool | None = None,
    after: str = "",
    limit: int = 50,
) -> DuePage:
    """Return a page of open dates, the earliest first.

    Args:
        connection: A read transaction.
        scope: Who asks may see these.
        today: The day, ISO 8601: a period that ends by itself is left out once its last day is over.
        until: Only dates on this day or earlier.
        overdue: Only dates before today (``True``), or none of them (``False``).
        statutory: Only periods of the law (``True``), or only dates that a person or a setting fixed (``False``).
        after: Of the page before.
        limit: Rows of a page, 1 to :data:`MOST`.

    Raises:
        StoreError: ``store.bad-page``.
    """
    size = max(1, min(limit, MOST))
    where, values = " AND (lapses = 0 OR due >= ?)", [today]
    for wanted, condition, value in (
        (bool(until), "due <= ?", until),
        (overdue is True, "due < ?", today),
        (overdue is False, "due >= ?", today),
    ):
        if wanted:
            where += f" AND {condition}"
            values.append(value)
    if statutory is not None:
        where += " AND kind = ?"
        values.append("statutory" if statutory else "set")
    if after:
        due, target, key = _split(after, 3)
        where += " AND (due, target, key) > (?, ?, ?)"
        values += [due, target, key]

    def branch(column: str, condition: str, given: list[str | int]) -> list[Due]:
        order = _PLAIN_DUE_ORDER if column == NAMED else _DUE_ORDER
        rows = Driver(connection).all(
            f"SELECT {_DUE} FROM register_due WHERE {condition}{where} ORDER BY {order} LIMIT ?",  # noqa: S608 - no value
            *given, *values, size + 1,
        )  # fmt: skip
        return [_due(row) for row in rows]

    parts = [branch(*each) for each in branches(scope)]
    rows, more = _merged(parts, lambda d: (d.due, d.target, d.key), lambda d: f"{d.target} {d.key}", size)
    last = rows[-1] if more else None
    return DuePage(rows, "" if last is None else f"{last.due} {last.target} {last.key}")


def record(connection: sa.Connection, identifier: str) -> Record | None:
    """Return one row, or ``None``."""
    row = Driver(connection).one(f"SELECT {_RECORD} FROM register WHERE id = ?", identifier)  # noqa: S608 - no value
    return None if row is None else _record(row)


def rows_of(connection: sa.Connection, docket: str) -> tuple[list[Record], list[Due]]:
    """Return all records and dates of a docket, sorted."""
    driver = Driver(connection)
    found = driver.all(f"SELECT {_RECORD} FROM register WHERE docket = ? ORDER BY id", docket)  # noqa: S608 - no value
    open_ = driver.all(
        f"SELECT {_DUE} FROM register_due WHERE docket = ? ORDER BY target, key",  # noqa: S608 - no value
        docket,
    )
    return [_record(row) for row in found], [_due(row) for row in open_]


def named(connection: sa.Connection, identifiers: Sequence[str]) -> Mapping[str, Record]:
    """Return the rows of some records, by identifier."""
    if not identifiers:
        return {}
    marks = ", ".join("?" * len(identifiers))
    found = Driver(connection).all(f"SELECT {_RECORD} FROM register WHERE id IN ({marks})", *identifiers)  # noqa: S608 - no value
    return {one.id: one for one in map(_record, found)}


def members(
    connection: sa.Connection, dockets: Sequence[str]
) -> tuple[Mapping[str, list[Record]], Mapping[str, list[Due]]]:
    """Return the records and the open dates of some dockets, by docket; records by identifier, the earliest date first."""
    if not dockets:
        return {}, {}
    marks = ", ".join("?" * len(dockets))
    found: dict[str, list[Record]] = {}
    open_: dict[str, list[Due]] = {}
    driver = Driver(connection)
    for row in driver.all(f"SELECT {_RECORD} FROM register WHERE docket IN ({marks}) ORDER BY id", *dockets):  # noqa: S608
        one = _record(row)
        found.setdefault(one.docket, []).append(one)
    rows = driver.all(
        f"SELECT {_DUE} FROM register_due WHERE docket IN ({marks}) ORDER BY due, target, key",  # noqa: S608 - no value
        *dockets,
    )
    for each in map(_due, rows):
        open_.setdefault(each.docket, []).append(each)
    return found, open_


def counts(
    connection: sa.Connection, kind: Kind, scope: Scope, by: Literal["stage", "field", "source"]
) -> dict[str, int]:
    """Return how many active records a scope has, by stage, field or source."""
    found: dict[str, set[str]] = {}
    totals: dict[str, int] = {}
    parts = list(branches(scope))
    for column, condition, values in parts:
        of = _PLAIN_KIND if column == NAMED else "kind = ?"
        if len(parts) == 1:  # nothing can be counted twice
            rows = Driver(connection).all(
                f"SELECT {by}, count(*) FROM register WHERE {of} AND active = 1 AND {condition} GROUP BY {by}",  # noqa: S608
                kind, *values,
            )  # fmt: skip
            return {str(name): int(str(count)) for name, count in rows}
        for name, identifier in Driver(connection).all(
            f"SELECT {by}, id FROM register WHERE {of} AND active = 1 AND {condition}",  # noqa: S608 - no value
            kind, *values,
        ):  # fmt: skip
            found.setdefault(str(name), set()).add(str(identifier))
    totals.update({name: len(ids) for name, ids in found.items()})
    return totals


def lines(connection: sa.Connection, docket: str, *, before: int | None, limit: int) -> list[int]:
    """Return the indexes of a docket's newest events that a timeline shows, the newest first."""
    below, values = ("", [docket]) if before is None else (" AND idx < ?", [docket, before])
    found = Driver(connection).all(
        f"SELECT idx FROM register_line WHERE docket = ?{below} ORDER BY idx DESC LIMIT ?",  # noqa: S608 - no value
        *cast("list[Value]", values), limit,
    )  # fmt: skip
    return [int(str(row[0])) for row in found]


def _merged(
    parts: Iterable[list[T]],
    key: Callable[[T], tuple[str | int, ...]],
    identity: Callable[[T], str],
    size: int,
    *,
    falling: bool = False,
) -> tuple[tuple[T, ...], bool]:
    """Return the first rows of sorted lists, each row once, and whether there are more."""
    chosen: dict[str, T] = {}
    for row in heapq.merge(*parts, key=key, reverse=falling):
        if identity(row) not in chosen:
            if len(chosen) == size:
                return tuple(chosen.values()), True
            chosen[identity(row)] = row
    return tuple(chosen.values()), False


def _narrowed(filters: Filters, *, placed: bool = False) -> tuple[str, list[str]]:
    """Return the conditions of filters and their values.

    ``placed``: the list is that of a place, whose own index leads to fewer rows than that of the stages of all places.
    """
    where = ""
    values: list[str] = []
    stage = _PLAIN_STAGE if placed else "stage"
    for name, several in ((stage, filters.stages), ("field", filters.fields)):
        if several:
            where += f" AND {name} IN ({', '.join('?' * len(several))})"
            values += several
    for condition, one in _single(filters):
        if one:
            where += f" AND {condition} ?"
            values.append(one)
    return where, values


def _single(filters: Filters) -> Iterator[tuple[str, str]]:
    yield "track =", filters.track
    yield "source =", filters.source
    yield "handler =", filters.handler
    yield "begun >=", filters.begun_from
    yield "begun <=", filters.begun_to


def _since(sort: Sort, after: str, *, falling: bool) -> tuple[str, list[str | int]]:
    if not after:
        return "", []
    beyond = "<" if falling else ">"
    if sort in {"due", "begun"}:
        return f" AND ({sort}, id) {beyond} (?, ?)", list(_split(after, 2))
    value, _, identifier = after.partition(" ")
    if bool(identifier) != (sort == "score"):
        raise _bad_page()
    number = -place(value[1:]) if value.startswith("-") else place(value)
    if sort == "score":
        return f" AND (score, id) {beyond} (?, ?)", [number, identifier]
    return f" AND changed {beyond} ?", [number]


def place(after: str) -> int:
    """Return the place in the log that a mark of the next page names.

    Raises:
        StoreError: ``store.bad-page``.
    """
    if not (after.isascii() and after.isdigit() and len(after) <= _DIGITS):
        raise _bad_page()
    return int(after)


def _split(after: str, parts: int) -> list[str]:
    found = after.split(" ", parts - 1)
    if len(found) != parts or len(found[0]) != len(NEVER):
        raise _bad_page()
    return found


def _bad_page() -> StoreError:
    return StoreError(
        "store.bad-page",
        zh="续页标记无法识别",
        en="the mark of the next page is not one of ours",
        where="after",
        remedy_zh="请使用上一页给出的 after，或从第一页开始",
        remedy_en="hand in the after of the page before, or begin with the first page",
    )


def _record(row: Sequence[Any]) -> Record:
    values = list(row)
    for at in _RECORD_FLAGS:
        values[at] = bool(values[at])
    return Record(*values)


def _due(row: Sequence[Any]) -> Due:
    values = list(row)
    for at in _DUE_FLAGS:
        values[at] = bool(values[at])
    values[_DUE_ARTICLES] = bytes(values[_DUE_ARTICLES])
    return Due(*values)
