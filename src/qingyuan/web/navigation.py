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
    Entry("/", "nav.home", "case.read"),
    Entry("/leads", "nav.leads", "case.read"),
    Entry("/matters", "nav.matters", "case.read"),
)


def entries(allowed: frozenset[Permission], path: str) -> list[Entry]:
    """Return the entries that somebody sees, the present one marked."""
    return [
        msgspec.structs.replace(
            one, now=path == one.href or (one.href != "/" and path.startswith(f"{one.href}/"))
        )
        for one in ENTRIES
        if one.need in allowed
    ]
