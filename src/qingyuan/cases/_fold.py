"""The fold: events in, docket out; pure, total over what the verbs can write, silent about nothing.

A working copy with plain dicts is filled event by event and frozen once at the end, so a long stream costs
one small record replacement an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from types import MappingProxyType
from typing import cast

from msgspec.structs import replace

from qingyuan.cases._apply import CASE_APPLIERS, LEAD_APPLIERS, MEASURE_APPLIERS, filed_case
from qingyuan.cases._clock import local_day
from qingyuan.cases.errors import CasesError
from qingyuan.cases.events import CaseEvent, EventDraft, Foreign, Payload, decode, is_ours
from qingyuan.cases.events.filing import CaseFiled
from qingyuan.cases.events.lead import (
    LeadJoined,
    LeadParted,
    LeadRegistered,
    MatterMerged,
    MatterOpened,
    MatterReturned,
    MatterSplit,
    MatterTaken,
)
from qingyuan.cases.events.measure import MeasureEntered
from qingyuan.cases.state import EMPTY, Case, Docket, Lead, LeadStage, Matter, Measure, Rechecked, Unread


class _Work:
    """A docket being folded."""

    def __init__(self, docket: Docket) -> None:
        self.leads: dict[str, Lead] = dict(docket.leads)
        self.matters: dict[str, Matter] = {docket.matter.id: docket.matter} if docket.matter else {}
        self.matters |= docket.aside
        self.merged: dict[str, Matter] = dict(docket.merged)
        #: Leads and matters that were joined at some time and whose streams are not at hand, until they are parted again.
        self.absent: dict[str, CaseEvent] = {}
        self.cases: dict[str, Case] = dict(docket.cases)
        self.heads: dict[str, int] = dict(docket.heads)
        self.exhibits: dict[str, str] = dict(docket.exhibits)
        self.others: dict[str, int] = dict(docket.others)
        self.unread: list[Unread] = list(docket.unread)
        #: Measures of the cases touched since the start; only these dicts may be written to.
        self.measures: dict[str, dict[str, Measure]] = {}

    def docket(self, *, whole: bool = True) -> Docket:
        """Return the docket; a ``whole`` one lacks no stream that was joined and not parted again."""
        for what, event in self.absent.items() if whole else ():
            raise _out_of_order(event, what)
        for case, measures in self.measures.items():
            self.cases[case] = replace(self.cases[case], measures=MappingProxyType(measures))
        matter = next(iter(self.matters.values()), None)
        aside = [*self.matters.values()][1:]
        return Docket(
            leads=MappingProxyType(self.leads),
            matter=matter,
            cases=MappingProxyType(self.cases),
            heads=MappingProxyType(self.heads),
            exhibits=MappingProxyType(self.exhibits),
            others=MappingProxyType(self.others),
            unread=tuple(self.unread),
            merged=MappingProxyType(self.merged),
            aside=MappingProxyType({each.id: each for each in aside}),
        )


#: How the types of events end by which engines say what a measure delivered.
_RECHECKED = ".rechecked"

_Opener = Callable[[_Work, CaseEvent, Payload], None]


def fold(events: Iterable[CaseEvent], docket: Docket = EMPTY) -> Docket:
    """Return ``docket`` after ``events``, in the order of the journal.

    Folding a prefix and then the rest gives what folding everything gives.

    Raises:
        CasesError: A number is missing or repeated in a stream (``cases.gap``), or an event speaks of
            a lead, case or measure that does not exist at that point (``cases.out-of-order``).
    """
    work = _Work(docket)
    for event in events:
        _apply(work, event)
    return work.docket()


def advance(docket: Docket, drafts: Iterable[EventDraft], *, now: datetime, actor: str) -> Docket:
    """Return ``docket`` as it will be once ``drafts`` are written at ``now`` by ``actor``.

    Raises:
        CasesError: The drafts do not fold.
    """
    work = _Work(docket)
    for item in drafts:
        n = work.heads.get(item.stream, 0)
        _apply(work, CaseEvent(item.stream, n, item.type, now, actor, decode(item.type, item.payload)))
    return work.docket(whole=False)


def _apply(work: _Work, event: CaseEvent) -> None:
    expected = work.heads.get(event.stream, 0)
    if event.n != expected:
        raise CasesError(
            "cases.gap",
            zh=f"事件编号不连续：应为第 {expected} 号，实为第 {event.n} 号",
            en=f"the numbers of the stream do not join: expected {expected}, got {event.n}",
            where=event.stream,
            remedy_zh="请按日志次序读取整条事件流",
            remedy_en="read the whole stream in the order of the journal",
        )
    payload = event.payload
    if isinstance(payload, Foreign):
        _foreign(work, event, payload)
    else:
        _own(work, event, payload)
    work.heads[event.stream] = expected + 1


def _foreign(work: _Work, event: CaseEvent, payload: Foreign) -> None:
    if is_ours(event.type):
        work.unread.append(Unread(event.stream, event.n, event.type))
        return
    work.others[event.type] = work.others.get(event.type, 0) + 1
    if event.type.endswith(_RECHECKED):
        _rechecked(work, event, payload)
    exhibit = payload.data.get("exhibit")
    if event.type in {"evidence.extracted", "evidence.generated"} and isinstance(exhibit, str):
        work.exhibits[exhibit] = event.stream


def _rechecked(work: _Work, event: CaseEvent, payload: Foreign) -> None:
    """Note with a measure what an engine found when it looked again."""
    measure, remaining = payload.data.get("measure"), payload.data.get("remaining")
    measures = _measures(work, event) if event.stream in work.cases else {}
    if not isinstance(measure, str) or measure not in measures:
        return
    seen = Rechecked(
        local_day(event.at),
        event.type.removesuffix(_RECHECKED),
        str(payload.data.get("verdict", "")),
        str(payload.data.get("exhibit", "")),
        remaining if isinstance(remaining, int) else 0,
    )
    measures[measure] = replace(measures[measure], rechecks=(*measures[measure].rechecks, seen))


def _own(work: _Work, event: CaseEvent, payload: Payload) -> None:
    kind = type(payload)
    if (on_case := CASE_APPLIERS.get(kind)) is not None:
        work.cases[event.stream] = on_case(_case(work, event), payload)
    elif (on_measure := MEASURE_APPLIERS.get(kind)) is not None:
        measures = _measures(work, event)
        key = str(getattr(payload, "measure", ""))
        if key not in measures:
            raise _out_of_order(event, key)
        measures[key] = on_measure(measures[key], payload)
    elif (on_lead := LEAD_APPLIERS.get(kind)) is not None:
        work.leads[event.stream] = on_lead(_lead(work, event, event.stream), payload)
    else:
        _OPENERS.get(kind, _named)(work, event, payload)


def _named(work: _Work, event: CaseEvent, _: Payload) -> None:
    # A type in the codec without an applier would be a defect of this version; it is named like any other.
    work.unread.append(Unread(event.stream, event.n, event.type))


def _register(work: _Work, event: CaseEvent, payload: LeadRegistered) -> None:
    if event.stream in work.leads:
        raise _out_of_order(event, event.stream)
    work.leads[event.stream] = Lead(event.stream, payload, event.at)


def _enter(work: _Work, event: CaseEvent, payload: MeasureEntered) -> None:
    measures = _measures(work, event)
    if payload.measure in measures:
        raise _out_of_order(event, payload.measure)
    measures[payload.measure] = Measure(payload)


def _open(work: _Work, event: CaseEvent, payload: MatterOpened) -> None:
    if event.stream in work.matters:
        raise _out_of_order(event, event.stream)
    for lead in payload.leads:
        if _lead(work, event, lead).stage is LeadStage.OPENED:
            raise _out_of_order(event, lead)
        work.leads[lead] = replace(work.leads[lead], matter=event.stream, stage=LeadStage.OPENED)
    work.matters[event.stream] = Matter(event.stream, payload.title, payload.field, payload.leads)


def _join(work: _Work, event: CaseEvent, payload: LeadJoined) -> None:
    matter = _matter(work, event, event.stream)
    if payload.lead in work.leads:
        work.leads[payload.lead] = replace(
            work.leads[payload.lead], matter=event.stream, stage=LeadStage.OPENED
        )
    else:
        work.absent[payload.lead] = event
    work.matters[matter.id] = replace(matter, leads=(*matter.leads, payload.lead))


def _part(work: _Work, event: CaseEvent, payload: LeadParted) -> None:
    matter = _matter(work, event, event.stream)
    if payload.lead not in matter.leads:
        raise _out_of_order(event, payload.lead)
    lead = work.leads.get(payload.lead)
    if lead is not None:
        work.leads[payload.lead] = replace(lead, matter="", stage=LeadStage.ASSESSED)
    work.absent.pop(payload.lead, None)
    work.matters[matter.id] = replace(
        matter, leads=tuple(each for each in matter.leads if each != payload.lead)
    )


def _merge(work: _Work, event: CaseEvent, payload: MatterMerged) -> None:
    matter = _matter(work, event, event.stream)
    taken = work.matters.pop(payload.matter, None)
    if taken is None:
        work.absent[payload.matter] = event
        taken = Matter(payload.matter, "", "", payload.leads, payload.cases)
    _own_leads(work, taken.leads, matter.id)
    work.merged[taken.id] = taken
    work.matters[matter.id] = replace(
        matter, leads=(*matter.leads, *taken.leads), cases=(*matter.cases, *taken.cases)
    )


def _split(work: _Work, event: CaseEvent, payload: MatterSplit) -> None:
    matter = _matter(work, event, event.stream)
    given = work.merged.pop(payload.matter, None)
    if given is None:
        raise _out_of_order(event, payload.matter)
    # What it came with goes with it; the streams are folded on their own from now on.
    for name in given.leads:
        work.leads.pop(name, None)
    for name in given.cases:
        work.cases.pop(name, None)
        work.measures.pop(name, None)
    for name in (given.id, *given.leads, *given.cases):
        work.heads.pop(name, None)
    work.absent.pop(given.id, None)
    work.matters[matter.id] = replace(
        matter,
        leads=tuple(each for each in matter.leads if each not in given.leads),
        cases=tuple(each for each in matter.cases if each not in given.cases),
    )


def _note(work: _Work, event: CaseEvent, payload: MatterTaken | MatterReturned) -> None:
    """Take note: what it does to a docket, its counterpart in the other matter's stream has done."""


def _own_leads(work: _Work, leads: Iterable[str], matter: str) -> None:
    for name in leads:
        if name in work.leads:
            work.leads[name] = replace(work.leads[name], matter=matter)


def _file(work: _Work, event: CaseEvent, payload: CaseFiled) -> None:
    matter = _matter(work, event, payload.matter)
    if event.stream in work.cases:
        raise _out_of_order(event, event.stream)
    work.cases[event.stream] = filed_case(event.stream, payload)
    work.matters[matter.id] = replace(matter, cases=(*matter.cases, event.stream))


#: Events that begin a record or join records, by payload type; the key guarantees the cast.
_OPENERS: dict[type[Payload], _Opener] = {
    LeadRegistered: cast("_Opener", _register),
    MatterOpened: cast("_Opener", _open),
    LeadJoined: cast("_Opener", _join),
    LeadParted: cast("_Opener", _part),
    MatterMerged: cast("_Opener", _merge),
    MatterSplit: cast("_Opener", _split),
    MatterTaken: cast("_Opener", _note),
    MatterReturned: cast("_Opener", _note),
    CaseFiled: cast("_Opener", _file),
    MeasureEntered: cast("_Opener", _enter),
}


def _lead(work: _Work, event: CaseEvent, lead: str) -> Lead:
    if lead not in work.leads:
        raise _out_of_order(event, lead)
    return work.leads[lead]


def _matter(work: _Work, event: CaseEvent, matter: str) -> Matter:
    if matter not in work.matters:
        raise _out_of_order(event, matter)
    return work.matters[matter]


def _case(work: _Work, event: CaseEvent) -> Case:
    if event.stream not in work.cases:
        raise _out_of_order(event, event.stream)
    return work.cases[event.stream]


def _measures(work: _Work, event: CaseEvent) -> dict[str, Measure]:
    if event.stream not in work.measures:
        work.measures[event.stream] = dict(_case(work, event).measures)
    return work.measures[event.stream]


def _out_of_order(event: CaseEvent, what: str) -> CasesError:
    return CasesError(
        "cases.out-of-order",
        zh=f"事件“{event.type}”与已有记录不符：{what} 此前不存在，或已经存在",
        en=f"event {event.type!r} does not fit what came before: {what} does not exist yet, or exists already",
        where=f"{event.stream} {event.n}",
        remedy_zh="请按日志次序读取该案全部事件流",
        remedy_en="read all streams of the docket in the order of the journal",
    )
