"""Who may what where no session is asked for: every route behind a link by every kind of link, every operation of the API by every post and scope."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.responses import Response

from qingyuan.office.home import Home
from qingyuan.store.registry import exhibits
from qingyuan.web.access import ROLES, Permission
from qingyuan.web.accounts import SCOPES
from qingyuan.web.portal.invitations import invite, uninvite
from qingyuan.web.routing import PAGES, Page
from tests.web.making import PASSWORD, client_of, clock, desk_of, open_app, token_of
from tests.web.portal.serving import CASE, FIRM, ORGAN, serve_suggestion
from tests.web.portal.test_hearing import announce
from tests.web.test_access import BY_CODE, OTHERS, OWN, expected, signed_in

LINK = "/portal/i/{identifier}"
#: Who is let in by a link: the kinds of each route. A route that is not here fails the test until it is entered.
KINDS = {
    ("GET", LINK): {"organ", "firm", "court", "hearing"},
    ("POST", f"{LINK}/reply"): {"organ"},
    ("POST", f"{LINK}/prove"): {"organ", "firm"},
    ("GET", f"{LINK}/suggestion.pdf"): {"organ"},
    ("GET", f"{LINK}/packages/{{name}}"): {"court"},
    ("POST", f"{LINK}/check"): {"court"},
    ("POST", f"{LINK}/answer"): {"court"},
    ("GET", f"{LINK}/materials/{{name}}"): {"hearing"},
    ("POST", f"{LINK}/statement"): {"hearing"},
    ("GET", f"{LINK}/self-check"): {"firm"},
    ("POST", f"{LINK}/self-check"): {"firm"},
}
#: Names something that is not there, so that whoever is let in is answered 404 as well.
_NAMING = re.compile(r"\{name\}$|/check$|/answer$")
#: What the parts of the API need, by the first part of the address, and of a record that the address names.
NEEDS: dict[str, tuple[str, Permission]] = {
    "acts": ("act", "case.act"),
    "hooks": ("hooks", "office.manage"),
    "material": ("take", "material.take"),
    "dockets": ("read", "case.read"),
    "exhibits": ("read", "case.read"),
}


@pytest.fixture(scope="module")
def office(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, Home]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(made / "data"))
        folder = Path(shutil.copytree(made / "home", tmp_path_factory.mktemp("elsewhere") / "home"))
        with Home.open(folder, clock=clock()) as home:
            serve_suggestion(home)
            announce(home)
            app = open_app(home)
            desk_of(app).people.add("first", "", ["chief"], PASSWORD)
            yield app, home
            app.state.desk.close()


def test_every_route_behind_a_link_answers_the_kinds_it_is_for_and_no_other_code(
    office: tuple[FastAPI, Home],
) -> None:
    app, home = office
    desk = desk_of(app)
    more = {"firm": {"owner": FIRM}, "hearing": {"role": "officer"}}
    made = {
        kind: invite(desk, CASE, kind, name=ORGAN, days=9, actor="P001", **more.get(kind, {}))
        for kind in ("organ", "firm", "court", "hearing")
    }
    ended, withdrawn = invite(desk, CASE, "organ", name=ORGAN, days=9, actor="P001")
    uninvite(desk, CASE, withdrawn, actor="P001")
    codes = {kind: link.rpartition("/")[2] for kind, (link, _) in made.items()}
    codes |= {
        "withdrawn": ended.rpartition("/")[2],
        "mistyped": "0" * 22,
        "of another use": desk.tokens.make("P001", "x", ["read"], 1),
    }
    client = TestClient(app, base_url="http://testserver", follow_redirects=False)
    token = token_of(client, "/verify")
    routes = [one for one in PAGES if BY_CODE in one.path and "{" in one.path]
    assert {(one.method, one.path) for one in routes} == set(KINDS)
    wrong = []
    for page in routes:
        for kind, code in codes.items():
            path = page.path.format(identifier=code, name="K2026-0999")
            size = home.head()
            fields = {"_token": token, "measure": "m01" if kind == "organ" else "m02"}
            answer = client.get(path) if page.method == "GET" else client.post(path, data=fields)
            let_in = kind in KINDS[page.method, page.path]
            fits = answer.status_code < 500
            if not let_in:
                fits = answer.status_code == 404 and home.head() == size
            elif not _NAMING.search(page.path):
                fits = fits and answer.status_code != 404
            if not fits:
                wrong.append((page.method, page.path, kind, answer.status_code))
    assert wrong == []


def _operations(app: FastAPI) -> list[tuple[str, str, str, Permission]]:
    """Return method, path, scope and permission of every operation of the API."""
    found: list[tuple[str, str, str, Permission]] = []
    for path, methods in app.openapi()["paths"].items():
        scope, need = NEEDS.get(path.split("/")[3], ("read", "case.list"))
        found += [
            (method.upper(), path, scope, need)
            for method in methods
            if method in {"get", "put", "post", "delete"}
        ]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_operation_of_the_api_answers_who_may_with_the_scope_and_nobody_else(
    office: tuple[FastAPI, Home], role: str
) -> None:
    app, home = office
    desk = desk_of(app)
    account = desk.people.add(f"program-{role}", "", [role], PASSWORD)
    desk.posts.handle("L2026-0001", account.person)
    tokens = {scope: desk.tokens.make(account.person, scope, [scope], 1) for scope in SCOPES}
    policies = desk.posts.gate.policies
    client = TestClient(app, base_url="http://testserver", raise_server_exceptions=False)
    with home.database.read() as connection:
        sealed = {name: exhibits(connection, [name])[0].id for name in ("L2026-0001", "L2026-0002")}
    wrong = []
    for method, path, wanted, need in _operations(app):
        for given in (OWN, OTHERS):
            names = {**given, "verb": "no-such-act", "batch": "0" * 16, "upload": "0" * 16}
            if "/exhibits/" in path:
                names["identifier"] = sealed[names["identifier"]]
            if (
                not {"identifier", "target"} & set(re.findall(r"\{(\w+)\}", path))
                and names["target"] == OTHERS["target"]
            ):
                continue
            for scope, token in tokens.items():
                headers = {"authorization": f"Bearer {token}"}
                answer = client.request(
                    method, path.format(**names), headers=headers, json={} if method == "POST" else None
                )
                base = Page(method, "/", SCOPES[scope], lambda _: Response())
                may = scope == wanted and expected(home, policies, base, account.person, OWN)
                if may and need in {"case.read", "case.act"}:
                    about = {**OWN, "target": "C2026-0001"} if names["target"] == OWN["target"] else OTHERS
                    record = Page(method, "/{target}", need, base.handler)
                    may = expected(home, policies, record, account.person, about)
                if (
                    answer.status_code >= 500
                    or answer.status_code == 401
                    or (answer.status_code != 403) != may
                ):
                    wrong.append((method, path, scope, names["target"], answer.status_code, may))
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_an_upload_is_for_those_who_take_material(office: tuple[FastAPI, Home], role: str) -> None:
    app, home = office
    client, person = signed_in(app, role)
    headers = {"x-qy-token": token_of(client, "/account")}
    page = Page("GET", "/uploads", "material.take", lambda _: Response())
    may = expected(home, desk_of(app).posts.gate.policies, page, person, OWN)
    path = f"/uploads/{'0' * 16}"
    answers = [client.get(path), client.put(path, params={"offset": "0"}, headers=headers, content=b"x")]
    assert [one.status_code for one in answers] == [404 if may else 403] * 2
    assert client_of(app).get(f"/uploads/{'0' * 16}").status_code in {401, 403}


def test_no_operation_of_the_api_answers_without_a_token(office: tuple[FastAPI, Home]) -> None:
    app, _ = office
    client = TestClient(app, base_url="http://testserver", raise_server_exceptions=False)
    asked = [
        (method, path, client.request(method, re.sub(r"\{\w+\}", "x", path)))
        for method, path, _, _ in _operations(app)
    ]
    assert len(asked) > 15
    assert [(method, path) for method, path, answer in asked if answer.status_code != 401] == []
