"""Facts about hearings: notice, panel, opinions, and what a decision against them needs."""

from __future__ import annotations

from qingyuan.cases._context import Context, Lack, Lacks
from qingyuan.cases._data import label
from qingyuan.cases._facts._table import fact, when
from qingyuan.cases.hearing import majority_of, next_hearing, officers_of, positions_of
from qingyuan.cases.state import Case

when("heard", lambda c: not c.the_case.hearings)
when("hearing-awaited", lambda c: len(c.the_case.acted("hearing-notice")) <= len(c.the_case.hearings))
when("hearing-unanswered", lambda c: _answered(c.the_case))
when(
    "hearing-open",
    lambda c: len(c.the_case.acted("hearing-notice")) <= len(c.the_case.hearings) and _answered(c.the_case),
)


def _answered(case: Case) -> bool:
    """Tell whether it is said what became of the newest hearing."""
    return bool(case.hearings) and any(one.on >= case.hearings[-1].on for one in case.acted("hearing-answer"))


@fact("notice-before-hearing")
def _notice_before_hearing(context: Context) -> Lacks:
    noticed, held = context.args.day("noticed_on"), context.args.day("on")
    if noticed and held and noticed > held:
        yield Lack("notice-before-hearing", {"value": noticed.isoformat()})


when("officer-eligible", lambda c: not (c.args.flag("eligible") and c.args.flag("disinterested")))


@fact("officer-apart")
def _officer_apart(context: Context) -> Lacks:
    officer, working = context.args.text("speaker"), {context.actor}
    for one in context.the_case.acts:
        for name in ("investigators", "handler", "persons"):
            held = one.fields.get(name, ())
            working |= {held} if isinstance(held, str) else set(held) if isinstance(held, tuple) else set()
    if officer in working:
        yield Lack("officer-apart", {"officer": officer})


@fact("officer-new")
def _officer_new(context: Context) -> Lacks:
    officer, case = context.args.text("speaker"), context.the_case
    if officer and officer in officers_of(case, next_hearing(case)):
        yield Lack("officer-new", {"officer": officer})


@fact("officer-on-panel")
def _officer_on_panel(context: Context) -> Lacks:
    """Where officers were named, only they speak as officers."""
    officer, case = context.args.text("speaker"), context.the_case
    named = officers_of(case, next_hearing(case))
    if officer and named and officer not in named:
        yield Lack("officer-on-panel", {"officer": officer})


@fact("officer-silent")
def _officer_silent(context: Context) -> Lacks:
    officer, case = context.args.text("speaker"), context.the_case
    if officer in positions_of(case, next_hearing(case)):
        yield Lack("officer-silent", {"officer": officer})


@fact("officers-as-named")
def _officers_as_named(context: Context) -> Lacks:
    case, said = context.the_case, context.args.number("officers")
    named = (
        0
        if len(case.acted("hearing-notice")) <= len(case.hearings)
        else len(officers_of(case, next_hearing(case)))
    )
    if named and said is not None and said != named:
        yield Lack("officers-as-named", {"named": str(named), "officers": str(said)})


@fact("departure-consented")
def _departure_consented(context: Context) -> Lacks:
    args, case = context.args, context.the_case
    if args.text("adopted") in {"", "adopted"} or not case.hearings:
        return
    majority = majority_of(case, case.hearings[-1])
    if majority and not (args.has("approved_by") and args.has("approved_on")):
        one = label("hearing-view", majority)
        yield Lack("departure-consented", {"majority_zh": one.zh, "majority_en": one.en})
