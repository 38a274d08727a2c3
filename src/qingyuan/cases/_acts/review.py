"""Acts of the review: follow-up, hearing, suspension, extension, suit."""

from __future__ import annotations

from qingyuan.cases._acts._base import act, approval, day, timed
from qingyuan.cases._context import Context
from qingyuan.cases.events import EventDraft, draft
from qingyuan.cases.events.review import (
    ComplaintRecorded,
    FollowedUp,
    HearingHeld,
    Resumed,
    ReviewExtended,
    ReviewOutcome,
    SuitFiled,
    Suspended,
)

_OUTCOMES: dict[str, ReviewOutcome] = {
    "continue": "continue",
    "terminate": "terminate",
    "sue": "sue",
    "transfer": "transfer",
}


@act("hold-hearing")
def _hear(context: Context) -> list[EventDraft]:
    args = context.args
    on, noticed, officers = day(context), day(context, "noticed_on"), args.number("officers") or 0
    remarks = []
    if noticed > context.law.deadline("hearing-notice", on, analogous=True).due:
        remarks.append("hearing-notice-short")
    if not context.procedure.numbers["hearing-officers"].holds(officers):
        remarks.append("hearing-officers-number")
    payload = HearingHeld(
        on=on,
        ground=args.text("ground"),
        public=args.flag("public"),
        officers=officers,
        noticed_on=noticed,
        opinion=args.text("opinion"),
        opinion_text=args.text("opinion_text"),
        approval=approval(context),
        record=args.text("record"),
        remarks=tuple(remarks),
    )
    return [draft(context.the_case.id, payload)]


@act("follow-up")
def _follow_up(context: Context) -> list[EventDraft]:
    args = context.args
    payload = FollowedUp(
        on=day(context),
        findings=args.text("findings"),
        outcome=_OUTCOMES[args.text("outcome")],
        investigators=args.texts("investigators"),
        exhibits=args.texts("exhibits"),
        tests=args.texts("tests"),
        report=args.text("report"),
    )
    return [draft(context.the_case.id, payload)]


@act("suspend")
def _suspend(context: Context) -> list[EventDraft]:
    args = context.args
    payload = Suspended(
        on=day(context), reason=args.text("reason"), plan=args.text("plan"), approval=approval(context)
    )
    return [draft(context.the_case.id, payload)]


@act("resume")
def _resume(context: Context) -> list[EventDraft]:
    return [draft(context.the_case.id, Resumed(on=day(context), reason=context.args.text("reason")))]


@act("extend-review")
def _extend(context: Context) -> list[EventDraft]:
    args = context.args
    payload = ReviewExtended(
        reason=args.text("reason"), approval=approval(context), superior=args.flag("superior")
    )
    return [draft(context.the_case.id, payload)]


@act("file-suit")
def _sue(context: Context) -> list[EventDraft]:
    args, case = context.args, context.the_case
    payload = SuitFiled(
        on=day(context),
        court=args.text("court"),
        claims=args.texts("claims"),
        approval=approval(context),
        timing=timed(context, f"{case.track}-suit-review"),
        document=args.text("document"),
    )
    return [draft(case.id, payload)]


@act("record-complaint")
def _record(context: Context) -> list[EventDraft]:
    payload = ComplaintRecorded(
        on=day(context),
        with_office=context.args.text("with_office"),
        timing=timed(context, "complaint-record"),
    )
    return [draft(context.the_case.id, payload)]
