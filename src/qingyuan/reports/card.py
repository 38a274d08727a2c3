"""The case card (案卡): one affair on a page, every line with the events it was read from."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from qingyuan.cases import Case, Docket, choice_label
from qingyuan.reports.rows import Event, Row, rows_of

#: Day of a case, its name, and the type of the event that states it.
_CASE_DAYS = (
    ("filed_on", "立案", "filed", "case.filed"),
    ("filing_served_on", "送达立案决定", "filing served", "case.filing_served"),
    ("consulted_on", "磋商", "consulted", "case.consulted"),
    ("investigated_on", "调查终结", "investigated", "case.investigated"),
    ("suggestion_on", "决定提出检察建议", "suggestion decided", "case.suggestion_issued"),
    ("suggestion_served_on", "送达检察建议", "suggestion served", "case.suggestion_served"),
    ("suggestion_recorded_on", "检察建议备案", "suggestion filed upward", "case.suggestion_recorded"),
    ("replied_on", "收到回复", "replied", "case.reply_received"),
    ("noticed_on", "公告", "notice published", "case.notice_published"),
    ("followed_up_on", "跟进调查", "followed up", "case.followed_up"),
    ("sued_on", "起诉", "sued", "case.suit_filed"),
    ("closed_on", "终结", "closed", "case.closed"),
    ("looked_back_on", "回头看", "looked back", "case.looked_back"),
)

#: The act by which relatives are asked in place of the public notice (公益诉讼解释 art. 13).
_RELATIVES = "relatives-asked"


class Line(msgspec.Struct, frozen=True):
    """One line of the card.

    Attributes:
        id: Record it is about.
        zh: What it says, Chinese.
        en: The same in English.
        value: Its value.
        events: Log indices of the events behind it.
        value_en: Its value in English, where that is another.
    """

    id: str
    zh: str
    en: str
    value: str
    events: tuple[int, ...]
    value_en: str = ""


class Card(msgspec.Struct, frozen=True):
    """The card of one affair.

    Attributes:
        id: The matter, or the lead when no matter was opened.
        title: One line.
        field: Field of the public interest.
        lines: What is known, in order.
        rows: The rows that figures count, for the same affair.
    """

    id: str
    title: str
    field: str
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]


def card(docket: Docket, events: Sequence[Event], *, office: str) -> Card:
    """Return the card of ``docket``; ``events`` are those it was folded from."""
    rows = rows_of([(docket, events)], office=office)
    behind = {row.id: row.events for row in rows}
    lines: list[Line] = []
    for lead in docket.leads.values():
        said = lead.registered
        at = behind[lead.id]
        lines.append(Line(lead.id, "线索", "lead", said.title, at))
        lines.append(Line(lead.id, "来源", "source", *_label("lead-source", said.source, at)))
        lines.append(Line(lead.id, "收到", "received", said.received_on.isoformat(), at))
        lines.append(Line(lead.id, "阶段", "stage", *_label("lead-stage", str(lead.stage), at)))
        items = said.counts.sensitive + said.counts.important + said.counts.general
        if items:
            lines.append(Line(lead.id, "个人信息条数", "items of personal information", f"{items:,}", at))
    for case in docket.cases.values():
        lines += _case(case, [event for event in events if event.stream == case.id])
        for measure in case.measures.values():
            identifier = f"{case.id}/{measure.id}"
            told = f"{measure.entered.text}（{measure.entered.owner}，{measure.entered.due}）"
            state = choice_label("measure-status", str(measure.status))
            lines.append(
                Line(identifier, f"整改措施：{state.zh}", f"measure: {state.en}", told, behind[identifier])
            )
    first = next(iter(docket.leads.values()))
    matter = docket.matter
    return Card(
        id=matter.id if matter else first.id,
        title=matter.title if matter else first.registered.title,
        field=matter.field if matter else first.registered.field,
        lines=tuple(lines),
        rows=rows,
    )


def _case(case: Case, events: Sequence[Event]) -> list[Line]:
    filed = _last(events, "case.filed")
    lines = [
        Line(case.id, "案件类型", "track", *_label("track", case.track, filed)),
        Line(
            case.id,
            "阶段",
            "stage",
            *_label("case-stage", str(case.stage), tuple(e.index for e in events)),
        ),
    ]
    if case.respondents:
        named = _last(events, "case.respondent_identified") or filed
        lines.append(Line(case.id, "被监督对象", "respondents", "、".join(case.respondents), named))
    for name, zh, en, kind in _CASE_DAYS:
        if name == "followed_up_on":
            lines += _relatives(case, events)
        day = case.day(name)
        if day is not None:
            lines.append(Line(case.id, zh, en, day.isoformat(), _last(events, kind)))
    return lines


def _relatives(case: Case, events: Sequence[Event]) -> list[Line]:
    """Return what the relatives of heroes and martyrs answered, each time they were asked directly."""
    entries = [event for event in events if event.type == "case.acted"]
    lines: list[Line] = []
    for asked, event in zip(case.acts, entries, strict=False):
        if asked.act != _RELATIVES:
            continue
        answer, _, answer_en = _label("relatives-answer", str(asked.fields.get("answer", "")), ())
        on = asked.on.isoformat()
        lines.append(
            Line(
                case.id,
                "直接征询近亲属意见",
                "relatives asked directly",
                f"{on} {answer}",
                (event.index,),
                f"{on} {answer_en}",
            )
        )
    return lines


def _last(events: Sequence[Event], kind: str) -> tuple[int, ...]:
    """Return the newest event of a type, which is the one that states a day."""
    return tuple(event.index for event in events if event.type == kind)[-1:]


def _label(kind: str, key: str, events: tuple[int, ...]) -> tuple[str, tuple[int, ...], str]:
    """Return the words of a closed list as the end of a line: value, events, value in English."""
    choice = choice_label(kind, key)
    return choice.zh, events, choice.en
