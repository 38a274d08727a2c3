"""The office's journal: events and their leaves in the log, one transaction for all.

The layout of a leaf is that of ``docs/evidence-format.md`` section 5: the payload stands behind two
salted commitments, so nothing personal is in the log, and ``prev`` chains the events of a stream.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, cast

import msgspec
import sqlalchemy as sa

from qingyuan.canonical import NotCanonicalError
from qingyuan.ledger import Batch, Head, Log, quicken_if_ready, take_both
from qingyuan.store._driver import Driver, Values
from qingyuan.store._leaf import leaf_bytes, payload_bytes
from qingyuan.store.errors import StoreError
from qingyuan.store.ledger_storage import Held, HeldStorage, SqlLogStorage, read_heads
from qingyuan.store.reading import StoredEvent

SALT_BYTES = 16
#: Entries of one chunk when a twin catches up: two tiles.
_CHUNK = 512
#: Streams whose end a journal remembers.
_MOST_TAILS = 4_096
#: After so many signatures of a twin compiled signing is asked for, where it is at hand: it costs five milliseconds and saves half of one each time.
_QUICKEN_AFTER = 16

_TAIL = (
    "SELECT event.n, ledger_entry.data FROM event JOIN ledger_entry ON ledger_entry.idx = event.idx "
    "WHERE event.stream = ? ORDER BY event.n DESC LIMIT 1"
)
_INSERT_EVENT = (
    "INSERT INTO event (idx, stream, n, type, at, actor, salt, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)

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


class Request(msgspec.Struct, frozen=True):
    """Drafts of one act, found good to be written; made by :func:`prepare_request`.

    Attributes:
        drafts: Stream, type, payload, and the payload as canonical JSON.
        at: Claimed time, RFC 3339.
        actor: Identifier of who acts.
    """

    drafts: tuple[tuple[str, str, dict[str, object], bytes], ...]
    at: str
    actor: str


def prepare_request(drafts: Sequence[Draft], *, now: datetime, actor: str) -> Request:
    """Check drafts and write their payloads as canonical JSON; nothing is stored.

    Args:
        drafts: The events, in order.
        now: Claimed time, aware.
        actor: Identifier of who acts.

    Raises:
        StoreError: ``store.payload`` when a payload is not JSON, ``store.naive-time`` when the time has no offset.
    """
    if now.tzinfo is None:
        raise StoreError(
            "store.naive-time",
            zh="事件时间缺少时区",
            en="the time of an event has no offset",
            remedy_zh="请提供带时区的时间",
            remedy_en="pass an aware time",
        )
    checked = []
    for draft in drafts:
        payload = dict(draft.payload)
        try:
            written = payload_bytes(payload)
            (draft.stream + draft.type + actor).encode()
        except (NotCanonicalError, UnicodeEncodeError) as error:
            raise StoreError(
                "store.payload",
                zh=f"事件内容不是规范的 JSON：{error}",
                en=f"the payload is not canonical JSON: {error}",
                where=f"{draft.stream!a} {draft.type!a}",
                remedy_zh="这是程序缺陷，请报告",
                remedy_en="this is a defect of the program; please report it",
            ) from error
        checked.append((draft.stream, draft.type, payload, written))
    return Request(tuple(checked), now.isoformat(timespec="seconds"), actor)


class Journal:
    """Append-only events over a database and one or two logs. One writer at a time may use it.

    Args:
        log: The signed log that every event becomes a leaf of.
        entropy: Source of salts, ``entropy(n)`` giving ``n`` bytes.
        twin: A second log over the same leaves, with another hash suite and an origin of its own
            (``docs/sm-profile.md``). Its head is written in the same transaction; an entry has the same index in both.
    """

    def __init__(self, log: Log, entropy: Callable[[int], bytes], *, twin: Log | None = None) -> None:
        """Bind the journal to its logs and its source of salts."""
        self._log = log
        self._entropy = entropy
        self._twin = twin
        #: Next number and hash of the last leaf of streams, as of the head they were read or written under. Who finds that head
        #: in the database finds the same entries: its root covers them.
        self._tails: dict[str, tuple[int, str]] = {}
        self._tails_of: Head | None = None
        self._signed = 0

    @property
    def has_twin(self) -> bool:
        """Whether there are two logs."""
        return self._twin is not None

    def append(
        self, connection: sa.Connection, drafts: Sequence[Draft], *, now: datetime, actor: str
    ) -> list[StoredEvent]:
        """Write events, log entries and the signed heads in the caller's write transaction.

        Args:
            connection: Inside :meth:`Database.write`; nothing is visible until it commits.
            drafts: The events, in order.
            now: Claimed time, aware.
            actor: Identifier of who acts.

        Raises:
            StoreError: As :func:`prepare_request` and :meth:`append_requests`.
        """
        if not drafts:
            return []
        return self.append_requests(connection, [prepare_request(drafts, now=now, actor=actor)])[0]

    def append_requests(
        self, connection: sa.Connection, requests: Sequence[Request]
    ) -> list[list[StoredEvent]]:
        """Write the events of several acts under one signature of each log.

        Args:
            connection: Inside :meth:`Database.write`.
            requests: At least one draft in all.

        Returns:
            The events of each request, in order.

        Raises:
            StoreError: ``store.twin-ahead`` when the twin is longer than the log.
            LedgerError: When the stored head of a log is not in order.
        """
        driver, held = Driver(connection), Held()
        if self._twin is None:
            kept, twin_kept = SqlLogStorage(connection, self._log.origin, driver=driver).read_kept(), None
        else:
            kept, twin_kept = read_heads(driver, self._log.origin, self._twin.origin)
        storage = HeldStorage(connection, self._log.origin, driver, kept, held, owns_entries=True)
        batch = self._log.begin(storage)
        head = storage.read_head()
        if head is None or head != self._tails_of:
            self._tails.clear()
        self._tails_of = None  # until this append is done
        stored, rows = self._events(driver, requests, batch.first)
        leaves = [event.leaf for events in stored for event in events]
        twin = None
        if (
            self._twin is not None
        ):  # before anything is stored, so that a head that is not in order changes nothing
            twin_storage = HeldStorage(
                connection, self._twin.origin, driver, twin_kept, held, owns_entries=False
            )
            twin = _caught_up(self._twin, twin_storage, batch.first)
        if self._twin is None or twin is None:
            batch.take(leaves)
            batch.store(storage)
        else:
            take_both(batch, twin, leaves, lambda: batch.store(storage))
            twin.store(twin_storage)
            # Signing in a second thread meanwhile was measured: handing over and back costs more than it saves.
            twin.finish(twin_storage, self._twin.sign(twin.checkpoint()))
            self._signed += 1
            if self._signed == _QUICKEN_AFTER:
                quicken_if_ready()
        driver.many(_INSERT_EVENT, rows)
        self._tails_of = batch.finish(storage, self._log.sign(batch.checkpoint())).head
        held.write(driver)
        return stored

    def begin_twin(self, connection: sa.Connection) -> int:
        """Bring the twin log to the size of the log, from the entries that are stored.

        For journals begun before they had a twin, or written to where nothing could sign for it. Reads the entries a
        few hundred at a time and signs once. Appending does the same when the twin lags.

        Args:
            connection: Inside :meth:`Database.write`.

        Returns:
            How many entries the twin took in.

        Raises:
            StoreError: ``store.twin-ahead`` when the twin is longer than the log.
        """
        if self._twin is None:
            return 0
        head = self._log.head(SqlLogStorage(connection, self._log.origin))
        size = 0 if head is None else head.size
        storage = SqlLogStorage(connection, self._twin.origin, owns_entries=False)
        twin_head = self._twin.head(storage)
        lag = size - (0 if twin_head is None else twin_head.size)
        batch = _caught_up(self._twin, storage, size)
        if lag:
            batch.finish(storage, self._twin.sign(batch.checkpoint()))
        return lag

    def _events(
        self, driver: Driver, requests: Sequence[Request], first: int
    ) -> tuple[list[list[StoredEvent]], list[Values]]:
        """Return the events of each request as they will be stored, and their rows."""
        tails = self._tails
        if len(tails) > _MOST_TAILS:
            tails.clear()
        index = first
        salts = self._salts(sum(len(each.drafts) for each in requests))
        stored: list[list[StoredEvent]] = []
        rows: list[Values] = []
        for each in requests:
            events = []
            for stream, type_, payload, written in each.drafts:
                n, prev = tails.get(stream) or _tail(driver, stream)
                salt = salts[index - first]
                leaf = leaf_bytes(
                    type_=type_,
                    stream=stream,
                    n=n,
                    prev=prev,
                    at=each.at,
                    actor=each.actor,
                    payload=written,
                    salt=salt,
                )
                tails[stream] = (n + 1, hashlib.sha256(leaf).hexdigest())
                events.append(StoredEvent(index, stream, n, type_, each.at, each.actor, payload, salt, leaf))
                rows.append((index, stream, n, type_, each.at, each.actor, salt, written))
                index += 1
            stored.append(events)
        return stored, rows

    def _salts(self, count: int) -> list[bytes]:
        """Return salts, drawn at once."""
        drawn = self._entropy(SALT_BYTES * count)
        return [drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES)]


def _caught_up(twin: Log, storage: SqlLogStorage, size: int) -> Batch:
    """Return a batch of the twin that holds the first ``size`` entries, those it lacked stored and not yet signed for."""
    batch = twin.begin(storage)
    if batch.first > size:
        raise StoreError(
            "store.twin-ahead",
            zh=f"孪生日志（{batch.first} 条）比日志（{size} 条）更长：日志被回退或替换",
            en=f"the twin log ({batch.first} entries) is longer than the log ({size}): the log was rolled back",
            where=twin.origin,
            remedy_zh="停止写入，运行账本自检，并从备份恢复",
            remedy_en="stop writing, run the ledger check and restore from a backup",
        )
    for start in range(batch.first, size, _CHUNK):
        if entries := storage.read_entries(start, min(start + _CHUNK, size)):
            batch.take(entries)
            batch.store(storage)
    if batch.size != size:
        raise StoreError(
            "store.entries-missing",
            zh=f"日志应有 {size} 条，实存 {batch.size} 条",
            en=f"the log should have {size} entries and holds {batch.size}",
            where=twin.origin,
            remedy_zh="运行账本自检，并从备份恢复",
            remedy_en="run the ledger check and restore from a backup",
        )
    return batch


def _tail(driver: Driver, stream: str) -> tuple[int, str]:
    """Return the next number of a stream and the hash of its last leaf."""
    row = cast("tuple[int, bytes] | None", driver.one(_TAIL, stream))
    return (0, "") if row is None else (row[0] + 1, hashlib.sha256(row[1]).hexdigest())
