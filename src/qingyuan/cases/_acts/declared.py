"""Acts that ``acts.yaml`` declares: the particulars become the fields of one event."""

from __future__ import annotations

from datetime import date, datetime

from qingyuan.cases._acts._base import approval, day
from qingyuan.cases._context import Context
from qingyuan.cases.deadlines import timing
from qingyuan.cases.events import EventDraft, Particular, draft
from qingyuan.cases.events.act import CaseActed, LeadActed

#: Particulars that are members of the event, not of ``fields``.
_MEMBERS = {"case", "lead", "on", "approved_by", "approved_on", "approval_document"}


def declared(context: Context) -> list[EventDraft]:
    """Return the event of a verb that ``records`` an act."""
    verb, args = context.verb, context.args
    fields: dict[str, Particular] = {}
    for param in verb.params:
        if param.name in _MEMBERS or param.system or not args.has(param.name):
            continue
        value = args.value(param.name)
        if isinstance(value, (date, datetime)):
            fields[param.name] = value.isoformat()
        elif isinstance(value, (str, int, tuple)):
            fields[param.name] = value
    on = day(context)
    names = (verb.zh, verb.en) if verb.records in context.procedure.local else ("", "")
    if verb.scope == "lead":
        taken = LeadActed(
            act=verb.records,
            on=on,
            fields=fields,
            approval=approval(context) if args.has("approved_by") else None,
            moves=verb.moves,
            office=args.text(verb.office) if verb.office else "",
            zh=names[0],
            en=names[1],
        )
        return [draft(context.the_lead.id, taken)]
    period = verb.timing.format(track=context.the_case.track)
    payload = CaseActed(
        act=verb.records,
        on=on,
        fields=fields,
        approval=approval(context) if args.has("approved_by") else None,
        timing=timing(context.the_case, period, args.moment("at") or on, law=context.law) if period else None,
        moves=verb.moves,
        office=args.text(verb.office) if verb.office else "",
        zh=names[0],
        en=names[1],
    )
    return [draft(context.the_case.id, payload)]
