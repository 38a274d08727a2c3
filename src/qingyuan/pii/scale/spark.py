"""Apache Spark: a data frame scanned where it lies, with the counts of one machine.

Each partition is scanned by :func:`qingyuan.pii.scale.parts.scan_one`, as a part of a big file is, and sends
back one row: a note and a segment of sorted keys, never a value. The driver decides on the whole, has the
partitions scanned again only if one of them decided otherwise, and counts out of core. A task that
Spark runs again gives the same row, and of each partition exactly one row arrives, so a lost worker
changes no count. Needs the extra ``spark``.
"""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa

from qingyuan.pii._decided import Decisions
from qingyuan.pii.arrow import batches_of
from qingyuan.pii.batch import Batch
from qingyuan.pii.model import FileScan
from qingyuan.pii.scale.parts import PartNote, add_up, scan_one, settle
from qingyuan.pii.scale.spill import Counts, Spill

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SCHEMA = "part bigint, note binary, segment binary"
_COLUMNS = ["part", "note", "segment"]
_NAME = "partition"


def scan_frame(
    frame: DataFrame, key: bytes, *, name: str, spill: Spill, jobs: int = 1
) -> tuple[FileScan, Counts]:
    """Scan every row of a data frame as a record.

    Args:
        frame: The rows. Texts and numbers are read, nested columns as JSON; see :func:`as_text`.
        key: Token key. It travels to the workers with the code, in no configuration and no environment.
        name: What the table is called in findings.
        spill: An empty spill on the driver's disk; about 10 bytes a different value are needed.
        jobs: Threads that count.

    Returns:
        The scan without hits, persons and pieces, and the counts of persons and pieces.

    Raises:
        PiiError: The key is too short.
    """
    texts, names = as_text(frame)
    notes = _run(texts, names, key, name, spill, None)
    decisions, wrong = settle(notes)
    if wrong:
        notes = _run(texts, names, key, name, spill, decisions)
    return add_up(name, notes, decisions, spill), spill.count([note.name for note in notes], jobs=jobs)


def as_text(frame: DataFrame) -> tuple[DataFrame, list[str]]:
    """Return the columns as text, numbered, and their names: whole and decimal numbers as written, structures as JSON, the rest left out.

    Columns of a joined table may have the same name, or names that differ in capitals alone, by which Spark finds neither.
    """
    from pyspark.sql import functions as sql  # noqa: PLC0415 - an extra
    from pyspark.sql import types  # noqa: PLC0415 - an extra

    chosen, names = [], []
    placed = frame.toDF(*(f"c{number}" for number in range(len(frame.columns))))
    for number, field in enumerate(frame.schema.fields):
        column = sql.col(f"c{number}")
        if isinstance(field.dataType, (types.StringType, types.IntegralType, types.DecimalType)):
            chosen.append(column.cast("string").alias(f"c{number}"))
        elif isinstance(field.dataType, (types.StructType, types.ArrayType, types.MapType)):
            chosen.append(sql.to_json(column).alias(f"c{number}"))
        else:
            continue
        names.append(field.name)
    return placed.select(*chosen), names


def _run(
    frame: DataFrame, names: list[str], key: bytes, name: str, spill: Spill, decisions: Decisions | None
) -> list[PartNote]:
    """Scan all partitions, keep their segments, and return their notes in the order of the partitions."""
    from pyspark import StorageLevel  # noqa: PLC0415 - an extra

    # Kept on the workers' disks, so that all are scanned at once and fetched one by one.
    found = frame.mapInArrow(_scanner(names, key, name, spill.bits, decisions), _SCHEMA).persist(
        StorageLevel.DISK_ONLY
    )
    try:
        found.count()
        notes = []
        for row in found.toLocalIterator(prefetchPartitions=True):
            part = f"p{row.part:06}"
            spill.put(part, bytes(row.segment))
            note: PartNote = pickle.loads(bytes(row.note))  # noqa: S301 - from our own code on our own cluster
            notes.append(dataclasses.replace(note, name=part))
        return sorted(notes, key=lambda note: note.name)
    finally:
        found.unpersist()


def _scanner(
    names: list[str], key: bytes, name: str, bits: int, decisions: Decisions | None
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return what a worker does with the batches of one partition."""

    def scanned(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext  # noqa: PLC0415 - on the worker

        context = TaskContext.get()
        with TemporaryDirectory() as folder:
            spill = Spill(Path(folder), bits)
            note = scan_one(_cells(batches, names), key, spill, _NAME, file=name, decisions=decisions)
            part = context.partitionId() if context else 0
            note_bytes, segment = pa.array([pickle.dumps(note)]), pa.array([spill.get(_NAME)])
            yield pa.RecordBatch.from_arrays([pa.array([part]), note_bytes, segment], names=_COLUMNS)

    return scanned


def _cells(batches: Iterable[pa.RecordBatch], names: list[str]) -> Iterator[Batch]:
    """Yield the cells of a partition, its rows numbered from 1, its columns called ``names``."""
    first = 1
    for batch in batches:
        yield from batches_of(batch.rename_columns(names), first=first)
        first += batch.num_rows
