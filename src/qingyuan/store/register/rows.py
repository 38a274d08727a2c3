"""The rows of the register and how a docket's are written, in the transaction of its events."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from qingyuan.store._driver import Driver
from qingyuan.store.register.report import ReportLine, put_report
from qingyuan.store.register.scope import prefixes
from qingyuan.store.register.words import put_words

#: Stands for "no date" where dates are in order.
NEVER = "9999-12-31"


class Record(msgspec.Struct, frozen=True):
    """A lead, matter or case as lists show it.

    Attributes:
        id: Its identifier.
        kind: ``"lead"``, ``"matter"`` or ``"case"``.
        docket: The docket it belongs to.
        office: Path of the office that handles it.
        title: One line, without personal data.
        field: Field of the public interest, as the law room names it.
        track: Of a case; ``""`` else.
        stage: Stage of a lead or case; of a matter the earliest stage of its open cases, ``"opened"`` or ``"closed"``.
        active: Whether anything is still to be done.
        source: Of a lead: how it came in.
        handler: Who handles it; ``""`` when nobody was named.
        shielded: Whether it concerns minors.
        score: Of an assessed lead; -1 else.
        due: The next open date, ISO 8601; :data:`NEVER` without one.
        begun: The day it was received, opened or filed.
        first: Index of its first event.
        changed: Index of its newest event; of a matter, of the docket's.
    """

    id: str
    kind: str
    docket: str
    office: str
    title: str
    field: str
    track: str
    stage: str
    active: bool
    source: str
    handler: str
    shielded: bool
    score: int
    due: str
    begun: str
    first: int
    changed: int


class Due(msgspec.Struct, frozen=True):
    """One open date of a docket.

    Attributes:
        target: Lead or case.
        key: What it is, unique within the target.
        docket: The docket.
        office: Path of the office.
        shielded: Whether the docket concerns minors.
        kind: ``"statutory"`` or ``"set"``.
        zh: What has to happen, Chinese.
        en: The same in English.
        due: Last day, ISO 8601; of a stopped clock as it stood when the docket last changed.
        firm: Whether the date is not provisional.
        stopped: Whether the clock stands still, so that the date moves.
        lapses: Whether the end of the period is itself the event, so that nothing is due afterwards.
        articles: JSON of the provisions.
    """

    target: str
    key: str
    docket: str
    office: str
    shielded: bool
    kind: str
    zh: str
    en: str
    due: str
    firm: bool
    stopped: bool
    lapses: bool
    articles: bytes


class Entry(msgspec.Struct, frozen=True):
    """All that the register holds of one docket.

    Attributes:
        docket: The docket; its own record is the first of ``records``.
        records: Its records.
        dues: Its open dates.
        texts: What it may be found by: nothing that may not stand in clear.
        report: What reports count of it.
    """

    docket: str
    records: tuple[Record, ...]
    dues: tuple[Due, ...]
    texts: tuple[str, ...]
    report: tuple[ReportLine, ...] = ()


_COLUMNS = (
    "id", "kind", "docket", "office", "o1", "o2", "o3", "title", "field", "track", "stage", "active", "source", "handler",
    "shielded", "score", "due", "begun", "first", "changed",
)  # fmt: skip
_DUE_COLUMNS = (
    "target", "key", "docket", "office", "o1", "o2", "o3", "shielded", "kind", "zh", "en", "due", "firm", "stopped", "lapses",
    "articles",
)  # fmt: skip


def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own names


_PUT_DUE = _insert("register_due", _DUE_COLUMNS)
_PUT = (
    f"{_insert('register', _COLUMNS)} ON CONFLICT (id) DO UPDATE SET "
    f"{', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}"
)


def put(
    connection: sa.Connection, entry: Entry, lines: Sequence[int], *, whole: bool = False, empty: bool = False
) -> None:
    """Write what the register holds of a docket in place of what it held.

    Args:
        connection: The write transaction of its events.
        entry: The docket.
        lines: Indexes of its new events that a timeline shows.
        whole: ``lines`` are all of them.
        empty: The register was cleared in this transaction.
    """
    driver = Driver(connection)
    top = entry.records[0]
    ids = [each.id for each in entry.records]
    driver.many(_PUT, [_values(each) for each in entry.records])
    driver.many("DELETE FROM register_due WHERE docket = ?", [(each,) for each in ids])
    if entry.dues:
        driver.many(_PUT_DUE, [_due_values(each) for each in entry.dues])
    put_report(driver, entry.docket, ids, entry.report, empty=empty)
    if whole:
        driver.many("DELETE FROM register_line WHERE docket = ?", [(each,) for each in ids])
    elif others := [(entry.docket, each) for each in ids if each != entry.docket]:
        driver.many("UPDATE register_line SET docket = ? WHERE docket = ?", others)
    if lines:
        driver.many(
            "INSERT INTO register_line (docket, idx) VALUES (?, ?)", [(entry.docket, i) for i in lines]
        )
    put_words(
        driver,
        connection.dialect.name,
        entry.docket,
        [each.first for each in entry.records],
        entry.texts,
        [path for each in entry.records for path in _above(each.office)],
        shielded=top.shielded,
    )


def clear(connection: sa.Connection) -> None:
    """Empty the register, to build it anew."""
    for table in (
        "register",
        "register_due",
        "register_line",
        "register_report",
        "register_words",
        "register_state",
    ):
        Driver(connection).run(f"DELETE FROM {table}")  # noqa: S608 - our own names


def state(connection: sa.Connection, name: str) -> str | None:
    """Return what the register was computed with, such as the fingerprint of the law."""
    row = Driver(connection).one("SELECT value FROM register_state WHERE name = ?", name)
    return None if row is None else str(row[0])


def set_state(connection: sa.Connection, name: str, value: str) -> None:
    """Say what the register was computed with."""
    driver = Driver(connection)
    driver.run("DELETE FROM register_state WHERE name = ?", name)
    driver.run("INSERT INTO register_state (name, value) VALUES (?, ?)", name, value)


def _above(path: str) -> list[str]:
    """Return every path that a path lies below, itself included."""
    parts = [part for part in path.split("/") if part]
    return ["/" + "".join(f"{part}/" for part in parts[: depth + 1]) for depth in range(len(parts))]


def _values(record: Record) -> tuple[str | int, ...]:
    r = record
    return (
        r.id, r.kind, r.docket, r.office, *prefixes(r.office), r.title, r.field, r.track, r.stage, int(r.active), r.source,
        r.handler, int(r.shielded), r.score, r.due, r.begun, r.first, r.changed,
    )  # fmt: skip


def _due_values(due: Due) -> tuple[str | int | bytes, ...]:
    d = due
    return (
        d.target, d.key, d.docket, d.office, *prefixes(d.office), int(d.shielded), d.kind, d.zh, d.en, d.due, int(d.firm),
        int(d.stopped), int(d.lapses), d.articles,
    )  # fmt: skip
