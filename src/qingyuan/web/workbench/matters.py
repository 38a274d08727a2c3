"""Matters: the list, and one matter on one page."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.responses import Response

from qingyuan.cases import (
    Docket,
    EvidenceGroup,
    choice_lists,
    due_dates,
    duty_matrix,
    evidence_groups,
    hearings,
    property_record,
    tasks,
    timeline,
)
from qingyuan.law import Citation, LawError
from qingyuan.office.casework import Loaded, case_events
from qingyuan.office.home import Home
from qingyuan.office.offers import concerns, offers, ruled_out
from qingyuan.office.paperwork import offers_of
from qingyuan.office.steps import next_steps
from qingyuan.pii.catalog import catalog
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.hearings import filings_of, hearing_of
from qingyuan.web.portal import tickets
from qingyuan.web.routing import page
from qingyuan.web.words import said
from qingyuan.web.workbench._acting import duties, groups
from qingyuan.web.workbench._found import found_in
from qingyuan.web.workbench._lists import Row, exported, listed
from qingyuan.web.workbench._measures import measures_of
from qingyuan.web.workbench._reading import some_minutes, stages
from qingyuan.web.workbench.documents import written

#: Stages of a matter without an open case.
OWN_STAGES = ("opened", "closed")


@page("GET", "/matters", "case.list")
def index(ask: Ask) -> Response:
    """List the matters with their cases and next dates; words, filters, order and page are in the address."""
    return ask.page(
        "matters.html",
        found=listed(ask, "matter", "/matters"),
        labels=choice_lists(),
        fields=ask.desk.home.law.fields(),
    )


@page("GET", "/matters/file", "case.list")
def file(ask: Ask) -> Response:
    """Hand out the list as it is filtered."""
    labels = choice_lists()
    heads = [
        ask.t("list.id"),
        ask.t("list.title"),
        ask.t("list.stage"),
        ask.t("list.begun"),
        ask.t("matters.cases"),
        ask.t("matters.next"),
        ask.t("due.by"),
    ]

    def cells(row: Row) -> list[object]:
        one = row.record
        return [
            one.id,
            one.title,
            ask.t(f"stage.{one.stage}")
            if one.stage in OWN_STAGES
            else said(ask.lang, labels["case-stage"][one.stage]),
            one.begun,
            " ".join(f"{case.id} {said(ask.lang, labels['case-stage'][case.stage])}" for case in row.cases),
            said(ask.lang, row.due) if row.due else "",
            row.due.due if row.due else "",
        ]

    return ask.finish(exported(ask, "matter", "matters", heads, cells))


@page("GET", "/matters/{identifier}", "case.read")
def show(ask: Ask, identifier: str) -> Response:
    """Show one matter: parties, both tracks, dates, evidence, duties, measures, documents, exhibits, timeline."""
    home = ask.desk.home
    held = ask.desk.dockets.docket(identifier)
    loaded = held.loaded
    docket, now = loaded.docket, home.clock.now()
    if docket.matter is None:
        return ask.redirect(f"/leads/{identifier}")
    if identifier != docket.matter.id:
        return ask.redirect(f"/matters/{docket.matter.id}#{identifier}")
    labels = choice_lists()
    # Of some minutes: what can be done and what is due follow from the docket, the law, the person and the time.
    minute = some_minutes(now)
    every = held.view(
        ("offers", home.law, minute, ask.person),
        lambda: offers(home, loaded, identifier, actor=ask.person, everything=True),
    )
    # Of a case that is over, what cannot be done is not offered any more.
    over = {case.id for case in docket.cases.values() if case.ended_on}
    acts = [
        one
        for one in every
        if concerns(one, identifier)
        and not ruled_out(one)
        and (one.refused is None or one.target.split(" ")[0] not in over)
    ]
    with home.database.read() as connection:
        rows = exhibits(connection, loaded.streams)
    standing = held.view(("standing", home.law, minute), lambda: _standing(home, loaded, now))
    collected = [row for row in rows if row.origin == "collected"]
    tied = _tied(docket, standing["evidence"])
    # What proves something first: a page reads the scans of so many exhibits and no more.
    scanned = sorted(collected, key=lambda row: row.id not in tied)
    return ask.page(
        "matter.html",
        matter=docket.matter,
        leads=docket.leads,
        cases=docket.cases,
        stages={case.id: stages(case, labels["case-stage"]) for case in docket.cases.values()},
        **standing,
        untied=[row for row in collected if row.id not in tied],
        collected=len(collected),
        found=held.view("found", lambda: found_in(home, scanned))
        if ask.may("material.view", identifier)
        else {},
        kinds=catalog().kinds,
        measures=measures_of(ask, docket),
        groups=groups(acts, labels["verb-group"]),
        every=every,
        todo=duties(next_steps(docket, every), standing["tasks"], standing["due"]),
        exhibits={row.id: row for row in rows},
        documents=written(loaded),
        papers=held.view(
            ("papers", home.law, minute, ask.person),
            lambda: {
                name: offers_of(home, name, actor=ask.person, loaded=loaded, known=every)
                for name in docket.cases
            },
        ),
        labels=labels,
        hearings={name: hearing_of(case, loaded) for name, case in docket.cases.items()},
        meetings={name: hearings(docket, name) for name in docket.cases},
        panels={name: tickets.listed(ask.desk, ["hearing"], case=name) for name in docket.cases},
        filings=filings_of(loaded),
    )


def _standing(home: Home, loaded: Loaded, now: datetime) -> dict[str, Any]:
    """Return how a docket stands at a time: dates, evidence, duties, timeline."""
    docket = loaded.docket
    groups_ = {name: evidence_groups(docket, name) for name in docket.cases}
    return {
        "due": due_dates(docket, law=home.law, now=now),
        "tasks": tasks(docket, law=home.law, now=now),
        "done": due_dates(docket, law=home.law, now=now, include_done=True),
        "evidence": groups_,
        "grouped_by": _cited(home, groups_),
        "money": {name: record for name in docket.cases if (record := property_record(docket, name)).rows},
        "duties": {
            name: duty_matrix(docket, name, law=home.law, now=now)
            for name, case in docket.cases.items()
            if case.track == "administrative"
        },
        "lines": timeline(case_events(loaded.events))[::-1],
    }


def _cited(home: Home, evidence: Mapping[str, Sequence[EvidenceGroup]]) -> dict[str, Citation]:
    """Return what the groups of evidence rest on, those of its rules that the law data has."""
    found = {}
    for rule in {group.rule for each in evidence.values() for group in each}:
        with contextlib.suppress(LawError):
            found[rule] = home.law.provision(rule).citation
    return found


def _tied(docket: Docket, evidence: Mapping[str, Sequence[EvidenceGroup]]) -> set[str]:
    """Return the exhibits that a fact to be proved or a measure rests on."""
    facts = (one for groups_ in evidence.values() for group in groups_ for one in group.exhibits)
    measures = (one for case in docket.cases.values() for one in case.measures.values())
    return {*facts, *(one for each in measures for one in (*each.entered.before, *each.after))}
