"""Conduct that goes on over a change of the law: which version applied when, and what decides between them."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from qingyuan.law._store import Store
from qingyuan.law._versions import Citer
from qingyuan.law._words import articles_en, articles_zh
from qingyuan.law.errors import LawError
from qingyuan.law.model import Citation, Provision, Step

_DAY = timedelta(days=1)


class Span(msgspec.Struct, frozen=True):
    """Days of the conduct on which one version applied.

    Attributes:
        first: First day.
        last: Last day, included.
        provision: The rule as it was then; ``None`` when it was not in force.
    """

    first: date
    last: date
    provision: Provision | None


class Conduct(msgspec.Struct, frozen=True):
    """A rule over the days of an act that went on.

    Attributes:
        rule: Identifier of the rule.
        spans: The days by version, in order.
        steps: The same in words; where there is more than one version, also what decides between them.
        articles: The rules that decide, where there is more than one version; else empty.
    """

    rule: str
    spans: tuple[Span, ...]
    steps: tuple[Step, ...]
    articles: tuple[Citation, ...]


def over(store: Store, citer: Citer, rule: str, first: date, last: date) -> Conduct:
    """Return how ``rule`` stood from ``first`` to ``last``.

    Raises:
        LawError: No such rule, ``last`` before ``first``, or the rule was in force on none of the days.
    """
    check_span(first, last)
    begins = [first, *(day for day in citer.changes(rule) if first < day <= last)]
    ends = [*(day - _DAY for day in begins[1:]), last]
    spans = tuple(
        Span(start, end, citer.provision(rule, start) if citer.in_force(rule, start) else None)
        for start, end in zip(begins, ends, strict=True)
    )
    if not any(span.provision for span in spans):
        citer.cite(rule, last)
    steps = [_told(span) for span in spans]
    articles: tuple[Citation, ...] = ()
    if len(spans) > 1:
        articles, decide = deciding(store, citer, first, last)
        steps += decide
    return Conduct(rule, spans, tuple(steps), articles)


def check_span(first: date, last: date) -> None:
    """Refuse conduct that ends before it began.

    Raises:
        LawError: ``law.bad-span``.
    """
    if last < first:
        raise LawError(
            "law.bad-span",
            zh="行为终了之日不得早于开始之日",
            en="conduct cannot end before it began",
            where=f"{first} {last}",
            remedy_zh="请核对起止日期",
            remedy_en="check the two days",
        )


def deciding(store: Store, citer: Citer, first: date, last: date) -> tuple[tuple[Citation, ...], list[Step]]:
    """Return the rules that decide between versions over which conduct went on, and the same in words."""
    rules = [each.rule for each in store.spanning if each.before is None or first < each.before]
    articles = citer.cite_those_in_force(rules, last)
    return articles, [_step("", "", citer.provision(one.rule, last)) for one in articles]


def _told(span: Span) -> Step:
    zh, en = f"{span.first}至{span.last}", f"{span.first} to {span.last}"
    if span.provision is None:
        return Step(f"{zh}：该规定没有施行", f"{en}: the rule was not in force", span.last)
    return _step(f"{zh}：", f"{en}: ", span.provision, span.last)


def _step(zh: str, en: str, rule: Provision, day: date | None = None) -> Step:
    cited = [rule.citation]
    return Step(f"{zh}{rule.zh}（{articles_zh(cited)}）", f"{en}{rule.en} ({articles_en(cited)})", day)
