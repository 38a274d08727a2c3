"""Behind a link: the organ replies, the firm proves, the court takes packages; wrong links open nothing."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.casework import load
from qingyuan.office.clock import CHINA, FixedClock
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.store import events
from qingyuan.store.registry import exhibits
from qingyuan.web.portal.invitations import KINDS, PATH, invite
from qingyuan.web.portal.tickets import listed, withdraw
from tests.web.making import client_of, desk_of, packaged, post, token_of
from tests.web.portal.serving import CASE, FIRM, ORGAN
from tests.web.test_surface import HOSTILE

LINK = re.compile(r'class="copy">[^<]*(/portal/i/[0-9A-Z-]{29})<')


def link(app: FastAPI, kind: str, *, name: str = ORGAN, days: int = 30) -> str:
    found, _ = invite(
        desk_of(app), CASE, kind, name=name, days=days, actor="P001", owner=FIRM if kind == "firm" else ""
    )
    return found[found.index(PATH) :]


def sent(
    client: TestClient, path: str, fields: dict[str, str], papers: list[tuple[str, bytes]]
) -> tuple[int, str]:
    data = {"_token": token_of(client), **fields}
    answer = client.post(path, data=data, files=[("files", one) for one in papers])
    return answer.status_code, answer.text


REPLY = {"accepted": "accepted", "summary": "已全面整改"}


def test_the_organ_reads_the_suggestion_and_replies_with_its_papers(app: FastAPI, home: Home) -> None:
    client, path = client_of(app), link(app, "organ")
    text = client.get(path).text
    for shown in (
        "全面使用隐私面单",
        "未督促企业落实隐私面单",
        "还剩",
        "最高人民",
        "抽查面单无完整姓名和电话",
    ):
        assert shown in text, shown
    paper = client.get(f"{path}/suggestion.pdf")
    assert paper.content.startswith(b"%PDF")
    status, text = sent(client, f"{path}/reply", REPLY, [("复函.pdf", b"%PDF-1.7 reply")])
    assert status == 303, text
    case = load(home, CASE).docket.cases[CASE]
    assert case.stage == "replied"
    with home.database.read() as connection:
        rows = [row for row in exhibits(connection, ["M2026-0001"]) if row.path.startswith("回复/")]
        (received,) = [one for one in events(connection, [CASE]) if one.type == "case.reply_received"]
    assert [row.path for row in rows] == [f"回复/{CASE}/复函.pdf"]
    assert received.payload["exhibits"] == [rows[0].id]
    assert received.actor.startswith("portal-")
    assert "已回复" in client.get(path).text
    assert list(check_home(home)) == []


def test_a_refused_act_says_what_is_missing_and_keeps_what_was_typed(app: FastAPI, home: Home) -> None:
    client, path = client_of(app), link(app, "organ")
    status, text = sent(client, f"{path}/reply", {"summary": "已全面整改"}, [("a.pdf", b"a")])
    assert status == 409
    assert "已全面整改</textarea>" in text
    assert 'role="alert"' in text
    assert "解释" in text
    status, text = sent(client, f"{path}/prove", {"measure": "m01", "note": "已更换"}, [])
    assert status == 409
    assert "已更换</textarea>" in text
    assert load(home, CASE).docket.cases[CASE].stage == "rectifying"
    assert list(check_home(home)) == []


def test_the_firm_sees_and_proves_its_own_measures_only(app: FastAPI, home: Home) -> None:
    client, path = client_of(app), link(app, "firm", name=FIRM)
    text = client.get(path).text
    assert "网点打印机升级" in text
    for hidden in ("全部面单改用隐私面单", "未督促企业落实隐私面单", "suggestion.pdf"):
        assert hidden not in text
    assert client.get(f"{path}/suggestion.pdf").status_code == 404
    photo = [("升级后.jpg", b"\xff\xd8 after")]
    assert sent(client, f"{path}/prove", {"measure": "m01"}, photo)[0] == 404
    assert sent(client, f"{path}/reply", REPLY, photo)[0] == 404
    assert sent(client, f"{path}/prove", {"measure": "m02", "note": "已升级"}, photo)[0] == 303
    measure = load(home, CASE).docket.cases[CASE].measures["m02"]
    assert measure.status == "submitted"
    assert len(measure.after) == 1
    assert measure.submitter.startswith("portal-")
    assert "升级后.jpg" in client.get(path).text


def test_the_court_takes_and_verifies_the_packages_of_its_case(app: FastAPI, home: Home) -> None:
    staff, client, path = (
        client_of(app, "prosecutor"),
        client_of(app),
        link(app, "court", name="清州市人民法院"),
    )
    assert "尚未制作" in client.get(path).text
    name = packaged(app, staff, CASE, "清州市人民法院")
    assert client.get(f"{path}/packages/{name}").content.startswith(b"PK")
    shown = post(client, f"{path}/check", {"package": name})
    assert "通过" in shown.text
    assert "对应《人民法院在线诉讼规则》第" in shown.text  # the name of the rules once
    with home.database.read() as connection:
        read = [one for one in events(connection, ["office"]) if one.type == "access.read"]
    assert read[-1].payload["records"] == [name]
    for wrong in ("K2026-9999", "..%2F..%2Fqingyuan", "%2e%2e%2fweb.db"):
        assert client.get(f"{path}/packages/{wrong}").status_code == 404
    assert post(client, f"{path}/check", {"package": "../../web.db"}).status_code == 404
    organ = link(app, "organ")
    assert client.get(f"{organ}/packages/{name}").status_code == 404
    assert post(client, f"{organ}/check", {"package": name}).status_code == 404


def test_a_link_that_is_wrong_withdrawn_or_over_opens_nothing(
    app: FastAPI, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, path = client_of(app), link(app, "organ", days=2)
    assert client.get(path).status_code == 200
    for wrong in (
        f"{path[:-1]}{'0' if path[-1] != '0' else '1'}",
        f"{PATH}x",
        f"{PATH}%00",
        f"{PATH}../../etc",
    ):
        assert client.get(wrong).status_code == 404
    other = link(app, "organ")
    desk = desk_of(app)
    (ticket,) = [one for one in listed(desk, KINDS) if one.expires - one.created == 2 * 86_400]
    withdraw(desk, ticket)
    assert client.get(path).status_code == 404
    assert sent(client, f"{path}/reply", REPLY, [("a.pdf", b"a")])[0] == 404
    assert client.get(other).status_code == 200
    monkeypatch.setattr(home, "clock", FixedClock(dt.datetime(2026, 9, 1, tzinfo=CHINA)))
    assert client.get(other).status_code == 404
    code = other.rpartition("/")[2]
    for file in home.path.glob("web.db*"):
        data = file.read_bytes()
        assert code.encode() not in data
        assert code.replace("-", "").encode() not in data


def test_the_office_invites_lists_and_withdraws(app: FastAPI, home: Home) -> None:
    staff, outside = client_of(app, "prosecutor"), client_of(app)
    made = post(staff, f"/invitations/{CASE}", {"kind": f"firm:{FIRM}", "days": "30"}, form="/account")
    found = LINK.search(made.text)
    assert found, made.text
    assert FIRM in outside.get(found[1]).text
    assert found[1] not in staff.get(f"/invitations/{CASE}").text
    with home.database.read() as connection:
        (logged,) = [one for one in events(connection, ["M2026-0001"]) if one.type == "access.sent"]
    (ticket,) = listed(desk_of(app), ["firm"])
    assert logged.payload["item"] == f"invitation-firm-{ticket.id}"
    ended = post(staff, f"/invitations/{CASE}/withdraw", {"invitation": ticket.id}, form="/account")
    assert ended.status_code == 303
    assert outside.get(found[1]).status_code == 404
    for again in (ticket.id, "0123456789"):  # once ended, or never made: nothing more is written
        done = post(staff, f"/invitations/{CASE}/withdraw", {"invitation": again}, form="/account")
        assert (done.status_code, "qy_flash" in done.headers.get("set-cookie", "")) == (303, False)
    with home.database.read() as connection:
        (logged,) = [one for one in events(connection, ["M2026-0001"]) if one.type == "access.withdrawn"]
    assert logged.payload == {"item": f"invitation-firm-{ticket.id}"}
    assert logged.actor == next(
        one.person for one in desk_of(app).people.all() if one.name == "user-prosecutor"
    )
    assert list(check_home(home)) == []
    for wrong in (
        {"kind": "judge"},
        {"kind": "firm:nobody"},
        {"kind": "organ", "days": "999"},
        {"days": "x"},
    ):
        fields: dict[str, str | list[str]] = {"kind": "organ", "name": "x", "days": "3", **wrong}
        assert post(staff, f"/invitations/{CASE}", fields, form="/account").status_code == 400


def test_script_in_any_field_stays_text(app: FastAPI, home: Home) -> None:
    client, path = client_of(app), link(app, "organ", name=HOSTILE)
    assert "<script>alert" not in client.get(path).text
    for fields in ({"accepted": HOSTILE, "summary": HOSTILE}, {**REPLY, "summary": HOSTILE}):
        _, text = sent(client, f"{path}/reply", fields, [(f"{HOSTILE}.pdf", b"x")])
        assert "<script>alert" not in text
    _, text = sent(client, f"{path}/prove", {"measure": "m01", "note": HOSTILE}, [(f"{HOSTILE}.jpg", b"x")])
    for page in (client.get(path), client_of(app, "prosecutor").get("/matters/M2026-0001")):
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


def test_forms_behind_a_link_refuse_other_sites(app: FastAPI, home: Home) -> None:
    client, path = client_of(app), link(app, "organ")
    for where in ("reply", "prove"):
        answer = client.post(f"{path}/{where}", data={**REPLY, "_token": "0" * 96})
        assert "web.forged" in answer.text
    assert load(home, CASE).docket.cases[CASE].stage == "rectifying"
