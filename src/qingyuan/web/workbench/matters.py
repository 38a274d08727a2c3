"""Matters: the list, and one matter on one page."""

from __future__ import annotations

from typing import cast

from starlette.responses import Response

from qingyuan.cases import choice_lists, due_dates, duty_matrix, evidence_matrix, timeline
from qingyuan.office.casework import case_events, load
from qingyuan.office.offers import offers
from qingyuan.office.paperwork import offers_of
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.routing import page
from qingyuan.web.workbench._reading import MatterRow, matching, matters, stages
from qingyuan.web.workbench.documents import written


@page("GET", "/matters", "case.read")
def index(ask: Ask) -> Response:
    """List the matters with their cases and next dates."""
    wanted, stage = ask.query("q"), ask.query("stage")
    rows = [
        (" ".join([row.matter.id, row.matter.title, *(c.id for c in row.cases), *(n for c in row.cases for n in c.respondents)]), row)
        for row in matters(ask.desk.home)
        if not stage or any(case.stage == stage for case in row.cases)
    ]  # fmt: skip
    found = cast("list[MatterRow]", matching(rows, wanted))
    return ask.page("matters.html", found=found, q=wanted, stage=stage, labels=choice_lists())


@page("GET", "/matters/{identifier}", "case.read")
def show(ask: Ask, identifier: str) -> Response:
    """Show one matter: parties, both tracks, dates, evidence, duties, measures, documents, exhibits, timeline."""
    home = ask.desk.home
    loaded = load(home, identifier)
    docket, now = loaded.docket, home.clock.now()
    if docket.matter is None:
        return ask.redirect(f"/leads/{identifier}")
    if identifier != docket.matter.id:
        return ask.redirect(f"/matters/{docket.matter.id}#{identifier}")
    labels = choice_lists()
    acts = offers(home, loaded, identifier, actor=ask.person)
    every = offers(home, loaded, identifier, actor=ask.person, everything=True)
    with home.database.read() as connection:
        rows = exhibits(connection, loaded.streams)
    return ask.page(
        "matter.html",
        matter=docket.matter,
        leads=docket.leads,
        cases=docket.cases,
        stages={case.id: stages(case, labels["case-stage"]) for case in docket.cases.values()},
        due=due_dates(docket, law=home.law, now=now),
        done=due_dates(docket, law=home.law, now=now, include_done=True),
        evidence={name: evidence_matrix(docket, name) for name in docket.cases},
        duties={
            name: duty_matrix(docket, name, law=home.law, now=now)
            for name, case in docket.cases.items()
            if case.track == "administrative"
        },
        offers=acts,
        every=every,
        exhibits={row.id: row for row in rows},
        lines=timeline(case_events(loaded.events))[::-1],
        documents=written(loaded),
        papers={name: offers_of(home, name, actor=ask.person) for name in docket.cases},
        labels=labels,
    )
