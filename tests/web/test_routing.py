"""Routes found by the first part of an address answer as a list of routes would."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from qingyuan.web.routing import PAGES, Table


async def _say(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.url.path} {sorted(request.path_params.items())}")


ROUTES = [
    Route("/", _say),
    Route("/leads", _say),
    Route("/leads/file", _say),
    Route("/leads/{identifier}", _say),
    Route("/leads/{identifier}", _say, methods=["POST"]),
    Route("/portal/i/{code}/files/{name}", _say),
    Route("/only", _say, methods=["POST"]),
]
ASKED = ["/", "/leads", "/leads/file", "/leads/L1", "/leads/L1/x", "/leads/", "/portal/i/a/files/b", "/only", "/lead", "//leads",
         "/%6ceads", "/leads/a%2Fb", "/LEADS"]  # fmt: skip


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_a_table_answers_as_its_routes_do(method: str, path: str) -> None:
    seen = []
    for routes in (ROUTES, [Table(ROUTES)]):
        client = TestClient(Starlette(routes=routes), follow_redirects=False)
        answer = client.request(method, path)
        seen.append(
            (answer.status_code, answer.text, answer.headers.get("location"), answer.headers.get("allow"))
        )
    assert seen[0] == seen[1]


def test_every_page_begins_with_a_part_that_holds_no_name() -> None:
    assert not [page.path for page in PAGES if "{" in page.path.split("/", 2)[1]]
