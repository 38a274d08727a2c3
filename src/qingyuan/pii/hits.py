"""The table of hits and its two files, Parquet and JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from qingyuan.pii.errors import PiiError

#: One row a hit; places and offsets as in the command contract of ``scan --hits``.
SCHEMA = pa.schema(
    [
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
    ],
    metadata={b"schema": b"qingyuan-hits/1"},
)
#: Columns held as dictionaries in memory.
REPEATED = ("file", "member", "kind", "state", "reason", "column")
_REPEATED = pa.dictionary(pa.int32(), pa.string())
#: The schema in memory: the same names; repeated texts are dictionaries.
MEMORY_SCHEMA = pa.schema(
    [f.with_type(_REPEATED) if f.name in REPEATED else f for f in SCHEMA], metadata=SCHEMA.metadata
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


def _quoted(values: pa.Array) -> pa.Array:
    """Return JSON string literals; null stays null."""
    if pa.types.is_dictionary(values.type):
        literals = pa.array([json.dumps(v, ensure_ascii=False) for v in values.dictionary.to_pylist()], pa.string())
        return literals.take(values.indices)
    if pc.any(pc.match_substring_regex(values, '[\\x00-\\x1f"\\\\]')).as_py():
        return pa.array(
            [None if v is None else json.dumps(v, ensure_ascii=False) for v in values.to_pylist()], pa.string()
        )
    return pc.binary_join_element_wise('"', values, '"', "")


def _lines(batch: pa.RecordBatch) -> bytes:
    """Return one JSON object a line, columns in the order of the schema, built column by column."""
    if batch.num_rows == 0:
        return b""
    parts: list[pa.Array | str] = []
    for number, field in enumerate(SCHEMA):
        values = batch.column(field.name)
        if pa.types.is_string(field.type):
            text = _quoted(values)
        else:
            text = pc.cast(values, pa.string())
        parts += [("{" if number == 0 else ",") + json.dumps(field.name) + ":", pc.fill_null(text, "null")]
    lines = pc.binary_join_element_wise(*parts, "}\n", "")
    data = lines.buffers()[2]
    return b"" if data is None else data.to_pybytes()[: pc.sum(pc.binary_length(lines)).as_py()]
