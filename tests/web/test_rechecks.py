"""Checking a measure again, exchange, health: what the rooms below answer is shown, and changes go through them."""

from __future__ import annotations

import re
import time
from pathlib import Path

from fastapi import FastAPI

from qingyuan.office.casework import act, load
from qingyuan.office.exchange import add_peer, read_received, send, status
from qingyuan.office.exchange.peers import own_keys
from qingyuan.office.exchange.receiving import receive_bytes
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.store import events
from qingyuan.store.registry import exhibits
from tests.web.making import client_of, desk_of, post, token_of
from tests.web.portal.serving import CASE, serve_suggestion


def ended(app: FastAPI, where: str) -> dict[str, object]:
    deadline = time.monotonic() + 120
    while not (found := desk_of(app).jobs.get(where.rpartition("/")[2])) or not found.over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert found.state == "done", found.result
    return found.result


def test_a_measure_is_checked_again_and_the_result_can_be_named(app: FastAPI, home: Home) -> None:
    serve_suggestion(home)
    with home.database.read() as connection:
        before, after = [row.id for row in exhibits(connection, ["L2026-0001"]) if row.origin == "collected"][
            :2
        ]
    act(home, "prove-measure", CASE, {"measure": "m01", "after": [after], "on": "2026-07-01"}, actor="P001")
    with client_of(app, "prosecutor") as client:
        shown = client.get(f"/cases/{CASE}/recheck?measure=m01").text
        assert f'name="before" value="{before}" checked' in shown
        assert f'name="after" value="{after}" checked' in shown
        same: dict[str, str | list[str]] = {"measure": "m01", "before": [before], "after": [before]}
        assert post(client, f"/cases/{CASE}/recheck", same, form="/account").status_code == 400
        begun = post(client, f"/cases/{CASE}/recheck", {**same, "after": [after]}, form="/account")
        assert begun.status_code == 303, begun.text
        result = ended(app, begun.headers["location"])
        text = client.get(begun.headers["location"]).text
        verdicts = {"clean": "未再发现", "remains": "仍有残留", "undetermined": "无法判断"}
        assert verdicts[str(result["verdict"])] in text
        with home.database.read() as connection:
            (told,) = [one for one in events(connection, [CASE]) if one.type == "pii.rechecked"]
        sealed = str(told.payload["exhibit"])
        assert sealed in text
        named = client.get(f"/acts/{CASE}/verify-measure?measure=m01&exhibits={sealed}").text
        assert f'value="{sealed}" checked' in named
        other = client_of(app, "assistant")
        assert other.get(begun.headers["location"]).status_code == 404
        assert f"/cases/{CASE}/recheck?measure=m01" in client.get("/matters/M2026-0001").text


def test_an_introduction_registers_a_site_and_a_damaged_bundle_changes_nothing(
    app: FastAPI, home: Home
) -> None:
    handler, admin = client_of(app, "prosecutor"), client_of(app, "administrator")
    told = handler.get("/exchange/introduction").content
    assert "清州市人民检察院" in told.decode()
    before = len(load(home, "M2026-0001").events)
    token = {"_token": token_of(admin, "/account"), "name": "self-site"}
    made = admin.post("/exchange/peers", data=token, files=[("introduction", ("i.json", told))])
    assert made.status_code == 303, made.text
    page = handler.get("/exchange").text
    assert "self-site" in page
    wrong = {"_token": token_of(handler, "/account")}
    refused = handler.post("/exchange/receive", data=wrong, files=[("bundle", ("b.qyx", b"no bundle"))])
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    unready: dict[str, str | list[str]] = {"kind": "lead", "peer": "self-site", "record": "L2026-0002"}
    assert post(handler, "/exchange/send", unready, form="/account").status_code == 400
    assert len(load(home, "M2026-0001").events) == before
    for where in ("/exchange/self-site/9/file", "/exchange/none/1/file", "/exchange/self-site/x/file"):
        assert handler.get(where).status_code == 404


def test_a_suggestion_of_another_site_is_read_and_answered_with_documents_on_pages(
    app: FastAPI, home: Home, tmp_path: Path
) -> None:
    office = OfficeInfo("other", "金华市人民检察院")
    with Home.open(tmp_path / "other", create=True, office=office, clock=home.clock) as other:
        for one, name, theirs in ((home, "other", other), (other, "organ", home)):
            log, package = own_keys(theirs)
            add_peer(one, name, title=name, log=log, package=package, actor="P001")
        letter = tmp_path / "检察建议书.pdf"
        letter.write_bytes(b"%PDF-1.7 letter")
        said: dict[str, str | int | bool | list[str]] = {
            "title": "<b>面单</b>",
            "demands": ["全部遮挡", "立即整改"],
        }
        sent = send(other, "suggestion", "organ", body=said, files=[letter], actor="P001", offline=True)
        handler = client_of(app, "prosecutor")
        token = {"_token": token_of(handler, "/account")}
        taken = handler.post("/exchange/receive", data=token, files=[("bundle", ("b.qyx", sent.data))])
        assert taken.status_code == 200, taken.text
        where = "/exchange/other/received/1"
        assert f'href="{where}"' in taken.text
        text = handler.get(where).text
        assert "全部遮挡；立即整改" in text
        assert "&lt;b&gt;面单" in text
        assert letter.name in text
        handed = handler.get(f"{where}/file?n=1")
        assert (handed.content, handed.headers["content-disposition"][:10]) == (
            b"%PDF-1.7 letter",
            "attachment",
        )
        with home.database.read() as connection:
            read = [one.payload for one in events(connection, ["office"]) if one.type == "access.read"]
        (item,) = next(one for one in status(home) if one.peer == "other").received
        assert [one["records"] for one in read] == [[item.exhibit]] * 2
        for missing in (
            f"{where}/file?n=2",
            f"{where}/file",
            "/exchange/other/received/2",
            "/exchange/no/received/1",
        ):
            assert handler.get(missing).status_code == 404, missing
        assert client_of(app, "administrator").get(where).status_code == 403
        # The answer says what the other site's record needs, and brings its documents under their names.
        answer: dict[str, str] = {**token, "kind": "reply", "peer": "other", "your_ref": "C2026-0001"}
        papers = [("papers", ("回复函.docx", b"PK reply")), ("papers", ("回复函.docx", b"PK second"))]
        bare = handler.post("/exchange/send", data={**answer, "accepted": "采纳"}, files=papers)
        assert bare.status_code == 400
        assert 'value="采纳"' in bare.text
        assert re.search('name="summary"[^>]*aria-invalid="true"', bare.text)
        made = handler.post(
            "/exchange/send", data={**answer, "accepted": "采纳", "summary": "已完成"}, files=papers
        )
        assert made.status_code == 200, made.text
        receive_bytes(other, handler.get("/exchange/other/1/file").content, actor="P001")  # the receipt
        receive_bytes(other, made.content, actor="P001")
        got = read_received(other, next(one for one in status(other) if one.peer == "organ").received[-1])
        assert got.manifest.body == {"accepted": "采纳", "summary": "已完成"}
        assert [bytes(one) for one in got.files.values()] == [b"PK reply", b"PK second"]


def test_the_administrator_sees_keys_packs_and_checks_the_home(app: FastAPI, home: Home) -> None:
    with client_of(app, "administrator") as client:
        text = client.get("/admin/health").text
        for key in home.keyring.public_keys():
            assert key.id in text
        assert "没有设定见证策略" in text
        provisions = re.search(r'法律条文</th><td class="num">([\d,]+)<', text)
        assert provisions, text
        assert int(provisions[1].replace(",", "")) == len(home.law.provisions()) > 0
        begun = post(client, "/admin/health/check", {}, form="/account")
        assert ended(app, begun.headers["location"])["problems"] == []
        assert "未发现问题" in client.get(begun.headers["location"]).text
    assert client_of(app, "prosecutor").get("/admin/health").status_code == 403


def test_a_lead_shows_those_that_may_be_the_same_affair(app: FastAPI, home: Home) -> None:
    for _ in range(2):
        fields = {
            "title": "某快递网点面单外泄",
            "summary": "某快递网点面单外泄手机号",
            "source": "media",
            "field": "express-waybill",
            "region": "清州",
        }
        act(home, "lead-register", None, dict(fields), actor="P001")
    client = client_of(app, "prosecutor")
    text = client.get("/leads/L2026-0003").text
    assert 'id="alike"' in text
    assert "L2026-0004" in text
