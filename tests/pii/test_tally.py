"""Hits counted record by record say what the index of mentions and the pieces say of all of them at once."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from qingyuan.pii import _sums, counting, persons
from qingyuan.pii._groups import Group
from qingyuan.pii._kernel import tally as k
from qingyuan.pii._kernel.flags import ADDRESS, BANK_CARD, KINDS, MOBILE, NAME, RESIDENT_ID
from qingyuan.pii.partial import Outline, Partial

_PASSPORT = KINDS.index("passport")
_KINDS = (RESIDENT_ID, MOBILE, BANK_CARD, _PASSPORT, NAME, ADDRESS)
_STREAMS, _ROLES = 2, 3


def made(seed: int, records: int, most: int, values: int) -> tuple[Partial, np.ndarray, np.ndarray]:
    """Return a part of two streams, what is known of its groups, and the role of each hit."""
    r = np.random.default_rng(seed)
    groups = [
        Group(stream, -1, kind, role)
        for stream in range(_STREAMS)
        for kind in _KINDS
        for role in range(_ROLES)
    ]
    place, stream, record = [], [], []
    for number in range(1, records + 1):
        s = int(r.integers(0, _STREAMS))
        for _ in range(int(r.integers(1, most + 1))):
            place.append(s * len(_KINDS) * _ROLES + int(r.integers(0, len(_KINDS) * _ROLES)))
            stream.append(s)
            record.append(number)
    group = np.array(place, dtype=np.int32)
    key = r.integers(1, values + 1, len(group), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for number, one in enumerate(groups):
        one.count = int((group == number).sum())
    part = Partial(Outline(groups=groups), group, np.array(record, dtype=np.int64), key, None)
    facts = np.zeros((len(groups), k.FACTS), dtype=np.int64)
    kinds = np.array([one.kind for one in groups], dtype=np.uint8)
    said = k.CONTENT | k.SHOWN
    facts[:, k.SAYS] = [said | (k.KEYED if kind in persons.KEYS else 0) for kind in kinds.tolist()]
    facts[:, k.STREAM] = [one.stream for one in groups]
    facts[:, k.OWNER] = facts[:, k.PERSON] = [one.flags for one in groups]
    facts[:, k.SLOT] = -1
    facts[:, k.KIND] = kinds
    for column, of_kind in zip(
        (k.RANK, k.PLACE, k.TIER, k.MEANS, k.TRAITS),
        (persons.ranks(), persons.key_places(), *counting.of_kinds()),
        strict=True,
    ):
        facts[:, column] = of_kind[kinds]
    return part, facts, kinds


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize(
    ("records", "most", "values"), [(300, 4, 60), (40, 3, 5), (12, 120, 30), (200, 1, 40)]
)
def test_counting_by_records_is_counting_at_once(
    *, records: int, most: int, values: int, shuffled: bool
) -> None:
    part, facts, kinds = made(records + most, records, most, values)
    group, key = part.group, part.key
    owner = (part.record * _STREAMS + facts[group, k.STREAM]) * _ROLES + facts[group, k.OWNER]
    _, owner = np.unique(owner, return_inverse=True)
    listing = np.zeros(int(owner.max()) + 1, dtype=np.bool_)
    listing[owner[facts[group, k.STREAM] == 1]] = True
    parcels = np.array([0, counting.WAYBILL], dtype=np.uint8)
    waybill = np.zeros(len(listing), dtype=np.uint8)
    waybill[owner] = facts[group, k.STREAM]
    keyed = np.isin(kinds[group], persons.KEYS)
    wanted = persons.index(owner[keyed], kinds[group][keyed], key[keyed], listing=listing)
    if shuffled:  # column by column, as record batches have them
        order = np.argsort(group, kind="stable")
        part = dataclasses.replace(part, group=group[order], record=part.record[order], key=key[order])
    found = _sums.count(part, facts, parcels, np.array([False, True]), 0)
    people = dataclasses.replace(found.sums.people(), unkeyed_records=0)
    for one, two in zip((*people.keys, *people.tied), (*wanted.keys, *wanted.tied), strict=True):
        assert one.tolist() == two.tolist()
    assert people.owners.tolist() == wanted.owners.tolist()
    assert persons.count(people) == persons.count(wanted)
    if not shuffled:  # else other pairs tie the same people
        assert people.links.tolist() == wanted.links.tolist()
    pieces = counting.folded(found.sums.marks, found.sums.strata, found.sums.seized)
    whole = counting.pieces(owner.astype(np.int64), kinds[group], key, waybill)
    assert (pieces.mark.tolist(), pieces.tier.tolist(), pieces.raw) == (
        whole.mark.tolist(), whole.tier.tolist(), whole.raw,
    )  # fmt: skip
    assert (pieces.traits.tolist(), pieces.seized.tolist()) == (whole.traits.tolist(), whole.seized.tolist())
    assert found.clear == len(np.unique(part.record))


@pytest.mark.parametrize("records", [1, 700])
def test_hits_alone_in_their_records_are_counted_as_those_of_any_record(records: int) -> None:
    part, facts, kinds = made(records, records, 1, 40)
    r = np.random.default_rng(records)
    veiled = r.random(len(facts)) < 0.3
    facts[veiled, k.SAYS] = k.VEILED
    facts[:, k.SLOT] = np.where(veiled, -1, kinds % 3)
    parcels, listing = np.array([0, counting.WAYBILL], dtype=np.uint8), np.array([False, True])
    alone = _sums.count(part, facts, parcels, listing, 3)
    # The same hits in another order of the records go the longer way.
    back = dataclasses.replace(part, **{n: getattr(part, n)[::-1].copy() for n in ("group", "record", "key")})
    other = _sums.count(back, facts, parcels, listing, 3)
    assert (alone.clear, alone.masked_only) == (other.clear, other.masked_only)
    assert sorted(part.record[alone.hits].tolist()) == sorted(back.record[other.hits].tolist())
    for one, two in zip(_settled(alone.sums), _settled(other.sums), strict=True):
        assert one == two
    halves = _sums.joined([alone.sums, other.sums])
    assert _settled(halves)[:3] == _settled(alone.sums)[:3]
    assert halves.seized.tolist() == (2 * alone.sums.seized).tolist()


def _settled(sums: _sums.Sums) -> tuple[object, ...]:
    """Return what sums say, sorted."""
    people = sums.people()
    pieces = counting.folded(sums.marks, sums.strata, sums.seized)
    return (
        [one.tolist() for one in (*people.keys, *people.tied)],
        [persons.different(one).tolist() for one in sums.slots],
        [one.tolist() for one in (pieces.mark, pieces.tier, pieces.traits)],
        (people.unkeyed_records, people.masked_records, pieces.raw, pieces.seized.tolist()),
    )
