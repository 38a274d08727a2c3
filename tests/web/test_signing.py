"""Signing in: the first account, sessions, forged forms, guessing, and where a sign-in leads."""

from __future__ import annotations

from collections.abc import Callable

import argon2
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.web.asking import SESSION_COOKIE, network_of
from qingyuan.web.errors import WebError
from tests.web.making import PASSWORD, client_of, desk_of, open_app, post, token_of


def test_a_password_is_kept_as_argon2id_of_a_cost_that_guessing_feels(
    home: Home, full_passwords: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(argon2.PasswordHasher, "__init__", full_passwords)
    app = open_app(home)
    desk_of(app).people.add("li", "", ["chief"], PASSWORD)
    with desk_of(app).state.read() as connection:
        kept = connection.execute(sa.text("SELECT password FROM account")).scalar_one()
    app.state.desk.close()
    cost = argon2.extract_parameters(kept)
    assert cost.type is argon2.Type.ID
    assert (cost.memory_cost, cost.time_cost) >= (65536, 3)
    assert PASSWORD not in kept


def test_the_first_account_needs_the_code_of_the_terminal_and_is_made_once(app: FastAPI) -> None:
    client = client_of(app)
    assert client.get("/").headers["location"] == "/setup"
    fields: dict[str, str | list[str]] = {
        "name": "li",
        "display": "李",
        "password": PASSWORD,
        "again": PASSWORD,
    }
    wrong = post(client, "/setup", {**fields, "code": "guess"}, form="/setup")
    assert wrong.status_code == 400
    assert not desk_of(app).people.any()
    right = post(client, "/setup", {**fields, "code": desk_of(app).setup_code}, form="/setup")
    assert right.status_code == 303
    assert client.get("/").status_code == 200
    assert (
        post(client, "/setup", {**fields, "code": desk_of(app).setup_code}, form="/account").status_code
        == 404
    )


def test_a_session_is_another_one_after_signing_in_and_worth_nothing_after_signing_out(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    before = client.cookies[SESSION_COOKIE]
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, "fixed-by-an-attacker")
    signed = post(client, "/sign-in", {"name": "user-prosecutor", "password": PASSWORD})
    after = signed.cookies[SESSION_COOKIE]
    assert after not in {before, "fixed-by-an-attacker"}
    sessions = desk_of(app).sessions
    assert sessions.account(after) is not None
    assert sessions.account("fixed-by-an-attacker") is None
    sessions.end(after)
    assert sessions.account(after) is None


def test_a_form_of_another_browser_session_or_site_is_refused(app: FastAPI) -> None:
    client, other = client_of(app, "prosecutor"), client_of(app, "assistant")
    fields = {"form": "filing-decision", "case": "C2026-0001"}
    for token in ("", "0" * 96, token_of(other, "/account")):
        answer = client.post("/documents/C2026-0001/filing-decision", data={**fields, "_token": token})
        assert answer.status_code == 400
        assert "web.forged" in answer.text
    token = token_of(client, "/account")
    elsewhere = client.post(
        "/documents/C2026-0001/filing-decision",
        data={**fields, "_token": token},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert "web.forged" in elsewhere.text


def test_wrong_name_wrong_password_and_a_locked_account_are_answered_alike(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    client.cookies.clear()
    people = desk_of(app).people
    for _ in range(10):
        assert people.check("user-prosecutor", "wrong") is None
    assert people.check("user-prosecutor", PASSWORD) is None
    texts = set()
    for name in ("user-prosecutor", "nobody-at-all"):
        answer = post(client, "/sign-in", {"name": name, "password": PASSWORD})
        assert answer.status_code == 401
        texts.add("登录名或者密码不对" in answer.text)
    assert texts == {True}


def test_one_address_cannot_guess_without_end(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    client.cookies.clear()
    token = token_of(client)
    codes = [
        client.post("/sign-in", data={"_token": token, "name": "x", "password": "y"}).status_code
        for _ in range(25)
    ]
    assert codes[-1] == 429


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", ""]
)
def test_a_sign_in_leads_only_to_pages_of_ours(app: FastAPI, path: str) -> None:
    client = client_of(app, "prosecutor")
    assert client.get("/sign-in", params={"next": path}).headers["location"] == "/"
    assert client.get("/sign-in", params={"next": "/leads?q=a"}).headers["location"] == "/leads?q=a"


@pytest.mark.parametrize("password", ["short", "user-weak-and-long-enough", "x" * 300])
def test_weak_passwords_are_refused(app: FastAPI, password: str) -> None:
    with pytest.raises(WebError, match=r"12|sign-in name"):
        desk_of(app).people.add("user-weak", "", ["admin"], password)


def test_one_administrator_has_to_stay(app: FastAPI) -> None:
    people = desk_of(app).people
    only = people.add("boss", "", ["admin"], PASSWORD)
    with pytest.raises(WebError, match="administrator"):
        people.change(only.person, roles=["prosecutor"], disabled=False)
    with pytest.raises(WebError, match="administrator"):
        people.change(only.person, roles=["admin"], disabled=True)


def test_a_changed_password_ends_every_other_session(app: FastAPI) -> None:
    client, other = client_of(app, "prosecutor"), client_of(app, "prosecutor")
    new = "another long sentence of words"
    changed = post(
        client, "/account/password", {"old": PASSWORD, "password": new, "again": new}, form="/account"
    )
    assert changed.status_code == 303
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 303


def test_a_line_with_many_addresses_is_one_for_every_limit() -> None:
    known = {
        "203.0.113.9": "203.0.113.9", "::ffff:203.0.113.9": "203.0.113.9", "testclient": "testclient", "": "",
        "2001:db8:1:2::1": "2001:db8:1:2::/64", "2001:db8:1:2:ffff::9%eth0": "2001:db8:1:2::/64", "::1": "::/64",
    }  # fmt: skip
    assert {one: network_of(one) for one in known} == known
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
