"""Facts about appeal, closing and look-back."""

from __future__ import annotations

from datetime import date

from qingyuan.cases._context import Context, Lack, Lacks, named
from qingyuan.cases._facts._table import fact, when
from qingyuan.cases.deadlines import deadline_of
from qingyuan.cases.state import CaseStage

_APPEAL = {"civil": "cpl-appeal", "administrative": "alp-appeal"}
_OTHERS = {"party_zh": "其他当事人", "party_en": "the other parties"}

when("some-appeal", lambda c: not (c.the_case.acted("appeal") or c.the_case.acted("defendant-appeal")))
when("closing-not-served", lambda c: c.the_case.closing_served_on is not None)
when("complaint-not-recorded", lambda c: c.the_case.complaint_recorded_on is not None)
when("package-made", lambda c: not c.docket.others.get("evidence.transferred"))
when("look-back-scheduled", lambda c: c.the_case.look_back_due is None)
when("case-transferred-elsewhere", lambda c: c.args.text("office") != c.the_case.transferred_to)
when("rebounded", lambda c: c.the_case.look_back_outcome not in {"partly", "rebounded"})
when("case-open", lambda c: c.the_case.ended_on is not None)
when("sued", lambda c: c.the_case.sued_on is None)
when("closed-without-suit", lambda c: bool(c.the_case.acted("suit-concluded")))


@fact("report-proposes-closing")
def _report_proposes_closing(context: Context) -> Lacks:
    case = context.the_case
    if case.stage is CaseStage.INVESTIGATED:
        if case.opinion != "terminate":
            yield Lack("report-proposes-closing.investigation")
    elif case.review_outcome != "terminate":
        yield Lack("report-proposes-closing.review")


@fact("measures-proved")
def _measures_proved(context: Context) -> Lacks:
    for measure in context.the_case.open_measures():
        words = {"measure": measure.id, "text": measure.entered.text}
        yield Lack("measures-proved", {**words, **named("status", "measure-status", measure.status)})


@fact("ground-shown")
def _ground_shown(context: Context) -> Lacks:
    case = context.the_case
    ground = context.args.text("ground")
    # After a case was reopened, what had been accepted before does not show it again.
    since = case.day("acts.reopening") or date.min
    accepted = any(
        measure.verdict == "accepted" and (measure.verified_on or date.min) >= since
        for measure in case.measures.values()
    )
    if ground == "rectified" and not accepted:
        yield Lack("ground-shown", named("ground", f"closing-{case.track}", ground))


@fact("look-back-later")
def _look_back_later(context: Context) -> Lacks:
    on = context.args.day("on")
    planned = context.args.day("look_back_on") or context.args.day("next_on")
    if on and planned and planned <= on:
        yield Lack("look-back-later", {"value": planned.isoformat(), "on": on.isoformat()})


@fact("no-pending-appeal")
def _no_pending_appeal(context: Context) -> Lacks:
    case = context.the_case
    own = len(case.acted("appeal")) > len(case.acted("appeal-withdrawn"))
    if (own or case.acted("defendant-appeal")) and not case.acted("final-judgment"):
        yield Lack("no-pending-appeal")


@fact("appeal-time-over")
def _appeal_time_over(context: Context) -> Lacks:
    on = context.args.day("on") or context.today
    for period in ("appeal-judgment", "appeal-ruling"):
        found = deadline_of(context.the_case, period, law=context.law, today=on)
        if found is not None and on <= found.due:
            yield Lack("appeal-time-over", {"due": found.due.isoformat()})


@fact("appeal-in-time")
def _appeal_in_time(context: Context) -> Lacks:
    on = context.args.day("on") or context.today
    ends = [
        found.due
        for period in ("appeal-judgment", "appeal-ruling")
        if (found := deadline_of(context.the_case, period, law=context.law, today=on)) is not None
    ]
    if ends and on > max(ends) and not context.args.text("leave"):
        yield Lack("appeal-in-time", {"due": max(ends).isoformat()}, _APPEAL[context.the_case.track])


@fact("others-appeal-time-over")
def _others_appeal_time_over(context: Context) -> Lacks:
    """Each party's time to appeal runs from its own day of service (Civil Procedure Law, art. 171; Administrative Litigation Law, art. 85)."""
    case = context.the_case
    rulings = case.acted("ruling")
    if rulings and rulings[-1].fields.get("outcome") == "not-accepted":
        return  # nobody else was a party yet
    period = "appeal-ruling" if rulings else "appeal-judgment"
    on = context.args.day("on") or context.today
    served = {str(act.fields.get("party") or ""): act.on for act in case.acted("judgment-service")}
    if "" not in served:
        for party in case.respondents or (() if served else ("",)):
            if party not in served:
                yield Lack("others-appeal-time-over.unserved", _party(party), _APPEAL[case.track])
    for party, day in served.items():
        due = context.law.deadline(period, day, analogous=True).due
        if on <= due:
            words = {"on": day.isoformat(), "due": due.isoformat()}
            yield Lack("others-appeal-time-over", {**_party(party), **words}, _APPEAL[case.track])


def _party(name: str) -> dict[str, str]:
    return {"party_zh": name, "party_en": name} if name else _OTHERS
