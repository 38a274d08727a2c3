"""Acts on leads, and the opening of a matter."""

from __future__ import annotations

from qingyuan.cases._acts._base import act, approval, day
from qingyuan.cases._assess import LeadFacts, assess
from qingyuan.cases._context import Context
from qingyuan.cases.events import EventDraft, draft
from qingyuan.cases.events.lead import (
    Conclusion,
    Counts,
    LeadAmended,
    LeadAssessed,
    LeadDeclined,
    LeadJoined,
    LeadParted,
    LeadRegistered,
    LeadTransferred,
    MatterMerged,
    MatterOpened,
    MatterReturned,
    MatterSplit,
    MatterTaken,
)

_CONCLUSIONS: dict[str, Conclusion] = {"open": "open", "transfer": "transfer", "decline": "decline"}


@act("lead-register")
def _register(context: Context) -> list[EventDraft]:
    args = context.args
    counts = Counts(
        kinds=args.counts("kinds"),
        persons=args.number("persons"),
        sensitive=args.number("sensitive") or 0,
        important=args.number("important") or 0,
        general=args.number("general") or 0,
        masked=args.number("masked") or 0,
    )
    payload = LeadRegistered(
        title=args.text("title"),
        source=args.text("source"),
        received_on=day(context, "received_on"),
        field=args.text("field"),
        summary=args.text("summary"),
        region=args.text("region"),
        exhibits=args.texts("exhibits"),
        counts=counts,
        major=args.flag("major"),
        office=args.text("office"),
        function=args.text("function"),
    )
    return [draft(args.text("lead"), payload)]


@act("lead-assess")
def _assess(context: Context) -> list[EventDraft]:
    args, lead = context.args, context.the_lead
    facts = LeadFacts(
        source=lead.registered.source,
        counts=lead.registered.counts,
        minors=args.flag("minors"),
        ongoing=args.flag("ongoing"),
        respondent_known=args.flag("respondent_known"),
    )
    score = assess(facts, law=context.law, on=context.today)
    payload = LeadAssessed(
        authenticity=args.text("authenticity"),
        investigability=args.text("investigability"),
        conclusion=_CONCLUSIONS[args.text("conclusion")],
        score=score.score,
        components=score.components,
        report=args.text("report"),
    )
    return [draft(lead.id, payload)]


@act("lead-amend")
def _amend(context: Context) -> list[EventDraft]:
    args = context.args
    payload = LeadAmended(
        on=day(context),
        reason=args.text("reason"),
        title=args.text("title"),
        summary=args.text("summary"),
        region=args.text("region"),
        exhibits=args.texts("exhibits"),
    )
    return [draft(context.the_lead.id, payload)]


@act("lead-transfer")
def _transfer(context: Context) -> list[EventDraft]:
    args = context.args
    payload = LeadTransferred(
        to=args.text("to"),
        on=day(context),
        reason=args.text("reason"),
        upward=args.flag("upward"),
        document=args.text("document"),
    )
    return [draft(context.the_lead.id, payload)]


@act("lead-decline")
def _decline(context: Context) -> list[EventDraft]:
    payload = LeadDeclined(reason=context.args.text("reason"), approval=approval(context))
    return [draft(context.the_lead.id, payload)]


@act("matter-open")
def _open(context: Context) -> list[EventDraft]:
    args = context.args
    leads = args.texts("leads")
    first = context.docket.leads[leads[0]].registered
    payload = MatterOpened(
        title=args.text("title") or first.title, field=args.text("field") or first.field, leads=leads
    )
    return [draft(args.text("matter"), payload)]


@act("matter-join")
def _join(context: Context) -> list[EventDraft]:
    args = context.args
    return [draft(args.text("matter"), LeadJoined(lead=args.text("lead"), reason=args.text("reason")))]


@act("matter-part")
def _part(context: Context) -> list[EventDraft]:
    args = context.args
    payload = LeadParted(lead=args.text("lead"), on=day(context), reason=args.text("reason"))
    return [draft(args.text("matter"), payload)]


@act("matter-merge")
def _merge(context: Context) -> list[EventDraft]:
    args = context.args
    on, reason, other = day(context), args.text("reason"), args.text("other")
    taken = MatterMerged(
        matter=other, on=on, reason=reason, leads=args.texts("leads"), cases=args.texts("cases")
    )
    return [
        draft(args.text("matter"), taken),
        draft(other, MatterTaken(into=args.text("matter"), on=on, reason=reason)),
    ]


@act("matter-split")
def _split(context: Context) -> list[EventDraft]:
    args = context.args
    on, reason, other = day(context), args.text("reason"), args.text("other")
    return [
        draft(args.text("matter"), MatterSplit(matter=other, on=on, reason=reason)),
        draft(other, MatterReturned(out_of=args.text("matter"), on=on, reason=reason)),
    ]
