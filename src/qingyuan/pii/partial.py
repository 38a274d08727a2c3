"""Part of a table or file, scanned but not yet decided on, so that parts can be added up first.

Whether a number is a mobile may depend on the rest of its column. So a table that is cut into parts (chunks
of a big file, Arrow batches, Spark partitions) is scanned part by part into a :class:`Partial`; the
:class:`Outline` of each, small whatever its size, is merged with the others; decisions are made on the
whole (:func:`qingyuan.pii.engine.judge`) and applied to each part. However a table is cut between records, the counts
are those of the whole. A partial can be pickled and holds nothing in clear.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from qingyuan.pii._chunks import Chunk
from qingyuan.pii._columns import Stream
from qingyuan.pii._groups import EXAMPLES, Group
from qingyuan.pii._kernel.keyed import Keys
from qingyuan.pii.batch import Ints, Longs, Unread
from qingyuan.pii.decide import Profile

#: Different values kept of a column without a name, and cells of the sample they stand for.
SAMPLE = 512
_WHOLE_RANGE = 2.0**64


@dataclass(frozen=True, slots=True)
class Sample:
    """The values of a column with the lowest keys, and how often each stands there.

    It does not depend on how the column is cut: the lowest keys of all are among the lowest of each part.

    Attributes:
        keys: At most :data:`SAMPLE` different keys, ascending.
        counts: How often each occurs.
        total: Cells of the column that were counted.
    """

    keys: Keys
    counts: Longs
    total: int

    @property
    def variety(self) -> float:
        """Return the share of different values to expect in a random sample of the cells (rarefaction)."""
        if not self.total:
            return 1.0
        if self.total <= SAMPLE:
            return len(self.keys) / self.total
        different = float(len(self.keys))
        if len(self.keys) == SAMPLE:
            different = (SAMPLE - 1) / max(float(self.keys[-1]) / _WHOLE_RANGE, 1.0 / _WHOLE_RANGE)
        drawn = 1.0 - (1.0 - self.counts / self.total) ** SAMPLE
        return min(1.0, different * float(drawn.mean()) / SAMPLE)


def sample(keys: Keys) -> Sample:
    """Return the sample of a column's keys."""
    known, counts = np.unique(keys, return_counts=True)
    return Sample(known[:SAMPLE], counts[:SAMPLE].astype(np.int64), len(keys))


def _joined_samples(one: Sample, two: Sample) -> Sample:
    """Return the sample of both parts of a column."""
    known, number = np.unique(np.concatenate((one.keys, two.keys)), return_inverse=True)
    counts = np.zeros(len(known), dtype=np.int64)
    np.add.at(counts, number, np.concatenate((one.counts, two.counts)))
    return Sample(known[:SAMPLE], counts[:SAMPLE], one.total + two.total)


@dataclass(slots=True)
class Outline:
    """What decisions are made on: columns, profiles, and candidates alike with their numbers.

    Attributes:
        streams: Tables and texts, numbered from 0.
        groups: Candidates alike.
        samples: Samples of columns without a name, by stream and column.
        unread: What was not read.
        bytes: Bytes of text scanned.
        cells: Cells scanned.
    """

    streams: list[Stream] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    samples: dict[tuple[int, int], Sample] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    bytes: int = 0
    cells: int = 0


@dataclass(slots=True)
class Partial:
    """Part of a file or table, scanned; rows are candidates in the order of the bytes.

    Attributes:
        outline: What decisions are made on.
        group: ``int32[n]``, number of each candidate's group in ``outline.groups``.
        record: ``int64[n]``, its record within its stream.
        key: ``uint64[n]``, its key under the secret; 0 where masked.
        chunks: What the table of hits needs, or ``None`` if it is not wanted.
    """

    outline: Outline
    group: Ints
    record: Longs
    key: Keys
    chunks: list[Chunk] | None

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.group)


def merge_outlines(parts: Iterable[Outline]) -> Outline:
    """Return the outline of all parts together; examples and columns in the order of the parts."""
    merged = Outline()
    streams: dict[tuple[str | None, str], Stream] = {}
    groups: dict[tuple[int, int, int, int], Group] = {}
    base = 0
    for part in parts:
        numbers = [_add_stream(streams, stream).number for stream in part.streams]
        last = base
        for group in part.groups:
            key = (numbers[group.stream], group.column, group.kind, group.flags)
            known = groups.setdefault(key, Group(*key))
            known.count += group.count
            last = max(last, *(base + at + 1 for at, _ in group.examples), base)
            known.examples += [(base + at, e) for at, e in group.examples][: EXAMPLES - len(known.examples)]
        base = last
        for (number, column), one in part.samples.items():
            place = (numbers[number], column)
            held = merged.samples.get(place)
            merged.samples[place] = one if held is None else _joined_samples(held, one)
        merged.unread += part.unread
        merged.bytes += part.bytes
        merged.cells += part.cells
    merged.streams = list(streams.values())
    merged.groups = list(groups.values())
    return merged


def _add_stream(streams: dict[tuple[str | None, str], Stream], part: Stream) -> Stream:
    """Add a part's stream to those known and return the whole."""
    key = (part.member, part.table)
    known = streams.get(key)
    if known is None:
        known = Stream(len(streams), part.member, part.table, part.prose)
        streams[key] = known
    known.widen(part.columns, part.kinds)
    known.records += part.records
    for profile, more in zip(known.profiles, part.profiles, strict=False):
        _add_profile(profile, more)
    return known


def _add_profile(profile: Profile, more: Profile) -> None:
    """Add what was seen of a column in a part."""
    profile.filled += more.filled
    profile.digits += more.digits
    for name, count in more.shapes.items():
        profile.shapes[name] = profile.shapes.get(name, 0) + count
    for kind, count in more.whole.items():
        profile.whole[kind] = profile.whole.get(kind, 0) + count


def _copied(profile: Profile) -> Profile:
    """Return a profile that may be changed."""
    return replace(profile, shapes=dict(profile.shapes), whole=dict(profile.whole))


def profiled(outline: Outline) -> list[Stream]:
    """Return copies of the streams whose profiles may be completed, with the variety of their columns."""
    streams = [
        replace(stream, profiles=[_copied(one) for one in stream.profiles]) for stream in outline.streams
    ]
    for (number, column), one in outline.samples.items():
        streams[number].profiles[column].variety = one.variety
    return streams
