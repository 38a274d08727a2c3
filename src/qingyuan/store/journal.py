"""The office's journal: events and their leaves in the log, one transaction for all.

The layout of a leaf is that of ``docs/evidence-format.md`` section 5: the payload stands behind two
salted commitments, so nothing personal is in the log, and ``prev`` chains the events of a stream.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
import sqlalchemy as sa

from qingyuan.canonical import NotCanonicalError, canonical_json
from qingyuan.ledger import Log, sm3_new
from qingyuan.store.errors import StoreError
from qingyuan.store.ledger_storage import SqlLogStorage
from qingyuan.store.schema import EVENT, LEDGER_ENTRY

SALT_BYTES = 16
_CHUNK = 500

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]


class Draft(Protocol):
    """What the rooms hand over: an event that is not yet in the journal."""

    @property
    def stream(self) -> str:
        """Lead, matter, case or scope the event belongs to."""

    @property
    def type(self) -> str:
        """Event type such as ``"evidence.stored"``."""

    @property
    def payload(self) -> Mapping[str, object]:
        """JSON builtins without floats."""


class EventDraft(msgspec.Struct, frozen=True):
    """A plain :class:`Draft`."""

    stream: str
    type: str
    payload: dict[str, object]


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


def leaf_bytes(
    *, type_: str, stream: str, n: int, prev: str, at: str, actor: str, payload: bytes, salt: bytes
) -> bytes:
    """Return the log entry of an event (``docs/evidence-format.md`` section 5).

    Args:
        type_: Event type.
        stream: Stream of the event.
        n: Number in the stream.
        prev: Hex SHA-256 of the leaf before it in the stream, ``""`` for the first.
        at: Claimed time, RFC 3339.
        actor: Identifier of who acted.
        payload: Canonical JSON of the payload.
        salt: 16 bytes.
    """
    sm3 = sm3_new()
    sm3.update(salt + payload)
    return canonical_json(
        {
            "v": 1,
            "type": type_,
            "stream": stream,
            "n": n,
            "prev": prev,
            "at": at,
            "actor": actor,
            "sha256": hashlib.sha256(salt + payload).hexdigest(),
            "sm3": sm3.hexdigest(),
        }
    )


class Journal:
    """Append-only events over a database and a log.

    Args:
        log: The signed log that every event becomes a leaf of.
        entropy: Source of salts, ``entropy(n)`` giving ``n`` bytes.
    """

    def __init__(self, log: Log, entropy: Callable[[int], bytes]) -> None:
        """Bind the journal to its log and its source of salts."""
        self._log = log
        self._entropy = entropy

    def append(
        self, connection: sa.Connection, drafts: Sequence[Draft], *, now: datetime, actor: str
    ) -> list[StoredEvent]:
        """Write events, log entries and the signed head in the caller's write transaction.

        Args:
            connection: Inside :meth:`Database.write`; nothing is visible until it commits.
            drafts: The events, in order.
            now: Claimed time, aware.
            actor: Identifier of who acts.

        Raises:
            StoreError: A payload is not JSON, or the time has no offset.
        """
        if not drafts:
            return []
        if now.tzinfo is None:
            raise StoreError(
                "store.naive-time",
                zh="事件时间缺少时区",
                en="the time of an event has no offset",
                remedy_zh="请提供带时区的时间",
                remedy_en="pass an aware time",
            )
        at = now.isoformat(timespec="seconds")
        tails = self._tails(connection, {draft.stream for draft in drafts})
        storage = SqlLogStorage(connection, self._log.origin)
        stored: list[StoredEvent] = []
        payloads: list[bytes] = []
        for draft in drafts:
            n, prev = tails.get(draft.stream, (0, ""))
            salt = self._entropy(SALT_BYTES)
            try:
                payload = canonical_json(dict(draft.payload))
            except NotCanonicalError as error:
                raise StoreError(
                    "store.payload",
                    zh=f"事件内容不是规范的 JSON：{error}",
                    en=f"the payload is not canonical JSON: {error}",
                    where=f"{draft.stream} {draft.type}",
                    remedy_zh="这是程序缺陷，请报告",
                    remedy_en="this is a defect of the program; please report it",
                ) from error
            leaf = leaf_bytes(
                type_=draft.type,
                stream=draft.stream,
                n=n,
                prev=prev,
                at=at,
                actor=actor,
                payload=payload,
                salt=salt,
            )
            tails[draft.stream] = (n + 1, hashlib.sha256(leaf).hexdigest())
            payloads.append(payload)
            stored.append(
                StoredEvent(0, draft.stream, n, draft.type, at, actor, dict(draft.payload), salt, leaf)
            )
        appended = self._log.append(storage, [event.leaf for event in stored])
        stored = [
            msgspec.structs.replace(event, index=appended.first_index + offset)
            for offset, event in enumerate(stored)
        ]
        connection.execute(
            sa.insert(EVENT),
            [
                {
                    "idx": event.index,
                    "stream": event.stream,
                    "n": event.n,
                    "type": event.type,
                    "at": event.at,
                    "actor": event.actor,
                    "salt": event.salt,
                    "payload": payload,
                }
                for event, payload in zip(stored, payloads, strict=True)
            ],
        )
        return stored

    @staticmethod
    def _tails(connection: sa.Connection, streams: set[str]) -> dict[str, tuple[int, str]]:
        """Return the next number and the last leaf's hash of each stream that has events."""
        tails: dict[str, tuple[int, str]] = {}
        for stream in sorted(streams):
            row = connection.execute(
                sa.select(EVENT.c.n, LEDGER_ENTRY.c.data)
                .join(LEDGER_ENTRY, LEDGER_ENTRY.c.idx == EVENT.c.idx)
                .where(EVENT.c.stream == stream)
                .order_by(EVENT.c.n.desc())
                .limit(1)
            ).first()
            if row is not None:
                tails[stream] = (row.n + 1, hashlib.sha256(row.data).hexdigest())
        return tails


def iter_events(connection: sa.Connection, streams: Iterable[str]) -> Iterator[StoredEvent]:
    """Yield all events of ``streams``, in the order of the log, few at a time in memory."""
    query = (
        sa.select(EVENT, LEDGER_ENTRY.c.data)
        .join(LEDGER_ENTRY, LEDGER_ENTRY.c.idx == EVENT.c.idx)
        .where(EVENT.c.stream.in_(sorted(set(streams))))
        .order_by(EVENT.c.idx)
    )
    for row in connection.execution_options(yield_per=_CHUNK).execute(query):
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


def check_events(connection: sa.Connection) -> Iterable[tuple[int, str]]:
    """Yield ``(index, problem)`` for each event that does not open its leaf or break its chain.

    Reads every event and log entry; the caller prints what it gets. A missing event of an entry, a
    changed payload or salt, and a broken chain are each named by index.
    """
    tails: dict[str, tuple[int, str]] = {}
    query = (
        sa.select(LEDGER_ENTRY.c.idx, LEDGER_ENTRY.c.data, EVENT)
        .join(EVENT, EVENT.c.idx == LEDGER_ENTRY.c.idx, isouter=True)
        .order_by(LEDGER_ENTRY.c.idx)
    )
    for row in connection.execution_options(yield_per=1000).execute(query):
        index = row[0]
        if row.stream is None:
            yield index, "log entry without an event"
            continue
        n, prev = tails.get(row.stream, (0, ""))
        if row.n != n:
            yield index, f"stream {row.stream}: number {row.n} where {n} was due"
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
            yield index, f"event {row.stream}/{row.n} does not open its log entry"
        tails[row.stream] = (row.n + 1, hashlib.sha256(row.data).hexdigest())
