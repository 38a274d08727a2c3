"""How people and offices stand to dockets: the events it follows from, and the rows that lists go by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from qingyuan.store.schema import EVENT, STANDING

#: Types of events that say who stands how to a docket, beside those that begin with :data:`PREFIX`.
TYPES = ("case.acted", "lead.registered")
PREFIX = "access."


class Said(NamedTuple):
    """An event as far as it is needed here.

    Attributes:
        type: Event type.
        payload: JSON builtins.
    """

    type: str
    payload: dict[str, object]


def said(connection: sa.Connection, streams: Iterable[str]) -> list[Said]:
    """Return the events of ``streams`` that say who stands how to their docket, in the order of the log."""
    rows = connection.execute(
        sa.select(EVENT.c.type, EVENT.c.payload)
        .where(
            EVENT.c.stream.in_(sorted(set(streams))),
            sa.or_(EVENT.c.type.in_(TYPES), EVENT.c.type.startswith(PREFIX)),
        )
        .order_by(EVENT.c.idx)
    )
    return [Said(row.type, msgspec.json.decode(row.payload)) for row in rows]


def parties_said(connection: sa.Connection, stream: str) -> list[Said]:
    """Return the events about parties in ``stream``, in the order of the log."""
    rows = connection.execute(
        sa.select(EVENT.c.type, EVENT.c.payload)
        .where(EVENT.c.stream == stream, EVENT.c.type.startswith("party."))
        .order_by(EVENT.c.idx)
    )
    return [Said(row.type, msgspec.json.decode(row.payload)) for row in rows]


def set_standing(
    connection: sa.Connection, streams: Sequence[str], docket: str, rows: Iterable[tuple[str, str]]
) -> None:
    """Replace what is known of a docket.

    Args:
        connection: A write transaction.
        streams: Every stream of the docket; rows under any of their identifiers go.
        docket: The docket's identifier.
        rows: Relation and party.
    """
    connection.execute(sa.delete(STANDING).where(STANDING.c.docket.in_(sorted(set(streams)))))
    values = [
        {"docket": docket, "relation": relation, "party": party} for relation, party in sorted(set(rows))
    ]
    if values:
        connection.execute(sa.insert(STANDING), values)


def clear_standing(connection: sa.Connection) -> None:
    """Forget every row; they follow from the events."""
    connection.execute(sa.delete(STANDING))


def concerned(connection: sa.Connection) -> tuple[str, ...]:
    """Return every stream with an event that may say who stands how to its docket; reads all events."""
    rows = connection.scalars(
        sa.select(EVENT.c.stream)
        .where(sa.or_(EVENT.c.type == "case.acted", EVENT.c.type.startswith(PREFIX)))
        .distinct()
    )
    return tuple(sorted(rows))


def dockets_of(connection: sa.Connection, relation: str, party: str) -> tuple[str, ...]:
    """Return the dockets that a person or office stands to in ``relation``, sorted."""
    rows = connection.scalars(
        sa.select(STANDING.c.docket)
        .where(STANDING.c.relation == relation, STANDING.c.party == party)
        .order_by(STANDING.c.docket)
    )
    return tuple(rows)
