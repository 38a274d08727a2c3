"""Every page with every post, on a docket of one's own and on another's: read from the table of pages, judged by the policies."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.access import access_of, docket_of, own_body
from qingyuan.office.home import Home
from qingyuan.parties import Policies, Record
from qingyuan.store.registry import exhibits
from qingyuan.web.access import ASKED, ROLES
from qingyuan.web.routing import PAGES, Page
from tests.web.making import PASSWORD, client_of, clock, desk_of, open_app, post, token_of

#: What the names of addresses stand for. A page with another name fails until it is entered here; so does one that names a
#: record and needs no permission that is asked about it.
OWN = {"identifier": "L2026-0001", "target": "C2026-0001", "docket": "M2026-0001"}
OTHERS = {"identifier": "L2026-0002", "target": "L2026-0002", "docket": "L2026-0002"}
PLAIN = {
    "name": "consult",
    "job": "0123456789abcdef",
    "upload": "0123456789abcdef",
    "person": "P999",
    "body": "procuratorate-330000",
    "key": "0123456789abcdef",
    "number": "1",
    "token": "0123",
    "hook": "0123456789abcdef",
    "rule": "pil-interpretation-reply",
}
#: Addresses whose name is a code: whoever has it is let in, and it is not in the table of posts.
BY_CODE = "/portal/"
OUT = {302, 303, 401}
#: The record is known only when the page has read what the address names; tests of their own show that it is asked about.
ASKED_INSIDE = {"/ledger/entries/{identifier}", "/ledger/entries/{identifier}/receipt"}
#: These end the session that asks.
ENDING = {"/sign-out", "/account/sessions/end"}


@pytest.fixture(scope="module")
def office(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, Home]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(made / "data"))
        folder = Path(shutil.copytree(made / "home", tmp_path_factory.mktemp("access") / "home"))
        with Home.open(folder, clock=clock()) as home:
            app = open_app(home)
            desk_of(app).people.add("first", "", ["chief"], PASSWORD)
            yield app, home
            app.state.desk.close()


def signed_in(app: FastAPI, role: str) -> tuple[TestClient, str]:
    """Return a browser of somebody who holds one post and handles the first docket only."""
    desk = desk_of(app)
    account = desk.people.add(f"one-{role}", "", [role], PASSWORD)
    desk.posts.handle("L2026-0001", account.person)
    client = TestClient(app, base_url="http://testserver", follow_redirects=False)
    assert post(client, "/sign-in", {"name": account.name, "password": PASSWORD}).status_code == 303
    return client, account.person


def address(page: Page, home: Home, names: dict[str, str]) -> str:
    """Return an address of a page; of exhibits, one of the docket."""
    if "/exhibits" in page.path:
        with home.database.read() as connection:
            names = {**names, "identifier": exhibits(connection, [names["identifier"]])[0].id}
    return page.path.format(**PLAIN, **names)


def records_of(page: Page) -> list[str]:
    return [name for name in re.findall(r"{(\w+)}", page.path) if name in OWN]


def expected(home: Home, policies: Policies, page: Page, person: str, names: dict[str, str]) -> bool:
    """Ask the policies, without the web."""
    asked = ASKED.get(page.need)
    if asked is None:
        return True
    day = home.clock.now().date()
    with home.database.read() as connection:
        access = access_of(home, connection, policies)
        if asked.of == "office":
            return access.authorize(person, asked.action, own_body(home), on=day).allowed
        if records_of(page):
            docket = docket_of(home, connection, names[records_of(page)[0]])
            resource = docket if asked.of == "docket" else Record("any", docket)
            return access.authorize(person, asked.action, resource, on=day).allowed
        if asked.new and access.authorize(person, asked.new, own_body(home), on=day).allowed:
            return True
        dockets = [docket_of(home, connection, name) for name in ("L2026-0001", "L2026-0002")]
        return any(access.authorize(person, asked.somewhere, each, on=day).allowed for each in dockets)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_who_may_and_names_the_policy_to_who_may_not(
    office: tuple[FastAPI, Home], role: str
) -> None:
    app, home = office
    client, person = signed_in(app, role)
    token = token_of(client, "/account")
    policies = desk_of(app).posts.gate.policies
    wrong = []
    for page in PAGES:
        if page.path in ENDING or BY_CODE in page.path:
            continue
        for names in (OWN, OTHERS) if records_of(page) else (OWN,):
            path = address(page, home, names)
            answer = client.get(path) if page.method == "GET" else client.post(path, data={"_token": token})
            allowed = expected(home, policies, page, person, names)
            fits = answer.status_code < 500 and (answer.status_code != 403) == allowed
            if not allowed:
                fits = fits and "web.forbidden" in answer.text and 'class="where"' in answer.text
            if not fits:
                wrong.append((page.method, path, page.need, answer.status_code, allowed))
    assert wrong == []


def test_nobody_is_let_in_without_signing_in(office: tuple[FastAPI, Home]) -> None:
    app, home = office
    client = client_of(app)
    token = token_of(client, "/sign-in")
    for page in PAGES:
        path = address(page, home, OWN)
        answer = client.get(path) if page.method == "GET" else client.post(path, data={"_token": token})
        assert answer.status_code < 500, path
        if page.need == "public":
            assert answer.status_code != 403, path
        else:
            assert answer.status_code in OUT, path
            assert "/sign-in" in answer.headers.get("location", "/sign-in"), path


def test_every_name_of_an_address_is_known_and_every_record_is_asked_about() -> None:
    for page in PAGES:
        names = set(re.findall(r"{(\w+)}", page.path))
        assert names <= {*OWN, *PLAIN}, f"{page.path}: enter the name in OWN and OTHERS, or in PLAIN"
        if records_of(page) and BY_CODE not in page.path and page.path not in ASKED_INSIDE:
            asked = ASKED.get(page.need)
            assert asked is not None, page.path
            assert asked.of != "office", page.path


def test_no_page_is_twice_in_the_table() -> None:
    known = [(page.method, page.path) for page in PAGES]
    assert len(known) == len(set(known))
