"""No form, address or body reaches what is somebody else's: every route, every kind of identifier, written in every way a page might read it."""

from __future__ import annotations

import inspect
import re
import shutil
import sys
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.exchange import SENT
from qingyuan.office.access import change_docket
from qingyuan.office.exchange import add_peer
from qingyuan.office.exchange.peers import own_keys
from qingyuan.office.exchange.state import RECEIVED, stream_of
from qingyuan.office.home import Home
from qingyuan.parties import recuse
from qingyuan.store import EventDraft, events
from qingyuan.store.registry import exhibits
from qingyuan.web.access import ASKED
from qingyuan.web.accounts import SCOPES
from qingyuan.web.portal.invitations import invite
from qingyuan.web.routing import PAGES, Page
from qingyuan.web.state import ACCOUNT, HOOK, JOB, PASSKEY, SESSION, TICKET, TOKEN, UPLOAD
from qingyuan.web.workbench.exchange import SENDABLE
from tests.web.making import ASSESSED, clock, desk_of, open_app, packaged, post, token_of
from tests.web.portal.serving import CASE, ORGAN, serve_suggestion
from tests.web.test_access import BY_CODE, ENDING, OTHERS, PLAIN, address
from tests.web.test_access_elsewhere import _operations
from tests.web.test_need_to_know import one_of
from tests.web.test_planted import field_names

#: Ways to write an identifier that a browser, a form or the reading of a field makes the same again.
SPELT = ("{}", " {}", "{}\n", "\u3000{}", "{}\t", "\r\n{}\x0b")
#: Stands in what somebody else has: never in an answer.
MARK = "别人的标记甲乙丙"
#: What the intruder has; whatever they do is written there, or for the office as a whole.
MINE = "L2026-0002"


class Office(NamedTuple):
    """An office with somebody whose things are wanted by somebody else.

    Attributes:
        app: The application.
        home: Its home.
        intruder: Browser of a colleague who handles another docket.
        person: That colleague.
        judged: Identifiers of records that the policies judge wherever they stand.
        owned: Identifiers of what belongs to one person or one docket, by kind.
    """

    app: FastAPI
    home: Home
    intruder: TestClient
    person: str
    judged: dict[str, str]
    owned: dict[str, str]


@pytest.fixture(scope="module")
def office(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(made / "data"))
        folder = Path(shutil.copytree(made / "home", tmp_path_factory.mktemp("others") / "home"))
        with Home.open(folder, clock=clock()) as home:
            serve_suggestion(home)
            app = open_app(home)
            desk = desk_of(app)
            victim = one_of(app, "victim", "prosecutor")
            owner = desk.people.all()[-1].person
            desk.posts.handle("L2026-0001", owner)
            package = packaged(app, victim, CASE, "某法院")
            desk.jobs.stop()
            _, invitation = invite(desk, CASE, "organ", name=ORGAN, days=9, actor=owner)
            batch = desk.uploads.batch("P001")
            upload = desk.uploads.announce(batch, f"{MARK}.txt", 3, owner)
            desk.tokens.make(owner, MARK, ["read"], 9)
            with desk.state.write() as connection:
                connection.execute(
                    sa.insert(PASSKEY).values(
                        id=b"k" * 16, person=owner, public_key=b"k", sign_count=0, label=MARK, created=1
                    )
                )
                connection.execute(
                    sa.insert(HOOK).values(
                        id="0123456789abcdef",
                        url="https://e.invalid/",
                        types='["*"]',
                        created=1,
                        next=0,
                        active=1,
                    )
                )
                session = connection.execute(
                    sa.select(SESSION.c.id).where(SESSION.c.person == owner)
                ).scalar()
            job = desk.jobs.add("material", owner, {"record": "L2026-0001", "title": MARK})
            intruder = one_of(app, "intruder", "prosecutor", "technician")
            person = desk.people.all()[-1].person
            desk.posts.handle(MINE, person)
            with home.database.read() as connection:
                exhibit = exhibits(connection, ["L2026-0001"])[0].id
            judged = {
                "lead": "L2026-0001",
                "matter": "M2026-0001",
                "case": CASE,
                "exhibit": exhibit,
                "package": package,
            }
            owned = {
                "job": job, "batch": batch, "upload": upload.id, "session": str(session), "invitation": invitation,
                "token": desk.tokens.of(owner)[0].id, "passkey": (b"k" * 16).hex(), "hook": "0123456789abcdef", "person": owner,
            }  # fmt: skip
            yield Office(app, home, intruder, person, judged, owned)
            desk.close()


def kept(office: Office) -> list[object]:
    """Return every row of the web that is not the intruder's own."""
    found: list[object] = []
    with desk_of(office.app).state.read() as connection:
        for table in (ACCOUNT, HOOK, JOB, PASSKEY, SESSION, TICKET, TOKEN, UPLOAD):
            wanted = sa.select(table)
            if "person" in table.c:
                wanted = wanted.where(table.c.person != office.person)
            found += [tuple(row) for row in connection.execute(wanted)]
    return found


def done_by(office: Office) -> list[tuple[str, str]]:
    """Return stream and payload of what the intruder did elsewhere than in their own docket, and what names something of another's."""
    known = set(office.judged.values())
    with office.home.database.read() as connection:
        streams = connection.exec_driver_sql("SELECT DISTINCT stream FROM event").scalars().all()
        found = events(connection, list(streams))
    return [
        (one.stream, repr(one.payload))
        for one in found
        if one.actor == office.person
        and (one.stream not in {MINE, "office"} or any(each in repr(one.payload) for each in known))
    ]


def test_a_record_of_another_is_refused_on_every_route_however_it_is_written(office: Office) -> None:
    client, spellings = office.intruder, cycle(SPELT)
    token, before, wrong = token_of(client, "/account"), kept(office), []
    for page in PAGES:
        asked = ASKED.get(page.need)
        if asked is None or asked.of == "office":
            continue
        path = address(page, office.home, OTHERS)
        for kind, identifier in office.judged.items():
            value = next(spellings).format(identifier)
            if page.method == "GET":
                answer = client.get(path, params={"record": ["", value]})
            else:
                answer = client.post(path, data={"_token": token, "record": ["", value]})
            if answer.status_code != 403:
                wrong.append((page.method, page.path, kind, value, answer.status_code))
    assert wrong == []
    assert done_by(office) == []
    assert kept(office) == before


def wanted_by(page: Page) -> list[str]:
    """Return the names that the module of a page reads from forms and addresses, as far as its text says them."""
    module = sys.modules[page.handler.__module__]
    return sorted(set(re.findall(r'"([a-z_]+)"', inspect.getsource(module))) & NAMES)


NAMES = set(field_names()) - {"sure", "lang", "theme", "all"}
#: Names of addresses that stand for what belongs to one person.
OWNED = {"job", "upload", "person", "token", "hook"}
#: Names of fields that hold such an identifier; a form without them is tried with one kind only.
HOLDING = {"id", "batch", "upload", "invitation", "person", "second"}


def tried(office: Office) -> Iterator[tuple[Page, str, str]]:
    """Yield the pages to try, with the kind and the identifier to put into every field and name of the address."""
    turns = cycle(office.owned.items())
    for page in PAGES:
        owned = OWNED & set(re.findall(r"{(\w+)}", page.path))
        if (
            page.path in ENDING
            or BY_CODE in page.path
            or page.path in {"/setup", "/sign-in"}
            or (page.method == "GET" and not owned)
        ):
            continue
        some = office.owned.items() if owned or HOLDING & set(wanted_by(page)) else [next(turns)]
        yield from ((page, *one) for one in some)


def test_what_belongs_to_somebody_else_is_not_there_in_any_field_or_address(office: Office) -> None:
    client, wrong = office.intruder, []
    token, before = token_of(client, "/account"), kept(office)
    for page, kind, identifier in tried(office):
        plain = {**PLAIN, **dict.fromkeys(OWNED, identifier)}
        path = (
            address(page, office.home, OTHERS)
            if "/exhibits" in page.path
            else page.path.format(**plain, **OTHERS)
        )
        given = dict.fromkeys(wanted_by(page), identifier)
        if page.method == "GET":
            answer = client.get(path, params=given)
        else:
            answer = client.post(path, data={**given, "_token": token})
        shown = kind != "person" and MARK in answer.text
        opened = "{job}" in page.path and answer.status_code not in {403, 404}
        if answer.status_code >= 500 or answer.status_code == 401 or shown or opened:
            wrong.append((kind, page.method, path, answer.status_code))
    for identifier in office.owned.values():
        where, headers = f"/uploads/{identifier}", {"x-qy-token": token}
        answers = [client.get(where), client.put(f"{where}?offset=0", headers=headers, content=b"x")]
        wrong += [("upload", "", where, one.status_code) for one in answers if one.status_code != 404]
    assert wrong == [], wrong
    assert [one for one in done_by(office) if one[0] != MINE] == []
    assert kept(office) == before
    assert desk_of(office.app).uploads.folder(office.owned["batch"]).exists()


def test_no_operation_of_the_api_reaches_what_is_another_s(office: Office) -> None:
    app, desk = office.app, desk_of(office.app)
    token = desk.tokens.make(office.person, "x", sorted(SCOPES), 1)
    client = TestClient(app, base_url="http://testserver", headers={"authorization": f"Bearer {token}"})
    before, wrong, spellings = kept(office), [], cycle(SPELT)
    described = app.openapi()
    turns = cycle({**office.judged, **office.owned}.items())
    for method, path, _, _ in _operations(app):
        body = described["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
        form = body.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
        fields = described["components"]["schemas"].get(form, {}).get("properties", {})
        for kind, identifier in islice(turns, len(office.judged) + len(office.owned) if "{" in path else 3):
            sent = dict.fromkeys(
                fields or ("leads", "into", "record", "exhibits"), next(spellings).format(identifier)
            )
            json = sent if "application/json" in body else None
            names = {
                "verb": "lead-assess",
                **dict.fromkeys(("identifier", "target", "batch", "upload"), identifier),
            }
            for given in (names, {**names, "target": MINE, "identifier": MINE})[: 1 + ("{target}" in path)]:
                answer = client.request(
                    method, path.format(**given), json=json, params={"q": "x", "offset": "0"}
                )
                opened = "{" in path and given is names and "/law/" not in path and answer.is_success
                if answer.status_code >= 500 or MARK in answer.text or opened:
                    wrong.append((kind, method, path, answer.status_code))
    assert wrong == [], wrong
    assert done_by(office) == []
    assert kept(office) == before


def test_an_act_joins_only_records_that_one_may_act_on(app: FastAPI, home: Home) -> None:
    head, victim = one_of(app, "head", "prosecutor", "department-head"), one_of(app, "victim", "prosecutor")
    desk = desk_of(app)
    token = desk.tokens.make(
        next(one.person for one in desk.people.all() if one.name == "head"), "x", ["act"], 1
    )
    headers = {"authorization": f"Bearer {token}"}
    told: dict[str, str | list[str]] = {
        "title": "一",
        "source": "media",
        "field": "personal-information",
        "summary": "一",
    }
    assessed: dict[str, str | list[str]] = {name: str(value).lower() for name, value in ASSESSED.items()}
    leads = []
    for client in (victim, head):
        leads.append(
            post(client, "/acts/new/lead-register", told, form="/account")
            .headers["location"]
            .rpartition("/")[2]
        )
        assert post(client, f"/acts/{leads[-1]}/lead-assess", assessed, form="/account").status_code == 303
    theirs, mine = leads
    assert head.get(f"/leads/{theirs}").status_code == 200  # reads it, and handles another
    size = home.head()
    for spelt in SPELT:
        joined = head.post(
            f"/api/v1/acts/{mine}/matter-open", json={"leads": [mine, spelt.format(theirs)]}, headers=headers
        )
        assert (joined.status_code, joined.json()["error"]["code"]) == (403, "web.forbidden"), spelt
    assert post(head, f"/acts/{mine}/lead-merge", {"into": theirs}, form="/account").status_code in {403, 404}
    assert home.head() == size
    opened = head.post(f"/api/v1/acts/{mine}/matter-open", json={"leads": [mine]}, headers=headers)
    assert opened.status_code == 200
    matter, size = opened.json()["events"][0]["stream"], home.head()
    for given in (theirs, f" {theirs}"):
        sent = head.post(f"/api/v1/acts/{matter}/matter-join", json={"lead": given}, headers=headers)
        typed = post(head, f"/acts/{matter}/matter-join", {"lead": given}, form="/account")
        assert (sent.status_code, typed.status_code, home.head()) == (403, 403, size)


def test_who_is_recused_sees_their_own_jobs_of_the_docket_no_more(app: FastAPI, home: Home) -> None:
    client = one_of(app, "recused", "prosecutor", "technician")
    desk = desk_of(app)
    person = desk.people.all()[-1].person
    desk.posts.handle("L2026-0001", person)
    token = desk.tokens.make(person, "x", ["read"], 1)
    with home.database.read() as connection:
        exhibit = exhibits(connection, ["L2026-0001"])[0].id
    about: dict[str, dict[str, object]] = {
        "capture": {"record": "L2026-0001", "title": MARK, "urls": [f"https://example.org/{MARK}"]},
        "deidentify": {"exhibit": exhibit, "title": MARK},
    }
    jobs = [desk.jobs.add(kind, person, args) for kind, args in about.items()]
    jobs.append(desk.jobs.add("harm", person, {"lead": "L2026-0001", "title": MARK}))
    places = [
        f"/captures/{jobs[0]}",
        *(f"/jobs/{one}" for one in jobs),
        *(f"/api/v1/jobs/{one}" for one in jobs),
    ]
    headers = {"authorization": f"Bearer {token}"}
    assert client.get(places[0]).status_code == 200
    day = home.clock.now().date()
    change_docket(
        home, "M2026-0001", lambda _, m: recuse(m, person, on=day, by="P009", ground="近亲属"), actor="P009"
    )
    answers = {one: client.get(one, headers=headers) for one in places}
    assert {one: answer.status_code for one, answer in answers.items()} == dict.fromkeys(places, 403)
    assert not any(MARK in answer.text for answer in answers.values())


def test_what_went_to_other_sites_is_listed_for_who_sees_the_record_only(app: FastAPI, home: Home) -> None:
    log, package = own_keys(home)
    add_peer(home, "other", title="另一检察院", log=log, package=package, actor="P001")
    for number, record in enumerate(("L2026-0001", MINE), 1):
        told: dict[str, object] = {"seq": number, "kind": SENDABLE[0], "manifest": "ab" * 32, "ref": record}
        home.append([EventDraft(stream_of("other"), SENT, told)], actor="P001")
        home.append(
            [EventDraft(stream_of("other"), RECEIVED, {**told, "record": record, "ref": "", "exhibit": ""})],
            actor="P001",
        )
    handler, chief = one_of(app, "handler", "prosecutor"), one_of(app, "chief-1", "chief", "prosecutor")
    desk_of(app).posts.handle(
        MINE, next(one.person for one in desk_of(app).people.all() if one.name == "handler")
    )
    shown = {name: client.get("/exchange").text for name, client in (("handler", handler), ("chief", chief))}
    assert {name: [text.count(one) > 1 for one in ("L2026-0001", MINE)] for name, text in shown.items()} == {
        "handler": [False, True],
        "chief": [True, True],
    }
    assert "L2026-0001" not in shown["handler"]
