"""What pictures of an affair are drawn from: figures over its own rows, and the waybills of a lead by day, site and carrier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import msgspec

from qingyuan.office.casework import load
from qingyuan.office.closer import look_at_exhibits
from qingyuan.office.holdings import queries_of
from qingyuan.office.home import Home
from qingyuan.office.reporting import home_card
from qingyuan.office.summary import Gathered
from qingyuan.reports import Figure, Span, figure

#: Figures of one affair, as they are drawn.
AFFAIR = ("harm-by-place", "harm-by-month", "measures-open", "measures-by-status")
#: Those that count what scans found: before the first scan, there is no harm of nought to show.
_OF_SCANS = ("harm-by-place", "harm-by-month")


def affair_figures(home: Home, identifier: str, names: Sequence[str] = AFFAIR) -> list[Figure]:
    """Return figures over the rows of one affair, those that count something; of scans only after the first one.

    Raises:
        OfficeError: There is no such record.
        ReportError: There is no such query.
    """
    leads = load(home, identifier).docket.leads.values()
    scanned = any(one.registered.counts.kinds for one in leads)
    rows, queries = home_card(home, identifier).rows, queries_of(home)
    found = [
        figure(
            queries,
            name,
            [row for row in rows if row.kind == queries.by_id[name].from_],
            law=home.law,
            span=Span(),
        )
        for name in names
        if scanned or name not in _OF_SCANS
    ]
    return [one for one in found if one.counted and one.groups]


class Group(msgspec.Struct, frozen=True):
    """The waybills of a day, site or carrier.

    Attributes:
        label: Which; ``""`` where the material names none.
        clear: That show a value in clear, or one suspected to be.
        hidden: That show masked values or privacy numbers only.
        none: That show no such value.
    """

    label: str
    clear: int
    hidden: int
    none: int


class Harm(msgspec.Struct, frozen=True):
    """What the sealed material of a lead shows of waybills and ages.

    Attributes:
        day: The day of the ages.
        reading: Identifier of the reading of the waybills, ``""`` without waybills.
        zh: What it counts, Chinese.
        en: The same in English.
        days: Waybills by day.
        sites: Waybills by site, the most in clear first.
        carriers: Waybills by carrier, the same.
        ages: Persons by age: ``under_14``, ``minors``, ``adults``, each ``certain`` and ``estimated``, and ``unknown``.
        unread: Whether part of the material could not be read.
    """

    day: date
    reading: str
    zh: str
    en: str
    days: tuple[Group, ...]
    sites: tuple[Group, ...]
    carriers: tuple[Group, ...]
    ages: dict[str, object]
    unread: bool


def harm_of(home: Home, found: Gathered, day: date) -> Harm:
    """Read the exhibits of a lead again and return what they show; no value of anybody is in it.

    Args:
        home: The office.
        found: The scans of the lead.
        day: The day of the ages.
    """
    from qingyuan.pii.rates import rate_rules, rates  # noqa: PLC0415 - heavy

    looked = look_at_exhibits(home, [found.rows[one] for one in found.exhibits if one in found.rows], day)
    reading = rate_rules().readings[0]
    rows = (
        [one for one in rates(looked.shown, sampled=False) if one.reading == reading.id]
        if looked.shown
        else []
    )

    def groups(dimension: str) -> tuple[Group, ...]:
        return tuple(
            Group(one.label, one.clear + one.unsure, one.masked + one.privacy, one.none)
            for one in rows
            if one.dimension == dimension
        )

    def most(dimension: str) -> tuple[Group, ...]:
        return tuple(sorted(groups(dimension), key=lambda one: (-one.clear, one.label)))

    return Harm(
        day=day,
        reading=reading.id if rows else "",
        zh=reading.zh,
        en=reading.en,
        days=tuple(sorted(groups("day"), key=lambda one: one.label)),
        sites=most("site"),
        carriers=most("carrier"),
        ages={} if looked.ages is None else asdict(looked.ages),
        unread=bool(looked.failed) or bool(looked.shown and looked.shown.unread),
    )
