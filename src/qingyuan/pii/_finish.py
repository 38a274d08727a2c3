"""What one part adds to the counts, once the decisions on the whole are made."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qingyuan.pii import counting, persons
from qingyuan.pii._columns import Stream
from qingyuan.pii._decided import Decisions, owner_of, role_of, states_of
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel import tally as k
from qingyuan.pii._kernel.keyed import Keys
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.hits import Hits
from qingyuan.pii.model import RecordCounts
from qingyuan.pii.partial import Partial

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


@dataclass(frozen=True, slots=True)
class _Tally:
    """What the hits of a part say.

    Attributes:
        keys: Keys that identify people, by kind as in :data:`qingyuan.pii.persons.KEYS`, in no order.
        tied: Those of them that stand with a stronger one.
        slots: Keys of each tally of the decisions.
        linked: Owner, kind and key of those that stand with others and without a stronger one.
        streams: Stream of each of these owners.
        owned: Pairs of a mobile and the only ID of its owner.
        pieces: Marks, strata, and places (stream and record) of the pieces.
        sizes: See :func:`qingyuan.pii._kernel.tally.tally_records`.
    """

    keys: list[Keys]
    tied: list[Keys]
    slots: list[Keys]
    linked: tuple[Longs, Bytes, Keys]
    streams: Longs
    owned: Keys
    pieces: tuple[Keys, Bytes, Longs]
    sizes: Longs


def _facts(part: Partial, seen: Longs, kinds: Bytes, slots: Longs, streams: Sequence[Stream]) -> Longs:
    """Return what is known of each group of hits; ``streams`` are the whole ones, by the part's numbers."""
    groups = part.outline.groups
    facts = np.zeros((len(groups), k.FACTS), dtype=np.int64)
    facts[:, k.SAYS] = seen
    facts[:, k.STREAM] = [g.stream for g in groups]
    facts[:, k.OWNER] = [owner_of(g, streams[g.stream]) for g in groups]
    facts[:, k.PERSON] = [role_of(g, streams[g.stream]) for g in groups]
    facts[:, k.SLOT] = slots
    facts[:, k.KIND] = kinds
    for place, of_kind in (
        (k.RANK, persons.ranks()), (k.PLACE, persons.key_places()), *zip((k.TIER, k.MEANS, k.TRAITS), counting.of_kinds(), strict=True),
    ):  # fmt: skip
        facts[:, place] = of_kind[kinds]
    return facts


def _parted(sizes: Longs) -> tuple[Keys, Longs, Callable[[Longs], list[Keys]]]:
    """Return an array for so many keys of each sort, where each begins, and what cuts it at where they end."""
    begins = np.cumsum(sizes) - sizes
    room = np.empty(int(sizes.sum()), dtype=np.uint64)
    return (
        room,
        begins.copy(),
        lambda ends: [room[a:b] for a, b in zip(begins.tolist(), ends.tolist(), strict=True)],
    )


def _tally(part: Partial, facts: Longs, parcels: Bytes, tallies: int) -> _Tally:
    """Count the hits record by record."""
    times = np.array([group.count for group in part.outline.groups], dtype=np.int64)
    says, slot = facts[:, k.SAYS], facts[:, k.SLOT]
    keyed = np.where(says & k.KEYED, times, 0)
    of_kind = np.bincount(facts[:, k.PLACE], keyed, len(persons.KEYS)).astype(np.int64)
    most = int(of_kind.sum())
    of_slot = np.bincount(slot[slot >= 0], times[slot >= 0], tallies).astype(np.int64)
    roles = 1 + int(max(facts[:, k.OWNER].max(initial=0), facts[:, k.PERSON].max(initial=0)))
    content = int(times[(says & k.CONTENT) != 0].sum())
    hits = part.group, part.record, part.key
    for again in (False, True):
        if again:
            order = np.lexsort((part.record, facts[part.group, k.STREAM]))
            hits = part.group[order], part.record[order], part.key[order]
        keys, key_ends, cut_keys = _parted(of_kind)
        tied, tied_ends, cut_tied = _parted(of_kind)
        slots, slot_ends, cut_slots = _parted(of_slot)
        linked: tuple[Longs, Bytes, Keys] = (
            np.empty(most, np.int64), np.empty(most, np.uint8), np.empty(most, np.uint64),
        )  # fmt: skip
        streams, owned = np.empty(most, np.int64), np.empty((most, 2), np.uint64)
        marks, strata, places = (
            np.empty(content, np.uint64),
            np.empty(content, np.uint8),
            np.empty((content, 2), np.int64),
        )
        sizes = np.zeros(k.SIZES, dtype=np.int64)
        if k.tally_records(
            *hits, facts, parcels, roles, keys, key_ends, tied, tied_ends, slots, slot_ends, *linked, streams,
            owned, marks, strata, places, sizes,
        ):  # fmt: skip
            break
    many = int(sizes[k.LINKED])
    pieces = int(sizes[k.PIECES])
    return _Tally(
        cut_keys(key_ends), cut_tied(tied_ends), cut_slots(slot_ends),
        (linked[0][:many], linked[1][:many], linked[2][:many]), streams[: int(sizes[k.LINKED_OWNERS])],
        owned[: int(sizes[k.OWNED])], (marks[:pieces], strata[:pieces], places[:pieces]), sizes,
    )  # fmt: skip


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
    counted = _tally(part, _facts(part, seen, kind_of, slot_of, streams), parcels, len(decisions.orders))
    # Without column names two mobiles of a row may be two people's, as in free text.
    prose = np.array([s.prose or not any(s.columns) for s in streams], dtype=np.bool_)
    people = persons.indexed(
        counted.keys,
        counted.tied,
        *counted.linked,
        listing=prose[counted.streams] if len(prose) else None,
        owned=counted.owned,
        unkeyed_records=int(counted.sizes[k.UNKEYED]),
        masked_records=int(counted.sizes[k.MASKED]),
    )
    return Finished(
        persons=people,
        pieces=counting.folded(*counted.pieces[:2], file=name, locate=_Locator(counted.pieces[2], streams)),
        records=RecordCounts(
            total=sum(stream.records for stream in part.outline.streams),
            clear=int(counted.sizes[k.CLEAR]),
            masked_only=int(counted.sizes[k.MASKED_ONLY]),
        ),
        distinct=tuple(
            people.keys[told[number]] if number in told else persons.different(keys)
            for number, keys in enumerate(counted.slots)
        ),
        hits=Hits.of_part(name, part, decided),
    )


class _Locator:
    """Finds where pieces stand: by the number of the record, which needs no table of hits."""

    def __init__(self, places: Longs, streams: Sequence[Stream]) -> None:
        """Keep stream and record of each piece."""
        self._places, self._streams = places, streams

    def __call__(self, numbers: Longs) -> list[tuple[str | None, int, str]]:
        """Return member, record and place of each piece."""
        out = []
        for number, record in self._places[numbers].tolist():
            stream = self._streams[number]
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


def add(parts: Sequence[Finished], orders: Sequence[Order]) -> Finished:
    """Return what several parts add together; ``orders`` are the tallies of the decisions."""
    if len(parts) == 1:
        return parts[0]
    people = persons.merge([p.persons for p in parts])
    told = _told(orders)
    return Finished(
        persons=people,
        pieces=counting.merge([p.pieces for p in parts]),
        records=sum((p.records for p in parts), RecordCounts()),
        distinct=tuple(
            people.keys[told[n]] if n in told else persons.united([p.distinct[n] for p in parts])
            for n in range(len(orders))
        ),
        hits=Hits.joined([p.hits for p in parts]),
    )
