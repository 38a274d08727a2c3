"""Acts on rectification measures."""

from __future__ import annotations

from qingyuan.cases._acts._base import act, day
from qingyuan.cases._context import Context
from qingyuan.cases.events import EventDraft, draft
from qingyuan.cases.events.measure import (
    MeasureEntered,
    MeasureReopened,
    MeasureStarted,
    MeasureVerified,
    MeasureWithdrawn,
    ProofSubmitted,
    Verdict,
)

_VERDICTS: dict[str, Verdict] = {"accepted": "accepted", "rejected": "rejected"}


@act("add-measure")
def _add(context: Context) -> list[EventDraft]:
    args, case = context.args, context.the_case
    payload = MeasureEntered(
        measure=f"m{len(case.measures) + 1:02d}",
        text=args.text("text"),
        owner=args.text("owner"),
        due=day(context, "due"),
        test=args.text("test"),
        duty=args.text("duty"),
        before=args.texts("before"),
    )
    return [draft(case.id, payload)]


@act("start-measure")
def _start(context: Context) -> list[EventDraft]:
    payload = MeasureStarted(measure=context.the_measure.id, on=day(context))
    return [draft(context.the_case.id, payload)]


@act("prove-measure")
def _prove(context: Context) -> list[EventDraft]:
    args = context.args
    payload = ProofSubmitted(
        measure=context.the_measure.id,
        on=day(context),
        submitter=args.text("submitter") or context.actor,
        after=args.texts("after"),
        note=args.text("note"),
    )
    return [draft(context.the_case.id, payload)]


@act("verify-measure")
def _verify(context: Context) -> list[EventDraft]:
    args = context.args
    payload = MeasureVerified(
        measure=context.the_measure.id,
        on=day(context),
        verifier=args.text("verifier") or context.actor,
        verdict=_VERDICTS[args.text("verdict")],
        reason=args.text("reason"),
        exhibits=args.texts("exhibits"),
    )
    return [draft(context.the_case.id, payload)]


@act("reopen-measure")
def _reopen(context: Context) -> list[EventDraft]:
    args = context.args
    payload = MeasureReopened(
        measure=context.the_measure.id,
        on=day(context),
        due=day(context, "due"),
        reason=args.text("reason"),
        exhibits=args.texts("exhibits"),
    )
    return [draft(context.the_case.id, payload)]


@act("withdraw-measure")
def _withdraw(context: Context) -> list[EventDraft]:
    payload = MeasureWithdrawn(measure=context.the_measure.id, reason=context.args.text("reason"))
    return [draft(context.the_case.id, payload)]
