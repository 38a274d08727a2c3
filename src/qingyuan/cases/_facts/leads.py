"""Facts about leads and matters: opening, joining, merging, parting."""

from __future__ import annotations

from collections.abc import Iterator

from qingyuan.cases._context import Context, Lack, Lacks, named
from qingyuan.cases._facts._table import fact, when
from qingyuan.cases.state import Case, LeadStage

_SEVERAL = 2

when("major", lambda c: not c.the_lead.registered.major)
when("transferred-elsewhere", lambda c: c.args.text("office") != c.the_lead.settled_to)
when("refusal-reasoned", lambda c: c.args.text("outcome") == "refused" and not c.args.has("reason"))
when("proposes-opening", lambda c: c.the_lead.conclusion != "open")
when("proposes-transfer", lambda c: c.the_lead.conclusion != "transfer")
when("proposes-declining", lambda c: c.the_lead.conclusion != "decline")
when("no-case-yet", lambda c: bool(c.docket.cases))
when("not-itself", lambda c: c.args.text("into") == c.the_lead.id)
when("known-lead", lambda c: c.args.flag("closed"))
when("other-matter", lambda c: c.docket.matter is None or c.args.text("other") == c.docket.matter.id)
when("several-leads", lambda c: c.docket.matter is None or len(c.docket.matter.leads) < _SEVERAL)
when("some-merged", lambda c: not c.docket.merged)
when("no-others-inside", lambda c: c.args.flag("holds_others"))
when(
    "some-lead-to-open",
    lambda c: (
        not any(
            lead.stage is LeadStage.ASSESSED and lead.conclusion == "open" for lead in c.docket.leads.values()
        )
    ),
)


@fact("no-matter")
def _no_matter(context: Context) -> Lacks:
    if context.docket.matter is not None:
        yield Lack("no-matter", {"matter": context.docket.matter.id})


@fact("leads-to-open")
def _leads_to_open(context: Context) -> Lacks:
    for name in context.args.texts("leads"):
        lead = context.docket.leads.get(name)
        if lead is None:
            yield Lack("leads-to-open.unknown", {"lead": name})
        elif lead.stage is LeadStage.REGISTERED:
            yield Lack("leads-to-open.assessed", {"lead": name})
        elif lead.stage is not LeadStage.ASSESSED:
            yield Lack("leads-to-open.settled", {"lead": name, **named("stage", "lead-stage", lead.stage)})
        elif lead.conclusion != "open":
            yield Lack("leads-to-open.conclusion", {"lead": name})


@fact("lead-to-join")
def _lead_to_join(context: Context) -> Lacks:
    name = context.args.text("lead")
    lead = context.docket.leads.get(name)
    if name and (lead is None or lead.stage is not LeadStage.ASSESSED):
        yield Lack("lead-to-join", {"lead": name})


@fact("matter-merged")
def _matter_merged(context: Context) -> Lacks:
    other = context.args.text("other")
    if other and other not in context.docket.merged:
        yield Lack("matter-merged", {"matter": other})


@fact("lead-to-part")
def _lead_to_part(context: Context) -> Lacks:
    """A lead can leave when it came by itself, is not the only one, and no case rests on its exhibits."""
    name, docket = context.args.text("lead"), context.docket
    if not name or docket.matter is None:
        return
    lead = docket.leads.get(name)
    if lead is None or name not in docket.matter.leads:
        yield Lack("lead-to-part.unknown", {"lead": name})
        return
    if any(name in taken.leads for taken in docket.merged.values()):
        yield Lack("lead-to-part.merged", {"lead": name})
    if len(docket.matter.leads) == 1:
        yield Lack("lead-to-part.last", {"lead": name})
    own = {exhibit for exhibit, stream in docket.exhibits.items() if stream == name}
    for case in docket.cases.values():
        if own & set(_rests_on(case)):
            yield Lack("lead-to-part.proves", {"lead": name, "case": case.id})


def _rests_on(case: Case) -> Iterator[str]:
    """Yield the exhibits that facts and measures of a case rest on."""
    for proved in case.facts:
        yield from proved.exhibits
    for measure in case.measures.values():
        yield from (*measure.entered.before, *measure.after, *measure.verification)
