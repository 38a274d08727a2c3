"""The predicates that verbs depend on; each yields what is missing and nothing when all is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from qingyuan.cases._context import Context, Lack, Lacks, named
from qingyuan.cases._data import label
from qingyuan.cases.deadlines import deadline_of
from qingyuan.cases.events.act import CaseActed, LeadActed
from qingyuan.cases.state import Case, CaseStage, LeadStage
from qingyuan.law import LawError

Predicate = Callable[[Context], Lacks]

PREDICATES: dict[str, Predicate] = {}

_ADMINISTRATIVE = ("harm", "duty", "failure", "causation")
_CIVIL = ("wrongdoer", "act", "damage", "causation")
FACT_KINDS = {
    "administrative": (*_ADMINISTRATIVE, "other"),
    "civil": (*_CIVIL, "fault", "exemption", "other"),
}


def _fact(name: str) -> Callable[[Predicate], Predicate]:
    def register(predicate: Predicate) -> Predicate:
        PREDICATES[name] = predicate
        return predicate

    return register


def _when(name: str, missing: Callable[[Context], bool]) -> None:
    """Register a predicate that is one yes or no."""

    def predicate(context: Context) -> Lacks:
        if missing(context):
            yield Lack(name)

    PREDICATES[name] = predicate


def predicate(fact: str) -> Predicate:
    """Return the predicate of a fact.

    Besides the named ones there are those about declared acts: ``did:ACT`` and ``not:ACT`` (it happened, or
    did not), ``owed:ACT/REPLY`` (it happened more often than its reply; ``+`` joins several on either side, ``ACT(FIELD=VALUE)``
    counts those that show it), ``over:PERIOD`` (the period ended before the day of the act), ``shows:ACT/FIELD=VALUE`` (the newest
    one shows it) and ``least:PARAM/NUMBER`` (the particular is as many as ``numbers.yaml`` demands).

    Raises:
        KeyError: No such predicate.
    """
    kind, colon, name = fact.partition(":")
    return partial(_GENERAL[kind], name) if colon else PREDICATES[fact]


def _did(act: str, context: Context) -> Lacks:
    if not context.record.acted(act):
        yield Lack("did", context.procedure.named("act", "act", act))


def _not(act: str, context: Context) -> Lacks:
    if context.record.acted(act):
        yield Lack("not", context.procedure.named("act", "act", act))


def _owed(pair: str, context: Context) -> Lacks:
    acts, _, replies = pair.partition("/")
    if _times(context, acts) <= _times(context, replies):
        yield Lack("owed", context.procedure.named("act", "act", re.split(r"[+(]", acts)[0]))


def _times(context: Context, acts: str) -> int:
    """Return how often any of the acts joined by ``+`` happened; ``ACT(FIELD=VALUE)`` counts those that show it."""
    count = 0
    for one in acts.split("+"):
        act, _, shown = one.rstrip(")").partition("(")
        count += sum(not shown or _shown(done, shown) for done in context.record.acted(act))
    return count


def _shown(done: CaseActed | LeadActed, shown: str) -> bool:
    """Tell whether an act shows ``FIELD=VALUE``, or with ``FIELD!=VALUE`` does not."""
    field, unlike, value = re.split(r"(!?=)", shown, maxsplit=1)
    held = done.fields.get(field, "")
    same = (str(held).lower() if isinstance(held, bool) else str(held)) == value
    return same if unlike == "=" else not same


def _shows(what: str, context: Context) -> Lacks:
    """``shows:ACT/FIELD=VALUE``: the newest act of that name shows it."""
    act, _, shown = what.partition("/")
    done = context.record.acted(act)
    if not done or not _shown(done[-1], shown):
        yield Lack("did", context.procedure.named("act", "act", act))


def _least(what: str, context: Context) -> Lacks:
    """``least:PARAM/NUMBER``: as many items of a list, or so large a number, are given as ``numbers.yaml`` demands."""
    name, _, number = what.partition("/")
    asked = context.procedure.numbers[number]
    given = context.args.number(name)
    if not asked.holds(len(context.args.texts(name)) if given is None else given):
        param = context.verb.param(name)
        words = {"label_zh": param.zh if param else name, "label_en": param.en if param else name}
        yield Lack("least", {**words, "least": str(asked.least)}, asked.rule)


def _over(period: str, context: Context) -> Lacks:
    on = context.args.day("on") or context.today
    found = deadline_of(context.the_case, period, law=context.law, today=on)
    if found is None:
        begun = next(one for one in context.law.periods() if one.id == period)
        yield Lack("over.unbegun", {"zh": begun.zh, "en": begun.en})
    elif on <= found.due:
        yield Lack("over", {"zh": found.zh, "en": found.en, "due": found.due.isoformat()})


def mentioned(fact: str) -> tuple[str, tuple[str, ...]]:
    """Return what a general fact speaks of: ``acts``, ``period`` or ``number`` with the names; ``("", ())`` for a named one.

    Raises:
        KeyError: No such kind of fact, or no such predicate.
    """
    kind, colon, name = fact.partition(":")
    if not colon:
        PREDICATES[fact]
        return "", ()
    _GENERAL[kind]
    if kind == "over":
        return "period", (name,)
    if kind == "least":
        return "number", (name.partition("/")[2],)
    if kind == "owed":
        return "acts", tuple(each.partition("(")[0] for each in re.split(r"[+/]", name))
    return "acts", (name.partition("/")[0],)


_GENERAL: dict[str, Callable[[str, Context], Lacks]] = {
    "did": _did,
    "not": _not,
    "owed": _owed,
    "over": _over,
    "shows": _shows,
    "least": _least,
}


_when("not-appraising", lambda c: c.the_case.appraising)
_when("heard", lambda c: not c.the_case.hearings)
_when("intact", lambda c: not c.args.flag("intact"))
_when(
    "evaluated",
    lambda c: (
        not c.the_case.acted("evaluation")
        or c.the_case.acted("evaluation")[-1].fields.get("result") != "passed"
    ),
)
_when("some-appeal", lambda c: not (c.the_case.acted("appeal") or c.the_case.acted("defendant-appeal")))
_when("respondent-or-facts-only", lambda c: not c.args.has("respondents") and not c.args.flag("facts_only"))
_when("respondent-known", lambda c: not c.the_case.respondents)
_when("respondent-unknown", lambda c: bool(c.the_case.respondents))
_when("filing-served", lambda c: c.the_case.filing_served_on is None)
_when("filing-not-served", lambda c: c.the_case.filing_served_on is not None)
_when("some-fact", lambda c: not any(c.args.has(kind) for kind in FACT_KINDS[c.the_case.track]))
_when("some-fact-proved", lambda c: not c.the_case.facts)
_when(
    "two-investigators",
    lambda c: not c.procedure.numbers["investigators"].holds(len(c.args.texts("investigators"))),
)
_when("opinion-suggest", lambda c: c.the_case.opinion != "suggest")
_when("opinion-notice", lambda c: c.the_case.opinion != "notice")
_when("urgency-reasoned", lambda c: c.args.flag("urgent") and not c.args.has("urgent_reason"))
_when("suggestion-not-recorded", lambda c: c.the_case.suggestion_recorded_on is not None)
_when("verifier-differs", lambda c: c.the_measure.submitter in {c.args.text("verifier") or c.actor, c.actor})
_when("review-report", lambda c: c.args.text("outcome") not in {"", "continue"} and not c.args.has("report"))
_when("suspended", lambda c: not c.the_case.suspended)
_when("superior-for-second", lambda c: bool(c.the_case.extensions) and not c.args.flag("superior"))
_when("review-proposes-suit", lambda c: c.the_case.review_outcome != "sue")
_when("review-proposes-transfer", lambda c: c.the_case.review_outcome != "transfer")
_when("closing-not-served", lambda c: c.the_case.closing_served_on is not None)
_when("complaint-not-recorded", lambda c: c.the_case.complaint_recorded_on is not None)
_when("look-back-scheduled", lambda c: c.the_case.look_back_due is None)
_when(
    "tests-for-suit",
    lambda c: c.track == "administrative" and c.args.text("outcome") == "sue" and not c.args.has("tests"),
)
_when("regulator-named", lambda c: c.track == "administrative" and not c.args.has("regulator"))
_when(
    "some-lead-to-open",
    lambda c: (
        not any(
            lead.stage is LeadStage.ASSESSED and lead.conclusion == "open" for lead in c.docket.leads.values()
        )
    ),
)


@_fact("no-matter")
def _no_matter(context: Context) -> Lacks:
    if context.docket.matter is not None:
        yield Lack("no-matter", {"matter": context.docket.matter.id})


@_fact("leads-to-open")
def _leads_to_open(context: Context) -> Lacks:
    for name in context.args.texts("leads"):
        lead = context.docket.leads.get(name)
        if lead is None:
            yield Lack("leads-to-open.unknown", {"lead": name})
        elif lead.stage is LeadStage.REGISTERED:
            yield Lack("leads-to-open.assessed", {"lead": name})
        elif lead.stage is not LeadStage.ASSESSED:
            yield Lack("leads-to-open.settled", {"lead": name, **named("stage", "lead-stage", lead.stage)})
        elif lead.conclusion != "open":
            yield Lack("leads-to-open.conclusion", {"lead": name})


@_fact("lead-to-join")
def _lead_to_join(context: Context) -> Lacks:
    name = context.args.text("lead")
    lead = context.docket.leads.get(name)
    if name and (lead is None or lead.stage is not LeadStage.ASSESSED):
        yield Lack("lead-to-join", {"lead": name})


@_fact("basis-fits-track")
def _basis(context: Context) -> Lacks:
    yield from _fits(context, "basis-fits-track", "statutory-basis", context.args.text("basis"))


@_fact("basis-in-force")
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


@_fact("jurisdiction-fits-track")
def _jurisdiction(context: Context) -> Lacks:
    yield from _fits(context, "jurisdiction-fits-track", "jurisdiction", context.args.text("jurisdiction"))


def _fits(context: Context, name: str, list_: str, value: str) -> Lacks:
    one = label(list_, value)
    if value and context.track is not None and one.track not in {None, context.track}:
        words = {"basis_zh": one.zh, "basis_en": one.en, **named("track", "track", context.track)}
        yield Lack(name, words, one.rule)


@_fact("not-filed-twice")
def _not_filed_twice(context: Context) -> Lacks:
    if context.track != "administrative":
        return
    before_suggestion = {CaseStage.FILED, CaseStage.INVESTIGATED}
    asked = set(context.args.texts("respondents"))
    for case in context.docket.cases.values():
        same = case.track == "administrative" and asked & set(case.respondents)
        if same and case.stage in before_suggestion:
            yield Lack("not-filed-twice", {"case": case.id})


@_fact("duties-known")
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


@_fact("duty-of-case")
def _duty_of_case(context: Context) -> Lacks:
    duty = context.args.text("duty")
    if duty and duty not in context.the_case.duties:
        yield Lack("duty-of-case", {"duty": duty})


@_fact("facts-administrative")
def _facts_administrative(context: Context) -> Lacks:
    return _unproved(context, "facts-administrative", _ADMINISTRATIVE)


@_fact("facts-civil")
def _facts_civil(context: Context) -> Lacks:
    return _unproved(context, "facts-civil", _CIVIL)


@_fact("facts-for-opinion")
def _facts_for_opinion(context: Context) -> Lacks:
    if context.args.text("opinion") in {"suggest", "notice"}:
        required = _ADMINISTRATIVE if context.the_case.track == "administrative" else _CIVIL
        yield from _unproved(context, "facts-for-opinion", required)


def _unproved(context: Context, name: str, kinds: Iterable[str]) -> Lacks:
    case = context.the_case
    for kind in kinds:
        if case.fact(kind) is None:
            yield Lack(name, named("fact", f"fact-{case.track}", kind))


@_fact("opinion-fits-track")
def _opinion_fits(context: Context) -> Lacks:
    case = context.the_case
    wrong = "notice" if case.track == "administrative" else "suggest"
    if context.args.text("opinion") == wrong:
        yield Lack(
            "opinion-fits-track",
            {**named("opinion", "opinion", wrong), **named("track", "track", case.track)},
        )


@_fact("suggestion-items")
def _suggestion_items(context: Context) -> Lacks:
    case = context.the_case
    matter = context.docket.matter
    if not case.respondents:
        yield Lack("suggestion-items.agency")
    if matter is None or not matter.leads:
        yield Lack("suggestion-items.source")
    if not case.duties and not context.args.has("basis"):
        yield Lack("suggestion-items.basis")


@_fact("notice-before-hearing")
def _notice_before_hearing(context: Context) -> Lacks:
    noticed, held = context.args.day("noticed_on"), context.args.day("on")
    if noticed and held and noticed > held:
        yield Lack("notice-before-hearing", {"value": noticed.isoformat()})


@_fact("resumed-after-start")
def _resumed_after_start(context: Context) -> Lacks:
    on = context.args.day("on")
    suspensions = context.the_case.suspensions
    if on and suspensions and on < suspensions[-1].start:
        yield Lack(
            "resumed-after-start", {"value": on.isoformat(), "limit": suspensions[-1].start.isoformat()}
        )


@_fact("pre-suit-over")
def _pre_suit_over(context: Context) -> Lacks:
    case = context.the_case
    if case.track == "civil":
        period, name = "civil-notice", "pre-suit-over.notice"
    else:
        # An early reply does not shorten the period: the organ has all of it to perform its duty.
        urgent = case.suggestion is not None and case.suggestion.urgent
        period, name = ("agency-reply-urgent" if urgent else "agency-reply"), "pre-suit-over.reply"
    on = context.args.day("on") or context.today
    found = deadline_of(case, period, law=context.law, today=on)
    if found is None or on <= found.due:
        yield Lack(name, {"due": found.due.isoformat() if found else "—"})


@_fact("report-proposes-closing")
def _report_proposes_closing(context: Context) -> Lacks:
    case = context.the_case
    if case.stage is CaseStage.INVESTIGATED:
        if case.opinion != "terminate":
            yield Lack("report-proposes-closing.investigation")
    elif case.review_outcome != "terminate":
        yield Lack("report-proposes-closing.review")


@_fact("measures-proved")
def _measures_proved(context: Context) -> Lacks:
    for measure in context.the_case.open_measures():
        words = {"measure": measure.id, "text": measure.entered.text}
        yield Lack("measures-proved", {**words, **named("status", "measure-status", measure.status)})


@_fact("ground-shown")
def _ground_shown(context: Context) -> Lacks:
    case = context.the_case
    ground = context.args.text("ground")
    accepted = any(measure.verdict == "accepted" for measure in case.measures.values())
    if ground == "rectified" and not accepted:
        yield Lack("ground-shown", named("ground", f"closing-{case.track}", ground))


@_fact("look-back-later")
def _look_back_later(context: Context) -> Lacks:
    on = context.args.day("on")
    planned = context.args.day("look_back_on") or context.args.day("next_on")
    if on and planned and planned <= on:
        yield Lack("look-back-later", {"value": planned.isoformat(), "on": on.isoformat()})


_when("major", lambda c: not c.the_lead.registered.major)
_when("transferred-elsewhere", lambda c: c.args.text("office") != c.the_lead.settled_to)
_when("case-transferred-elsewhere", lambda c: c.args.text("office") != c.the_case.transferred_to)
_when("refusal-reasoned", lambda c: c.args.text("outcome") == "refused" and not c.args.has("reason"))
_when("proposes-opening", lambda c: c.the_lead.conclusion != "open")
_when("proposes-transfer", lambda c: c.the_lead.conclusion != "transfer")
_when("proposes-declining", lambda c: c.the_lead.conclusion != "decline")
_when("no-case-yet", lambda c: bool(c.docket.cases))
_when("closed-without-suit", lambda c: bool(c.the_case.acted("suit-concluded")))
_when("hearing-awaited", lambda c: len(c.the_case.acted("hearing-notice")) <= len(c.the_case.hearings))
_when("not-itself", lambda c: c.args.text("into") == c.the_lead.id)
_when("known-lead", lambda c: c.args.flag("closed"))
_when("other-matter", lambda c: c.docket.matter is None or c.args.text("other") == c.docket.matter.id)
_when("no-others-inside", lambda c: c.args.flag("holds_others"))


@_fact("matter-merged")
def _matter_merged(context: Context) -> Lacks:
    other = context.args.text("other")
    if other and other not in context.docket.merged:
        yield Lack("matter-merged", {"matter": other})


@_fact("lead-to-part")
def _lead_to_part(context: Context) -> Lacks:
    """A lead can leave when it came by itself, is not the only one, and no case rests on its exhibits."""
    name, docket = context.args.text("lead"), context.docket
    if not name or docket.matter is None:
        return
    lead = docket.leads.get(name)
    if lead is None or name not in docket.matter.leads:
        yield Lack("lead-to-part.unknown", {"lead": name})
        return
    if any(name in taken.leads for taken in docket.merged.values()):
        yield Lack("lead-to-part.merged", {"lead": name})
    if len(docket.matter.leads) == 1:
        yield Lack("lead-to-part.last", {"lead": name})
    own = {exhibit for exhibit, stream in docket.exhibits.items() if stream == name}
    for case in docket.cases.values():
        if own & set(_rests_on(case)):
            yield Lack("lead-to-part.proves", {"lead": name, "case": case.id})


def _rests_on(case: Case) -> Iterator[str]:
    """Yield the exhibits that facts and measures of a case rest on."""
    for fact in case.facts:
        yield from fact.exhibits
    for measure in case.measures.values():
        yield from (*measure.entered.before, *measure.after, *measure.verification)


@_fact("no-pending-appeal")
def _no_pending_appeal(context: Context) -> Lacks:
    case = context.the_case
    own = len(case.acted("appeal")) > len(case.acted("appeal-withdrawn"))
    if (own or case.acted("defendant-appeal")) and not case.acted("final-judgment"):
        yield Lack("no-pending-appeal")


@_fact("appeal-time-over")
def _appeal_time_over(context: Context) -> Lacks:
    on = context.args.day("on") or context.today
    for period in ("appeal-judgment", "appeal-ruling"):
        found = deadline_of(context.the_case, period, law=context.law, today=on)
        if found is not None and on <= found.due:
            yield Lack("appeal-time-over", {"due": found.due.isoformat()})


@_fact("compensation-covers")
def _compensation_covers(context: Context) -> Lacks:
    case = context.the_case
    left = _sum(case, "compensation") - _sum(case, "compensation-use")
    if (context.args.number("fen") or 0) > left:
        yield Lack("compensation-covers", {"left": str(left)})


def _sum(case: Case, act: str) -> int:
    """Return the sum of the amounts of an act, in fen."""
    amounts = [one.fields.get("fen", 0) for one in case.acted(act)]
    return sum(amount for amount in amounts if isinstance(amount, int))
