"""Destroying the key of a lead or matter: its material becomes unreadable for ever, and the log says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import sqlalchemy as sa

from qingyuan.evidence.custody import Payload, destroyed
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.shapes import convert
from qingyuan.store import EventDraft
from qingyuan.store.registry import exhibits
from qingyuan.store.schema import EVENT

DESTROYED = "evidence.destroyed"

#: Makes the payload of the event, given the connection, the key and the exhibits it sealed; may refuse.
Judged = Callable[[sa.Connection, str, Sequence[str]], Payload]


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

    Who approved it is stated, not proven: see :mod:`~qingyuan.office.keys.destruction_request` for two people who both act.
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

    def judged(_: sa.Connection, key: str, names: Sequence[str]) -> Payload:
        return destroyed(scope, key=key, exhibits=names, basis=basis, approved_by=approved_by)

    return carry_out(home, scope, judged, by=by, delete_blobs=delete_blobs)


def carry_out(home: Home, scope: str, judged: Judged, *, by: str, delete_blobs: bool) -> Destroyed:
    """Log the destruction unless that was done, forget the key, and remove the sealed files if wanted.

    Killed between these, it is completed by calling it again: the event decides, and nothing goes before it.

    Args:
        home: The office.
        scope: Lead or matter.
        judged: Makes the payload, in the transaction that logs it; not asked when the log says it already.
        by: Who does it.
        delete_blobs: Delete the sealed files too.

    Raises:
        OfficeError: ``office.no-such-scope``, ``office.busy``, or what ``judged`` refuses.
    """
    with home.lock("intake"), home.lock("package"):
        key = home.keyring.destroyed_scopes().get(scope)
        if key is None:
            if scope not in home.keyring.scopes():
                raise _no_such(scope)
            key = home.keyring.scope_key(scope).id
        with home.database.write() as connection:
            known = logged(connection, scope, key)
            if known is None:
                names = [row.id for row in exhibits(connection, [scope])]
                payload = judged(connection, key, names)
                event = home.record(connection, [EventDraft(scope, DESTROYED, dict(payload))], actor=by)[0]
                known = event.index, names
        if scope in home.keyring.scopes():
            with home.changing_keys() as ring:
                ring.destroy_scope(scope)
        if delete_blobs:
            home.blobs.remove_all(scope)
    index, gone = known
    return Destroyed(scope, key, tuple(gone), index, delete_blobs)


def logged(connection: sa.Connection, scope: str, key: str) -> tuple[int, Sequence[str]] | None:
    """Return index and exhibits of the event that says that a key was destroyed, or ``None``."""
    query = sa.select(EVENT.c.idx, EVENT.c.payload).where(EVENT.c.stream == scope, EVENT.c.type == DESTROYED)
    for index, text in connection.execute(query.order_by(EVENT.c.idx)):
        payload = convert(msgspec.json.decode(text), dict[str, object])
        if payload.get("key") == key:
            return int(index), convert(payload["exhibits"], list[str])
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
