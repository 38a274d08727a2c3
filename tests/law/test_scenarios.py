"""Every scenario file, one test a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from qingyuan.law import Amounts, Citation, Exclusion, Facts, Law, LawError, load

FOLDER = Path(__file__).parent / "scenarios"


def scenarios() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.yaml")):
        for scenario in yaml.load(file.read_bytes(), yaml.CSafeLoader):
            yield pytest.param(scenario["ask"], scenario["expect"], id=f"{file.stem}: {scenario['title']}")


#: What is not compared word for word.
_APART = {"articles", "absent", "step", "says"}


@pytest.mark.parametrize(("ask", "expect"), list(scenarios()))
def test_scenario(ask: dict[str, Any], expect: dict[str, Any]) -> None:
    answer = {
        "deadline": deadline,
        "threshold": threshold,
        "jurisdiction": jurisdiction,
        "cite": cite,
        "duties": duties,
        "damages": damages,
        "service": service,
        "conduct": conduct,
    }[next(iter(ask))]
    if "refused" in expect:
        with pytest.raises(LawError) as caught:
            answer(load(), ask)
        assert caught.value.code == expect["refused"]
        assert caught.value.zh
        assert caught.value.en
        assert caught.value.remedy_zh
        assert caught.value.remedy_en
        return
    found = answer(load(), ask)
    assert {key: found[key] for key in expect if key not in _APART} == {
        key: value for key, value in expect.items() if key not in _APART
    }
    assert set(expect.get("articles", ())) <= set(found["articles"])
    assert not set(expect.get("absent", ())) & set(found["articles"])
    if "says" in expect:
        assert expect["says"] in found["said"]
    if "step" in expect:
        assert expect["step"] in found["steps"]


def deadline(law: Law, ask: dict[str, Any]) -> dict[str, Any]:
    start: date | datetime = ask["from"]
    spans = tuple((first, last) for first, last in ask.get("suspend", ()))
    answer = law.deadline(
        ask["deadline"],
        start,
        extend=ask.get("extend", 0),
        suspend=spans,
        analogous=ask.get("analogous", False),
    )
    explained(answer.steps)
    return {
        "due": answer.due,
        "firm": answer.firm,
        "at": answer.at,
        "verified": answer.verified,
        "statutory": answer.statutory,
        "suspended": answer.suspended_days,
        "articles": printed(answer.articles),
        "steps": {step.date for step in answer.steps},
        "said": "".join(f"{step.zh}{step.en}" for step in answer.steps),
    }


def threshold(law: Law, ask: dict[str, Any]) -> dict[str, Any]:
    gain = ask.get("gain")
    answer = law.threshold(
        *ask["threshold"],
        gain=None if gain is None else Decimal(gain),
        insider=ask.get("insider", False),
        on=ask.get("on"),
        recipients=ask.get("recipients"),
        excluded=msgspec.convert(ask.get("excluded", []), list[Exclusion]),
        business=ask.get("business", False),
    )
    explained(answer.basis)
    return {**msgspec.structs.asdict(answer), "articles": printed(answer.articles)}


def jurisdiction(law: Law, ask: dict[str, Any]) -> dict[str, Any]:
    facts = msgspec.convert(ask["facts"], Facts)
    answer = law.jurisdiction(ask["jurisdiction"], facts, analogous=ask.get("analogous", False))
    explained(answer.notes)
    for candidate in answer.candidates:
        explained(candidate.reasons)
    preferred = answer.preferred
    return {
        "preferred": None if preferred is None else f"{preferred.level.value} {preferred.division}",
        "candidates": [f"{each.level.value} {each.division}" for each in answer.candidates],
        "courts": [
            f"{each.office.kind if each.office else 'court'} {each.level.value} {each.division}"
            for each in answer.courts
        ],
        "suing": [f"{each.level.value} {each.division}" for each in answer.suing],
        "firm": answer.firm,
        "office": answer.candidates[0].office.name if answer.candidates[0].office else None,
        "said": "".join(
            step.zh
            for steps in (answer.notes, *(each.reasons for each in (*answer.candidates, *answer.courts)))
            for step in steps
        ),
        "articles": printed(answer.articles),
    }


def cite(law: Law, ask: dict[str, Any]) -> dict[str, Any]:
    citation = law.cite(ask["cite"], ask["on"])
    assert law.provision(ask["cite"], ask["on"]).citation == citation
    return {**msgspec.structs.asdict(citation), "articles": {citation.article}}


def duties(law: Law, ask: dict[str, Any]) -> dict[str, Any]:
    answer = law.duties(ask["duties"], ask.get("regulator"), ask["on"])
    assert all(duty.proof_zh and duty.proof_en and duty.act_zh and duty.act_en for duty in answer)
    return {
        "ids": [duty.id for duty in answer],
        "articles": {article for duty in answer for article in printed(duty.articles)},
    }


def service(law: Law, ask: dict[str, Any]) -> dict[str, Any]:
    answer = law.service(ask["service"], ask["on"], analogous=ask.get("analogous", False))
    explained(answer.steps)
    return {
        "day": answer.day,
        "firm": answer.firm,
        "verified": answer.verified,
        "asks": answer.asks_zh,
        "articles": printed(answer.articles),
    }


def damages(law: Law, ask: dict[str, Any]) -> dict[str, Any]:
    answer = law.damages(ask["damages"], msgspec.convert(ask["amounts"], Amounts, strict=False), on=ask["on"])
    explained(answer.steps)
    return {
        **{head.id: [float(head.low), float(head.high)] for head in answer.heads},
        "total": [float(answer.low), float(answer.high)],
        "discretionary": answer.discretionary,
        "missing": list(answer.missing),
        "verified": answer.verified,
        "articles": printed(answer.articles),
    }


def printed(citations: tuple[Citation, ...]) -> set[str]:
    return {citation.article for citation in citations}


def explained(steps: tuple[Any, ...]) -> None:
    assert steps
    assert all(step.zh and step.en for step in steps)


def conduct(law: Law, ask: dict[str, Any]) -> dict[str, Any]:
    answer = law.conduct(ask["conduct"], ask["from"], ask["until"])
    explained(answer.steps)
    return {
        "spans": [
            [span.first, span.last, span.provision.citation.article if span.provision else None]
            for span in answer.spans
        ],
        "verified": all(span.provision.verified for span in answer.spans if span.provision),
        "articles": printed(answer.articles),
    }
