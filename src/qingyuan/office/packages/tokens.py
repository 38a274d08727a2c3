"""Which of the stored time-stamp tokens go into a package, and how they join its heads."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from qingyuan.evidence import (
    LogHead,
    PackageTimestamp,
    StampedCheckpoint,
    StampedExhibit,
    StampedTimestamp,
)
from qingyuan.evidence.timestamp.records import StoredTimestamp
from qingyuan.evidence.timestamp.revocation import list_der
from qingyuan.evidence.timestamp.token import read_response
from qingyuan.ledger import HashSuite, TileCache, consistency_path
from qingyuan.office.timestamps.settings import Tsa
from qingyuan.store.timestamps import for_exhibits, for_origins, renewals_of

#: Longest list that goes into a package, in bytes, and most of them (docs/evidence-format.md, section 11).
MAX_PACKED = 1 << 20
MAX_LISTS = 64


class StampedLog(msgspec.Struct, frozen=True):
    """A log whose stamped checkpoints may go into a package.

    Attributes:
        head: The head of the package.
        cache: Its hashes.
        suite: Its hash suite.
    """

    head: LogHead
    cache: TileCache
    suite: HashSuite


def find_tokens(
    connection: sa.Connection, sizes: Mapping[str, int], made: Sequence[int], exhibits: Iterable[str]
) -> list[StoredTimestamp]:
    """Return the tokens that say most about the exhibits of a package, in the order they were kept.

    These are, for each operator and each log, the earliest that covers the making of each exhibit and the newest;
    those over an exhibit itself; and the renewals of all of these.

    Args:
        connection: A transaction.
        sizes: Size of the package's head in each log, by origin.
        made: Indexes of the events that made the exhibits.
        exhibits: Identifiers of the exhibits.
    """
    chosen = choose_checkpoints(for_origins(connection, sizes), sizes, made)
    chosen += for_exhibits(connection, exhibits)
    chosen += renewals_of(connection, [row.id for row in chosen])
    return sorted({row.id: row for row in chosen}.values(), key=lambda row: row.id)


def choose_checkpoints(
    rows: Iterable[StoredTimestamp], sizes: Mapping[str, int], made: Sequence[int]
) -> list[StoredTimestamp]:
    """Return, for each operator and log, the earliest token that covers the making of each exhibit, and the newest.

    Args:
        rows: Tokens over checkpoints.
        sizes: Size of the package's head in each log, by origin; longer checkpoints are passed over.
        made: Indexes of the events that made the exhibits.
    """
    groups: defaultdict[tuple[str, str], list[StoredTimestamp]] = defaultdict(list)
    for row in rows:
        if 1 <= (row.size or 0) <= sizes.get(row.subject, 0):
            groups[row.operator, row.subject].append(row)
    return [row for group in groups.values() for row in _earliest(group, sorted(made))]


def _earliest(group: list[StoredTimestamp], made: list[int]) -> list[StoredTimestamp]:
    chosen: dict[int, StoredTimestamp] = {}
    covered = 0
    ordered = sorted(group, key=lambda row: (row.gen_time, row.id))
    for row in ordered:
        size = row.size or 0
        if bisect_left(made, size) > bisect_left(made, covered):
            chosen[row.id] = row
        covered = max(covered, size)
    chosen[ordered[-1].id] = ordered[-1]
    return list(chosen.values())


def packed_lists(rows: Iterable[StoredTimestamp], tsas: Iterable[Tsa]) -> list[bytes]:
    """Return what is at hand about the revocation of the authorities of some tokens, in DER, each once.

    Args:
        rows: The tokens that are packed; what they carry themselves is given too, as a verifier need not look there.
        tsas: The authorities as the office has them.
    """
    rows = list(rows)
    names = {row.tsa for row in rows}
    held = [each for tsa in tsas if tsa.name in names for each in tsa.lists]
    for row in rows:
        held += read_response(row.token).lists
    found = (der for each in held if (der := list_der(each)) is not None and len(der) <= MAX_PACKED)
    return list(dict.fromkeys(found))[:MAX_LISTS]


def packed_tokens(rows: Sequence[StoredTimestamp], logs: Iterable[StampedLog]) -> list[PackageTimestamp]:
    """Return chosen tokens as the builder of packages is given them."""
    known = {log.head.origin: log for log in logs}
    numbers = {row.id: number for number, row in enumerate(rows)}
    packed: list[PackageTimestamp] = []
    for row in rows:
        subject: StampedCheckpoint | StampedExhibit | StampedTimestamp
        if row.over == "checkpoint":
            log, size = known[row.subject], row.size or 0
            path = consistency_path(log.cache, size, log.head.size, log.suite)
            subject = StampedCheckpoint(row.subject, size, row.root or b"", path)
        elif row.over == "exhibit":
            subject = StampedExhibit(row.subject)
        else:
            subject = StampedTimestamp(numbers[int(row.subject)])
        packed.append(PackageTimestamp(subject, row.token))
    return packed
