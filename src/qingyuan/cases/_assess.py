"""The score of a lead: a sum of reasons, each shown; it orders work and decides nothing."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction

import msgspec

from qingyuan.cases._data import label, load_data
from qingyuan.cases.events.lead import Component, Counts
from qingyuan.law import Law


class _Weight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limit: int
    zh: str
    en: str
    steps: dict[int, int] = {}
    choices: dict[str, int] = {}


class _Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    persons: _Weight
    volume: _Weight
    sensitivity: _Weight
    threshold: _Weight
    clear: _Weight
    source: _Weight
    minors: _Weight
    ongoing: _Weight
    respondent: _Weight
    tiers: dict[str, int]


class LeadFacts(msgspec.Struct, frozen=True):
    """What the score is computed from.

    Attributes:
        source: Choice ``lead-source``.
        counts: What the engines counted.
        minors: Whether minors are concerned.
        ongoing: Whether the harm goes on.
        respondent_known: Whether a respondent can be named.
    """

    source: str
    counts: Counts = Counts()
    minors: bool = False
    ongoing: bool = False
    respondent_known: bool = False


class Score(msgspec.Struct, frozen=True):
    """An explained score.

    Attributes:
        score: Sum of the points, 0-100.
        components: The reasons, those without points included, so that nothing is hidden.
        caution_zh: What the score is not, Chinese.
        caution_en: The same in English.
    """

    score: int
    components: tuple[Component, ...]
    caution_zh: str = "评分只用于安排先后，不是对线索真伪或是否违法的判断"
    caution_en: str = (
        "the score only orders work; it does not judge whether the lead is true or the law was broken"
    )


def assess(facts: LeadFacts, *, law: Law, on: date) -> Score:
    """Return the explained score of a lead.

    Args:
        facts: What is known.
        law: The law room, for the criminal threshold.
        on: Day of assessment; chooses the version of the threshold.

    Raises:
        LawError: The threshold was not in force on ``on``.
    """
    components = tuple(_components(facts, _weights(), law, on))
    return Score(score=sum(component.points for component in components), components=components)


@functools.cache
def _weights() -> _Weights:
    return load_data("assess.yaml", _Weights)


def _components(facts: LeadFacts, weights: _Weights, law: Law, on: date) -> Iterator[Component]:
    counts = facts.counts
    items = counts.sensitive + counts.important + counts.general
    yield _persons(weights.persons, counts)
    yield _made("volume", weights.volume, _step(weights.volume, items), f"{items:,} 条", f"{items:,}")
    yield _sensitivity(weights, counts)
    yield _threshold(weights.threshold, counts, law, on)
    clear = max(0, sum(counts.kinds.values()) - counts.masked)
    points = weights.clear.limit if clear else 0
    yield _made("clear", weights.clear, points, f"{clear:,} 处未脱敏", f"{clear:,} not masked")
    source = label("lead-source", facts.source)
    yield _made("source", weights.source, weights.source.choices.get(facts.source, 0), source.zh, source.en)
    for name, weight, is_so in (
        ("minors", weights.minors, facts.minors),
        ("ongoing", weights.ongoing, facts.ongoing),
        ("respondent", weights.respondent, facts.respondent_known),
    ):
        yield _made(
            name,
            weight,
            weight.limit if is_so else 0,
            "是" if is_so else "未确认",
            "yes" if is_so else "not confirmed",
        )


def _persons(weight: _Weight, counts: Counts) -> Component:
    if counts.persons is None:
        return _made("persons", weight, 0, "无法去重，不计分", "cannot be told apart; no points")
    points = _step(weight, counts.persons)
    return _made("persons", weight, points, f"{counts.persons:,} 人", f"{counts.persons:,}")


def _sensitivity(weights: _Weights, counts: Counts) -> Component:
    classes: Mapping[str, tuple[int, str, str]] = {
        "sensitive": (
            counts.sensitive,
            "有行踪轨迹、通信内容、征信、财产类信息",
            "track, content, credit or property information",
        ),
        "important": (
            counts.important,
            "有可能影响人身财产安全的信息",
            "information that may affect safety of person or property",
        ),
        "general": (counts.general, "只有其他个人信息", "other personal information only"),
    }
    for name, (count, zh, en) in classes.items():
        if count:
            return _made("sensitivity", weights.sensitivity, weights.tiers[name], zh, en)
    return _made("sensitivity", weights.sensitivity, 0, "没有计数", "nothing was counted")


def _threshold(weight: _Weight, counts: Counts, law: Law, on: date) -> Component:
    found = law.threshold(counts.sensitive, counts.important, counts.general, on=on)
    share = Fraction(found.ratio)
    points = weight.limit if share >= 1 else int(weight.limit * share)
    percent = int(share * 100)
    return _made("threshold", weight, points, f"达到标准的 {percent:,}%", f"{percent:,}% of the standard")


def _step(weight: _Weight, value: int) -> int:
    return max((points for least, points in weight.steps.items() if value >= least), default=0)


def _made(name: str, weight: _Weight, points: int, zh: str, en: str) -> Component:
    return Component(
        id=name,
        points=min(points, weight.limit),
        limit=weight.limit,
        zh=f"{weight.zh}：{zh}",
        en=f"{weight.en}: {en}",
    )
