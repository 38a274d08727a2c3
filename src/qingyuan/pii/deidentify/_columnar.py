"""Parquet, ORC and Arrow IPC rewritten: the values at their places, every other value and type as it was.

A column that gets a value of another type than its own (a number that is hidden in part) becomes one of strings. Metadata of the file
goes, because programs keep samples of values in it; statistics are computed anew from what is written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from qingyuan.pii.deidentify._cells import Cell
from qingyuan.pii.deidentify._input import Input
from qingyuan.pii.deidentify._packed import unsupported
from qingyuan.pii.deidentify._placed import Placed, Row
from qingyuan.pii.deidentify.treat import GONE
from qingyuan.pii.readers import Format

FORMATS = frozenset({Format.PARQUET, Format.ORC, Format.ARROW, Format.ARROW_STREAM})
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


class Columnar(Placed):
    """A file of columns; cells are known by their places, ``tel#17`` or ``items[3].tel#17``."""

    name = "columns"

    def __init__(self, source: Input, form: Format) -> None:
        """Take the file."""
        super().__init__()
        self._source, self._form = source, form
        self._hidden: dict[str, str] = {}

    def write(self, found: Sequence[Cell], target: BinaryIO) -> None:
        """Write the file.

        Raises:
            PiiError: It is damaged, or a place cannot be told in it.
        """
        self.take(found)
        cells = {cell.place: cell.new for cell in found} | self._hidden
        try:
            table = _read(self._source, self._form)
            made = _rewritten(table, cells, self._source.name).replace_schema_metadata(None)
            _write(made, self._form, target)
        except pa.ArrowException as error:
            raise unsupported(
                self._source.name, "无法按列改写的文件", "a file whose columns cannot be rewritten"
            ) from error

    def hide(self, rows: Sequence[Row], output: Input) -> None:
        """Remember the cells, to be hidden whole."""
        del output
        for row in rows:
            self._hidden[str(row["place"])] = GONE
            self.written.setdefault(str(row["place"]), set())


def _read(source: Input, form: Format) -> pa.Table:
    stream: Any = io.BytesIO(source.data[:])
    if form == Format.PARQUET:
        import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

        return pq.ParquetFile(stream).read()
    if form == Format.ORC:
        from pyarrow import orc  # noqa: PLC0415 - heavy

        return orc.ORCFile(stream).read()
    reader: Any = pa.ipc.open_file(stream) if form == Format.ARROW else pa.ipc.open_stream(stream)
    table: pa.Table = reader.read_all()
    return table


def _write(table: pa.Table, form: Format, target: Any) -> None:
    if form == Format.PARQUET:
        import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

        pq.write_table(table, target)
        return
    if form == Format.ORC:
        from pyarrow import orc  # noqa: PLC0415 - heavy

        held = io.BytesIO()
        orc.write_table(table, held)
        target.write(held.getvalue())
        return
    made: Any = pa.ipc.new_file if form == Format.ARROW else pa.ipc.new_stream
    with made(target, table.schema) as writer:
        writer.write_table(table)


def _rewritten(table: pa.Table, cells: Mapping[str, str], where: str) -> pa.Table:
    """Return the table with the new texts at their places."""
    work: dict[int, list[tuple[int, tuple[str | int, ...], str]]] = {}
    for place, new in cells.items():
        path, _, row = place.rpartition("#")
        column, steps = _column(table.column_names, path)
        if column < 0 or not row.isdecimal() or not 0 < int(row) <= table.num_rows:
            raise unsupported(f"{where}, {place}", "位置无法对应到列", "a place that no column has")
        work.setdefault(column, []).append((int(row) - 1, steps, new))
    for column, changes in work.items():
        field = table.schema.field(column)
        values = table.column(column).to_pylist()
        for row_number, steps, new in changes:
            if steps:
                _put(values[row_number], steps, new)
            else:
                values[row_number] = new
        table = table.set_column(column, *_typed(field, values))
    return table


def _typed(field: pa.Field[Any], values: list[Any]) -> tuple[pa.Field[Any], pa.Array[Any]]:
    """Return values as a column of the old type, or of strings where they are of it no more."""
    kept = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    try:
        return field.with_type(kept).with_metadata({}), pa.array(values, kept)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        if pa.types.is_nested(kept):
            made = pa.array(_words(values))
            return field.with_type(made.type).with_metadata({}), made
        texts = [None if v is None else v if isinstance(v, str) else str(v) for v in values]
        return field.with_type(pa.string()).with_metadata({}), pa.array(texts, pa.string())


def _words(value: Any) -> Any:
    """Return nested values with every plain one as text."""
    if isinstance(value, dict):
        return {name: _words(below) for name, below in value.items()}
    if isinstance(value, list):
        return [_words(below) for below in value]
    return None if value is None else str(value)


def _column(names: Sequence[str], path: str) -> tuple[int, tuple[str | int, ...]]:
    """Return the column of a path and the steps inside it, ``(-1, ())`` if there is none; the longest name wins."""
    for at, name in sorted(enumerate(names), key=lambda pair: -len(pair[1])):
        if path == name:
            return at, ()
        if path.startswith((f"{name}.", f"{name}[")):
            found = _STEP.findall(path[len(name) :])
            return at, tuple(int(index) if index else step for step, index in found)
    return -1, ()


def _put(value: Any, steps: tuple[str | int, ...], new: str) -> None:
    """Replace the value at the end of the steps (in place); a map is a list of its pairs."""
    for step in steps[:-1]:
        value = _below(value, step)
    last = steps[-1]
    if isinstance(value, list) and value and isinstance(value[0], tuple) and isinstance(last, str):
        at, pair = next((n, p) for n, p in enumerate(value) if p[0] == last)
        value[at] = (pair[0], new)
    else:
        value[last] = new


def _below(value: Any, step: str | int) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], tuple) and isinstance(step, str):
        return next(below for name, below in value if name == step)
    return value[step]
