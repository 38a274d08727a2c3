"""Acts that end a case or hand it on, and visit it again."""

from __future__ import annotations

from qingyuan.cases._acts._base import act, approval, day, served
from qingyuan.cases._context import Context
from qingyuan.cases.events import EventDraft, draft
from qingyuan.cases.events.closing import (
    CaseClosed,
    CaseTransferred,
    ClosingServed,
    LookBackOutcome,
    LookBackScheduled,
    LookedBack,
)

_OUTCOMES: dict[str, LookBackOutcome] = {"holds": "holds", "partly": "partly", "rebounded": "rebounded"}


@act("close")
def _close(context: Context) -> list[EventDraft]:
    args, case = context.args, context.the_case
    on = day(context)
    closed = CaseClosed(
        on=on,
        ground=args.text("ground"),
        reason=args.text("reason"),
        approval=approval(context),
        document=args.text("document"),
    )
    drafts = [draft(case.id, closed)]
    chosen = args.day("look_back_on")
    if chosen is not None:
        drafts.append(draft(case.id, LookBackScheduled(due=chosen)))
    elif closed.ground != "no-violation":
        # Closing is what confirms that every measure was accepted, so the office's interval runs from it.
        default = context.law.deadline("look-back-default", on, analogous=True)
        drafts.append(draft(case.id, LookBackScheduled(due=default.due, by_setting=True)))
    return drafts


@act("serve-closing")
def _serve(context: Context) -> list[EventDraft]:
    args, service = context.args, served(context)
    payload = ClosingServed(
        on=service.on,
        mode=args.text("mode"),
        receipt=args.text("receipt"),
        done_on=service.done_on,
        note=args.text("note"),
    )
    return [draft(context.the_case.id, payload)]


@act("transfer-case")
def _transfer(context: Context) -> list[EventDraft]:
    args = context.args
    payload = CaseTransferred(
        to=args.text("to"), on=day(context), reason=args.text("reason"), document=args.text("document")
    )
    return [draft(context.the_case.id, payload)]


@act("schedule-look-back")
def _schedule(context: Context) -> list[EventDraft]:
    return [draft(context.the_case.id, LookBackScheduled(due=day(context, "due")))]


@act("look-back")
def _look_back(context: Context) -> list[EventDraft]:
    args, case = context.args, context.the_case
    visited = LookedBack(
        on=day(context),
        outcome=_OUTCOMES[args.text("outcome")],
        findings=args.text("findings"),
        investigators=args.texts("investigators"),
        exhibits=args.texts("exhibits"),
    )
    drafts = [draft(case.id, visited)]
    if (following := args.day("next_on")) is not None:
        drafts.append(draft(case.id, LookBackScheduled(due=following)))
    return drafts
