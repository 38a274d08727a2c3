"""Acts of programs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response

from qingyuan.office.casework import Argument
from qingyuan.office.offers import verbs_of
from qingyuan.web.api.asking import Name, ask
from qingyuan.web.api.shapes import Done, Written, answers, written
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request

Particulars = Annotated[dict[str, str | int | bool | list[str] | None], Body()]


def acts(router: APIRouter, desk: Desk) -> None:
    """Add the route of acts."""

    @router.post("/acts/{target}/{verb}", response_model=None, responses=answers(Done))
    def act(request: Request, target: Name, verb: Name, particulars: Particulars) -> Response:
        """Do an act on a lead, matter or case (``new`` to register a lead); a refusal is 409 and names what is missing."""
        given: dict[str, Argument] = dict(particulars)
        _refuse_ours(desk, verb, given)
        ask(desk, request, "case.act", "" if target == "new" else target, given)
        desk.guard.require_joined(request.state.person, verbs_of(desk.home).get(verb), given)
        stored = desk.act(verb, None if target == "new" else target, given, actor=request.state.person)
        return written(Done(tuple(Written(e.index, e.stream, e.n, e.type, dict(e.payload)) for e in stored)))


def _refuse_ours(desk: Desk, verb: str, given: Collection[str]) -> None:
    """Refuse particulars that only the program fills in, such as what a scan counted: whoever asks may state anything but these."""
    known = verbs_of(desk.home).get(verb)
    ours = (
        sorted(param.name for param in known.params if param.system and param.name in given) if known else []
    )
    if ours:
        raise bad_request(
            f"由系统填写，不能由请求给出：{'、'.join(ours)}",
            f"filled in by the program, and not taken from a request: {', '.join(ours)}",
            code="web.not-given",
        )
