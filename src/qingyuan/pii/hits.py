"""The table of hits and its two files, Parquet and JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from qingyuan.pii.errors import PiiError

_FIELDS: list[pa.Field[Any]] = [
    pa.field("file", pa.string(), nullable=False),
    pa.field("member", pa.string()),
    pa.field("place", pa.string(), nullable=False),
    pa.field("start", pa.int32(), nullable=False),
    pa.field("end", pa.int32(), nullable=False),
    pa.field("byte_start", pa.int64()),
    pa.field("byte_end", pa.int64()),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("masked", pa.bool_(), nullable=False),
    pa.field("state", pa.string(), nullable=False),
    pa.field("reason", pa.string(), nullable=False),
    pa.field("token", pa.string()),
    pa.field("column", pa.string()),
    pa.field("record", pa.int64()),
]
_METADATA: dict[bytes | str, bytes | str] = {b"schema": b"qingyuan-hits/1"}
#: One row a hit; places and offsets as in the command contract of ``scan --hits``.
SCHEMA = pa.schema(_FIELDS, metadata=_METADATA)
#: Columns held as dictionaries in memory.
REPEATED = ("file", "member", "kind", "state", "reason", "column")
_REPEATED = pa.dictionary(pa.int32(), pa.string())
#: The schema in memory: the same names; repeated texts are dictionaries.
MEMORY_SCHEMA = pa.schema(
    [f.with_type(_REPEATED) if f.name in REPEATED else f for f in _FIELDS], metadata=_METADATA
)
_BATCH = 1 << 17


def plain(table: pa.Table) -> pa.Table:
    """Return the table with plain strings (:data:`SCHEMA`)."""
    return table.cast(SCHEMA)


def write_hits(path: Path, tables: Iterable[pa.Table]) -> int:
    """Write the hits of several files as ``.parquet`` or ``.jsonl`` and return their number.

    Raises:
        PiiError: The suffix is neither.
    """
    rows = 0
    if path.suffix == ".parquet":
        with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
            for table in tables:
                writer.write_table(plain(table))
                rows += table.num_rows
        return rows
    if path.suffix == ".jsonl":
        with path.open("wb") as file:
            for table in tables:
                for batch in table.to_batches(max_chunksize=_BATCH):
                    file.write(_lines(batch))
                rows += table.num_rows
        return rows
    raise PiiError(
        "pii.hits-format",
        zh=f"不支持的格式：{path.suffix or '无后缀'}",
        en=f"not a supported format: {path.suffix or 'no suffix'}",
        where=str(path),
        remedy_zh="请使用 .parquet 或 .jsonl",
        remedy_en="use .parquet or .jsonl",
    )


def _literals(values: list[str | None]) -> pa.StringArray:
    """Return JSON string literals; ``None`` stays null."""
    return pa.array([None if v is None else json.dumps(v, ensure_ascii=False) for v in values], pa.string())


def _quoted(values: pa.Array[Any]) -> pa.StringArray:
    """Return the texts (plain or repeated) as JSON string literals; null stays null."""
    if isinstance(values, pa.DictionaryArray):
        return _literals(values.dictionary.to_pylist()).take(values.indices)
    if pc.any(pc.match_substring_regex(values, '[\\x00-\\x1f"\\\\]')).as_py():
        return _literals(values.to_pylist())
    return _glued(['"', values, '"'])


def _glued(parts: list[pa.Array[Any] | str]) -> pa.StringArray:
    """Return the parts of each row joined; a text stands in every row."""
    scalars = [pa.scalar(p) if isinstance(p, str) else p for p in parts]
    joined: pa.StringArray = pc.call_function("binary_join_element_wise", [*scalars, pa.scalar("")])
    return joined


def _lines(batch: pa.RecordBatch) -> bytes:
    """Return one JSON object a line, columns in the order of the schema, built column by column."""
    if batch.num_rows == 0:
        return b""
    parts: list[pa.Array[Any] | str] = []
    for number, field in enumerate(SCHEMA):
        values: pa.Array[Any] = batch.column(field.name)
        text: pa.Array[Any] = _quoted(values) if pa.types.is_string(field.type) else values.cast(pa.string())
        parts += [("{" if number == 0 else ",") + json.dumps(field.name) + ":", text.fill_null("null")]
    lines = _glued([*parts, "}\n"])
    data = lines.buffers()[2]
    return b"" if data is None else data.to_pybytes()[: pc.sum(pc.binary_length(lines)).as_py()]
