"""A partner site that signs what it likes: nothing in its bundles becomes an element, a formula, a header, or moves a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient

from qingyuan.errors import QingyuanError
from qingyuan.exchange import Kind
from qingyuan.office.exchange import Receipt, add_peer, receive, send, status
from qingyuan.office.exchange.peers import own_keys
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.store.registry import exhibits
from tests.cli.running import run
from tests.cli.test_visible import obeyed
from tests.web.making import client_of, clock, desk_of, handle_all, open_app
from tests.web.payloads import payload
from tests.web.test_payloads import amiss

TEXT = f'{payload("title")}\x1b[2J\x1b]0;qyx\x07\x9b31m\r\nSet-Cookie: qyx=1\n{{"event": "qyx"}}'
NAME = "=1+1'\"><img src=x onerror=qyx(1)><qyx>{{'qz'*3}}#eval('qz').csv".replace("/", "")


class Partner(NamedTuple):
    """A site that we know, and how to take in what it makes."""

    ours: Home
    theirs: Home
    folder: Path

    def give(
        self, kind: Kind, body: dict[str, Any], *, your_ref: str = "", ref: str = "", named: str = ""
    ) -> Receipt:
        files = []
        if named:
            files.append(self.folder / named)
            files[0].write_text("手机\n13900139001\n", encoding="utf-8")
        del ref
        made = send(
            self.theirs, kind, "ours", body=body, your_ref=your_ref, files=files, actor="P101", offline=True
        )
        path = self.folder / "bundle.qyx"
        path.write_bytes(made.data)
        return receive(self.ours, path, actor="P001", offline=True)


@pytest.fixture
def partner(home: Home, tmp_path: Path) -> Iterator[Partner]:
    office = OfficeInfo("hostile", TEXT.replace("\n", " ")[:200])
    with Home.open(tmp_path / "theirs", create=True, office=office, clock=clock()) as theirs:
        add_peer(theirs, "ours", title="本院", log=own_keys(home)[0], package=own_keys(home)[1], actor="P101")
        log, package = own_keys(theirs)
        add_peer(home, "theirs", title=TEXT, log=log, package=package, actor="P001")
        yield Partner(home, theirs, tmp_path)


def test_what_a_hostile_site_signs_is_text_everywhere(
    partner: Partner, capsys: pytest.CaptureFixture[str]
) -> None:
    home = partner.ours
    body: dict[str, Any] = {"title": TEXT, "summary": TEXT, "field": "express-waybill", "region": ""}
    taken = [
        partner.give("lead", body, named=NAME),
        partner.give("lead", {**body, "field": TEXT, "region": TEXT}),
        partner.give("suggestion", {"other": TEXT, "demands": [TEXT]}, named=NAME),
        partner.give("reply", {"accepted": TEXT, "summary": TEXT}, your_ref=TEXT),
        partner.give("reply", {"accepted": "full", "summary": TEXT}, your_ref="C2026-0001"),
        partner.give("filing", {"title": TEXT}, named=NAME),
        partner.give("receipt", {"seq": 1, "bundle": TEXT, "record": TEXT, "received_at": TEXT}),
        partner.give(
            "receipt", {"seq": (1 << 53) - 1, "bundle": "", "record": "", "received_at": "9999-99-99"}
        ),
    ]
    assert {one.outcome for one in taken} == {"taken"}
    lead = taken[0].record
    assert lead.startswith("L")
    app = open_app(home)
    try:
        client = client_of(app, "chief")
        handle_all(
            desk_of(app), next(one.person for one in desk_of(app).people.all() if one.name == "user-chief")
        )
        wrong, shown = _pages(client, home, lead)
    finally:
        app.state.desk.close()
    assert wrong == {}
    assert {"/exchange", "/leads", f"/leads/{lead}", "/leads/file"} <= shown
    said = capsys.readouterr()
    assert "qyx" not in said.out + said.err


def _pages(client: TestClient, home: Home, lead: str) -> tuple[dict[str, list[str]], set[str]]:
    with home.database.read() as connection:
        sealed = [row.id for row in exhibits(connection, [lead])]
    assert sealed
    paths = [
        "/",
        "/leads",
        "/leads/file",
        "/exchange",
        "/search?q=qyx",
        "/readings",
        "/admin/health",
        f"/leads/{lead}",
    ]
    paths += [
        f"/acts/{lead}/lead-assess",
        f"/documents/{lead}",
        f"/material/{lead}",
        f"/handlers/{lead}",
        f"/leads/{lead}/scan",
    ]
    paths += [
        f"/exhibits/{one}{rest}" for one in sealed for rest in ("", "/source", "/content", "/anonymity")
    ]
    wrong, shown = {}, set()
    for path in paths:
        answer = client.get(path)
        shown |= {path} if "qyx" in answer.text else set()
        if "attachment" in answer.headers.get("content-disposition", "") and path.endswith("/content"):
            continue
        if found := amiss(answer):
            wrong[path] = found[:3]
    return wrong, shown


def test_a_terminal_shows_what_a_hostile_site_signs_and_obeys_none_of_it(
    partner: Partner, tmp_path: Path
) -> None:
    taken = partner.give(
        "lead", {"title": TEXT, "summary": TEXT, "field": "express-waybill", "region": ""}, named=NAME
    )
    partner.give("reply", {"accepted": TEXT, "summary": TEXT}, your_ref=TEXT)
    partner.ours.close()
    home, told = ("--home", partner.ours.path), ""
    introduction = tmp_path / "introduction.json"
    introduction.write_text(json.dumps({"title": TEXT, "log": TEXT, "package": TEXT}), encoding="utf-8")
    for words in (
        ("exchange", "status"),
        ("exchange", "peer", "list"),
        ("exchange", "peer", "add", "other", introduction),
        ("lead", "list"),
        ("exhibit", "list", taken.record),
        ("case", "timeline", taken.record),
        ("case", "tasks", taken.record),
    ):
        for form in ((), ("--json",)):
            done = run(*words, *home, *form)
            assert obeyed(done.out + done.err) == [], words
            told += done.out
    assert "\\u001b" in told


@pytest.mark.parametrize("your_ref", ["C2026-0001", "", "../..", "C9999-9999"])
def test_a_hostile_site_changes_no_docket_that_it_was_not_asked_about(
    partner: Partner, your_ref: str
) -> None:
    with partner.ours.database.read() as connection:
        before = [row.id for row in exhibits(connection, ["C2026-0001", "M2026-0001", "L2026-0001"])]
    taken = partner.give("reply", {"accepted": "full", "summary": "甲"}, your_ref=your_ref, named="回复.txt")
    assert (taken.outcome, taken.record) == ("taken", "")
    assert taken.note_zh
    assert taken.note_en
    with partner.ours.database.read() as connection:
        assert [row.id for row in exhibits(connection, ["C2026-0001", "M2026-0001", "L2026-0001"])] == before
    (now,) = status(partner.ours)
    assert [one.kind for one in now.received] == ["reply"]
    with pytest.raises(QingyuanError):
        receive(partner.ours, partner.ours.path / "office.json", actor="P001", offline=True)
