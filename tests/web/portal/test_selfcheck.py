"""The firm checks its own files: it sees what to fix, nothing personal, and nothing of the files stays."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.office.workers import prepare
from qingyuan.store import events
from qingyuan.web.portal.files import MAX_FILE_BYTES, MAX_FILES
from tests.web.making import client_of, desk_of, token_of
from tests.web.portal.serving import FIRM
from tests.web.portal.test_invited import link, sent

#: Made up; nobody's.
PHONES = [f"1380013{number:04d}" for number in range(30)]
ROWS = "".join(f"2019-01-0{1 + at % 9},家长{at},{phone}\n" for at, phone in enumerate(PHONES))
TABLE = f"注册时间,学生姓名,监护人手机号\n{ROWS}".encode()
NAMED = f"导出-{PHONES[0]}.csv"


def kept(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_firm_is_told_what_to_fix_and_nothing_of_its_files_stays(
    app: FastAPI, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()  # its socket keeps where it is: the name of a folder of tests may be longer than that of a socket
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    client, path = client_of(app), link(app, "firm", name=FIRM)
    assert f'href="{path}/self-check"' in client.get(path).text
    assert "检查完即删除" in client.get(f"{path}/self-check").text
    size = home.head()
    before = kept(home.path)
    status, text = sent(
        client, f"{path}/self-check", {}, [(NAMED, TABLE), ("照片.bin", bytes(range(256)) * 4)]
    )
    assert status == 200, text
    for shown in (
        "疑似未成年人信息明文保存",
        "第三十一条",
        "监护人手机号",
        "保存时间可能超过",
        "导出-138****0000.csv",
        "照片.bin",
    ):
        assert shown in text, shown
    assert [phone for phone in PHONES if phone in text] == []
    assert home.head() == size
    now = kept(home.path)
    assert now.keys() == before.keys()
    assert [file.name for file, data in now.items() if any(phone.encode() in data for phone in PHONES)] == []
    assert kept(tmp_path / "tmp") == {}
    with home.database.read() as connection:
        assert not [one for one in events(connection, ["M2026-0001"]) if "self-check" in str(one.payload)]


def test_the_list_comes_as_a_pdf_too_and_in_english(app: FastAPI) -> None:
    client, path = client_of(app), link(app, "firm", name=FIRM)
    data = {"_token": token_of(client), "as": "pdf"}
    answer = client.post(f"{path}/self-check?lang=en", data=data, files=[("files", ("a.csv", TABLE))])
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(b"%PDF")
    data["as"] = "page"
    page = client.post(f"{path}/self-check?lang=en", data=data, files=[("files", ("a.csv", TABLE))])
    assert "information that seems to be of minors is in clear" in page.text


def test_what_is_too_much_or_nothing_is_said_with_a_remedy(app: FastAPI) -> None:
    client, path = client_of(app), link(app, "firm", name=FIRM)
    large = [("大.csv", b"a" * (MAX_FILE_BYTES + 1))]
    many = [(f"{number}.csv", b"a") for number in range(MAX_FILES + 1)]
    for papers, said in (([], "web.no-files"), (many, "web.too-many-files"), (large, "web.file-too-large")):
        status, text = sent(client, f"{path}/self-check", {}, papers)
        assert status == 400
        assert said in text
        assert 'role="alert"' in text
        assert 'type="file"' in text


def test_only_a_firm_that_is_invited_checks_files(app: FastAPI) -> None:
    client = client_of(app)
    for kind in ("organ", "court"):
        path = link(app, kind)
        assert client.get(f"{path}/self-check").status_code == 404
        assert sent(client, f"{path}/self-check", {}, [("a.csv", TABLE)])[0] == 404


def test_one_firm_is_checked_at_a_time_and_the_next_is_told(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qingyuan.web import passing

    client, path = client_of(app), link(app, "firm", name=FIRM)
    monkeypatch.setattr(passing, "WAIT_SECONDS", 0.01)
    with passing.turn():
        status, text = sent(client, f"{path}/self-check", {}, [("a.csv", TABLE)])
    assert (status, "web.busy" in text) == (503, True)
    assert "没有留存" in text
    assert desk_of(app).home.head() is not None
