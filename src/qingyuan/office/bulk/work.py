"""What a process of a bulk scan does with a task: scan, spill, note."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qingyuan.office.bulk.state import Halved, Note, State, Task
from qingyuan.office.scanning import crash_words, failure_words

if TYPE_CHECKING:
    from qingyuan.pii._decided import Decisions
    from qingyuan.pii.batch import Unread
    from qingyuan.pii.model import FileScan
    from qingyuan.pii.scale.parts import PartNote
    from qingyuan.pii.scale.spill import Spill


class Place(msgspec.Struct, frozen=True):
    """Where a process puts what it finds, and under which key.

    Attributes:
        folder: The job's folder.
        key: Token key.
        bits: Partition bits.
        hits: Whether every hit is kept.
    """

    folder: str
    key: bytes
    bits: int
    hits: bool

    def __repr__(self) -> str:
        """Describe without the key."""
        return f"Place({self.folder!r})"

    def state(self) -> State:
        """Open the folder."""
        return State(Path(self.folder), self.key)


class Outcome(msgspec.Struct, frozen=True):
    """What the job is told of a task.

    Attributes:
        name: The task.
        size: Its bytes.
        records: Records it read.
    """

    name: str
    size: int
    records: int


def records_of(note: Note) -> int:
    """Return the records a note tells of."""
    if isinstance(note, Halved):
        return 0
    return sum(scan.records.total for scan in note) if isinstance(note, list) else note.records.total


def scan_parts(task: Task, *, place: Place, decisions: Decisions | None) -> Outcome:
    """Scan the files of a task, or the part of one; what cannot be scanned is named, the rest goes on."""
    from qingyuan.pii.scale.parts import spill_whole  # noqa: PLC0415 - workers import it once

    state = place.state()
    spill = state.spill(place.bits)
    table = state.hits(task.name) if place.hits else None
    note: Note
    if task.split is None:
        note = spill_whole([_scan(path, place) for path in task.files], spill, task.name, table)
    else:
        note = _scan_split(task, place.key, spill, table, decisions)
    state.save_note(task.name, note)
    return Outcome(task.name, task.size, records_of(note))


def _scan(path: str, place: Place) -> FileScan:
    from qingyuan.evidence.sources import open_source  # noqa: PLC0415 - workers import it once
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy

    try:
        with open_source(Path(path)) as source:
            return engine.scan(
                readers.read(source.stream, path, readers.Limits()), place.key, path, hits=place.hits
            )
    except Exception as error:  # noqa: BLE001 - a defect of a reader must not lose the other files
        return engine.scan([_unread(error)], place.key, path, hits=place.hits)


def _scan_split(
    task: Task, key: bytes, spill: Spill, table: Path | None, decisions: Decisions | None
) -> PartNote:
    from qingyuan.evidence.sources import open_source  # noqa: PLC0415 - workers import it once
    from qingyuan.pii.scale.parts import scan_one  # noqa: PLC0415 - heavy
    from qingyuan.pii.scale.splits import read_split  # noqa: PLC0415 - heavy

    path, split = task.files[0], task.split
    if split is None:
        raise TypeError(task.name)
    try:
        with open_source(Path(path)) as source:
            return scan_one(
                read_split(source.stream, path, split), key, spill, task.name,
                file=path, before=split.before, hits=table, decisions=decisions,
            )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - a defect of a reader must not lose the other parts
        unread = [_unread(error)]
    return scan_one(
        unread, key, spill, task.name, file=path, before=split.before, hits=table, decisions=decisions
    )


def _unread(error: Exception) -> Unread:
    from qingyuan.pii.batch import Unread  # noqa: PLC0415 - heavy

    return Unread(None, *failure_words(error, sealed=False))


def crashed_task(task: Task, *, place: Place) -> Outcome:
    """Note a file, or a part of one, that brings its process down."""
    from qingyuan.pii import engine  # noqa: PLC0415 - heavy
    from qingyuan.pii.batch import Unread  # noqa: PLC0415 - heavy
    from qingyuan.pii.scale.parts import scan_one, spill_whole  # noqa: PLC0415 - heavy

    state = place.state()
    spill = state.spill(place.bits)
    table = state.hits(task.name) if place.hits else None
    unread = [Unread(None, *crash_words(sealed=False))]
    note: Note
    if task.split is None:
        note = spill_whole(
            [engine.scan(unread, place.key, path, hits=place.hits) for path in task.files],
            spill,
            task.name,
            table,
        )
    else:
        note = scan_one(
            unread, place.key, spill, task.name, file=task.files[0], before=task.split.before, hits=table
        )
    state.save_note(task.name, note)
    return Outcome(task.name, task.size, 0)
