"""What one part adds to the counts, once the decisions on the whole are made."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qingyuan.pii import counting, persons
from qingyuan.pii._columns import Stream
from qingyuan.pii._decided import DROPPED, Decisions, owner_of, role_of, states_of
from qingyuan.pii._groups import Group
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel.grouping import number_owners, part_keys
from qingyuan.pii._kernel.keyed import Keys
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.hits import Hits
from qingyuan.pii.model import RecordCounts
from qingyuan.pii.partial import Partial

_Mask = npt.NDArray[np.bool_]
#: A tally: number of a stream of its member, kind, whether masked, state.
Order = tuple[int, int, bool, int]


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


#: What the hits of a person or record say, as bits.
_KEYED, _CONTENT, _VEILED, _SHOWN = (1 << i for i in range(4))


@functools.cache
def _said() -> Bytes:
    """Return what a clear and confirmed value of each kind says, as bits."""
    out = np.zeros(len(f.KINDS), dtype=np.uint8)
    for bit, codes in ((_KEYED, persons.KEYS), (_CONTENT, counting.CONTENT), (_SHOWN, counting.CLEAR)):
        out[[*codes]] |= np.uint8(bit)
    return out


@dataclass(frozen=True, slots=True)
class _Owners:
    """Who the hits of a part are about: pairs of record and role, numbered.

    Attributes:
        keyed: Owner, kind and key of the hits that identify somebody.
        content: Person, kind and key of the hits that make pieces.
        records: Record of each person.
        streams: Stream of each owner, and of each person.
        bits: What the hits of each owner, person and record say.
    """

    keyed: tuple[Longs, Bytes, Keys]
    content: tuple[Longs, Bytes, Keys]
    records: Longs
    streams: tuple[Longs, Longs]
    bits: tuple[Bytes, Bytes, Bytes]


def _owners(part: Partial, kept: _Mask, kinds: Bytes, seen: Bytes, streams: Sequence[Stream]) -> _Owners:
    """Number the owners of the hits; ``streams`` are the whole ones, by the part's numbers."""
    groups = part.outline.groups
    of = np.array([g.stream for g in groups], dtype=np.int64)
    ways: tuple[Callable[[Group, Stream], int], ...] = (owner_of, role_of, lambda _group, _stream: 0)
    roles = np.array([way(g, streams[g.stream]) for way in ways for g in groups], dtype=np.int64)
    known = np.full((3, max(1, len(streams)) * (int(roles.max(initial=0)) + 1)), -1, dtype=np.int64)
    keyed, content = ((seen & bit != 0).view(np.uint8) for bit in (_KEYED, _CONTENT))
    n = len(part.group)
    hits = part.group, part.record, part.key
    numbers = np.empty((2, n + 1), dtype=np.int64)
    bits = np.empty((3, n + 1), dtype=np.uint8)
    places = np.empty(n + 1, dtype=np.int64)
    sizes = np.zeros(5, dtype=np.int64)
    chosen: list[Any] = [
        np.empty(n, dtype) for dtype in (np.int64, np.uint8, np.uint64, np.int64, np.uint8, np.uint64)
    ]
    rest: Any = (
        of, roles, kept.view(np.uint8), kinds, keyed, content, seen, known, numbers, bits, places, *chosen,
        sizes,
    )  # fmt: skip
    if not number_owners(*hits, *rest):
        order = np.lexsort((part.record, of[part.group]))
        known[:] = -1
        hits = part.group[order], part.record[order], part.key[order]
        number_owners(*hits, *rest)
    owners, people, records, k, c = sizes.tolist()
    return _Owners(
        (chosen[0][:k], chosen[1][:k], chosen[2][:k]),
        (chosen[3][:c], chosen[4][:c], chosen[5][:c]),
        places[:people],
        (numbers[0, :owners], numbers[1, :people]),
        (bits[0, :owners], bits[1, :people], bits[2, :records]),
    )


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
    streams = [decisions.stream(stream) for stream in part.outline.streams]
    sure, hidden = (state_of == 0) & ~masked_of, (state_of == 0) & masked_of
    seen = np.where(sure, _said()[kind_of], np.where(hidden, np.uint8(_VEILED), np.uint8(0)))
    owners = _owners(part, state_of != DROPPED, kind_of, seen, streams)
    owner, _, record = owners.bits
    owner_stream, person_stream = owners.streams
    unkeyed = owner & _KEYED == 0
    # Without column names two mobiles of a row may be two people's, as in free text.
    prose = np.array([s.prose or not any(s.columns) for s in streams], dtype=np.bool_)
    parcel = np.array([s.waybill for s in streams], dtype=np.uint8)
    people = persons.index(
        *owners.keyed,
        listing=prose[owner_stream] if len(prose) else None,
        unkeyed_records=int((unkeyed & (owner & _CONTENT != 0)).sum()),
        masked_records=int((unkeyed & (owner & _VEILED != 0)).sum()),
    )
    return Finished(
        persons=people,
        pieces=counting.pieces(
            *owners.content,
            parcel[person_stream] if len(parcel) else np.empty(0, dtype=np.uint8),
            file=name,
            locate=_Locator(person_stream, owners.records, streams),
        ),
        records=RecordCounts(
            total=sum(stream.records for stream in part.outline.streams),
            clear=int((record & _SHOWN != 0).sum()),
            masked_only=int((record & (_SHOWN | _VEILED) == _VEILED).sum()),
        ),
        distinct=_distinct(part, slot_of, decisions.orders, people),
        hits=Hits.of_part(name, part, decided),
    )


class _Locator:
    """Finds where the pairs of record and role stand: by the number of the record, which needs no table of hits."""

    def __init__(self, stream: Longs, record: Longs, streams: Sequence[Stream]) -> None:
        """Keep stream and record of each number."""
        self._stream, self._record, self._streams = stream, record, streams

    def __call__(self, numbers: Longs) -> list[tuple[str | None, int, str]]:
        """Return member, record and place of each number."""
        out = []
        for number, record in zip(numbers.tolist(), self._record[numbers].tolist(), strict=True):
            stream = self._streams[int(self._stream[number])]
            table = f"{stream.table}#{record}" if stream.table else f"#{record}"
            out.append((stream.member, record, table))
        return out


def _told(orders: Sequence[Order]) -> dict[int, int]:
    """Return, for each tally of all clear and confirmed values of a kind that is a key, the place of the kind."""
    kinds = [kind for _, kind, masked, state in orders if not masked and state == 0]
    return {
        number: persons.KEYS.index(kind)
        for number, (_, kind, masked, state) in enumerate(orders)
        if not masked and state == 0 and kind in persons.KEYS and kinds.count(kind) == 1
    }


def _distinct(
    part: Partial, slot_of: Longs, orders: Sequence[Order], people: persons.PersonIndex
) -> tuple[Keys, ...]:
    """Return the different keys of each tally; slot -1 is left out."""
    size = len(orders)
    told = _told(orders)
    if told:
        left_out = np.zeros(size + 1, dtype=np.bool_)
        left_out[[*told]] = True
        slot_of = np.where(left_out[slot_of], -1, slot_of)
    counts = np.zeros(size + 1, dtype=np.int64)
    np.add.at(counts, slot_of, np.array([group.count for group in part.outline.groups], dtype=np.int64))
    ends = np.cumsum(counts[:size]) - counts[:size]
    starts = ends.copy()
    out = np.empty(int(counts[:size].sum()), dtype=np.uint64)
    part_keys(part.group, part.key, slot_of, ends, out)
    return tuple(
        people.keys[told[number]] if number in told else persons.different(out[a:b])
        for number, (a, b) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True))
    )


def add(parts: Sequence[Finished], orders: Sequence[Order]) -> Finished:
    """Return what several parts add together; ``orders`` are the tallies of the decisions."""
    if len(parts) == 1:
        return parts[0]
    people = persons.merge([p.persons for p in parts])
    told = _told(orders)
    none = np.empty(0, dtype=np.uint64)
    return Finished(
        persons=people,
        pieces=counting.merge([p.pieces for p in parts]),
        records=sum((p.records for p in parts), RecordCounts()),
        distinct=tuple(
            people.keys[told[n]]
            if n in told
            else persons.different(np.concatenate([none, *(p.distinct[n] for p in parts)]))
            for n in range(len(orders))
        ),
        hits=Hits.joined([p.hits for p in parts]),
    )
