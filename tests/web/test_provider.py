"""Signing in at a provider of OpenID Connect: linked accounts only, each answer once and for who asked, nothing believed unchecked."""

from __future__ import annotations

import logging
import re
import shutil
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.home import Home
from tests.web.making import client_of, clock, desk_of, open_app, post
from tests.web.provider import CLIENT, SECRET, Provider, provided

BACK = "/sign-in/provider/back"


@pytest.fixture(scope="module")
def office(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(made / "data"))
        folder = Path(shutil.copytree(made / "home", tmp_path_factory.mktemp("provider") / "home"))
        with Home.open(folder, clock=clock()) as home:
            app = open_app(home)
            client_of(app, "prosecutor")  # the first account
            yield app
            app.state.desk.close()


@pytest.fixture
def provider(office: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setattr("qingyuan.web.workbench.provider._TRIES", 10_000)
    with provided() as running:
        desk = desk_of(office)
        desk.providers.drop()
        desk.providers.set(running.issuer, CLIENT, SECRET, "单位认证")
        yield running
        desk.providers.drop()


class _Straight(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_more: object) -> None:
        """Follow nothing."""


def through(address: str) -> str:
    """Go to the provider as a browser does and return where it sends the browser."""
    try:
        urllib.request.build_opener(_Straight).open(address, timeout=120)
    except urllib.error.HTTPError as error:
        with error:
            return str(error.headers["Location"])
    raise AssertionError


def back(address: str) -> str:
    """Return path and query of an address of ours."""
    parts = urlsplit(address)
    assert parts.path == BACK
    return f"{parts.path}?{parts.query}"


def sign_in(client: TestClient, after: str = "/matters") -> httpx.Response:
    left = client.get(f"/sign-in/provider?next={after}")
    assert left.status_code == 303, left.text
    return client.get(back(through(left.headers["location"])))


def leaving(client: TestClient) -> str:
    """Return where the account page leads to link the account."""
    found = re.search(r'href="(/account/provider\?_token=[0-9a-f]+)"', client.get("/account").text)
    assert found
    return found[1]


def link(app: FastAPI, role: str = "prosecutor") -> TestClient:
    """Let somebody who is signed in link their account."""
    client = client_of(app, role)
    left = client.get(leaving(client))
    assert left.status_code == 303, left.text
    done = client.get(back(through(left.headers["location"])))
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    return client


def test_a_linked_account_signs_in_and_nobody_else_does(office: FastAPI, provider: Provider) -> None:
    people = desk_of(office).people
    stranger = client_of(office)
    assert "单位认证" in stranger.get("/sign-in").text
    refused = sign_in(stranger)
    assert (refused.status_code, "web.not-linked" in refused.text) == (403, True)
    before = len(people.all())
    person = link(office)
    assert "已关联" in person.get("/account").text
    client = client_of(office)
    done = sign_in(client)
    assert (done.status_code, done.headers["location"]) == (303, "/matters")
    assert client.get("/matters").status_code == 200
    assert "统一认证" in client.get("/account").text
    assert len(people.all()) == before
    provider.subject = "subject-2"
    assert sign_in(client_of(office)).status_code == 403
    taken = client_of(office, "supervisor")
    provider.subject = "subject-1"
    left = taken.get(leaving(taken))
    assert taken.get(back(through(left.headers["location"]))).status_code == 409
    assert post(person, "/account/provider", {"drop": "1"}, form="/account").status_code == 303
    assert sign_in(client_of(office)).status_code == 403


def test_an_answer_serves_once_for_the_browser_that_asked(office: FastAPI, provider: Provider) -> None:
    link(office)
    client, other = client_of(office), client_of(office)
    other.get("/sign-in")
    address = back(through(client.get("/sign-in/provider").headers["location"]))
    assert other.get(address).status_code == 400  # another browser: nothing was begun there
    first = client.get(address)
    assert first.status_code == 303
    again = client_of(office)
    again.cookies.update({"qy_browser": client.cookies["qy_browser"]})
    assert again.get(address).status_code == 400  # replayed
    assert provider.exchanged == 2  # one to link, one to sign in
    assert again.get("/matters").status_code == 303
    for changed in ("state=x", "code=x&state=" + "x" * 43, ""):
        assert client_of(office).get(f"{BACK}?{changed}").status_code == 400


def test_no_other_site_links_its_own_identity_to_whoever_is_signed_in(
    office: FastAPI, provider: Provider
) -> None:
    client, other = client_of(office, "assistant"), client_of(office, "prosecutor")
    for path in ("/account/provider", "/account/provider?_token=x", leaving(other)):
        assert client.get(path).status_code == 400, path
    right = leaving(client)
    assert client.get(right, headers={"sec-fetch-site": "cross-site"}).status_code == 400
    assert client.get(right, headers={"sec-fetch-site": "same-origin"}).status_code == 303


@pytest.mark.parametrize("part", ["drips", "drips_head"])
def test_a_provider_that_drips_its_answer_is_not_waited_for(
    part: str, office: FastAPI, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its body nor its head; the timeout of a socket sees silence only."""
    link(office)
    monkeypatch.setattr("qingyuan.web.accounts.oidc._SECONDS", 0.3)
    setattr(provider, part, 0.1)
    began = time.monotonic()
    assert sign_in(client_of(office)).status_code == 400
    assert time.monotonic() - began < 20
    setattr(provider, part, 0.0)


def test_a_session_that_the_browser_brought_is_not_the_one_that_signs_in(
    office: FastAPI, provider: Provider
) -> None:
    link(office)
    client = client_of(office)
    client.cookies.set("qy_session", "chosen-by-somebody-else")
    assert sign_in(client).status_code == 303
    tokens = {cookie.value for cookie in client.cookies.jar if cookie.name == "qy_session"}
    assert any(token != "chosen-by-somebody-else" for token in tokens)
    thief = client_of(office)
    thief.cookies.set("qy_session", "chosen-by-somebody-else")
    assert thief.get("/matters").status_code == 303


def test_a_provider_may_change_its_keys(office: FastAPI, provider: Provider) -> None:
    link(office)
    provider.rotate()
    assert sign_in(client_of(office)).status_code == 303
    old, provider.signs_with = provider.keys[0], provider.keys[0]
    provider.rotate()  # and a token of the old key is worth nothing any more
    assert provider.keys[0] is not old
    assert sign_in(client_of(office)).status_code == 400


def test_no_token_is_believed_that_is_not_for_us_now_and_of_this_sign_in(
    office: FastAPI, provider: Provider
) -> None:
    link(office)
    now = int(time.time())
    changes: list[dict[str, Any]] = [
        {"iss": "https://other.example"}, {"aud": "another"}, {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"}, {"exp": now - 3600}, {"iat": now + 3600}, {"nonce": "another"},
        {"exp": float("nan")}, {"exp": float("inf")}, {"exp": True}, {"iat": float("nan")}, {"sub": {}},
        {"nonce": None}, {"sub": ""}, {"sub": 5}, {"azp": "another"}, {"exp": "x"},
    ]  # fmt: skip
    for change in changes:
        provider.bend = lambda claims, change=change: claims.update(change)  # type: ignore[misc]
        assert sign_in(client_of(office)).status_code == 400, change
    provider.bend = lambda claims: claims.pop("nonce")
    assert sign_in(client_of(office)).status_code == 400
    provider.bend = lambda _: None
    for provider.forges in ("none", "HS256"):
        assert sign_in(client_of(office)).status_code == 400
    provider.forges = ""
    provider.signs_with = type(provider.keys[0]).generate_key()
    assert sign_in(client_of(office)).status_code == 400
    provider.signs_with = None
    assert sign_in(client_of(office)).status_code == 303


def test_an_answer_that_another_provider_gives_is_not_taken(office: FastAPI, provider: Provider) -> None:
    link(office)
    for change in ("iss=https%3A%2F%2Fother.example", ""):
        client = client_of(office)
        address = back(through(client.get("/sign-in/provider").headers["location"]))
        bent = re.sub(r"iss=[^&]*", change, address)
        assert bent != address
        assert client.get(bent).status_code == 400, change
    assert "code" in parse_qs(urlsplit(address).query)


def test_the_sign_in_leads_only_to_pages_of_ours(office: FastAPI, provider: Provider) -> None:
    link(office)
    assert sign_in(client_of(office), "https://evil.example/").headers["location"] == "/"


def test_a_disabled_account_stays_outside(office: FastAPI, provider: Provider) -> None:
    person = link(office, "technician")
    desk = desk_of(office)
    account = next(one for one in desk.people.all() if one.name == "user-technician")
    assert person.get("/account").status_code == 200
    desk.people.change(account.person, roles=account.roles, disabled=True)
    assert sign_in(client_of(office)).status_code == 403


def test_the_administrator_names_the_provider_and_its_secret_lies_nowhere_in_clear(
    office: FastAPI, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    admin, home = client_of(office, "administrator"), desk_of(office).home
    fields: dict[str, str | list[str]] = {
        "issuer": provider.issuer,
        "client": CLIENT,
        "secret": "",
        "label": "认证",
    }
    with caplog.at_level(logging.DEBUG):
        saved = post(admin, "/admin/provider", fields, form="/admin/provider")
        assert saved.status_code == 303, saved.text
        link(office)  # the secret that was left blank is the one that was known
        assert sign_in(client_of(office)).status_code == 303
    assert SECRET not in admin.get("/admin/provider").text
    assert SECRET not in caplog.text
    for path in home.path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert SECRET.encode() not in content, path
            assert b"subject-1" not in content, path
    for issuer in (
        "http://provider.example",
        "https://[",
        "ftp://x",
        "http://127.0.0.1:9/none",
        "https://a:b@x",
    ):
        wrong = post(admin, "/admin/provider", {**fields, "issuer": issuer}, form="/admin/provider")
        assert wrong.status_code == 400, issuer
    provider.says_issuer = "https://other.example"
    assert post(admin, "/admin/provider", fields, form="/admin/provider").status_code == 400
    assert client_of(office, "prosecutor").get("/admin/provider").status_code == 403
    assert post(admin, "/admin/provider", {"drop": "1"}, form="/admin/provider").status_code == 303
    assert "单位认证" not in client_of(office).get("/sign-in").text
    assert client_of(office).get("/sign-in/provider").status_code == 400
