"""Beside the portal: limits of clues, verifying a package, reading content, the law."""

from __future__ import annotations

import re

from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.store import events
from qingyuan.store.registry import exhibits
from tests.web.making import client_of, desk_of, packaged, post, token_of


def test_a_clue_needs_words_and_cannot_be_sent_without_end(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    assert "web.no-text" in post(client, "/report", {"told": " "}, form="/report").text
    token = token_of(client, "/report")
    for _ in range(desk_of(app).settings.portal_per_hour):
        last = client.post("/report", data={"_token": token, "told": ""}).status_code
    assert last == 429


def test_anybody_verifies_a_package_and_takes_the_verifier_home(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    made = packaged(app, client, "M2026-0001", "清州市人民法院")
    package = client.get(f"/packages/{made}/file").content
    client.cookies.clear()
    token = token_of(client, "/verify")

    def judged(data: bytes) -> str:
        answer = client.post("/verify", data={"_token": token}, files={"package": ("case.evp", data)})
        found = re.search(r'class="verdict (\w+)"', answer.text)
        assert found, answer.text
        return found[1]

    assert judged(package) == "pass"
    assert judged(package[:-1]) == "fail"
    assert judged(b"no package at all") == "fail"
    offline = client.get("/verify/offline.html")
    assert "sha256-" in offline.headers["content-security-policy"]
    assert "unsafe" not in offline.headers["content-security-policy"]
    assert client.get("/trust.json").content == home.trust_path.read_bytes()


def test_reading_content_is_an_event_before_it_is_handed_out(app: FastAPI, home: Home) -> None:
    client = client_of(app, "technician")
    with home.database.read() as connection:
        exhibit = exhibits(connection, ["L2026-0001"])[0]
    answer = client.get(f"/exhibits/{exhibit.id}/content")
    assert "联系电话".encode() in answer.content
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    with home.database.read() as connection:
        newest = events(connection, ["office"])[-1]
    assert (newest.type, newest.payload["records"]) == ("access.read", [exhibit.id])
    account = next(one for one in desk_of(app).people.all() if one.name == "user-technician")
    assert newest.actor == account.person


def test_the_law_answers_with_articles_and_steps(app: FastAPI) -> None:
    client = client_of(app, "admin")
    asked = {
        "which=deadline&period=agency-reply&from=2026-03-18": "2026-05-18",
        "which=threshold&sensitive=50&general=100": "1.02",
        "which=damages&harm=personal-information&gain=34000": "34,000",
        "which=jurisdiction&track=civil&on=2026-03-01&result=330782&online=1": "330782",
    }
    for query, expected in asked.items():
        text = client.get(f"/law/calculators?{query}").text
        assert expected in text.partition('id="answer"')[2], query
        assert "《" in text.partition('id="answer"')[2]
    for query in (
        "which=deadline&period=no-such&from=2026-03-18",
        "which=threshold&sensitive=-1",
        "which=deadline",
    ):
        answer = client.get(f"/law/calculators?{query}")
        assert answer.status_code == 200
        assert 'role="alert"' in answer.text
    assert "/law/rules/pil-interpretation-reply" in client.get("/law?q=检察建议").text
    assert client.get("/law/rules/pil-interpretation-reply").status_code == 200
    assert client.get("/law/rules/no-such-rule").status_code == 400
