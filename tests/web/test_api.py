"""The API: tokens and their scopes, shapes, errors as JSON, and no answer of 500 whatever is asked."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingyuan.office.home import Home
from qingyuan.store.registry import exhibits
from tests.web.making import client_of, desk_of, post


def program(app: FastAPI, role: str, *scopes: str) -> TestClient:
    """Return a client with a token that somebody of a role made on the account page."""
    person = client_of(app, role)
    made = post(
        person, "/account/tokens", {"label": "程序", "scopes": list(scopes), "days": "30"}, form="/account"
    )
    token = re.search(r"qy_[\w-]+", made.text)
    assert token, made.text
    assert token[0] not in person.get("/account").text
    client = TestClient(app, base_url="http://testserver", raise_server_exceptions=False)
    client.headers["authorization"] = f"Bearer {token[0]}"
    return client


def test_a_token_reads_what_its_owner_may_read(app: FastAPI, home: Home) -> None:
    client = program(app, "supervisor", "read")
    with home.database.read() as connection:
        exhibit = exhibits(connection, ["L2026-0001"])[0].id
    assert {row["id"] for row in client.get("/api/v1/leads").json()["rows"]} == {"L2026-0001", "L2026-0002"}
    assert client.get("/api/v1/matters").json()["rows"][0]["id"] == "M2026-0001"
    assert client.get("/api/v1/leads?limit=1").json()["after"]
    assert client.get("/api/v1/deadlines").json()["rows"]
    assert client.get("/api/v1/search?q=面单").json()["rows"]
    docket = client.get("/api/v1/dockets/C2026-0001").json()
    assert docket["docket"]["cases"]["C2026-0001"]["stage"] == "filed"
    assert client.get(f"/api/v1/exhibits/{exhibit}").json()["manifest"]["id"] == exhibit
    due = client.get("/api/v1/law/deadline?period=agency-reply&from=2026-03-18").json()
    assert (due["due"], due["firm"]) == ("2026-05-18", True)
    assert client.get("/api/v1/law/threshold?sensitive=50").json()["serious"] is True


def test_no_token_a_withdrawn_one_or_one_without_the_scope_opens_nothing(app: FastAPI) -> None:
    bare = TestClient(app, base_url="http://testserver")
    assert bare.get("/api/v1/leads").status_code == 401
    assert bare.get("/api/v1/leads", headers={"authorization": "Bearer qy_guess"}).status_code == 401
    reader = program(app, "prosecutor", "read")
    refused = reader.post("/api/v1/acts/L2026-0002/lead-assess", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "web.forbidden")
    assert (
        program(app, "supervisor", "act").post("/api/v1/acts/L2026-0002/lead-assess", json={}).status_code
        == 403
    )
    desk = desk_of(app)
    person = next(one.person for one in desk.people.all() if one.name == "user-prosecutor")
    for token in desk.tokens.of(person):
        desk.tokens.drop(person, token.id)
    assert reader.get("/api/v1/leads").status_code == 401


def test_an_act_is_done_or_refused_with_what_is_missing(app: FastAPI) -> None:
    client = program(app, "prosecutor", "act", "read")
    refused = client.post("/api/v1/acts/L2026-0002/lead-assess", json={})
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "cases.missing"
    done = client.post(
        "/api/v1/acts/L2026-0002/lead-assess",
        json={"authenticity": "可靠", "investigability": "可查", "conclusion": "open"},
    )
    assert done.json()["events"][0]["type"] == "lead.assessed"
    assert client.get("/api/v1/dockets/L2026-9999").status_code == 404


@pytest.mark.slow
def test_nothing_that_is_asked_makes_the_api_fail(app: FastAPI) -> None:
    client = program(app, "prosecutor", "read", "act")
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    text = st.text(max_size=20).filter(lambda value: "/" not in value and value not in {"", ".", ".."})

    names_of_path = st.sampled_from(["L2026-0001", "x", "new"]) | text

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.sampled_from(sorted(paths)), st.data())
    def ask(path: str, data: st.DataObject) -> None:
        for method, described in paths[path].items():
            names = [one["name"] for one in described.get("parameters", []) if one["in"] == "query"]
            query = {
                name: data.draw(text | st.integers().map(str)) for name in names if data.draw(st.booleans())
            }
            filled = re.sub(r"\{\w+\}", lambda _: quote(data.draw(names_of_path), safe=""), path)
            body = data.draw(st.dictionaries(text, text | st.integers() | st.none(), max_size=3))
            answer = client.request(method, filled, params=query, json=body if method == "post" else None)
            assert answer.status_code < 500, (method, filled, query, body)

    ask()
