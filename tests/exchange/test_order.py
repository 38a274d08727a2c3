"""Each bundle once, in its turn, none put in: whatever a sender signs."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.exchange import ExchangeError, place_of
from qingyuan.exchange.bundle import digest_of
from qingyuan.exchange.model import Manifest
from qingyuan.exchange.order import AHEAD

MANIFEST = Manifest(1, "suggestion", "a", "b", 1, "", "2026-03-02T10:00:00+08:00", "", "", {}, ())


def chain(length: int) -> list[Manifest]:
    made: list[Manifest] = []
    for seq in range(1, length + 1):
        prev = digest_of(made[-1]) if made else ""
        made.append(msgspec.structs.replace(MANIFEST, seq=seq, prev=prev))
    return made


@given(st.permutations(range(8)), st.lists(st.integers(0, 7), max_size=8))
def test_in_whatever_order_and_however_often_they_come_each_is_taken_once(
    order: list[int], again: list[int]
) -> None:
    made = chain(8)
    taken: dict[int, str] = {}
    waiting: dict[int, str] = {}
    for number in [*order, *again, *range(8)]:
        digest = digest_of(made[number])
        place = place_of(made[number], digest, taken, waiting)
        assert (place == "repeated") is (number + 1 in taken)
        assert (place == "next") is (number == len(taken))
        if place == "early":
            waiting[number + 1] = digest
        elif place == "next":
            taken[number + 1] = digest
            waiting.pop(number + 1, None)
    assert list(taken) == [*range(1, 9)]


def refused(seq: int, *, prev: str = "", held: int = 1, waiting: dict[int, str] | None = None) -> str:
    taken = {one.seq: digest_of(one) for one in chain(held)}
    other = msgspec.structs.replace(MANIFEST, seq=seq, prev=prev, ref="X")
    with pytest.raises(ExchangeError) as caught:
        place_of(other, digest_of(other), taken, waiting)
    return caught.value.code


def test_a_number_that_was_given_to_another_bundle_is_refused_taken_or_waiting() -> None:
    assert refused(1) == "exchange.two-of-one"
    assert refused(3, waiting={3: "00"}) == "exchange.two-of-one"


def test_a_bundle_that_does_not_follow_is_refused() -> None:
    assert refused(2, prev="00") == "exchange.broken-chain"
    assert refused(0) == "exchange.broken-chain"
    assert refused(-5) == "exchange.broken-chain"


def test_what_follows_takes_the_place_of_what_waits_and_does_not() -> None:
    one, two = chain(2)
    assert place_of(two, digest_of(two), {1: digest_of(one)}, {2: "00"}) == "next"


def test_a_number_out_of_all_proportion_is_not_kept() -> None:
    assert refused(1 << 52) == "exchange.too-far-ahead"
    assert refused(AHEAD + 2) == "exchange.too-far-ahead"
    two = msgspec.structs.replace(MANIFEST, seq=AHEAD + 1)
    assert place_of(two, digest_of(two), {1: "00"}) == "early"
