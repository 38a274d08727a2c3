"""The register of parties and the standing of people, read from the journal and changed by events."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from qingyuan.law import Law, Level
from qingyuan.office.casework import docket_streams
from qingyuan.office.home import Home
from qingyuan.office.register import office_path, places_of
from qingyuan.office.standing import docket_id, read_matter, refresh_standing
from qingyuan.parties import (
    OFFICE,
    Access,
    Body,
    Decision,
    Matter,
    Owed,
    Policies,
    Record,
    Registry,
    fold_registry,
    seed,
)
from qingyuan.store import EventDraft, StoredEvent
from qingyuan.store.register import record
from qingyuan.store.standing import parties_said, said

if TYPE_CHECKING:
    import sqlalchemy as sa


@functools.lru_cache(maxsize=8)
def seeded(law: Law) -> Registry:
    """Return the register as the law data gives it, before anything was recorded."""
    return Registry({body.id: body for body in seed(law)})


def own_body(home: Home) -> Body:
    """Return this office: the one of the law data for its division and level, else one made from the settings."""
    own = home.settings.office
    level = Level(own.level)
    found = seeded(home.law).procuratorate(own.id) or seeded(home.law).procuratorate(own.division)
    if found is not None and (body := seeded(home.law).bodies[found]).level == level:
        return body
    return Body(own.id, "procuratorate", own.name, level=level, division=own.division)


def register_of(home: Home, connection: sa.Connection) -> Registry:
    """Return the register: offices and courts of the law data, this office, and what was recorded."""
    known = dict(seeded(home.law).bodies)
    own = own_body(home)
    known.setdefault(own.id, own)
    return fold_registry(known.values(), parties_said(connection, OFFICE))


def access_of(home: Home, connection: sa.Connection, policies: Policies | None = None) -> Access:
    """Return what decides on access, with the register as it is now.

    Args:
        home: The office.
        connection: To read the register.
        policies: Policies that were read before; reading them takes some 0.2 s, so whoever serves many keeps them.

    Raises:
        PartiesError: A policy in ``home/policies`` is not in order.
    """
    return Access(register_of(home, connection), policies or read_policies(home))


def read_policies(home: Home) -> Policies:
    """Read the packaged policies and those of ``home/policies``.

    Raises:
        PartiesError: A policy is not in order; file and line are named.
    """
    folder = home.path / "policies"
    return Policies(home.law, folder if folder.is_dir() else None)


def docket_of(
    home: Home, connection: sa.Connection, identifier: str, registry: Registry | None = None
) -> Matter:
    """Return who stands how to the docket of a lead, matter or case.

    Args:
        home: The office.
        connection: To read the journal.
        identifier: A lead, matter or case.
        registry: The register, when it was read before.

    Raises:
        OfficeError: There is no such record.
    """
    streams = docket_streams(connection, identifier)
    return read_matter(
        connection, docket_id(connection, identifier), _office(home, connection, streams, registry)
    )


def change_register(home: Home, make: Callable[[Registry], Owed], *, actor: str) -> list[StoredEvent]:
    """Change the register by the event that ``make`` returns, in one transaction.

    Raises:
        PartiesError: The change is not possible.
    """
    with home.database.write() as connection:
        return _record(home, connection, make(register_of(home, connection)), actor)


def change_docket(
    home: Home, identifier: str, make: Callable[[Registry, Matter], Owed], *, actor: str
) -> list[StoredEvent]:
    """Change who stands how to a docket by the event that ``make`` returns, in one transaction.

    Raises:
        OfficeError: There is no such record.
        PartiesError: The change is not possible.
    """
    with home.database.write() as connection:
        matter = docket_of(home, connection, identifier)
        stored = _record(home, connection, make(register_of(home, connection), matter), actor)
        refresh_standing(connection, stored)
        return stored


def unmask(
    home: Home,
    policies: Policies,
    person: str,
    record: str,
    identifier: str,
    *,
    minor: bool,
    reason: str,
    on: date,
) -> Decision:
    """Decide whether a person may see a record in clear, and write the event before the answer is given.

    Args:
        home: The office.
        policies: The policies in force.
        person: Who asks.
        record: Identifier of the record.
        identifier: Lead, matter or case the record is in.
        minor: Whether it is, or may be, of a person under 18.
        reason: Why.
        on: The day.

    Raises:
        OfficeError: There is no such lead, matter or case.
    """
    with home.database.write() as connection:
        access = access_of(home, connection, policies)
        asked = Record(record, docket_of(home, connection, identifier), minor)
        decision = access.authorize(person, "unmask", asked, on=on, context={"reason": reason})
        if decision.owed is not None:
            _record(home, connection, decision.owed, person)
        return decision


def _record(home: Home, connection: sa.Connection, owed: Owed, actor: str) -> list[StoredEvent]:
    return home.record(connection, [EventDraft(owed.stream, owed.type, owed.payload)], actor=actor)


def _office(
    home: Home, connection: sa.Connection, streams: tuple[str, ...], registry: Registry | None
) -> str:
    """Return the office that has a docket: where the register has it, which follows designations and transfers, else this one.

    An office that only the register of parties knows is found by the name that the first lead gives.
    """
    own, known = own_body(home), registry or register_of(home, connection)
    here = office_path(own.division)
    row = next((found for name in streams if (found := record(connection, name)) is not None), None)
    if row is not None and row.office != here:
        return known.procuratorate(row.office.strip("/").rpartition("/")[2] or "000000") or own.id
    for event in said(connection, streams):
        named = event.payload.get("office")
        if event.type != "lead.registered" or not isinstance(named, str) or not named:
            continue
        body = known.procuratorate(named)
        if body is not None and (row is None or places_of(home)(named) == here):
            return body
    return own.id
