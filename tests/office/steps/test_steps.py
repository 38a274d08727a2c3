"""The usual way of a record, and particulars that nobody types twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingyuan.cases import VERBS, choice_lists
from qingyuan.office.casework import Argument, act, load
from qingyuan.office.home import Home
from qingyuan.office.offers import grouped, offers
from qingyuan.office.steps import implied, next_steps, steps, suggested, suggesting
from tests.web.making import FILED


def _next(home: Home, identifier: str) -> list[tuple[str, str, bool]]:
    loaded = load(home, identifier)
    found = offers(home, loaded, identifier, actor="P001", everything=True)
    return [(one.verb.name, one.target, one.ready) for one in next_steps(loaded.docket, found)]


def test_the_next_step_goes_along_with_the_record(home: Home) -> None:
    assert _next(home, "L2026-0002") == [("lead-assess", "L2026-0002", False)]
    assert _next(home, "M2026-0001") == [("serve-filing", "C2026-0001", False)]
    act(home, "serve-filing", "C2026-0001", {"mode": "direct"}, actor="P001")
    assert _next(home, "M2026-0001") == [("confirm-facts", "C2026-0001", False)]
    assessed: dict[str, Argument] = {"authenticity": "可靠", "investigability": "可查", "conclusion": "open"}
    act(home, "lead-assess", "L2026-0002", assessed, actor="P001")
    assert _next(home, "L2026-0002") == [("matter-open", "L2026-0002", True)]


def test_offers_are_grouped_in_the_order_of_the_headings(home: Home) -> None:
    found = offers(home, load(home, "M2026-0001"), "M2026-0001", actor="P001")
    groups = grouped(found)
    assert [*groups] == [group for group in choice_lists()["verb-group"] if group in groups]
    assert sorted(one.verb.name for acts in groups.values() for one in acts) == sorted(
        one.verb.name for one in found
    )
    assert "serve-filing" in [one.verb.name for one in groups["filing"]]


def test_what_the_case_and_the_law_say_is_not_typed_again(home: Home) -> None:
    given = suggested(home, load(home, "C2026-0001"), "C2026-0001", VERBS["confirm-facts"], actor="P001")
    duties = {duty.id: duty.act_zh for duty in home.law.duties("express-waybill")}
    assert given["harm"] == FILED["harm"]
    assert given["failure"] == FILED["violation"]
    assert given["duty"] == f"{duties['postal-waybill']}；{duties['postal-penalise']}"
    assert given["investigators"] == ["P001"]
    assert "causation" not in given


def test_officers_who_were_named_and_spoke_are_not_counted_again(home: Home) -> None:
    case = "C2026-0001"
    notice: dict[str, Argument] = {"held_on": "2026-07-08", "place": "听证室", "officers": 3, "public": True}
    act(home, "notify-hearing", case, notice, actor="P001")

    def given(verb: str) -> dict[str, Argument]:
        return suggested(home, load(home, case), case, VERBS[verb], actor="P001")

    assert given("hold-hearing")["officers"] == 3
    for seat in ("一号", "二号"):
        named: dict[str, Argument] = {
            "speaker": seat,
            "standing": "专家",
            "eligible": True,
            "disinterested": True,
        }
        act(home, "name-hearing-officer", case, named, actor="P001")
    for seat, view in (("一号", "agree"), ("二号", "against")):
        assert given("hearing-officer-opinion")["speaker"] == seat
        assert "opinion" not in given("hold-hearing")
        act(
            home,
            "hearing-officer-opinion",
            case,
            {"speaker": seat, "view": view, "text": "理由"},
            actor="P001",
        )
    held = given("hold-hearing")
    assert (held["officers"], held["opinion"], held["on"]) == ("2", "divided", "2026-07-08")


def test_an_approver_is_suggested_only_when_there_is_one(home: Home) -> None:
    verb = VERBS["case-file"]
    loaded = load(home, "M2026-0001")
    one = suggested(home, loaded, "M2026-0001", verb, actor="P001", approvers=["P009"])
    two = suggested(home, loaded, "M2026-0001", verb, actor="P001", approvers=["P008", "P009"])
    assert one["approved_by"] == "P009"
    assert "approved_by" not in two
    assert one["basis"] == "personal-information"
    assert "track" not in one, "a decision is never filled in"


def test_duties_of_one_regulator_name_the_regulator(home: Home) -> None:
    verb = VERBS["case-file"]
    assert implied(home, verb, {"duties": ["postal-waybill"]})["regulator"] == "postal"
    assert "regulator" not in implied(home, verb, {"duties": ["postal-waybill", "market-agreed"]})
    assert implied(home, verb, {"duties": ["postal-waybill"], "regulator": "market"})["regulator"] == "market"
    assert implied(home, VERBS["close"], {"duties": ["postal-waybill"]}) == {"duties": ["postal-waybill"]}


@pytest.mark.parametrize("wrong", ["way", "given"])
def test_data_that_names_what_does_not_exist_is_refused(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "way.yaml").write_text("lead: {registered: [no-such-act]}\n", encoding="utf-8")
    (tmp_path / "given.yaml").write_text("close: {reason: [nowhere]}\nbases: {}\n", encoding="utf-8")
    module, load_ = (steps, steps._ways) if wrong == "way" else (suggesting, suggesting._given)
    monkeypatch.setattr(module, "__file__", str(tmp_path / "x.py"))
    load_.cache_clear()
    try:
        with pytest.raises(ValueError, match=r"no-such-act|nowhere"):
            load_()
    finally:
        load_.cache_clear()
