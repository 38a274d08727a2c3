"""Places of cells, made into words only for the cells asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Longs = npt.NDArray[np.int64]

_join = cast("Callable[..., pa.StringArray]", pc.binary_join_element_wise)


def numbered(word: str, numbers: Longs) -> pa.StringArray:
    """Return ``word`` followed by each number: ``"line 12"``."""
    # From the buffer: `pa.array` loads pandas, where it is installed, to ask whether this is a series.
    buffer = pa.py_buffer(np.ascontiguousarray(numbers, dtype=np.int64).data)
    text = pa.Array.from_buffers(pa.int64(), len(numbers), [None, buffer]).cast(pa.string())
    return _join(_scalar(word), text, _scalar(""))


def _scalar(word: str) -> pa.StringScalar:
    """Return the word as a scalar, from its buffer for the same reason (`pa.scalar` loads pandas as well)."""
    encoded = word.encode()
    offsets = pa.py_buffer(np.array([0, len(encoded)], dtype=np.int32).data)
    return pa.StringArray.from_buffers(1, offsets, pa.py_buffer(encoded))[0]


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
