"""Acts around the procuratorial suggestion and the pre-suit notice."""

from __future__ import annotations

from qingyuan.cases._acts._base import act, approval, day, served, timed
from qingyuan.cases._context import Context
from qingyuan.cases._data import label
from qingyuan.cases.events import EventDraft, draft
from qingyuan.cases.events.review import (
    NoticePublished,
    ReplyReceived,
    SuggestionIssued,
    SuggestionItems,
    SuggestionRecorded,
    SuggestionServed,
)


def _reply_period(*, urgent: bool) -> str:
    return "agency-reply-urgent" if urgent else "agency-reply"


@act("issue-suggestion")
def _issue(context: Context) -> list[EventDraft]:
    args, case = context.args, context.the_case
    urgent = args.flag("urgent")
    items = SuggestionItems(
        agency="、".join(case.respondents),
        source=_source(context),
        harm=_proved(context, "harm"),
        failure=_proved(context, "failure"),
        basis=tuple(dict.fromkeys((*_duty_articles(context), *args.texts("basis")))),
        demands=args.texts("demands"),
        period=_reply_period(urgent=urgent),
        other=args.text("other"),
    )
    payload = SuggestionIssued(
        items=items,
        approval=approval(context),
        urgent=urgent,
        urgent_reason=args.text("urgent_reason"),
        document=args.text("document"),
    )
    return [draft(case.id, payload)]


def _source(context: Context) -> str:
    """Return item 2, from the leads of the matter: nothing is typed twice."""
    matter = context.docket.matter
    leads = [context.docket.leads[name] for name in matter.leads] if matter else []
    sources = dict.fromkeys(label("lead-source", lead.registered.source).zh for lead in leads)
    return "、".join(sources)


def _proved(context: Context, kind: str) -> str:
    fact = context.the_case.fact(kind)
    assert fact is not None
    return fact.text


def _duty_articles(context: Context) -> list[str]:
    case, matter = context.the_case, context.docket.matter
    if matter is None or not case.duties:
        return []
    duties = context.law.duties(matter.field, case.regulator or None, context.today)
    return [
        citation.zh
        for duty in duties
        if duty.id in case.duties and duty.basis == "law"
        for citation in duty.articles
    ]


@act("serve-suggestion")
def _serve(context: Context) -> list[EventDraft]:
    args, case, service = context.args, context.the_case, served(context)
    assert case.suggestion is not None
    reply = context.law.deadline(_reply_period(urgent=case.suggestion.urgent), service.on, analogous=True)
    payload = SuggestionServed(
        on=service.on,
        mode=args.text("mode"),
        timing=timed(context, "suggestion-service", service.on),
        reply_due=reply.due,
        receipt=args.text("receipt"),
        done_on=service.done_on,
        note=args.text("note"),
    )
    return [draft(case.id, payload)]


@act("record-suggestion")
def _record(context: Context) -> list[EventDraft]:
    payload = SuggestionRecorded(
        on=day(context),
        with_office=context.args.text("with_office"),
        timing=timed(context, "suggestion-record"),
    )
    return [draft(context.the_case.id, payload)]


@act("receive-reply")
def _reply(context: Context) -> list[EventDraft]:
    args, case = context.args, context.the_case
    assert case.suggestion is not None
    payload = ReplyReceived(
        on=day(context),
        accepted=args.text("accepted"),
        summary=args.text("summary"),
        timing=timed(context, _reply_period(urgent=case.suggestion.urgent)),
        exhibits=args.texts("exhibits"),
    )
    return [draft(case.id, payload)]


@act("publish-notice")
def _publish(context: Context) -> list[EventDraft]:
    args, case = context.args, context.the_case
    payload = NoticePublished(
        on=day(context),
        medium=args.text("medium"),
        harm=_proved(context, "damage"),
        invitation=args.text("invitation"),
        contact=args.text("contact"),
        publisher=case.filed.office,
        expires=context.law.deadline("civil-notice", day(context), analogous=True).due,
        exhibit=args.text("exhibit"),
    )
    return [draft(case.id, payload)]
