"""Pieces as arrays: parts in any order give the same counts and the same sample."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii import _sample, counting, counts
from qingyuan.pii._kernel.flags import ADDRESS, BANK_CARD, EMAIL, KINDS, MOBILE, NAME
from qingyuan.pii.counting import FULL_ADDRESS, TIERS, UNDER14, WAYBILL, Pieces

#: ``(person of the record, kind, value)``.
Mention = tuple[int, int, int]
MENTIONS = st.lists(
    st.tuples(
        st.integers(0, 5), st.sampled_from([MOBILE, BANK_CARD, EMAIL, NAME, ADDRESS]), st.integers(0, 2)
    ),
    max_size=12,
)


def of(mentions: Sequence[Mention], *, parcel: bool, file: str = "a.csv") -> Pieces:
    size = max((m[0] for m in mentions), default=-1) + 1
    return counting.pieces(
        np.array([m[0] for m in mentions], np.int64),
        np.array([m[1] for m in mentions], np.uint8),
        np.array([m[2] for m in mentions], np.uint64),
        np.full(size, parcel, np.uint8),
        file=file,
        locate=lambda groups: [(None, int(g) + 1, f"line {g + 2}") for g in groups.tolist()],
    )


def plain(mentions: Sequence[Mention]) -> list[frozenset[tuple[int, int]]]:
    """Return the content of every piece, slowly."""
    groups: dict[int, set[tuple[int, int]]] = {}
    for g, kind, value in mentions:
        groups.setdefault(g, set()).add((kind, value))
    return [
        frozenset(content)
        for content in groups.values()
        if any(k in {MOBILE, BANK_CARD, EMAIL} for k, _ in content)
        or {NAME, ADDRESS} <= {k for k, _ in content}
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(MENTIONS, st.booleans()), min_size=1, max_size=4), st.randoms())
def test_parts_in_any_order_give_the_counts_of_the_rule(
    files: list[tuple[list[Mention], bool]], order: object
) -> None:
    parts = [of(m, parcel=p, file=f"{n}.csv") for n, (m, p) in enumerate(files)]
    shuffled = list(parts)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    one, two = counting.merge(parts), counting.merge([counting.merge(shuffled[:2]), *shuffled[2:]])
    wanted: dict[frozenset[tuple[int, int]], bool] = {}
    for mentions, parcel in files:
        for content in plain(mentions):
            wanted[content] = wanted.get(content, False) or parcel
    sensitive = sum(any(k == BANK_CARD for k, _ in c) for c in wanted)
    parcels = sum(p and not any(k == BANK_CARD for k, _ in c) for c, p in wanted.items())
    important, general = counting.readings(one)
    assert (important.sensitive, important.important) == (sensitive, parcels)
    assert general.general == len(wanted) - sensitive == important.important + important.general
    assert one.raw == sum(len(plain(m)) for m, _ in files)
    assert [counting.readings(one), counting.disputed(one)] == [
        counting.readings(two),
        counting.disputed(two),
    ]
    assert one.spots == two.spots
    for name in ("mark", "tier", "traits", "seized"):
        assert np.array_equal(getattr(one, name), getattr(two, name))


def test_an_address_moves_a_piece_only_in_its_own_reading() -> None:
    found = of(
        [(0, MOBILE, 1), (0, ADDRESS, 1), (1, MOBILE, 2), (2, BANK_CARD, 1), (2, ADDRESS, 2)], parcel=False
    )
    reading, _ = counting.disputed(found)
    assert reading.reading_id == "address-important"
    assert (reading.sensitive, reading.important, reading.general) == (1, 1, 1)
    assert all((r.important, r.general) == (0, 2) for r in counting.readings(found))


def test_an_illness_or_property_gives_a_piece_its_class_and_makes_no_other_of_it() -> None:
    medical, financial, geo = (KINDS.index(kind) for kind in ("medical", "financial", "geo"))
    found = of(
        [(0, MOBILE, 1), (1, MOBILE, 1), (1, medical, 7), (2, MOBILE, 2), (2, financial, 8), (3, MOBILE, 3), (3, geo, 9), (4, medical, 7)],
        parcel=False,
    )  # fmt: skip
    (reading, _), (_, track) = counting.readings(found), counting.disputed(found)
    assert (reading.sensitive, reading.important, reading.general, reading.raw) == (1, 1, 1, 4)
    assert (track.reading_id, track.sensitive, track.important) == ("position-track", 2, 1)
    assert {c.count for c in counts.counts(found) if c.law == "pipl"} == {3}


def test_a_piece_about_a_child_anywhere_is_one_about_a_child() -> None:
    def one(*, child: bool) -> Pieces:
        return counting.pieces(
            np.zeros(1, np.int64), np.array([MOBILE], np.uint8), np.ones(1, np.uint64), np.zeros(1, np.uint8),
            under14=np.array([child]),
        )  # fmt: skip

    merged = counting.merge([one(child=False), one(child=True)])
    assert (len(merged.mark), merged.raw, int(merged.traits[0]) & UNDER14) == (1, 2, UNDER14)
    # 个人信息保护法 art. 28: of somebody under fourteen even a mere mobile is sensitive, in every reading.
    sensitive = [[c.count for c in counts.counts(p) if c.law == "pipl"] for p in (one(child=False), merged)]
    assert sensitive == [[0, 0], [1, 1]]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3000), st.integers(1, 5000), st.integers(0, 100))
def test_the_sample_of_the_parts_is_the_sample_of_the_whole(size: int, values: int, cut: int) -> None:
    r = np.random.default_rng(size + values)
    mark = r.integers(0, values, size, dtype=np.uint64)
    stratum = r.integers(0, 2, size, dtype=np.uint8)

    def draw(low: int, high: int) -> tuple[_sample.Spot, ...]:
        return _sample.draw(
            "a.csv", stratum[low:high], mark[low:high], np.bincount(stratum[low:high]),
            lambda n: [(None, int(i) + low, f"line {i + low}") for i in n.tolist()],
        )  # fmt: skip

    whole, middle = draw(0, size), size * cut // 100
    assert _sample.merge([draw(middle, size), draw(0, middle)]) == whole
    for one in np.unique(stratum).tolist():
        lowest = sorted(
            {int(r) for r in _sample.scramble(np.unique(mark[stratum == one]) ^ np.uint64(_sample.SEED))}
        )
        assert [s.rank for s in whole if s.stratum == one] == lowest[: _sample.KEPT]
    assert all(
        mark[s.record] == s.mark and s.mark not in mark[: s.record][stratum[: s.record] == s.stratum]
        for s in whole
    )


def test_what_is_sampled_is_shown_once_and_few() -> None:
    found = of([(n, MOBILE, n) for n in range(200)], parcel=True)
    assert len(found.spots) == _sample.KEPT
    places = _sample.shown(found.spots, lambda s: s.stratum >> 6 == TIERS["C"] and bool(s.stratum & WAYBILL))
    assert len(places) == _sample.SHOWN == len({p.record for p in places})
    assert not _sample.shown(found.spots, lambda s: bool(s.stratum & FULL_ADDRESS))


def test_pieces_can_be_sent_to_another_process() -> None:
    found = of([(0, MOBILE, 1), (1, NAME, 1), (1, ADDRESS, 1)], parcel=True)
    again = pickle.loads(pickle.dumps(found))
    assert np.array_equal(again.mark, found.mark)
    assert again.spots == found.spots


def test_a_record_with_very_many_values_is_one_piece_however_they_repeat() -> None:
    values = [(0, EMAIL, n) for n in range(100)]
    once, again = (of(mentions, parcel=False) for mentions in (values, [*values[::-1], *values[:40]]))
    assert np.array_equal(once.mark, again.mark)
    assert not np.array_equal(once.mark, of(values[:99], parcel=False).mark)
