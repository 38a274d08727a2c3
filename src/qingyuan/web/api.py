"""The JSON API: what programs of the office may ask, with bearer tokens and scopes; its description is ``/api/v1/openapi.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body, Depends, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from qingyuan.cases import due_dates
from qingyuan.office.casework import Argument, load
from qingyuan.office.custody import custody_record
from qingyuan.office.register import deadlines, leads, matters, search, timeline
from qingyuan.store.register import Filters, Scope
from qingyuan.web.access import Permission
from qingyuan.web.accounts import SCOPES
from qingyuan.web.desk import Desk
from qingyuan.web.errors import WebError, bad_request, forbidden, not_found

_BEARER = HTTPBearer(auto_error=False, description="A token of one's account page")
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
After = Annotated[str, Query(max_length=200, description="`after` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]
Name = Annotated[str, Path(min_length=1, max_length=64)]
Word = Annotated[str, Query(max_length=64)]
Count = Annotated[int, Query(ge=0, le=10**12)]
Day = Annotated[date | None, Query()]


class Problem(BaseModel):
    """What went wrong.

    Attributes:
        code: Stable name.
        zh: What is the matter, Chinese.
        en: The same in English.
        where: Which record, field or policy.
        remedy_zh: What to do, Chinese.
        remedy_en: The same in English.
    """

    code: str
    zh: str
    en: str
    where: str | None = None
    remedy_zh: str = ""
    remedy_en: str = ""
    missing: list[Any] | None = None
    citations: list[Any] | None = None


class Failed(BaseModel):
    """The body of every answer that is no success."""

    error: Problem


#: Statuses of errors, described for everyone who asks.
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Failed, "description": "Something that was given cannot be read, or does not fit"},
    401: {"model": Failed, "description": "No token, or one that is not good"},
    403: {"model": Failed, "description": "The token lacks the scope, or a policy forbids it; it is named"},
    422: {"model": Failed, "description": "A parameter or the body is not of the type described"},
    429: {"model": Failed, "description": "Too many requests in a short time"},
}
_ABSENT: dict[int | str, dict[str, Any]] = {404: {"model": Failed, "description": "There is no such record"}}
_REFUSED: dict[int | str, dict[str, Any]] = {
    409: {
        "model": Failed,
        "description": "The act is not possible yet; what is missing and the articles are named",
    },
    413: {"model": Failed, "description": "The body is too large"},
}


def api(desk: Desk) -> APIRouter:
    """Return the routes of the API of an office."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=_ERRORS)
    reads = Depends(_needs(desk, "read"))
    router.include_router(_lists(desk), dependencies=[reads])
    router.include_router(_records(desk), dependencies=[reads], responses=_ABSENT)
    router.include_router(_law(desk), dependencies=[reads])
    router.include_router(
        _acts(desk), dependencies=[Depends(_needs(desk, "act"))], responses=_ABSENT | _REFUSED
    )
    return router


def install(app: FastAPI, desk: Desk) -> None:
    """Put the API into an application; what does not fit its description is answered in the same form as any error."""
    app.include_router(api(desk))

    async def misfit(_: Request, error: Exception) -> JSONResponse:
        """Say which parameter does not fit; what was given is not repeated."""
        assert isinstance(error, RequestValidationError)
        places = [".".join(map(str, one["loc"])) for one in error.errors()]
        known = bad_request(
            f"参数不合要求：{'、'.join(places)}", f"not as described: {', '.join(places)}", code="web.misfit"
        )
        return JSONResponse({"error": known.as_dict()}, 422)

    app.add_exception_handler(RequestValidationError, misfit)


def _lists(desk: Desk) -> APIRouter:
    router, home = APIRouter(), desk.home

    @router.get("/leads")
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
    ) -> dict[str, Any]:
        """List the leads that the owner of the token sees, the newest change or the earliest date first."""
        filters = _filters(stage, field, handler, active, begun_from, begun_to, source=source)
        return _plain(leads(home, _scope(desk, request), filters, sort=sort, after=after, limit=limit))

    @router.get("/matters")
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
    ) -> dict[str, Any]:
        """List the matters that the owner of the token sees, the newest change or the earliest date first."""
        filters = _filters(stage, field, handler, active, begun_from, begun_to)
        return _plain(matters(home, _scope(desk, request), filters, sort=sort, after=after, limit=limit))

    @router.get("/deadlines")
    def list_deadlines(
        request: Request,
        until: date | None = None,
        *,
        overdue: bool | None = None,
        after: After = "",
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """List open dates, the earliest first."""
        scope = _scope(desk, request)
        return _plain(deadlines(home, scope, until=until, overdue=overdue, after=after, limit=limit))

    @router.get("/search")
    def find(
        request: Request, q: Annotated[str, Query(max_length=200)], after: After = "", limit: Limit = 20
    ) -> dict[str, Any]:
        """Find dockets by their words."""
        return _plain(search(home, q, _scope(desk, request), after=after, limit=limit))

    return router


def _records(desk: Desk) -> APIRouter:
    router, home = APIRouter(), desk.home

    @router.get("/dockets/{identifier}")
    def docket(request: Request, identifier: Name) -> dict[str, Any]:
        """Return the docket of a lead, matter or case with its open dates."""
        _ask(desk, request, "case.read", identifier)
        found = load(home, identifier).docket
        due = due_dates(found, law=home.law, now=home.clock.now())
        return {"docket": found.as_builtins(), "deadlines": [_plain(one) for one in due]}

    @router.get("/dockets/{identifier}/timeline")
    def lines(request: Request, identifier: Name, after: After = "", limit: Limit = 50) -> dict[str, Any]:
        """Return the timeline of a docket, the newest line first."""
        _ask(desk, request, "case.read", identifier)
        return _plain(timeline(home, identifier, after=after, limit=limit))

    @router.get("/exhibits/{identifier}")
    def exhibit(request: Request, identifier: Name) -> dict[str, Any]:
        """Return the manifest and the chain of custody of an exhibit."""
        _ask(desk, request, "case.read", identifier)
        return _plain(custody_record(home, identifier))

    @router.get("/jobs/{identifier}")
    def job(request: Request, identifier: Name) -> dict[str, Any]:
        """Return how far a job of one's own is."""
        found = desk.jobs.get(identifier)
        if found is None or found.person != request.state.person:
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
        _ask(desk, request, "case.act", "" if target == "new" else target, given)
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
        period: Word,
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
    """Return the check of a scope: the token has it, and its owner may do something of the kind."""

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
        if scope not in scopes:
            raise forbidden(f"令牌没有“{scope}”范围", f"the token lacks the scope {scope!r}")
        if SCOPES[scope] not in desk.posts.permissions(account.person):
            raise desk.guard.refusal(SCOPES[scope])
        request.state.person = account.person

    return check


def _ask(
    desk: Desk,
    request: Request,
    need: Permission,
    identifier: str,
    given: Mapping[str, Argument] | None = None,
) -> None:
    """Ask the policies about the record of the address, and those that the body names."""
    values = [(name, text) for name, value in (given or {}).items() for text in _texts(value)]
    desk.guard.check(request.state.person, need, {"identifier": identifier}, values)


def _texts(value: Argument) -> list[str]:
    return [value] if isinstance(value, str) else value if isinstance(value, list) else []


def _scope(desk: Desk, request: Request) -> Scope:
    return desk.posts.scope(request.state.person)


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


def _plain(value: object) -> dict[str, Any]:
    """Return a value of the rooms below as JSON builtins."""
    plain: dict[str, Any] = msgspec.to_builtins(value, str_keys=True, enc_hook=_rest)
    return plain


def _rest(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)
