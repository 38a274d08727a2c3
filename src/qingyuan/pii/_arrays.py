"""NumPy arrays as Arrow arrays, by their buffers.

``pyarrow.array`` loads pandas, where it is installed, to ask whether what it was given is a series: half a second that
a scan of a small file has no use for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_Mask = npt.NDArray[np.bool_]
_TYPES: dict[str, pa.DataType] = {
    "int32": pa.int32(), "int64": pa.int64(), "uint8": pa.uint8(), "uint64": pa.uint64(),
}  # fmt: skip


def arrow(values: npt.NDArray[Any], null: _Mask | None = None) -> pa.Array[Any]:
    """Return an array of whole numbers or truth values, not copied where that can be avoided.

    Args:
        values: ``int32``, ``int64``, ``uint8``, ``uint64`` or ``bool``.
        null: Where the values are null.
    """
    validity = None if null is None or not null.any() else bits(~null)
    missing = 0 if validity is None or null is None else int(null.sum())
    if values.dtype == np.bool_:
        return pa.Array.from_buffers(pa.bool_(), len(values), [validity, bits(values)], missing)
    buffer = pa.py_buffer(np.ascontiguousarray(values).data)
    return pa.Array.from_buffers(_TYPES[values.dtype.name], len(values), [validity, buffer], missing)


def bits(values: _Mask) -> pa.Buffer:
    """Return truth values as a bitmap."""
    return pa.py_buffer(np.packbits(values, bitorder="little").data)


def texts(values: list[str | None]) -> pa.StringArray:
    """Return an array of texts; what is no UTF-8 in a name of a file is written as its number."""
    encoded = [b"" if value is None else value.encode("utf-8", "backslashreplace") for value in values]
    ends = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    missing = np.array([value is None for value in values], dtype=np.bool_)
    return cast("pa.StringArray", pa.Array.from_buffers(
        pa.string(), len(values), [bits(~missing) if missing.any() else None, pa.py_buffer(ends.data), pa.py_buffer(b"".join(encoded))],
        int(missing.sum()),
    ))  # fmt: skip


def _set(buffer: pa.Buffer | None, offset: int, size: int) -> _Mask:
    """Return a stretch of a bitmap; without one all bits are set."""
    if buffer is None:
        return np.ones(size, dtype=np.bool_)
    whole = np.unpackbits(np.frombuffer(cast("memoryview", buffer), dtype=np.uint8), bitorder="little")
    return whole[offset : offset + size].view(np.bool_)


def truths(column: pa.ChunkedArray[Any]) -> _Mask:
    """Return a column of truth values without nulls."""
    parts = [_set(one.buffers()[1], one.offset, len(one)) for one in column.iterchunks()]
    return np.concatenate([np.empty(0, dtype=np.bool_), *parts])


def longs(column: pa.ChunkedArray[Any]) -> npt.NDArray[np.int64]:
    """Return a column of ``int64`` without nulls."""
    parts = [_raw(one, np.int64) for one in column.iterchunks()]
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def _raw(values: pa.Array[Any], kind: type[np.signedinteger[Any]]) -> npt.NDArray[Any]:
    """Return the values of an array as they stand in its buffer."""
    whole = np.frombuffer(cast("memoryview", values.buffers()[1]), dtype=kind)
    return whole[values.offset : values.offset + len(values)]


def coded(column: pa.ChunkedArray[Any]) -> tuple[npt.NDArray[np.int32], list[str | None]]:
    """Return the words of a column of repeated words and the number of each row's word."""
    codes: list[npt.NDArray[np.int32]] = [np.empty(0, dtype=np.int32)]
    known: dict[str | None, int] = {}
    for chunk in cast("Iterator[pa.DictionaryArray[Any, Any]]", column.iterchunks()):
        said = [known.setdefault(word, len(known)) for word in (*chunk.dictionary.to_pylist(), None)]
        indices = chunk.indices
        valid = _set(indices.buffers()[0], indices.offset, len(indices))
        codes.append(np.array(said, dtype=np.int32)[np.where(valid, _raw(indices, np.int32), -1)])
    return np.concatenate(codes), [*known]


def is_word(column: pa.ChunkedArray[Any], *words: str) -> _Mask:
    """Tell which rows of a column of repeated words have one of the words."""
    codes, known = coded(column)
    return np.array([one in words for one in known] or [False], dtype=np.bool_)[codes]
