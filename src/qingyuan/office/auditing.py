"""Who read personal data: the events of readings, as an auditor asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import msgspec
import sqlalchemy as sa

from qingyuan.office.clock import CHINA
from qingyuan.office.home import Home
from qingyuan.store.schema import EVENT

READ, UNMASKED = "access.read", "access.unmasked"
#: What was read: the whole exhibit, records around a finding, a record in clear, a package.
KINDS = ("exhibit", "excerpt", "unmasked", "package")
_STEP = 500


class Wanted(msgspec.Struct, frozen=True):
    """Which readings; what is blank narrows nothing.

    Attributes:
        person: Who read.
        what: One of :data:`KINDS`.
        record: Exhibit or package, or the beginning of its identifier.
        since: First day, in China's time.
        until: Last day.
    """

    person: str = ""
    what: str = ""
    record: str = ""
    since: date | None = None
    until: date | None = None


class Reading(msgspec.Struct, frozen=True):
    """One reading.

    Attributes:
        index: Its entry of the log.
        at: When, RFC 3339.
        person: Who.
        what: One of :data:`KINDS`.
        records: Exhibits or packages; of a record in clear, the exhibit and ``#`` and its number.
        reason: Why, where the person was asked; begins with the provision that permits it and a colon.
        minor: Whether the record is, or may be, of a minor.
    """

    index: int
    at: str
    person: str
    what: str
    records: tuple[str, ...]
    reason: str
    minor: bool = False


def readings(home: Home, wanted: Wanted, *, before: int = 0) -> Iterator[Reading]:
    """Yield the readings that fit, the newest first.

    Args:
        home: The office.
        wanted: Which.
        before: Only entries of the log before this one; 0 for all.
    """
    types = {"unmasked": (UNMASKED,), "": (READ, UNMASKED)}.get(wanted.what, (READ,))
    narrowed = sa.select(EVENT.c.idx, EVENT.c.type, EVENT.c.at, EVENT.c.actor, EVENT.c.payload).where(
        EVENT.c.type.in_(types)
    )
    if wanted.person:
        narrowed = narrowed.where(EVENT.c.actor == wanted.person)
    if wanted.since:
        narrowed = narrowed.where(EVENT.c.at >= _start(wanted.since))
    if wanted.until:
        narrowed = narrowed.where(EVENT.c.at < _start(wanted.until + timedelta(days=1)))
    while True:
        query = narrowed.where(EVENT.c.idx < before) if before else narrowed
        with home.database.read() as connection:
            rows = connection.execute(query.order_by(EVENT.c.idx.desc()).limit(_STEP)).all()
        for row in rows:
            found = _reading(row.idx, row.type, row.at, row.actor, row.payload)
            if wanted.what in {"", found.what} and _names(found, wanted.record):
                yield found
        if len(rows) < _STEP:
            return
        before = rows[-1].idx


def _names(found: Reading, record: str) -> bool:
    return not record or any(one.startswith(record) for one in found.records)


def _start(day: date) -> str:
    return datetime.combine(day, time.min, CHINA).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _reading(index: int, type_: str, at: str, person: str, data: bytes) -> Reading:
    payload = msgspec.json.decode(data)
    if type_ == UNMASKED:
        minor = bool(payload.get("minor", False))
        reason = str(payload["reason"])
        return Reading(index, at, person, "unmasked", (str(payload["record"]),), reason, minor)
    what = str(payload["what"])
    records = tuple(str(one) for one in payload["records"])
    kind = what if what in KINDS else KINDS[0]
    return Reading(index, at, person, kind, records, str(payload.get("reason", "")))
