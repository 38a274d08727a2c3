"""Ways back from a page that could not be shown: to the record it speaks of, and to its list."""

from __future__ import annotations

import re

from qingyuan.errors import QingyuanError
from qingyuan.office.handover import find_exhibit
from qingyuan.web.access import Permission
from qingyuan.web.asking import Ask

_RECORD = re.compile(r"/([LMC]\d{4}-\d{4,9})(?=/|$)")
_EXHIBIT = re.compile(r"/(X[0-9a-f]{16})(?=/|$)")
#: Where lists are, by what an address begins with; what the list is called, and who sees it.
_LISTS: tuple[tuple[str, str, str, Permission], ...] = (
    ("/leads", "/leads", "nav.leads", "case.list"),
    ("/matters", "/matters", "nav.matters", "case.list"),
    ("/cases", "/matters", "nav.matters", "case.list"),
    ("/law", "/law", "nav.law", "signed-in"),
    ("/ledger", "/ledger", "nav.ledger", "signed-in"),
    ("/parties", "/parties", "nav.parties", "signed-in"),
    ("/statistics", "/statistics", "nav.statistics", "office.count"),
    ("/reports", "/statistics", "nav.statistics", "office.count"),
    ("/packages", "/packages", "packages.title", "case.export"),
    ("/admin/keys", "/admin/keys", "nav.keys", "office.manage"),
    ("/admin", "/admin", "nav.admin", "office.appoint"),
)


def ways(ask: Ask) -> list[tuple[str, str]]:
    """Return addresses with their words: the record that the address names, where who asks may read it, and its list.

    A record that is not there, or is not for who asks, is left out; so the page says no more than its error did.
    """
    path = ask.request.url.path
    found: list[tuple[str, str]] = []
    try:
        if ask.account is None:
            return []
        record = _record(ask, path)
        if record and (place := ask.place_of(record)) != path:
            found.append((place, ask.t("error.record", id=record)))
        for begins, href, key, need in _LISTS:
            if (path == begins or path.startswith(f"{begins}/")) and href != path and ask.may(need):
                found.append((href, ask.t(key)))
                break
    except QingyuanError:  # the database is away
        return found
    return found


def _record(ask: Ask, path: str) -> str:
    """Return the lead, matter or case that the address names and who asks may read, or ``""``."""
    try:
        record = _named(ask, path)
        return record if record[:1] in set("LMC") and ask.may("case.read", record) else ""
    except QingyuanError:  # there is none
        return ""


def _named(ask: Ask, path: str) -> str:
    """Return the record that the address names, or the one that its exhibit was sealed for."""
    if match := _EXHIBIT.search(path):
        with ask.desk.home.database.read() as connection:
            return find_exhibit(connection, match[1]).scope
    match = _RECORD.search(path)
    return match[1] if match else ""
