"""Arrow columns made into cells without a Python object per cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from qingyuan.pii import _compute as pc
from qingyuan.pii._kernel.utf8 import repair
from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._addresses import Rows
from qingyuan.pii.readers._decode import is_utf8
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import Refused, unread

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]
#: Any column; Arrow's stubs know fewer kinds than Arrow has.
Array: TypeAlias = Any


#: Whole numbers are exact in a double up to here.
_EXACT = float(1 << 53)
_MOST_DEPTH = 64
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_map)
_VIEWS = (pa.types.is_list_view, pa.types.is_large_list_view)
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_BYTES = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_fixed_size_binary,
    pa.types.is_binary_view,
)


@dataclass(frozen=True, slots=True)
class Indexed:
    """Places such as ``"items[3].tel#17"``: a path with the indexes of its lists, and a row per cell."""

    names: tuple[str, ...]
    columns: Longs
    indexes: tuple[Longs, ...]
    rows: Longs

    def text(self, cells: Longs) -> pa.StringArray:
        """Return one place per cell number."""
        said = []
        for cell in cells.tolist():
            steps = self.names[self.columns[cell]].split("[]")
            path = steps[0]
            for step, index in zip(steps[1:], self.indexes, strict=False):
                path += f"[{index[cell]}]{step}"
            said.append(f"{path}#{self.rows[cell]}")
        return pa.array(said, type=pa.string())


@dataclass(slots=True)
class _Level:
    """Columns of equal length: a table's, or those of the items of a list.

    Attributes:
        path: What stands before the names of its columns in a place.
        rows: Row of the file per element, from 1.
        indexes: One array per list around it, index per element.
        records: Record per element: the row, or the item where a list holds structures.
        home: The level whose records these are, ``None`` for itself.
        numbers: Number of each column among those of ``home``.
        names: Columns of the records, also those of lists of plain values inside them.
    """

    path: str
    rows: Longs
    indexes: tuple[Longs, ...]
    records: Longs
    home: _Level | None = None
    numbers: list[int] = field(default_factory=list)
    columns: list[Array] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def add(self, name: str, column: Array) -> None:
        """Add a column of text."""
        names = (self.home or self).names
        self.numbers.append(len(names))
        names.append(f"{self.path}{name}")
        self.columns.append(column)


class Columns:
    """The tables of one file, read batch by batch.

    Args:
        source: The file or member.
        table: Name of the table, ``""`` if there is none.
    """

    def __init__(self, source: Source, table: str = "") -> None:
        """Begin before the first row."""
        self._source = source
        self._table = table
        self._rows = 0
        self._records: dict[str, int] = {}
        self._given = 0
        self._binary = 0

    def batches(self, record_batch: pa.RecordBatch) -> Iterator[Batch]:
        """Yield the cells of the next rows, in slices of about the limits' block size.

        Raises:
            Refused: ``time-budget``, or ``archive-ratio`` when the values take far more than the file.
        """
        step = max(1, record_batch.num_rows)
        size = sum(_expanded(column) for column in record_batch.columns)
        block = 2 * self._source.limits.block_bytes
        if size > block:
            step = max(1, int(step * block / size))
        for start in range(0, record_batch.num_rows, step):
            self._source.budget.check_time()
            part = record_batch.slice(start, step)
            rows = np.arange(self._rows + 1, self._rows + 1 + part.num_rows)
            self._rows += part.num_rows
            levels = [_Level("", rows, (), rows)]
            for name, column in zip(part.schema.names, part.columns, strict=True):
                self._flatten(levels, 0, name, column, 0)
            for level in levels:
                if level.columns and len(level.rows):
                    yield from self._batch(level)

    def notes(self) -> Iterator[Unread]:
        """Yield what was not read; to be asked for at the end."""
        if self._binary:
            yield unread("binary-values", self._source.member, count=self._binary, table=self._table or "-")

    def _flatten(self, levels: list[_Level], at: int, name: str, column: Array, depth: int) -> None:
        """Put a column's leaves into the level they belong to."""
        column = _plain(column)
        kind = column.type
        if depth > _MOST_DEPTH:
            raise Refused("corrupt", format="Arrow", where=f"nesting > {_MOST_DEPTH}")
        if pa.types.is_struct(kind):
            parts = column.flatten()
            for number, part in enumerate(parts):
                self._flatten(levels, at, f"{name}.{kind.field(number).name}", part, depth + 1)
        elif any(test(kind) for test in _LISTS):
            self._explode(levels, at, name, column, depth)
        elif (text := self._text(column)) is not None:
            levels[at].add(name, text)

    def _explode(self, levels: list[_Level], at: int, name: str, column: Array, depth: int) -> None:
        level = levels[at]
        if pa.types.is_map(column.type):
            pair = pa.struct([("key", column.type.key_type), ("value", column.type.item_type)])
            column = column.cast(pa.list_(pair))
        counts = np.asarray(pc.fill_null(pc.list_value_length(column), 0), np.int64)
        items = column.flatten()
        rows = np.repeat(level.rows, counts)
        index = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        around = (*(np.repeat(one, counts) for one in level.indexes), index)
        path = f"{level.path}{name}[]"
        if pa.types.is_struct(items.type):
            begin = self._records.get(path, 0)
            self._records[path] = begin + len(rows)
            levels.append(_Level(path, rows, around, np.arange(begin + 1, begin + 1 + len(rows))))
        else:
            levels.append(_Level(path, rows, around, np.repeat(level.records, counts), level.home or level))
        self._flatten(levels, len(levels) - 1, "", items, depth + 1)

    def _text(self, column: Array) -> Array | None:
        """Return a column of values as text, ``None`` for one that can hold no words or numbers."""
        kind = column.type
        if any(test(kind) for test in _TEXTS):
            return column.cast(pa.large_string())
        if pa.types.is_null(kind) or pa.types.is_boolean(kind):
            return None
        if any(test(kind) for test in _BYTES):
            return self._decoded(column.cast(pa.large_binary()))
        if pa.types.is_floating(kind):
            return _numbers(column.cast(pa.float64()))
        try:
            return column.cast(pa.large_string())
        except pa.ArrowException:
            said = [None if value is None else str(value) for value in column.to_pylist()]
            return pa.array(said, type=pa.large_string())

    def _decoded(self, column: Array) -> Array:
        """Return binary values as text; values that are no text are counted and left empty."""
        try:
            return column.cast(pa.large_string())
        except pa.ArrowInvalid:
            pass
        texts: list[str | None] = []
        for value in column.to_pylist():
            said = decoded(value) if value is not None else None
            self._binary += value is not None and said is None
            texts.append(said)
        return pa.array(texts, type=pa.large_string())

    def _batch(self, level: _Level) -> Iterator[Batch]:
        data, starts, ends, cells, width = _interleaved(level.columns)
        self._given += len(data)
        limits = self._source.limits
        if self._source.size and self._given > max(
            limits.ratio_from_bytes, limits.max_ratio * self._source.size
        ):
            raise Refused("archive-ratio", ratio=limits.max_ratio)
        if not len(cells):
            return
        element = cells // width
        column = np.asarray(level.numbers, np.int64)[cells % width]
        rows = level.rows[element]
        home = level.home or level
        names = tuple(home.names)
        heads = tuple(f"{self._table}.{name}" if self._table else name for name in names)
        places = (
            Indexed(heads, column, tuple(one[element] for one in level.indexes), rows)
            if level.indexes
            else Rows(heads, column, rows)
        )
        table = f"{self._table}.{home.path}" if self._table and home.path else self._table or home.path
        records = level.records[element]
        member = self._source.member
        yield Batch(member, table, names, data, starts, ends, column.astype(np.int32), records, False, places)


def _plain(column: Array) -> Array:
    """Return a column without dictionary, runs, views of lists or an extension around its values."""
    for _ in range(_MOST_DEPTH):
        kind = column.type
        if isinstance(kind, pa.BaseExtensionType):
            column = column.storage
        elif pa.types.is_dictionary(kind):
            column = column.dictionary_decode()
        elif pa.types.is_run_end_encoded(kind):
            column = pc.run_end_decode(column)
        elif any(test(kind) for test in _VIEWS):
            column = column.cast(pa.large_list(kind.value_type))
        else:
            break
    return column


def _expanded(column: Array) -> int:
    """Return about how many bytes a column's values take once written out."""
    if pa.types.is_dictionary(column.type):
        words = column
        try:
            lengths = pc.binary_length(words.dictionary).take(words.indices)
            return int(pc.sum(lengths).as_py() or 0)
        except pa.ArrowException:
            return int(column.nbytes)
    return int(column.nbytes)


def _numbers(column: Array) -> Array:
    """Return doubles as a person writes them: whole numbers in full, without exponent."""
    whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), _EXACT))
    long = pc.if_else(whole, column, pa.scalar(0.0)).cast(pa.int64(), safe=False).cast(pa.large_string())
    return pc.if_else(whole, long, column.cast(pa.large_string()))


def decoded(value: bytes) -> str | None:
    """Return bytes of a database value as text: UTF-8, else GB 18030; ``None`` if they are neither."""
    for encoding in ("utf-8", "gb18030"):
        try:
            said = value.decode(encoding)
        except UnicodeDecodeError:
            continue
        head = said[:4096]
        if sum(not c.isprintable() and not c.isspace() for c in head) * 20 <= len(head):
            return said
    return None


def _interleaved(columns: Sequence[Array]) -> tuple[Bytes, Longs, Longs, Longs, int]:
    """Return buffer, starts and ends of the filled cells row by row, their numbers, and the columns."""
    count, width = len(columns[0]), len(columns)
    lengths = np.empty((count, width), np.int64)
    for number, column in enumerate(columns):
        lengths[:, number] = np.asarray(pc.fill_null(pc.binary_length(column), 0), np.int64)
    parts = [pc.fill_null(column, "") for column in columns]
    empty = pa.scalar("", pa.large_string())
    joined = pc.binary_join_element_wise(*parts, empty, pa.scalar("\n", pa.large_string()))
    if isinstance(joined, pa.ChunkedArray):
        joined = joined.combine_chunks()
    buffers = joined.buffers()
    total = int(lengths.sum()) + count * width
    data = (
        np.array(np.frombuffer(cast("bytes", buffers[2]), np.uint8, total))
        if total
        else np.empty(0, np.uint8)
    )
    if not is_utf8(data):
        repair(data, True, False)
    sizes = lengths.ravel()
    starts = np.cumsum(sizes + 1) - sizes - 1
    cells = np.flatnonzero(sizes)
    return data, starts[cells], (starts + sizes)[cells], cells, width
