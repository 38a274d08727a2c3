"""An officer looks at files and nothing of them stays: what they hold, what a profile wants fixed, and never a value."""

from __future__ import annotations

import tempfile
from pathlib import Path

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.home import Home
from qingyuan.office.workers import prepare
from tests.web.making import client_of, token_of
from tests.web.portal.test_selfcheck import NAMED, PHONES, TABLE, kept


def looked(client: TestClient, files: list[tuple[str, bytes]], **fields: str) -> httpx.Response:
    data = {"_token": token_of(client, "/scan"), "as": "page", "profile": "", **fields}
    return client.post("/scan", data=data, files=[("files", one) for one in files])


def test_an_officer_sees_what_files_hold_and_nothing_of_them_stays(
    app: FastAPI, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()  # its socket stands in the ordinary folder: the path of this one may be too long for it
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    client = client_of(app, "technician")
    assert 'href="/scan"' in client.get("/intake").text
    head, before = home.head(), kept(home.path)
    again = f"{PHONES[0]}.csv"
    answer = looked(client, [(NAMED, TABLE), (again, TABLE), ("照片.bin", bytes(range(256)) * 4)])
    assert answer.status_code == 200, answer.text
    # Who stands in both files is one person.
    for shown in ("手机号", "<dd>30</dd>", "监护人手机号", "导出-138****0000.csv", "照片.bin", "情节严重"):
        assert shown in answer.text, shown
    assert [phone for phone in PHONES if phone in answer.text] == []
    listed = looked(client, [(NAMED, TABLE)], profile="enterprise")
    assert "疑似未成年人信息明文保存" in listed.text
    pdf = looked(client, [(NAMED, TABLE)], **{"as": "pdf"})
    assert (pdf.content[:4], pdf.headers["cache-control"]) == (b"%PDF", "no-store")
    assert home.head() == head
    now = kept(home.path)
    assert now.keys() == before.keys()
    assert [file.name for file, data in now.items() if any(phone.encode() in data for phone in PHONES)] == []
    assert kept(tmp_path / "tmp") == {}


def test_a_look_that_cannot_be_says_why_and_keeps_what_was_chosen(app: FastAPI) -> None:
    client = client_of(app, "technician")
    for files, profile, code in (([], "enterprise", "没有选择文件"), ([("a.csv", TABLE)], "none", "none")):
        answer = looked(client, files, profile=profile)
        assert answer.status_code == 400
        assert code in answer.text
        assert 'role="alert"' in answer.text
    assert 'value="enterprise" selected' in looked(client, [], profile="enterprise").text


def test_labels_of_a_report_on_a_telephone_begin_like_its_heads(app: FastAPI) -> None:
    client = client_of(app, "technician")
    client.cookies.set("qy_lang", "en")
    answer = looked(client, [(NAMED, TABLE)]).text
    assert 'data-label="Kind"' in answer
    assert 'data-label="kind"' not in answer
