"""The JSON API: what programs of the office may ask, with bearer tokens and scopes; its description is ``/api/v1/openapi.json``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute

from qingyuan.web.api import acting, hooks, reading, shapes, taking
from qingyuan.web.api.asking import needs
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request

#: The description is there for whoever has its address.
DESCRIPTION = "/api/v1/openapi.json"


def api(desk: Desk) -> list[BaseRoute]:
    """Return the routes of the API of an office.

    Each is made once, with all that is asked before it: routers that include each other would look through every function twice.
    """
    parts: list[APIRouter] = []

    def part(scope: str, answers: shapes.Described, prefix: str = "") -> APIRouter:
        """Return where the routes of a scope are added."""
        parts.append(
            APIRouter(
                prefix=f"/api/v1{prefix}",
                tags=["v1"],
                dependencies=[Depends(needs(desk, scope))],
                responses=shapes.ERRORS | answers,
            )
        )
        return parts[-1]

    whole = shapes.ABSENT | shapes.REFUSED | shapes.TAKEN
    reading.lists(part("read", {}), desk)
    reading.records(part("read", shapes.ABSENT), desk)
    reading.law(part("read", {}), desk)
    acting.acts(part("act", whole), desk)
    taking.taking(part("take", whole, "/material"), desk)
    hooks.hooks(part("hooks", shapes.ABSENT | shapes.TAKEN, "/hooks"), desk)
    return [route for one in parts for route in one.routes]


def install(app: FastAPI, desk: Desk) -> None:
    """Put the API into an application; what does not fit its description is answered in the same form as any error."""
    app.router.routes.extend(api(desk))
    described = app.openapi

    def described_whole() -> dict[str, Any]:
        """Return the description with the forms of the rooms below, which the framework does not know."""
        if app.openapi_schema is None:
            described()["components"]["schemas"].update(shapes.COMPONENTS)
        return described()

    app.openapi = described_whole  # type: ignore[method-assign]

    async def misfit(_: Request, error: Exception) -> JSONResponse:
        """Say which parameter does not fit; what was given is not repeated."""
        assert isinstance(error, RequestValidationError)
        places = [".".join(map(str, one["loc"])) for one in error.errors()]
        known = bad_request(
            f"参数不合要求：{'、'.join(places)}", f"not as described: {', '.join(places)}", code="web.misfit"
        )
        return JSONResponse({"error": known.as_dict()}, 422)

    app.add_exception_handler(RequestValidationError, misfit)
