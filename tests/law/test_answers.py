"""What every answer carries: both languages, its source, and whether it was read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

import qingyuan.law
from qingyuan.evidence.acquisition import requirements
from qingyuan.law import Amounts, Facts, LawError, Level, Office, Organ, Provision, load

WELL_KNOWN = [
    "filing-decision-service",
    "suggestion-service",
    "suggestion-record",
    "agency-reply",
    "agency-reply-urgent",
    "civil-notice",
    "settlement-notice",
    "administrative-suit-review",
    "civil-suit-review",
    "complaint-record",
    "judgment-record",
    "appeal-judgment",
    "appeal-ruling",
    "look-back-default",
]


def every_provision() -> list[Provision]:
    return list(load().search("第")) + list(load().search("本院设置"))


@pytest.mark.parametrize("period", WELL_KNOWN)
def test_the_periods_others_rely_on_exist(period: str) -> None:
    assert period in {each.id for each in load().periods()}


def test_every_period_has_both_languages() -> None:
    for period in load().periods():
        assert period.zh
        assert period.en
        assert period.start_zh
        assert period.start_en
        assert period.length_zh
        assert period.length_en


def test_every_provision_has_both_languages_and_a_source() -> None:
    provisions = every_provision()
    assert len(provisions) > 150
    for provision in provisions:
        assert provision.zh
        assert provision.en
        assert provision.en.isascii() or "–" in provision.en or "“" in provision.en, provision.rule
        assert provision.citation.source
        assert provision.citation.law_en
        assert provision.citation.version


def test_what_was_not_read_says_so() -> None:
    assert not load().cite("hearing-rules-number").verified
    assert not load().cite("crime-transfer-2021-purpose").verified
    answer = load().deadline("settlement-notice", date(2021, 2, 7))
    assert not answer.verified
    assert any(step.zh.startswith("未核对原文") for step in answer.steps)


def test_a_deadline_read_in_full_does_not_claim_otherwise() -> None:
    answer = load().deadline("agency-reply", date(2026, 3, 2))
    assert answer.verified
    assert not any(step.zh.startswith("未核对原文") for step in answer.steps)


def test_search_finds_all_words_in_either_language() -> None:
    found = {provision.rule for provision in load().search("运单 加密")}
    assert found == {"express-measures-waybill", "waybill-standard-display"}
    assert "express-measures-waybill" in {each.rule for each in load().search("WAYBILLS encryption")}
    assert load().search("") == ()
    assert load().search("绝不存在的词语") == ()


def test_search_on_a_day_leaves_out_what_was_not_in_force() -> None:
    assert not any(each.rule.startswith("pipl-") for each in load().search("个人信息", on=date(2021, 10, 31)))
    assert any(each.rule.startswith("pipl-") for each in load().search("个人信息", on=date(2021, 11, 1)))


def test_the_four_regulators_of_the_waybill_case_have_a_legal_duty() -> None:
    duties = load().duties("express-waybill", None, date(2026, 1, 5))
    founded = {duty.regulator for duty in duties if duty.basis == "law"}
    assert founded >= {"postal", "police", "cyberspace", "market"}
    assert {duty.basis for duty in duties if duty.id.endswith("-agreed")} == {"reference"}


def test_regulators_and_fields_are_listed_with_their_names() -> None:
    assert "postal" in {each.id for each in load().regulators()}
    assert "快递面单" in {each.zh for each in load().fields()}
    for regulator in load().regulators():
        for name in (regulator.id, regulator.zh, regulator.en, *regulator.aliases):
            assert all(duty.regulator == regulator.id for duty in load().duties(None, name))


def test_all_duties_are_listed_without_a_filter() -> None:
    assert len(load().duties()) >= 24
    assert all(duty.articles for duty in load().duties())


def test_the_callers_office_wins_over_the_seed() -> None:
    own = Office(id="mine", name="本院", level=Level.COUNTY, division="330782")
    facts = Facts(on=date(2026, 1, 5), respondent=Organ("某局", Level.COUNTY, "330782"))
    preferred = load().jurisdiction("administrative", facts, [own]).preferred
    assert preferred is not None
    assert preferred.office == own


def test_a_proposal_goes_to_json() -> None:
    facts = Facts(on=date(2026, 1, 5), act=("330782",))
    plain = msgspec.to_builtins(load().jurisdiction("civil", facts))
    assert plain["candidates"][0]["office"]["name"] == "义乌市人民检察院"
    assert plain["candidates"][0]["office"]["verified"] is False
    assert plain["track"] == "civil"


@pytest.mark.parametrize(
    ("article", "zh", "en"),
    [
        ("pil-rules-gap", "第一百一十一条", "art. 111"),
        ("pil-rules-support", "第一百条、第一百零一条、第一百零三条", "arts. 100, 101, 103"),
        ("pi-crime-tier-a", "第五条第一款第三项", "art. 5(1) item 3"),
        ("civil-code-inclusive", "第一千二百五十九条", "art. 1259"),
        ("civil-code-personal-information", "第一千零三十四条", "art. 1034"),
        ("hearing-rules-notice", "第十条", "art. 10"),
        ("criminal-law-personal-information", "第二百五十三条之一", "art. 253-1"),
    ],
)
def test_articles_print_as_the_statutes_print_them(article: str, zh: str, en: str) -> None:
    citation = load().cite(article)
    assert (citation.article, citation.article_en) == (zh, en)


def test_every_regulator_and_field_has_a_duty() -> None:
    assert all(load().duties(None, regulator.id) for regulator in load().regulators())
    assert all(load().duties(field.id) for field in load().fields())


def test_a_threshold_names_its_version_in_both_languages() -> None:
    answer = load().threshold(50, 0, 0)
    assert answer.version.endswith("2017年公布（2017-06-01起施行）")
    assert answer.version_en.endswith("2017 text (in force from 2017-06-01)")
    assert answer.articles[0].doc_no == "法释〔2017〕10号"


def test_the_guiding_order_of_an_undecided_case_is_left_to_people() -> None:
    facts = Facts(on=date(2026, 1, 5), act=("330110",), result=("330782", "330702"), online=True)
    proposal = load().jurisdiction("civil", facts)
    assert proposal.preferred is None
    assert {each.division for each in proposal.candidates} == {"330110", "330782", "330702", "330700"}
    assert any("指定" in reason.zh for each in proposal.candidates for reason in each.reasons)


def test_an_online_case_away_from_the_company_warns() -> None:
    facts = Facts(
        on=date(2026, 1, 5),
        respondent=Organ("某局", Level.COUNTY, "330782"),
        result=("330782", "330702"),
        domicile=("330110",),
        online=True,
    )
    notes = load().jurisdiction("administrative", facts).notes
    assert any("330110" in note.zh and "330110" in note.en for note in notes)


def test_a_title_within_a_title_stands_in_single_marks() -> None:
    """GB/T 15834-2011, 4.15.3.3: 〈〉 within 《》."""
    cited = load().cite("cpl-interpretation-settlement-notice", date(2026, 1, 1))
    assert "《中华人民共和国民事诉讼法》" in cited.law
    assert cited.zh == f"《最高人民法院关于适用〈中华人民共和国民事诉讼法〉的解释》{cited.article}"
    assert cited.en == f"{cited.law_en}, {cited.article_en}"
    assert "zh" not in msgspec.to_builtins(cited)


def test_no_program_text_puts_marks_around_a_title_by_hand() -> None:
    """A title may hold another one; whoever prints one asks :func:`qingyuan.law.titled` or :attr:`Citation.zh`."""
    root = Path(qingyuan.law.__file__).parents[1]
    alone = {
        "law/_titles.py",
        "evidence/acquisition.py",
    }  # evidence knows no law room; its titles are its own
    written = {
        file.relative_to(root).as_posix()
        for kind in ("*.py", "*.html", "*.yaml")
        for file in root.rglob(kind)
        if "《{" in file.read_text(encoding="utf-8")
    }
    assert written == alone


def test_no_title_of_the_evidence_room_holds_another() -> None:
    assert not [one.law for one in requirements() if set(one.law) & set("《》")]


def test_every_provision_stands_in_an_instrument_of_a_known_kind() -> None:
    law = load()
    kinds = {law.kind_of(one.rule) for one in law.provisions()}
    assert {"law", "interpretation", "regulation", "rule"} <= kinds
    assert "" not in kinds
    assert law.kind_of("pil-interpretation-reply") == "interpretation"


def test_the_steps_of_a_threshold_give_shares_as_decimals() -> None:
    law = load()
    exact = law.threshold(8700, 0, 0, on=date(2026, 3, 2))
    assert any("174" in step.zh and "174/" not in step.zh for step in exact.basis)
    near = law.threshold(0, 0, 1, on=date(2026, 3, 2))
    assert any("0.0002" in step.zh for step in near.basis)


def test_damages_of_conduct_over_a_change_are_computed_by_each_version_and_say_what_decides() -> None:
    law, known = load(), Amounts(gain=Decimal(34000))
    kind, first, last = "personal-information", date(2020, 6, 1), date(2022, 2, 1)
    found = law.damages_over(kind, known, first, last)
    assert [(one.first, one.last) for one in found.spans] == [
        (first, date(2020, 12, 31)), (date(2021, 1, 1), date(2021, 10, 31)), (date(2021, 11, 1), last),
    ]  # fmt: skip
    for span in found.spans:
        assert span.damages == law.damages(kind, known, on=span.first)
        assert span.damages == law.damages(kind, known, on=span.last)
    assert found.articles
    assert len(found.steps) == len(found.articles)
    within = law.damages_over(kind, known, date(2022, 1, 1), last)
    assert (len(within.spans), within.steps, within.articles) == (1, (), ())
    before = law.damages_over(kind, known, date(2010, 6, 1), date(2010, 8, 1))
    assert [one.damages is None for one in before.spans] == [True, False]
    for wrong in ((last, first), (date(2000, 1, 1), date(2000, 2, 1))):
        with pytest.raises(LawError):
            law.damages_over(kind, known, *wrong)
