"""The entries of the side bar, in order."""

from __future__ import annotations

import msgspec

from qingyuan.web.access import Permission


class Entry(msgspec.Struct, frozen=True):
    """One entry.

    Attributes:
        href: Where it leads; also the beginning of the addresses below it.
        key: Its word.
        need: Who sees it.
        now: Whether the present page lies there.
    """

    href: str
    key: str
    need: Permission
    now: bool = False


ENTRIES = (
    Entry("/", "nav.home", "case.list"),
    Entry("/leads", "nav.leads", "case.list"),
    Entry("/matters", "nav.matters", "case.list"),
    Entry("/intake", "nav.intake", "material.take"),
    Entry("/capture", "nav.capture", "material.take"),
    Entry("/exchange", "nav.exchange", "case.export"),
    Entry("/statistics", "nav.statistics", "office.count"),
    Entry("/law", "nav.law", "signed-in"),
    Entry("/law/calculators", "nav.calculators", "signed-in"),
    Entry("/ledger", "nav.ledger", "signed-in"),
    Entry("/readings", "nav.readings", "case.audit"),
    Entry("/admin", "nav.admin", "office.appoint"),
    Entry("/admin/hooks", "hook.title", "office.manage"),
    Entry("/admin/provider", "provider.title", "office.manage"),
    Entry("/admin/health", "nav.health", "office.manage"),
    Entry("/report", "nav.report", "public"),
    Entry("/verify", "nav.verify", "public"),
)


def entries(allowed: frozenset[Permission], path: str) -> list[Entry]:
    """Return the entries that somebody sees, the present one marked."""
    below = [one.href for one in ENTRIES if path == one.href or path.startswith(f"{one.href.rstrip('/')}/")]
    now = max((href for href in below if href != "/" or path == "/"), key=len, default="")
    return [msgspec.structs.replace(one, now=one.href == now) for one in ENTRIES if one.need in allowed]
