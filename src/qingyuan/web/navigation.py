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
        part: Entries of a part stand together: ``"work"``, ``"law"``, ``"office"`` or ``"public"``; what is ``"more"`` stands on other pages and is found by the search and the palette.
        now: Whether the present page lies there.
    """

    href: str
    key: str
    need: Permission
    part: str
    now: bool = False


ENTRIES = (
    Entry("/", "nav.home", "case.list", "work"),
    Entry("/deadlines", "nav.deadlines", "case.list", "work"),
    Entry("/leads", "nav.leads", "case.list", "work"),
    Entry("/matters", "nav.matters", "case.list", "work"),
    Entry("/intake", "nav.intake", "material.take", "work"),
    Entry("/capture", "nav.capture", "material.take", "work"),
    Entry("/exchange", "nav.exchange", "case.export", "work"),
    Entry("/statistics", "nav.statistics", "office.count", "law"),
    Entry("/law", "nav.law", "signed-in", "law"),
    Entry("/law/calculators", "nav.calculators", "signed-in", "law"),
    Entry("/ledger", "nav.ledger", "signed-in", "law"),
    Entry("/readings", "nav.readings", "case.audit", "law"),
    Entry("/parties", "nav.parties", "signed-in", "office"),
    Entry("/posts", "nav.posts", "office.appoint", "more"),
    Entry("/access", "nav.access", "signed-in", "more"),
    Entry("/admin", "nav.admin", "office.appoint", "office"),
    Entry("/admin/keys", "nav.keys", "office.manage", "office"),
    Entry("/admin/witnesses", "nav.witnesses", "office.manage", "office"),
    Entry("/admin/timestamps", "nav.stamps", "office.manage", "office"),
    Entry("/admin/hooks", "hook.title", "office.manage", "office"),
    Entry("/admin/provider", "provider.title", "office.manage", "office"),
    Entry("/admin/health", "nav.health", "office.manage", "office"),
    Entry("/report", "nav.report", "public", "public"),
    Entry("/verify", "nav.verify", "public", "public"),
)

#: Pages that the side bar does not list; the search and the palette find them.
FURTHER = (
    Entry("/admin/recipients", "recipients.title", "office.manage", "office"),
    Entry("/scan", "look.title", "material.take", "work"),
    Entry("/law/duties", "law.duties", "signed-in", "law"),
    Entry("/law/tables", "law.tables", "signed-in", "law"),
    Entry("/law/divisions", "law.divisions", "signed-in", "law"),
    Entry("/law/texts", "law.texts", "signed-in", "law"),
)


def entries(allowed: frozenset[Permission], path: str) -> list[Entry]:
    """Return the entries that somebody sees, the present one marked."""
    below = [one.href for one in ENTRIES if path == one.href or path.startswith(f"{one.href.rstrip('/')}/")]
    now = max((href for href in below if href != "/" or path == "/"), key=len, default="")
    return [msgspec.structs.replace(one, now=one.href == now) for one in ENTRIES if one.need in allowed]
