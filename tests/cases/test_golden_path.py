"""A whole administrative case, as a county might run it after finding waybills printed in clear."""

from __future__ import annotations

from datetime import date

import pytest

from qingyuan.cases import (
    CasesError,
    Refused,
    available,
    due_dates,
    duty_matrix,
    evidence_groups,
    evidence_matrix,
    timeline,
)
from qingyuan.cases._facts import FACT_KINDS
from qingyuan.cases.evidence_matrix import groupings
from tests.cases._world import World, case_of, law, moment, told

CASE = "C2026-0001"
MEASURES = (
    ("全部面单改用隐私面单", "postal-waybill"),
    ("对辖区云仓开展专项检查", "postal-supervise"),
    ("建立面单抽查台账", "postal-supervise"),
    ("组织从业人员培训", ""),
)


def _golden() -> World:
    world = told("rectifying")
    world.act("record-suggestion", {"case": CASE, "with_office": "市人民检察院"}, date(2026, 3, 31))
    for number, (text, duty) in enumerate(MEASURES):
        world.act(
            "add-measure",
            {
                "case": CASE,
                "text": text,
                "owner": "县邮政管理局",
                "due": date(2026, 5, 10 + number),
                "test": "现场抽查符合要求",
                "duty": duty,
                "before": ["X00000000000000a1"],
            },
            date(2026, 4, 8),
        )
    world.act("start-measure", {"case": CASE, "measure": "m01"}, date(2026, 4, 9))
    world.act("withdraw-measure", {"case": CASE, "measure": "m04", "reason": "并入 m02"}, date(2026, 4, 10))
    for measure in ("m01", "m02", "m03"):
        proof = {"case": CASE, "measure": measure, "after": ["X00000000000000b1"], "submitter": "P031"}
        world.act("prove-measure", proof, date(2026, 5, 8))
    reply = {
        "case": CASE,
        "accepted": "采纳",
        "summary": "三项措施均已落实",
        "exhibits": ["X00000000000000b1"],
    }
    world.act("receive-reply", reply, date(2026, 5, 9))
    return world


def test_the_case_is_closed_only_after_every_measure_is_verified() -> None:
    world = _golden()
    follow_up = {
        "case": CASE,
        "findings": "面单已隐去个人信息",
        "outcome": "terminate",
        "investigators": ["P001", "P002"],
        "exhibits": ["X00000000000000b2"],
        "report": "D0002",
    }
    world.act("follow-up", follow_up, date(2026, 5, 20))
    close = {
        "case": CASE,
        "ground": "rectified",
        "reason": "依法全面履职",
        "approved_by": "P009",
        "approved_on": "2026-05-25",
    }
    for measure in ("m01", "m02", "m03"):
        with pytest.raises(Refused) as caught:
            world.act("close", close, date(2026, 5, 25))
        assert any(measure in pair.en for pair in caught.value.missing)
        verdict = {"case": CASE, "measure": measure, "verdict": "核验通过", "reason": "抽查符合要求"}
        world.act("verify-measure", verdict, date(2026, 5, 25))
    drafts = world.act("close", close, date(2026, 5, 25))
    assert [draft.type for draft in drafts] == ["case.closed", "case.look_back_scheduled"]
    case = case_of(world)
    assert case.stage == "closed"
    assert case.look_back_due is not None
    open_dates = due_dates(world.docket, law=law(), now=moment(date(2026, 6, 1)))
    assert [row.key for row in open_dates] == ["look-back"]


def test_the_duty_matrix_shows_which_duties_are_performed() -> None:
    world = _golden()
    for measure in ("m02", "m03"):
        verdict = {"case": CASE, "measure": measure, "verdict": "accepted", "reason": "抽查符合要求"}
        world.act("verify-measure", verdict, date(2026, 5, 25))
    rows = duty_matrix(world.docket, CASE, law=law(), now=moment(date(2026, 5, 25)))
    by_duty = {row.duty: row for row in rows}
    assert by_duty["postal-waybill"].performance == "under-way"
    assert by_duty["postal-supervise"].performance == "proved"
    assert [m.id for m in by_duty["postal-supervise"].measures] == ["m02", "m03"]
    assert by_duty["postal-waybill"].articles
    assert [m.id for m in by_duty[""].measures] == ["m04"]
    assert by_duty[""].performance == "none"
    assert [row.named for row in rows] == sorted((row.named for row in rows), reverse=True)
    assert {m.id for row in rows for m in row.measures} == {"m01", "m02", "m03", "m04"}


def test_every_event_has_a_line_in_both_languages() -> None:
    world = _golden()
    lines = timeline(world.events)
    assert [line.n for line in lines if line.stream == CASE] == list(range(world.docket.heads[CASE]))
    assert all(line.zh and line.en and "{" not in line.zh + line.en for line in lines)
    served = next(line for line in lines if line.type == "case.suggestion_served")
    assert (served.on, served.zh) == (date(2026, 3, 27), "宣告送达检察建议书，回复期限至2026-05-27")
    assert served.en == "suggestion served (announced in person), reply due 2026-05-27"
    assert len(timeline(world.events, others=True)) == len(world.events)


def test_a_button_is_offered_for_each_measure_with_its_reason() -> None:
    world = _golden()
    offers = available(world.docket, law=law(), now=moment(date(2026, 5, 10)), actor="P001")
    verify = {offer.target: offer.refused for offer in offers if offer.verb.name == "verify-measure"}
    assert verify[f"{CASE} m01"] is None
    refused = verify[f"{CASE} m04"]
    assert refused is not None
    assert "已撤回" in refused.zh
    assert "第七十七条" in refused.zh
    assert refused.where == f"{CASE} m04"
    only = available(world.docket, law=law(), now=moment(date(2026, 5, 10)), actor="P001", target=CASE)
    assert {offer.target for offer in only} == {CASE}


def test_the_evidence_matrix_shows_what_each_fact_rests_on_and_what_rests_on_nothing() -> None:
    rows = {row.kind: row for row in evidence_matrix(_golden().docket, CASE)}
    assert list(rows) == ["harm", "duty", "failure", "causation", "other"]
    assert rows["harm"].exhibits == ("X00000000000000a1", "X00000000000000a2")
    assert rows["harm"].texts == ("抽查面单均可直接读取姓名、电话和地址",)
    assert [row.kind for row in rows.values() if not row.proved] == ["other"]
    with pytest.raises(CasesError):
        evidence_matrix(_golden().docket, "C2026-0099")


def test_the_groups_of_evidence_hold_every_fact_of_the_track_once() -> None:
    groups = evidence_groups(_golden().docket, CASE)
    assert [group.id for group in groups] == ["harm", "duty", "failure", "causation"]
    assert groups[0].exhibits == ("X00000000000000a1", "X00000000000000a2")
    assert not any(group.missing for group in groups)
    for grouping in groupings():
        facts = [kind for group in grouping.groups for kind in group.facts]
        assert sorted(facts) == sorted(set(FACT_KINDS[grouping.track]) - {"other"})
        assert law().provision(grouping.rule).verified is (grouping.id != "children-app")
