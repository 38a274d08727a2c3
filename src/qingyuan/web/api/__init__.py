"""The JSON API: what programs of the office may ask, with bearer tokens and scopes; its description is ``/api/v1/openapi.json``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from qingyuan.web.api import acting, hooks, reading, shapes, taking
from qingyuan.web.api.asking import needs
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request

#: The description is there for whoever has its address.
DESCRIPTION = "/api/v1/openapi.json"


def api(desk: Desk) -> APIRouter:
    """Return the routes of the API of an office."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=shapes.ERRORS)
    reads, acts, takes, tells = (Depends(needs(desk, scope)) for scope in ("read", "act", "take", "hooks"))
    router.include_router(reading.lists(desk), dependencies=[reads])
    router.include_router(reading.records(desk), dependencies=[reads], responses=shapes.ABSENT)
    router.include_router(reading.law(desk), dependencies=[reads])
    router.include_router(
        acting.acts(desk), dependencies=[acts], responses=shapes.ABSENT | shapes.REFUSED | shapes.TAKEN
    )
    whole = shapes.ABSENT | shapes.REFUSED | shapes.TAKEN
    router.include_router(taking.taking(desk), dependencies=[takes], responses=whole)
    router.include_router(hooks.hooks(desk), dependencies=[tells], responses=shapes.ABSENT | shapes.TAKEN)
    return router


def install(app: FastAPI, desk: Desk) -> None:
    """Put the API into an application; what does not fit its description is answered in the same form as any error."""
    app.include_router(api(desk))
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
