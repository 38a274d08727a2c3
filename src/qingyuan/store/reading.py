"""Reading the journal: the events of streams, and the check that each opens its log entry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

import msgspec
import sqlalchemy as sa

from qingyuan.shapes import from_json
from qingyuan.store._driver import Driver
from qingyuan.store._leaf import leaf_bytes
from qingyuan.store.schema import EVENT, LEDGER_ENTRY
from qingyuan.store.typed import bare, misfits, said

if TYPE_CHECKING:
    from qingyuan.cases import CaseEvent

_CHUNK = 500

#: Index, stream, number, type, time, actor and payload of an event.
_Row: TypeAlias = tuple[int, str, int, str, str, str, bytes]


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


def case_events(connection: sa.Connection, streams: Iterable[str]) -> Iterator[tuple[int, CaseEvent]]:
    """Yield index and event of ``streams`` for the cases room to fold, in the order of the log, without the log's entries.

    Raises:
        CasesError: A payload does not fit its type.
    """
    from qingyuan.cases import read_stored  # noqa: PLC0415 - the law comes with it; who writes a log needs neither

    wanted = sorted(set(streams))
    if not wanted:  # PostgreSQL knows no empty list
        return
    marks = ", ".join("?" * len(wanted))
    # One stream at a time would be read in order from its index; several are put in the order of the log by their number.
    query = (
        f"SELECT idx, stream, n, type, at, actor, payload FROM event WHERE stream IN ({marks}) ORDER BY idx"  # noqa: S608
    )
    for row in Driver(connection).each(query, *wanted):
        index, stream, n, type_, at, actor, payload = cast("_Row", row)
        yield index, read_stored(stream, n, type_, at, actor, bytes(payload))


def events_at(connection: sa.Connection, indexes: Sequence[int]) -> list[CaseEvent]:
    """Return the events at some places of the log, in the order asked for."""
    from qingyuan.cases import read_stored  # noqa: PLC0415 - as above

    if not indexes:
        return []
    marks = ", ".join("?" * len(indexes))
    query = f"SELECT idx, stream, n, type, at, actor, payload FROM event WHERE idx IN ({marks})"  # noqa: S608
    found = {}
    for row in Driver(connection).all(query, *indexes):
        index, stream, n, type_, at, actor, payload = cast("_Row", row)
        found[index] = read_stored(stream, n, type_, at, actor, bytes(payload))
    return [found[index] for index in indexes]


def events(connection: sa.Connection, streams: Iterable[str]) -> list[StoredEvent]:
    """Return all events of ``streams``, in the order of the log."""
    return list(iter_events(connection, streams))


def has_event(connection: sa.Connection, stream: str, type_: str) -> bool:
    """Return whether ``stream`` has an event of a type."""
    query = sa.select(EVENT.c.idx).where(EVENT.c.stream == stream, EVENT.c.type == type_).limit(1)
    return connection.execute(query).first() is not None


class _Logged(msgspec.Struct, frozen=True):
    """What a leaf says of its place in a stream."""

    stream: str
    n: int
    prev: str


class _Event(msgspec.Struct, frozen=True):
    """A row of ``event``, its columns in order."""

    idx: int
    stream: str
    n: int
    type: str
    at: str
    actor: str
    salt: bytes
    payload: bytes


class _Tail(msgspec.Struct):
    """The newest event of a stream.

    Attributes:
        index: Its index.
        n: The number the next event has.
        prev: Hash of its leaf; ``None`` when it was named as wrong, so that nobody else is blamed for it.
    """

    index: int = -1
    n: int = 0
    prev: str | None = ""


_Finding = tuple[int, str, str]
_COLUMNS = tuple(EVENT.columns)
#: Index and data of an entry, and the columns of its event.
_Joined = tuple[int, object, object, object, object, object, object, object, object, object]


def check_events(connection: sa.Connection) -> Iterator[_Finding]:
    """Yield index and problem, in Chinese and English, for each event that does not open its leaf or break its chain.

    Reads every event and log entry; the caller prints what it gets. A missing entry, a missing event of an entry, an event
    without an entry, a value of a wrong type, a changed payload or salt, and a broken chain are each named by index. What
    follows something that is missing or wrong is not blamed for it.
    """
    tails: dict[str, _Tail] = {}
    query = (
        sa.select(*bare((LEDGER_ENTRY.c.idx, LEDGER_ENTRY.c.data)), *bare(_COLUMNS))
        .join_from(LEDGER_ENTRY, EVENT, EVENT.c.idx == LEDGER_ENTRY.c.idx, isouter=True)
        .order_by(LEDGER_ENTRY.c.idx)
    )
    start = _Tail()
    due = 0
    lost = -1  # newest index of which the stream is not known
    rows = connection.execute(query, execution_options={"yield_per": 1000})
    for row in cast("Iterable[_Joined]", rows):
        index, data, _, stream, n, type_, at, actor, salt, payload = row
        if index != due:
            yield _missing(due, index - 1)
            lost = index - 1
        due = index + 1
        if (
            type(data) is bytes
            and type(stream) is str
            and type(n) is int
            and type(type_) is type(at) is type(actor) is str
            and type(salt) is type(payload) is bytes
        ):
            tail = tails.get(stream, start)
            if (
                n == tail.n
                and tail.prev is not None
                and data
                == leaf_bytes(
                    type_=type_,
                    stream=stream,
                    n=n,
                    prev=tail.prev,
                    at=at,
                    actor=actor,
                    payload=payload,
                    salt=salt,
                )
            ):
                tails[stream] = _Tail(index, n + 1, hashlib.sha256(data).hexdigest())
                continue
        logged = _logged(data)
        good = True
        for finding in _explain(index, data, row[2:], logged, tails, lost):
            good = False
            yield finding
        if logged is not None and type(data) is bytes:
            prev = hashlib.sha256(data).hexdigest() if good else None
            tails[logged.stream] = _Tail(index, logged.n + 1, prev)
        elif type(stream) is str and type(n) is int:
            tails[stream] = _Tail(index, n + 1, None)
        else:
            lost = index
    stray = (
        sa.select(EVENT.c.idx)
        .join(LEDGER_ENTRY, EVENT.c.idx == LEDGER_ENTRY.c.idx, isouter=True)
        .where(LEDGER_ENTRY.c.idx.is_(None))
        .order_by(EVENT.c.idx)
    )
    for index in connection.scalars(stray):
        yield index, "事件没有对应的账本条目", "event without a log entry"


def _missing(first: int, last: int) -> _Finding:
    if first == last:
        return first, "账本条目缺失", "the log entry is missing"
    return first, f"第 {first} 至 {last} 条账本条目缺失", f"log entries {first} to {last} are missing"


def _logged(data: object) -> _Logged | None:
    if type(data) is not bytes:
        return None
    try:
        return from_json(data, _Logged)
    except (msgspec.MsgspecError, UnicodeDecodeError):  # whoever compares it with its event names it
        return None


def _explain(
    index: int,
    data: object,
    event: tuple[object, ...],
    logged: _Logged | None,
    tails: dict[str, _Tail],
    lost: int,
) -> Iterator[_Finding]:
    """Yield what is wrong with an entry and its event, of which not everything is as expected."""
    wrong = [] if type(data) is bytes else ["ledger_entry.data"]
    if event[0] is None:
        if wrong:
            yield index, *said(wrong)
        yield index, "账本条目没有对应的事件", "log entry without an event"
        return
    if wrong := wrong + [f"event.{name}" for name in misfits(_COLUMNS, event)]:
        yield index, *said(wrong)
        return
    found = _Event(*event)  # type: ignore[arg-type] # the types were just checked
    tail = tails.get(found.stream, _Tail())
    prev = tail.prev
    if found.n > tail.n and tail.index < lost:  # what is missing may well be of this stream
        prev = None
    elif found.n != tail.n:
        yield (
            index,
            f"{found.stream} 的事件编号为 {found.n}，应为 {tail.n}",
            f"stream {found.stream}: number {found.n} where {tail.n} was due",
        )
    if prev is None:
        prev = logged.prev if logged is not None else ""
    expected = leaf_bytes(
        type_=found.type,
        stream=found.stream,
        n=found.n,
        prev=prev,
        at=found.at,
        actor=found.actor,
        payload=found.payload,
        salt=found.salt,
    )
    if expected != data:
        yield (
            index,
            f"事件 {found.stream}/{found.n} 与账本条目不符",
            f"event {found.stream}/{found.n} does not open its log entry",
        )
