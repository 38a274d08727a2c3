"""Hostile requests: forged forms on every route, script in every field on every page, paths that leave, bombs, more than was asked for."""

from __future__ import annotations

import io
import logging
import re
import time
import zipfile
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.cases import VERBS
from qingyuan.office.home import Home
from qingyuan.store.registry import exhibits
from qingyuan.web.routing import PAGES
from tests.web.making import PASSWORD, client_of, desk_of, handle_all, post, token_of
from tests.web.test_access import BY_CODE, OWN, address
from tests.web.test_surface import HOSTILE

OUTSIDE = ("root:", "PRIVATE KEY", "[project]", "Permission = ")


def chief(app: FastAPI) -> TestClient:
    """Return a browser of somebody who may do nearly everything."""
    desk = desk_of(app)
    account = desk.people.add("chief-1", "", ["chief", "prosecutor"], PASSWORD)
    desk.people.add("system-1", "", ["administrator"], PASSWORD)
    handle_all(desk, account.person)
    client = TestClient(
        app, base_url="http://testserver", follow_redirects=False, raise_server_exceptions=False
    )
    assert post(client, "/sign-in", {"name": "chief-1", "password": PASSWORD}).status_code == 303
    return client


def test_no_form_is_taken_without_its_token_on_any_route(app: FastAPI, home: Home) -> None:
    client = chief(app)
    taken = []
    for page in PAGES:
        if page.method == "GET" or page.need == "office.manage":
            continue
        path = address(page, home, OWN)
        size = home.head()
        for data in ({}, {"_token": "0" * 96}):
            answer = client.post(path, data=data)
            if answer.status_code != 400 or "web.forged" not in answer.text:
                taken.append((path, answer.status_code))
        # What another site sends with a good token is not taken either.
        other = client.post(
            path, data={"_token": token_of(client, "/account")}, headers={"sec-fetch-site": "cross-site"}
        )
        if other.status_code != 400:
            taken.append((path, other.status_code))
        assert home.head() == size, path
    assert taken == []
    assert client.put("/uploads/0123", params={"offset": 0}, content=b"x").status_code in {400, 404}


def test_script_in_any_field_or_file_name_is_text_on_every_page(app: FastAPI, home: Home) -> None:
    client = chief(app)
    told: dict[str, str | list[str]] = {
        param.name: HOSTILE for param in VERBS["lead-register"].params if param.type in {"text", "texts"}
    }
    told |= {"title": HOSTILE, "summary": HOSTILE, "source": "media", "field": "personal-information"}
    done = post(client, "/acts/new/lead-register", told, form="/account")
    assert done.status_code == 303, done.text
    lead = done.headers["location"].rsplit("/", 1)[1]
    desk_of(app).people.add("hostile-1", HOSTILE, ["prosecutor"], PASSWORD)
    post(client, "/account/tokens", {"label": HOSTILE, "scopes": ["read"], "days": "3"}, form="/account")
    files = [("files", (f"{HOSTILE}.txt", b"one"))]
    sent = client.post("/report", data={
        "_token": token_of(client, "/report"), "told": HOSTILE, "field": "express-waybill", "where": HOSTILE, "once": "c" * 32,
    }, files=files)  # fmt: skip
    assert sent.status_code == 200
    clue = re.search(r"L2026-\d{4}", sent.text)
    assert clue
    desk_of(app).posts.handle(clue[0], desk_of(app).people.all()[0].person)
    raw = []
    for page in PAGES:
        if page.method != "GET" or BY_CODE in page.path:
            continue
        path = address(page, home, OWN)
        named = "{identifier}" in page.path and "/exhibits" not in page.path
        for name in (lead, clue[0]) if named else (OWN["identifier"],):
            asked = f"{path.replace(OWN['identifier'], name)}?q={HOSTILE}&next={HOSTILE}&kind={HOSTILE}&which={HOSTILE}"
            answer = client.get(asked)
            assert answer.status_code < 500, asked
            html = "html" in answer.headers.get("content-type", "")
            if html and re.search(r"<script>alert|<img src=x", answer.text):
                raw.append(asked)
    assert raw == []


_RUNS = "<script>alert(1)</script>"
_DRAWN_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0\x1f\x15\xc4\x89"
#: What a browser would run if it were drawn in our origin, also under the name or the first bytes of something harmless.
ACTIVE = {
    "picture.svg": f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">{_RUNS}</svg>'.encode(),
    "page.html": f"<!doctype html>{_RUNS}".encode(),
    "page.xhtml": f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">{_RUNS}</html>'.encode(),
    "photo.png": _DRAWN_PNG + _RUNS.encode(),
    "photo.gif": b"GIF89a=1/*" + _RUNS.encode() + b"*/;alert(1)",
    "paper.pdf": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n"
    + _RUNS.encode(),
    "said.js": b"alert(1)",
    "none": f"plain words {_RUNS}".encode(),
}


def test_no_file_that_the_public_sends_is_drawn_or_run_in_our_origin(app: FastAPI, home: Home) -> None:
    client = chief(app)
    sent = client.post("/report", data={
        "_token": token_of(client, "/report"), "told": "照片", "field": "express-waybill", "where": "清州", "once": "d" * 32,
    }, files=[("files", one) for one in ACTIVE.items()])  # fmt: skip
    clue = re.search(r"L2026-\d{4}", sent.text)
    assert clue, sent.text
    handle_all(desk_of(app), next(one.person for one in desk_of(app).people.all() if one.name == "chief-1"))
    with home.database.read() as connection:
        rows = {row.path.rsplit("/", 1)[-1]: row for row in exhibits(connection, [clue[0]])}
    handed = []
    for row in rows.values():
        answer = client.get(f"/exhibits/{row.id}/content")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment; "), row.path
        assert answer.headers["content-type"] == "application/octet-stream", row.path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        handed.append(answer.content)
        # No picture but what our own browser drew is shown, whatever its name or its first bytes say.
        assert client.get(f"/exhibits/{row.id}/picture").status_code == 404, row.path
        for path in (f"/exhibits/{row.id}", f"/exhibits/{row.id}/source", f"/leads/{clue[0]}"):
            page = client.get(path)
            assert page.status_code < 500, path
            assert _RUNS not in page.text
            assert not re.search(r"<(img|object|embed|iframe)[^>]*" + row.id, page.text), path
    assert set(ACTIVE.values()) <= set(handed)


OUT_OF_IT = (
    "/static/..%2f..%2f..%2fpyproject.toml",
    "/static/%2e%2e/%2e%2e/access.py",
    "/packages/..%2f..%2fkeyring.json/file",
    "/packages/K2026-0001%00/file",
    "/exhibits/..%2f..%2fkeyring.json/content",
    "/exhibits/..%5c..%5ckeyring.json/content",
    "/uploads/..%2f..%2fetc%2fpasswd",
    "/leads/..%2fadmin",
    "/jobs/..%2f..%2f..%2fetc%2fpasswd/events",
    "/documents/C2026-0001/..%2f..%2fsuggestion",
    "/law/rules/..%2f..%2fetc%2fpasswd",
    "/api/v1/exhibits/..%2f..%2fkeyring.json",
)


def test_no_address_leads_out_of_its_folder(app: FastAPI, home: Home) -> None:
    client = chief(app)
    secret = (home.path / "keyring.json").read_text()[2:60]
    for path in OUT_OF_IT:
        answer = client.get(path)
        assert answer.status_code in {400, 401, 403, 404}, path
        assert not any(one in answer.text for one in (*OUTSIDE, secret)), path


def test_fields_that_nobody_asked_for_change_nothing(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    desk = desk_of(app)
    me = next(one for one in desk.people.all() if one.name == "user-prosecutor")
    more: dict[str, str | list[str]] = {
        "roles": ["chief", "administrator"], "role": "chief", "disabled": "1", "person": "P001", "name": "other", "actor": "P009",
    }  # fmt: skip
    post(client, "/account/tokens", {**more, "label": "x", "scopes": ["read"], "days": "3"}, form="/account")
    post(client, "/preferences", {**more, "lang": "zh"}, form="/account")
    lead: dict[str, str | list[str]] = {
        "title": "一", "source": "media", "field": "personal-information", "summary": "一",
        "stage": "closed", "score": "100", "at": "2020-01-01",
    }  # fmt: skip
    chosen = post(client, "/acts/new/lead-register", {**lead, "lead": "L2020-0001"}, form="/account")
    assert (chosen.status_code, client.get("/leads/L2020-0001").status_code) == (404, 404)
    done = post(client, "/acts/new/lead-register", {**lead, **more}, form="/account")
    assert next(one for one in desk.people.all() if one.name == "user-prosecutor") == me
    assert desk.tokens.of(me.person)[0].scopes == ("read",)
    assert done.status_code == 303
    assert "2020" not in done.headers["location"]
    found = done.headers["location"].rsplit("/", 1)[1]
    with home.database.read() as connection:
        actors = {
            row[0] for row in connection.exec_driver_sql("SELECT actor FROM event WHERE stream = ?", (found,))
        }
    assert actors == {me.person}


@pytest.mark.parametrize("odd", ["²", "٣", "9" * 30, "9" * 5000, "-1", "1e9", "\x00"])
def test_what_is_no_number_fails_nowhere_a_number_is_asked_for(app: FastAPI, home: Home, odd: str) -> None:
    client = chief(app)
    token = desk_of(app).tokens.make(desk_of(app).people.all()[0].person, "x", ["read"], 1)
    programs = {"authorization": f"Bearer {token}"}
    paths = ["leads", "matters", "deadlines", "search?q=面", "dockets/M2026-0001/timeline"]
    answers = [
        client.get(f"/api/v1/{one}{'&' if '?' in one else '?'}after={quote(odd)}", headers=programs)
        for one in paths
    ]
    pages = [
        "/leads?after",
        "/matters?after",
        "/deadlines?after",
        "/readings?before",
        "/law?sensitive",
        "/search?q=x&after",
    ]
    answers += [client.get(f"{one}={quote(odd)}") for one in (*pages, "/matters/M2026-0001?after")]
    answers.append(client.get(f"/ledger/entries/{quote(odd, safe='')}"))
    answers.append(
        post(client, "/account/tokens", {"label": "x", "scopes": ["read"], "days": odd}, form="/account")
    )
    batch = post(client, "/intake/batches", form="/account").json()["batch"]
    told: dict[str, str | list[str]] = {"batch": batch, "path": "a", "size": odd}
    answers.append(post(client, "/intake/files", told, form="/account"))
    headers = {"x-qy-token": token_of(client, "/account")}
    answers.append(client.put("/uploads/0", params={"offset": odd}, content=b"x", headers=headers))
    assert [(str(one.url), one.status_code) for one in answers if one.status_code >= 500] == []
    refused = {one.json()["error"]["code"] for one in answers[:2] if one.status_code != 200}
    assert refused <= {"store.bad-page", "web.misfit"}
    assert refused or odd == "-1"  # no list ends before its beginning: an empty page


def test_a_name_with_line_ends_writes_no_line_of_the_log(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(app)
    evil = 'x\n{"event":"request","status":200,"forged":true}\r\n'
    with caplog.at_level(logging.INFO, logger="qingyuan.web"):
        post(client, "/sign-in", {"name": evil, "password": evil})
        client.get("/leads", params={"q": evil}, headers={"user-agent": "a\tforged"})
        client.request("FORGED", "/leads")
    assert "forged" not in caplog.text.lower().replace('"web.forged"', "")
    for record in caplog.records:
        assert "\n" not in record.getMessage()


def test_a_bomb_in_an_upload_is_named_and_the_rest_is_taken_in(app: FastAPI) -> None:
    bomb, entities = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", b"0" * (64 << 20))
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    with zipfile.ZipFile(entities, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "xl/workbook.xml", f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]><workbook>&l9;</workbook>'
        )
    desk = desk_of(app)
    with client_of(app, "technician") as client:
        files = [
            ("files", ("bomb.zip", bomb.getvalue())),
            ("files", ("laughs.xlsx", entities.getvalue())),
            ("files", ("名单.txt", "联系电话 13900139001\n".encode())),
        ]
        began = time.process_time()
        sent = client.post(
            "/intake", data={"_token": token_of(client, "/intake"), "title": "混入的材料"}, files=files
        )
        job = sent.headers["location"].rsplit("/", 1)[1]
        deadline = time.monotonic() + 120
        while not (found := desk.jobs.get(job)) or not found.over:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert found.state == "done", found.result
        assert found.result["exhibits"] == 3
        assert int(str(found.result["unread"])) >= 2
        assert time.process_time() - began < 20
        shown = client.get(f"/leads/{found.result['lead']}/scan").text
    assert "bomb.zip" in shown
    assert "laughs.xlsx" in shown


def test_a_session_that_a_browser_brings_along_is_not_taken(app: FastAPI) -> None:
    client = client_of(app)
    client_of(app, "prosecutor")
    client.cookies.set("qy_session", "chosen-by-somebody-else")
    assert client.get("/leads").status_code == 303
    assert post(client, "/sign-in", {"name": "user-prosecutor", "password": PASSWORD}).status_code == 303
    assert client.cookies.get("qy_session", domain="testserver.local") != "chosen-by-somebody-else"
    fixed = TestClient(
        app,
        base_url="http://testserver",
        follow_redirects=False,
        cookies={"qy_session": "chosen-by-somebody-else"},
    )
    assert fixed.get("/leads").status_code == 303


def test_jobs_and_batches_of_others_are_not_there(app: FastAPI) -> None:
    mine, other = client_of(app, "prosecutor"), client_of(app, "technician")
    batch = post(mine, "/intake/batches", form="/intake").json()["batch"]
    post(mine, "/intake/files", {"batch": batch, "path": "a.txt", "size": "0"}, form="/intake")
    taken = post(other, "/intake", {"batch": batch, "title": "x"}, form="/intake")
    assert taken.status_code == 400
    job = desk_of(app).jobs.add("intake", "P777", {})
    assert other.get(f"/jobs/{job}").status_code == 404
    assert post(other, f"/jobs/{job}/cancel", form="/intake").status_code == 404
    assert job not in other.get("/intake").text
