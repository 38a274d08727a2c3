"""Exact counts of persons and pieces over any number of segments, a partition at a time.

The answer is that of :func:`qingyuan.pii.persons.count` over the merged index and of
:func:`qingyuan.pii.counting.readings` over the merged pieces, whatever the number of segments.

Only keys that stand together without a stronger document can form groups; they are the nodes of the
links. All others are counted partition by partition with nothing kept. The nodes, their forest and
which of them an ID takes over are arrays mapped from files, so the system may write them out when
memory is short.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qingyuan.pii import counting
from qingyuan.pii._kernel.flags import KINDS, RESIDENT_ID
from qingyuan.pii._kernel.unions import join
from qingyuan.pii._sample import Spot
from qingyuan.pii.batch import Longs
from qingyuan.pii.counting import Pieces
from qingyuan.pii.counts import Count, counts
from qingyuan.pii.persons import KEYS, USUAL, Keys, PersonIndex, Persons
from qingyuan.pii.scale.segment import (
    TRAIT_BITS,
    WEAK,
    Segment,
    count_distinct,
    distinct,
    gather,
    write_segment,
)

_SUFFIX = ".seg"
#: Partition bits of a large store: 10**8 records make about 25 MB a partition.
BITS = 8
#: Links joined at a time.
_LOT = 1 << 22
_SORTS = (max(counting.TIERS.values()) + 1) << TRAIT_BITS


@dataclass(frozen=True, slots=True)
class Counts:
    """The answer.

    Attributes:
        persons: Distinct people.
        readings: Pieces in both readings.
        tally: Different pieces by tier and traits.
    """

    persons: Persons
    readings: tuple[counting.Reading, ...]
    tally: tuple[int, ...]

    def counts(self, spots: tuple[Spot, ...] = ()) -> tuple[Count, ...]:
        """Return the counts under each law; ``spots`` is the sample of all pieces."""
        tally = np.array(self.tally, dtype=np.int64)
        return counts(replace(_sorts(tally, 0), spots=spots), tally)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one partition adds."""

    identities: int
    alone: tuple[int, ...]
    nodes: tuple[Keys, ...]
    taken: tuple[npt.NDArray[np.bool_], ...]
    shared: int
    pieces: Longs


class Spill:
    """A folder of segments, one for each part of the material, written in any order by any process.

    Args:
        folder: A folder of its own; made when it is not there.
        bits: Partition bits, the same for every part.
    """

    def __init__(self, folder: Path, bits: int = BITS) -> None:
        """Use the folder; what a killed process left half written is removed by :meth:`sweep`."""
        self.folder = folder
        self.bits = bits
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def add(self, name: str, index: PersonIndex, pieces: Pieces, sets: Sequence[Keys] = ()) -> None:
        """Keep what one part knows; it replaces what was kept under this name and is durable on return.

        Args:
            name: Name of the part.
            index: Its persons.
            pieces: Its pieces.
            sets: Further sets of its keys, each ascending, for :meth:`distinct`.

        Raises:
            OSError: The disk refused.
        """
        write_segment(self._path(name), index, pieces, self.bits, sets)

    def get(self, name: str) -> bytes:
        """Return the bytes of a part, for :meth:`put` elsewhere."""
        return self._path(name).read_bytes()

    def put(self, name: str, segment: bytes) -> None:
        """Keep a part whose bytes another process made; they are checked when they are counted."""
        self._path(name).write_bytes(segment)

    def has(self, name: str) -> bool:
        """Tell whether a whole segment of this name is there."""
        return self._path(name).exists()

    def discard(self, name: str) -> None:
        """Forget a part."""
        self._path(name).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a killed process left half written."""
        for path in self.folder.glob("*.tmp"):
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder with everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def bytes(self) -> int:
        """Return the size of all segments."""
        return sum(path.stat().st_size for path in self.folder.glob("*" + _SUFFIX))

    def count(self, names: Iterable[str] | None = None, *, jobs: int = 1) -> Counts:
        """Count over the named parts, by default over all.

        Args:
            names: The parts.
            jobs: Threads.

        Raises:
            DamagedSegmentError: A segment is not as it was written.
            FileNotFoundError: A named part is not there.
        """
        chosen = sorted(self.folder.glob("*" + _SUFFIX)) if names is None else [*map(self._path, names)]
        segments = [Segment.open(path) for path in chosen]
        scratch = self.folder / "forest"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        try:
            return _count(segments, self.bits, scratch, jobs)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def distinct(self, sets: Iterable[tuple[str, int]]) -> int:
        """Return the number of different keys in sets of several parts together.

        Args:
            sets: Name of a part and number of the set in it.

        Raises:
            DamagedSegmentError: A segment is not as it was written.
        """
        return count_distinct(((Segment.open(self._path(name)), number) for name, number in sets), self.bits)

    def _path(self, name: str) -> Path:
        return self.folder / (name + _SUFFIX)


def _count(segments: list[Segment], bits: int, scratch: Path, jobs: int) -> Counts:
    identities = shared = 0
    alone = np.zeros(len(WEAK), dtype=np.int64)
    tally = np.zeros(_SORTS, dtype=np.int64)
    nodes = tuple(_Column(scratch / f"nodes-{kind}", np.dtype(np.uint64)) for kind in WEAK)
    taken = tuple(_Column(scratch / f"taken-{kind}", np.dtype(np.bool_)) for kind in WEAK)
    with ThreadPoolExecutor(jobs) as pool:
        for part in _ahead(pool, lambda p: _partition(segments, p), range(1 << bits), jobs):
            identities += part.identities
            shared += part.shared
            alone += part.alone
            tally += part.pieces
            for number in range(len(WEAK)):
                nodes[number].append(part.nodes[number])
                taken[number].append(part.taken[number])
    grouped = _groups(segments, bits, scratch, nodes, taken)
    by_key = {KINDS[RESIDENT_ID]: identities}
    for code, single, several in zip(KEYS[1:], alone.tolist(), grouped, strict=True):
        if code in USUAL or single + several:
            by_key[KINDS[code]] = single + several
    people = Persons(
        distinct=sum(by_key.values()),
        by_key=by_key,
        shared_mobiles=shared,
        unkeyed_records=sum(s.unkeyed_records for s in segments),
        masked_records=sum(s.masked_records for s in segments),
    )
    return Counts(
        people, counting.readings(_sorts(tally, sum(s.raw for s in segments)), tally), tuple(tally.tolist())
    )


def _ahead(
    pool: ThreadPoolExecutor, work: Callable[[int], _Part], parts: range, jobs: int
) -> Iterable[_Part]:
    """Yield the partitions in order, only a few ahead, so that results do not pile up."""
    running = []
    for part in parts:
        running.append(pool.submit(work, part))
        if len(running) > 2 * jobs:
            yield running.pop(0).result()
    for one in running:
        yield one.result()


def _partition(segments: list[Segment], part: int) -> _Part:
    """Count one partition."""
    identity = distinct(gather(segments, "id", part)[0])
    alone, nodes, taken = [], [], []
    for kind in WEAK:
        tied = distinct(gather(segments, f"tied-{kind}", part)[0])
        every = distinct(np.concatenate((gather(segments, f"key-{kind}", part)[0], tied)))
        ends = distinct(gather(segments, f"end-{kind}", part)[0])
        is_tied = np.isin(ends, tied, assume_unique=True, kind="sort")
        nodes.append(ends)
        taken.append(is_tied)
        alone.append(len(every) - len(tied) - int((~is_tied).sum()))
    mobile, owner = gather(segments, "owner", part)
    return _Part(
        identities=len(identity),
        alone=tuple(alone),
        nodes=tuple(nodes),
        taken=tuple(taken),
        shared=_with_several(mobile, owner),
        pieces=_tally(*gather(segments, "piece", part)),
    )


def _runs(keys: Keys) -> Longs:
    """Return where each run of equal keys begins."""
    new = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    return np.flatnonzero(new)


def _with_several(mobile: Keys, owner: Keys) -> int:
    """Return how many mobiles stand with two or more different IDs."""
    if not len(mobile):
        return 0
    order = np.argsort(mobile)
    mobile, owner = mobile[order], owner[order]
    runs = _runs(mobile)
    return int((np.minimum.reduceat(owner, runs) != np.maximum.reduceat(owner, runs)).sum())


def _tally(mark: Keys, code: npt.NDArray[np.unsignedinteger]) -> Longs:
    """Return the number of different pieces by tier and traits; a piece has all traits it has anywhere."""
    if not len(mark):
        return np.zeros(_SORTS, dtype=np.int64)
    order = np.argsort(mark)
    # Equal pieces have the same tier, so that the bits of all of them are tier and traits of the piece.
    united = np.bitwise_or.reduceat(code[order], _runs(mark[order]))
    return np.bincount(united, minlength=_SORTS)


def _sorts(tally: Longs, raw: int) -> Pieces:
    """Return one piece of each sort, in the order of the tally."""
    codes = np.arange(len(tally))
    tiers, traits = codes >> TRAIT_BITS, codes & ((1 << TRAIT_BITS) - 1)
    return Pieces(codes.astype(np.uint64), tiers.astype(np.uint8), traits.astype(np.uint8), raw)


class _Column:
    """An array that grows in a file and is mapped from it."""

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self._path = path
        self._dtype = dtype
        self.starts = [0]
        path.touch(mode=0o600)

    def append(self, values: npt.NDArray[Any]) -> None:
        with self._path.open("ab") as file:
            file.write(np.ascontiguousarray(values, self._dtype).tobytes())
        self.starts.append(self.starts[-1] + len(values))

    def mapped(self) -> npt.NDArray[Any]:
        if not self.starts[-1]:
            return np.empty(0, self._dtype)
        return np.memmap(self._path, self._dtype, "r+")


def _links(segments: list[Segment], bits: int) -> Iterable[tuple[npt.NDArray[np.unsignedinteger], ...]]:
    """Yield all links and the kinds of their ends, so many at a time that flattening the forest costs little."""
    held: list[tuple[npt.NDArray[np.unsignedinteger], ...]] = []
    for part in range(1 << bits):
        held.append(gather(segments, "link", part))
        if part + 1 == 1 << bits or sum(len(lot[0]) for lot in held) >= _LOT:
            yield tuple(np.concatenate(columns) for columns in zip(*held, strict=True))
            held.clear()


def _groups(
    segments: list[Segment], bits: int, scratch: Path, nodes: tuple[_Column, ...], taken: tuple[_Column, ...]
) -> tuple[int, ...]:
    """Return the number of groups that no stronger document takes over, by the kind of their strongest key."""
    keys = [column.mapped() for column in nodes]
    starts = np.cumsum([0, *map(len, keys)])
    size = int(starts[-1])
    if not size:
        return (0,) * len(WEAK)
    # The kinds are numbered strongest first: the lowest number of a group is of its strongest key.
    parent = np.memmap(scratch / "parent", np.int64, "w+", shape=(size,))
    parent[:] = np.arange(size)
    for left, right, left_kinds, right_kinds in _links(segments, bits):
        ends = []
        for side, kinds in ((left, left_kinds), (right, right_kinds)):
            number = np.zeros(len(side), dtype=np.int64)
            for code, known, start in zip(KEYS[1:], keys, starts.tolist(), strict=False):
                chosen = kinds == code
                number[chosen] = np.searchsorted(known, side[chosen]) + start
            ends.append(number)
        join(parent, ends[0], ends[1])
    covered = np.memmap(scratch / "covered", np.bool_, "w+", shape=(size,))
    for start, column in zip(starts.tolist(), taken, strict=False):
        covered[parent[start : start + column.starts[-1]][column.mapped()]] = True
    roots = (parent == np.arange(size)) & ~covered
    return tuple(int(roots[low:high].sum()) for low, high in itertools.pairwise(starts))
