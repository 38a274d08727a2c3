"""The fold is pure, associative over prefixes, and silent about nothing."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.cases import EMPTY, CasesError, duty_matrix, fold, read_event
from qingyuan.cases._apply import CASE_APPLIERS, LEAD_APPLIERS, MEASURE_APPLIERS
from qingyuan.cases._fold import _OPENERS
from qingyuan.cases.events import TYPES
from tests.cases._world import case_of, law, moment, stories, told

DAY = date(2026, 6, 3)


@given(st.data())
def test_folding_a_prefix_and_then_the_rest_equals_folding_all(data: st.DataObject) -> None:
    story = data.draw(st.sampled_from(sorted(stories())))
    events = told(story).events
    cut = data.draw(st.integers(0, len(events)))
    assert fold(events[cut:], fold(events[:cut])) == fold(events) == told(story).docket


def test_folding_leaves_the_docket_before_unchanged() -> None:
    before = told("measured").docket
    kept = msgspec.json.encode(before, enc_hook=dict)
    events = told("accepted").events[sum(before.heads.values()) :]
    after = fold(events, before)
    assert after.cases["C2026-0001"].measures["m01"].status == "accepted"
    assert msgspec.json.encode(before, enc_hook=dict) == kept


def test_a_docket_cannot_be_written_to() -> None:
    docket = told("measured").docket
    with pytest.raises(TypeError):
        docket.cases["C2026-0009"] = docket.cases["C2026-0001"]  # type: ignore[index]
    with pytest.raises(TypeError):
        docket.cases["C2026-0001"].measures["m01"] = None  # type: ignore[index]
    with pytest.raises(AttributeError):
        docket.matter = None  # type: ignore[misc]


def test_every_event_type_changes_some_record() -> None:
    folded = {*LEAD_APPLIERS, *CASE_APPLIERS, *MEASURE_APPLIERS, *_OPENERS}
    assert folded == set(TYPES.values())


def test_an_event_of_a_later_version_is_named_not_dropped() -> None:
    docket = told("filed").docket
    event = read_event("C2026-0001", 1, "case.telepathised", moment(DAY), "P001", {"x": 1})
    after = fold([event], docket)
    assert [(u.stream, u.n, u.type) for u in after.unread] == [("C2026-0001", 1, "case.telepathised")]
    assert after.heads["C2026-0001"] == 2


def test_events_of_other_rooms_are_counted_and_exhibits_become_known() -> None:
    docket = told("filed").docket
    event = read_event(
        "L2026-0001", 6, "evidence.generated", moment(DAY), "P001", {"exhibit": "X00000000000000c1"}
    )
    other = read_event("L2026-0001", 7, "document.issued", moment(DAY), "P001", {})
    after = fold([event, other], docket)
    assert after.exhibits["X00000000000000c1"] == "L2026-0001"
    assert after.others["document.issued"] == 1
    assert not after.unread


@pytest.mark.parametrize("n", [0, 2, 7])
def test_a_gap_or_repetition_in_a_stream_is_refused(n: int) -> None:
    event = read_event(
        "C2026-0001", n, "case.resumed", moment(DAY), "P001", {"on": "2026-06-03", "reason": "恢复"}
    )
    with pytest.raises(CasesError) as caught:
        fold([event], told("filed").docket)
    assert caught.value.code == "cases.gap"


@pytest.mark.parametrize(
    ("stream", "type_", "payload"),
    [
        ("C2026-0009", "case.resumed", {"on": "2026-06-03", "reason": "x"}),
        ("C2026-0001", "measure.started", {"measure": "m09", "on": "2026-06-03"}),
        ("L2026-0009", "lead.transferred", {"to": "x", "on": "2026-06-03", "reason": "x"}),
        ("M2026-0009", "matter.opened", {"title": "x", "field": "x", "leads": ["L2026-0001"]}),
        ("M2026-0001", "matter.lead_joined", {"lead": "L2026-0009"}),
    ],
)
def test_an_event_about_nothing_is_refused(stream: str, type_: str, payload: dict[str, object]) -> None:
    docket = told("measured").docket
    event = read_event(stream, docket.heads.get(stream, 0), type_, moment(DAY), "P001", payload)
    with pytest.raises(CasesError) as caught:
        fold([event], docket)
    assert caught.value.code == "cases.out-of-order"


def test_a_docket_turns_into_json() -> None:
    body = told("closed").docket.as_builtins()
    assert (
        msgspec.json.decode(msgspec.json.encode(body))["cases"]["C2026-0001"]["closing_ground"] == "rectified"
    )
    assert msgspec.json.encode(EMPTY.as_builtins())


def test_five_hundred_events_fold_at_once_as_they_do_one_by_one() -> None:
    world = told("rectifying")
    for number in range(1, 35):
        name = f"m{number:02d}"
        entered = {
            "measure": name,
            "text": "措施",
            "owner": "县邮政管理局",
            "due": "2026-05-20",
            "test": "抽查",
        }
        world.write("C2026-0001", "measure.entered", entered, DAY)
    while len(world.events) < 500:
        name = f"m{len(world.events) % 34 + 1:02d}"
        proof = {"measure": name, "on": "2026-05-10", "submitter": "P031", "after": ["X00000000000000b1"]}
        world.write("C2026-0001", "measure.proof_submitted", proof, DAY)
    docket = fold(world.events)
    assert docket == world.docket
    assert len(docket.cases["C2026-0001"].measures) == 34
    assert sum(docket.heads.values()) == 500


def test_a_supplement_adds_to_what_was_registered_and_the_registration_stays_in_its_event() -> None:
    world = told("registered").copy()
    given = {"lead": "L2026-0001", "reason": "补交", "title": "新标题", "exhibits": ["X00000000000000a2"]}
    world.act("lead-amend", given, date(2026, 3, 3))
    lead = world.docket.leads["L2026-0001"].registered
    assert (lead.title, lead.exhibits) == ("新标题", ("X00000000000000a1", "X00000000000000a2"))
    assert lead.source == "casework"
    assert world.events[-2].payload.title == "电商云仓快递面单明文打印"  # type: ignore[union-attr]


def test_what_an_engine_saw_again_stands_with_its_measure_and_what_is_malformed_does_not() -> None:
    world, day = told("submitted"), date(2026, 5, 27)
    seen = {"measure": "m01", "verdict": "remains", "remaining": 3, "exhibit": "X00000000000000b2"}
    world.write("C2026-0001", "pii.rechecked", seen, day)
    world.write("C2026-0001", "app.rechecked", {"measure": "m01", "verdict": "clean", "remaining": "?"}, day)
    for wrong in ({"measure": "m77"}, {"measure": ["m01"]}, {}):
        world.write("C2026-0001", "pii.rechecked", wrong, day)
    world.write("M2026-0001", "pii.rechecked", seen, day)
    measure = case_of(world).measures["m01"]
    assert [(one.engine, one.verdict, one.remaining) for one in measure.rechecks] == [
        ("pii", "remains", 3),
        ("app", "clean", 0),
    ]
    assert fold(world.events) == world.docket
    rows = duty_matrix(world.docket, "C2026-0001", law=law(), now=moment(day))
    assert [each.rechecks for row in rows for each in row.measures] == [measure.rechecks]
