"""The data of verbs holds together, and particulars are read strictly."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from qingyuan.cases import (
    VERBS,
    CasesError,
    CaseStage,
    LeadStage,
    MeasureStatus,
    Refused,
    available,
    choice_lists,
    decide,
)
from qingyuan.cases._acts import ACTS, act_of
from qingyuan.cases._checks import of_limit, of_task, of_verb
from qingyuan.cases._data import Limit, Need, TaskRule, limits, remarks, rules_of, sentences, task_rules
from qingyuan.cases._facts import FACT_KINDS, PREDICATES
from qingyuan.cases._procedure import packaged
from tests.cases._world import CST, law, moment, told


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_a_verb_is_complete(verb: Any) -> None:
    assert callable(act_of(verb))
    assert not [*of_verb(verb, packaged(), law())]
    assert all(param.zh and (param.en.isascii() or "’" in param.en) for param in verb.params)


def test_every_packaged_verb_is_in_a_group_and_every_group_has_verbs() -> None:
    used = {verb.group for verb in VERBS.values()}
    assert used | {"local"} == choice_lists()["verb-group"].keys()
    assert "local" not in used


@pytest.mark.parametrize("limit", limits(), ids=lambda one: f"{one.id} {one.urgent}")
def test_a_time_limit_is_complete(limit: Limit) -> None:
    assert not [*of_limit(limit, packaged(), law())]


@pytest.mark.parametrize("task", task_rules(), ids=lambda one: f"{one.verb} {' '.join(one.stages)}")
def test_a_task_is_complete(task: TaskRule) -> None:
    assert not [*of_task(task, packaged(), law())]
    assert task.zh
    assert task.en.isascii()


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"stages": ("asleep",)}, "stages"),
        ({"rules": ("no-such-rule",)}, "rules"),
        ({"rules": ()}, "rules"),
        ({"timing": "no-such-period"}, "timing"),
        ({"needs": (Need("did:nothing"),)}, "needs"),
        ({"needs": (Need("no-such-fact"),)}, "needs"),
        ({"asks": (Need("over:no-such-period"),)}, "asks"),
        ({"asks": (Need("least:on/no-such-number"),)}, "asks"),
        ({"moves": "nowhere"}, "moves"),
        ({"group": "nowhere"}, "group"),
        ({"office": "nobody"}, "office"),
        ({"params": ()}, "params"),
    ],
)
def test_what_a_verb_names_and_there_is_not_is_found(change: dict[str, Any], at: str) -> None:
    wrong = replace(VERBS["receive-judgment"], **change)
    assert at in {problem.at[0] for problem in of_verb(wrong, packaged(), law())}


def test_every_act_predicate_and_sentence_is_used() -> None:
    assert ACTS.keys() == {verb.name for verb in VERBS.values() if not verb.records}
    assert {verb.records for verb in VERBS.values() if verb.records} == choice_lists()["act"].keys()
    used = {need.fact for verb in VERBS.values() for need in (*verb.when, *verb.needs, *verb.asks)}
    used |= {fact for task in task_rules() for fact in (*task.when, *task.unless)}
    assert {fact for fact in used if ":" not in fact} == PREDICATES.keys()
    used |= {fact.partition(":")[0] for fact in used}
    general = {
        "stage",
        "track",
        "not-suspended",
        "parameter",
        "future-date",
        "too-early",
        "unknown-exhibit",
        "id-taken",
        "newer-events",
        "time-of-another-day",
        "approved-before",
        "known-lead",
        "least",
    }
    said = {param.lacking for verb in VERBS.values() for param in verb.params}
    assert said - {""} <= sentences().keys()
    assert {name.split(".")[0] for name in sentences().keys() - said} - general <= used


def test_every_rule_named_is_a_rule_of_the_law_room() -> None:
    named = {sentence.rule for sentence in (*sentences().values(), *remarks().values())}
    named |= {one.rule for values in choice_lists().values() for one in values.values()}
    for verb in VERBS.values():
        named |= {*verb.rules, *(p.rule for p in verb.params), *(n.rule for n in (*verb.needs, *verb.asks))}
    rules = {rule for name in named for rule in rules_of(name, None)}
    assert len(rules) > 40
    for rule in rules:
        assert law().cite(rule).article


def test_stages_statuses_and_facts_have_names_in_both_languages() -> None:
    lists = choice_lists()
    assert set(lists["lead-stage"]) == set(LeadStage)
    assert set(lists["case-stage"]) == set(CaseStage)
    assert set(lists["measure-status"]) == set(MeasureStatus)
    for track, kinds in FACT_KINDS.items():
        assert set(lists[f"fact-{track}"]) == set(kinds)
    assert all(one.zh and one.en for values in lists.values() for one in values.values())


def _decide(story: str, verb: str, args: dict[str, Any], now: datetime | None = None) -> Any:
    return decide(
        verb, told(story).docket, args, law=law(), now=now or moment(date(2026, 6, 3)), actor="P001"
    )


@pytest.mark.parametrize(
    ("args", "place"),
    [
        ({"lead": "L1", "title": "x", "source": "media", "field": "x"}, "lead"),
        ({"lead": "L2026-0002", "received_on": "3 March"}, "received_on"),
        ({"lead": "L2026-0002", "major": "perhaps"}, "major"),
        ({"lead": "L2026-0002", "persons": -1}, "persons"),
        ({"lead": "L2026-0002", "persons": "1e3"}, "persons"),
        ({"lead": "L2026-0002", "kinds": {"mobile": True}}, "kinds"),
        ({"lead": "L2026-0002", "exhibits": ["X12"]}, "exhibits"),
        ({"lead": "L2026-0002", "exhibits": [1]}, "exhibits"),
        ({"lead": "L2026-0002", "title": 7}, "title"),
        ({"lead": "L2026-0002", "received_on": 20260303}, "received_on"),
    ],
)
def test_a_particular_that_cannot_be_read_is_named(args: dict[str, Any], place: str) -> None:
    with pytest.raises(CasesError) as caught:
        _decide("registered", "lead-register", args)
    assert caught.value.code == "cases.bad-argument"
    assert caught.value.where == f"lead-register {place}"


def test_a_text_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(CasesError) as caught:
        _decide("registered", "lead-register", {"lead": "13800138000", "title": "x"})
    assert "13800138000" not in str(caught.value.as_dict()) + str(caught.value)


def test_words_and_native_types_are_read_alike() -> None:
    words = {
        "lead": "L2026-0002",
        "title": " 标题 ",
        "source": "媒体舆论",
        "field": "x",
        "received_on": "2026-06-01",
    }
    native = {
        "lead": "L2026-0002",
        "title": "标题",
        "source": "media",
        "field": "x",
        "received_on": date(2026, 6, 1),
    }
    one = _decide("registered", "lead-register", {**words, "major": "是", "persons": "5000", "summary": "  "})
    two = _decide("registered", "lead-register", {**native, "major": True, "persons": 5000, "summary": None})
    assert one == two


def test_an_unknown_argument_verb_or_record_is_named() -> None:
    for verb, args, code in (
        ("lead-register", {"colour": "red"}, "cases.unknown-argument"),
        ("lead-levitate", {}, "cases.unknown-verb"),
        ("close", {"case": "C2026-0077"}, "cases.no-such-record"),
        ("close", {}, "cases.no-such-record"),
        ("verify-measure", {"case": "C2026-0001", "measure": "m77"}, "cases.no-such-record"),
    ):
        with pytest.raises(CasesError) as caught:
            _decide("measured", verb, args)
        assert caught.value.code == code
        assert caught.value.remedy_zh


def test_the_day_of_recording_is_that_of_china() -> None:
    args = {"lead": "L2026-0002", "title": "x", "source": "media", "field": "x"}
    late = datetime.fromisoformat("2026-06-03T17:30:00+00:00")
    (draft,) = _decide("registered", "lead-register", args, late)
    assert draft.payload["received_on"] == "2026-06-04"
    with pytest.raises(CasesError) as caught:
        _decide("registered", "lead-register", args, late.replace(tzinfo=None))
    assert caught.value.code == "cases.naive-time"
    assert late.astimezone(CST).date() == date(2026, 6, 4)


def test_nothing_is_decided_on_a_docket_with_events_of_a_later_version() -> None:
    world = told("filed")
    world.write("C2026-0001", "case.telepathised", {}, date(2026, 6, 1))
    with pytest.raises(Refused) as caught:
        world.act("serve-filing", {"case": "C2026-0001", "mode": "direct"}, date(2026, 6, 3))
    assert caught.value.code == "cases.newer-events"
    assert "case.telepathised" in caught.value.zh
    offers = available(world.docket, law=law(), now=moment(date(2026, 6, 3)), actor="P001")
    assert all(offer.refused is not None and offer.refused.code == "cases.newer-events" for offer in offers)


def test_a_refusal_tells_a_person_what_why_and_where() -> None:
    with pytest.raises(Refused) as caught:
        _decide(
            "filed", "consult", {"case": "C2026-0001", "form": "meeting", "topics": ["plan"], "outcome": "x"}
        )
    refused = caught.value
    assert refused.exit_code == 1
    assert refused.where == "C2026-0001"
    assert refused.text("zh").startswith(
        "C2026-0001: 暂不能“磋商”：立案决定书尚未送达行政机关；未填写“书面记录"
    )
    assert "the filing decision has not been served on the organ" in refused.text("en")
    assert "art. 70" in refused.en
    assert refused.en.isascii() or "“" in refused.en
    assert [(c.law, c.article) for c in refused.citations] == [("人民检察院公益诉讼办案规则", "第七十条")]
