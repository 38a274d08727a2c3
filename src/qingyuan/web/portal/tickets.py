"""Secrets handed to outsiders: a code opens one thing until a day; only its hash is stored, and it can be withdrawn."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping

import msgspec
import sqlalchemy as sa

from qingyuan.shapes import from_json
from qingyuan.web.desk import Desk
from qingyuan.web.state import TICKET

#: Crockford's base 32: no letter looks like a digit.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_GROUPS, _GROUP = 5, 5
_DAY = 86_400
_ID_BYTES = 5
#: What was done once; and what is being done, believed for so long when its process was killed.
SENT = "sent"
_GOING, _GOING_SECONDS = "going", 600


class Ticket(msgspec.Struct, frozen=True):
    """What a code opens.

    Attributes:
        id: Names it to the office; opens nothing.
        kind: ``"clue"``, ``"sent"``, ``"organ"``, ``"firm"``, ``"court"`` or ``"hearing"``.
        record: What it opens, by name.
        created: Seconds since the epoch.
        expires: Seconds since the epoch.
    """

    id: str
    kind: str
    record: Mapping[str, str]
    created: int
    expires: int


def new_code() -> str:
    """Return a code of 125 random bits in groups, to be copied by hand if need be."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP))
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def issue(desk: Desk, kind: str, record: Mapping[str, str], *, days: int, code: str = "") -> str:
    """Store a ticket and return its code, which is not kept.

    Args:
        desk: The office.
        kind: See :class:`Ticket`.
        record: What it opens.
        days: How long it is good.
        code: The code, when it was made before.
    """
    code = code or new_code()
    now = _now(desk)
    with desk.state.write() as connection:
        connection.execute(
            sa.insert(TICKET).values(
                token=_hash(code),
                kind=kind,
                record=msgspec.json.encode(record).decode(),
                created=now,
                expires=now + days * _DAY,
            )
        )
    return code


def begin_once(desk: Desk, code: str) -> str:
    """Reserve a code for what is to be done once, whichever server process is asked; :func:`end_once` says how it went.

    Args:
        desk: The office.
        code: The code of the form.

    Returns:
        ``""`` when it is free and now reserved, ``"going"`` when it is being done, ``"done"`` when it was.
    """
    now = _now(desk)
    with desk.state.write() as connection:
        row = connection.execute(sa.select(TICKET).where(TICKET.c.token == _hash(code))).first()
        if row is not None and row.expires > now:
            return "going" if row.kind == _GOING else "done"
        connection.execute(sa.delete(TICKET).where(TICKET.c.token == _hash(code)))
        connection.execute(
            sa.insert(TICKET).values(
                token=_hash(code), kind=_GOING, record="{}", created=now, expires=now + _GOING_SECONDS
            )
        )
    return ""


def end_once(desk: Desk, code: str, record: Mapping[str, str] | None, *, days: int) -> None:
    """Say how what was reserved went.

    Args:
        desk: The office.
        code: The code of the form.
        record: What came of it; ``None`` when it was not done, so that it can be tried again.
        days: How long it is remembered.
    """
    ours = sa.and_(TICKET.c.token == _hash(code), TICKET.c.kind == _GOING)
    with desk.state.write() as connection:
        if record is None:
            connection.execute(sa.delete(TICKET).where(ours))
            return
        connection.execute(
            sa.update(TICKET)
            .where(ours)
            .values(kind=SENT, record=msgspec.json.encode(record).decode(), expires=_now(desk) + days * _DAY)
        )


def opened(desk: Desk, kinds: Iterable[str], code: str) -> Ticket | None:
    """Return the ticket of a code, or ``None`` when there is none of those kinds or it has ended."""
    with desk.state.read() as connection:
        row = connection.execute(
            sa.select(TICKET).where(TICKET.c.token == _hash(code), TICKET.c.kind.in_(list(kinds)))
        ).first()
    return None if row is None or row.expires <= _now(desk) else _ticket(row)


def listed(desk: Desk, kinds: Iterable[str], **record: str) -> list[Ticket]:
    """Return the tickets of some kinds whose record says so, the newest first, ended ones too."""
    with desk.state.read() as connection:
        rows = connection.execute(
            sa.select(TICKET).where(TICKET.c.kind.in_(list(kinds))).order_by(TICKET.c.created.desc())
        )
        found = [_ticket(row) for row in rows]
    return [one for one in found if record.items() <= dict(one.record).items()]


def withdraw(desk: Desk, ticket: Ticket) -> None:
    """End a ticket now; it stays in the list."""
    with desk.state.write() as connection:
        for row in connection.execute(sa.select(TICKET).where(TICKET.c.kind == ticket.kind)).all():
            if _ticket(row).id == ticket.id and row.expires > _now(desk):
                change = sa.update(TICKET).where(TICKET.c.token == row.token)
                connection.execute(change.values(expires=_now(desk)))


def _ticket(row: sa.Row[tuple[object, ...]]) -> Ticket:
    record = from_json(row.record, dict[str, str])
    return Ticket(bytes(row.token)[:_ID_BYTES].hex(), row.kind, record, row.created, row.expires)


def _hash(code: str) -> bytes:
    plain = "".join(c for c in code.upper().translate(_ALIKE) if c.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()


def _now(desk: Desk) -> int:
    return int(desk.home.clock.now().timestamp())
