"""What an office looks at: leads, matters and cases, open dates, timelines, and the search.

Whoever asks hands in a :class:`~qingyuan.store.register.Scope`; nothing outside it is given, counted or found.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from datetime import date

import msgspec
import sqlalchemy as sa

from qingyuan.cases import Line, describe, due_dates
from qingyuan.law import Citation
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.register._build import Progress, ensure
from qingyuan.office.register._reading import read_docket
from qingyuan.shapes import from_json
from qingyuan.store import events_at
from qingyuan.store.register import (
    ALL,
    Due,
    DuePage,
    Filters,
    Page,
    Record,
    Scope,
    Sort,
    find,
    lines,
    named,
    place,
    record,
    records,
    rows_of,
)
from qingyuan.store.register import counts as count_records
from qingyuan.store.register import dues as list_dues
from qingyuan.store.registry import children

#: Homes whose register is known to be built, while they are open.
_built: weakref.WeakSet[Home] = weakref.WeakSet()
_building = threading.Lock()


class Deadline(msgspec.Struct, frozen=True):
    """An open date as it stands today.

    Attributes:
        target: Lead or case.
        docket: Its docket.
        title: Of the lead or case.
        key: Period of the law room, ``"measure m01"`` or ``"look-back"``; ``"undetermined"`` when the dates of the docket
            cannot be computed, which ``zh`` and ``en`` explain.
        kind: ``"statutory"`` or ``"set"``.
        zh: What has to happen, Chinese.
        en: The same in English.
        due: Last day; ``None`` when undetermined.
        days_left: Days to ``due``, negative when overdue.
        firm: Whether the date is not provisional (暂定).
        stopped: Whether the clock stands still.
        articles: Provisions.
    """

    target: str
    docket: str
    title: str
    key: str
    kind: str
    zh: str
    en: str
    due: date | None
    days_left: int | None
    firm: bool
    stopped: bool
    articles: tuple[Citation, ...]


class Deadlines(msgspec.Struct, frozen=True):
    """A page of open dates, the earliest first; ``after`` is ``""`` on the last one."""

    rows: tuple[Deadline, ...]
    after: str


class TimelinePage(msgspec.Struct, frozen=True):
    """Lines of a timeline, the newest first; ``after`` is ``""`` on the last page."""

    lines: tuple[Line, ...]
    after: str


def leads(
    home: Home,
    scope: Scope = ALL,
    filters: Filters | None = None,
    *,
    sort: Sort = "changed",
    turned: bool = False,
    after: str = "",
    limit: int = 50,
) -> Page:
    """Return a page of leads; see :func:`qingyuan.store.register.records` for sorts, pages and errors."""
    ready(home)
    with home.database.read() as connection:
        return records(connection, "lead", scope, filters, sort=sort, turned=turned, after=after, limit=limit)


def matters(
    home: Home,
    scope: Scope = ALL,
    filters: Filters | None = None,
    *,
    sort: Sort = "changed",
    turned: bool = False,
    after: str = "",
    limit: int = 50,
) -> Page:
    """Return a page of matters; see :func:`qingyuan.store.register.records`."""
    ready(home)
    with home.database.read() as connection:
        return records(
            connection, "matter", scope, filters, sort=sort, turned=turned, after=after, limit=limit
        )


def cases(
    home: Home,
    scope: Scope = ALL,
    filters: Filters | None = None,
    *,
    sort: Sort = "changed",
    turned: bool = False,
    after: str = "",
    limit: int = 50,
) -> Page:
    """Return a page of cases; see :func:`qingyuan.store.register.records`."""
    ready(home)
    with home.database.read() as connection:
        return records(connection, "case", scope, filters, sort=sort, turned=turned, after=after, limit=limit)


def counts(home: Home, kind: str, scope: Scope = ALL, *, by: str = "stage") -> dict[str, int]:
    """Return how many active ``"lead"``, ``"matter"`` or ``"case"`` records there are by ``"stage"``, ``"field"`` or ``"source"``."""
    if kind not in {"lead", "matter", "case"} or by not in {"stage", "field", "source"}:
        raise ValueError(kind, by)
    ready(home)
    with home.database.read() as connection:
        return count_records(connection, kind, scope, by)  # type: ignore[arg-type]


def deadlines(
    home: Home,
    scope: Scope = ALL,
    *,
    until: date | None = None,
    overdue: bool | None = None,
    statutory: bool | None = None,
    after: str = "",
    limit: int = 50,
) -> Deadlines:
    """Return a page of open dates, the earliest first.

    A date whose clock stands still moves from day to day: it is computed anew for the page, and stands in the list where it
    stood when its docket last changed.

    Args:
        home: The office.
        scope: Who asks may see these.
        until: Only dates on this day or earlier.
        overdue: Only dates before today (``True``) or none of them (``False``).
        statutory: Only periods of the law (``True``), or only dates that a person or a setting fixed (``False``).
        after: Of the page before.
        limit: Rows of a page.

    Raises:
        StoreError: ``store.bad-page``.
    """
    ready(home)
    today = home.clock.now().date()
    with home.database.read() as connection:
        page: DuePage = list_dues(
            connection,
            scope,
            today=today.isoformat(),
            until=until.isoformat() if until else "",
            overdue=overdue,
            statutory=statutory,
            after=after,
            limit=limit,
        )
        titles = named(connection, [due.target for due in page.rows])
        moving = {due.docket for due in page.rows if due.stopped}
        now = {
            (one.target, one.key): one.due
            for docket in moving
            for one in due_dates(
                read_docket(connection, (docket, *children(connection, docket)))[0],
                law=home.law,
                now=home.clock.now(),
            )
        }
    rows = tuple(
        _deadline(due, titles.get(due.target), now.get((due.target, due.key)), today) for due in page.rows
    )
    return Deadlines(rows, page.after)


def timeline(
    home: Home, identifier: str, scope: Scope = ALL, *, after: str = "", limit: int = 100
) -> TimelinePage:
    """Return a page of the timeline of the docket of a lead, matter or case, the newest line first.

    Raises:
        OfficeError: ``office.no-such-record`` when there is none within the scope.
    """
    ready(home)
    with home.database.read() as connection:
        found = record(connection, identifier)
        if found is None or not _sees(connection, scope, found):
            raise OfficeError(
                "office.no-such-record",
                zh=f"没有编号为 {identifier} 的线索、总案或案件，或者不在可见范围内",
                en=f"there is no lead, matter or case {identifier}, or not within what may be seen",
                where=identifier,
                remedy_zh="请核对编号；需要知悉的，请申请授权",
                remedy_en="check the identifier; ask for access if you need to know of it",
            )
        size = max(1, min(limit, 500))
        before = place(after) if after else None
        indexes = lines(connection, found.docket, before=before, limit=size + 1)
        shown = indexes[:size]
        events = events_at(connection, shown)
    more = str(shown[-1]) if len(indexes) > size else ""
    return TimelinePage(tuple(describe(event) for event in events), more)


def visible(home: Home, identifier: str, scope: Scope) -> bool:
    """Say whether the docket of a lead, matter or case is within a scope: one of its records is."""
    ready(home)
    with home.database.read() as connection:
        found = record(connection, identifier)
        return found is not None and _sees(connection, scope, found)


def search(home: Home, query: str, scope: Scope = ALL, *, after: str = "", limit: int = 20) -> Page:
    """Return dockets that hold every word of a query, the one with that very number first, then the newest.

    Found by number, title, field, region, office, court, docket number of the court, and respondents that are organisations.
    A run of Chinese characters is found anywhere in a text, however short; other words by their beginning.

    Raises:
        StoreError: ``store.bad-page``.
    """
    ready(home)
    size = max(1, min(limit, 100))
    with home.database.read() as connection:
        found: dict[int, str] = {}
        for places, names, own in _searched(scope):
            found |= dict(
                find(
                    connection,
                    query,
                    places=places,
                    shielded=scope.shielded,
                    named=names,
                    recused=scope.recused,
                    before=place(after) if after else None,
                    limit=size + 1,
                    own=own,
                )
            )
        rows = sorted(found, reverse=True)
        exact = record(connection, query.strip().upper()) if not after else None
        if exact is not None and not _sees(connection, scope, exact):
            exact = None
        known = named(connection, [found[row] for row in rows[:size]])
    listed = [known[found[row]] for row in rows[:size] if found[row] in known]
    if exact is not None:
        listed = [exact, *(each for each in listed if each.id not in {exact.id, exact.docket})][:size]
    return Page(tuple(listed), str(rows[size - 1]) if len(rows) > size else "")


def _searched(scope: Scope) -> Iterator[tuple[tuple[str, ...], tuple[str, ...] | None, bool]]:
    if scope.offices:
        yield scope.offices, None, False
    if scope.own:
        yield scope.own, None, True
    if scope.records:
        yield (), scope.records, False


def _sees(connection: sa.Connection, scope: Scope, found: Record) -> bool:
    """Say whether a docket is seen: by the office of any of its records, as the search has it."""
    if scope.sees(docket=found.docket, office=found.office, shielded=found.shielded):
        return True
    others, _ = rows_of(connection, found.docket)
    return any(scope.sees(docket=one.docket, office=one.office, shielded=one.shielded) for one in others)


def _deadline(due: Due, found: Record | None, now: date | None, today: date) -> Deadline:
    last = None if due.key == "undetermined" else now or date.fromisoformat(due.due)
    return Deadline(
        target=due.target,
        docket=due.docket,
        title=found.title if found else "",
        key=due.key,
        kind=due.kind,
        zh=due.zh,
        en=due.en,
        due=last,
        days_left=(last - today).days if last else None,
        firm=due.firm,
        stopped=due.stopped,
        articles=from_json(due.articles, tuple[Citation, ...]),
    )


def ready(home: Home, progress: Progress | None = None) -> None:
    """Build the register of a home when it is not built, or was built for another law; say how far it is."""
    if home not in _built:
        with _building:  # whoever comes meanwhile waits here, and not with a connection in hand
            if home not in _built:
                ensure(home, progress)
                _built.add(home)
