"""Whatever is asked in whatever order: it is refused with reasons, or it gives a docket that folds again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingyuan.cases import (
    CasesError,
    EventDraft,
    Foreign,
    Param,
    Refused,
    Verb,
    available,
    choice_lists,
    due_dates,
    fold,
    read_event,
    tasks,
)
from qingyuan.cases.events import decode, encode
from tests.cases._world import World, law, moment, stories, told

FIRST = date(2026, 6, 3)
EXHIBITS = ["X00000000000000a1", "X00000000000000b1", "X00000000000000ff"]  # the last was never sealed
#: What a caller may do wrong; anything else that is raised is a defect.
ALLOWED = {"cases.bad-argument", "cases.no-such-record"}
VALUES: dict[str, list[Any]] = {
    "lead": ["L2026-0001", "L2026-0002"],
    "new-lead": ["L2026-0002", "L2026-0003"],
    "matter": ["M2026-0001"],
    "new-matter": ["M2026-0001", "M2026-0002"],
    "case": ["C2026-0001", "C2026-0002"],
    "new-case": ["C2026-0002", "C2026-0003"],
    "measure": ["m01", "m02"],
    "person": ["P001", "P031"],
    "persons": [["P001", "P002"], ["P002", "P003"], ["P001"]],
    "leads": [["L2026-0001"], ["L2026-0001", "L2026-0002"]],
    "exhibit": EXHIBITS,
    "exhibits": [[EXHIBITS[0]], [EXHIBITS[1]], EXHIBITS[:2], EXHIBITS],
    "reference": ["D0001", "D0002", *EXHIBITS],
    "text": ["说明"],
    "texts": [["县邮政管理局"], ["甲", "乙"], ["F-0123456789abcdef"]],
    "int": [0, 3, 5, 5000],
    "bool": [True, False],
    "counts": [{"mobile": 12}],
    "other-lead": ["L2026-0001", "L2026-0002"],
    "other-matter": ["M2026-0001", "M2026-0002"],
    "time": ["2026-06-02T15:20+08:00", "2026-06-05T00:00+08:00"],
}
#: Needs another docket, which only an office has; see tests/office/test_merging.py.
ELSEWHERE = {"matter-merge"}
NAMED: dict[str, list[Any]] = {
    "regulator": ["postal"],
    "duties": [["postal-waybill"], ["no-such-duty"]],
    "duty": ["postal-waybill"],
    "field": ["express-waybill"],
}


def _value(param: Param, track: str, data: st.DataObject) -> Any:
    if param.type == "date":
        return (FIRST + timedelta(days=data.draw(st.integers(-20, 20)))).isoformat()
    if param.type in {"choice", "choices"}:
        value = data.draw(st.sampled_from(sorted(choice_lists()[param.of.format(track=track)])))
        return [value] if param.type == "choices" else value
    return data.draw(st.sampled_from(NAMED.get(param.name, VALUES[param.type])))


def _particulars(verb: Verb, track: str, data: st.DataObject) -> dict[str, Any]:
    """Draw particulars: mostly given, days mostly left to their defaults."""
    return {
        param.name: _value(param, track, data)
        for param in verb.params
        if data.draw(st.integers(0, 19)) < (4 if param.default else 19)
    }


def _aimed(world: World, at: date, data: st.DataObject) -> tuple[Verb, dict[str, Any]]:
    """Draw an act; usually one that is on offer, aimed at the record it is offered for."""
    offers = available(world.docket, law=law(), now=moment(at), actor="P001")
    offers = [offer for offer in offers if offer.verb.name not in ELSEWHERE]
    if data.draw(st.integers(0, 9)) < 8:
        offers = [offer for offer in offers if offer.refused is None]
    offer = data.draw(st.sampled_from(offers))
    case, _, measure = offer.target.partition(" ")
    record = world.docket.cases.get(case)
    track = record.track if record else data.draw(st.sampled_from(["administrative", "civil"]))
    args = _particulars(offer.verb, track, data)
    if offer.target:
        args[{"L": "lead", "M": "matter", "C": "case"}[case[0]]] = case
    if measure:
        args["measure"] = measure
    return offer.verb, args


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(story=st.sampled_from(sorted(stories())), data=st.data())
def test_an_act_is_refused_with_reasons_or_gives_a_docket_that_folds_again(
    story: str, data: st.DataObject
) -> None:
    world = told(story)
    for number in range(data.draw(st.integers(1, 12))):
        before, at = world.docket, FIRST + timedelta(days=number)
        verb, args = _aimed(world, at, data)
        outcome = _try(world, verb.name, args, at, data.draw(st.sampled_from(["P001", "P002"])))
        if isinstance(outcome, CasesError):
            assert _explained(outcome)
            assert world.docket is before
            continue
        assert outcome
        for draft in outcome:
            assert encode(decode(draft.type, draft.payload)) == draft.payload
            if draft.type == "case.closed":
                assert before.cases[draft.stream].open_measures() == ()
        assert sum(world.docket.heads.values()) == sum(before.heads.values()) + len(outcome)
        assert due_dates(world.docket, law=law(), now=moment(at), include_done=True) is not None
        listed = tasks(world.docket, law=law(), now=moment(at))
        assert {
            one.due for one in due_dates(world.docket, law=law(), now=moment(at)) if one.days_left >= 0
        } <= {task.due for task in listed}
    _replays(world)


def _try(world: World, verb: str, args: dict[str, Any], at: date, by: str) -> list[EventDraft] | CasesError:
    """Return what an act made, or how it was refused; any other exception is a defect and passes through."""
    try:
        return world.act(verb, args, at, by)
    except CasesError as error:
        return error


def _explained(error: CasesError) -> bool:
    if not isinstance(error, Refused):
        return error.code in ALLOWED
    said = bool(error.missing) and "{" not in error.zh + error.en
    return said and bool(error.citations)


def _replays(world: World) -> None:
    assert fold(world.events) == world.docket
    rewritten = [
        event
        if isinstance(event.payload, Foreign)
        else read_event(
            event.stream, event.n, event.type, event.at.isoformat(), event.actor, encode(event.payload)
        )
        for event in world.events
    ]
    assert fold(rewritten) == world.docket


@settings(max_examples=60, deadline=None)
@given(
    settled=st.lists(
        st.sampled_from(["entered", "submitted", "rejected", "accepted", "withdrawn"]), min_size=1, max_size=6
    )
)
def test_closing_never_succeeds_with_an_open_measure(settled: list[str]) -> None:
    world = told("reviewed")
    for number, status in enumerate(settled, start=2):
        _measure(world, f"m{number:02d}", status)
    close = {
        "case": "C2026-0001",
        "ground": "rectified",
        "reason": "已整改",
        "approved_by": "P009",
        "approved_on": "2026-06-10",
    }
    unsettled = [status for status in settled if status not in {"accepted", "withdrawn"}]
    outcome = _try(world, "close", close, date(2026, 6, 10), "P001")
    if unsettled:
        assert isinstance(outcome, Refused)
        assert len(outcome.missing) == len(unsettled)
    else:
        assert not isinstance(outcome, CasesError)
        assert outcome[0].type == "case.closed"


def _measure(world: World, name: str, status: str) -> None:
    day = date(2026, 6, 9)
    here = {"case": "C2026-0001", "measure": name}
    entry = {
        "case": "C2026-0001",
        "text": f"措施 {name}",
        "owner": "县邮政管理局",
        "due": "2026-07-01",
        "test": "抽查",
    }
    world.act("add-measure", entry, day)
    if status == "withdrawn":
        world.act("withdraw-measure", {**here, "reason": "合并"}, day)
    if status in {"submitted", "rejected", "accepted"}:
        world.act("prove-measure", {**here, "after": [EXHIBITS[1]]}, day, "P031")
    if status in {"rejected", "accepted"}:
        world.act("verify-measure", {**here, "verdict": status, "reason": "现场查看"}, day)
