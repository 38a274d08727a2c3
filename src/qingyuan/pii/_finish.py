"""What one part adds to the counts, once the decisions on the whole are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qingyuan.pii import counting, persons
from qingyuan.pii._columns import Stream
from qingyuan.pii._decided import DROPPED, Decisions, owner_of, role_of, states_of
from qingyuan.pii._groups import Group
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel.grouping import number_owners
from qingyuan.pii._kernel.keyed import Keys
from qingyuan.pii.batch import Ints, Longs
from qingyuan.pii.hits import Hits
from qingyuan.pii.model import RecordCounts
from qingyuan.pii.partial import Partial

_Mask = npt.NDArray[np.bool_]
#: The table of records may have this many places a hit before the records are numbered closer.
_SPARSE = 16


@dataclass(frozen=True, slots=True)
class Finished:
    """What one part adds to the counts of the whole.

    Attributes:
        persons: Mergeable person index.
        pieces: Mergeable pieces of information.
        records: Record counts.
        distinct: The different keys of each tally of the decisions, ascending; empty for masked ones.
        hits: The table of hits, made when it is asked for.
    """

    persons: persons.PersonIndex
    pieces: counting.Pieces
    records: RecordCounts
    distinct: tuple[Keys, ...]
    hits: Hits


class _Owners:
    """Who the hits of a part are about: pairs of record and role, numbered."""

    def __init__(self, part: Partial, group: Ints, record: Longs, streams: Sequence[Stream]) -> None:
        """Keep the hits; ``streams`` are the whole ones, by the part's numbers."""
        self._groups = part.outline.groups
        self._streams = streams
        self._group = group
        count = len(streams)
        self._of = np.array([g.stream for g in self._groups], dtype=np.int64)
        stream = self._of[group]
        self._first = np.zeros(count, dtype=np.int64)
        span = np.zeros(count, dtype=np.int64)
        for number in range(count):
            records = record[stream == number] if count > 1 else record
            if len(records):
                self._first[number] = records.min()
                span[number] = int(records.max()) - self._first[number] + 1
        if span.sum() > _SPARSE * len(record) + 4096:
            _, record = np.unique(record, return_inverse=True)
            self._first[:] = 0
            span[:] = int(record.max()) + 1 if len(record) else 0
        self._record = np.ascontiguousarray(record, dtype=np.int64)
        self._span = span

    def number(self, role: Callable[[Group, Stream], int]) -> tuple[Longs, Longs]:
        """Return the number of each hit's pair of record and role, from 0, and the stream of each number."""
        codes = [role(g, self._streams[g.stream]) for g in self._groups]
        widths = np.ones(len(self._streams), dtype=np.int64)
        for group, code in zip(self._groups, codes, strict=True):
            widths[group.stream] = max(widths[group.stream], code + 1)
        sizes = self._span * widths
        bases = np.cumsum(sizes) - sizes
        base = bases[self._of] + np.array(codes, dtype=np.int64) if codes else bases[:0]
        n = len(self._group)
        out, firsts = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
        seen = np.full(int(sizes.sum()), -1, dtype=np.int64)
        known = number_owners(
            self._group, self._record, base, self._first[self._of], widths[self._of], seen, out, firsts
        )
        return out, self._of[self._group[firsts[:known]]]


def finish(part: Partial, decisions: Decisions, name: str = "") -> Finished:
    """Apply the decisions on the whole to one part.

    Args:
        part: The part.
        decisions: Made on outlines of which the part's is one.
        name: Name of the file, for the table of hits.
    """
    whole = decisions.lookup(part.outline)
    decided = [decisions.decided[number] for number in whole]
    state_of = states_of(decided)
    kind_of = np.array([0 if d is None else d.kind for d in decided], dtype=np.uint8)
    masked_of = np.array([bool(g.flags & f.MASKED) for g in part.outline.groups], dtype=np.bool_)
    slot_of = np.array(
        [-1 if m else decisions.slots[w] for w, m in zip(whole, masked_of, strict=True)], np.int64
    )
    keep = np.flatnonzero((state_of != DROPPED)[part.group])
    group, record, key = part.group[keep], part.record[keep], part.key[keep]
    streams = [decisions.stream(stream) for stream in part.outline.streams]
    owners = _Owners(part, group, record, streams)
    sure, hidden = (state_of == 0) & ~masked_of, (state_of == 0) & masked_of
    clear = np.flatnonzero(sure[group])
    owner, owner_stream = owners.number(owner_of)
    person, person_stream = owners.number(role_of)
    alone, _ = owners.number(lambda _group, _stream: 0)

    def has(numbers: Longs, size: int, chosen: _Mask) -> _Mask:
        out = np.zeros(size, dtype=np.bool_)
        out[numbers[chosen[group]]] = True
        return out

    keyed = has(owner, len(owner_stream), sure & np.isin(kind_of, persons.KEYS))
    content = has(owner, len(owner_stream), sure & np.isin(kind_of, counting.CONTENT))
    veiled = has(owner, len(owner_stream), hidden)
    records = int(alone.max()) + 1 if len(alone) else 0
    shown = has(alone, records, sure & np.isin(kind_of, counting.CLEAR))
    covered = has(alone, records, hidden)
    # Without column names two mobiles of a row may be two people's, as in free text.
    prose = np.array([s.prose or not any(s.columns) for s in streams], dtype=np.bool_)
    parcel = np.array([s.waybill for s in streams], dtype=np.uint8)
    kind = kind_of[group[clear]]
    return Finished(
        persons=persons.index(
            owner[clear],
            kind,
            key[clear],
            listing=prose[owner_stream] if len(prose) else None,
            unkeyed_records=int((content & ~keyed).sum()),
            masked_records=int((veiled & ~keyed).sum()),
        ),
        pieces=counting.pieces(
            person[clear],
            kind,
            key[clear],
            parcel[person_stream] if len(parcel) else np.empty(0, dtype=np.uint8),
        ),
        records=RecordCounts(
            total=sum(stream.records for stream in part.outline.streams),
            clear=int(shown.sum()),
            masked_only=int((covered & ~shown).sum()),
        ),
        distinct=_distinct(slot_of[group], key, len(decisions.orders)),
        hits=Hits.of_part(name, part, decided),
    )


def _distinct(slot: Longs, key: Keys, size: int) -> tuple[Keys, ...]:
    """Return the different keys of each tally; slot -1 is left out."""
    return tuple(np.unique(key[slot == number]) for number in range(size))


def add(parts: Sequence[Finished], tables: int) -> Finished:
    """Return what several parts add together; ``tables`` is the number of tallies."""
    if len(parts) == 1:
        return parts[0]
    return Finished(
        persons=persons.merge([p.persons for p in parts]),
        pieces=counting.merge([p.pieces for p in parts]),
        records=sum((p.records for p in parts), RecordCounts()),
        distinct=tuple(
            np.unique(np.concatenate([np.empty(0, dtype=np.uint64), *(p.distinct[n] for p in parts)]))
            for n in range(tables)
        ),
        hits=Hits.joined([p.hits for p in parts]),
    )
