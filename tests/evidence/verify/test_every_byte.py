"""No changed byte goes unseen: all of a small package, and a sample of a megabyte.

``python -m tests.evidence.verify.exhaustive`` does all of the megabyte.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from qingyuan.evidence.verify import verify_evp
from tests.evidence.verify.checking import TRUST, check, small
from tests.evidence.verify.exhaustive import Judge, Layout, by_page, by_program, layout_of, megabyte, rounds
from tests.evidence.verify.exhaustive import check as unseen
from tests.evidence.verify_page.node import Node


def test_the_rounds_hold_every_byte_once() -> None:
    layout = layout_of(small())
    for single in (True, False):
        positions = sorted(p for chosen in rounds(layout, single=single) for p in chosen)
        assert positions == list(range(len(layout.data)))


@pytest.fixture(params=["program", "page"])
def judging(request: pytest.FixtureRequest) -> Iterator[Callable[[Layout], Judge]]:
    """What gives the judge of a package."""
    if request.param == "program":
        yield lambda _: by_program
    else:
        with Node() as node:
            yield lambda layout: by_page(node, layout)


def test_a_change_of_any_single_byte_of_a_small_package_is_found(judging: Callable[[Layout], Judge]) -> None:
    layout = layout_of(small())
    assert check(layout.data).verdict == "pass"
    assert unseen(layout, rounds(layout), judging(layout)) == []


@pytest.mark.slow
def test_a_byte_changed_alone_is_found_too() -> None:
    layout = layout_of(small())
    assert unseen(layout, [*rounds(layout, single=True)][::5]) == []


def sample(layout: Layout, count: int) -> list[tuple[int, ...]]:
    """The same number of positions in every member, and some in the directory, each of these alone."""
    chance = random.Random(20)
    alone = [(chance.randrange(layout.directory, len(layout.data)),) for _ in range(count // 8)]
    together = [
        tuple(chance.randrange(start, end) for _, start, end in layout.members)
        for _ in range((count - len(alone)) // len(layout.members) + 1)
    ]
    return [*together, *alone]


@pytest.mark.slow
def test_two_thousand_changes_all_over_a_megabyte_are_found(judging: Callable[[Layout], Judge]) -> None:
    layout = megabyte()
    assert 900_000 < len(layout.data) < 1_200_000
    assert check(layout.data, TRUST).verdict == "pass"
    chosen = sample(layout, 2_000)
    assert sum(map(len, chosen)) >= 2_000
    assert unseen(layout, chosen, judging(layout)) == []


def test_a_verifier_that_looks_away_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of the test: faults that name another member, or none, count as not seen."""
    layout = layout_of(small())
    chosen = [*rounds(layout)][40:42]
    other = check(layout.data[:-1])
    whole = check(layout.data)
    for report in (other, whole):
        monkeypatch.setattr(verify_evp, "verify_stream", lambda _, report=report: report)
        assert unseen(layout, chosen) == [position for positions in chosen for position in positions]
