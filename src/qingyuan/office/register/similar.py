"""Which leads may be the same affair: suggested with reasons, joined by a person (``matter-join``)."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from qingyuan.cases import CaseEvent, fold
from qingyuan.cases.events.lead import Component, LeadRegistered
from qingyuan.cases.similarity import likeness
from qingyuan.office.casework import load
from qingyuan.office.home import Home
from qingyuan.office.register.lists import leads
from qingyuan.store import case_events
from qingyuan.store.register import ALL, Filters, Record, Scope

#: Newest leads of the field that are compared.
_COMPARED = 300
#: Leads of a home that are kept folded, by identifier and newest event, which never change.
_MOST_KEPT = 8_000
_kept: weakref.WeakKeyDictionary[Home, dict[tuple[str, int], LeadRegistered]] = weakref.WeakKeyDictionary()


class Alike(msgspec.Struct, frozen=True):
    """A lead that may be the same affair.

    Attributes:
        lead: Its identifier.
        docket: Its docket.
        title: Its title.
        score: 0 to 100.
        reasons: What it has in common, summing to the score.
    """

    lead: str
    docket: str
    title: str
    score: int
    reasons: tuple[Component, ...]


def similar_leads(
    home: Home,
    lead: str,
    scope: Scope = ALL,
    *,
    least: int = 40,
    limit: int = 10,
    known: LeadRegistered | None = None,
) -> tuple[Alike, ...]:
    """Return leads of the same field that are alike, the likest first.

    Args:
        home: The office.
        lead: The lead.
        scope: Only leads that may be seen.
        least: Least score.
        limit: Most leads.
        known: What was registered of the lead, when it is known.

    Raises:
        OfficeError: There is no such lead.
    """
    if known is None:
        known = load(home, lead).docket.leads[lead].registered
    rows = leads(home, scope, Filters(fields=(known.field,)), limit=_COMPARED).rows
    found = []
    with home.database.read() as connection:
        others = _registered(home, connection, [row for row in rows if row.id != lead])
    for row in rows:
        if row.id not in others:
            continue
        reasons = likeness(known, others[row.id])
        score = sum(reason.points for reason in reasons)
        if score >= least:
            found.append(Alike(row.id, row.docket, row.title, score, reasons))
    return tuple(sorted(found, key=lambda one: (-one.score, one.lead))[:limit])


def _registered(
    home: Home, connection: sa.Connection, rows: Sequence[Record]
) -> Mapping[str, LeadRegistered]:
    """Return what was registered of leads, as amended since; those seen before are not read again."""
    kept = _kept.setdefault(home, {})
    if len(kept) > _MOST_KEPT:
        kept.clear()
    found = {row.id: kept.get((row.id, row.changed)) for row in rows}
    missing = [name for name, one in found.items() if one is None]
    streams: dict[str, list[CaseEvent]] = {}
    for _, event in case_events(connection, missing) if missing else ():
        streams.setdefault(event.stream, []).append(event)
    changed = {row.id: row.changed for row in rows}
    for name, events in streams.items():
        found[name] = kept[name, changed[name]] = fold(events).leads[name].registered
    return {name: one for name, one in found.items() if one is not None}
