"""Reading made short for the tests."""

from __future__ import annotations

import dataclasses
import io
from typing import NamedTuple

import numpy as np

from qingyuan.pii import readers
from qingyuan.pii.batch import Batch, Unread


class Cell(NamedTuple):
    text: str
    place: str
    column: str
    record: int
    start: int | None
    end: int | None
    member: str | None
    table: str
    prose: bool


def read(data: bytes, name: str, **bounds: float) -> tuple[list[Cell], list[Unread]]:
    """Read ``data`` and check what every batch promises."""
    limits = dataclasses.replace(readers.Limits(), **bounds)  # type: ignore[arg-type]
    cells: list[Cell] = []
    unread: list[Unread] = []
    for found in readers.read(io.BytesIO(data), name, limits):
        if isinstance(found, Unread):
            unread.append(found)
            continue
        check(found)
        everyone = np.arange(len(found))
        starts, ends = found.byte_offsets(found.starts), found.byte_offsets(found.ends)
        for k, place in enumerate(found.places(everyone).to_pylist()):
            column = int(found.column[k])
            cells.append(
                Cell(
                    bytes(found.data[found.starts[k] : found.ends[k]]).decode(),
                    str(place),
                    "" if column < 0 else found.columns[column],
                    int(found.record[k]),
                    None if starts is None else int(starts[k]),
                    None if ends is None else int(ends[k]),
                    found.member,
                    found.table,
                    found.prose,
                )
            )
    return cells, unread


def check(batch: Batch) -> None:
    """Assert the shapes and the order a batch promises."""
    assert batch.data.dtype == np.uint8
    assert [a.dtype for a in (batch.starts, batch.ends, batch.record)] == [np.int64] * 3
    assert batch.column.dtype == np.int32
    assert len(batch.starts) == len(batch.ends) == len(batch.column) == len(batch.record) == len(batch)
    assert (batch.starts <= batch.ends).all()
    assert (batch.ends[:-1] <= batch.starts[1:]).all()
    assert (np.diff(batch.record) >= 0).all()
    assert batch.column.max(initial=-1) < len(batch.columns)
    bytes(batch.data).decode()


def codes(unread: list[Unread]) -> list[str]:
    return [u.code for u in unread]


def places(cells: list[Cell]) -> dict[str, str]:
    return {cell.place: cell.text for cell in cells}
