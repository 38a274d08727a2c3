"""Which leads may be the same affair: suggested with reasons, joined by a person (``matter-join``)."""

from __future__ import annotations

import msgspec

from qingyuan.cases import fold
from qingyuan.cases.events.lead import Component
from qingyuan.cases.similarity import likeness
from qingyuan.office.casework import load
from qingyuan.office.home import Home
from qingyuan.office.register.lists import leads
from qingyuan.store import case_events
from qingyuan.store.register import ALL, Filters, Scope

#: Newest leads of the field that are compared.
_COMPARED = 300


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
    home: Home, lead: str, scope: Scope = ALL, *, least: int = 40, limit: int = 10
) -> tuple[Alike, ...]:
    """Return leads of the same field that are alike, the likest first.

    Args:
        home: The office.
        lead: The lead.
        scope: Only leads that may be seen.
        least: Least score.
        limit: Most leads.

    Raises:
        OfficeError: There is no such lead.
    """
    known = load(home, lead).docket.leads[lead].registered
    rows = leads(home, scope, Filters(fields=(known.field,)), limit=_COMPARED).rows
    found = []
    with home.database.read() as connection:
        for row in rows:
            if row.id == lead:
                continue
            own = fold(event for _, event in case_events(connection, [row.id])).leads[row.id].registered
            reasons = likeness(known, own)
            score = sum(reason.points for reason in reasons)
            if score >= least:
                found.append(Alike(row.id, row.docket, row.title, score, reasons))
    return tuple(sorted(found, key=lambda one: (-one.score, one.lead))[:limit])
