"""Arrow record batches: string columns as they lie in memory, a row being a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from qingyuan.pii import _compute as pc
from qingyuan.pii._kernel.utf8 import repair, well_formed
from qingyuan.pii.batch import Batch, Bytes, Longs
from qingyuan.pii.engine import scan_part
from qingyuan.pii.partial import Partial


@dataclass(frozen=True, slots=True)
class _Rows:
    """Places such as ``"tel#17"``: the column's name and the number of the row."""

    name: str
    first: int

    def text(self, cells: Longs) -> pa.StringArray:
        """Return one place per cell number."""
        from qingyuan.pii.readers._addresses import numbered  # noqa: PLC0415 - readers need this room first

        return numbered(f"{self.name}#", cells + self.first)


def scan_batch(
    batch: pa.RecordBatch,
    key: bytes,
    *,
    table: str = "",
    member: str | None = None,
    first: int = 1,
    before: int | None = None,
    hits: bool = False,
) -> Partial:
    """Scan the string columns of a record batch; a pure function of its arguments.

    A record is a row and its place is ``column#row``. Strings, large strings, string views, dictionaries of
    them, run-end encoded ones and extension types stored as text are read; other columns are not. Columns of several batches go together by their position
    among all columns, so all batches of a table must have the same schema.

    Args:
        batch: The rows.
        key: Token key, at least :data:`qingyuan.pii.tokens.MIN_KEY` bytes.
        table: Name of the table; batches of one table have the same.
        member: Where it stands in something larger, or ``None``.
        first: Number of the first row, for places and records.
        before: Rows not to be counted as records; by default ``first - 1``.
        hits: Whether to keep what the table of hits needs.

    Returns:
        What was found, to be merged with other parts and decided on; see :mod:`qingyuan.pii.partial`.

    Raises:
        PiiError: The key is too short.
    """
    return scan_part(
        batches_of(batch, table=table, member=member, first=first),
        key,
        hits=hits,
        before=first - 1 if before is None else before,
    )


def batches_of(
    batch: pa.RecordBatch, *, table: str = "", member: str | None = None, first: int = 1
) -> Iterator[Batch]:
    """Yield the string columns of a record batch, one :class:`Batch` a column; see :func:`scan_batch`."""
    names = tuple(batch.schema.names)
    if not batch.num_rows:
        return
    record = np.arange(first, first + batch.num_rows, dtype=np.int64)
    seen = False
    for number, name in enumerate(names):
        column_texts = _texts(batch.column(number))
        if column_texts is None:
            continue
        seen = True
        data, starts, ends = _cells(column_texts)
        column = np.full(len(starts), number, dtype=np.int32)
        yield Batch(
            member, table, names, data, starts, ends, column, record, prose=False,
            addresses=_Rows(name or f"#{number + 1}", first),
        )  # fmt: skip
    if not seen:
        # No text at all: the rows are records all the same.
        none = np.zeros(batch.num_rows, dtype=np.int64)
        column = np.full(batch.num_rows, -1, dtype=np.int32)
        yield Batch(
            member, table, names, np.zeros(0, dtype=np.uint8), none, none, column, record, prose=False,
            addresses=_Rows("", first),
        )  # fmt: skip


def _texts(column: pa.Array[Any]) -> pa.LargeStringArray | pa.StringArray | None:
    """Return a column as strings with offsets, ``None`` if it holds no text."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_run_end_encoded(column.type) and _is_text(column.type.value_type):
        column = pc.run_end_decode(column)
    kind = column.type
    if pa.types.is_dictionary(kind) and _is_text(kind.value_type):
        # Arrow has no cast from a dictionary of string views, but one of the views.
        coded = cast("pa.DictionaryArray[Any, Any]", column)
        column = cast("pa.Array[Any]", _texts(coded.dictionary)).take(coded.indices)
        kind = column.type
    if not _is_text(kind):
        return None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return cast("pa.StringArray", column)
    return cast("pa.LargeStringArray", column.cast(pa.large_string()))


def _is_text(kind: pa.DataType) -> bool:
    """Tell whether the type is one of text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _cells(texts: pa.LargeStringArray | pa.StringArray) -> tuple[Bytes, Longs, Longs]:
    """Return buffer, starts and ends of the strings; a null is an empty cell."""
    validity, offsets, values = texts.buffers()
    wide = pa.types.is_large_string(texts.type)
    every: npt.NDArray[Any] = np.frombuffer(cast("memoryview", offsets), dtype=np.int64 if wide else np.int32)
    bounds = every[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    low = int(bounds[0])
    bounds -= low
    data = np.zeros(0, dtype=np.uint8)
    if values is not None:
        data = np.frombuffer(cast("memoryview", values), dtype=np.uint8)[low : low + int(bounds[-1])]
    # Quicker than Arrow's own look at every string, and nearly always yes.
    if not well_formed(data):
        try:
            texts.validate(full=True)
        except pa.ArrowInvalid:
            # Not UTF-8 (a lone surrogate, a text cut in the middle): such bytes stand as U+001A, one each.
            data = data.copy()
            repair(data, True, False)
    starts, ends = bounds[:-1], bounds[1:]
    if validity is not None and texts.null_count:
        ends = np.where(np.asarray(texts.is_valid()), ends, starts)
    return data, starts, ends
