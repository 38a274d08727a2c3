"""Scanning a material part by part: each part once, as a rule, and with the counts of the whole.

A part of a cut file is decided on by itself at first, as if it were the whole, and what follows is spilled.
When all parts are known, the whole is decided on by the outlines of all. Parts that decided as the
whole does are done; the others (a short last part, a column that changes its look) are scanned again under the
decisions of the whole. So no candidate has to be kept, and no count depends on how a file was cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from qingyuan.pii import _sample, counting, persons
from qingyuan.pii._decided import Decisions, column_kinds, judge, kind_counts, tallies
from qingyuan.pii._finish import finish
from qingyuan.pii._sample import Spot
from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.counting import Pieces
from qingyuan.pii.engine import scan_part
from qingyuan.pii.hits import Hits, write_hits
from qingyuan.pii.model import FileScan, RecordCounts
from qingyuan.pii.partial import Outline, merge_outlines
from qingyuan.pii.persons import PersonIndex
from qingyuan.pii.scale.spill import Spill

#: Member, kind, whether masked, and state of the hits a tally counts.
Order = tuple[str | None, int, bool, int]


@dataclass(frozen=True, slots=True)
class PartNote:
    """What the whole needs to know of a scanned part; the rest is in its segment.

    Attributes:
        name: The part.
        outline: What decisions are made on.
        records: Its records.
        orders: What each further set of its segment counts.
        settled: Whether it was scanned under the decisions of the whole.
        spots: Its sample of pieces.
    """

    name: str
    outline: Outline
    records: RecordCounts
    orders: tuple[Order, ...]
    settled: bool
    spots: tuple[Spot, ...] = ()


def nobody() -> PersonIndex:
    """Return the index of no mentions."""
    none = np.empty(0, dtype=np.int64)
    return persons.index(none, none.astype(np.uint8), none.astype(np.uint64))


def nothing() -> Pieces:
    """Return no pieces."""
    return counting.merge([])


def _orders(decisions: Decisions) -> tuple[Order, ...]:
    streams = decisions.outline.streams
    return tuple(
        (streams[stream].member, kind, masked, state) for stream, kind, masked, state in decisions.orders
    )


def scan_one(
    batches: Iterable[Batch | Unread],
    key: bytes,
    spill: Spill,
    name: str,
    *,
    file: str,
    before: int = 0,
    hits: Path | None = None,
    decisions: Decisions | None = None,
) -> PartNote:
    """Scan a part and spill what it knows.

    Args:
        batches: Its cells.
        key: Token key.
        spill: Where its segment goes.
        name: Name of the part.
        file: Name of the file.
        before: Number of the last record before it.
        hits: Where its hits go as Parquet, if they are wanted.
        decisions: Those of the whole when they are known.

    Raises:
        PiiError: The key is too short.
        OSError: The disk refused.
    """
    part = scan_part(batches, key, hits=hits is not None, before=before)
    used = decisions or judge(part.outline)
    done = finish(part, used, file)
    if hits is not None:
        write_table(hits, done.hits.table())
    spill.add(name, done.persons, done.pieces, done.distinct)
    return PartNote(name, part.outline, done.records, _orders(used), decisions is not None, done.pieces.spots)


def spill_whole(
    scans: Sequence[FileScan], spill: Spill, name: str, hits: Path | None = None
) -> list[FileScan]:
    """Spill what whole files know as one part and return their scans without it.

    Args:
        scans: The files.
        spill: Where the segment goes.
        name: Name of the part.
        hits: Where their hits go as Parquet, if they are wanted.

    Raises:
        OSError: The disk refused.
    """
    if hits is not None:
        write_table(hits, pa.concat_tables([scan.hits for scan in scans]).unify_dictionaries())
    people = persons.merge([scan.persons for scan in scans]) if scans else nobody()
    spill.add(name, people, counting.merge([scan.pieces for scan in scans]))
    return [light(scan) for scan in scans]


def light(scan: FileScan) -> FileScan:
    """Return a scan without hits, persons and pieces, which are kept elsewhere; the sample of pieces stays."""
    return replace(
        scan, found=Hits(None), persons=nobody(), pieces=replace(nothing(), spots=scan.pieces.spots)
    )


def write_table(path: Path, table: pa.Table) -> None:
    """Write hits as Parquet, as a whole or not at all."""
    temporary = path.with_name(path.name + ".tmp.parquet")
    write_hits(temporary, [table])
    temporary.replace(path)


def settle(notes: Sequence[PartNote]) -> tuple[Decisions, list[int]]:
    """Return the decisions on the whole, and the numbers of the parts that decided otherwise.

    Args:
        notes: The parts of one file, in order.
    """
    whole = judge(merge_outlines([note.outline for note in notes]))
    return whole, [
        number for number, note in enumerate(notes) if not note.settled and not _agrees(note.outline, whole)
    ]


def _agrees(outline: Outline, whole: Decisions) -> bool:
    """Tell whether a part by itself decides as the whole does."""
    return judge(outline).decided == tuple(whole.decided[number] for number in whole.lookup(outline))


def add_up(file: str, notes: Sequence[PartNote], decisions: Decisions, spill: Spill) -> FileScan:
    """Return the scan of a cut file; its persons and pieces stay in the segments.

    Args:
        file: Name of the file.
        notes: Its parts, in order, all scanned under decisions like those of the whole.
        decisions: On the whole.
        spill: Where the segments are.
    """
    sets: dict[Order, list[tuple[str, int]]] = {}
    for note in notes:
        for number, order in enumerate(note.orders):
            sets.setdefault(order, []).append((note.name, number))
    distinct = [spill.distinct(sets.get(order, [])) if not order[2] else 0 for order in _orders(decisions)]
    outline = decisions.outline
    return FileScan(
        file=file,
        found=Hits(None),
        columns=column_kinds(file, decisions),
        kinds=kind_counts(decisions),
        records=sum((note.records for note in notes), RecordCounts()),
        persons=nobody(),
        pieces=replace(nothing(), spots=_sample.merge(note.spots for note in notes)),
        tallies=tallies(decisions, distinct),
        unread=outline.unread,
        bytes=outline.bytes,
        cells=outline.cells,
    )
