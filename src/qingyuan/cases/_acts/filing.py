"""Acts from filing to the end of the investigation."""

from __future__ import annotations

from qingyuan.cases._acts._base import act, approval, day, served, timed
from qingyuan.cases._context import Context
from qingyuan.cases._data import label
from qingyuan.cases._facts import FACT_KINDS
from qingyuan.cases.events import EventDraft, draft
from qingyuan.cases.events.filing import (
    CaseFiled,
    Consulted,
    FactsConfirmed,
    FilingServed,
    Investigated,
    Opinion,
    ProvedFact,
    RespondentIdentified,
)

_OPINIONS: dict[str, Opinion] = {"terminate": "terminate", "suggest": "suggest", "notice": "notice"}


@act("case-file")
def _file(context: Context) -> list[EventDraft]:
    args = context.args
    assert context.track is not None
    payload = CaseFiled(
        matter=args.text("matter"),
        track=context.track,
        office=args.text("office"),
        jurisdiction=label("jurisdiction", args.text("jurisdiction")).rule,
        basis=args.text("basis"),
        harm=args.text("harm"),
        violation=args.text("violation"),
        approval=approval(context),
        respondents=args.texts("respondents"),
        regulator=args.text("regulator"),
        duties=args.texts("duties"),
    )
    return [draft(args.text("case"), payload)]


@act("identify-respondent")
def _identify(context: Context) -> list[EventDraft]:
    args = context.args
    payload = RespondentIdentified(
        respondents=args.texts("respondents"), regulator=args.text("regulator"), duties=args.texts("duties")
    )
    return [draft(context.the_case.id, payload)]


@act("serve-filing")
def _serve(context: Context) -> list[EventDraft]:
    args, service = context.args, served(context)
    payload = FilingServed(
        on=service.on,
        mode=args.text("mode"),
        timing=timed(context, "filing-decision-service", service.on),
        receipt=args.text("receipt"),
        done_on=service.done_on,
        note=args.text("note"),
    )
    return [draft(context.the_case.id, payload)]


@act("consult")
def _consult(context: Context) -> list[EventDraft]:
    args = context.args
    payload = Consulted(
        on=day(context),
        form=args.text("form"),
        topics=args.texts("topics"),
        record=args.text("record"),
        outcome=args.text("outcome"),
    )
    return [draft(context.the_case.id, payload)]


@act("confirm-facts")
def _confirm(context: Context) -> list[EventDraft]:
    args, case = context.args, context.the_case
    facts = tuple(
        ProvedFact(
            kind=kind,
            text=args.text(kind),
            exhibits=args.texts("exhibits"),
            findings=args.texts("findings"),
        )
        for kind in FACT_KINDS[case.track]
        if args.has(kind)
    )
    payload = FactsConfirmed(
        on=day(context), facts=facts, investigators=args.texts("investigators"), method=args.text("method")
    )
    return [draft(case.id, payload)]


@act("conclude-investigation")
def _conclude(context: Context) -> list[EventDraft]:
    args = context.args
    payload = Investigated(
        on=day(context), opinion=_OPINIONS[args.text("opinion")], report=args.text("report")
    )
    return [draft(context.the_case.id, payload)]
