"""Reading the journal: the events of streams, and the check that each opens its log entry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import msgspec
import sqlalchemy as sa

from qingyuan.store._leaf import leaf_bytes
from qingyuan.store.schema import EVENT, LEDGER_ENTRY

_CHUNK = 500


class StoredEvent(msgspec.Struct, frozen=True):
    """An event as the journal holds it.

    Attributes:
        index: Leaf index in the log.
        stream: Lead, matter, case or scope.
        n: Number in the stream, from 0.
        type: Event type.
        at: Claimed time, RFC 3339.
        actor: Identifier of who acted.
        payload: JSON builtins.
        salt: Opens the commitments.
        leaf: Canonical JSON of the leaf: the log entry.
    """

    index: int
    stream: str
    n: int
    type: str
    at: str
    actor: str
    payload: dict[str, object]
    salt: bytes
    leaf: bytes


def iter_events(connection: sa.Connection, streams: Iterable[str]) -> Iterator[StoredEvent]:
    """Yield all events of ``streams``, in the order of the log, few at a time in memory."""
    query = (
        sa.select(EVENT, LEDGER_ENTRY.c.data)
        .join(LEDGER_ENTRY, LEDGER_ENTRY.c.idx == EVENT.c.idx)
        .where(EVENT.c.stream.in_(sorted(set(streams))))
        .order_by(EVENT.c.idx)
    )
    for row in connection.execute(query, execution_options={"yield_per": _CHUNK}):
        yield StoredEvent(
            row.idx,
            row.stream,
            row.n,
            row.type,
            row.at,
            row.actor,
            msgspec.json.decode(row.payload),
            row.salt,
            row.data,
        )


def events(connection: sa.Connection, streams: Iterable[str]) -> list[StoredEvent]:
    """Return all events of ``streams``, in the order of the log."""
    return list(iter_events(connection, streams))


def has_event(connection: sa.Connection, stream: str, type_: str) -> bool:
    """Return whether ``stream`` has an event of a type."""
    query = sa.select(EVENT.c.idx).where(EVENT.c.stream == stream, EVENT.c.type == type_).limit(1)
    return connection.execute(query).first() is not None


def check_events(connection: sa.Connection) -> Iterator[tuple[int, str, str]]:
    """Yield index and problem, in Chinese and English, for each event that does not open its leaf or break its chain.

    Reads every event and log entry; the caller prints what it gets. A missing event of an entry, an event without an
    entry, a changed payload or salt, and a broken chain are each named by index.
    """
    tails: dict[str, tuple[int, str]] = {}
    query = (
        sa.select(LEDGER_ENTRY.c.idx, LEDGER_ENTRY.c.data, EVENT)
        .join(EVENT, EVENT.c.idx == LEDGER_ENTRY.c.idx, isouter=True)
        .order_by(LEDGER_ENTRY.c.idx)
    )
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        index = row[0]
        if row.stream is None:
            yield index, "账本条目没有对应的事件", "log entry without an event"
            continue
        n, prev = tails.get(row.stream, (0, ""))
        if row.n != n:
            yield (
                index,
                f"{row.stream} 的事件编号为 {row.n}，应为 {n}",
                f"stream {row.stream}: number {row.n} where {n} was due",
            )
        expected = leaf_bytes(
            type_=row.type,
            stream=row.stream,
            n=row.n,
            prev=prev,
            at=row.at,
            actor=row.actor,
            payload=row.payload,
            salt=row.salt,
        )
        if expected != row.data:
            yield (
                index,
                f"事件 {row.stream}/{row.n} 与账本条目不符",
                f"event {row.stream}/{row.n} does not open its log entry",
            )
        tails[row.stream] = (row.n + 1, hashlib.sha256(row.data).hexdigest())
    stray = (
        sa.select(EVENT.c.idx)
        .join(LEDGER_ENTRY, EVENT.c.idx == LEDGER_ENTRY.c.idx, isouter=True)
        .where(LEDGER_ENTRY.c.idx.is_(None))
        .order_by(EVENT.c.idx)
    )
    for index in connection.scalars(stray):
        yield index, "事件没有对应的账本条目", "event without a log entry"
