"""How far each intake has come, so that a later run finishes what a crash or a kill left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from qingyuan.store.schema import INTAKE, ITEM


class ItemState(StrEnum):
    """How far one file has come."""

    PLANNED = "planned"
    SEALED = "sealed"
    SCANNED = "scanned"
    REFUSED = "refused"


class Item(msgspec.Struct, frozen=True):
    """One file of an intake.

    Attributes:
        id: Row number.
        lead: The lead it belongs to.
        path: Path as given by the user.
        size: Bytes when planned.
        mtime_ns: Modification time when planned.
        state: See :class:`ItemState`.
        exhibit: Identifier once sealed.
        scan: Identifier of the exhibit that holds its scan result, once scanned.
        detail: JSON: why it was refused, or what of it could not be read.
    """

    id: int
    lead: str
    path: str
    size: int
    mtime_ns: int
    state: str
    exhibit: str | None = None
    scan: str | None = None
    detail: bytes | None = None


class Intake(msgspec.Struct, frozen=True):
    """An intake.

    Attributes:
        lead: Identifier of the lead it becomes.
        roots: JSON list of the absolute paths the user gave.
        title: Title of the lead.
        state: ``"open"`` or ``"complete"``.
        started: RFC 3339 time.
        result: JSON summary once complete.
    """

    lead: str
    roots: str
    title: str
    state: str
    started: str
    result: bytes | None = None


def find_intake(connection: sa.Connection, roots: str) -> Intake | None:
    """Return the newest intake of the same roots, or ``None``."""
    row = connection.execute(
        sa.select(INTAKE).where(INTAKE.c.roots == roots).order_by(INTAKE.c.lead.desc()).limit(1)
    ).first()
    return None if row is None else Intake(*row)


def intake_of(connection: sa.Connection, lead: str) -> Intake | None:
    """Return the intake of a lead, or ``None``."""
    row = connection.execute(sa.select(INTAKE).where(INTAKE.c.lead == lead)).first()
    return None if row is None else Intake(*row)


def open_intakes(connection: sa.Connection) -> list[Intake]:
    """Return the intakes that were begun and not finished."""
    rows = connection.execute(sa.select(INTAKE).where(INTAKE.c.state == "open").order_by(INTAKE.c.lead))
    return [Intake(*row) for row in rows]


def begin_intake(connection: sa.Connection, intake: Intake) -> None:
    """Record a new intake."""
    connection.execute(sa.insert(INTAKE).values(**msgspec.structs.asdict(intake)))


def set_intake(connection: sa.Connection, lead: str, *, state: str, result: bytes | None) -> None:
    """Change the state of an intake."""
    connection.execute(sa.update(INTAKE).where(INTAKE.c.lead == lead).values(state=state, result=result))


def forget_unsealed(connection: sa.Connection, lead: str, *, keep: Sequence[int] = ()) -> None:
    """Drop the items that no run has sealed; the next plan lists again what is there and may now be readable.

    Args:
        connection: A write transaction.
        lead: The lead.
        keep: Rows that stay.
    """
    unsealed = sa.and_(ITEM.c.lead == lead, ITEM.c.state.in_([ItemState.PLANNED, ItemState.REFUSED]))
    if not keep:
        connection.execute(sa.delete(ITEM).where(unsealed))
        return
    rows = {row.id for row in connection.execute(sa.select(ITEM.c.id).where(unsealed))}
    if gone := [{"key": row} for row in sorted(rows - set(keep))]:
        connection.execute(sa.delete(ITEM).where(ITEM.c.id == sa.bindparam("key")), gone)


def plan_items(connection: sa.Connection, lead: str, files: Iterable[tuple[str, int, int]]) -> int:
    """Add the files that the plan does not hold yet.

    Args:
        connection: A write transaction.
        lead: The lead.
        files: ``(path, size, mtime_ns)`` each, none twice; a changed file is a new item.

    Returns:
        How many were new.
    """
    known = {
        (row.path, row.size, row.mtime_ns)
        for row in connection.execute(
            sa.select(ITEM.c.path, ITEM.c.size, ITEM.c.mtime_ns).where(ITEM.c.lead == lead)
        )
    }
    new = [
        {"lead": lead, "path": path, "size": size, "mtime_ns": mtime, "state": ItemState.PLANNED}
        for path, size, mtime in files
        if (path, size, mtime) not in known
    ]
    if new:
        connection.execute(sa.insert(ITEM), new)
    return len(new)


def items(connection: sa.Connection, lead: str, *states: ItemState) -> list[Item]:
    """Return the items of a lead in the given states (all when none is named), in plan order."""
    query = sa.select(ITEM).where(ITEM.c.lead == lead).order_by(ITEM.c.id)
    if states:
        query = query.where(ITEM.c.state.in_([str(state) for state in states]))
    return [Item(*row) for row in connection.execute(query)]


def scanned(connection: sa.Connection, lead: str, exhibits: Sequence[str]) -> list[Item]:
    """Return the items of a lead that became these exhibits, in plan order."""
    query = sa.select(ITEM).where(ITEM.c.lead == lead, ITEM.c.exhibit.in_(list(exhibits))).order_by(ITEM.c.id)
    return [Item(*row) for row in connection.execute(query)]


def set_items(connection: sa.Connection, changed: Sequence[Item]) -> None:
    """Write state, exhibit, scan and detail of items."""
    if not changed:
        return
    connection.execute(
        sa.update(ITEM)
        .where(ITEM.c.id == sa.bindparam("key"))
        .values(
            state=sa.bindparam("new_state"),
            exhibit=sa.bindparam("new_exhibit"),
            scan=sa.bindparam("new_scan"),
            detail=sa.bindparam("new_detail"),
        ),
        [
            {
                "key": item.id,
                "new_state": item.state,
                "new_exhibit": item.exhibit,
                "new_scan": item.scan,
                "new_detail": item.detail,
            }
            for item in changed
        ],
    )
