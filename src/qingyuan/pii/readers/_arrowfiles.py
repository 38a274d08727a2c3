"""Parquet, ORC and Arrow IPC (Feather) files, columns as Arrow."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, cast

import pyarrow as pa

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._columnar import Columns
from qingyuan.pii.readers._source import DAMAGE, Source
from qingyuan.pii.readers._unread import Refused, unread

#: What Arrow raises about damaged files.
_BROKEN = (pa.ArrowException, MemoryError, OverflowError, TypeError, LookupError, *DAMAGE)
_MOST_ROWS = 65_536


def read_parquet(source: Source) -> Iterator[Batch | Unread]:
    """Yield the cells of a Parquet file row group by row group, places ``tel#17`` and ``items[3].tel#17``."""
    import pyarrow.parquet as pq  # noqa: PLC0415 -- heavy

    columns = Columns(source)
    try:
        file = _parquet(pq, source)
    except _BROKEN as error:
        raise _refusal("Parquet", error) from error
    bound = source.limits.max_expanded_bytes
    for number in range(file.num_row_groups):
        try:
            group = file.metadata.row_group(number)
            size = max(group.total_byte_size, 1)
            rows = max(1, min(_MOST_ROWS, int(group.num_rows * 4 * source.limits.block_bytes / size)))
            if size > bound * 8:
                yield unread("row-group-too-large", source.member, group=number + 1, mib=bound * 8 >> 20)
                continue
            for batch in file.iter_batches(rows, row_groups=[number], use_threads=False):
                yield from columns.batches(batch)
        except _BROKEN as error:
            where = f"row group {number + 1}: {type(error).__name__}"
            yield unread("corrupt", source.member, format="Parquet", where=where)
    yield from columns.notes()


def _parquet(pq: Any, source: Source) -> Any:
    """Return the file with its flat text columns left as dictionaries, so that none expands in memory."""
    stream = source.random_access()
    schema = pq.ParquetFile(stream).schema
    flat = [
        one.path
        for one in (schema.column(n) for n in range(len(schema)))
        if "." not in one.path and one.physical_type == "BYTE_ARRAY"
    ]
    stream.seek(0)
    return pq.ParquetFile(stream, read_dictionary=flat, buffer_size=1 << 20)


def read_orc(source: Source) -> Iterator[Batch | Unread]:
    """Yield the cells of an ORC file stripe by stripe, places as for Parquet."""
    from pyarrow import orc  # noqa: PLC0415 -- heavy

    columns = Columns(source)
    try:
        file = orc.ORCFile(pa.PythonFile(cast("io.IOBase", source.random_access()), mode="r"))
        stripes = file.nstripes
    except _BROKEN as error:
        raise _refusal("ORC", error) from error
    for number in range(stripes):
        source.budget.check_time()
        try:
            found: Any = file.read_stripe(number)
            for batch in [found] if isinstance(found, pa.RecordBatch) else found.to_batches():
                yield from columns.batches(batch)
        except _BROKEN as error:
            where = f"stripe {number + 1}: {type(error).__name__}"
            yield unread("corrupt", source.member, format="ORC", where=where)
    yield from columns.notes()


def read_ipc(source: Source, *, stream: bool) -> Iterator[Batch | Unread]:
    """Yield the cells of an Arrow IPC file (Feather 2) or stream, batch by batch; each is checked first."""
    columns = Columns(source)
    raw = pa.PythonFile(cast("io.IOBase", source.random_access()), mode="r")
    try:
        reader: Any = pa.ipc.open_stream(raw) if stream else pa.ipc.open_file(raw)
        total = None if stream else reader.num_record_batches
    except _BROKEN as error:
        raise _refusal("Arrow IPC", error) from error
    number = 0
    while total is None or number < total:
        number += 1
        source.budget.check_time()
        try:
            batch = cast(
                "pa.RecordBatch", reader.read_next_batch() if stream else reader.get_batch(number - 1)
            )
            batch.validate(full=True)
            yield from columns.batches(batch)
        except StopIteration:
            break
        except _BROKEN as error:
            where = f"batch {number}: {type(error).__name__}"
            yield unread("corrupt", source.member, format="Arrow IPC", where=where)
            if stream:
                break
    yield from columns.notes()


def _refusal(kind: str, error: BaseException) -> Refused:
    if "encrypt" in str(error).lower() or "decrypt" in str(error).lower():
        return Refused("encrypted", format=kind)
    return Refused("corrupt", format=kind, where=type(error).__name__)
