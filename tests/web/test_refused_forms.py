"""A form that is refused comes back with what was typed; what is refused outright shows it, so that nothing written is lost."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from qingyuan.office.exchange import add_peer
from qingyuan.office.exchange.peers import own_keys
from qingyuan.office.home import Home
from qingyuan.store.registry import exhibits
from qingyuan.web.portal.invitations import invite
from tests.web.making import client_of, desk_of, post
from tests.web.portal.serving import CASE, serve_suggestion

WORDS = "写了很久的一段话"
Fields = dict[str, str | list[str]]

#: Who sends which form, where, and what has to stand in the page that comes back.
FORMS: tuple[tuple[str, str, Fields, tuple[str, ...]], ...] = (
    (
        "technician",
        "/intake",
        {"title": WORDS, "from": "移动硬盘", "source": "media", "field": "express-waybill", "summary": "其他话"},
        ("移动硬盘", 'value="media" selected', 'value="express-waybill" selected', ">其他话</textarea>"),
    ),
    (
        "prosecutor",
        "/exchange/send",
        {"kind": "case-transfer", "peer": "nobody", "record": CASE, "your_ref": WORDS},
        (f'value="{CASE}"', 'role="alert"'),
    ),
    (
        "prosecutor",
        f"/cases/{CASE}/recheck",
        {"measure": "m01", "before": ["EXHIBIT"]},
        ('value="EXHIBIT" checked', 'role="alert"'),
    ),
    (
        "prosecutor",
        "/exhibits/EXHIBIT/unmask",
        {"at": "1", "ground": "no-such-ground", "reason": WORDS},
        ('role="alert"',),
    ),
    (
        "chief",
        "/admin/people",
        {"name": "shi", "display": WORDS, "roles": ["auditor"], "password": "kurz"},
        ('value="shi"', 'value="auditor" checked'),
    ),
    ("prosecutor", "/packages", {"record": "C2026-0999", "to": WORDS}, ("您填写的内容",)),
    ("prosecutor", "/account/tokens", {"label": WORDS, "days": "9999", "scopes": ["read"]}, ('value="read" checked',)),
)  # fmt: skip


@pytest.mark.parametrize(("role", "path", "fields", "held"), FORMS, ids=[one[1] for one in FORMS])
def test_a_refused_form_keeps_what_was_typed(
    app: FastAPI, home: Home, role: str, path: str, fields: Fields, held: tuple[str, ...]
) -> None:
    serve_suggestion(home)
    log, package = own_keys(home)
    add_peer(home, "court", title="清州市人民法院", log=log, package=package, actor="P001")
    with home.database.read() as connection:
        rows = exhibits(connection, ["L2026-0001"])
    known = next(row.id for row in rows if row.origin == "collected")

    def put(value: str | list[str]) -> str | list[str]:
        return value.replace("EXHIBIT", known) if isinstance(value, str) else [str(put(one)) for one in value]

    sent = {name: put(value) for name, value in fields.items()}
    answer = post(client_of(app, role), str(put(path)), sent, form="/account")
    assert 400 <= answer.status_code < 500, answer.status_code
    for words in (WORDS, *held) if any(WORDS in str(one) for one in fields.values()) else held:
        assert str(put(words)) in answer.text, words


def test_what_was_typed_is_shown_when_the_session_has_ended_and_no_secret_is(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    client.cookies.delete("qy_session")
    told: Fields = {"title": WORDS, "password": "一个不会显示的密码", "source": "media"}
    answer = client.post("/acts/new/lead-register", data={"_token": "0" * 96, **told})
    shown = answer.text.partition('id="typed"')[2]
    assert (answer.status_code, WORDS in shown) == (401, True)
    assert "不会显示" not in answer.text
    assert ">media<" not in shown


def test_a_form_that_came_too_often_can_be_sent_again_as_it_was(app: FastAPI, home: Home) -> None:
    client, tries = client_of(app), desk_of(app).tries
    tries.take_lot("report testclient", 60, 60, 3600)
    refused = post(client, "/report", {"told": WORDS})
    assert (refused.status_code, f"{WORDS}</textarea>" in refused.text) == (429, True)
    tries.take_lot("verify testclient", 60, 60, 3600)
    serve_suggestion(home)
    link, _ = invite(desk_of(app), CASE, "court", name="法院", days=9, actor="P001")
    path = link[link.index("/portal/") :] + "/answer"
    refused = post(client, path, {"text": WORDS, "outcome": "received"})
    again = refused.text.partition(f'action="{path}"')[2].partition("</form>")[0]
    assert refused.status_code == 429
    assert f'name="text" value="{WORDS}"' in again
    assert 'name="outcome" value="received"' in again


def test_what_is_wrong_stands_beside_its_field(app: FastAPI, home: Home) -> None:
    serve_suggestion(home)
    client = client_of(app, "prosecutor")
    path = f"/acts/{CASE}/consult"
    blank = post(client, path, {"outcome": WORDS}, form=path).text
    for name in ("form", "topics", "record"):
        assert f'<a href="#f-{name}">' in blank
        assert f'id="f-{name}"' in blank
        assert f'<p class="wrong" id="e-{name}">未填写' in blank
    assert 'aria-invalid="true" aria-describedby="e-record h-record"' in blank
    assert 'id="e-outcome"' not in blank
    early = post(client, path, {"on": "1999-01-01", "form": "nonsense"}, form=path).text
    assert re.search(r'<p class="wrong" id="e-form">“[^”]+”的值无法理解：应为', early)
    sent: tuple[tuple[str, Fields, str], ...] = (
        ("/account/password", {"old": "不是这个", "password": WORDS, "again": WORDS}, "old"),
        ("/capture", {"record": "L2026-0001", "urls": ""}, "urls"),
    )
    for where, fields, name in sent:
        sender = client_of(app, "technician" if where == "/capture" else "prosecutor")
        assert f'<p class="wrong" id="e-{name}">' in post(sender, where, fields, form="/account").text, where


def test_an_organ_sees_beside_its_field_what_its_reply_lacks(app: FastAPI, home: Home) -> None:
    serve_suggestion(home)
    link, _ = invite(desk_of(app), CASE, "organ", name="清州市邮政管理局", days=9, actor="P001")
    answer = post(client_of(app), f"{link}/reply", {"summary": "", "accepted": ""}, form="/report")
    assert answer.status_code == 409
    for name in ("accepted", "summary"):
        assert f'<a href="#f-{name}">' in answer.text
        assert f'<p class="wrong" id="e-{name}">' in answer.text


def test_somebody_is_chosen_by_name_and_whoever_is_not_listed_by_number(app: FastAPI, home: Home) -> None:
    serve_suggestion(home)
    client = client_of(app, "prosecutor")
    offered = [
        one
        for one in re.findall(r'href="(/acts/[^"?]+)"', client.get("/matters/M2026-0001").text)
        if 'name="approved_by"' in client.get(one).text
    ]
    path = offered[0]
    form = client.get(path).text
    assert re.search(r'<select id="f-approved_by" name="approved_by"[^>]*><option value="">', form)
    back = post(client, path, {"approved_by": "", "approved_by.other": "P987"}, form=path).text
    assert 'name="approved_by.other" value="P987"' in back


def test_what_is_no_package_is_said_to_be_none_in_one_language(app: FastAPI) -> None:
    client = client_of(app)
    token = re.search(r'name="_token" value="([^"]+)"', client.get("/verify").text)
    assert token
    answer = client.post(
        "/verify", data={"_token": token[1]}, files={"package": ("photo.evp", b"no package" * 9)}
    ).text
    assert "这个文件不是完整的证据包" in answer
    assert "at least one" not in answer.lower()
    shown, _, folded = answer.partition('<details class="more"><summary>依据的英文表述')
    assert folded
    assert "This program checks" not in shown
