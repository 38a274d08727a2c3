"""The score is the sum of its reasons and never more than it can be."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.cases import LeadFacts, assess, choice_lists
from qingyuan.cases.events.lead import Counts
from tests.cases._world import law

ON = date(2026, 3, 3)
SOURCES = sorted(choice_lists()["lead-source"])


@given(
    source=st.sampled_from(SOURCES),
    tiers=st.tuples(*[st.integers(0, 10**7)] * 3),
    persons=st.none() | st.integers(0, 10**7),
    found=st.integers(0, 10**7),
    masked=st.integers(0, 10**7),
    flags=st.tuples(*[st.booleans()] * 3),
)
def test_the_score_is_the_sum_of_reasons_within_their_limits(
    source: str,
    tiers: tuple[int, int, int],
    persons: int | None,
    found: int,
    masked: int,
    flags: tuple[bool, bool, bool],
) -> None:
    counts = Counts({"mobile": found}, persons, *tiers, masked)
    score = assess(LeadFacts(source, counts, *flags), law=law(), on=ON)
    assert score.score == sum(c.points for c in score.components)
    assert all(0 <= c.points <= c.limit for c in score.components)
    assert sum(c.limit for c in score.components) == 100
    assert all(c.zh and c.en for c in score.components)


@pytest.mark.parametrize(
    ("counts", "points"),
    [
        (Counts(general=2500), 7),  # half of the 5,000 that make it serious: half of 15, rounded down
        (Counts(general=5000), 15),
        (Counts(sensitive=25, important=250), 15),  # 25/50 + 250/500 = 1
        (Counts(sensitive=50), 15),
        (Counts(), 0),
    ],
)
def test_the_criminal_threshold_counts_by_share(counts: Counts, points: int) -> None:
    score = assess(LeadFacts("media", counts), law=law(), on=ON)
    assert {c.id: c.points for c in score.components}["threshold"] == points


def test_persons_that_cannot_be_told_apart_give_no_points_and_say_so() -> None:
    score = assess(
        LeadFacts("media", Counts({"mobile": 9000}, None, general=9000, masked=9000)), law=law(), on=ON
    )
    reasons = {c.id: c for c in score.components}
    assert reasons["persons"].points == 0
    assert "无法去重" in reasons["persons"].zh
    assert reasons["clear"].points == 0


def test_the_score_says_what_it_is_not() -> None:
    score = assess(LeadFacts("media"), law=law(), on=ON)
    assert "不是" in score.caution_zh
    assert "does not judge" in score.caution_en
