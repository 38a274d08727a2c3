"""Reporting a clue: what is kept and where, the code, the receipt, progress; and what hostile forms come to."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.ledger import NoteSigner, SignatureError
from qingyuan.office.casework import act, load
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.sealing import open_exhibit
from qingyuan.store import events
from qingyuan.store.registry import exhibits
from qingyuan.web import readying
from qingyuan.web.portal import files
from qingyuan.web.portal.files import safe_name
from qingyuan.web.portal.receipt import ReceiptError, check_receipt
from qingyuan.web.words import word
from tests.web.making import ASSESSED, client_of, post, token_of
from tests.web.test_surface import HOSTILE

CODE = re.compile(r'id="code">([0-9A-Z-]{29})<')
PLANTED = ("王二小", "13900007777", "某小区三号楼王家")
ONCE = re.compile(r'name="once" value="(\w+)"')
CLUE = {"told": "某小区三号楼王家的面单没有遮挡", "field": "personal-information"}


def report(
    client: TestClient, fields: dict[str, str], sent: list[tuple[str, bytes]] | None = None
) -> tuple[int, str]:
    page = client.get("/report").text
    once = ONCE.search(page)
    assert once
    data = {"_token": token_of(client, "/report"), "once": once[1], **fields}
    answer = client.post("/report", data=data, files=[("files", one) for one in sent or []])
    return answer.status_code, answer.text


def told(client: TestClient, fields: dict[str, str] = CLUE) -> str:
    status, text = report(client, fields)
    assert status == 200, text
    found = CODE.search(text)
    assert found
    return found[1]


def newest(home: Home) -> str:
    with home.database.read() as connection:
        scopes = {row.scope for row in exhibits(connection, [f"L2026-{n:04d}" for n in range(1, 9)])}
    return max(scopes)


def test_a_named_clue_becomes_a_lead_and_nothing_of_it_lies_in_clear(app: FastAPI, home: Home) -> None:
    client = client_of(app)
    name, phone, place = PLANTED
    status, text = report(
        client,
        {**CLUE, "where": place, "when": "2026-06-30", "name": name, "contact": phone},
        [(f"{name}拍的面单.jpg", b"\xff\xd8 picture"), (f"../../../etc/{phone}.TXT", phone.encode())],
    )
    assert status == 200
    assert all(one not in text for one in PLANTED)
    lead = load(home, newest(home)).docket.leads[newest(home)]
    assert lead.registered.source == "tip-off"
    assert len(lead.registered.exhibits) == 3
    with home.database.read() as connection:
        rows = {row.path: row for row in exhibits(connection, [lead.id])}
        (reporter,) = exhibits(connection, ["R2026-0001"])
    assert set(rows) == {"举报/线索.txt", "举报/附件/附件1.jpg", "举报/附件/附件2.txt"}
    with open_exhibit(home, rows["举报/线索.txt"]) as content:
        words = content.read().decode()
    assert words.startswith(CLUE["told"])
    assert f"附件1.jpg：{name}拍的面单.jpg" in words  # names of files are sealed with the words
    with open_exhibit(home, reporter) as content:
        assert phone in content.read().decode()
    forms = {
        form
        for one in PLANTED
        for form in (
            one.encode(),
            one.encode("utf-16-le"),
            base64.b64encode(one.encode()),
            json.dumps(one).encode(),
        )
    }
    for path in home.path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [one for one in forms if one in data], path
    assert list(check_home(home)) == []


def test_the_reporter_is_in_no_package_of_the_lead(app: FastAPI, home: Home, tmp_path: Path) -> None:
    from qingyuan.office.packages.packaging import make_package

    told(client_of(app), {**CLUE, "name": PLANTED[0], "contact": PLANTED[1]})
    made = make_package(
        home, newest(home), tmp_path / "a.evp", to="another office", actor="P001", offline=True
    )
    assert made.exhibits == 1
    data = made.path.read_bytes()
    assert PLANTED[1].encode() not in data


def test_the_receipt_needs_only_the_key_of_the_log_and_shows_any_change(app: FastAPI, home: Home) -> None:
    client = client_of(app)
    code = told(client)
    home.publish()
    answer = post(client, "/progress/receipt", {"code": code.lower().replace("-", " ")}, form="/progress")
    assert answer.status_code == 200
    data = answer.content
    found = check_receipt(data, home.log.key)
    assert (found.stream, found.type) == (newest(home), "lead.registered")
    assert "王家" not in json.dumps(found.payload, ensure_ascii=False)
    first, _, rest = data.split(b"\n", 2)
    extra = json.loads(base64.b64decode(data.split(b"\n")[1].removeprefix(b"extra ")))
    extra["payload"]["title"] = "另一条"
    forged = base64.b64encode(json.dumps(extra).encode())
    with pytest.raises(ReceiptError):
        check_receipt(b"\n".join([first, b"extra " + forged, rest]), home.log.key)
    another = NoteSigner.generate(home.settings.origin, bytes)
    with pytest.raises(SignatureError):
        check_receipt(data, another.key)
    shown = client.post(
        "/verify", data={"_token": token_of(client)}, files=[("package", ("r.tlog-proof", data))]
    )
    assert "通过" in shown.text
    assert newest(home) in shown.text
    wrong = client.post("/verify", data={"_token": token_of(client)}, files=[("package", ("r", data[:-20]))])
    assert wrong.status_code == 400


def test_progress_is_told_in_plain_words_and_only_for_the_code(app: FastAPI, home: Home) -> None:
    client = client_of(app)
    code = told(client)
    act(home, "lead-assess", newest(home), ASSESSED, actor="P001")
    shown = post(client, "/progress", {"code": code}, form="/progress")
    assert shown.status_code == 200
    assert "已评估" in shown.text
    assert "2026-07-01" in shown.text
    for hidden in ("P001", "王家", "材料可靠"):
        assert hidden not in shown.text
    for wrong in ("", "x", code[:-1] + ("0" if code[-1] != "0" else "1"), "'; DROP TABLE ticket; --"):
        assert post(client, "/progress", {"code": wrong}, form="/progress").status_code == 404
        assert post(client, "/progress/receipt", {"code": wrong}, form="/progress").status_code == 404


def test_the_code_is_stored_only_as_a_digest(app: FastAPI, home: Home) -> None:
    code = told(client_of(app))
    for path in home.path.glob("web.db*"):
        data = path.read_bytes()
        assert code.encode() not in data
        assert code.replace("-", "").encode() not in data


def test_a_form_that_is_sent_twice_is_one_lead(app: FastAPI, home: Home) -> None:
    client = client_of(app)
    fields = {"_token": token_of(client, "/report"), "once": "a" * 32, **CLUE}
    assert client.post("/report", data=fields).status_code == 200
    lead = newest(home)
    assert client.post("/report", data=fields).status_code == 409
    assert newest(home) == lead


@pytest.mark.parametrize(
    "fields",
    [
        {**CLUE, "told": ""},
        {**CLUE, "told": "x" * 5001},
        {**CLUE, "field": "no-such-field"},
        {**CLUE, "when": "2026-13-01"},
        {**CLUE, "when": "2026-12-31"},
        {**CLUE, "contact": "9" * 501},
        {**CLUE, "website": "https://spam.example"},
    ],
)
def test_what_cannot_be_taken_comes_back_as_typed_and_registers_nothing(
    app: FastAPI, home: Home, fields: dict[str, str]
) -> None:
    before = newest(home)
    status, text = report(client_of(app), fields, [("a.txt", b"a")])
    assert status == 400
    assert 'role="alert"' in text
    assert fields["told"][:20] in text
    assert newest(home) == before


def test_script_in_any_field_or_file_name_stays_text(app: FastAPI, home: Home) -> None:
    client = client_of(app)
    fields = dict.fromkeys(("told", "where", "name", "contact"), HOSTILE)
    for extra in ({"field": "personal-information"}, {"field": HOSTILE}, {"when": HOSTILE, "field": "x"}):
        _, text = report(client, {**fields, **extra}, [(f"{HOSTILE}.jpg", b"x")])
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    staff = client_of(app, "prosecutor")
    assert "<script>alert" not in staff.get(f"/leads/{newest(home)}").text
    wrong = post(client, "/progress", {"code": HOSTILE}, form="/progress")
    assert "<script>alert" not in wrong.text


def test_files_that_are_too_many_or_too_large_are_refused_and_leave_nothing(
    app: FastAPI, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(app)
    before = newest(home)
    assert report(client, CLUE, [(f"{n}.txt", b"x") for n in range(10)])[0] == 400
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 1000)
    assert report(client, CLUE, [("big.bin", bytes(1001))])[0] == 400
    assert newest(home) == before
    assert list(check_home(home)) == []
    length = {"content-length": str(1 << 40)}
    assert client.post("/report", content=b"x", headers=length).status_code == 413


def test_a_clue_from_another_site_is_refused(app: FastAPI, home: Home) -> None:
    client = client_of(app)
    before = newest(home)
    for data in (CLUE, {**CLUE, "_token": "0" * 96}):
        assert "web.forged" in client.post("/report", data=data).text
    assert newest(home) == before


def test_one_address_cannot_flood_the_office(app: FastAPI) -> None:
    client = client_of(app)
    token = token_of(client)
    codes = [client.post("/report", data={"_token": token, "told": ""}).status_code for _ in range(61)]
    assert codes[0] == 400
    assert codes[-1] == 429


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\图.jpg", "图.jpg"),
        ("..", "file"),
        ("", "file"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ("\u202egpj.exe", "gpj.exe"),
        ("x" * 300 + ".jpeg", "x" * 70 + ".jpeg"),
        (".htaccess", "htaccess"),
    ],
)
def test_a_file_name_is_only_a_name(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_the_words_of_a_clue_are_read_on_its_page_with_numbers_hidden_and_every_look_is_logged(
    app: FastAPI, home: Home
) -> None:
    told(client_of(app), {**CLUE, "told": "某小区的面单没有遮挡，打 13912345678 可以问到"})
    lead = newest(home)
    client = client_of(app, "technician")
    where = re.search(r'href="(/exhibits/X\w+/source\?at=1)"', client.get(f"/leads/{lead}").text)
    assert where
    before = load(home, lead)
    assert client_of(app, "auditor").get(where[1]).status_code == 403
    shown = client.get(where[1])
    assert shown.status_code == 200
    assert "面单没有遮挡" in shown.text
    assert "139****5678" in shown.text
    assert "13912345678" not in shown.text
    assert load(home, lead).docket.leads[lead] == before.docket.leads[lead]
    with home.database.read() as connection:
        read = [one.payload for one in events(connection, ["office"]) if one.type == "access.read"]
    assert read[-1]["what"] == "excerpt"
    assert where[1].split("/")[2] in str(read[-1]["records"])


def test_a_clue_shows_its_words_before_digests_and_says_that_nothing_was_scanned_yet(
    app: FastAPI, home: Home
) -> None:
    told(client_of(app))
    lead = newest(home)
    client = client_of(app, "technician")
    text, _, folded = client.get(f"/leads/{lead}").text.partition('<p class="told">')[2].partition("</p>")
    assert "原文与附件已封存" in text
    assert "SHA-256" not in text
    assert re.match(r"<details.*<li class=\"mono\">SHA-256 [0-9a-f]{64} ", folded)
    for path in ("scan", "scan/places", "scan/people", "scan/closer", "harm"):
        empty = client.get(f"/leads/{lead}/{path}")
        assert empty.status_code == 200, path
        assert word("zh", "scan.none-yet") in empty.text
        assert f'href="/material/{lead}"' in empty.text
    assert client.get(f"/leads/{lead}/scan/file").status_code == 400


def test_a_clue_is_not_waited_for_while_the_scanner_is_compiled(
    app: FastAPI, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(client_of(app))
    client = client_of(app, "technician")
    page = client.get(f"/leads/{newest(home)}").text
    where = re.search(r'href="(/exhibits/X\w+/source\?at=1)"', page)
    assert where
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as compiles:
        monkeypatch.setattr(readying, "_BEGUN", [compiles])
        waits = client.get(where[1])
        assert waits.status_code == 503
        assert waits.headers["retry-after"] == "60"
        assert "web.scanner-not-ready" in waits.text
        compiles.communicate(b"\n")
    assert client.get(where[1]).status_code == 200
