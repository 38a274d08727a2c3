"""Facts from the suggestion or public notice to the suit."""

from __future__ import annotations

from qingyuan.cases._context import Context, Lack, Lacks, named
from qingyuan.cases._facts._table import fact, when
from qingyuan.cases.deadlines import deadline_of
from qingyuan.law import LawError

#: Answers of the relatives of heroes and martyrs after which the procuratorate sues (办案规则 art. 96, no. 3).
_FREE = {"no-suit", "none"}
_DIRECTLY = "pil-interpretation-relatives"

when("opinion-suggest", lambda c: c.the_case.opinion != "suggest")
when("opinion-notice", lambda c: c.the_case.opinion != "notice")
when("urgency-reasoned", lambda c: c.args.flag("urgent") and not c.args.has("urgent_reason"))
when("suggestion-not-recorded", lambda c: c.the_case.suggestion_recorded_on is not None)
when("verifier-differs", lambda c: c.the_measure.submitter in {c.args.text("verifier") or c.actor, c.actor})
when("review-report", lambda c: c.args.text("outcome") not in {"", "continue"} and not c.args.has("report"))
when("suspended", lambda c: not c.the_case.suspended)
when("superior-for-second", lambda c: bool(c.the_case.extensions) and not c.args.flag("superior"))
when("review-proposes-suit", lambda c: c.the_case.review_outcome != "sue")
when("review-proposes-transfer", lambda c: c.the_case.review_outcome != "transfer")
when(
    "tests-for-suit",
    lambda c: c.track == "administrative" and c.args.text("outcome") == "sue" and not c.args.has("tests"),
)
when("case-of-heroes", lambda c: c.the_case.filed.basis != "heroes")
when("intact", lambda c: not c.args.flag("intact"))


@fact("suggestion-items")
def _suggestion_items(context: Context) -> Lacks:
    case = context.the_case
    matter = context.docket.matter
    if not case.respondents:
        yield Lack("suggestion-items.agency")
    if matter is None or not matter.leads:
        yield Lack("suggestion-items.source")
    if not case.duties and not context.args.has("basis"):
        yield Lack("suggestion-items.basis")


@fact("resumed-after-start")
def _resumed_after_start(context: Context) -> Lacks:
    on = context.args.day("on")
    suspensions = context.the_case.suspensions
    if on and suspensions and on < suspensions[-1].start:
        yield Lack(
            "resumed-after-start", {"value": on.isoformat(), "limit": suspensions[-1].start.isoformat()}
        )


@fact("pre-suit-over")
def _pre_suit_over(context: Context) -> Lacks:
    case = context.the_case
    if case.track == "civil" and (asked := case.acted("relatives-asked")):
        # What relatives answer who were asked directly stands in place of the notice (解释 art. 13).
        answer = str(asked[-1].fields.get("answer", ""))
        if answer not in _FREE:
            yield Lack("pre-suit-over.relatives", named("answer", "relatives-answer", answer))
        return
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


@fact("relatives-may-be-asked")
def _relatives_may_be_asked(context: Context) -> Lacks:
    """Before the Interpretation of 2020 the notice was the only way."""
    on = context.args.day("on")
    if on is None:
        return
    try:
        context.law.cite(_DIRECTLY, on)
    except LawError as error:
        if error.code != "law.not-in-force":
            raise
        yield Lack("relatives-may-be-asked", {"value": on.isoformat()})


@fact("review-not-over")
def _review_not_over(context: Context) -> Lacks:
    """An extension is approved while the review still runs."""
    case, approved = context.the_case, context.args.day("approved_on")
    found = deadline_of(case, f"{case.track}-suit-review", law=context.law, today=context.today)
    if approved is not None and found is not None and approved > found.due:
        yield Lack("review-not-over", {"due": found.due.isoformat(), "value": approved.isoformat()})
