"""What is typed, sent or named stays text on every page and in every table: every field of every act, every form, file names, members of archives."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.cases import VERBS
from qingyuan.office.exchange import add_peer
from qingyuan.office.exchange.peers import own_keys
from qingyuan.office.home import Home
from qingyuan.office.intake import Registration, intake
from qingyuan.store.registry import exhibits
from qingyuan.web.portal.invitations import invite
from qingyuan.web.routing import PAGES
from tests.cases.test_every_act import ELSEWHERE
from tests.web.making import PASSWORD, clock, desk_of, handle_all, open_app, post, token_of
from tests.web.payloads import RUN, Hostile, formulas, is_free, payload, wrong_in
from tests.web.portal.serving import CASE, FIRM, ORGAN, serve_suggestion
from tests.web.portal.test_hearing import announce
from tests.web.test_access import BY_CODE, ENDING, PLAIN
from tests.web.test_planted import field_names

#: A name of a file, of a member of an archive, of a column: no separators, else as bad as it can be.
NAMED = payload("name").replace("/", "\u2044").replace("\x00", "")[:180]
#: What the office has, and its newest clue.
_RECORD = re.compile(r"L2026-\d{4}")


class Office(NamedTuple):
    """An office full of payloads.

    Attributes:
        app: The application.
        home: Its home.
        client: Browser of somebody who may do nearly everything and handles every docket.
        hostile: The dockets.
        records: Their numbers.
        lead: The lead of material with hostile names.
        links: What was sent to outsiders, by kind.
    """

    app: FastAPI
    home: Home
    client: TestClient
    hostile: Hostile
    records: list[str]
    lead: str
    links: dict[str, str]


def named_badly(folder: Path) -> Path:
    """Write a file, a table and an archive whose names, members, columns and texts are payloads."""
    folder.mkdir()
    table = io.StringIO()
    csv.writer(table).writerows(
        [[payload("column"), "手机"], *[[payload("cell"), f"1390013{n:04}"] for n in range(900, 904)]]
    )
    (folder / f"{NAMED[:60]}.csv").write_text(table.getvalue(), encoding="utf-8")
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr(f"{payload('member')}.txt", "联系电话 13900139001\n")
        archive.writestr("../../<qyx>.txt", "联系电话 13900139002\n")
    return folder


@pytest.fixture(scope="module")
def office(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(made / "data"))
        base = tmp_path_factory.mktemp("payloads")
        folder = Path(shutil.copytree(made / "home", base / "home"))
        with Home.open(folder, clock=clock()) as home:
            serve_suggestion(home)
            announce(home)
            hostile = Hostile()
            records = hostile.write(home)
            what = Registration(field="express-waybill", summary=payload("summary"))
            lead = intake(
                home, [named_badly(base / "bad")], title=payload("title"), registration=what, workers=0
            ).lead
            log, package = own_keys(home)
            add_peer(home, "other", title=payload("peer"), log=log, package=package, actor="P001")
            app = open_app(home)
            desk = desk_of(app)
            account = desk.people.add(
                "chief-1", payload("display"), ["chief", "prosecutor", "auditor"], PASSWORD
            )
            desk.people.add("system-1", payload("system"), ["administrator"], PASSWORD)
            handle_all(desk, account.person)
            client = TestClient(app, base_url="http://testserver", follow_redirects=False)
            assert post(client, "/sign-in", {"name": "chief-1", "password": PASSWORD}).status_code == 303
            desk.tokens.make(account.person, payload("label")[:80], ["read"], 9)
            links = {
                kind: invite(desk, CASE, kind, name=payload("invited") if kind == "court" else name, days=9, actor="P001", **more)[0]
                for kind, name, more in (
                    ("organ", ORGAN, {}), ("firm", FIRM, {"owner": FIRM}), ("court", "", {}), ("hearing", "听证员", {"role": "officer"}),
                )
            }  # fmt: skip
            yield Office(
                app,
                home,
                client,
                hostile,
                records,
                lead,
                {kind: one[one.index("/portal/") :] for kind, one in links.items()},
            )
            desk.close()


def amiss(answer: httpx.Response) -> list[str]:
    """Return what is wrong with an answer: a failure, a payload that became something, a formula, a header that was broken."""
    kind, text = answer.headers.get("content-type", ""), answer.text
    wrong = [f"status {answer.status_code}"] if answer.status_code >= 500 else []
    wrong += [
        f"header {name}" for name, value in answer.headers.items() if re.search(r"[\x00-\x1f\x7f]", value)
    ]
    if kind.startswith("text/html"):
        wrong += wrong_in(text)
    elif kind.startswith("text/csv"):
        wrong += formulas(
            cell for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) for cell in row
        )
    elif "svg" in kind or "xml" in kind:
        wrong += ["a picture with a script"] if re.search(r"<script|\son\w+=|<qyx|javascript:", text) else []
    return [*wrong, *([RUN] if RUN in text else [])]


def paths_of(office: Office, route: str) -> Iterator[str]:
    """Yield the addresses of a route: of the fullest docket, of the one with duties and measures, of the lead with hostile material."""
    full = max(range(len(office.hostile.worlds)), key=lambda one: len(office.hostile.worlds[one].events))
    with office.home.database.read() as connection:
        sealed = [row.id for row in exhibits(connection, [office.lead])]
    names = {**PLAIN, "docket": f"M{2100 + full}-0001", "target": f"C{2100 + full}-0001", "case": CASE}
    if "/exhibits" in route:
        yield from (route.format(**{**names, "identifier": one}) for one in sealed)
    elif "{identifier}" in route:
        for number in (f"{2100 + full}-0001", "2026-0001"):
            first = (
                "M"
                if route.startswith(("/matters", "/packages"))
                else "C"
                if route.startswith(("/cases", "/documents"))
                else "L"
            )
            yield route.format(**{**names, "identifier": f"{first}{number}"})
        if "/leads/" in route:
            yield route.format(**{**names, "identifier": office.lead})
    else:
        yield route.format(**names)


def test_every_field_of_every_act_was_recorded_with_a_payload(office: Office) -> None:
    every = {
        (verb.name, one.name)
        for verb in VERBS.values()
        if verb.name not in ELSEWHERE
        for one in verb.params
        if is_free(one)
    }
    assert len(every) > 250
    assert every - office.hostile.typed == set()


def test_no_payload_becomes_an_element_on_the_pages_of_any_docket(office: Office) -> None:
    wrong, seen = {}, 0
    for record in office.records:
        if record[0] in "LM":
            path = f"/{'leads' if record[0] == 'L' else 'matters'}/{record}"
            answer = office.client.get(path)
            seen += "qyx" in answer.text
            if found := amiss(answer):
                wrong[path] = found[:3]
    assert wrong == {}
    assert seen > len(office.hostile.worlds)


@pytest.mark.slow
def test_no_payload_becomes_an_element_a_formula_or_a_header_on_any_page(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    client, wrong, shown = office.client, {}, set()
    for page in PAGES:
        if page.method != "GET" or BY_CODE in page.path or page.path.endswith(("/events", "/offline.html")):
            continue
        for path in paths_of(office, page.path):
            asked = dict.fromkeys(
                ("q", "next", "kind", "which", "name", "record", "from", "sort", "format", "text"),
                payload("q"),
            )
            for given in ({}, asked) if page.path != "/parties/file" else ({},):
                answer = client.get(path, params=given)
                shown |= {page.path} if not given and "qyx" in answer.text else set()
                if found := amiss(answer):
                    wrong[path, bool(given)] = found[:3]
    assert [one.getMessage() for one in caplog.records if '"unexpected"' in one.getMessage()] == []
    assert wrong == {}
    assert len(shown) > 40, sorted(shown)
    assert {
        "/leads/file",
        "/matters/file",
        "/deadlines/file",
        "/exhibits/{identifier}",
        "/leads/{identifier}/scan",
    } <= shown


def test_a_refused_act_shows_what_was_typed_as_text(office: Office) -> None:
    client, wrong, token = office.client, {}, token_of(office.client, "/account")
    for verb in VERBS.values():
        data = {
            **{one.name: payload(one.name) for one in verb.params},
            "measure": payload("measure"),
            "_token": token,
        }
        target = {"lead": "L2026-0002", "matter": "M2026-0001", "new": "new"}.get(verb.scope, CASE)
        answer = client.post(f"/acts/{target}/{verb.name}", data=data)
        if found := amiss(answer):
            wrong[verb.name] = found[:3]
    assert wrong == {}


@pytest.mark.slow
def test_a_refused_form_of_any_page_shows_what_was_typed_as_text(office: Office) -> None:
    client, wrong = office.client, {}
    fields = {
        name: payload(name) for name in field_names() if name not in {"all", "sure", "password", "old", "do"}
    }
    for page in PAGES:
        if (
            page.method == "GET"
            or page.path in ENDING | {"/sign-in", "/setup"}
            or page.path.startswith("/recusal")
        ):
            continue
        if BY_CODE in page.path and "{" in page.path:
            paths = [page.path.replace("/portal/i/{identifier}", link) for link in office.links.values()]
        else:
            paths = list(paths_of(office, page.path))[:1]
        for path in paths:
            token = token_of(client, "/verify" if BY_CODE in path else "/account")
            files = [
                (name, (NAMED, b"<qyx>"))
                for name in (
                    "files",
                    "file",
                    "bundle",
                    "papers",
                    "package",
                    "keyfile",
                    "introduction",
                    "trust",
                )
            ]
            answer = client.post(path, data={**fields, "_token": token}, files=files)
            if found := amiss(answer):
                wrong[path] = found[:3]
    assert wrong == {}
