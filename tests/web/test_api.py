"""The API: tokens and their scopes, shapes, errors as JSON, how often they may ask, webhooks."""

from __future__ import annotations

import re
import time

from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.home import Home
from qingyuan.store.registry import exhibits
from qingyuan.web.hooks import Hooks
from qingyuan.web.limits import Allowance
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
            assert {"200", "400", "401", "403", "422", "429", "503"} <= set(answers), path
            assert "{" not in path or "404" in answers, path
            assert method != "post" or "413" in answers, path
            assert "/acts/" not in path or "409" in answers, path
            for status, answer in answers.items():
                if status != "200":
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema["$ref"].endswith("/Failed"), (path, status)


def test_a_program_cannot_state_what_only_the_office_itself_fills_in(app: FastAPI, home: Home) -> None:
    client = program(app, "prosecutor", "act")
    told = {"title": "一", "source": "media", "field": "express-waybill"}
    size = home.head()
    for ours in ({"persons": 99_999}, {"sensitive": 500, "kinds": ["x"]}, {"lead": "L2020-0001"}):
        refused = client.post("/api/v1/acts/new/lead-register", json={**told, **ours})
        assert refused.status_code in {400, 404}, refused.text
    assert refused.json()["error"]["code"] in {"web.not-given", "office.no-such-record"}
    assert home.head() == size
    done = client.post("/api/v1/acts/new/lead-register", json=told)
    assert done.json()["events"][0]["payload"].get("counts", {}) == {}


def test_who_asks_too_often_is_told_when_to_come_back(app: FastAPI) -> None:
    desk = desk_of(app)
    client, other = program(app, "prosecutor", "read"), program(app, "supervisor", "read")
    desk.asking = Allowance(desk.tries, 25)
    assert {client.get("/api/v1/leads").status_code for _ in range(25)} == {200}
    refused = client.get("/api/v1/leads")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "web.too-many")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert other.get("/api/v1/leads").status_code == 200
    bare = TestClient(app, base_url="http://testserver")
    answers = [
        bare.get("/api/v1/leads", headers={"authorization": f"Bearer qy_{n}"}).status_code for n in range(26)
    ]
    assert (set(answers[:-1]), answers[-1]) == ({401}, 429)


def test_server_processes_share_one_limit_and_a_window_ends(app: FastAPI) -> None:
    tries = desk_of(app).tries
    one, two = Allowance(tries, 40, 1), Allowance(tries, 40, 1)
    taken = sum((one if n % 2 else two).take("program") == 0 for n in range(100))
    assert taken <= 80  # two windows at most, when one ends meanwhile
    deadline = time.monotonic() + 120
    while one.take("program"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_administrator_s_program_subscribes_lists_and_ends_webhooks(app: FastAPI, home: Home) -> None:
    desk = desk_of(app)
    desk.hooks = Hooks(desk.state, home, allow_private=True)
    client = program(app, "administrator", "hooks")
    made = client.post("/api/v1/hooks", json={"url": "http://127.0.0.1:9/x", "types": ["lead.*"]}).json()
    assert made["secret"].startswith("whsec_")
    (row,) = client.get("/api/v1/hooks").json()["rows"]
    assert (row["id"], row["types"]) == (made["id"], ["lead.*"])
    assert made["secret"] not in client.get("/api/v1/hooks").text
    for url in ("https://[", "https://", "ftp://x", "http://name:word@127.0.0.1/"):
        assert client.post("/api/v1/hooks", json={"url": url, "types": ["*"]}).status_code == 400, url
    mixed = {"url": "http://127.0.0.1:9/x", "types": ["*"], "active": False}
    assert client.post("/api/v1/hooks", json=mixed).status_code == 422
    assert program(app, "prosecutor", "hooks").get("/api/v1/hooks").status_code == 403
    assert program(app, "prosecutor", "read").get("/api/v1/hooks").status_code == 403
    assert client.delete("/api/v1/hooks/none").status_code == 404
    assert client.delete(f"/api/v1/hooks/{made['id']}").json() == {"id": made["id"]}
    assert client.get("/api/v1/hooks").json() == {"rows": []}


def test_a_body_that_is_too_large_is_refused_in_the_form_of_any_error(app: FastAPI) -> None:
    client = program(app, "prosecutor", "act")
    refused = client.post("/api/v1/acts/new/lead-register", content=b"x" * ((64 << 20) + 1))
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "web.too-large")
