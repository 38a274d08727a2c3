"""Rows of Python strings (sheets, document tables) made into batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from qingyuan.pii.batch import Addresses, Batch
from qingyuan.pii.readers._addresses import Grid, Listed, Numbered
from qingyuan.pii.readers._header import TOP, find_header
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._typed import typed_columns

#: Cells of one batch at most, so that no sheet is held as Python objects as a whole.
_CELLS = 400_000


def pack(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return buffer, starts and ends of ``texts``, a line feed between two."""
    encoded = [text.encode("utf-8", errors="replace") for text in texts]
    lengths = np.fromiter((len(part) for part in encoded), np.int64, len(encoded))
    ends = np.cumsum(lengths + 1) - 1
    return np.frombuffer(bytearray(b"\n".join(encoded) + b"\n"), np.uint8), ends - lengths, ends


def text_batch(
    source: Source, texts: Sequence[str], places: Addresses, records: Sequence[int], table: str = ""
) -> Batch:
    """Return free text, one cell per text."""
    data, starts, ends = pack(texts)
    return Batch(
        source.member,
        table,
        (),
        data,
        starts,
        ends,
        np.full(len(texts), -1, np.int32),
        np.asarray(records, np.int64),
        prose=True,
        addresses=places,
    )


def numbered_batch(
    source: Source, texts: Sequence[str], word: str, numbers: Sequence[int], table: str = ""
) -> Batch:
    """Return free text with places such as ``"paragraph 12"``; the numbers are the records too."""
    places = Numbered(word, np.asarray(numbers, np.int64))
    return text_batch(source, texts, places, numbers, table)


def listed_batch(
    source: Source, texts: Sequence[str], places: Sequence[str], records: Sequence[int], table: str = ""
) -> Batch:
    """Return free text with places written out."""
    return text_batch(source, texts, Listed(places), records, table)


@dataclass(slots=True)
class _Chunk:
    texts: list[str]
    rows: list[int]
    columns: list[int]


def table_batches(
    source: Source, table: str, prefix: str, rows: Iterable[tuple[int, Sequence[tuple[int, str]]]]
) -> Iterator[Batch]:
    """Yield a table's cells.

    Args:
        source: The file or member.
        table: Name of the table.
        prefix: What stands before the cell's letters and number in a place, e.g. ``"sheet 名单!"``.
        rows: Zero-based row number and its non-empty cells as (zero-based column, text), ascending.
    """
    flow = iter(rows)
    top = [row for _, row in zip(range(TOP * 5), flow, strict=False)]
    width = 1 + max((column for _, row in top for column, _ in row), default=-1)
    dense = [[dict(row).get(column, "") for column in range(width)] for _, row in top]
    header = find_header(dense)
    names = tuple(cell.strip() for cell in dense[header]) if header is not None else ()
    base = top[header][0] if header is not None else -1
    kinds = typed_columns(dense) if header is None else ()
    chunk = _Chunk([], [], [])
    for part in (top, flow):
        for number, row in part:
            for column, text in row:
                chunk.texts.append(text)
                chunk.rows.append(number)
                chunk.columns.append(column)
            if len(chunk.texts) >= _CELLS:
                yield _batch(source, table, prefix, names, base, chunk, kinds)
                chunk = _Chunk([], [], [])
    if chunk.texts:
        yield _batch(source, table, prefix, names, base, chunk, kinds)


def _batch(
    source: Source,
    table: str,
    prefix: str,
    names: tuple[str, ...],
    base: int,
    chunk: _Chunk,
    kinds: tuple[str, ...],
) -> Batch:
    data, starts, ends = pack(chunk.texts)
    rows = np.asarray(chunk.rows, np.int64)
    columns = np.asarray(chunk.columns, np.int64)
    width = int(columns.max()) + 1
    return Batch(
        source.member,
        table,
        names + ("",) * (width - len(names)),
        data,
        starts,
        ends,
        columns.astype(np.int32),
        np.maximum(rows - base, 0),
        prose=False,
        addresses=Grid(prefix, rows, columns),
        kinds=kinds,
    )
