"""Figures: a query over rows, with the rows and events behind every number."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from statistics import median

import msgspec

from qingyuan.cases import choice_lists
from qingyuan.law import Law
from qingyuan.reports.errors import ReportError
from qingyuan.reports.queries import Queries, Query
from qingyuan.reports.rows import Row

_NONE = "none"
_CLOSING = ("closing-administrative", "closing-civil", "suit-end")


class Group(msgspec.Struct, frozen=True):
    """One number.

    Attributes:
        key: Values of the columns it is grouped by.
        zh: Their names, Chinese.
        en: The same in English.
        value: The number, as a decimal string; ``None`` when nothing could be measured.
        rows: Identifiers of the rows behind it.
        events: Log indices of their events.
    """

    key: tuple[str, ...]
    zh: tuple[str, ...]
    en: tuple[str, ...]
    value: str | None
    rows: tuple[str, ...]
    events: tuple[int, ...]


class Figure(msgspec.Struct, frozen=True):
    """The answer to a query.

    Attributes:
        query: Identifier of the query.
        zh: Title, Chinese.
        en: Title, English.
        unit_zh: What the value counts.
        unit_en: The same in English.
        since: First day of the rows counted, or ``None``.
        until: Last day, or ``None``.
        groups: The numbers.
        total: The same measure over every row counted; for ``open`` what is open at the end.
        counted: How many rows were counted.
        unmeasured: How many of them had no value to measure.
        caution_zh: What must be said with it; may be empty.
        caution_en: The same in English.
    """

    query: str
    zh: str
    en: str
    unit_zh: str
    unit_en: str
    since: date | None
    until: date | None
    groups: tuple[Group, ...]
    total: Group
    counted: int
    unmeasured: int
    caution_zh: str = ""
    caution_en: str = ""


class Span(msgspec.Struct, frozen=True):
    """Days counted, both included; ``None`` leaves an end open."""

    since: date | None = None
    until: date | None = None


#: No limit.
ALWAYS = Span()


def figure(
    queries: Queries, name: str, rows: Sequence[Row], *, law: Law, span: Span = ALWAYS, by: Sequence[str] = ()
) -> Figure:
    """Return the figure of the query ``name`` over ``rows``.

    Args:
        queries: The queries known.
        name: Identifier of one.
        rows: See :func:`~qingyuan.reports.rows.rows_of`.
        law: Names fields and regulators.
        span: Days counted.
        by: Columns to group by instead of the query's own.

    Raises:
        ReportError: No such query, or no such column.
    """
    query = queries.by_id.get(name)
    if query is None:
        known = " ".join(queries.by_id)
        raise ReportError(
            "report.unknown-query",
            zh=f"没有名为“{name}”的查询",
            en=f"there is no query named {name!r}",
            where=name,
            remedy_zh=f"可用的查询：{known}",
            remedy_en=f"known: {known}",
        )
    if by:
        query = msgspec.structs.replace(query, by=tuple(by))
    counted = [row for row in rows if row.kind == query.from_ and _within(row, span) and _passes(row, query)]
    names = _Names(queries, query, law)
    groups = _months(query, counted, span) if query.measure == "open" else _grouped(query, counted, names)
    measured = [row for row in counted if not query.of or row.values.get(query.of) is not None]
    return Figure(
        query=query.id,
        zh=query.zh,
        en=query.en,
        unit_zh=query.unit.zh,
        unit_en=query.unit.en,
        since=span.since,
        until=span.until,
        groups=groups,
        total=_total(query, groups, counted),
        counted=len(counted),
        unmeasured=len(counted) - len(measured),
        caution_zh=query.caution.zh if query.caution else "",
        caution_en=query.caution.en if query.caution else "",
    )


def _total(query: Query, groups: Sequence[Group], rows: Sequence[Row]) -> Group:
    if query.measure == "open" and groups:
        return msgspec.structs.replace(groups[-1], key=(), zh=(), en=())
    return _group((), (), (), query, rows)


def _within(row: Row, span: Span) -> bool:
    on = row.values["on"]
    return (
        isinstance(on, date)
        and (span.since is None or span.since <= on)
        and (span.until is None or on <= span.until)
    )


def _passes(row: Row, query: Query) -> bool:
    for one in query.where:
        value = row.values.get(one.column)
        if (one.is_ and value not in one.is_) or value in one.not_:
            return False
    return True


class _Names:
    """Names the values of columns."""

    def __init__(self, queries: Queries, query: Query, law: Law) -> None:
        self._values = queries.values
        self._lists: dict[str, dict[str, tuple[str, str]]] = {}
        for column, source in query.labels.items():
            self._lists[column] = _labels(source, law)

    def of(self, column: str, key: str) -> tuple[str, str]:
        if key in (known := self._lists.get(column, {})):
            return known[key]
        if key in self._values:
            return self._values[key].zh, self._values[key].en
        return key, key


def _labels(source: str, law: Law) -> dict[str, tuple[str, str]]:
    if source in {"field", "regulator"}:
        named = law.fields() if source == "field" else law.regulators()
        return {one.id: (one.zh, one.en) for one in named}
    lists = choice_lists()
    wanted = _CLOSING if source == "closing" else (source,)
    return {key: (choice.zh, choice.en) for name in wanted for key, choice in lists[name].items()}


def _grouped(query: Query, rows: Sequence[Row], names: _Names) -> tuple[Group, ...]:
    if not query.by:
        return ()
    held: Mapping[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        for column in query.by:
            if column not in row.values:
                raise ReportError(
                    "report.unknown-column",
                    zh=f"没有“{column}”这一列",
                    en=f"rows of {row.kind} have no column {column!r}",
                    where=query.id,
                    remedy_zh=f"可用的列：{' '.join(row.values)}",
                    remedy_en=f"columns: {' '.join(row.values)}",
                )
        key = tuple(_NONE if row.values[column] is None else str(row.values[column]) for column in query.by)
        held[key].append(row)
    found = []
    for key in sorted(held):
        named = [names.of(column, value) for column, value in zip(query.by, key, strict=True)]
        found.append(
            _group(key, tuple(zh for zh, _ in named), tuple(en for _, en in named), query, held[key])
        )
    if set(query.by) & {"year", "month"} or query.measure in {"mean", "median", "share"}:
        return tuple(found)
    return tuple(sorted(found, key=lambda group: (-float(group.value or 0), group.key)))


def _months(query: Query, rows: Sequence[Row], span: Span) -> tuple[Group, ...]:
    """Return how many rows were open at the end of each month from the first to the last that is known."""
    starts = [row.values["on"] for row in rows]
    ends = [row.values["until"] for row in rows]
    days = [day for day in (*starts, *ends, span.until) if isinstance(day, date)]
    if not rows or not days:
        return ()
    year, month, last = min(days).year, min(days).month, max(days)
    found = []
    while (year, month) <= (last.year, last.month):
        end = date(year, month, calendar.monthrange(year, month)[1])
        open_rows = [row for row in rows if _open_on(row, end)]
        name = f"{end:%Y-%m}"
        found.append(_group((name,), (name,), (name,), query, open_rows))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004 - months of a year
    return tuple(found)


def _open_on(row: Row, day: date) -> bool:
    on, until = row.values["on"], row.values["until"]
    return isinstance(on, date) and on <= day and (not isinstance(until, date) or until > day)


def _group(
    key: tuple[str, ...], zh: tuple[str, ...], en: tuple[str, ...], query: Query, rows: Sequence[Row]
) -> Group:
    used = [row for row in rows if not query.of or row.values.get(query.of) is not None]
    return Group(
        key=key,
        zh=zh,
        en=en,
        value=_value(query, used),
        rows=tuple(row.id for row in used),
        events=tuple(sorted({index for row in used for index in row.events})),
    )


def _value(query: Query, rows: Sequence[Row]) -> str | None:
    if query.measure in {"count", "open"}:
        return str(len(rows))
    values = [row.values[query.of] for row in rows]
    if query.measure == "share":
        yes = sum(value == "yes" for value in values)
        return _decimal(Fraction(100 * yes, len(values))) if values else None
    numbers = [value for value in values if isinstance(value, int)]
    if query.measure == "sum":
        return _decimal(Fraction(sum(numbers), query.scale))
    if not numbers:
        return None
    if query.measure == "median":
        return _decimal(Fraction(median(numbers)) / query.scale)
    return _decimal(Fraction(sum(numbers), len(numbers) * query.scale))


def _decimal(number: Fraction) -> str:
    """Return a number with at most two decimals, halves rounded up, e.g. ``12``, ``12.5``, ``33.33``."""
    scaled = (number * 100 + Fraction(1, 2)).__floor__()
    whole, part = divmod(scaled, 100)
    return f"{whole}.{part:02}".rstrip("0").rstrip(".") if part else str(whole)
