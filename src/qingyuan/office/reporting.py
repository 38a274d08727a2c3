"""Reports of a home: its dockets read once, figures and papers made from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from qingyuan.cases import choice_label
from qingyuan.documents import Document
from qingyuan.documents.page import Bar, Chart, Part, Report
from qingyuan.documents.sheet import SheetTable
from qingyuan.documents.spelling import spelled
from qingyuan.office.casework import load
from qingyuan.office.holdings import Holdings, holdings, queries_of
from qingyuan.office.home import Home
from qingyuan.reports import Event, Figure, Listed, Span, figure, needed, paper
from qingyuan.reports.card import Card, card
from qingyuan.reports.charts import written
from qingyuan.store import StoredEvent

_MOST_LISTED = 60


def _events(stored: Sequence[StoredEvent]) -> list[Event]:
    return [
        Event(
            one.index,
            one.stream,
            one.type,
            str(one.payload.get("measure", "") or ""),
            datetime.fromisoformat(one.at).date(),
        )
        for one in stored
    ]


def home_card(home: Home, identifier: str) -> Card:
    """Return the card of the affair that a lead, matter or case belongs to.

    Raises:
        OfficeError: There is no such record.
    """
    one = load(home, identifier)
    return card(one.docket, _events(one.events), office=home.settings.office.name)


def home_figure(
    home: Home, held: Holdings, name: str, span: Span, by: Sequence[str] = (), field: str = ""
) -> Figure:
    """Return one figure, of one field of casework when ``field`` names one.

    Raises:
        ReportError: No such query or column.
    """
    query = held.queries.by_id.get(name)
    found = held.rows(query.from_) if query else []
    rows = [row for row in found if not field or row.values.get("field") == field]
    return figure(held.queries, name, rows, law=home.law, span=span, by=by)


def home_paper(
    home: Home,
    held: Holdings,
    name: str,
    span: Span,
    issued: date,
    field: str = "",
    lang: str = "zh",
) -> Document:
    """Return a white paper (``white-paper``) or a class-case report (``class-case``), in Chinese or English.

    Raises:
        ReportError: The paper's plan is wrong.
    """
    figures = {one: home_figure(home, held, one, span, field=field) for one in needed(name, lang)}
    subject = next((one.zh if lang == "zh" else one.en for one in home.law.fields() if one.id == field), "")
    made = paper(
        name,
        figures,
        held.queries,
        author=home.settings.office.name,
        issued=issued,
        subject=subject,
        lists=_lists(held, span, field, lang),
        lang=lang,
    )
    return spelled(made)


def _lists(held: Holdings, span: Span, field: str, lang: str) -> dict[str, Listed]:
    matters: list[tuple[tuple[str, int | None], ...]] = []
    measures: list[tuple[tuple[str, int | None], ...]] = []
    for line in (*held.lines.get("case", ()), *held.lines.get("measure", ())):
        row, title = line.row, line.title
        on = row.values["on"]
        inside = isinstance(on, date) and (span.since or on) <= on <= (span.until or on)
        if not inside or (field and row.values.get("field") != field):
            continue
        event = row.events[0] if row.events else None
        if row.kind == "case":
            matters.append(((row.id, event), (str(on), event), (title, event)))
        elif row.values["settled"] == "no":
            status = choice_label("measure-status", str(row.values["status"]))
            state = status.zh if lang == "zh" else status.en
            measures.append(((row.id, event), (str(row.values["owner"]), event), (state, event)))
    heads = (
        (("案件", "立案日期", "总案"), ("措施", "责任单位", "状态"))
        if lang == "zh"
        else (("Case", "Filed on", "Matter"), ("Measure", "Who carries it out", "State"))
    )
    return {
        "matters": Listed(heads[0], tuple(matters[:_MOST_LISTED]), (3, 3, 8)),
        "measures": Listed(heads[1], tuple(measures[:_MOST_LISTED]), (4, 6, 3)),
    }


def statistics_page(
    home: Home, figures: Sequence[Figure], *, issued: str, lang: str, say: Callable[[str, str], str]
) -> Report:
    """Return figures as a report for screen and print."""
    parts = []
    for one in figures:
        groups = [group for group in one.groups if group.value is not None]
        names = [(group.zh if lang == "zh" else group.en) for group in groups]
        bars = tuple(
            Bar("、".join(name), (float(group.value or 0),), written(group.value))
            for name, group in zip(names, groups, strict=True)
        )
        caption = say(f"{one.zh}（{one.unit_zh}）", f"{one.en} ({one.unit_en})")
        rows = tuple(
            ("、".join(name), written(group.value), f"{len(group.rows):,}", f"{len(group.events):,}")
            for name, group in zip(names, groups, strict=True)
        )
        columns = (say("项目", "group"), say("数值", "value"), say("项数", "rows"), say("记录", "events"))
        said = say(f"查询 {one.query}，计入{one.counted:,}项", f"query {one.query}, {one.counted:,} counted")
        caution = say(one.caution_zh, one.caution_en)
        parts.append(
            Part(
                say(one.zh, one.en),
                (said, *((caution,) if caution else ())),
                Chart(caption, (say(one.unit_zh, one.unit_en),), bars) if bars else None,
                SheetTable(columns, rows, (6, 2, 2, 2)) if rows else None,
            )
        )
    return Report(
        lang=lang,
        title=say("办案统计", "Statistics"),
        subtitle=say("每个数字都是对已签名记录的查询", "every number is a query over signed records"),
        author=home.settings.office.name,
        issued=issued,
        facts=((say("制作单位", "office"), home.settings.office.name), (say("制作日期", "made on"), issued)),
        parts=tuple(parts),
        footer=say(
            "qingyuan report figure 查询 --rows 列出每个数字背后的记录",
            "qingyuan report figure QUERY --rows lists what is behind a number",
        ),
    )


def _field(home: Home, name: str, say: Callable[[str, str], str]) -> str:
    return next((say(one.zh, one.en) for one in home.law.fields() if one.id == name), name)


def card_page(home: Home, shown: Card, *, issued: str, lang: str, say: Callable[[str, str], str]) -> Report:
    """Return a case card as a report for screen and print."""
    rows = tuple(
        (
            line.id,
            say(line.zh, line.en),
            say(line.value, line.value_en or line.value),
            " ".join(str(index) for index in line.events[:12]),
        )
        for line in shown.lines
    )
    columns = (
        say("记录", "record"),
        say("事项", "item"),
        say("内容", "content"),
        say("账本索引", "log index"),
    )
    return Report(
        lang=lang,
        title=say("案卡", "Case card"),
        subtitle=f"{shown.id}　{shown.title}",
        author=home.settings.office.name,
        issued=issued,
        facts=(
            (say("编号", "identifier"), shown.id),
            (say("领域", "field"), _field(home, shown.field, say)),
            (say("制作日期", "made on"), issued),
        ),
        parts=(Part(say("办理情况", "Progress"), (), None, SheetTable(columns, rows, (3, 3, 8, 4))),),
        footer=say("内容取自已签名的记录", "read from signed records"),
    )


__all__ = [
    "Holdings",
    "card_page",
    "holdings",
    "home_card",
    "home_figure",
    "home_paper",
    "queries_of",
    "statistics_page",
]
