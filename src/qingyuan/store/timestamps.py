"""Answers of time-stamping authorities, kept whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec
import sqlalchemy as sa

from qingyuan.evidence.timestamp.records import Over, StoredTimestamp
from qingyuan.store._counter import count_up, counted
from qingyuan.store.errors import StoreError
from qingyuan.store.schema import TIMESTAMP

_AT_ONCE = 500
_COUNTER = "timestamp"


def add_timestamp(connection: sa.Connection, row: StoredTimestamp) -> StoredTimestamp:
    """Keep an answer that was checked.

    Args:
        connection: A write transaction.
        row: The answer; its ``id`` is ignored.

    Returns:
        The same with the number it was given.
    """
    newest = connection.execute(sa.select(sa.func.max(TIMESTAMP.c.id))).scalar() or 0
    kept = msgspec.structs.replace(row, id=count_up(connection, _COUNTER, above=newest))
    connection.execute(sa.insert(TIMESTAMP).values(msgspec.structs.asdict(kept)))
    return kept


def lost_timestamps(connection: sa.Connection) -> list[int]:
    """Return the numbers that were given to answers and have no row any more, in order.

    An answer removed before numbers were counted is not missed, unless there was a later one.
    """
    last = counted(connection, _COUNTER) or 0
    there = set(connection.scalars(sa.select(TIMESTAMP.c.id)))
    return [number for number in range(1, last + 1) if number not in there]


def timestamps(connection: sa.Connection) -> list[StoredTimestamp]:
    """Return every answer, in the order they were kept."""
    return _read(connection, sa.true())


def timestamp(connection: sa.Connection, identifier: int) -> StoredTimestamp:
    """Return one answer.

    Raises:
        StoreError: ``store.no-timestamp``.
    """
    found = _read(connection, TIMESTAMP.c.id == identifier)
    if not found:
        raise StoreError(
            "store.no-timestamp",
            zh=f"没有编号为 {identifier} 的时间戳",
            en=f"there is no timestamp {identifier}",
            remedy_zh="用 qingyuan timestamp list 查看",
            remedy_en="see qingyuan timestamp list",
        )
    return found[0]


def for_origins(connection: sa.Connection, origins: Iterable[str]) -> list[StoredTimestamp]:
    """Return the answers over checkpoints of some logs, by origin."""
    return _about(connection, "checkpoint", origins)


def for_exhibits(connection: sa.Connection, ids: Iterable[str]) -> list[StoredTimestamp]:
    """Return the answers over the manifests of some exhibits."""
    return _about(connection, "exhibit", ids)


def renewals_of(connection: sa.Connection, ids: Iterable[int]) -> list[StoredTimestamp]:
    """Return the answers that renew some answers, and those that renew these, and so on."""
    found: dict[int, StoredTimestamp] = {}
    wanted = set(ids)
    while wanted:
        rows = _about(connection, "timestamp", map(str, wanted))
        wanted = {row.id for row in rows} - found.keys()
        found.update((row.id, row) for row in rows)
    return [found[each] for each in sorted(found)]


def of_authority(connection: sa.Connection, tsa: str, newest: int) -> list[StoredTimestamp]:
    """Return the newest answers of one authority, newest first.

    Args:
        connection: Any transaction.
        tsa: Its name in our settings.
        newest: How many at most.
    """
    rows = connection.execute(
        sa.select(TIMESTAMP).where(TIMESTAMP.c.tsa == tsa).order_by(TIMESTAMP.c.id.desc()).limit(newest)
    )
    return [StoredTimestamp(**row) for row in rows.mappings()]


def stamped_by(
    connection: sa.Connection, over: Over, subject: str, *, size: int | None = None, root: bytes | None = None
) -> list[StoredTimestamp]:
    """Return the answers over one thing.

    Args:
        connection: Any transaction.
        over: Its kind.
        subject: Which.
        size: Size of the log; only for a checkpoint.
        root: Root of the log; only for a checkpoint.
    """
    where = sa.and_(TIMESTAMP.c.over == over, TIMESTAMP.c.subject == subject)
    if over == "checkpoint":
        where = sa.and_(where, TIMESTAMP.c.size == size, TIMESTAMP.c.root == root)
    return _read(connection, where)


def _about(connection: sa.Connection, over: Over, subjects: Iterable[str]) -> list[StoredTimestamp]:
    found: list[StoredTimestamp] = []
    ordered: Sequence[str] = sorted(set(subjects))
    for start in range(0, len(ordered), _AT_ONCE):
        some: Collection[str] = ordered[start : start + _AT_ONCE]
        found += _read(connection, sa.and_(TIMESTAMP.c.over == over, TIMESTAMP.c.subject.in_(some)))
    return sorted(found, key=lambda row: row.id)


def _read(connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[StoredTimestamp]:
    rows = connection.execute(sa.select(TIMESTAMP).where(where).order_by(TIMESTAMP.c.id))
    return [StoredTimestamp(**row) for row in rows.mappings()]
