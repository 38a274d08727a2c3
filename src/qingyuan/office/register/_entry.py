"""What the register holds of a docket, computed from its fold, the law and the day."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib.resources import files

import msgspec

from qingyuan.cases import Case, CaseStage, Docket, DueDate, Lead, LeadStage, Matter, due_dates, handler_of
from qingyuan.errors import QingyuanError
from qingyuan.law import Law
from qingyuan.office.register._places import Places
from qingyuan.plainyaml import read_yaml
from qingyuan.shapes import convert
from qingyuan.store.register import NEVER, Due, Entry, Record, ReportLine

#: Index of the first event of a stream and of its newest one of the cases room.
Marks = Mapping[str, tuple[int, int]]

_OPEN_LEAD = frozenset({LeadStage.REGISTERED, LeadStage.ASSESSED})
_ENDED = frozenset({CaseStage.CLOSED, CaseStage.TRANSFERRED})
_RANK = {stage: rank for rank, stage in enumerate(CaseStage)}
_REMARK = re.compile(r"[（(][^（）()]*[)）]\s*$")
_MINORS = "minors"


def entry_of(
    docket: Docket,
    marks: Marks,
    *,
    law: Law,
    places: Places,
    now: datetime,
    report: tuple[ReportLine, ...] = (),
) -> Entry:
    """Return the rows of a docket.

    Args:
        docket: The folded docket, with at least one lead.
        marks: Of each of its streams.
        law: The law room.
        places: From names of offices to paths.
        now: Aware time; its day decides what is still open.
        report: What reports count of it.
    """
    top = docket.matter.id if docket.matter else next(iter(docket.leads))
    shielded = _shielded(docket)
    office = places(docket.office)
    dues = tuple(_dues(docket, top, office, places, law, now, shielded=shielded))
    records = [_lead(lead, top, office, marks, dues, shielded=shielded) for lead in docket.leads.values()]
    records += [
        _case(case, docket, top, places(case.office), marks, dues, shielded=shielded)
        for case in docket.cases.values()
    ]
    if docket.matter is not None:
        records.insert(0, _matter(docket, top, office, marks, dues, shielded=shielded))
    records += [
        _taken(matter, top, office, marks, shielded=shielded)
        for matter in docket.merged.values()
        if matter.id in marks
    ]
    return Entry(top, tuple(records), dues, tuple(_texts(docket, law)), report)


def shown_name(name: str) -> str:
    """Return a respondent's name as lists may show it: an organisation's whole, anybody else's first character.

    A remark in brackets behind the name, as in 甲公司（普通合伙）, says nothing of what it is.
    """
    return name if _REMARK.sub("", name).endswith(_endings()) else f"{name[:1]}某"


def _shielded(docket: Docket) -> bool:
    """Say whether a docket concerns minors, by its field, a basis of filing or an assessment."""
    if docket.matter is not None and docket.matter.field == _MINORS:
        return True
    if any(case.filed.basis == _MINORS for case in docket.cases.values()):
        return True
    return any(
        lead.registered.field == _MINORS
        or (lead.assessment and any(one.id == _MINORS and one.points for one in lead.assessment.components))
        for lead in docket.leads.values()
    )


def _next(dues: Iterable[Due], targets: frozenset[str]) -> str:
    return min((due.due for due in dues if due.target in targets), default=NEVER)


def _lead(
    lead: Lead, top: str, office: str, marks: Marks, dues: tuple[Due, ...], *, shielded: bool
) -> Record:
    known = lead.registered
    return Record(
        id=lead.id,
        kind="lead",
        docket=top,
        office=office,
        title=known.title,
        field=known.field,
        track="",
        stage=str(lead.stage),
        active=lead.stage in _OPEN_LEAD,
        source=known.source,
        handler=_handler(lead),
        shielded=shielded,
        score=lead.assessment.score if lead.assessment else -1,
        due=_next(dues, frozenset({lead.id})),
        begun=known.received_on.isoformat(),
        first=marks[lead.id][0],
        changed=marks[lead.id][1],
    )


def _case(
    case: Case,
    docket: Docket,
    top: str,
    office: str,
    marks: Marks,
    dues: tuple[Due, ...],
    *,
    shielded: bool,
) -> Record:
    who = "、".join(shown_name(name) for name in case.respondents)
    title = docket.matter.title if docket.matter else ""
    return Record(
        id=case.id,
        kind="case",
        docket=top,
        office=office,
        title=titled_with(title, who),
        field=docket.matter.field if docket.matter else "",
        track=case.track,
        stage=str(case.stage),
        active=case.stage not in _ENDED,
        source="",
        handler=_handler(case),
        shielded=shielded,
        score=-1,
        due=_next(dues, frozenset({case.id})),
        begun=case.filed_on.isoformat(),
        first=marks[case.id][0],
        changed=marks[case.id][1],
    )


def titled_with(title: str, who: str) -> str:
    """Return the title of a case with whom it is against; brackets are never put into or behind brackets."""
    if not who:
        return title
    return f"{title} · {who}" if "）" in who or title.endswith("）") else f"{title}（{who}）"


def _handler(record: Case | Lead) -> str:
    """Return whom the newest assignment names."""
    return str(record.acted("assignment")[-1].fields["handler"]) if record.acted("assignment") else ""


def _taken(matter: Matter, top: str, office: str, marks: Marks, *, shielded: bool) -> Record:
    """Return the row of a matter that was taken into another one."""
    return Record(
        id=matter.id,
        kind="matter",
        docket=top,
        office=office,
        title=matter.title,
        field=matter.field,
        track="",
        stage="merged",
        active=False,
        source="",
        handler="",
        shielded=shielded,
        score=-1,
        due=NEVER,
        begun=NEVER,
        first=marks[matter.id][0],
        changed=marks[matter.id][1],
    )


def _matter(
    docket: Docket, top: str, office: str, marks: Marks, dues: tuple[Due, ...], *, shielded: bool
) -> Record:
    assert docket.matter is not None
    open_ = [case.stage for case in docket.cases.values() if case.stage not in _ENDED]
    ended = bool(docket.cases) and not open_
    return Record(
        id=top,
        kind="matter",
        docket=top,
        office=office,
        title=docket.matter.title,
        field=docket.matter.field,
        track="",
        stage="closed" if ended else str(min(open_, key=_RANK.__getitem__)) if open_ else "opened",
        active=not ended,
        source="",
        handler=handler_of(docket, top),
        shielded=shielded,
        score=-1,
        due=_next(dues, frozenset({*docket.leads, *docket.cases})),
        begun=min(lead.registered.received_on for lead in docket.leads.values()).isoformat(),
        first=marks[top][0],
        changed=max(marks[stream][1] for stream in (top, *docket.leads, *docket.cases)),
    )


def _dues(
    docket: Docket, top: str, office: str, places: Places, law: Law, now: datetime, *, shielded: bool
) -> Iterator[Due]:
    offices = {case.id: places(case.office) for case in docket.cases.values()}
    try:
        found: tuple[DueDate, ...] = due_dates(docket, law=law, now=now)
    except QingyuanError as error:
        # A date that cannot be computed is shown as such, first of all, and stops nobody from acting.
        yield Due(
            target=top, key="undetermined", docket=top, office=office, shielded=shielded, kind="set",
            zh=f"期限无法计算：{error.zh}", en=f"the time limits cannot be computed: {error.en}", due="0001-01-01", firm=False,
            stopped=False, lapses=False, articles=b"[]",
        )  # fmt: skip
        return
    for one in found:
        yield Due(
            target=one.target,
            key=one.key,
            docket=top,
            office=offices.get(one.target, office),
            shielded=shielded,
            kind=one.kind,
            zh=one.zh,
            en=one.en,
            due=one.due.isoformat(),
            firm=one.firm,
            stopped=one.stopped,
            lapses=one.lapses,
            articles=msgspec.json.encode(one.articles),
        )


def _texts(docket: Docket, law: Law) -> Iterator[str]:
    """Yield what a docket may be found by; parties only as lists show them."""
    fields = {field.id: field for field in law.fields()}
    named = {docket.matter.field} if docket.matter else set()
    if docket.matter is not None:
        yield docket.matter.id
        yield docket.matter.title
    for lead in docket.leads.values():
        yield lead.id
        yield lead.registered.title
        yield lead.registered.region
        named.add(lead.registered.field)
    for name in sorted(named):
        yield name
        if name in fields:
            yield fields[name].zh
    for case in docket.cases.values():
        yield case.id
        yield case.office
        yield from (shown_name(name) for name in case.respondents)
        if case.suit is not None:
            yield case.suit.court
        yield from (str(act.fields["number"]) for act in case.acts if act.fields.get("number"))


@functools.cache
def _endings() -> tuple[str, ...]:
    raw = files("qingyuan.office.register").joinpath("organisations.yaml").read_bytes()
    return convert(read_yaml(raw), dict[str, tuple[str, ...]])["endings"]
