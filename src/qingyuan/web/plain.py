"""Answers that are no pages: static files, health, figures."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from qingyuan.errors import QingyuanError
from qingyuan.office.recognition.stopped import refuse_if_stopped
from qingyuan.web.desk import Desk
from qingyuan.web.pages import Static
from qingyuan.web.telling import LOG
from qingyuan.web.watch import Metrics

_YEAR = 31_536_000
_LOCAL = frozenset({"127.0.0.1", "::1", "testclient"})


def plain_routes(desk: Desk, static: Mapping[str, Static], metrics: Metrics) -> list[Route]:
    """Return the routes of what is no page.

    Args:
        desk: The office.
        static: The static files.
        metrics: The figures.
    """

    async def asset(request: Request) -> Response:
        """Hand out a static file."""
        found = static.get(request.path_params["name"])
        if found is None:
            return PlainTextResponse("not found", 404)
        fresh = request.query_params.get("v") == found.version
        caching = f"public, max-age={_YEAR}, immutable" if fresh else "no-cache"
        return Response(found.data, media_type=found.kind, headers={"Cache-Control": caching})

    async def health(_: Request) -> Response:
        """Say that the process answers."""
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        """Say whether the record can be read and written to; what is wrong is in the log of the process."""
        try:
            await run_in_threadpool(_check, desk)
        except (QingyuanError, SQLAlchemyError, OSError) as error:
            why = error.code if isinstance(error, QingyuanError) else type(error).__name__
            LOG.warning(json.dumps({"event": "not-ready", "why": why}))
            return PlainTextResponse(f"not ready: {why}\n", 503)
        return PlainTextResponse("ready\n")

    async def measured(request: Request) -> Response:
        """Hand out the figures, to this machine."""
        local = request.client is None or request.client.host in _LOCAL
        if not local:
            return PlainTextResponse("only from this machine\n", 403)
        return Response(await run_in_threadpool(metrics.text), media_type=metrics.kind)

    return [
        Route("/healthz", health),
        Route("/readyz", ready),
        Route("/metrics", measured),
        Route("/static/{name}", asset),
    ]


def _check(desk: Desk) -> None:
    """Read the head of the log and the state of the web, refuse a log that is stopped, and see that the folder can be written to."""
    desk.home.head()
    desk.state.glance("SELECT 1")
    refuse_if_stopped(desk.home.path)
    if not os.access(desk.home.path, os.W_OK):
        raise PermissionError
