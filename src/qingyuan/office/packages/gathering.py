"""Everything of a home that goes into one package: one state of both logs, and what belongs to it."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from qingyuan import __version__
from qingyuan.cases import fold
from qingyuan.evidence import LogHead, Office, PackageEvent, PackageExhibit, PackageSource
from qingyuan.evidence.timestamp.records import StoredTimestamp
from qingyuan.ledger import (
    SHA256,
    SM3,
    HashSuite,
    Head,
    TileCache,
    parse_checkpoint,
    parse_note,
    prove_inclusion,
    sign_note,
)
from qingyuan.office.casework import case_events
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.packages.tokens import StampedLog, find_tokens, packed_lists, packed_tokens
from qingyuan.office.recognition.asking import POLICY, cosigned_note
from qingyuan.office.timestamps.settings import Tsa, read_tsas
from qingyuan.store import SqlLogStorage, StoredEvent, iter_events

#: The stream of keys, role files and anchors of other logs.
OFFICE = "office"

_LOG = logging.getLogger(__name__)
_ROLE_FILE = re.compile(r"([1-9][0-9]*)\.note")
_MADE = {"evidence.extracted", "evidence.generated"}


class Heads(msgspec.Struct, frozen=True):
    """One state of the log and its twin.

    Attributes:
        log: Head of the log.
        twin: Head of the twin, of the same size; ``None`` when there is no twin.
    """

    log: Head
    twin: Head | None


class Settled(msgspec.Struct, frozen=True):
    """What one transaction decided to pack.

    Attributes:
        package: Identifier of the package.
        top: Matter, or a lead without one.
        streams: Streams that go in whole.
        exhibits: The exhibits, all of those streams up to ``heads``.
        heads: The heads that the transaction left behind.
    """

    package: str
    top: str
    streams: tuple[str, ...]
    exhibits: tuple[PackageExhibit, ...]
    heads: Heads


def read_heads(home: Home, connection: sa.Connection) -> Heads:
    """Return the heads of both logs in one transaction.

    Raises:
        OfficeError: The log is empty.
    """
    head = SqlLogStorage(connection, home.log.origin).read_head()
    if head is None:
        raise OfficeError("office.no-head", zh="账本为空", en="the log is empty", where=str(home.path))
    if home.twin is None:
        return Heads(head, None)
    twin = SqlLogStorage(connection, home.twin.origin, owns_entries=False).read_head()
    return Heads(head, twin if twin is not None and twin.size == head.size else None)


def gather(home: Home, settled: Settled, *, actor: str) -> PackageSource:
    """Return the source of the package.

    Newer heads than the settled ones are used when nothing of evidence came between: those may be cosigned and
    stamped. What was logged after the heads stays out.

    Args:
        home: The office.
        settled: What to pack.
        actor: Who makes the package.
    """
    with home.database.read() as connection:
        stored = list(iter_events(connection, {*settled.streams, OFFICE}))
        heads = read_heads(home, connection)
        if _disturbed(stored, settled.heads.log.size, heads.log.size):
            heads = settled.heads
        inside = [event for event in stored if event.index < heads.log.size]
        log = _Proving(connection, home.log.origin, heads.log, SHA256)
        twin = None
        if home.twin is not None and heads.twin is not None:
            twin = _Proving(connection, home.twin.origin, heads.twin, SM3)
        logs = [each for each in (log, twin) if each is not None]
        chosen = _chosen(connection, settled, inside, logs)
        return PackageSource(
            id=settled.package,
            matter=settled.top,
            title=_title(inside, settled.top),
            office=Office(home.settings.office.id, home.settings.office.name),
            made_at=home.clock.now(),
            made_by=actor,
            tool=f"qingyuan/{__version__}",
            log=log.head,
            exhibits=settled.exhibits,
            events=[_event(event, log, twin) for event in inside],
            keys=home.keyring.public_keys(),
            sign_note=lambda text: sign_note(text, [home.package_signer()]),
            twin=None if twin is None else twin.head,
            timestamps=packed_tokens(chosen, [StampedLog(log.head, log.cache, log.suite) for log in logs]),
            revocation=packed_lists(chosen, _authorities(home) if chosen else ()),
            roles=_roles(home),
            policy=_policy(home),
        )


class _Proving:
    """Proofs in one log for one of its heads, all with the same checkpoint note."""

    def __init__(self, connection: sa.Connection, origin: str, head: Head, suite: HashSuite) -> None:
        self.suite = suite
        self.note = cosigned_note(connection, origin, head)
        checkpoint = parse_checkpoint(parse_note(head.note).text)
        self.head = LogHead(checkpoint.origin, checkpoint.size, checkpoint.root)
        self.cache = TileCache(SqlLogStorage(connection, origin, owns_entries=suite is SHA256), suite)

    def proof(self, index: int) -> bytes:
        return prove_inclusion(self.cache, index, self.note, self.suite).encode()


def _disturbed(stored: Sequence[StoredEvent], settled: int, newest: int) -> bool:
    """Say whether an event of evidence came between the settled heads and the newest."""
    return any(settled <= event.index < newest and event.type.startswith("evidence.") for event in stored)


def _title(stored: Sequence[StoredEvent], top: str) -> str:
    docket = fold(case_events(event for event in stored if event.stream != OFFICE))
    if docket.matter is not None:
        return docket.matter.title
    lead = next(iter(docket.leads.values()), None)
    return lead.registered.title if lead is not None else top


def _event(event: StoredEvent, log: _Proving, twin: _Proving | None) -> PackageEvent:
    return PackageEvent(
        index=event.index,
        leaf=msgspec.json.decode(event.leaf),
        payload=msgspec.convert(event.payload, dict[str, object]),
        salt=event.salt,
        proof=log.proof(event.index),
        twin_proof=None if twin is None else twin.proof(event.index),
    )


def _chosen(
    connection: sa.Connection, settled: Settled, inside: Sequence[StoredEvent], logs: Sequence[_Proving]
) -> list[StoredTimestamp]:
    return find_tokens(
        connection,
        {log.head.origin: log.head.size for log in logs},
        [event.index for event in inside if event.type in _MADE],
        [exhibit.signed.manifest.id for exhibit in settled.exhibits],
    )


def _authorities(home: Home) -> tuple[Tsa, ...]:
    """Return the authorities of the office; none, and a line in the log, when its file of them cannot be used."""
    try:
        return read_tsas(home.path)
    except OfficeError as error:
        _LOG.warning("%s: %s; the package takes no revocation lists from it", error.code, error.where)
        return ()


def _roles(home: Home) -> dict[int, bytes]:
    folder = home.path / "roles"
    found = sorted(folder.glob("*.note")) if folder.is_dir() else []
    named = ((_ROLE_FILE.fullmatch(path.name), path) for path in found)
    return {int(match[1]): path.read_bytes() for match, path in named if match}


def _policy(home: Home) -> bytes | None:
    path = home.path / POLICY
    return path.read_bytes() if path.is_file() else None
