"""Leads: the inbox, a lead with its explained score, and registering one by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from starlette.responses import Response

from qingyuan.cases import LeadFacts, Offer, assess, choice_lists, due_dates, tasks, timeline
from qingyuan.office.casework import Loaded, case_events
from qingyuan.office.home import Home
from qingyuan.office.offers import offers
from qingyuan.office.register.similar import similar_leads
from qingyuan.office.steps import next_steps
from qingyuan.pii.catalog import catalog
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.portal.clue import TOLD
from qingyuan.web.routing import page
from qingyuan.web.words import said
from qingyuan.web.workbench._acting import Duty, duties, groups
from qingyuan.web.workbench._found import found_in
from qingyuan.web.workbench._lists import Row, exported, listed
from qingyuan.web.workbench._reading import some_minutes


@page("GET", "/leads", "case.list")
def inbox(ask: Ask) -> Response:
    """List the leads; words, filters, order and page are in the address."""
    lists = choice_lists()
    return ask.page(
        "leads.html",
        found=listed(ask, "lead", "/leads"),
        stages=lists["lead-stage"],
        sources=lists["lead-source"],
        fields=ask.desk.home.law.fields(),
    )


@page("GET", "/leads/file", "case.list")
def file(ask: Ask) -> Response:
    """Hand out the list as it is filtered."""
    stages, sources = choice_lists()["lead-stage"], choice_lists()["lead-source"]
    heads = [
        ask.t("list.id"),
        ask.t("list.title"),
        ask.t("list.stage"),
        ask.t("leads.score"),
        ask.t("leads.received"),
        ask.t("lead.source"),
        ask.t("list.matter"),
    ]

    def cells(row: Row) -> list[object]:
        one = row.record
        return [
            one.id,
            one.title,
            said(ask.lang, stages[one.stage]),
            "" if one.score < 0 else one.score,
            one.begun,
            said(ask.lang, sources[one.source]) if one.source in sources else one.source,
            one.docket if one.docket != one.id else "",
        ]

    return ask.finish(exported(ask, "lead", "leads", heads, cells))


@page("GET", "/leads/{identifier}", "case.read")
def show(ask: Ask, identifier: str) -> Response:
    """Show one lead: what was reported and counted, its score with every reason, and what can be done."""
    home = ask.desk.home
    held = ask.desk.dockets.docket(identifier)
    loaded = held.loaded
    lead = loaded.docket.leads.get(identifier)
    if lead is None:
        raise not_found(identifier)
    registered = lead.registered
    facts = LeadFacts(source=registered.source, counts=registered.counts)
    score = None if lead.assessment else assess(facts, law=home.law, on=home.clock.now().date())
    with home.database.read() as connection:
        rows = exhibits(connection, [identifier])
    labels = choice_lists()
    minute = some_minutes(home.clock.now())
    acts = held.view(
        ("offers of", identifier, home.law, minute, ask.person),
        lambda: offers(home, loaded, identifier, actor=ask.person),
    )
    return ask.page(
        "lead.html",
        lead=lead,
        score=score,
        groups=groups(acts, labels["verb-group"]),
        todo=held.view(
            ("to do", identifier, home.law, minute, ask.person),
            lambda: _todo(home, loaded, identifier, acts, minute),
        ),
        exhibits=rows,
        clue=next((row.id for row in rows if row.path == TOLD), ""),
        found=held.view(("found", identifier), lambda: found_in(home, rows))
        if ask.may("material.view", identifier)
        else {},
        kinds=catalog().kinds,
        alike=ask.desk.remembered(
            ("alike", identifier, len(loaded.events), ask.scope),
            lambda: similar_leads(home, identifier, ask.scope, known=registered),
        ),
        lines=[line for line in timeline(case_events(loaded.events)) if line.stream == identifier],
        labels=labels,
    )


def _todo(home: Home, loaded: Loaded, identifier: str, acts: Sequence[Offer], now: datetime) -> list[Duty]:
    """Return what has to be done with a lead; what is joined to a matter is done there."""
    docket = loaded.docket
    if docket.matter is not None:
        return []
    wanted = [one for one in tasks(docket, law=home.law, now=now) if one.target == identifier]
    return duties(next_steps(docket, acts), wanted, due_dates(docket, law=home.law, now=now))
