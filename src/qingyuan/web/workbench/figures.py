"""Statistics: every figure is a query over signed records, and opens the records behind it; papers made of figures."""

from __future__ import annotations

import csv
import io
import threading
import weakref
from datetime import date

import msgspec
from starlette.responses import Response

from qingyuan.documents.docx import render_docx
from qingyuan.documents.pdf import render_pdf
from qingyuan.office.cells import plain_cell
from qingyuan.office.home import Home
from qingyuan.office.reporting import Holdings, holdings, home_figure, home_paper, statistics_page
from qingyuan.reports import Figure, Query, Span
from qingyuan.web.asking import Ask, kept
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.routing import page
from qingyuan.web.workbench.cards import chosen, written

#: Papers that can be made, and the kinds of file.
PAPERS = ("white-paper", "class-case")
_KINDS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
_BEHIND = 500
_LOCK = threading.Lock()
_HELD: weakref.WeakKeyDictionary[Home, tuple[int, Holdings]] = weakref.WeakKeyDictionary()


class Shown(msgspec.Struct, frozen=True):
    """A figure with its query, for a page.

    Attributes:
        figure: The figure.
        query: The query it answers.
        most: The largest value, for the length of bars.
        points: Of a line: places in a box of 600 by 160, with the name and value of each.
    """

    figure: Figure
    query: Query
    most: float
    points: tuple[tuple[float, float, str, str], ...]

    @property
    def empty(self) -> bool:
        """Return whether nothing was counted."""
        return not self.figure.counted


@page("GET", "/statistics", "office.count", slow=True)
def index(ask: Ask) -> Response:
    """Show every figure of a span of days, and of one field when one is chosen."""
    held, span, field = _held(ask.desk.home), _span(ask), ask.query("field")
    shown = [_shown(ask, held, name, span, field) for name in held.queries.by_id]
    return ask.page(
        "statistics.html",
        shown=[one for one in shown if not one.empty],
        silent=[one for one in shown if one.empty],
        fields=ask.desk.home.law.fields(),
        papers=PAPERS,
        asked=_asked(ask),
        query=kept(_asked(ask)),
    )


@page("GET", "/statistics/{name}", "office.count", slow=True)
def show(ask: Ask, name: str) -> Response:
    """Show one figure: its query, its numbers, and behind each the records and their entries of the log."""
    held, span, field = _held(ask.desk.home), _span(ask), ask.query("field")
    if name not in held.queries.by_id:
        raise not_found(name)
    shown = _shown(ask, held, name, span, field)
    if ask.query("format") == "csv":
        return _csv(ask, shown.figure)
    group = ask.query("group")
    groups = [one for one in shown.figure.groups if not group or "/".join(one.key) == group]
    wanted = {row for one in (groups or [shown.figure.total]) for row in one.rows}
    rows = [row for row in held.rows(shown.query.from_) if row.id in wanted]
    return ask.page(
        "figure.html",
        one=shown,
        rows=rows[:_BEHIND],
        total=len(rows),
        group=group,
        named=[
            {one.key[at]: getattr(one, ask.lang)[at] for one in shown.figure.groups}
            for at, _ in enumerate(shown.query.by)
        ],
        asked=_asked(ask),
        query=kept(_asked(ask)),
    )


@page("GET", "/reports/{name}", "office.count")
def paper(ask: Ask, name: str) -> Response:
    """Hand out a white paper or a report on a class of cases, as ``.docx`` or PDF."""
    if name == "statistics":
        return _statistics(ask)
    kind = ask.query("format") or "pdf"
    if name not in PAPERS or kind not in _KINDS:
        raise not_found(name)
    home = ask.desk.home
    document = home_paper(
        home, _held(home), name, _span(ask), home.clock.now().date(), ask.query("field"), ask.lang
    )
    data = render_docx(document) if kind == "docx" else render_pdf(document)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return Response(data, media_type=_KINDS[kind], headers=headers)


def _statistics(ask: Ask) -> Response:
    """Return every figure that counted something as one file for screen or print."""
    home, held, span = ask.desk.home, _held(ask.desk.home), _span(ask)
    found = [home_figure(home, held, one, span, field=ask.query("field")) for one in held.queries.by_id]
    issued = home.clock.now().date().isoformat()
    counted = [one for one in found if one.counted]
    return written(
        ask, statistics_page(home, counted, issued=issued, lang=ask.lang, say=chosen(ask)), "statistics"
    )


def _held(home: Home) -> Holdings:
    """Return what reports are made from, read again when the log grew."""
    head = home.head()
    size = head.size if head else 0
    with _LOCK:
        known = _HELD.get(home)
        if known is None or known[0] != size:
            known = _HELD[home] = size, holdings(home)
    return known[1]


def _shown(ask: Ask, held: Holdings, name: str, span: Span, field: str) -> Shown:
    found = home_figure(ask.desk.home, held, name, span, field=field)
    return drawn(found, held.queries.by_id[name])


def drawn(found: Figure, query: Query) -> Shown:
    """Return a figure as it is drawn: the length of bars, or the points of a line."""
    values = [(one, float(one.value)) for one in found.groups if one.value is not None]
    most = max((value for _, value in values), default=0.0) or 1.0
    points: tuple[tuple[float, float, str, str], ...] = ()
    if query.picture == "line" and len(values) > 1:
        step = 600 / (len(values) - 1)
        points = tuple(
            (round(at * step, 1), round(150 - 140 * value / most, 1), "".join(one.key), one.value or "")
            for at, (one, value) in enumerate(values)
        )
    return Shown(found, query, most, points)


def _csv(ask: Ask, figure: Figure) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([figure.query, figure.zh if ask.lang == "zh" else figure.en, "rows", "log"])
    for one in (*figure.groups, figure.total):
        name = "、".join(one.zh) if ask.lang == "zh" else ", ".join(one.en)
        cells = [name, str(one.value or ""), " ".join(one.rows), " ".join(str(index) for index in one.events)]
        writer.writerow([plain_cell(cell) for cell in cells])
    headers = {"Content-Disposition": f'attachment; filename="{figure.query}.csv"'}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _span(ask: Ask) -> Span:
    since, until = (_day(ask.query(name)) for name in ("from", "to"))
    if since and until and since > until:
        raise bad_request("起始日期晚于截止日期", "the first day is after the last")
    return Span(since, until)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise bad_request("日期无法识别", "that is no date") from error


def _asked(ask: Ask) -> dict[str, str]:
    """Return the filters as they stand in the address, to keep them in links."""
    return {name: ask.query(name) for name in ("from", "to", "field")}
