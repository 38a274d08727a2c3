"""The rows that lists go by, brought up to date with the events they follow from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from qingyuan.parties import Matter, PartiesError, fold_matter
from qingyuan.store import StoredEvent
from qingyuan.store.registry import children, parent
from qingyuan.store.standing import PREFIX, clear_standing, concerned, said, set_standing

if TYPE_CHECKING:
    import sqlalchemy as sa

_RELATIONS = ("handlers", "approvers", "recused", "entrusted")
#: Events by which a stream joins another docket, or a recusal is decided.
_MOVING = frozenset({"matter.opened", "matter.lead_joined", "matter.taken"})
_DECIDING = frozenset({"recusal-decision", "recusal-review"})


def docket_id(connection: sa.Connection, stream: str) -> str:
    """Return the docket a stream belongs to: its matter, or itself."""
    return parent(connection, stream) or stream


def read_matter(connection: sa.Connection, docket: str, office: str) -> Matter:
    """Fold who stands how to a docket; ``office`` is the identifier of the office that has it."""
    return fold_matter(docket, office, said(connection, [docket, *children(connection, docket)]))


def refresh_standing(connection: sa.Connection, stored: Iterable[StoredEvent]) -> None:
    """Bring the rows of the dockets of ``stored`` events up to date, where the events can have changed them."""
    _refresh(connection, {docket_id(connection, event.stream) for event in stored if _concerns(event)})


def refresh_dockets(connection: sa.Connection, dockets: Iterable[str]) -> None:
    """Bring the rows of dockets up to date whose streams were linked otherwise."""
    _refresh(connection, dockets)


def rebuild_standing(connection: sa.Connection) -> list[tuple[str, str, str]]:
    """Make the rows of every docket anew; return docket and words, Chinese and English, of those that do not fold."""
    clear_standing(connection)
    unread = []
    for docket in sorted({docket_id(connection, stream) for stream in concerned(connection)}):
        try:
            _refresh(connection, [docket])
        except PartiesError as error:
            unread.append((docket, error.zh, error.en))
    return unread


def _refresh(connection: sa.Connection, dockets: Iterable[str]) -> None:
    for docket in sorted(dockets):
        matter = read_matter(connection, docket, "")
        rows = ((relation, party) for relation in _RELATIONS for party in getattr(matter, relation))
        set_standing(connection, [docket, *children(connection, docket)], docket, rows)


def _concerns(event: StoredEvent) -> bool:
    return (
        event.type.startswith(PREFIX)
        or event.type in _MOVING
        or (event.type == "case.acted" and event.payload.get("act") in _DECIDING)
    )
