"""The ages of the persons in the material of a lead and what its waybills show, counted from the sealed exhibits."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from datetime import date

from starlette.responses import Response

from qingyuan.office.casework import load
from qingyuan.office.closer import Closer, look_at_exhibits
from qingyuan.office.home import Home
from qingyuan.office.summary import Gathered
from qingyuan.pii.rates import Rate, RateReading, rate_rules, rates
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.routing import page
from qingyuan.web.workbench._gathered import gathered
from qingyuan.web.workbench.scans import unscanned

#: Bytes of exhibits that are read again for a page, answers kept for a home, and rows of carriers shown.
_MOST_BYTES = 32 << 20
_KEPT = 16
_SHOWN = 50

_LOCK = threading.Lock()
_Asked = tuple[str, tuple[str, ...], date]
_HELD: weakref.WeakKeyDictionary[Home, OrderedDict[_Asked, Closer]] = weakref.WeakKeyDictionary()


@page("GET", "/leads/{identifier}/scan/closer", "material.view", slow=True)
def closer(ask: Ask, identifier: str) -> Response:
    """Show how old the persons are and what the waybills show, each with what is certain and what is not."""
    home = ask.desk.home
    lead = load(home, identifier).docket.leads.get(identifier)
    if lead is None:
        raise not_found(identifier)
    found = gathered(home, identifier)
    if not found.exhibits:
        return unscanned(ask, identifier)
    day = _day(ask)
    size = sum(found.rows[one].size for one in found.exhibits)
    counted = _counted(home, identifier, found, day) if size <= _MOST_BYTES else None
    sampled = bool(ask.query("sampled"))
    ages = counted.ages if counted else None
    return ask.page(
        "closer.html",
        lead=lead,
        day=day,
        sampled=sampled,
        size=size,
        most=_MOST_BYTES,
        ages=ages,
        groups=(("under-14", ages.under_14), ("minors", ages.minors), ("adults", ages.adults))
        if ages
        else (),
        rates=_by_reading(rates(counted.shown, sampled=sampled)) if counted and counted.shown else (),
        unread=bool(counted and counted.shown and counted.shown.unread),
        bar=rate_rules().bar,
    )


def _day(ask: Ask) -> date:
    """Return the day that was asked for, today if none."""
    given = ask.query("on")
    if not given:
        return ask.desk.home.clock.now().date()
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise bad_request("日期写作 2026-01-31", "write the day as 2026-01-31", code="web.day") from error


def _counted(home: Home, lead: str, found: Gathered, day: date) -> Closer:
    """Return what the exhibits hold, from memory when they were counted before."""
    asked = lead, found.exhibits, day
    with _LOCK:
        known = _HELD.setdefault(home, OrderedDict())
        if asked in known:
            known.move_to_end(asked)
            return known[asked]
    made = look_at_exhibits(home, [found.rows[one] for one in found.exhibits], day)
    with _LOCK:
        known[asked] = made
        while len(known) > _KEPT:
            known.popitem(last=False)
    return made


def _by_reading(found: tuple[Rate, ...]) -> list[tuple[RateReading, list[Rate]]]:
    """Return the rates of all waybills and of each carrier, by reading."""
    out = []
    for reading in rate_rules().readings:
        rows = [r for r in found if r.reading == reading.id and r.dimension in ("", "carrier")]
        if rows:
            out.append((reading, rows[:_SHOWN]))
    return out
