"""A hearing as the fold shows it: officers, what each holds, the majority, and a decision that departs from it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from qingyuan.cases import CasesError, Hearing, hearings
from tests.cases._world import World, told

HELD = "2026-06-02"
CASE = "C2026-0001"


def _heard(positions: dict[str, str], *, stated: str, officers: int = 3) -> World:
    world = told("replied")
    _do(
        world,
        "notify-hearing",
        date(2026, 5, 26),
        held_on=HELD,
        place="听证室",
        officers=officers,
        public=True,
    )
    for number in range(officers):
        args = {"speaker": f"P20{number}", "standing": "专家", "eligible": True, "disinterested": True}
        _do(world, "name-hearing-officer", date(2026, 5, 27), **args)
    _do(
        world, "hold-hearing", date(2026, 6, 2), noticed_on="2026-05-26", ground="effect", public=True,
        officers=officers, opinion=stated, opinion_text="要点", record="D0010", approved_by="P009", approved_on="2026-05-26",
    )  # fmt: skip
    for officer, position in positions.items():
        _do(world, "hearing-officer-opinion", date(2026, 6, 2), speaker=officer, view=position, text="见笔录")
    return world


def _do(world: World, verb: str, on: date, **args: Any) -> None:
    world.act(verb, {"case": CASE, **args}, on)


def _only(world: World) -> Hearing:
    (one,) = hearings(world.docket, CASE)
    return one


def test_officers_are_shown_one_by_one_with_their_reasons_and_the_majority() -> None:
    one = _only(_heard({"P200": "agree", "P201": "agree", "P202": "against"}, stated="majority-for"))
    assert [(each.officer, each.position, each.zh, each.reason) for each in one.officers] == [
        ("P200", "agree", "同意", "见笔录"),
        ("P201", "agree", "同意", "见笔录"),
        ("P202", "against", "不同意", "见笔录"),
    ]
    assert (one.majority, one.agrees, one.positions) == ("agree", True, {"agree": 2, "against": 1})


@pytest.mark.parametrize(
    ("positions", "stated", "majority", "agrees"),
    [
        ({"P200": "agree"}, "unanimous-for", "agree", None),
        ({"P200": "agree", "P201": "against", "P202": "abstain"}, "divided", "", True),
        ({"P200": "agree", "P201": "against", "P202": "against"}, "unanimous-for", "against", False),
        ({"P200": "abstain", "P201": "abstain", "P202": "agree"}, "majority-for", "", False),
        ({}, "against", "against", None),
    ],
)
def test_the_majority_is_more_than_half_of_who_spoke_and_is_held_against_what_was_stated(
    positions: dict[str, str], stated: str, majority: str, agrees: bool | None
) -> None:
    one = _only(_heard(positions, stated=stated))
    assert (one.majority, one.agrees) == (majority, agrees)


def test_a_decision_that_departs_shows_the_consent_and_a_later_hearing_is_not_answered_by_it() -> None:
    world = _heard({"P200": "against", "P201": "against", "P202": "agree"}, stated="against")
    _do(world, "answer-hearing", date(2026, 6, 3), adopted="not-adopted", reason="已复核", approved_by="P009", approved_on="2026-06-03")  # fmt: skip
    one = _only(world)
    assert (one.departs, one.adopted, one.consent and one.consent.by) == (True, "not-adopted", "P009")
    _do(
        world,
        "notify-hearing",
        date(2026, 6, 4),
        held_on="2026-06-10",
        place="听证室",
        officers=3,
        public=True,
    )
    first, second = hearings(world.docket, CASE)
    assert (first.held, first.departs, second.held, second.departs, second.officers) == (
        True,
        True,
        False,
        False,
        (),
    )


def test_a_case_there_is_not_is_named() -> None:
    with pytest.raises(CasesError, match="no case C2026-0009"):
        hearings(told("replied").docket, "C2026-0009")
