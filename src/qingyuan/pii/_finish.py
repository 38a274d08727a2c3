"""What one part adds to the counts, once the decisions on the whole are made."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from qingyuan.pii import _sample, _sums, counting, persons
from qingyuan.pii._columns import Stream
from qingyuan.pii._decided import Decisions, owners_and_roles, states_of
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel import tally as k
from qingyuan.pii._kernel.keyed import Keys
from qingyuan.pii._sample import Spot
from qingyuan.pii._sums import Sums
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.hits import Hits
from qingyuan.pii.model import RecordCounts
from qingyuan.pii.partial import Partial

#: A tally: number of a stream of its member, kind, whether masked, state.
Order = tuple[int, int, bool, int]
#: Persons, pieces, and the different keys of each tally, all sorted.
_Sorted: TypeAlias = tuple[persons.PersonIndex, counting.Pieces, tuple[Keys, ...]]


class Finished:
    """What one part adds to the counts of the whole; keys are sorted when they are first asked for.

    Attributes:
        records: Record counts.
        hits: The table of hits, made when it is asked for.
        spots: A sample of the pieces.
    """

    __slots__ = ("_orders", "_sorted", "_sums", "hits", "records", "spots")

    def __init__(
        self, sums: Sums, orders: Sequence[Order], records: RecordCounts, hits: Hits, spots: tuple[Spot, ...]
    ) -> None:
        """Keep sums that are not yet sorted.

        Args:
            sums: What the hits say.
            orders: The tallies of the decisions.
            records: Record counts.
            hits: The table of hits.
            spots: A sample of the pieces.
        """
        self._sums: Sums | None = sums
        self._orders = tuple(orders)
        self._sorted: _Sorted | None = None
        self.records = records
        self.hits = hits
        self.spots = spots

    @property
    def persons(self) -> persons.PersonIndex:
        """Return the mergeable person index."""
        return self._settled()[0]

    @property
    def pieces(self) -> counting.Pieces:
        """Return the mergeable pieces of information."""
        return self._settled()[1]

    @property
    def distinct(self) -> tuple[Keys, ...]:
        """Return the different keys of each tally of the decisions, ascending; empty for masked ones."""
        return self._settled()[2]

    def _settled(self) -> _Sorted:
        """Sort what is not sorted yet, which is then no longer kept otherwise."""
        if self._sorted is None:
            sums = self._sums
            if sums is None:
                raise AssertionError
            people = sums.people()
            told = _told(self._orders)
            distinct = tuple(
                people.keys[told[number]] if number in told else persons.different(keys)
                for number, keys in enumerate(sums.slots)
            )
            pieces = counting.folded(sums.marks, sums.strata, sums.seized, self.spots)
            self._sorted = people, pieces, distinct
            self._sums = None
        return self._sorted

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what is pickled: the different keys, sorted."""
        return _restored, (self._settled(), self._orders, self.records, self.hits, self.spots)

    def joined(self, others: Sequence[Finished]) -> Finished:
        """Return what this part and the others, which come after it, add together."""
        parts = (self, *others)
        hits = Hits.joined([p.hits for p in parts])
        records = sum((p.records for p in parts), RecordCounts())
        spots = _sample.merge(p.spots for p in parts)
        loose = [p._sums for p in parts if p._sums is not None]  # noqa: SLF001 - of the same class
        if len(loose) == len(parts):
            return Finished(_sums.joined(loose), self._orders, records, hits, spots)
        people = persons.merge([p.persons for p in parts])
        told = _told(self._orders)
        distinct = tuple(
            people.keys[told[n]] if n in told else persons.united([p.distinct[n] for p in parts])
            for n in range(len(self._orders))
        )
        known = people, counting.merge([p.pieces for p in parts]), distinct
        return _restored(known, self._orders, records, hits, spots)


def _restored(
    known: _Sorted, orders: tuple[Order, ...], records: RecordCounts, hits: Hits, spots: tuple[Spot, ...]
) -> Finished:
    """Return what is sorted already."""
    made = Finished.__new__(Finished)
    made._sums, made._orders, made._sorted = None, orders, known  # noqa: SLF001 - made here
    made.records, made.hits, made.spots = records, hits, spots
    return made


@functools.cache
def _said() -> Bytes:
    """Return what a clear and confirmed value of each kind says, as bits."""
    out = np.zeros(len(f.KINDS), dtype=np.uint8)
    said = (
        (k.KEYED, persons.KEYS), (k.CONTENT, counting.CONTENT), (k.SHOWN, counting.CLEAR), (k.TELLING, counting.TELLING),
    )  # fmt: skip
    for bit, codes in said:
        out[[*codes]] |= np.uint8(bit)
    return out


def _facts(part: Partial, seen: Longs, kinds: Bytes, slots: Longs, streams: Sequence[Stream]) -> Longs:
    """Return what is known of each group of hits; ``streams`` are the whole ones, by the part's numbers."""
    groups = part.outline.groups
    facts = np.zeros((len(groups), k.FACTS), dtype=np.int64)
    facts[:, k.SAYS] = seen
    facts[:, k.STREAM] = [g.stream for g in groups]
    facts[:, k.OWNER], facts[:, k.PERSON] = owners_and_roles(groups, streams)
    facts[:, k.SLOT] = slots
    facts[:, k.KIND] = kinds
    for place, of_kind in (
        (k.RANK, persons.ranks()), (k.PLACE, persons.key_places()), *zip((k.TIER, k.MEANS, k.TRAITS), counting.of_kinds(), strict=True),
    ):  # fmt: skip
        facts[:, place] = of_kind[kinds]
    return facts


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
    told = _told(decisions.orders)
    slot_of = np.array(
        [
            -1 if m or decisions.slots[w] in told else decisions.slots[w]
            for w, m in zip(whole, masked_of, strict=True)
        ],
        dtype=np.int64,
    )
    streams = [decisions.stream(stream) for stream in part.outline.streams]
    sure, hidden = (state_of == 0) & ~masked_of, (state_of == 0) & masked_of
    seen = np.where(sure, _said()[kind_of], np.where(hidden, k.VEILED, 0))
    parcels = np.array([counting.WAYBILL if s.waybill else 0 for s in streams], dtype=np.uint8)
    # Without column names two mobiles of a row may be two people's, as in free text.
    listing = np.array([s.prose or not any(s.columns) for s in streams], dtype=np.bool_)
    counted = _sums.count(
        part, _facts(part, seen, kind_of, slot_of, streams), parcels, listing, len(decisions.orders)
    )
    loose = counted.sums
    return Finished(
        loose,
        decisions.orders,
        RecordCounts(
            total=sum(stream.records for stream in part.outline.streams),
            clear=counted.clear,
            masked_only=counted.masked_only,
        ),
        Hits.of_part(name, part, decided),
        _sample.draw(name, loose.strata, loose.marks, loose.seized, _Locator(part, counted.hits, streams)),
    )


class _Locator:
    """Finds where pieces stand: by the number of the record, which needs no table of hits."""

    def __init__(self, part: Partial, hits: Longs, streams: Sequence[Stream]) -> None:
        """Keep the part, and a hit of each piece."""
        self._part, self._hits, self._streams = part, hits, streams

    def __call__(self, numbers: Longs) -> list[tuple[str | None, int, str]]:
        """Return member, record and place of each piece."""
        out = []
        hits = self._hits[numbers]
        groups = self._part.outline.groups
        for group, record in zip(
            self._part.group[hits].tolist(), self._part.record[hits].tolist(), strict=True
        ):
            stream = self._streams[groups[group].stream]
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


def add(parts: Sequence[Finished]) -> Finished:
    """Return what several parts add together."""
    return parts[0].joined(parts[1:]) if len(parts) > 1 else parts[0]
