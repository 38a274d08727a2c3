"""Building the register from the events, and telling whether it is what they give."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec
import sqlalchemy as sa

from qingyuan import __version__
from qingyuan.cases import Docket
from qingyuan.errors import QingyuanError
from qingyuan.office.home import Home
from qingyuan.office.register._entry import entry_of
from qingyuan.office.register._kit import kit
from qingyuan.office.register._links import links_said
from qingyuan.office.register._reading import Reading, read_docket
from qingyuan.office.register._report import lines_of
from qingyuan.office.standing import rebuild_standing
from qingyuan.store.register import Due, Entry, Record, clear, put, report_of, rows_of, set_state, state
from qingyuan.store.registry import relink, streams

_FINGERPRINT = "law"
_PREFIXES = ("L", "M", "C")
#: Told how many dockets are done, and of how many.
Progress = Callable[[int, int], None]


class Rebuilt(msgspec.Struct, frozen=True):
    """What a rebuild wrote.

    Attributes:
        dockets: Dockets written.
        records: Leads, matters and cases among them.
        dues: Open dates.
        unread: Dockets whose events cannot be folded: identifier, and why in Chinese and English.
    """

    dockets: int
    records: int
    dues: int
    unread: tuple[tuple[str, str, str], ...]


def fingerprint(home: Home) -> str:
    """Return what the computed rows depend on beside events and day: the program, the law with the office's own, and its name."""
    digest = hashlib.sha256(f"{__version__}\n{home.settings.office.name}".encode())
    digest.update(files("qingyuan.reports").joinpath("rows.py").read_bytes())
    for name, data in _texts(files("qingyuan.law").joinpath("data")):
        digest.update(f"\n{name} {hashlib.sha256(data).hexdigest()}".encode())
    overlay = home.path / "law"
    for path in sorted(overlay.rglob("*.yaml")) if overlay.is_dir() else ():
        digest.update(f"\n{path.relative_to(overlay)} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def write_entry(
    home: Home,
    connection: sa.Connection,
    docket: Docket,
    reading: Reading,
    *,
    known: int = 0,
) -> None:
    """Bring the register to a docket's newest state, in the transaction of its events.

    Args:
        home: The office.
        connection: The write transaction.
        docket: The docket after the events.
        reading: Where its events stand.
        known: How many of them its timeline has already; 0 when it was put together otherwise than before.
    """
    new = [event.index for event in reading.behind[known:]]
    put(connection, _entry(home, docket, reading, home.clock.now()), new, whole=not known)


def rebuild(home: Home, progress: Progress | None = None) -> Rebuilt:
    """Build the whole register anew, in one transaction; readers see the old one until it is done.

    Args:
        home: The office.
        progress: Told how many of how many dockets are done.
    """
    with home.database.write() as connection:
        clear(connection)
        relink(
            connection,
            {child: above for child, (above, _) in links_said(connection).items() if above is not None},
        )
        now = home.clock.now()
        dockets = records = dues = 0
        unread: list[tuple[str, str, str]] = []
        every = list(_dockets(connection))
        for done, (top, members) in enumerate(every, start=1):
            if progress is not None:
                progress(done, len(every))
            try:
                docket, reading = read_docket(connection, members)
                entry = _entry(home, docket, reading, now)
            except QingyuanError as error:
                unread.append((top, error.zh, error.en))
                continue
            put(connection, entry, [event.index for event in reading.behind], empty=True)
            dockets, records, dues = dockets + 1, records + len(entry.records), dues + len(entry.dues)
        unread += rebuild_standing(connection)
        set_state(connection, _FINGERPRINT, fingerprint(home))
    return Rebuilt(dockets, records, dues, tuple(unread))


def ensure(home: Home, progress: Progress | None = None) -> None:
    """Build the register when it was never built, or with another law or version of the program."""
    with home.database.read() as connection:
        known = state(connection, _FINGERPRINT)
    if known != fingerprint(home):
        rebuild(home, progress)


def check(home: Home, connection: sa.Connection) -> Iterator[tuple[str, str, str]]:
    """Yield place and words, in Chinese and English, for each docket whose rows are not what its events give."""
    if state(connection, _FINGERPRINT) != fingerprint(home):
        return  # not built yet, or for another law: the next list builds it
    now = home.clock.now()
    today = now.date().isoformat()
    for top, members in _dockets(connection):
        try:
            docket, reading = read_docket(connection, members)
            entry = _entry(home, docket, reading, now)
        except QingyuanError as error:
            yield f"register {top}", f"事件无法还原：{error.zh}", f"the events do not fold: {error.en}"
            continue
        except (ValueError, TypeError):
            continue  # rows of a wrong type, which the check of the events names
        try:
            records, dues = rows_of(connection, entry.docket)
            report = report_of(connection, entry.docket)
        except (msgspec.ValidationError, TypeError):
            records, dues, report = [], [], []
        same = _steady(entry.records, entry.dues, today) == _steady(records, dues, today)
        if not same or list(entry.report) != report:
            yield (
                f"register {top}",
                "登记簿与事件不一致，请运行 qingyuan office rebuild",
                "the register is not what the events give; run qingyuan office rebuild",
            )


def _entry(home: Home, docket: Docket, reading: Reading, now: datetime) -> Entry:
    law, places = kit(home)
    report = tuple(lines_of(docket, reading.behind, office=home.settings.office.name))
    return entry_of(docket, reading.marks, law=law, places=places, now=now, report=report)


def _steady(records: Iterable[Record], dues: Iterable[Due], today: str) -> tuple[list[Record], list[Due]]:
    """Return rows without what moves by itself from day to day."""
    kept = [
        msgspec.structs.replace(due, due="", articles=b"") if due.stopped else due
        for due in dues
        if not (due.lapses and due.due < today)
    ]
    still = {due.target for due in kept if not due.stopped and not due.lapses}
    steady = [record if record.id in still else msgspec.structs.replace(record, due="") for record in records]
    return sorted(steady, key=lambda r: r.id), sorted(kept, key=lambda d: (d.target, d.key))


def _dockets(connection: sa.Connection) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each docket that has events of the cases room, with its streams."""
    rows = connection.execute(sa.text("SELECT child, parent FROM link"))
    parents: dict[str, str] = {str(child): str(parent) for child, parent in rows}
    members: dict[str, list[str]] = {}
    for prefix in _PREFIXES:
        for stream in streams(connection, prefix):
            members.setdefault(parents.get(stream, stream), []).append(stream)
    registered = _begun(connection)
    for top in sorted(members):
        if any(stream in registered for stream in members[top]):
            yield top, tuple(sorted(members[top]))


def _begun(connection: sa.Connection) -> set[str]:
    """Return the leads that were registered; an intake that goes on has exhibits and no lead yet."""
    rows = connection.execute(sa.text("SELECT stream FROM event WHERE type = 'lead.registered'"))
    return {str(row[0]) for row in rows}


def _texts(folder: Traversable | Path) -> Iterator[tuple[str, bytes]]:
    for each in sorted(folder.iterdir(), key=lambda one: one.name):
        if each.is_dir():
            yield from _texts(each)
        elif each.name.endswith(".yaml"):
            yield each.name, each.read_bytes()
