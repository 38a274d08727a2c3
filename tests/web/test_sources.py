"""Findings beside their source: what was found is hidden, looking is logged, clear values need a reason, a ground and the policies."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.sources import Cell, Piece, SourceRecord, record_of, source
from qingyuan.office.summary import gather
from qingyuan.store import events
from qingyuan.web.workbench.sources import rows
from tests.web.making import client_of, desk_of, post

LEAD = "L2026-0001"
REASON: dict[str, str | list[str]] = {"reason": "核实线索", "ground": "pil-rules-methods"}


def first(home: Home) -> tuple[str, str, int]:
    """Return exhibit, place and record of the first mobile number that was found."""
    found = next(
        one for one in gather(home, LEAD).findings if one.rule == "mobile" and "*" in one.examples[0].excerpt
    )
    place = found.examples[0].place
    return found.exhibit, place, record_of(home, found.exhibit, place, found.member)


def clear_of(home: Home, exhibit: str, at: int) -> list[str]:
    """Return the clear values of a record."""
    shown = source(home, exhibit, at, clear=at)
    (record,) = [one for one in shown.records if one.number == at]
    return [piece.text for cell in record.cells for piece in cell.pieces if piece.kind]


def logged(home: Home, kind: str, stream: str) -> list[dict[str, object]]:
    with home.database.read() as connection:
        return [one.payload for one in events(connection, [stream]) if one.type == kind]


def test_every_finding_opens_its_place_with_nothing_found_left_in_clear(app: FastAPI, home: Home) -> None:
    for one in gather(home, LEAD).findings:
        for example in one.examples:
            at = record_of(home, one.exhibit, example.place, one.member)
            shown = source(home, one.exhibit, at, member=one.member, place=example.place)
            pieces = [
                p
                for r in shown.records
                for cell in r.cells
                if cell.place == example.place
                for p in cell.pieces
            ]
            assert example.excerpt in {piece.text for piece in pieces}


def test_the_page_hides_values_and_writes_down_who_looked(app: FastAPI, home: Home) -> None:
    client = client_of(app, "technician")
    exhibit, place, at = first(home)
    page = client.get(f"/exhibits/{exhibit}/source", params={"place": place})
    assert page.status_code == 200
    values = clear_of(home, exhibit, at)
    assert values
    for value in values:
        assert f">{value}<" not in page.text
    assert logged(home, "access.read", "office")[-1]["what"] == "excerpt"
    assert "/source?place=" in client.get(f"/leads/{LEAD}/scan").text


def unmasked(client: TestClient, exhibit: str, at: int, **fields: str | list[str]) -> tuple[int, str]:
    asked: dict[str, str | list[str]] = {"at": str(at), "member": "", "table": "", **fields}
    answer = post(client, f"/exhibits/{exhibit}/unmask", asked, form="/account")
    return answer.status_code, answer.text


def test_one_record_is_shown_in_clear_once_after_its_event(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    exhibit, place, at = first(home)
    table = source(home, exhibit, at, place=place).table
    status, text = unmasked(client, exhibit, at, table=table, **REASON)
    assert status == 200, text
    for value in clear_of(home, exhibit, at):
        assert f">{value}<" in text
    hidden = source(home, exhibit, at, place=place).records
    others = [p.text for r in hidden if r.number != at for c in r.cells for p in c.pieces if p.hidden]
    assert all(f">{value}<" in text for value in others)
    streams = [one for stream in (LEAD, "M2026-0001") for one in logged(home, "access.unmasked", stream)]
    assert streams[-1]["record"] == f"{exhibit}#{at}"
    assert "核实线索" in str(streams[-1]["reason"])
    again = client.get(f"/exhibits/{exhibit}/source", params={"place": place}).text
    assert not any(f">{value}<" in again for value in clear_of(home, exhibit, at))


def test_clear_values_are_refused_without_reason_ground_or_permission(app: FastAPI, home: Home) -> None:
    exhibit, _, at = first(home)
    prosecutor = client_of(app, "prosecutor")
    for fields in ({"reason": ""}, {"ground": "no-such-rule"}, {"reason": "x" * 501}):
        status, text = unmasked(prosecutor, exhibit, at, **{**REASON, **fields})
        assert status in {400, 403}, text
    status, text = unmasked(client_of(app, "auditor"), exhibit, at, **REASON)
    assert status == 403
    stranger = desk_of(app).people.add("stranger", "", ["prosecutor"], "纸上得来终觉浅-绝知此事")
    assert stranger.person
    client = client_of(app)
    post(client, "/sign-in", {"name": "stranger", "password": "纸上得来终觉浅-绝知此事"})
    status, text = unmasked(client, exhibit, at, **REASON)
    assert status == 403
    assert re.search("承办|指派", text)
    assert logged(home, "access.unmasked", LEAD) + logged(home, "access.unmasked", "M2026-0001") == []


def test_places_that_are_not_there_are_said(app: FastAPI, home: Home) -> None:
    exhibit, _, _ = first(home)
    client = client_of(app, "technician")
    for query in ("?place=line+99999", "?at=99999999", "?at=x", "?at=1&member=no.zip"):
        assert client.get(f"/exhibits/{exhibit}/source{query}").status_code in {400, 404}, query
    with pytest.raises(OfficeError, match="no such place"):
        source(home, exhibit, 1, place="line 99999")


def test_members_of_a_list_stand_in_the_row_of_the_record_that_has_the_list() -> None:
    def made(number: int, *columns: str) -> SourceRecord:
        cells = tuple(Cell(f"line {number} $.{name}", f"$.{name}", (Piece("x"),)) for name in columns)
        return SourceRecord(number, cells, found=False)

    first, last = made(1, "items[].goods"), made(5, "name", "tags[]")
    records = [first, made(2, "name"), made(3, "items[].goods", "items[].weight"), made(4, "tags[]"), last]
    assert [row.numbers for row in rows(records)] == [(1,), (2, 3, 4), (5,)]
    assert [row.record for row in rows([first])] == [first]
