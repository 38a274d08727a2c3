"""The API: tokens and their scopes, shapes, errors as JSON, and no answer of 500 whatever is asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
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


def test_programs_see_what_their_owner_sees_and_no_more(app: FastAPI, home: Home) -> None:
    desk = desk_of(app)
    program(app, "prosecutor", "read", "act")
    other = desk.people.add("colleague", "", ["prosecutor"], "a sentence of words that is long enough")
    desk.posts.handle("L2026-0002", other.person)
    client = TestClient(app, base_url="http://testserver", raise_server_exceptions=False)
    client.headers["authorization"] = f"Bearer {desk.tokens.make(other.person, 'x', ['read', 'act'], 3)}"
    assert [row["id"] for row in client.get("/api/v1/leads").json()["rows"]] == ["L2026-0002"]
    for path in ("matters", "deadlines", "search?q=面单"):
        assert "0001" not in client.get(f"/api/v1/{path}").text, path
    with home.database.read() as connection:
        exhibit = exhibits(connection, ["L2026-0001"])[0].id
    job = desk.jobs.add("intake", "P777", {})
    for path, status in {
        "dockets/C2026-0001": 403, "dockets/M2026-0001/timeline": 403, f"exhibits/{exhibit}": 403, f"jobs/{job}": 404,
    }.items():  # fmt: skip
        assert client.get(f"/api/v1/{path}").status_code == status, path
    denied = client.post("/api/v1/acts/C2026-0001/consult", json={})
    assert (denied.status_code, denied.json()["error"]["code"]) == (403, "web.forbidden")
    named = client.post(
        "/api/v1/acts/L2026-0002/lead-assess", json={"exhibits": [exhibit], "leads": ["L2026-0001"]}
    )
    assert named.status_code == 403


def test_the_description_names_every_error_and_its_body(app: FastAPI) -> None:
    described = TestClient(app).get("/api/v1/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            answers = one["responses"]
            assert {"200", "400", "401", "403", "422", "429"} <= set(answers), path
            assert "{" not in path or "404" in answers, path
            assert method != "post" or {"409", "413"} <= set(answers), path
            for status, answer in answers.items():
                if status != "200":
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema["$ref"].endswith("/Failed"), (path, status)


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return what fits a schema of the description, and often what does not."""
    if "anyOf" in schema:
        return st.one_of(*(values(one) for one in schema["anyOf"]))
    low, high = schema.get("minimum", -(10**20)), schema.get("maximum", 10**20)
    inner = schema.get("additionalProperties", {"type": "string"})
    by_kind: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "integer": lambda: (
            st.integers(low, high) | st.sampled_from([low - 1, high + 1]) | st.text(max_size=4)
        ),
        "boolean": lambda: st.booleans() | st.text(max_size=4),
        "null": st.none,
        "array": lambda: st.lists(values(schema["items"]), max_size=3),
        "object": lambda: st.dictionaries(
            st.sampled_from(KNOWN) | st.text(max_size=12), values(inner), max_size=4
        ),
        "string": lambda: texts(schema),
    }
    return by_kind[schema.get("type", "string")]()


def texts(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return texts of a schema, and others."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | st.text(max_size=8)
    if schema.get("format") == "date":
        return st.dates().map(str) | st.text(max_size=12)
    known = st.sampled_from([*KNOWN, "L2026-0001", "\x00", "9" * 300])
    return known | st.text(max_size=schema.get("maxLength", 20) + 1)


#: Words that mean something, so that more than the outermost check is reached.
KNOWN = (
    "lead-assess",
    "lead-register",
    "consult",
    "title",
    "office",
    "registered",
    "new",
    "M2026-0001",
    "C2026-0001",
    "leads",
)


@pytest.mark.slow
def test_nothing_that_is_asked_makes_the_api_fail(app: FastAPI) -> None:
    client = program(app, "prosecutor", "read", "act")
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    asked = [
        (path, method, one) for path, methods in sorted(paths.items()) for method, one in methods.items()
    ]

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(asked), st.data())
    def ask(chosen: tuple[str, str, dict[str, Any]], data: st.DataObject) -> None:
        path, method, described = chosen
        query, filled = {}, path
        for one in described.get("parameters", []):
            value = data.draw(values(one["schema"]))
            if one["in"] == "path":
                filled = filled.replace(f"{{{one['name']}}}", quote(str(value), safe="") or "x")
            elif one["required"] or data.draw(st.booleans()):
                query[one["name"]] = str(value)
        body = None
        if "requestBody" in described:
            body = data.draw(values(described["requestBody"]["content"]["application/json"]["schema"]))
        answer = client.request(method, filled, params=query, json=body)
        where = (method, filled, query, body, answer.status_code, answer.text[:300])
        assert answer.status_code < 500, where
        # A path with a dot or a slash in it may lead to another route, which has no description.
        if answer.headers["content-type"].startswith("application/json"):
            assert str(answer.status_code) in described["responses"] or answer.status_code in {404, 405}, (
                where
            )
            if answer.status_code != 200:
                assert set(answer.json()["error"]) >= {"code", "zh", "en"}, where

    ask()
