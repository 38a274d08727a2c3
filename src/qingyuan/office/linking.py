"""Who is who in the tables of files and exhibits: linked with reasons, nothing kept and nothing in clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from qingyuan.office.collect import Refused
from qingyuan.office.home import Home
from qingyuan.office.rechecking import Material, sources

if TYPE_CHECKING:
    from qingyuan.pii.tablelinks import People


class LinkedPeople(msgspec.Struct, frozen=True):
    """Who is who in some material.

    Attributes:
        found: The people.
        files: Files looked at.
        unread: What was not read.
    """

    found: People
    files: int
    unread: tuple[Refused, ...]


def people_in(material: Material, key: bytes, home: Home | None = None) -> LinkedPeople:
    """Return who is who in the tables of files and exhibits.

    Args:
        material: Files and exhibits.
        key: Secret of the marks; they are gone when this returns.
        home: Where exhibits are.
    """
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy
    from qingyuan.pii.tablelinks import Gatherer  # noqa: PLC0415 - heavy

    gatherer, unread, files = Gatherer(key), list[Refused](), 0
    # Each file is read twice: to learn the kinds of its columns from all of it, and for its records.
    for (name, first), (_, again) in zip(sources(material, home), sources(material, home), strict=True):
        files += 1
        with first as stream:
            scan = engine.scan(readers.read(stream, name), key, name, hits=False)
        with again as stream:
            gatherer.add(name, scan.columns, readers.read(stream, name))
        unread += [Refused(name, u.code, u.zh, u.en, u.remedy_zh, u.remedy_en, u.member) for u in scan.unread]
    return LinkedPeople(gatherer.people(), files, tuple(unread))
