"""Documents in the browser: offers with what is missing, a preview that keeps what was typed, making, and entries of the log."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from qingyuan.office.casework import load
from qingyuan.office.home import Home
from qingyuan.office.paperwork import offers_of
from qingyuan.store.registry import exhibits
from tests.web.making import PASSWORD, client_of, desk_of, post
from tests.web.test_surface import HOSTILE

CASE = "C2026-0001"
WHERE = f"/documents/{CASE}"


def test_every_form_of_a_case_is_listed_with_its_state_and_what_it_lacks(app: FastAPI, home: Home) -> None:
    text = client_of(app, "supervisor").get(WHERE).text
    for one in offers_of(home, CASE, actor="P001"):
        assert one.form.name in text
        assert (f'href="{WHERE}/{one.form.id}"' in text) == (one.refused is None)
    assert "应当制作" in text
    due, ahead = (text.split(f'id="{name}"')[1].split("</section>")[0] for name in ("due", "ahead"))
    assert ("立案决定书" in due, "听证会公告" in due, "听证会公告" in ahead) == (True, False, True)
    found = client_of(app, "supervisor").get(f"{WHERE}?q=立案决定").text
    assert "立案决定书" in found
    assert "上诉书" not in found


def test_a_preview_shows_sources_blanks_and_what_was_typed_and_makes_nothing(
    app: FastAPI, home: Home
) -> None:
    client = client_of(app, "prosecutor")
    before = len(load(home, CASE).events)
    shown = client.get(f"{WHERE}/inspection-record").text
    assert re.search(r'<a href="/ledger/entries/\d+">', shown)
    field = re.search(r'name="given-(place)"', shown)
    assert field, shown
    typed = {"step": "look", f"given-{field[1]}": f"第三会议室{HOSTILE}"}
    looked = post(client, f"{WHERE}/inspection-record", dict(typed), form="/account")
    assert looked.status_code == 200
    assert "<ins>第三会议室" in looked.text
    assert "<script>alert" not in looked.text
    assert len(load(home, CASE).events) == before


def test_making_a_document_seals_both_files_and_records_its_number(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    fields: dict[str, str | list[str]] = {"step": "make", "number": "清检立〔2026〕7号"}
    made = post(client, f"{WHERE}/filing-decision", fields, form="/account")
    assert made.status_code == 303, made.text
    shown = client.get(f"{WHERE}/filing-decision").text
    assert "清检立〔2026〕7号" in shown
    with home.database.read() as connection:
        sealed = [row.path for row in exhibits(connection, ["M2026-0001"])]
    assert {path.rpartition(".")[2] for path in sealed if "立案决定书" in path} == {"docx", "pdf"}
    served = re.search(r'href="(/exhibits/X\w+/content)">送达本', client.get("/matters/M2026-0001").text)
    assert served
    assert client.get(served[1]).content.startswith(b"%PDF")
    again = post(client, f"{WHERE}/custody-sheet", fields, form="/account")
    assert again.status_code == 400
    assert "已用于" in again.text


def test_the_copy_for_the_public_is_previewed_and_made_masked(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    fields: dict[str, str | list[str]] = {"step": "make", "redacted": "1"}
    assert post(client, f"{WHERE}/filing-decision", fields, form="/account").status_code == 303
    assert "公开版" in client.get(f"{WHERE}/filing-decision").text


def test_a_document_that_is_not_possible_says_what_is_missing_with_its_article(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    shown = client.get(f"{WHERE}/closing-decision").text
    assert "现在还不能制作" in shown
    assert "《人民检察院公益诉讼办案规则》" in shown
    assert 'name="step"' not in shown
    refused = post(client, f"{WHERE}/closing-decision", {"step": "make"}, form="/account")
    assert refused.status_code == 400
    for wrong in (f"{WHERE}/no-such-form", "/documents/C2026-0009", f"{WHERE}/class-report?about=x"):
        assert client.get(wrong).status_code in {400, 404}


def test_who_only_reads_is_offered_nothing_to_make(app: FastAPI) -> None:
    client = client_of(app, "supervisor")
    assert 'name="step"' not in client.get(f"{WHERE}/filing-decision").text
    assert post(client, f"{WHERE}/filing-decision", {"step": "make"}, form="/account").status_code == 403


def test_an_entry_of_the_log_is_shown_with_a_proof_that_verifies(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    event = load(home, CASE).events[-1]
    shown = client.get(f"/ledger/entries/{event.index}").text
    assert event.type in shown
    proof = client.get(f"/ledger/entries/{event.index}/receipt").content
    assert proof.startswith(b"c2sp.org/tlog-proof@v1\n")
    with client_of(app) as outside:
        token = {
            "_token": re.findall(r'name="qy-token" content="([0-9a-f]+)"', outside.get("/verify").text)[0]
        }
        judged = outside.post("/verify", data=token, files=[("package", ("entry.tlog-proof", proof))])
    assert "通过" in judged.text
    for wrong in ("99999999", "-1", "x", "9" * 40, "1e3"):
        assert client.get(f"/ledger/entries/{wrong}").status_code == 404
    assert client_of(app, "admin").get(f"/ledger/entries/{event.index}").status_code == 403
    assert desk_of(app).home is home


@pytest.mark.parametrize("display", ["周检察官", ""])
def test_people_are_named_as_their_accounts_show_them_and_what_is_typed_to_sign_in_is_no_name(
    app: FastAPI, display: str
) -> None:
    desk_of(app).people.add("zhou", display, ["prosecutor", "chief"], PASSWORD)
    client = client_of(app, "prosecutor")
    shown = client.get(f"{WHERE}/custody-sheet").text
    assert ("周检察官" in shown, "【P001的姓名】" in shown) == (bool(display), not display)
    assert (">zhou<" in shown) is False
    lead = client.get("/leads/L2026-0001").text
    assert f'{display or "zhou"} <span class="id">P001</span>' in lead
