"""The procedure in its own words: every scenario is one sentence, checked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from qingyuan.cases import CasesError, Refused, available, due_dates
from tests.cases._world import HERE, World, law, moment, read_yaml, told

_FILES = sorted((HERE / "scenarios").glob("*.yaml"))
_SCENARIOS = [
    pytest.param(scenario, id=f"{path.stem}: {scenario['title']}")
    for path in _FILES
    for scenario in read_yaml(path)
]


def test_there_are_at_least_forty_scenarios_with_distinct_titles() -> None:
    titles = [param.values[0]["title"] for param in _SCENARIOS]  # type: ignore[index]
    assert len(titles) == len(set(titles)) >= 40


@pytest.mark.parametrize("scenario", _SCENARIOS)
def test_scenario(scenario: dict[str, Any]) -> None:
    world = told(scenario["given"])
    for step in scenario.get("and", ()):
        world.step(step)
    expected = {"refused", "error", "events", "due", "stage", "possible", "impossible"} & scenario.keys()
    assert expected, "a scenario must expect something"
    if "refused" in scenario:
        _refused(world, scenario)
    elif "error" in scenario:
        with pytest.raises(CasesError) as caught:
            world.step(scenario)
        assert caught.value.code == scenario["error"]
        assert not isinstance(caught.value, Refused)
    elif "do" in scenario:
        drafts = world.step(scenario)
        if "events" in scenario:
            assert [draft.type for draft in drafts] == [event["type"] for event in scenario["events"]]
            for draft, event in zip(drafts, scenario["events"], strict=True):
                for path, value in event.get("has", {}).items():
                    assert str(_at(draft.payload, path)) == str(value), path
    if "due" in scenario:
        _due(world, scenario)
    if "stage" in scenario:
        assert {case: world.docket.cases[case].stage for case in scenario["stage"]} == scenario["stage"]
    _possible(world, scenario)


def _refused(world: World, scenario: dict[str, Any]) -> None:
    before = world.docket
    with pytest.raises(Refused) as caught:
        world.step(scenario)
    refused, expected = caught.value, scenario["refused"]
    assert refused.code == expected.get("code", "cases.missing")
    assert refused.missing
    assert all(pair.zh and pair.en and "{" not in pair.zh + pair.en for pair in refused.missing)
    cited = [f"{citation.law}{citation.article}" for citation in refused.citations]
    for article in expected["articles"]:
        assert any(article in citation for citation in cited), (article, cited)
    for words in expected.get("missing", ()):
        assert any(words in pair.zh for pair in refused.missing), (words, refused.missing)
    if "only" in expected:
        assert len(refused.missing) == expected["only"], refused.missing
    assert world.docket is before


def _due(world: World, scenario: dict[str, Any]) -> None:
    rows = due_dates(world.docket, law=law(), now=moment(scenario["on"]), include_done=True)
    for expected in scenario["due"]:
        (row,) = [r for r in rows if r.key == expected["key"] and r.target == expected.get("case", r.target)]
        assert row.due == expected["date"]
        for name, value in (
            ("left", row.days_left),
            ("late", row.late_days),
            ("done", row.done_on is not None),
            ("firm", row.firm),
            ("stopped", row.stopped),
            ("hours", row.hours_left),
            ("at", row.due_at and row.due_at.isoformat("T", "minutes")),
        ):
            assert expected.get(name, value) == value, name
        if row.kind == "statutory":
            assert row.articles
            assert row.deadline is not None
            assert row.deadline.steps
    for absent in scenario.get("no_due", ()):
        assert not [r for r in rows if r.key == absent and r.done_on is None]


def _possible(world: World, scenario: dict[str, Any]) -> None:
    if not {"possible", "impossible"} & scenario.keys():
        return
    offers = available(world.docket, law=law(), now=moment(scenario["on"]), actor="P001")
    free = {offer.verb.name for offer in offers if offer.refused is None}
    for verb in scenario.get("possible", ()):
        assert verb in free
    for verb in scenario.get("impossible", ()):
        assert verb not in free


def _at(payload: Any, path: str) -> Any:
    for part in path.split("."):
        payload = payload[int(part)] if part.isdigit() else payload[part]
    return payload
