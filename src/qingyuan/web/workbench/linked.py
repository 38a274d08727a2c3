"""Which records of the material of a lead or matter are of one person, each link with its reason and masked; nothing is kept but the page."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict

from starlette.responses import Response

from qingyuan.office.home import Home
from qingyuan.office.linking import LinkedPeople, people_in
from qingyuan.office.rechecking import Material
from qingyuan.pii.linking import REASONS
from qingyuan.web.asking import Ask
from qingyuan.web.routing import page
from qingyuan.web.workbench.scans import held_of, unscanned

#: Bytes of exhibits that are read again for a page, answers kept for a home, people shown, and mentions and links of each.
_MOST_BYTES = 4 << 20
_KEPT = 4
_PEOPLE, _EACH = 30, 8

_LOCK = threading.Lock()
_HELD: weakref.WeakKeyDictionary[Home, OrderedDict[tuple[str, ...], LinkedPeople]] = (
    weakref.WeakKeyDictionary()
)


@page("GET", "/matters/{identifier}/scan/people", "material.view", slow=True)
@page("GET", "/leads/{identifier}/scan/people", "material.view", slow=True)
def linked_people(ask: Ask, identifier: str) -> Response:
    """Show who is who in the tables of a lead or matter, by masked values, and why."""
    held = held_of(ask, identifier, empty=True)
    if not held.found.exhibits:
        return unscanned(ask, identifier)
    home = ask.desk.home
    size = sum(held.found.rows[one].size for one in held.found.exhibits)
    seen = _linked(home, tuple(held.found.exhibits)) if size <= _MOST_BYTES else None
    return ask.page(
        "linked.html",
        held=held,
        seen=seen,
        large=[]
        if seen
        else sorted(
            (held.found.rows[one] for one in held.found.exhibits), key=lambda row: row.size, reverse=True
        ),
        size=size,
        most=_MOST_BYTES,
        people=seen.found.people[:_PEOPLE] if seen else (),
        each=_EACH,
        reasons={reason: {"zh": zh, "en": en} for reason, (zh, en) in REASONS.items()},
    )


def _linked(home: Home, exhibits: tuple[str, ...]) -> LinkedPeople:
    """Return who is who in the exhibits, from memory when they were looked at before."""
    with _LOCK:
        known = _HELD.setdefault(home, OrderedDict())
        if exhibits in known:
            known.move_to_end(exhibits)
            return known[exhibits]
    made = people_in(Material(exhibits=exhibits), home.scope_key("tokens").key, home)
    with _LOCK:
        known[exhibits] = made
        while len(known) > _KEPT:
            known.popitem(last=False)
    return made
