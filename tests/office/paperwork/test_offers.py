"""A form is offered where its act stands; a refusal names what is missing and the article."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import msgspec
import pytest

from qingyuan.documents import Unknown, fill, find_form, forms
from qingyuan.documents.filling import missing
from qingyuan.law import load as load_law
from qingyuan.office.paperwork import FormOffer, docket_facts, form_offers
from qingyuan.store import StoredEvent
from tests.cases._world import World, law, moment, told
from tests.cli.test_added_by_yaml import FILES
from tests.office.paperwork.told import (
    document_from,
    document_of,
    facts_of,
    last_day,
    logged,
    stories,
    target_of,
    world_of,
)


def offers(world: World, target: str, events: tuple[StoredEvent, ...] | None = None) -> dict[str, FormOffer]:
    found = form_offers(
        forms(),
        world.docket,
        events or logged(world),
        target,
        law=law(),
        now=moment(last_day(world)),
        actor="P001",
    )
    return {offer.form.id: offer for offer in found}


@pytest.mark.parametrize("form", sorted(stories()))
def test_every_form_is_offered_in_its_docket(form: str) -> None:
    offer = offers(world_of(form), target_of(form))[form]
    assert offer.state in {"due", "possible"}
    assert offer.refused is None


def test_a_case_just_filed_can_have_its_filing_decision_and_no_suggestion() -> None:
    found = offers(told("filed"), "C2026-0001")
    assert found["filing-decision"].state == "due"
    refused = found["suggestion"].refused
    assert refused is not None
    assert refused.exit_code == 1
    assert any("调查终结" in lack.zh for lack in refused.missing)
    assert "第七十五条" in "".join(citation.article for citation in refused.citations)


def test_what_is_made_before_an_act_is_refused_while_the_act_is_not_possible() -> None:
    before = offers(told("filed"), "C2026-0001")["consultation-letter"]
    assert before.state == "refused"
    assert before.refused is not None
    assert "第七十条" in "".join(citation.article for citation in before.refused.citations)
    assert "立案决定书尚未送达" in before.refused.zh
    after = offers(told("served"), "C2026-0001")["consultation-letter"]
    assert (after.state, after.about) == ("due", None)


def test_what_records_an_act_waits_for_the_act_though_it_is_possible() -> None:
    offer = offers(told("served"), "C2026-0001")["consultation-minutes"]
    assert offer.refused is not None
    assert "尚无“磋商”的记录" in offer.refused.zh


def test_an_instrument_of_the_other_track_is_refused_by_track() -> None:
    refused = offers(told("filed"), "C2026-0001")["complaint-civil"].refused
    assert refused is not None
    assert "民事公益诉讼" in refused.zh
    assert "civil" in refused.en


def test_a_lead_has_forms_of_leads_and_a_case_those_of_cases() -> None:
    assert {offer.form.scope for offer in offers(told("registered"), "L2026-0001").values()} == {"lead"}
    assert {offer.form.scope for offer in offers(told("filed"), "C2026-0001").values()} == {"case"}


def test_a_document_is_made_until_its_act_happens_again() -> None:
    world = world_of("questioning-record")
    events = logged(world)
    made = msgspec.structs.replace(
        events[-1], index=events[-1].index + 1, type="document.made", payload={"form": "questioning-record"}
    )
    assert offers(world, "C2026-0001", (*events, made))["questioning-record"].state == "made"
    again = msgspec.structs.replace(events[-1], index=made.index + 1)
    state = offers(world, "C2026-0001", (*events, made, again))["questioning-record"]
    assert (state.state, state.about) == ("due", again.index)


def test_no_document_prints_an_identifier_of_the_data_where_words_belong() -> None:
    rule = re.compile(r"[a-z]+(?:-[a-z]+)+")
    for form in sorted(stories()):
        assert not rule.findall(document_of(form).text()), form


def test_a_rule_that_was_not_in_force_on_the_day_is_a_blank_and_no_citation() -> None:
    world = world_of("filing-decision")
    facts = docket_facts(
        world.docket, logged(world), "C2026-0001", law=law(), office="某院", today=date(2020, 11, 2)
    )
    cite = facts["cite"]
    assert callable(cite)
    blank = cite("pil-rules-filing")
    assert isinstance(blank, Unknown)
    made = fill(forms()["filing-decision"], facts, title="t", author="a", issued=date(2020, 11, 2))
    assert "【当时适用的规定】" in made.text()
    assert "the rule that applied on the day" in [one.en for one in made.missing]


def test_a_form_of_a_local_act_names_that_act_in_its_refusal(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    world = told("served")
    (offer,) = form_offers(
        {"visit-note": find_form("visit-note", tmp_path / "forms")},
        world.docket,
        logged(world),
        "C2026-0001",
        law=load_law(tmp_path / "law"),
        now=moment(last_day(world)),
        actor="P001",
    )
    assert offer.refused is not None
    assert [lack.zh for lack in offer.refused.missing] == ["尚无“走访现场”的记录"]


def test_papers_of_a_case_over_heroes_tell_what_the_relatives_said_and_of_no_notice() -> None:
    suit, review = told("sued-heroes"), told("to-sue-heroes")
    offer = offers(suit, "C2026-0002")["complaint-civil"]
    assert (offer.state, offer.refused) == ("due", None)
    for form, world in (("complaint-civil", suit), ("review-report", review)):
        events = logged(world)
        text = document_from(find_form(form), events, "C2026-0002").text()
        assert "直接征询近亲属的意见：不自行起诉，同意检察机关起诉" in text
        assert "公告期" not in text
    complaint = document_from(find_form("complaint-civil"), logged(suit), "C2026-0002").text()
    assert "第十三条" in complaint
    assert "已履行征询近亲属意见程序的材料" in complaint


def test_a_complaint_with_neither_notice_nor_relatives_is_refused() -> None:
    facts = dict(facts_of("complaint-civil", told("sued-heroes")))
    facts.pop("act")
    assert [need.zh for need in missing(find_form("complaint-civil"), facts)] == [
        "诉前公告（英雄烈士案件为近亲属的意见）"
    ]
