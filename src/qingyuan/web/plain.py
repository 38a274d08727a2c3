"""Answers that are no pages: static files, health, figures."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from qingyuan.office.home import Home
from qingyuan.web.pages import Static
from qingyuan.web.watch import Metrics

_YEAR = 31_536_000
_LOCAL = frozenset({"127.0.0.1", "::1", "testclient"})


def plain_routes(home: Home, static: Mapping[str, Static], metrics: Metrics) -> list[Route]:
    """Return the routes of what is no page.

    Args:
        home: The office.
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
        """Say that the log can be read."""
        await run_in_threadpool(home.head)
        return PlainTextResponse("ok\n")

    async def measured(request: Request) -> Response:
        """Hand out the figures, to this machine."""
        local = request.client is None or request.client.host in _LOCAL
        if not local:
            return PlainTextResponse("only from this machine\n", 403)
        return Response(await run_in_threadpool(metrics.text), media_type=metrics.kind)

    return [Route("/healthz", health), Route("/metrics", measured), Route("/static/{name}", asset)]
