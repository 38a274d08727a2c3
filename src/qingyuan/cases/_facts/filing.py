"""Facts from the filing to the end of the investigation."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qingyuan.cases._context import Context, Lack, Lacks, named
from qingyuan.cases._data import label
from qingyuan.cases._facts._table import fact, when
from qingyuan.cases.state import CaseStage
from qingyuan.law import LawError

_ADMINISTRATIVE = ("harm", "duty", "failure", "causation")
_CIVIL = ("wrongdoer", "act", "damage", "causation")
#: Facts to be proved on each track, in the order of the article.
FACT_KINDS = {
    "administrative": (*_ADMINISTRATIVE, "other"),
    "civil": (*_CIVIL, "fault", "exemption", "other"),
}

_FINDING = re.compile(r"F-[0-9a-f]{16}\Z")

when("respondent-or-facts-only", lambda c: not c.args.has("respondents") and not c.args.flag("facts_only"))
when("regulator-named", lambda c: c.track == "administrative" and not c.args.has("regulator"))
when("respondent-known", lambda c: not c.the_case.respondents)
when("respondent-unknown", lambda c: bool(c.the_case.respondents))
when("filing-served", lambda c: c.the_case.filing_served_on is None)
when("filing-not-served", lambda c: c.the_case.filing_served_on is not None)
when("some-fact", lambda c: not any(c.args.has(kind) for kind in FACT_KINDS[c.the_case.track]))
when("some-fact-proved", lambda c: not c.the_case.facts)
when(
    "two-investigators",
    lambda c: not c.procedure.numbers["investigators"].holds(len(c.args.texts("investigators"))),
)
when("not-appraising", lambda c: c.the_case.appraising)


@fact("findings-named")
def _findings_named(context: Context) -> Lacks:
    for finding in context.args.texts("findings"):
        if not _FINDING.match(finding):
            yield Lack("findings-named", {"finding": finding})


@fact("service-shown")
def _service_shown(context: Context) -> Lacks:
    args = context.args
    mode, on = args.text("mode"), args.day("on")
    if not mode or on is None or args.has("receipt") or args.has("note"):
        return
    service = context.law.service(mode, on, analogous=True)
    if service.asks_zh:
        words = {"asks_zh": service.asks_zh, "asks_en": service.asks_en}
        yield Lack(
            "service-shown", {**named("mode", "service-mode", mode), **words}, service.articles[0].rule
        )


@fact("basis-fits-track")
def _basis(context: Context) -> Lacks:
    yield from _fits(context, "basis-fits-track", "statutory-basis", context.args.text("basis"))


@fact("basis-in-force")
def _basis_in_force(context: Context) -> Lacks:
    basis = context.args.text("basis")
    if not basis:
        return
    try:
        context.law.cite(label("statutory-basis", basis).rule, context.today)
    except LawError as error:
        if error.code != "law.not-in-force":
            raise
        yield Lack(
            "basis-in-force", {**named("basis", "statutory-basis", basis), "on": context.today.isoformat()}
        )


@fact("jurisdiction-fits-track")
def _jurisdiction(context: Context) -> Lacks:
    yield from _fits(context, "jurisdiction-fits-track", "jurisdiction", context.args.text("jurisdiction"))


def _fits(context: Context, name: str, list_: str, value: str) -> Lacks:
    one = label(list_, value)
    if value and context.track is not None and one.track not in {None, context.track}:
        words = {"basis_zh": one.zh, "basis_en": one.en, **named("track", "track", context.track)}
        yield Lack(name, words, one.rule)


@fact("not-filed-twice")
def _not_filed_twice(context: Context) -> Lacks:
    if context.track != "administrative":
        return
    before_suggestion = {CaseStage.FILED, CaseStage.INVESTIGATED}
    asked = set(context.args.texts("respondents"))
    for case in context.docket.cases.values():
        same = case.track == "administrative" and asked & set(case.respondents)
        if same and case.stage in before_suggestion:
            yield Lack("not-filed-twice", {"case": case.id})


@fact("duties-known")
def _duties_known(context: Context) -> Lacks:
    asked = context.args.texts("duties")
    matter = context.docket.matter
    if not asked or matter is None:
        return
    regulator = context.args.text("regulator") or None
    known = {duty.id for duty in context.law.duties(matter.field, regulator, context.today)}
    for duty in asked:
        if duty not in known:
            yield Lack("duties-known", {"duty": duty})


@fact("duty-of-case")
def _duty_of_case(context: Context) -> Lacks:
    duty = context.args.text("duty")
    if duty and duty not in context.the_case.duties:
        yield Lack("duty-of-case", {"duty": duty})


@fact("facts-administrative")
def _facts_administrative(context: Context) -> Lacks:
    return _unproved(context, "facts-administrative", _ADMINISTRATIVE)


@fact("facts-civil")
def _facts_civil(context: Context) -> Lacks:
    return _unproved(context, "facts-civil", _CIVIL)


@fact("facts-for-opinion")
def _facts_for_opinion(context: Context) -> Lacks:
    if context.args.text("opinion") in {"suggest", "notice"}:
        required = _ADMINISTRATIVE if context.the_case.track == "administrative" else _CIVIL
        yield from _unproved(context, "facts-for-opinion", required)


def _unproved(context: Context, name: str, kinds: Iterable[str]) -> Lacks:
    case = context.the_case
    for kind in kinds:
        if case.fact(kind) is None:
            yield Lack(name, named("fact", f"fact-{case.track}", kind))


@fact("opinion-fits-track")
def _opinion_fits(context: Context) -> Lacks:
    case = context.the_case
    wrong = "notice" if case.track == "administrative" else "suggest"
    if context.args.text("opinion") == wrong:
        yield Lack(
            "opinion-fits-track",
            {**named("opinion", "opinion", wrong), **named("track", "track", case.track)},
        )
