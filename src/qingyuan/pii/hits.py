"""The table of hits, made when it is asked for, and its two files, Parquet and JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from qingyuan.pii import _compute as pc
from qingyuan.pii._arrays import arrow, texts
from qingyuan.pii._chunks import Chunk
from qingyuan.pii._columns import Stream
from qingyuan.pii._decided import DROPPED, STATES, states_of
from qingyuan.pii._groups import Group
from qingyuan.pii._kernel import flags as f
from qingyuan.pii.batch import Longs
from qingyuan.pii.decide import Decision
from qingyuan.pii.errors import PiiError
from qingyuan.pii.partial import Partial
from qingyuan.pii.tokens import TOKEN_BYTES, hex_array

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
    [one.with_type(_REPEATED) if one.name in REPEATED else one for one in _FIELDS], metadata=_METADATA
)
_BATCH = 1 << 17


class Hits:
    """The hits of a file; the table is made when it is asked for, and then kept."""

    def __init__(self, make: Callable[[], pa.Table] | None) -> None:
        """Keep how to make the table; ``None`` if the scan was told to keep no hits."""
        self._make = make
        self._table: pa.Table | None = None

    @classmethod
    def of_part(cls, name: str, part: Partial, decided: Sequence[Decision | None]) -> Hits:
        """Return the hits of a part under the decisions on its groups."""
        return cls(
            None if part.chunks is None else lambda: _part_table(name, part, part.chunks or [], decided)
        )

    @classmethod
    def joined(cls, parts: Sequence[Hits]) -> Hits:
        """Return the hits of several parts, in their order; without any if one has none."""
        if not all(part.kept for part in parts):
            return cls(None)
        return cls(lambda: _joined_tables([part.table() for part in parts]))

    @property
    def kept(self) -> bool:
        """Tell whether the scan kept its hits."""
        return self._make is not None or self._table is not None

    def dropped(self) -> Hits:
        """Return hits that are not kept."""
        return Hits(None)

    def table(self) -> pa.Table:
        """Return the table, see :data:`MEMORY_SCHEMA`.

        Raises:
            PiiError: The scan was told to keep no hits.
        """
        if self._table is None:
            if self._make is None:
                raise PiiError(
                    "pii.hits-not-kept",
                    zh="本次扫描未保留逐处结果",
                    en="this scan was told to keep no hits",
                    remedy_zh="请在保留逐处结果的情况下重新扫描",
                    remedy_en="scan again and keep the hits",
                )
            self._table, self._make = self._make(), None
        return self._table

    def __reduce__(self) -> tuple[Callable[..., Hits], tuple[pa.Table | None]]:
        """Travel as the table."""
        return _hits_of, (self.table() if self.kept else None,)


def _hits_of(table: pa.Table | None) -> Hits:
    """Return hits whose table is made."""
    return Hits(None if table is None else lambda: table)


def _joined_tables(tables: list[pa.Table]) -> pa.Table:
    """Return the tables one after the other."""
    return pa.concat_tables(tables).unify_dictionaries() if tables else MEMORY_SCHEMA.empty_table()


def _part_table(
    name: str, part: Partial, chunks: Sequence[Chunk], decided: Sequence[Decision | None]
) -> pa.Table:
    """Return the hits of a part in the order of the file; what the decisions dropped is left out."""
    streams, groups = part.outline.streams, part.outline.groups
    state = states_of(decided)
    dropped = state == DROPPED
    every = not dropped.any()
    keep = np.arange(len(part)) if every else np.flatnonzero(~dropped[part.group])
    group = part.group if every else part.group[keep]
    masked = np.array([bool(g.flags & f.MASKED) for g in groups], dtype=np.bool_)[group]
    kind = np.array([0 if d is None else d.kind for d in decided], dtype=np.int64)
    stream = np.array([g.stream for g in groups], dtype=np.int64)
    place: pa.ChunkedArray[Any] = pa.chunked_array(
        [chunk.addresses.text(chunk.cell) for chunk in chunks], pa.string()
    )
    place = place if every else place.take(arrow(keep))
    token = _rows([c.token for c in chunks], keep, np.empty((0, TOKEN_BYTES), dtype=np.uint8))
    number = np.empty(0, dtype=np.int32)
    data = {
        "file": _repeated(np.zeros(len(keep), dtype=np.int32), [name]),
        "member": _repeated(stream[group], [s.member for s in streams]),
        "place": place,
        "start": arrow(_rows([c.start for c in chunks], keep, number)),
        "end": arrow(_rows([c.end for c in chunks], keep, number)),
        "byte_start": _offsets([c.byte_start for c in chunks], chunks, keep),
        "byte_end": _offsets([c.byte_end for c in chunks], chunks, keep),
        "kind": _repeated(kind[group], list(f.KINDS)),
        "masked": arrow(masked),
        "state": _repeated(state[group], list(STATES)),
        "reason": _repeated(group, ["" if d is None else d.reason for d in decided]),
        "token": hex_array(token, masked),
        "column": _repeated(group, [_column_name(g, streams[g.stream]) for g in groups]),
        "record": arrow(part.record if every else part.record[keep]),
    }
    return pa.table(data, schema=MEMORY_SCHEMA)


def _rows(parts: Sequence[npt.NDArray[Any]], keep: Longs, none: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the chosen rows of all chunks."""
    rows = np.concatenate([none, *parts])
    return rows if len(keep) == len(rows) else rows[keep]


def _offsets(
    parts: Sequence[Longs | None], chunks: Sequence[Chunk], keep: Longs
) -> pa.ChunkedArray[pa.Int64Scalar]:
    """Return byte offsets, null for formats that have none."""
    arrays = [
        pa.nulls(len(chunk), pa.int64()) if part is None else arrow(part)
        for part, chunk in zip(parts, chunks, strict=True)
    ]
    offsets = pa.chunked_array(arrays, pa.int64())
    return offsets if len(keep) == len(offsets) else offsets.take(arrow(keep))


def _column_name(group: Group, stream: Stream) -> str | None:
    """Return the name of the group's column, or ``None``."""
    return (stream.columns[group.column] or None) if group.column >= 0 else None


def _repeated(index: npt.NDArray[np.integer], values: Sequence[str | None]) -> pa.DictionaryArray[Any, Any]:
    """Return a dictionary array; equal texts share one entry and absent ones are null."""
    known: dict[str, int] = {}
    lookup = np.array(
        [-1 if v is None else known.setdefault(v, len(known)) for v in values] or [-1], dtype=np.int32
    )
    codes = lookup[index] if len(values) else np.empty(0, dtype=np.int32)
    return pa.DictionaryArray.from_arrays(
        arrow(codes, codes < 0 if bool((lookup < 0).any()) else None), texts([*known])
    )


def plain(table: pa.Table) -> pa.Table:
    """Return the table with plain strings (:data:`SCHEMA`)."""
    return table.cast(SCHEMA)


def write_hits(path: Path, tables: Iterable[pa.Table], token_key: str = "") -> int:
    """Write the hits of several files as ``.parquet`` or ``.jsonl`` and return their number.

    Args:
        path: The file.
        tables: Hits, one table a file.
        token_key: Public identifier of the key of the tokens, written into the metadata of a Parquet.

    Raises:
        PiiError: The suffix is neither.
    """
    rows = 0
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq  # noqa: PLC0415 - heavy, and a scan without hits has no use for it

        schema = SCHEMA.with_metadata({**_METADATA, **({b"token-key": token_key} if token_key else {})})
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
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
