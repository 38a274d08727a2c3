"""Leads: the inbox, a lead with its explained score, and registering one by hand."""

from __future__ import annotations

from typing import cast

from starlette.responses import Response

from qingyuan.cases import Lead, LeadFacts, assess, choice_lists, timeline
from qingyuan.office.casework import case_events, load
from qingyuan.office.offers import offers
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.routing import page
from qingyuan.web.workbench._reading import leads, matching


@page("GET", "/leads", "case.read")
def inbox(ask: Ask) -> Response:
    """List the leads; search and filter are in the address."""
    wanted, stage = ask.query("q"), ask.query("stage")
    rows = [
        (f"{lead.id} {lead.registered.title} {lead.registered.summary}", lead)
        for lead in leads(ask.desk.home)
        if not stage or lead.stage == stage
    ]
    found = cast("list[Lead]", matching(rows, wanted))
    return ask.page("leads.html", found=found, q=wanted, stage=stage, stages=choice_lists()["lead-stage"])


@page("GET", "/leads/{identifier}", "case.read")
def show(ask: Ask, identifier: str) -> Response:
    """Show one lead: what was reported and counted, its score with every reason, and what can be done."""
    home = ask.desk.home
    loaded = load(home, identifier)
    lead = loaded.docket.leads.get(identifier)
    if lead is None:
        raise not_found(identifier)
    registered = lead.registered
    facts = LeadFacts(source=registered.source, counts=registered.counts)
    score = None if lead.assessment else assess(facts, law=home.law, on=home.clock.now().date())
    with home.database.read() as connection:
        rows = exhibits(connection, [identifier])
    return ask.page(
        "lead.html",
        lead=lead,
        score=score,
        offers=offers(home, loaded, identifier, actor=ask.person),
        exhibits=rows,
        lines=[line for line in timeline(case_events(loaded.events)) if line.stream == identifier],
        labels=choice_lists(),
    )
