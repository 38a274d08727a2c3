"""The auditor sees every reading of personal data, and none of the data."""

from __future__ import annotations

import csv
import re

from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.home import Home
from qingyuan.store.registry import exhibits
from tests.web.making import client_of, desk_of, post
from tests.web.test_need_to_know import one_of


def read_some(app: FastAPI, home: Home) -> tuple[str, str]:
    """Let a technician download one exhibit and look at its source; return exhibit and person."""
    with home.database.read() as connection:
        exhibit = next(row.id for row in exhibits(connection, ["L2026-0001"]) if row.origin == "collected")
    client = client_of(app, "technician")
    assert client.get(f"/exhibits/{exhibit}/content").status_code == 200
    assert client.get(f"/exhibits/{exhibit}/source?at=1").status_code == 200
    return exhibit, next(one.person for one in desk_of(app).people.all() if one.name == "user-technician")


def rows_of(client: TestClient, query: str = "") -> list[str]:
    text = client.get(f"/readings{query}").text
    body = text.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r"<tr>.*?</tr>", body, re.DOTALL)


def test_the_auditor_sees_who_read_which_record_and_not_what_it_says(app: FastAPI, home: Home) -> None:
    exhibit, person = read_some(app, home)
    auditor = one_of(app, "auditor-1", "auditor")
    newest, first = rows_of(auditor)
    assert "对照原文" in newest
    assert "读取全文" in first
    for row in (newest, first):
        assert person in row
        assert exhibit in row
        assert "L2026-0001" in row
    assert 'href="/leads/L2026-0001"' not in first  # an auditor does not open the docket
    assert auditor.get("/leads/L2026-0001").status_code == 403
    assert "/readings" in auditor.get("/account").text


def test_readings_are_narrowed_from_the_address_and_exported(app: FastAPI, home: Home) -> None:
    exhibit, person = read_some(app, home)
    auditor = one_of(app, "auditor-1", "auditor")
    for query, count in {
        "?what=excerpt": 1,
        "?what=unmasked": 0,
        f"?person={person}": 2,
        "?person=P999": 0,
        f"?record={exhibit[:6]}": 2,
        "?record=X0000000": 0,
        "?from=2026-07-01&to=2026-07-01": 2,
        "?from=2026-07-02": 0,
        "?to=2026-06-30": 0,
    }.items():
        assert len(rows_of(auditor, query)) == count, query
    assert "没有符合条件的查阅" in auditor.get("/readings?person=P999").text
    assert auditor.get("/readings?from=yesterday").status_code == 400
    assert auditor.get("/readings?before=x").status_code == 400
    table = auditor.get("/readings/file?what=exhibit")
    assert table.content.startswith("\ufeff".encode())
    heads, row = csv.reader(table.text.lstrip("\ufeff").splitlines())
    assert heads[0] == "时间"
    assert row[1] == person
    assert (row[4], row[5]) == ("L2026-0001", exhibit)


def test_pages_follow_each_other(app: FastAPI, home: Home) -> None:
    desk = desk_of(app)
    auditor = one_of(app, "auditor-1", "auditor")
    for _ in range(51):
        desk.note_reading("exhibit", ["X0000000000000000"], actor="P001")
    assert len(rows_of(auditor)) == 50
    found = re.search(r'href="/readings\?(before=\d+)"', auditor.get("/readings").text)
    assert found
    assert len(rows_of(auditor, f"?{found[1]}")) == 1


def test_a_record_in_clear_stands_with_its_reason_and_ground(app: FastAPI, home: Home) -> None:
    with home.database.read() as connection:
        exhibit = next(row.id for row in exhibits(connection, ["L2026-0001"]) if row.origin == "collected")
    client = client_of(app, "prosecutor")
    shown = client.get(f"/exhibits/{exhibit}/source?at=1").text
    ground = re.search(r'<option value="([a-z-]+)"', shown)
    assert ground, shown
    given: dict[str, str | list[str]] = {"at": "1", "reason": "核对面单号码", "ground": ground[1]}
    assert post(client, f"/exhibits/{exhibit}/unmask", given, form="/account").status_code == 200
    (row,) = rows_of(one_of(app, "auditor-1", "auditor"), "?what=unmasked")
    assert "核对面单号码" in row
    assert "《" in row
    assert f"{exhibit}#1" in row
    assert ground[1] not in row


def test_whoever_does_not_audit_does_not_see_the_page(app: FastAPI, home: Home) -> None:
    for role in ("prosecutor", "technician", "administrator"):
        client = one_of(app, f"a-{role}", role)
        assert client.get("/readings").status_code == 403, role
        assert 'href="/readings"' not in client.get("/account").text
