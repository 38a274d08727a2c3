"""Where one is signed in, signing out everywhere, and a new password with a code."""

from __future__ import annotations

import re

from fastapi import FastAPI

from tests.web.making import PASSWORD, client_of, desk_of, post

NEW = "another long sentence of words"


def code_for(app: FastAPI, person: str) -> str:
    answer = post(client_of(app, "admin"), f"/admin/people/{person}/code", form="/account")
    assert answer.status_code == 200
    found = re.search(r"<pre>([0-9A-Z]{20})</pre>", answer.text)
    assert found
    return found[1]


def test_sessions_are_listed_and_ended_one_or_all(app: FastAPI) -> None:
    first, second = client_of(app, "prosecutor"), client_of(app, "prosecutor")
    sessions = desk_of(app).sessions
    here, there = (one.cookies["qy_session"] for one in (first, second))
    listed = sessions.of("P002", here)
    assert [one.now for one in listed].count(True) == 1
    (other,) = [one for one in listed if not one.now]
    stranger = client_of(app, "assistant")
    post(stranger, "/account/sessions", {"id": other.id}, form="/account")
    assert sessions.account(there) is not None
    post(first, "/account/sessions", {"id": other.id}, form="/account")
    assert sessions.account(there) is None
    assert first.get("/account").status_code == 200
    client_of(app, "prosecutor")
    assert post(first, "/account/sessions", {"all": "1"}, form="/account").status_code == 303
    assert sessions.of("P002", None) == []


def test_only_two_words_of_what_a_browser_calls_itself_are_kept(app: FastAPI) -> None:
    sessions = desk_of(app).sessions
    desk_of(app).people.add("li", "", ["admin"], PASSWORD)
    agent = "Mozilla/5.0 (Windows NT 10.0; <script>) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36"
    sessions.begin("P001", agent=agent)
    sessions.begin("P001", agent="<script>alert(1)</script>")
    assert {one.agent for one in sessions.of("P001", None)} == {"Chrome · Windows", ""}


def test_a_code_of_the_administrator_sets_a_new_password_once(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    code = code_for(app, "P002")
    assert client.get("/account").status_code == 303  # signed out at once
    people = desk_of(app).people
    assert people.check("user-prosecutor", PASSWORD) is None
    fields: dict[str, str | list[str]] = {"name": "user-prosecutor", "password": NEW, "again": NEW}
    short = post(client, "/sign-in/code", {**fields, "code": code, "password": "short", "again": "short"})
    assert short.status_code == 400  # the code is not spent on it
    given = f"{code[:5]} {code[5:]}".lower()
    assert post(client, "/sign-in/code", {**fields, "code": given}).status_code == 303
    assert client.get("/account").status_code == 200
    assert people.check("user-prosecutor", NEW) is not None
    assert post(client_of(app), "/sign-in/code", {**fields, "code": code}).status_code == 400


def test_a_code_is_for_one_account_and_guessing_is_limited(app: FastAPI) -> None:
    client_of(app, "prosecutor")
    code = code_for(app, "P002")
    client = client_of(app)
    fields: dict[str, str | list[str]] = {"name": "first", "password": NEW, "again": NEW, "code": code}
    assert post(client, "/sign-in/code", fields).status_code == 400
    answers = {post(client, "/sign-in/code", {**fields, "code": "A" * 20}).status_code for _ in range(12)}
    assert 429 in answers
    assert desk_of(app).people.check("first", NEW) is None
