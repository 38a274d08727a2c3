"""The JSON API: what programs of the office may ask, with bearer tokens and scopes; its description is ``/api/v1/openapi.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Depends, Path, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from qingyuan.cases import due_dates
from qingyuan.office.casework import Argument, load
from qingyuan.office.custody import custody_record
from qingyuan.office.register import deadlines, leads, matters, search
from qingyuan.store.register import Filters
from qingyuan.web.access import permits
from qingyuan.web.accounts import SCOPES
from qingyuan.web.desk import Desk
from qingyuan.web.errors import WebError, forbidden, not_found

_BEARER = HTTPBearer(auto_error=False, description="A token of one's account page")
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
After = Annotated[str, Query(max_length=200, description="`after` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]
Name = Annotated[str, Path(max_length=64)]
Count = Annotated[int, Query(ge=0, le=10**12)]


def api(desk: Desk) -> APIRouter:
    """Return the routes of the API of an office."""
    router = APIRouter(prefix="/api/v1", tags=["v1"])
    reads = Depends(_needs(desk, "read"))
    router.include_router(_lists(desk), dependencies=[reads])
    router.include_router(_records(desk), dependencies=[reads])
    router.include_router(_law(desk), dependencies=[reads])
    router.include_router(_acts(desk), dependencies=[Depends(_needs(desk, "act"))])
    return router


def _lists(desk: Desk) -> APIRouter:
    router, home = APIRouter(), desk.home

    @router.get("/leads")
    def list_leads(stage: str = "", after: After = "", limit: Limit = 50) -> dict[str, Any]:
        """List leads, the newest change first."""
        return _plain(leads(home, filters=_stage(stage), after=after, limit=limit))

    @router.get("/matters")
    def list_matters(stage: str = "", after: After = "", limit: Limit = 50) -> dict[str, Any]:
        """List matters, the newest change first."""
        return _plain(matters(home, filters=_stage(stage), after=after, limit=limit))

    @router.get("/deadlines")
    def list_deadlines(
        until: date | None = None, *, overdue: bool | None = None, after: After = "", limit: Limit = 50
    ) -> dict[str, Any]:
        """List open dates, the earliest first."""
        return _plain(deadlines(home, until=until, overdue=overdue, after=after, limit=limit))

    @router.get("/search")
    def find(
        q: Annotated[str, Query(max_length=200)], after: After = "", limit: Limit = 20
    ) -> dict[str, Any]:
        """Find dockets by their words."""
        return _plain(search(home, q, after=after, limit=limit))

    return router


def _records(desk: Desk) -> APIRouter:
    router, home = APIRouter(), desk.home

    @router.get("/dockets/{identifier}")
    def docket(identifier: Name) -> dict[str, Any]:
        """Return the docket of a lead, matter or case with its open dates."""
        found = load(home, identifier).docket
        due = due_dates(found, law=home.law, now=home.clock.now())
        return {"docket": found.as_builtins(), "deadlines": [_plain(one) for one in due]}

    @router.get("/exhibits/{identifier}")
    def exhibit(identifier: Name) -> dict[str, Any]:
        """Return the manifest and the chain of custody of an exhibit."""
        return _plain(custody_record(home, identifier))

    @router.get("/jobs/{identifier}")
    def job(identifier: Name) -> dict[str, Any]:
        """Return how far a job is."""
        found = desk.jobs.get(identifier)
        if found is None:
            raise not_found(identifier)
        return _plain(found)

    return router


def _acts(desk: Desk) -> APIRouter:
    router = APIRouter()

    @router.post("/acts/{target}/{verb}")
    def act(
        request: Request,
        target: Name,
        verb: Name,
        particulars: Annotated[dict[str, str | int | bool | list[str] | None], Body()],
    ) -> dict[str, Any]:
        """Do an act on a lead, matter or case (``new`` to register a lead); a refusal is 409 and names what is missing."""
        given: dict[str, Argument] = dict(particulars)
        stored = desk.act(verb, None if target == "new" else target, given, actor=request.state.person)
        return {
            "events": [
                {"index": e.index, "stream": e.stream, "n": e.n, "type": e.type, "payload": e.payload}
                for e in stored
            ]
        }

    return router


def _law(desk: Desk) -> APIRouter:
    router, home = APIRouter(), desk.home

    @router.get("/law/deadline")
    def deadline(
        period: str,
        start: Annotated[date, Query(alias="from")],
        extend: Annotated[int, Query(ge=0, le=99)] = 0,
    ) -> dict[str, Any]:
        """Return when a period ends, with its steps and articles."""
        return _plain(home.law.deadline(period, start, extend=extend))

    @router.get("/law/threshold")
    def threshold(sensitive: Count = 0, important: Count = 0, general: Count = 0) -> dict[str, Any]:
        """Return whether counts reach the criminal thresholds."""
        return _plain(home.law.threshold(sensitive, important, general))

    return router


def _needs(desk: Desk, scope: str) -> Callable[[Request, Given], None]:
    """Return the check of a scope: the token has it, and so may its owner."""

    def check(request: Request, given: Given) -> None:
        opened = desk.tokens.open(given.credentials) if given is not None else None
        if opened is None:
            raise WebError(
                "web.no-token",
                401,
                zh="令牌缺失、无效或已过期",
                en="the token is missing, invalid or has expired",
                remedy_zh="在“我的账号”页建立令牌，以 Authorization: Bearer 发送",
                remedy_en="make one on your account page and send it as Authorization: Bearer",
            )
        account, scopes = opened
        if scope not in scopes or not permits(account.roles, SCOPES[scope]):
            raise forbidden(f"令牌没有“{scope}”范围", f"the token lacks the scope {scope!r}")
        request.state.person = account.person

    return check


def _stage(stage: str) -> Filters:
    return Filters(stages=(stage,)) if stage else Filters()


def _plain(value: object) -> dict[str, Any]:
    """Return a value of the rooms below as JSON builtins."""
    plain: dict[str, Any] = msgspec.to_builtins(value, str_keys=True, enc_hook=_rest)
    return plain


def _rest(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)
