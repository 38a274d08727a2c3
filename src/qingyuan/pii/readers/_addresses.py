"""Places of cells, made into words only for the cells asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from qingyuan.pii import _compute as pc
from qingyuan.pii._kernel.written import MOST_DIGITS, write_numbered

Longs = npt.NDArray[np.int64]


def _join(heads: pa.StringArray, numbers: pa.Array[Any], between: str) -> pa.StringArray:
    """Return each head and its number with a text between them."""
    return cast("pa.StringArray", pc.binary_join_element_wise(heads, numbers, between))


def numbered(word: str, numbers: Longs) -> pa.StringArray:
    """Return ``word`` followed by each number, none negative: ``"line 12"``.

    Texts of one array may have 2 GiB together: a batch of cells never has so many places.
    """
    # By the buffers: `pa.array` loads pandas, where it is installed, to ask whether this is a series.
    encoded = np.frombuffer(word.encode(), dtype=np.uint8)
    offsets = np.empty(len(numbers) + 1, dtype=np.int32)
    text = np.empty((len(encoded) + MOST_DIGITS) * len(numbers), dtype=np.uint8)
    size = write_numbered(encoded, np.ascontiguousarray(numbers, dtype=np.int64), offsets, text)
    return pa.StringArray.from_buffers(
        len(numbers), pa.py_buffer(offsets.data), pa.py_buffer(text[:size].copy().data)
    )


@dataclass(frozen=True, slots=True)
class Numbered:
    """Places such as ``"line 12"``: a word (with its blank) and one number per cell."""

    word: str
    numbers: Longs

    def text(self, cells: Longs) -> pa.StringArray:
        """Return one place per cell number."""
        return numbered(self.word, self.numbers[cells])


@dataclass(frozen=True, slots=True)
class Listed:
    """Places that were written out when the cells were made."""

    places: Sequence[str]

    def text(self, cells: Longs) -> pa.StringArray:
        """Return one place per cell number."""
        return pa.array([self.places[c] for c in cells.tolist()], type=pa.string())


def letters(column: int) -> str:
    """Return the letters of a zero-based spreadsheet column: 0 is ``A``, 26 is ``AA``."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


@dataclass(frozen=True, slots=True)
class Grid:
    """Places such as ``"sheet 名单!D7"``: a prefix, and zero-based row and column per cell."""

    prefix: str
    rows: Longs
    columns: Longs

    def text(self, cells: Longs) -> pa.StringArray:
        """Return one place per cell number."""
        columns, inverse = np.unique(self.columns[cells], return_inverse=True)
        heads = pa.array([f"{self.prefix}{letters(int(c))}" for c in columns], type=pa.string())
        numbers = pa.array(self.rows[cells] + 1).cast(pa.string())
        return _join(heads.take(inverse.astype(np.int64)), numbers, "")


@dataclass(frozen=True, slots=True)
class Rows:
    """Places such as ``"users.tel#17"``: a column name and a row number per cell."""

    names: tuple[str, ...]
    columns: Longs
    rows: Longs

    def text(self, cells: Longs) -> pa.StringArray:
        """Return one place per cell number."""
        heads = pa.array(self.names, type=pa.string()).take(self.columns[cells])
        numbers = pa.array(self.rows[cells]).cast(pa.string())
        return _join(heads, numbers, "#")
