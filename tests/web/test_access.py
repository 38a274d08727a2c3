"""Every page with every role: who may see it does, and nobody else; read from the table of pages itself."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.store.registry import exhibits
from qingyuan.web.access import ROLES, permits
from qingyuan.web.routing import PAGES, Page
from tests.web.making import client_of, desk_of, token_of

#: Names in addresses, filled in; what is not there is answered 404, which also shows that the page was reached.
NAMES = {"target": "C2026-0001", "name": "consult"}
SIGNED_OUT = {302, 303, 401}


def address(page: Page, home: Home) -> str:
    with home.database.read() as connection:
        exhibit = exhibits(connection, ["L2026-0001"])[0].id
    identifier = "L2026-0001"
    if "/matters" in page.path:
        identifier = "M2026-0001"
    elif "/exhibits" in page.path:
        identifier = exhibit
    return page.path.format(
        **{**dict.fromkeys(("identifier", "job", "person", "token", "rule"), identifier), **NAMES}
    )


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_page_answers_who_may_and_turns_away_who_may_not(
    app: FastAPI, home: Home, role: str | None
) -> None:
    client = client_of(app, role)
    if role is None:
        desk_of(app).people.add("first", "", ["admin"], "long enough to be good")
    token = token_of(client, "/account" if role else "/sign-in")
    for page in PAGES:
        if page.path == "/sign-out":
            continue
        path = address(page, home)
        answer = client.get(path) if page.method == "GET" else client.post(path, data={"_token": token})
        allowed = permits([role] if role else None, page.need)
        where = (role, page.method, path, answer.status_code)
        assert answer.status_code < 500, where
        if allowed:
            assert answer.status_code not in {401, 403} or path == "/sign-in", where
        elif role is None:
            assert answer.status_code in SIGNED_OUT, where
            assert "/sign-in" in answer.headers.get("location", "/sign-in"), where
        else:
            assert answer.status_code == 403, where


def test_nothing_of_a_case_is_shown_to_who_may_not_read_it(app: FastAPI) -> None:
    for role in (None, "admin"):
        client = client_of(app, role)
        for path in ("/", "/leads", "/leads/L2026-0001", "/matters/M2026-0001"):
            assert "面单外泄" not in client.get(path, follow_redirects=True).text


def test_no_page_is_twice_in_the_table() -> None:
    known = [(page.method, page.path) for page in PAGES]
    assert len(known) == len(set(known))
