"""Who sees which docket: lists, the search, counts, entries of the log, reporters, and who is assigned."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.access import change_docket, change_register
from qingyuan.office.casework import load
from qingyuan.office.home import Home
from qingyuan.parties import dismiss, recuse
from qingyuan.store import events
from qingyuan.store.registry import exhibits
from tests.web.making import PASSWORD, client_of, desk_of, post


def one_of(app: FastAPI, name: str, *roles: str) -> TestClient:
    """Return a browser of somebody who is assigned to nothing."""
    desk = desk_of(app)
    if not desk.people.any():
        desk.people.add("first", "", ["chief"], PASSWORD)
    desk.people.add(name, "", roles, PASSWORD)
    client = TestClient(app, base_url="http://testserver", follow_redirects=False)
    assert post(client, "/sign-in", {"name": name, "password": PASSWORD}).status_code == 303
    return client


def test_a_colleague_finds_nothing_of_a_docket_in_any_list(app: FastAPI) -> None:
    client = one_of(app, "colleague", "prosecutor")
    for path in (
        "/",
        "/leads",
        "/leads?q=面单",
        "/leads?q=L2026-0001",
        "/matters",
        "/leads/file",
        "/matters/file",
    ):
        text = client.get(path).text
        assert "面单外泄" not in text, path
        assert 'href="/leads/L2026-0001"' not in text, path
    denied = client.get("/leads/L2026-0001")
    assert denied.status_code == 403
    assert "承办检察官" in denied.text
    assert client.get("/leads/L2026-0999").status_code == 404


def test_whoever_assigns_makes_a_docket_visible_and_the_log_says_so(app: FastAPI, home: Home) -> None:
    colleague = one_of(app, "colleague", "prosecutor")
    person = desk_of(app).people.all()[-1].person
    manager = one_of(app, "manager", "case-management")
    assert manager.get("/leads/L2026-0002").status_code == 403
    assert "L2026-0002" in manager.get("/leads").text
    assert manager.get("/handlers/L2026-0002").status_code == 200
    given: dict[str, str | list[str]] = {"person": person, "duty": "handler"}
    assert post(manager, "/handlers/L2026-0002", given, form="/account").status_code == 303
    assert colleague.get("/leads/L2026-0002").status_code == 200
    assert "另一条线索" in colleague.get("/leads").text
    with home.database.read() as connection:
        newest = events(connection, ["L2026-0002"])[-1]
    assert (newest.type, newest.payload["person"]) == ("access.assigned", person)
    assert post(manager, "/handlers/L2026-0002", {**given, "do": "end"}, form="/account").status_code == 303
    assert colleague.get("/leads/L2026-0002").status_code == 403
    twice = post(manager, "/handlers/L2026-0002", {**given, "do": "end"}, form="/account")
    assert (twice.status_code, "parties.not-assigned" in twice.text or "未被指派" in twice.text) == (
        400,
        True,
    )


def test_a_recused_handler_loses_everything_at_once(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    person = next(one.person for one in desk_of(app).people.all() if one.name == "user-prosecutor")
    assert client.get("/matters/M2026-0001").status_code == 200
    day = home.clock.now().date()
    change_docket(
        home, "M2026-0001", lambda _, m: recuse(m, person, on=day, by="P009", ground="近亲属"), actor="P009"
    )
    answer = client.get("/matters/M2026-0001")
    assert answer.status_code == 403
    assert "回避" in answer.text
    assert "shields.cedar" in answer.text
    assert "面单外泄" not in client.get("/leads").text


def test_whoever_registers_a_lead_handles_it(app: FastAPI, home: Home) -> None:
    client = one_of(app, "newcomer", "prosecutor")
    fields: dict[str, str | list[str]] = {
        "title": "新线索",
        "source": "media",
        "field": "personal-information",
        "summary": "一",
    }
    done = post(client, "/acts/new/lead-register", fields, form="/account")
    assert done.status_code == 303, done.text
    where = done.headers["location"]
    assert client.get(where).status_code == 200
    assert load(home, where.rsplit("/", 1)[1]).events[-1].type == "access.assigned"


def test_a_post_that_ended_on_the_command_line_ends_in_the_browser(app: FastAPI, home: Home) -> None:
    client = client_of(app, "department-head")
    person = next(one.person for one in desk_of(app).people.all() if one.name == "user-department-head")
    assert client.get("/leads/L2026-0001").status_code == 200
    yesterday = home.clock.now().date() - timedelta(days=1)
    own = desk_of(app).posts.gate.body.id
    with pytest.raises(Exception, match="post"):  # appointed today, so not held yesterday
        change_register(home, lambda r: dismiss(r, person, own, "department-head", yesterday), actor="P009")
    desk_of(app).posts.set(person, ["technician"], actor="P009")
    assert client.get("/leads/L2026-0001").status_code == 200
    assert client.get("/handlers/L2026-0001").status_code == 403


def test_entries_of_the_log_are_shown_with_the_docket_they_belong_to(app: FastAPI, home: Home) -> None:
    colleague, handler = one_of(app, "colleague", "prosecutor"), client_of(app, "prosecutor")
    at = load(home, "L2026-0001").events[0].index
    for path in (f"/ledger/entries/{at}", f"/ledger/entries/{at}/receipt"):
        assert handler.get(path).status_code == 200
        assert colleague.get(path).status_code == 403
    with home.database.read() as connection:
        office = events(connection, ["office"])[-1].index
    assert colleague.get(f"/ledger/entries/{office}").status_code == 403
    assert one_of(app, "auditor-1", "auditor").get(f"/ledger/entries/{office}").status_code == 200


def test_an_exhibit_is_read_by_whoever_handles_its_docket_only(app: FastAPI, home: Home) -> None:
    with home.database.read() as connection:
        exhibit = exhibits(connection, ["L2026-0001"])[0].id
    for role in ("chief", "department-head"):
        client = one_of(app, f"a-{role}", role)
        assert client.get(f"/exhibits/{exhibit}").status_code == 200
        assert client.get(f"/exhibits/{exhibit}/content").status_code == 403
    assert one_of(app, "a-colleague", "prosecutor").get(f"/exhibits/{exhibit}").status_code == 403


def test_a_reporter_is_read_by_whoever_handles_the_lead(app: FastAPI, home: Home) -> None:
    public = client_of(app)
    told: dict[str, str | list[str]] = {
        "told": "快递面单写着全名", "field": "express-waybill", "name": "某人", "contact": "某处", "once": "a" * 32,
    }  # fmt: skip
    received = post(public, "/report", told, form="/report")
    lead = re.search(r"L2026-\d{4}", received.text)
    assert lead, received.text
    with home.database.read() as connection:
        reporter = exhibits(connection, ["R2026-0001"])[0].id
    handler, colleague = client_of(app, "prosecutor"), one_of(app, "colleague", "prosecutor")
    assert handler.get(f"/leads/{lead[0]}").status_code == 200
    assert handler.get(f"/exhibits/{reporter}/content").status_code == 200
    assert colleague.get(f"/exhibits/{reporter}/content").status_code == 403


def test_a_form_cannot_name_a_record_that_one_may_not_read(app: FastAPI, home: Home) -> None:
    client = one_of(app, "colleague", "prosecutor")
    person = desk_of(app).people.all()[-1].person
    desk_of(app).posts.handle("L2026-0002", person)
    with home.database.read() as connection:
        exhibit = exhibits(connection, ["L2026-0001"])[0].id
    other: dict[str, str | list[str]] = {"leads": ["L2026-0001"], "exhibits": [exhibit]}
    assert post(client, "/acts/L2026-0002/lead-assess", {**other}, form="/account").status_code == 403
    assert (
        post(client, "/packages", {"record": "L2026-0001", "to": "某法院"}, form="/account").status_code
        == 403
    )


def test_lists_are_filtered_sorted_paged_and_exported_from_the_address(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    assert "另一条线索" in client.get("/leads?stage=registered&sort=due").text
    assert "面单外泄" not in client.get("/leads?stage=registered").text
    assert "面单外泄" in client.get("/leads?q=面单&field=express-waybill").text
    assert "没有符合条件的记录" in client.get("/leads?from=2027-01-01").text
    assert client.get("/leads?from=nonsense").status_code == 400
    assert client.get("/matters?after=nonsense").status_code == 400
    table = client.get("/leads/file?stage=registered")
    assert table.headers["content-type"].startswith("text/csv")
    assert table.content.startswith("\ufeff编号".encode())
    assert [line.split(",")[1] for line in table.text.splitlines()[1:]] == ["另一条线索"]
    assert "C2026-0001" in client.get("/matters/file").text


def test_no_cell_of_a_file_becomes_a_formula(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    fields: dict[str, str | list[str]] = {
        "title": "=1+1",
        "source": "media",
        "field": "personal-information",
        "summary": "一",
    }
    assert post(client, "/acts/new/lead-register", fields, form="/account").status_code == 303
    assert ",'=1+1," in client.get("/leads/file").text


def test_a_list_leads_to_what_its_reader_may_open_and_says_why_it_is_empty(app: FastAPI, home: Home) -> None:
    for role, place in (("auditor", "/readings?record="), ("case-management", "/handlers/")):
        client = client_of(app, role)
        for path in ("/leads", "/matters", "/", "/deadlines", "/search?q=面单外泄"):
            main = client.get(path).text.partition("<main")[2]
            led = set(re.findall(r'href="([^"]*[LMC]2026-\d{4})"', main))
            assert led, (role, path)
            assert all(one.startswith(place) for one in led), (role, path, led)
        for one in led:
            assert client.get(one).status_code == 200, (role, one)
    with home.database.read() as connection:
        read = exhibits(connection, ["L2026-0001"])[0].id
    desk_of(app).note_reading("exhibit", [read], actor="P001")
    auditor = client_of(app, "auditor")
    assert read in auditor.get("/readings?record=M2026-0001").text
    assert read not in auditor.get("/readings?record=L2026-0002").text
    alone = one_of(app, "newcomer", "assistant")
    assert "您只看到指派给您的案卷" in alone.get("/").text
    assert "您只看到指派给您的案卷" in alone.get("/matters").text
    assert "您只看到指派给您的案卷" not in client_of(app, "chief").get("/").text
