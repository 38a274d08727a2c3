"""Columns of strings: the few Arrow operations the generator needs, with honest types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qingyuan.demo._digits import Ints, Matrix

Text: TypeAlias = pa.StringArray


class _Join(Protocol):
    """What ``binary_join_element_wise`` accepts, which its published types do not say."""

    def __call__(self, *parts: Text | str) -> Text: ...


def strings(values: Sequence[str]) -> Text:
    """Return ``values`` as a column."""
    return pa.array(values, type=pa.string())


def from_ints(values: Ints) -> Text:
    """Return the decimal form of integers."""
    return cast("Text", pc.cast(pa.array(values), pa.string()))


def from_matrix(matrix: Matrix) -> Text:
    """Return one string a row of a matrix of UTF-8 bytes."""
    rows, width = matrix.shape
    offsets = np.arange(0, (rows + 1) * width, max(width, 1), dtype=np.int32)[: rows + 1]
    data = np.ascontiguousarray(matrix)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets.tobytes()), pa.py_buffer(data.tobytes()))


def pick(column: Text, rows: Ints) -> Text:
    """Return ``column`` at ``rows``, in that order."""
    return column.take(pa.array(rows, type=pa.int64()))


def gather(columns: Sequence[Text]) -> Text:
    """Return the columns one below the other."""
    return pa.concat_arrays(columns)


def concat(*parts: Text | str) -> Text:
    """Return the row-wise concatenation of columns and constants; at least one part is a column."""
    join = cast("_Join", pc.binary_join_element_wise)
    return join(*parts, "")


def characters(column: Text) -> Ints:
    """Return the number of code points of every string."""
    return cast("Ints", pc.cast(pc.utf8_length(column), pa.int64()).to_numpy(zero_copy_only=False))


def octets(column: Text) -> Ints:
    """Return the number of UTF-8 bytes of every string."""
    return cast("Ints", pc.cast(pc.binary_length(column), pa.int64()).to_numpy(zero_copy_only=False))


def wide(column: Text) -> Ints:
    """Return the number of non-ASCII code points, all taken to have three UTF-8 bytes.

    Every character the generator writes is either ASCII or such a character of the basic plane with a
    two-byte form in GB18030, so this one count gives the length in both encodings.
    """
    return (octets(column) - characters(column)) // 2


def raw(column: Text) -> bytes:
    """Return the UTF-8 bytes of all strings of an unsliced column, one after the other."""
    data = gather([column]).buffers()[2] if column.offset else column.buffers()[2]
    return b"" if data is None else data.to_pybytes()
