"""An act, its guard and its words are added by YAML alone."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
import yaml

from qingyuan.cases import Refused, Verb, choice_lists, decide
from qingyuan.cases._data import Loader
from qingyuan.cases.timeline import describe
from tests.cases._world import law, moment, told

VERB = """
name: visit-warehouse
zh: 走访云仓
en: visit the warehouse
scope: case
records: warehouse-visit
stages: [filed, investigated]
rules: [pil-rules-methods]
needs: [{fact: filing-served, rule: pil-rules-filing-service}, {fact: "not:warehouse-visit"}]
asks: [{fact: two-investigators, rule: pil-rules-two-persons}]
params:
  - {name: case, type: case, zh: 案件, en: case}
  - {name: on, type: date, default: today, after: filing_served_on, zh: 日期, en: day}
  - {name: investigators, type: persons, zh: 调查人员, en: investigators}
  - {name: seen, type: text, zh: 所见, en: what was seen}
"""
ARGS = {"case": "C2026-0001", "investigators": ["P001", "P002"], "seen": "面单明文"}


def _verb() -> Verb:
    return msgspec.convert(yaml.load(VERB, Loader=Loader), Verb)


def test_a_verb_of_yaml_writes_an_event_that_folds_and_prints() -> None:
    world, day = told("served"), date(2026, 3, 20)
    (draft,) = decide(_verb(), world.docket, ARGS, law=law(), now=moment(day), actor="P001")
    world.write(draft.stream, draft.type, draft.payload, day)
    (act,) = world.docket.cases["C2026-0001"].acted("warehouse-visit")
    assert (act.on, act.fields["seen"]) == (day, "面单明文")
    assert world.docket.cases["C2026-0001"].day("acts.warehouse-visit") == day
    assert "warehouse-visit" in describe(world.events[-1]).zh


@pytest.mark.parametrize(
    ("story", "change", "article"),
    [
        ("filed", {}, "第七十条第一款"),
        ("served", {"investigators": ["P001"]}, "第三十六条"),
        ("served", {"seen": ""}, "第三十五条"),
    ],
)
def test_its_guards_refuse_with_the_article(story: str, change: dict[str, object], article: str) -> None:
    with pytest.raises(Refused) as caught:
        decide(
            _verb(),
            told(story).docket,
            {**ARGS, **change},  # type: ignore[dict-item]
            law=law(),
            now=moment(date(2026, 3, 20)),
            actor="P001",
        )
    assert article in [citation.article for citation in caught.value.citations]


def test_the_ways_of_service_are_those_of_the_law_room() -> None:
    assert list(choice_lists()["service-mode"]) == [mode.id for mode in law().service_modes()]
