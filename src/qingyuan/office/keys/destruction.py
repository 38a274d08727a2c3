"""Destroying the key of a lead or matter: its material becomes unreadable for ever, and the log says so."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from qingyuan.evidence.custody import destroyed
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.shapes import convert
from qingyuan.store import EventDraft, events
from qingyuan.store.registry import exhibits

_TYPE = "evidence.destroyed"


class Destroyed(msgspec.Struct, frozen=True):
    """What was destroyed.

    Attributes:
        scope: Lead or matter.
        key: Identifier of its sealing key.
        exhibits: Identifiers of the exhibits that nobody can read any more.
        index: Index of the event.
        blobs_deleted: Whether the sealed files are gone too.
    """

    scope: str
    key: str
    exhibits: tuple[str, ...]
    index: int
    blobs_deleted: bool


def destroy(
    home: Home, scope: str, *, basis: str, approved_by: str, by: str, delete_blobs: bool = False
) -> Destroyed:
    """Log the destruction, then forget the key of a scope for ever; a run that was cut off can be repeated.

    Copies of an older ``keyring.json`` still hold the key: they must be destroyed too.

    Args:
        home: The office.
        scope: Lead or matter.
        basis: The rule or decision that it rests on.
        approved_by: Actor identifier of who approved it.
        by: Who does it.
        delete_blobs: Delete the sealed files too; without their key they are noise.

    Raises:
        OfficeError: ``office.no-such-scope``, or ``office.busy`` while an intake or a package is being made.
        CustodyError: Basis or approver is missing.
    """
    with home.lock("intake"), home.lock("package"):
        key = home.keyring.destroyed_scopes().get(scope)
        if key is None:
            if scope not in home.keyring.scopes():
                raise _no_such(scope)
            key = home.keyring.scope_key(scope).id
        with home.database.write() as connection:
            known = _logged(connection, scope, key)
            if known is None:
                names = [row.id for row in exhibits(connection, [scope])]
                payload = destroyed(scope, key=key, exhibits=names, basis=basis, approved_by=approved_by)
                event = home.record(connection, [EventDraft(scope, _TYPE, dict(payload))], actor=by)[0]
                known = event.index, names
        if scope in home.keyring.scopes():
            with home.changing_keys() as ring:
                ring.destroy_scope(scope)
        if delete_blobs:
            home.blobs.remove_all(scope)
    index, gone = known
    return Destroyed(scope, key, tuple(gone), index, delete_blobs)


def _logged(connection: sa.Connection, scope: str, key: str) -> tuple[int, Sequence[str]] | None:
    """Return index and exhibits of an earlier event that says so, or ``None``."""
    for event in events(connection, [scope]):
        if event.type == _TYPE and event.payload.get("key") == key:
            return event.index, convert(event.payload["exhibits"], list[str])
    return None


def _no_such(scope: str) -> OfficeError:
    return OfficeError(
        "office.no-such-scope",
        zh="该线索或总案没有封存密钥",
        en="this lead or matter has no sealing key",
        where=scope,
        remedy_zh="用 qingyuan key list 查看",
        remedy_en="see qingyuan key list",
    )
