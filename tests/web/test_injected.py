"""What nobody asked for has no effect, what is written to logs, headers and figures breaks no line of them, and no secret can be guessed without end."""

from __future__ import annotations

import csv
import io
import logging
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.cases import VERBS, is_ours
from qingyuan.office.casework import Argument, load
from qingyuan.office.clock import FixedClock
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.web import ServeSettings, create_app
from qingyuan.web.routing import PAGES
from tests.cases._world import moment
from tests.web.making import PASSWORD, clock, desk_of, post, token_of
from tests.web.portal.serving import CASE, serve_suggestion
from tests.web.portal.test_hearing import announce
from tests.web.test_access import BY_CODE, ENDING, OWN, PLAIN, address
from tests.web.test_hostile import chief
from tests.web.test_need_to_know import one_of
from tests.web.test_planted import field_names

#: Fields that no form of ours has for them, and what they would say.
NOT_ASKED = dict.fromkeys(
    [
        "actor",
        "role",
        "roles",
        "office",
        "stream",
        "at",
        "id",
        "docket",
        "permission",
        "seq",
        "n",
        "idx",
        "type",
        "payload",
        "person",
        "handler",
        "handlers",
        "recused",
        "shielded",
        "minor",
        "disabled",
        "verified",
        "state",
        "scope",
        "owner",
        "created",
        "expires",
        "token",
        "session",
        "unknown",
        "__proto__",
        "case",
        "matter",
        "lead",
        "measure",
        "target",
    ],
    "1999-zz-not-asked",
)
#: Line ends, escapes of terminals, a zero byte, marks that turn the direction of text, and a great deal of it.
INJECTED = (
    '\r\n{"event":"request","forged":true}\r\nSet-Cookie: forged=1\x1b[31m\x00\x85\u2028\u202e\u2066\x7f'
    + "forged" * 1700
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LONGEST = 4000


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    """An office in which nothing has happened, and outsiders may try three times."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    office = OfficeInfo("yiwu", "义乌市人民检察院", "330782", "county")
    with Home.open(
        tmp_path / "home", create=True, office=office, clock=FixedClock(moment(date(2026, 3, 1)))
    ) as home:
        app = create_app(home, ServeSettings(host="testserver", port=80, job_workers=0, portal_per_hour=3))
        yield app
        desk_of(app).close()


def test_acts_with_fields_that_nobody_asked_for_record_the_same(
    app: FastAPI, home: Home, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Home.open(Path(shutil.copytree(made / "home", tmp_path / "plain")), clock=clock()) as plain:
        serve_suggestion(plain)
        announce(plain)
        expected = [(one.type, one.payload) for one in load(plain, CASE).events if is_ours(one.type)]
    client = chief(app)
    token, done = token_of(client, "/account"), []

    def by_form(_: Home, name: str, target: str, args: Mapping[str, Argument], *, actor: str) -> None:
        verb = VERBS[name]
        data: dict[str, object] = {one: text for one, text in NOT_ASKED.items() if verb.param(one) is None}
        for param in verb.params:
            value = args.get(param.name)
            if value is not None and value is not False:
                lines = param.type in {"texts", "persons"} and isinstance(value, list)
                data[param.name] = "\n".join(map(str, value)) if lines and isinstance(value, list) else value
        answer = client.post(f"/acts/{target}/{name}", data={**data, "_token": token})
        assert answer.status_code == 303, (
            name,
            actor,
            re.sub(r"\s+", " ", answer.text.partition("<main")[2])[:900],
        )
        done.append(name)

    monkeypatch.setattr("tests.web.portal.serving.act", by_form)
    monkeypatch.setattr("tests.web.portal.test_hearing.act", by_form)
    serve_suggestion(home)
    announce(home)
    told = load(home, CASE).events
    assert len(done) > 8
    assert [(one.type, one.payload) for one in told if is_ours(one.type)] == expected
    with home.database.read() as connection:
        texts = (
            connection.exec_driver_sql("SELECT stream || actor || CAST(payload AS TEXT) FROM event")
            .scalars()
            .all()
        )
    assert [one for one in texts if "not-asked" in one] == []


def test_no_operation_of_the_api_takes_what_it_does_not_ask_for(app: FastAPI, home: Home) -> None:
    client = chief(app)
    desk = desk_of(app)
    token = desk.tokens.make(desk.people.all()[0].person, "x", ["read", "act", "take"], 1)
    headers, size, taken = {"authorization": f"Bearer {token}"}, home.head(), []
    turns = cycle(NOT_ASKED.items())
    for verb in VERBS.values():
        more = {param.name: "9" for param in verb.params if param.system}
        more |= {name: value for name, value in islice(turns, 3) if verb.param(name) is None}
        target = {"lead": "L2026-0002", "matter": "M2026-0001", "new": "new"}.get(verb.scope, "C2026-0001")
        for name, value in more.items():
            answer = client.post(f"/api/v1/acts/{target}/{verb.name}", json={name: value}, headers=headers)
            if answer.status_code not in {400, 403, 404, 409}:
                taken.append((verb.name, name, answer.status_code))
    for path in ("material/batches/0/files", "material/intakes"):
        answer = client.post(
            f"/api/v1/{path}", json={"path": "a", "size": 1, "batch": "0", "person": "P777"}, headers=headers
        )
        if answer.status_code != 422:
            taken.append((path, "person", answer.status_code))
    deep = b'{"title":' * 5000 + b"1" + b"}" * 5000
    answer = client.post(
        "/api/v1/acts/new/lead-register",
        content=deep,
        headers={**headers, "content-type": "application/json"},
    )
    assert answer.status_code in {400, 422}
    assert taken == []
    assert home.head() == size


@pytest.mark.slow
def test_no_value_breaks_a_line_of_the_log_a_header_a_figure_or_the_list_of_readings(
    app: FastAPI, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    client, wrong = chief(app), []
    token = token_of(client, "/account")
    names = [one for one in field_names() if one not in {"all", "sure"}]
    with caplog.at_level(logging.INFO):
        for page in PAGES:
            if page.path in ENDING | {"/sign-in", "/parties/file"}:
                continue
            path = address(page, home, OWN)
            headers = {"user-agent": "a\x1b[31m\tforged", "referer": "http://forged.invalid/\x1b"}
            if page.method == "GET":
                answer = client.get(
                    path,
                    params=dict.fromkeys(["q", "next", "name", "reason", "kind"], INJECTED),
                    headers=headers,
                )
            else:
                data = {
                    **dict.fromkeys(names[:40], INJECTED[:200]),
                    "reason": INJECTED,
                    "ground": INJECTED,
                    "_token": token,
                }
                answer = client.post(
                    path, data=data, files=[("files", (INJECTED[:120], b"x"))], headers=headers
                )
            bad = [
                name
                for name, value in answer.headers.multi_items()
                if _CONTROL.search(value) or len(value) > _LONGEST
            ]
            if answer.status_code >= 500 or bad or "forged" in answer.headers.get("set-cookie", ""):
                wrong.append((page.method, path, answer.status_code, bad))
        for plain in ("/" + "forged" * 1000, "/leads/L%0d%0aforged%1b", "/static/%00forged"):
            client.get(plain)
        client.request("FORGED", "/leads", headers={"host": "forged.invalid"})
        reading = {"at": "1", "ground": "pip-law-lawful", "reason": f"=1+1 {INJECTED[:300]}"}
        desk_of(app).note_reading("excerpt", ["X0000000000000000"], actor="P001", reason=reading["reason"])
        figures = client.get("/metrics").text
    told = [one.getMessage() for one in caplog.records if one.name.startswith("qingyuan")]
    assert wrong == [], wrong
    assert len(told) > len(PAGES) // 2
    assert [one for one in told if _CONTROL.search(one) or len(one) > _LONGEST or "forged" in one] == []
    assert "forged" not in figures
    assert all(re.fullmatch(r"#.*|[a-z_]+(\{.*\})? \S+", line) for line in figures.splitlines())
    listed = one_of(app, "auditor-1", "auditor").get("/readings/file").text
    table = list(csv.reader(io.StringIO(listed.removeprefix("\ufeff"))))
    assert len(table) > 1
    assert {len(row) for row in table} == {len(table[0])}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in table for cell in row)


def test_no_secret_is_guessed_without_end_at_any_door(
    fresh: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long it takes, it is one window.
    monkeypatch.setattr(
        "qingyuan.web.limits.time", SimpleNamespace(time=lambda: 1_790_000_000.0, monotonic=time.monotonic)
    )
    app, desk = fresh, desk_of(fresh)
    client = TestClient(app, base_url="http://testserver", follow_redirects=False)
    token, endless = token_of(client, "/setup"), []
    codes = [client.post("/setup", data={"_token": token, "code": f"{n:025}"}).status_code for n in range(12)]
    assert codes == [400] * 10 + [429] * 2, "the first account"
    desk.people.add("li", "", ["prosecutor", "chief"], PASSWORD)
    within = TestClient(app, base_url="http://testserver", follow_redirects=False)
    assert post(within, "/sign-in", {"name": "li", "password": PASSWORD}).status_code == 303
    own, wrong = token_of(within, "/account"), {"password": "x" * 12, "old": "x" * 12}
    for path in ("/account/confirm", "/account/password"):
        tried = [within.post(path, data={"_token": own, **wrong}) for _ in range(12)]
        assert tried[-1].status_code == 429, path
    with desk.state.write() as connection:  # the account was locked by it, as it should be
        connection.exec_driver_sql("UPDATE account SET locked_until = 0, failed = 0")
    token = token_of(client, "/verify")
    doors = [
        (one.method, one.path.format(**PLAIN, identifier="0" * 25)) for one in PAGES if BY_CODE in one.path
    ]
    doors += [
        ("POST", "/progress"),
        ("POST", "/progress/receipt"),
        ("POST", "/sign-in"),
        ("POST", "/sign-in/code"),
    ]
    for method, path in doors:
        with desk.state.write() as connection:
            connection.exec_driver_sql("DELETE FROM attempt")
        for number in range(22):
            data = {
                "_token": token,
                "code": f"{number:025}",
                "name": "nobody",
                "password": "x" * 12,
                "again": "x" * 12,
            }
            answer = client.get(path) if method == "GET" else client.post(path, data=data)
            if answer.status_code == 429:
                break
        else:
            endless.append((method, path, answer.status_code))
    assert endless == [], endless
    signed = TestClient(app, base_url="http://testserver", follow_redirects=False)
    assert post(signed, "/sign-in", {"name": "li", "password": PASSWORD}).status_code in {303, 429}
