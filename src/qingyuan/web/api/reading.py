"""Lists, records and answers of the law, for programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from qingyuan.cases import due_dates
from qingyuan.law.model import Deadline, Threshold
from qingyuan.office.custody import CustodyRecord, custody_record
from qingyuan.office.register import (
    Deadlines,
    TimelinePage,
    deadlines,
    leads,
    matters,
    search,
    timeline,
)
from qingyuan.store.register import Filters, Page
from qingyuan.web.api.asking import Name, Word, ask, scope_of
from qingyuan.web.api.shapes import DocketAnswer, answers, written
from qingyuan.web.desk import Desk
from qingyuan.web.errors import not_found
from qingyuan.web.jobs import Job
from qingyuan.web.works import NEEDS

After = Annotated[str, Query(max_length=200, description="`after` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]
Count = Annotated[int, Query(ge=0, le=10**12)]
Day = Annotated[date | None, Query()]


def lists(router: APIRouter, desk: Desk) -> None:
    """Add the routes of lists, narrowed to what the owner of the token sees."""
    home = desk.home

    @router.get("/leads", response_model=None, responses=answers(Page))
    def list_leads(
        request: Request,
        stage: Word = "",
        field: Word = "",
        source: Word = "",
        handler: Word = "",
        active: bool | None = None,
        begun_from: Day = None,
        begun_to: Day = None,
        sort: Literal["changed", "due"] = "changed",
        after: After = "",
        limit: Limit = 50,
    ) -> Response:
        """List the leads that the owner of the token sees, the newest change or the earliest date first."""
        filters = _filters(stage, field, handler, active, begun_from, begun_to, source=source)
        return written(leads(home, scope_of(desk, request), filters, sort=sort, after=after, limit=limit))

    @router.get("/matters", response_model=None, responses=answers(Page))
    def list_matters(
        request: Request,
        stage: Word = "",
        field: Word = "",
        handler: Word = "",
        active: bool | None = None,
        begun_from: Day = None,
        begun_to: Day = None,
        sort: Literal["changed", "due"] = "changed",
        after: After = "",
        limit: Limit = 50,
    ) -> Response:
        """List the matters that the owner of the token sees, the newest change or the earliest date first."""
        filters = _filters(stage, field, handler, active, begun_from, begun_to)
        return written(matters(home, scope_of(desk, request), filters, sort=sort, after=after, limit=limit))

    @router.get("/deadlines", response_model=None, responses=answers(Deadlines))
    def list_deadlines(
        request: Request,
        until: date | None = None,
        *,
        overdue: bool | None = None,
        after: After = "",
        limit: Limit = 50,
    ) -> Response:
        """List open dates, the earliest first."""
        scope = scope_of(desk, request)
        return written(deadlines(home, scope, until=until, overdue=overdue, after=after, limit=limit))

    @router.get("/search", response_model=None, responses=answers(Page))
    def find(
        request: Request, q: Annotated[str, Query(max_length=200)], after: After = "", limit: Limit = 20
    ) -> Response:
        """Find dockets by their words."""
        return written(search(home, q, scope_of(desk, request), after=after, limit=limit))


def records(router: APIRouter, desk: Desk) -> None:
    """Add the routes of single records."""
    home = desk.home

    @router.get("/dockets/{identifier}", response_model=None, responses=answers(DocketAnswer))
    def docket(request: Request, identifier: Name) -> Response:
        """Return the docket of a lead, matter or case with its open dates."""
        ask(desk, request, "case.read", identifier)
        found = desk.dockets.docket(identifier).loaded.docket
        due = due_dates(found, law=home.law, now=home.clock.now())
        return written(DocketAnswer(found, due))

    @router.get("/dockets/{identifier}/timeline", response_model=None, responses=answers(TimelinePage))
    def lines(request: Request, identifier: Name, after: After = "", limit: Limit = 50) -> Response:
        """Return the timeline of a docket, the newest line first."""
        ask(desk, request, "case.read", identifier)
        return written(timeline(home, identifier, after=after, limit=limit))

    @router.get("/exhibits/{identifier}", response_model=None, responses=answers(CustodyRecord))
    def exhibit(request: Request, identifier: Name) -> Response:
        """Return the manifest and the chain of custody of an exhibit."""
        ask(desk, request, "case.read", identifier)
        return written(custody_record(home, identifier))

    @router.get("/jobs/{identifier}", response_model=None, responses=answers(Job))
    def job(request: Request, identifier: Name) -> Response:
        """Return how far a job of one's own is."""
        found = desk.jobs.get(identifier)
        if found is None or found.person != request.state.person:
            raise not_found(identifier)
        desk.guard.require_job(found.person, NEEDS.get(found.kind, "case.read"), found.args)
        return written(found)


def law(router: APIRouter, desk: Desk) -> None:
    """Add the routes of what the law says."""
    home = desk.home

    @router.get("/law/deadline", response_model=None, responses=answers(Deadline))
    def deadline(
        period: Word,
        start: Annotated[date, Query(alias="from")],
        extend: Annotated[int, Query(ge=0, le=99)] = 0,
    ) -> Response:
        """Return when a period ends, with its steps and articles."""
        return written(home.law.deadline(period, start, extend=extend))

    @router.get("/law/threshold", response_model=None, responses=answers(Threshold))
    def threshold(sensitive: Count = 0, important: Count = 0, general: Count = 0) -> Response:
        """Return whether counts reach the criminal thresholds."""
        return written(home.law.threshold(sensitive, important, general))


def _filters(
    stage: str,
    field: str,
    handler: str,
    active: bool | None,
    begun_from: date | None,
    begun_to: date | None,
    *,
    source: str = "",
) -> Filters:
    return Filters(
        active=active,
        stages=(stage,) if stage else (),
        fields=(field,) if field else (),
        source=source,
        handler=handler,
        begun_from=begun_from.isoformat() if begun_from else "",
        begun_to=begun_to.isoformat() if begun_to else "",
    )
