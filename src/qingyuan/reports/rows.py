"""Rows: what the events of dockets say of leads, cases, measures and payments, each with the events behind it.

A figure counts or sums rows and nothing else. A row names the log indices of the events it was read from, so that
every number in a report leads back to signed entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from qingyuan.cases import Case, Docket, Lead, Measure
from qingyuan.cases.events.act import CaseActed

#: What stands in a column of a row.
Value = str | int | date | None

_STAGES = (
    ("days_to_investigated", "filed_on", "investigated_on"),
    ("days_to_suggestion", "investigated_on", "suggestion_on"),
    ("days_to_notice", "investigated_on", "noticed_on"),
    ("days_to_reply", "suggestion_served_on", "replied_on"),
    ("days_to_suit", "filed_on", "sued_on"),
    ("days_to_closing", "filed_on", "closed_on"),
)


class Event(msgspec.Struct, frozen=True):
    """Where an event stands.

    Attributes:
        index: Index in the log.
        stream: Its stream.
        type: Its type.
        measure: Measure it concerns, or ``""``.
        on: Day it was recorded.
    """

    index: int
    stream: str
    type: str
    measure: str = ""
    on: date | None = None


class Row(msgspec.Struct, frozen=True):
    """One thing that can be counted.

    Attributes:
        kind: ``lead``, ``case``, ``measure`` or ``payment``.
        id: Identifier, e.g. ``"C2026-0001"`` or ``"C2026-0001/m01"``.
        values: Its columns; see :data:`COLUMNS`.
        events: Log indices of the events it was read from.
    """

    kind: str
    id: str
    values: dict[str, Value]
    events: tuple[int, ...]


#: The columns of each kind of row; ``on`` is the day that places a row in a year, ``until`` the day it was settled.
COLUMNS: dict[str, tuple[str, ...]] = {
    kind: ("on", "year", "month", "until", *names.split())
    for kind, names in {
        "lead": "source field region office stage conclusion opened transferred declined score persons sensitive "
        "important general items",
        "case": "track field basis regulator office stage outcome ground suggested replied sued closed hearings measures "
        f"look_back reopened {' '.join(name for name, _, _ in _STAGES)}",
        "measure": "case field owner duty status settled punctual days_late",
        "payment": "case field what fen",
    }.items()
}


def rows_of(dockets: Iterable[tuple[Docket, Sequence[Event]]], *, office: str) -> tuple[Row, ...]:
    """Return the rows of ``dockets``, each given with its events in the order of the log.

    Args:
        dockets: Folded dockets and where their events stand.
        office: Name of the home's office, for records that name none.
    """
    found: list[Row] = []
    for docket, events in dockets:
        streams: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            streams[event.stream].append(event)
        found += [_lead(lead, streams[lead.id], office) for lead in docket.leads.values()]
        field = docket.matter.field if docket.matter else ""
        for case in docket.cases.values():
            behind = streams[case.id]
            found.append(_case(case, behind, field))
            found += [_measure(case, measure, behind, field) for measure in case.measures.values()]
            found += _payments(case, behind, field)
    return tuple(sorted(found, key=lambda row: (row.kind, row.id)))


def _dated(on: date, until: date | None) -> dict[str, Value]:
    return {"on": on, "year": on.year, "month": f"{on:%Y-%m}", "until": until}


def _flag(value: object) -> str:
    return "yes" if value else "no"


def _lead(lead: Lead, events: Sequence[Event], office: str) -> Row:
    said, counts = lead.registered, lead.registered.counts
    stage = str(lead.stage)
    return Row(
        "lead",
        lead.id,
        {
            **_dated(said.received_on, None),
            "source": said.source,
            "field": said.field,
            "region": said.region or None,
            "office": said.office or office,
            "stage": stage,
            "conclusion": lead.conclusion,
            "opened": _flag(lead.matter),
            "transferred": _flag(stage == "transferred"),
            "declined": _flag(stage == "declined"),
            "score": lead.assessment.score if lead.assessment else None,
            "persons": counts.persons,
            "sensitive": counts.sensitive,
            "important": counts.important,
            "general": counts.general,
            "items": counts.sensitive + counts.important + counts.general,
        },
        tuple(event.index for event in events if event.type.startswith("lead.")),
    )


def _case(case: Case, events: Sequence[Event], field: str) -> Row:
    outcome = "open"
    if case.closed_on:
        outcome = "closed-after-suit" if case.sued_on else "closed-before-suit"
    elif case.transferred_on:
        outcome = "transferred"
    elif case.sued_on:
        outcome = "sued"
    return Row(
        "case",
        case.id,
        {
            **_dated(case.filed_on, case.ended_on),
            "track": case.track,
            "field": field or None,
            "basis": case.filed.basis,
            "regulator": case.regulator or None,
            "office": case.filed.office,
            "stage": str(case.stage),
            "outcome": outcome,
            "ground": case.closing_ground or None,
            "suggested": _flag(case.suggestion_on),
            "replied": _flag(case.replied_on),
            "sued": _flag(case.sued_on),
            "closed": _flag(case.closed_on),
            "hearings": len(case.hearings),
            "measures": len(case.measures),
            "look_back": case.look_back_outcome,
            "reopened": _flag(case.acted("reopening")),
            **{name: _days(case.day(first), case.day(last)) for name, first, last in _STAGES},
        },
        tuple(event.index for event in events if event.type.startswith("case.")),
    )


def _days(first: date | None, last: date | None) -> int | None:
    return None if first is None or last is None else (last - first).days


def _measure(case: Case, measure: Measure, events: Sequence[Event], field: str) -> Row:
    until = (measure.verified_on or measure.submitted_on) if measure.settled else None
    done = measure.submitted_on or until
    late = None if until is None or done is None else max(0, (done - measure.entered.due).days)
    mine = [event for event in events if event.measure == measure.id]
    entered = next((event.on for event in mine if event.on is not None), None) or case.filed_on
    return Row(
        "measure",
        f"{case.id}/{measure.id}",
        {
            **_dated(entered, until),
            "case": case.id,
            "field": field or None,
            "owner": measure.entered.owner,
            "duty": measure.entered.duty or None,
            "status": str(measure.status),
            "settled": _flag(measure.settled),
            "punctual": None if late is None else _flag(late == 0),
            "days_late": late,
        },
        tuple(event.index for event in mine),
    )


def _payments(case: Case, events: Sequence[Event], field: str) -> list[Row]:
    entries = [event for event in events if event.type == CaseActed.TYPE]
    found = []
    for number, (act, event) in enumerate(zip(case.acts, entries, strict=False), start=1):
        fen = act.fields.get("fen")
        if not isinstance(fen, int):
            continue
        values: dict[str, Value] = {
            **_dated(act.on, None),
            "case": case.id,
            "field": field or None,
            "what": act.act,
            "fen": fen,
        }
        found.append(Row("payment", f"{case.id}/a{number:02}", values, (event.index,)))
    return found
