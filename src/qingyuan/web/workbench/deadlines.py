"""Every open date of what one sees: by nearness and kind, page by page, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from qingyuan.office import register
from qingyuan.office.register import Deadline, Deadlines
from qingyuan.web.asking import Ask
from qingyuan.web.routing import page
from qingyuan.web.words import said
from qingyuan.web.workbench._lists import as_file

_SIZE, _STEP, _MOST = 50, 500, 20_000
#: How near, in days from today; ``overdue`` lies before it.
_NEAR = {"week": 7, "month": 30}
WHEN = ("overdue", *_NEAR)
KINDS = ("statutory", "set")


@page("GET", "/deadlines", "case.list")
def show(ask: Ask) -> Response:
    """List the open dates, the earliest first; what is asked for is in the address."""
    given = {name: ask.query(name) for name in ("when", "kind")}
    after = ask.query("after")
    found = _page(ask, after, _SIZE)
    kept = {name: value for name, value in given.items() if value}
    return ask.page(
        "deadlines.html",
        rows=found.rows,
        given=given,
        when=WHEN,
        kinds=KINDS,
        pages={
            "first": f"/deadlines?{urlencode(kept)}" if after else "",
            "more": f"/deadlines?{urlencode({**kept, 'after': found.after})}" if found.after else "",
        },
        file=f"/deadlines/file?{urlencode(kept)}",
    )


@page("GET", "/deadlines/file", "case.list")
def file(ask: Ask) -> Response:
    """Hand out the list as it is filtered."""
    heads = [ask.t(f"due.{name}") for name in ("what", "record", "by", "remaining", "basis")]
    return ask.finish(as_file("deadlines", heads, (_cells(ask, one) for one in _rows(ask))))


def _rows(ask: Ask) -> Iterator[Deadline]:
    after, count = "", 0
    while count < _MOST:
        found = _page(ask, after, _STEP)
        yield from found.rows
        count, after = count + len(found.rows), found.after
        if not after:
            return


def _cells(ask: Ask, one: Deadline) -> list[object]:
    basis = [said(ask.lang, each) for each in one.articles]
    left = "" if one.days_left is None else one.days_left
    return [said(ask.lang, one), f"{one.target} {one.title}", one.due or "", left, " ".join(basis) or ask.t("due.set")]  # fmt: skip


def _page(ask: Ask, after: str, size: int) -> Deadlines:
    home, when, kind = ask.desk.home, ask.query("when"), ask.query("kind")
    until: date | None = None
    if when in _NEAR:
        until = home.clock.now().date() + timedelta(days=_NEAR[when])
    return register.deadlines(
        home,
        ask.scope,
        until=until,
        overdue=True if when == "overdue" else False if when in _NEAR else None,
        statutory=kind == "statutory" if kind in KINDS else None,
        after=after,
        limit=size,
    )
