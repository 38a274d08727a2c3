"""What the hits of each record say, counted record by record: keys of people, pieces of information, records.

One pass over the hits; those of a record stand together, so nothing is sorted and nothing is kept of a record but sums.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.fold import scrambled
from qingyuan.pii.batch import Bytes, Ints, Longs

Keys = npt.NDArray[np.uint64]

#: What the hits of a group say, as bits: a key of a person, part of a piece, masked, in clear, something of the person whose
#: piece it is (an illness) that is no part of what makes two pieces equal.
KEYED, CONTENT, VEILED, SHOWN, TELLING = (1 << i for i in range(5))
#: What a key is: the ID, another document, a mobile, something weaker.
IDENTITY, DOCUMENT, TELEPHONE, OTHER = range(1, 5)
#: What is known of a group of hits, by column of ``facts``.
SAYS, STREAM, OWNER, PERSON, SLOT, RANK, PLACE, KIND, TIER, MEANS, TRAITS = range(11)
FACTS = 11
#: Sizes that are told, by place in ``sizes``.
(
    LINKED, LINKED_OWNERS, OWNED, PIECES, UNKEYED, MASKED, CLEAR, MASKED_ONLY,
) = range(8)  # fmt: skip
SIZES = 8
#: What makes a piece: something that identifies, or a name and an address.
IDENTIFIES, NAMED = 1, 6
#: A stratum is tier and traits together.
SHIFT = 6
#: From this many values in one record on, duplicates are found by sorting.
_MANY = 32

_RO32 = "Array(int32, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_ROK = "Array(uint64, 1, 'C', readonly=True)"


@njit("uint64(uint64[::1], int64[::1], int64, int64, uint64[::1])", cache=True, nogil=True)
def _sum_of_different(values: Keys, people: Longs, count: int, person: int, room: Keys) -> np.uint64:
    """Return the sum of the different values of one person of a record; ``room`` is scratch."""
    n = 0
    for k in range(count):
        if people[k] == person:
            room[n] = values[k]
            n += 1
    room[:n] = np.sort(room[:n])
    total = np.uint64(0)
    for k in range(n):
        if k == 0 or room[k] != room[k - 1]:
            total += room[k]
    return total


@njit(
    f"boolean({_RO32}, {_RO64}, {_ROK}, int64[:, ::1], uint8[::1], int64, uint64[::1], int64[::1], uint64[::1],"
    " int64[::1], uint64[::1], int64[::1], int64[::1], uint8[::1], uint64[::1], int64[::1], uint64[:, ::1],"
    " uint64[::1], uint8[::1], int64[::1], int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def tally_records(
    group: Ints, record: Longs, key: Keys, facts: Longs, parcels: Bytes, roles: int, keys: Keys, key_ends: Longs,
    tied: Keys, tied_ends: Longs, slots: Keys, slot_ends: Longs, linked: Longs, linked_kind: Bytes,
    linked_key: Keys, linked_stream: Longs, owned: Keys, marks: Keys, strata: Bytes, places: Longs, seized: Longs,
    sizes: Longs,
) -> bool:  # fmt: skip
    """Count the hits of a part record by record.

    Args:
        group: Group of each hit.
        record: Its record; those of a record stand together, and records ascend within each stream.
        key: Its key.
        facts: ``int64[groups, FACTS]``: what its hits say (bits), stream, role whose person the values are about, role,
            number of the set its keys go to (-1 for none), what its key is, place of its kind among the kinds of
            keys, kind, tier, what the kind says about a person, traits.
        parcels: ``uint8[streams]``, traits that every piece of the stream has.
        roles: Number of roles.
        keys: Receives the keys that identify people, by kind.
        key_ends: Where each kind begins in it; receives where it ends.
        tied: Receives those that stand with a stronger one, in the same way.
        tied_ends: As ``key_ends``.
        slots: Receives the keys of each set.
        slot_ends: As ``key_ends``.
        linked: Receives the number of the owner of each key that stands with others and without a stronger one.
        linked_kind: Its kind.
        linked_key: The key.
        linked_stream: Receives the stream of each of these owners.
        owned: ``uint64[n, 2]`` receives pairs of a mobile and the only ID of its owner.
        marks: Receives the mark of each piece.
        strata: Its tier and traits.
        places: Number of one of its hits.
        seized: ``int64[strata]``, grows by the pieces of each stratum.
        sizes: ``int64[SIZES]`` receives the number of keys in ``linked``, of their owners, of pairs and of pieces; of
            owners without a key who have content, and of those who have masked values; of records in clear, and masked only.

    Returns:
        Whether records stood as they should; if not, nothing else is right.
    """
    streams = parcels.size
    last = np.full(streams, -1, dtype=np.int64)
    held = np.empty(group.size, dtype=np.int64)
    values = np.empty(group.size, dtype=np.uint64)
    people = np.empty(group.size, dtype=np.int64)
    room = np.empty(group.size, dtype=np.uint64)
    owners = np.empty(roles, dtype=np.int64)
    persons = np.empty(roles, dtype=np.int64)
    owner_turn = np.full(roles, -1, dtype=np.int64)
    person_turn = np.full(roles, -1, dtype=np.int64)
    # Of each owner of the record: bits, number of IDs (2 for several), the ID, documents, weaker keys, number in ``linked``.
    says = np.zeros(roles, dtype=np.int64)
    ids = np.zeros(roles, dtype=np.int64)
    identity = np.zeros(roles, dtype=np.uint64)
    documents = np.zeros(roles, dtype=np.int64)
    weaker = np.zeros(roles, dtype=np.int64)
    numbers = np.zeros(roles, dtype=np.int64)
    # Of each person: mark, tier, what is said, traits.
    mark = np.zeros(roles, dtype=np.uint64)
    tier = np.zeros(roles, dtype=np.int64)
    means = np.zeros(roles, dtype=np.int64)
    traits = np.zeros(roles, dtype=np.int64)
    turn = -1
    stream = -1
    current = np.int64(0)
    count = 0
    n_linked = 0
    n_owners = 0
    n_owned = 0
    n_pieces = 0
    for i in range(group.size + 1):
        g = np.uint64(0)
        if i < group.size:
            g = np.uint64(group[i])
            if facts[g, SLOT] >= 0:
                slot = np.uint64(facts[g, SLOT])
                slots[np.uint64(slot_ends[slot])] = key[i]
                slot_ends[slot] += 1
            if not facts[g, SAYS]:
                continue
            if facts[g, STREAM] == stream and record[i] == current:
                held[count] = i
                count += 1
                continue
        if count == 1:
            # Most records of a single column, and most lines, have one hit.
            at = np.uint64(held[0])
            f = np.uint64(group[at])
            here = facts[f, SAYS]
            if here & KEYED:
                place = np.uint64(facts[f, PLACE])
                keys[np.uint64(key_ends[place])] = key[at]
                key_ends[place] += 1
            else:
                sizes[UNKEYED] += (here & CONTENT) != 0
                sizes[MASKED] += (here & VEILED) != 0
            if here & CONTENT and (facts[f, MEANS] & IDENTIFIES or facts[f, MEANS] & NAMED == NAMED):
                stratum = facts[f, TIER] << SHIFT | facts[f, TRAITS] | parcels[stream]
                marks[n_pieces] = scrambled(key[at], np.uint8(facts[f, KIND]))
                strata[n_pieces] = stratum
                seized[stratum] += 1
                places[n_pieces] = held[0]
                n_pieces += 1
            sizes[CLEAR] += (here & SHOWN) != 0
            sizes[MASKED_ONLY] += here & (SHOWN | VEILED) == VEILED
        elif count:
            # The record is whole.
            turn += 1
            n_mine = 0
            n_his = 0
            n_values = 0
            together = 0
            for h in range(count):
                at = np.uint64(held[h])
                f = np.uint64(group[at])
                here = facts[f, SAYS]
                together |= here
                mine = np.uint64(facts[f, OWNER])
                if owner_turn[mine] != turn:
                    owner_turn[mine] = turn
                    owners[n_mine] = np.int64(mine)
                    n_mine += 1
                    says[mine] = 0
                    ids[mine] = 0
                    documents[mine] = 0
                    weaker[mine] = 0
                    numbers[mine] = -1
                says[mine] |= here
                if here & KEYED:
                    rank = facts[f, RANK]
                    if rank == IDENTITY:
                        if ids[mine] == 0:
                            ids[mine] = 1
                            identity[mine] = key[at]
                        elif identity[mine] != key[at]:
                            ids[mine] = 2
                    elif rank == DOCUMENT:
                        documents[mine] += 1
                    else:
                        weaker[mine] += 1
                if here & (CONTENT | TELLING):
                    his = np.uint64(facts[f, PERSON])
                    if person_turn[his] != turn:
                        person_turn[his] = turn
                        persons[n_his] = np.int64(his)
                        n_his += 1
                        mark[his] = 0
                        tier[his] = 0
                        means[his] = 0
                        traits[his] = parcels[stream]
                    if here & CONTENT:
                        value = scrambled(key[at], np.uint8(facts[f, KIND]))
                        new = True
                        if n_values < _MANY:
                            for k in range(n_values):
                                if values[k] == value and people[k] == np.int64(his):
                                    new = False
                        values[n_values] = value
                        people[n_values] = np.int64(his)
                        n_values += 1
                        if new:
                            mark[his] += value
                    tier[his] = max(tier[his], facts[f, TIER])
                    means[his] |= facts[f, MEANS]
                    traits[his] |= facts[f, TRAITS]
            for h in range(count):
                at = np.uint64(held[h])
                f = np.uint64(group[at])
                if not facts[f, SAYS] & KEYED:
                    continue
                mine = np.uint64(facts[f, OWNER])
                rank = facts[f, RANK]
                place = np.uint64(facts[f, PLACE])
                keys[np.uint64(key_ends[place])] = key[at]
                key_ends[place] += 1
                if rank == IDENTITY:
                    continue
                if ids[mine] or (documents[mine] and rank != DOCUMENT):
                    tied[np.uint64(tied_ends[place])] = key[at]
                    tied_ends[place] += 1
                if ids[mine] == 1 and rank == TELEPHONE:
                    owned[n_owned, 0] = key[at]
                    owned[n_owned, 1] = identity[mine]
                    n_owned += 1
                elif not ids[mine] and (
                    documents[mine] > 1 if rank == DOCUMENT else not documents[mine] and weaker[mine] > 1
                ):
                    if numbers[mine] < 0:
                        numbers[mine] = n_owners
                        linked_stream[n_owners] = stream
                        n_owners += 1
                    linked[n_linked] = numbers[mine]
                    linked_kind[n_linked] = facts[f, KIND]
                    linked_key[n_linked] = key[at]
                    n_linked += 1
            for k in range(n_mine):
                here = says[owners[k]]
                if not here & KEYED:
                    sizes[UNKEYED] += (here & CONTENT) != 0
                    sizes[MASKED] += (here & VEILED) != 0
            for k in range(n_his):
                his = np.uint64(persons[k])
                if means[his] & IDENTIFIES or means[his] & NAMED == NAMED:
                    if n_values > _MANY:
                        mark[his] = _sum_of_different(values, people, n_values, int(his), room)
                    marks[n_pieces] = mark[his]
                    stratum = tier[his] << SHIFT | traits[his]
                    strata[n_pieces] = stratum
                    seized[stratum] += 1
                    places[n_pieces] = held[0]
                    n_pieces += 1
            sizes[CLEAR] += (together & SHOWN) != 0
            sizes[MASKED_ONLY] += together & (SHOWN | VEILED) == VEILED
        if i < group.size:
            stream = facts[g, STREAM]
            current = record[i]
            if current <= last[stream]:
                return False
            last[stream] = current
            held[0] = i
            count = 1
    sizes[LINKED] = n_linked
    sizes[LINKED_OWNERS] = n_owners
    sizes[OWNED] = n_owned
    sizes[PIECES] = n_pieces
    return True


@njit(f"boolean({_RO64})", cache=True, nogil=True)
def ascending(record: Longs) -> bool:
    """Tell whether every number is greater than the one before."""
    other = False
    for i in range(1, record.size):
        other |= record[i] <= record[i - 1]
    return not other


@njit(
    f"int64({_RO32}, {_ROK}, int64[:, ::1], uint64[::1], int64[::1], uint64[::1], int64[::1], uint64[::1], uint8[::1],"
    " int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def tally_alone(
    group: Ints, key: Keys, facts: Longs, keys: Keys, key_ends: Longs, slots: Keys, slot_ends: Longs, marks: Keys,
    strata: Bytes, places: Longs, seized: Longs,
) -> int:  # fmt: skip
    """Count hits each of which is the only one of its record, as most columns of one kind and most lines have them.

    Args:
        group: Group of each hit.
        key: Its key.
        facts: ``int64[groups, 7]``: place of the kind among the kinds of keys, number of the set the keys go to, tier
            and traits of the pieces, kind; and 1 or 0: whether there is a key, a set, a piece. Where there is none, place
            and set are one more than the last, and what is written for it is written over.
        keys: Receives the keys that identify people, by kind.
        key_ends: Where each kind begins in it; receives where it ends.
        slots: Receives the keys of each set.
        slot_ends: As ``key_ends``.
        marks: Receives the mark of each piece; has room for one more, as all these have.
        strata: Its tier and traits.
        places: The number of its hit.
        seized: ``int64[strata]``, grows by the pieces of each stratum.

    Returns:
        The number of pieces.
    """
    n = 0
    for i in range(group.size):
        g = np.uint64(group[np.uint64(i)])
        value = key[np.uint64(i)]
        place = np.uint64(facts[g, 0])
        at = key_ends[place]
        keys[np.uint64(at)] = value
        key_ends[place] = at + facts[g, 4]
        slot = np.uint64(facts[g, 1])
        at = slot_ends[slot]
        slots[np.uint64(at)] = value
        slot_ends[slot] = at + facts[g, 5]
        stratum = facts[g, 2]
        marks[np.uint64(n)] = scrambled(value, np.uint8(facts[g, 3]))
        strata[np.uint64(n)] = stratum
        places[np.uint64(n)] = i
        seized[np.uint64(stratum)] += facts[g, 6]
        n += facts[g, 6]
    return n
