"""Acts of programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response

from qingyuan.office.casework import Argument
from qingyuan.web.api.asking import Name, ask
from qingyuan.web.api.shapes import Done, Written, answers, written
from qingyuan.web.desk import Desk

Particulars = Annotated[dict[str, str | int | bool | list[str] | None], Body()]


def acts(desk: Desk) -> APIRouter:
    """Return the route of acts."""
    router = APIRouter()

    @router.post("/acts/{target}/{verb}", response_model=None, responses=answers(Done))
    def act(request: Request, target: Name, verb: Name, particulars: Particulars) -> Response:
        """Do an act on a lead, matter or case (``new`` to register a lead); a refusal is 409 and names what is missing."""
        given: dict[str, Argument] = dict(particulars)
        ask(desk, request, "case.act", "" if target == "new" else target, given)
        stored = desk.act(verb, None if target == "new" else target, given, actor=request.state.person)
        return written(Done(tuple(Written(e.index, e.stream, e.n, e.type, dict(e.payload)) for e in stored)))

    return router
