r"""A sorted run on disk: what one part of the material knows about persons and pieces.

Layout of a segment, all numbers little-endian::

    bytes  0..7    b"QYSEG\0\0\2"
    bytes  8..47   unkeyed records, masked records, raw pieces, partition bits, further sets   (int64 each)
    then           offsets   int64[relations, partitions + 1]   rows before each partition
    then           checks    uint32[columns, partitions]        CRC-32 of each column's rows of a partition
    then           CRC-32 of everything so far                  (uint32, padded to 8 bytes)
    then           the columns one after another, each padded to 8 bytes

Keys are the leading 64 bits of an HMAC, so their leading bits divide them evenly and a partition of a
sorted column is one stretch of it. No value can be read from a segment. A segment is written beside its
name, synced and renamed, so it is there as a whole or not at all.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel.flags import KINDS
from qingyuan.pii.batch import Longs
from qingyuan.pii.counting import Pieces
from qingyuan.pii.errors import PiiError
from qingyuan.pii.persons import KEYS, Keys, PersonIndex

_MAGIC = b"QYSEG\0\0\2"
_NUMBERS = 5
_ALIGN = 8
_KEY_BITS = 64

_U64, _U8 = np.dtype("<u8"), np.dtype("u1")
#: Kinds of keys but the ID, strongest first: those of :data:`qingyuan.pii.persons.KEYS`.
WEAK = tuple(KINDS[code] for code in KEYS[1:])
#: Relations and their columns; `link` ends with the kinds of both ends.
#: Each kind of key has the keys no stronger document takes over, those one does, and the ends of links.
#: the first column of each is sorted and says the partition.
RELATIONS: dict[str, tuple[np.dtype[np.unsignedinteger], ...]] = {
    "id": (_U64,),
    **{f"{what}-{kind}": (_U64,) for kind in WEAK for what in ("key", "tied", "end")},
    "link": (_U64, _U64, _U8, _U8),
    "owner": (_U64, _U64),
    "piece": (_U64, _U8),
}
#: Most further sets of keys in a segment.
MAX_SETS = 4096
_MAX_BITS = 16

#: The last column of ``piece`` is its tier above so many bits of traits.
TRAIT_BITS = 6

Column = npt.NDArray[np.unsignedinteger]


def _layout(sets: int) -> dict[str, tuple[np.dtype[np.unsignedinteger], ...]]:
    """Return the relations of a segment with so many further sets of keys."""
    return RELATIONS | {set_name(number): (_U64,) for number in range(sets)}


def set_name(number: int) -> str:
    """Return the relation that holds a further set of keys."""
    return f"set-{number}"


class DamagedSegmentError(PiiError):
    """A segment whose bytes are not those that were written.

    Attributes:
        name: The segment.
    """

    def __init__(self, path: Path) -> None:
        """Say which file."""
        self.name = path.stem
        super().__init__(
            "pii.segment-damaged",
            zh="中间结果文件已损坏（校验和不符）",
            en="a file of intermediate results is damaged (its checksum is wrong)",
            where=str(path),
            remedy_zh="请删除该文件后重新运行；只会重扫这一部分",
            remedy_en="delete it and run the same again; only this part is scanned again",
        )


def distinct(keys: Keys) -> Keys:
    """Return the different keys, sorted (several times faster than ``numpy.unique`` on random keys)."""
    keys = np.sort(keys)
    new = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    return keys[new]


def _bytes(column: npt.NDArray[Any]) -> memoryview:
    """Return the bytes of a column without copying them."""
    return memoryview(column.view(np.uint8).data)


def _sorted(*columns: Column) -> tuple[Column, ...]:
    """Return the columns in the order of the first."""
    order = np.argsort(columns[0])
    return tuple(column[order] for column in columns)


def _relations(index: PersonIndex, pieces: Pieces) -> dict[str, tuple[Column, ...]]:
    """Return the rows of each relation."""
    out: dict[str, tuple[Column, ...]] = {"id": (index.keys[0],)}
    ends, of_ends = index.links.reshape(-1), index.link_kinds.reshape(-1)
    for code, name, keys, tied in zip(KEYS[1:], WEAK, index.keys[1:], index.tied, strict=True):
        out[f"key-{name}"] = (np.setdiff1d(keys, tied, assume_unique=True),)
        out[f"tied-{name}"] = (tied,)
        out[f"end-{name}"] = (distinct(ends[of_ends == code]),)
    return out | {
        "link": _sorted(index.links[:, 0], index.links[:, 1], index.link_kinds[:, 0], index.link_kinds[:, 1]),
        "owner": _sorted(index.owners[:, 0], index.owners[:, 1]),
        "piece": (pieces.mark, (pieces.tier << TRAIT_BITS | pieces.traits).astype(np.uint8)),
    }


def write_segment(
    path: Path, index: PersonIndex, pieces: Pieces, bits: int, sets: Sequence[Keys] = ()
) -> None:
    """Write what one part of the material knows; durable when this returns.

    Args:
        path: The segment; its folder exists.
        index: Persons of the part.
        pieces: Pieces of the part.
        bits: Number of leading bits of a key that say its partition.
        sets: Further sets of keys to count together with those of other parts, each ascending.

    Raises:
        OSError: The disk refused.
    """
    rows = _relations(index, pieces) | {set_name(n): (keys,) for n, keys in enumerate(sets)}
    layout = _layout(len(sets))
    size = 1 << bits
    bounds = (np.arange(1, size, dtype=np.uint64)) << np.uint64(_KEY_BITS - bits)
    offsets = np.zeros((len(layout), size + 1), dtype="<i8")
    columns: list[memoryview] = []
    checks: list[npt.NDArray[np.uint32]] = []
    for number, (name, dtypes) in enumerate(layout.items()):
        first = rows[name][0]
        offsets[number, 1:-1] = np.searchsorted(first, bounds)
        offsets[number, -1] = len(first)
        for dtype, column in zip(dtypes, rows[name], strict=True):
            data = np.ascontiguousarray(column, dtype=dtype)
            check = np.zeros(size, dtype="<u4")
            for part in np.flatnonzero(np.diff(offsets[number])).tolist():
                low, high = offsets[number, part : part + 2].tolist()
                check[part] = zlib.crc32(_bytes(data[low:high]))
            checks.append(check)
            columns.append(_bytes(data))
    numbers = np.array(
        [index.unkeyed_records, index.masked_records, pieces.raw, bits, len(sets)], dtype="<i8"
    )
    head = _MAGIC + numbers.tobytes() + offsets.tobytes() + b"".join(c.tobytes() for c in checks)
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(head + zlib.crc32(head).to_bytes(4, "little"))
        file.write(bytes(-(len(head) + 4) % _ALIGN))
        for view in columns:
            file.write(view)
            file.write(bytes(-len(view) % _ALIGN))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Where a relation lies: rows before each partition; first byte and checks of each column."""

    offsets: Longs
    columns: tuple[tuple[np.dtype[np.unsignedinteger], int, npt.NDArray[np.uint32]], ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """An open segment.

    Attributes:
        path: Where it is.
        unkeyed_records: See :class:`qingyuan.pii.persons.PersonIndex`.
        masked_records: See :class:`qingyuan.pii.persons.PersonIndex`.
        raw: Pieces before duplicates were removed.
        bits: Partition bits.
        sets: Number of further sets of keys.
    """

    path: Path
    unkeyed_records: int
    masked_records: int
    raw: int
    bits: int
    sets: int
    _stretches: dict[str, _Stretch]

    @classmethod
    def open(cls, path: Path) -> Segment:
        """Read and check the head of a segment.

        Raises:
            DamagedSegmentError: It is not as it was written.
        """
        with path.open("rb") as file:
            fixed = file.read(len(_MAGIC) + 8 * _NUMBERS)
            if len(fixed) < len(_MAGIC) + 8 * _NUMBERS or not fixed.startswith(_MAGIC):
                raise DamagedSegmentError(path)
            unkeyed, masked, raw, bits, sets = np.frombuffer(fixed, "<i8", offset=len(_MAGIC)).tolist()
            if not (0 <= bits <= _MAX_BITS and 0 <= sets <= MAX_SETS):
                raise DamagedSegmentError(path)
            layout = _layout(sets)
            size = 1 << bits
            longs, words = len(layout) * (size + 1) * 8, sum(map(len, layout.values())) * size * 4
            rest = file.read(longs + words)
            check = file.read(4)
            if len(check) < 4 or zlib.crc32(fixed + rest) != int.from_bytes(check, "little"):  # noqa: PLR2004
                raise DamagedSegmentError(path)
        offsets = np.frombuffer(rest, "<i8", count=longs // 8).reshape(len(layout), size + 1)
        checks = iter(np.frombuffer(rest, "<u4", offset=longs).reshape(-1, size))
        at = len(fixed) + len(rest) + 4
        stretches = {}
        for (name, dtypes), rows in zip(layout.items(), offsets, strict=True):
            columns = []
            for dtype in dtypes:
                at += -at % _ALIGN
                columns.append((dtype, at, next(checks)))
                at += int(rows[-1]) * dtype.itemsize
            stretches[name] = _Stretch(rows, tuple(columns))
        if path.stat().st_size < at:
            raise DamagedSegmentError(path)
        return cls(path, unkeyed, masked, raw, bits, sets, stretches)

    def rows(self, relation: str) -> int:
        """Return the number of rows of a relation."""
        return int(self._stretches[relation].offsets[-1])

    def read(self, relation: str, part: int) -> tuple[Column, ...]:
        """Return the columns of one partition of a relation.

        Raises:
            DamagedSegmentError: The bytes are not those that were written.
        """
        where = self._stretches[relation]
        low, high = where.offsets[part : part + 2].tolist()
        if low == high:
            return tuple(np.empty(0, dtype) for dtype, _, _ in where.columns)
        out = []
        with self.path.open("rb", buffering=0) as file:
            for dtype, start, checks in where.columns:
                file.seek(start + low * dtype.itemsize)
                data = file.read((high - low) * dtype.itemsize)
                if zlib.crc32(data) != int(checks[part]):
                    raise DamagedSegmentError(self.path)
                out.append(np.frombuffer(data, dtype))
        return tuple(out)


def gather(segments: Iterable[Segment], relation: str, part: int) -> tuple[Column, ...]:
    """Return the rows of one partition of a relation of :data:`RELATIONS` from all segments, not sorted."""
    read = [segment.read(relation, part) for segment in segments]
    return tuple(
        np.concatenate([np.empty(0, dtype), *(columns[number] for columns in read)])
        for number, dtype in enumerate(RELATIONS[relation])
    )


def count_distinct(sets: Iterable[tuple[Segment, int]], bits: int) -> int:
    """Return the number of different keys in the named sets of several segments together."""
    chosen = list(sets)
    total = 0
    for part in range(1 << bits):
        keys = [segment.read(set_name(number), part)[0] for segment, number in chosen]
        total += len(distinct(np.concatenate(keys))) if keys else 0
    return total
