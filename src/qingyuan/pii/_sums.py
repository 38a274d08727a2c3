"""What the hits of one part say, counted record by record and not yet sorted, and the sums of several parts.

Sorting costs more than counting. So it waits until all parts are there, and then everything is sorted once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from qingyuan.pii import counting, persons
from qingyuan.pii._kernel import tally as k
from qingyuan.pii._kernel.keyed import Keys
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.partial import Partial

#: What is known of a group whose hits are alone in their records; see :func:`qingyuan.pii._kernel.tally.tally_alone`.
_ALONE = 7


@dataclass(frozen=True, slots=True)
class Sums:
    """What hits say.

    Attributes:
        keys: Keys that identify people, by kind as in :data:`qingyuan.pii.persons.KEYS`, in no order and repeated.
        tied: Those of them that stand with a stronger one.
        slots: Keys of each tally of the decisions, in the same way.
        linked: Owner, kind and key of those that stand with others and without a stronger one.
        listing: ``bool[owners]``, owners in ``linked`` that may be several people (lines of free text).
        owned: ``uint64[n, 2]``, pairs of a mobile and the only ID of its owner, repeated.
        marks: Mark of each piece of information, repeated.
        strata: Its tier and traits.
        seized: ``int64[strata]``, pieces by stratum.
        unkeyed: Owners without a key who have content.
        masked: Owners without a key who have masked values.
    """

    keys: list[Keys]
    tied: list[Keys]
    slots: list[Keys]
    linked: tuple[Longs, Bytes, Keys]
    listing: npt.NDArray[np.bool_]
    owned: Keys
    marks: Keys
    strata: Bytes
    seized: Longs
    unkeyed: int
    masked: int

    def people(self) -> persons.PersonIndex:
        """Return the index of the persons."""
        return persons.indexed(
            self.keys,
            self.tied,
            *self.linked,
            listing=self.listing,
            owned=self.owned,
            unkeyed_records=self.unkeyed,
            masked_records=self.masked,
        )


def joined(parts: Sequence[Sums]) -> Sums:
    """Return the sums of several parts together."""
    owners = np.cumsum([0, *(len(p.listing) for p in parts)]).tolist()
    group = _all([p.linked[0] + first for p, first in zip(parts, owners[:-1], strict=True)])
    return Sums(
        keys=[_all(every) for every in zip(*(p.keys for p in parts), strict=True)],
        tied=[_all(every) for every in zip(*(p.tied for p in parts), strict=True)],
        slots=[_all(every) for every in zip(*(p.slots for p in parts), strict=True)],
        linked=(group, _all([p.linked[1] for p in parts]), _all([p.linked[2] for p in parts])),
        listing=np.concatenate([p.listing for p in parts]),
        owned=np.concatenate([p.owned for p in parts]),
        marks=_all([p.marks for p in parts]),
        strata=_all([p.strata for p in parts]),
        seized=np.sum([p.seized for p in parts], axis=0, dtype=np.int64),
        unkeyed=sum(p.unkeyed for p in parts),
        masked=sum(p.masked for p in parts),
    )


_Any = TypeVar("_Any", bound=np.generic)


def _all(parts: Sequence[npt.NDArray[_Any]]) -> npt.NDArray[_Any]:
    """Return the arrays one after the other, the only one that is not empty as it is."""
    filled = [part for part in parts if len(part)]
    return np.concatenate(filled) if len(filled) > 1 else filled[0] if filled else parts[0]


@dataclass(frozen=True, slots=True)
class Counted:
    """The sums of one part, and what is known of its records.

    Attributes:
        sums: The sums.
        hits: Number of a hit of each piece.
        clear: Records with a value in clear.
        masked_only: Records with masked values only.
    """

    sums: Sums
    hits: Longs
    clear: int
    masked_only: int


def count(
    part: Partial, facts: Longs, parcels: Bytes, listing: npt.NDArray[np.bool_], tallies: int
) -> Counted:
    """Count the hits of a part record by record.

    Args:
        part: The part.
        facts: What is known of each group; see :func:`qingyuan.pii._kernel.tally.tally_records`.
        parcels: Traits that every piece of a stream has.
        listing: Whether an owner of the stream may be several people.
        tallies: Number of tallies of the decisions.
    """
    times = np.array([group.count for group in part.outline.groups], dtype=np.int64)
    says, slot = facts[:, k.SAYS], facts[:, k.SLOT]
    keyed = np.where(says & k.KEYED, times, 0)
    of_kind = np.bincount(facts[:, k.PLACE], keyed, len(persons.KEYS)).astype(np.int64)
    of_slot = np.bincount(slot[slot >= 0], times[slot >= 0], tallies).astype(np.int64)
    content = int(times[(says & k.CONTENT) != 0].sum())
    if k.ascending(part.record):
        return _alone(part, facts, parcels, times, of_kind, of_slot, content)
    return _by_record(part, facts, parcels, listing, of_kind, of_slot, content)


def _parted(sizes: Longs) -> tuple[Keys, Longs, Callable[[Longs], list[Keys]]]:
    """Return an array for so many keys of each sort, where each begins, and what cuts it at where they end."""
    begins = np.cumsum(sizes) - sizes
    room = np.empty(int(sizes.sum()), dtype=np.uint64)
    return (
        room,
        begins.copy(),
        lambda ends: [room[a:b] for a, b in zip(begins.tolist(), ends.tolist(), strict=True)],
    )


def _alone(
    part: Partial, facts: Longs, parcels: Bytes, times: Longs, of_kind: Longs, of_slot: Longs, content: int
) -> Counted:
    """Count hits each of which is the only one of its record."""
    says, means = facts[:, k.SAYS], facts[:, k.MEANS]
    keyed, held, veiled = ((says & bit) != 0 for bit in (k.KEYED, k.CONTENT, k.VEILED))
    pieced = held & (((means & k.IDENTIFIES) != 0) | ((means & k.NAMED) == k.NAMED))
    stratum = facts[:, k.TIER] << k.SHIFT | facts[:, k.TRAITS] | parcels[facts[:, k.STREAM]]
    known = np.empty((len(facts), _ALONE), dtype=np.int64)
    slot = facts[:, k.SLOT]
    known[:, 0] = np.where(keyed, facts[:, k.PLACE], len(of_kind))
    known[:, 1] = np.where(slot >= 0, slot, len(of_slot))
    known[:, 2] = stratum
    known[:, 3] = facts[:, k.KIND]
    known[:, 4], known[:, 5], known[:, 6] = keyed, slot >= 0, pieced
    # What no key, set or piece is written for takes the last place.
    keys, key_ends, cut_keys = _parted(np.append(of_kind, 1))
    slots, slot_ends, cut_slots = _parted(np.append(of_slot, 1))
    marks, strata = np.empty(content + 1, np.uint64), np.empty(content + 1, np.uint8)
    hits, seized = np.empty(content + 1, np.int64), counting.no_strata()
    pieces = k.tally_alone(
        part.group, part.key, known, keys, key_ends, slots, slot_ends, marks, strata, hits, seized
    )
    none = np.empty(0, dtype=np.uint64)
    sums = Sums(
        cut_keys(key_ends)[:-1], [none] * len(of_kind), cut_slots(slot_ends)[:-1],
        (np.empty(0, np.int64), np.empty(0, np.uint8), none), np.empty(0, np.bool_), np.empty((0, 2), np.uint64),
        marks[:pieces], strata[:pieces], seized, int(times[held & ~keyed].sum()), int(times[veiled & ~keyed].sum()),
    )  # fmt: skip
    clear = (says & k.SHOWN) != 0
    return Counted(sums, hits[:pieces], int(times[clear].sum()), int(times[veiled & ~clear].sum()))


def _by_record(
    part: Partial, facts: Longs, parcels: Bytes, listing: npt.NDArray[np.bool_], of_kind: Longs, of_slot: Longs,
    content: int,
) -> Counted:  # fmt: skip
    """Count hits of which several stand in one record."""
    most = int(of_kind.sum())
    roles = 1 + int(max(facts[:, k.OWNER].max(initial=0), facts[:, k.PERSON].max(initial=0)))
    order: Longs | None = None
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
        marks, strata = np.empty(content, np.uint64), np.empty(content, np.uint8)
        places, seized = np.empty(content, np.int64), counting.no_strata()
        sizes = np.zeros(k.SIZES, dtype=np.int64)
        if k.tally_records(
            *hits, facts, parcels, roles, keys, key_ends, tied, tied_ends, slots, slot_ends, *linked, streams,
            owned, marks, strata, places, seized, sizes,
        ):  # fmt: skip
            break
    many, pieces = int(sizes[k.LINKED]), int(sizes[k.PIECES])
    sums = Sums(
        cut_keys(key_ends), cut_tied(tied_ends), cut_slots(slot_ends),
        (linked[0][:many], linked[1][:many], linked[2][:many]), listing[streams[: int(sizes[k.LINKED_OWNERS])]],
        owned[: int(sizes[k.OWNED])], marks[:pieces], strata[:pieces], seized,
        int(sizes[k.UNKEYED]), int(sizes[k.MASKED]),
    )  # fmt: skip
    places = places[:pieces] if order is None else order[places[:pieces]]
    return Counted(sums, places, int(sizes[k.CLEAR]), int(sizes[k.MASKED_ONLY]))
