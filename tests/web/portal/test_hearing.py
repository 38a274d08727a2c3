"""The hearing behind a link: who was invited reads what was released, says its word once more, and sees what came of it."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.evidence.sealed_reader import SealedReader
from qingyuan.office.casework import Argument, act, load
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.store import events
from qingyuan.store.registry import exhibits
from qingyuan.web.errors import WebError
from qingyuan.web.portal.invitations import PATH, invite
from tests.web.making import client_of, desk_of, post
from tests.web.portal.serving import CASE, FIRM, ORGAN
from tests.web.portal.test_invited import sent

QUESTION = "整改是否到位，是否可以终结案件"


def announce(home: Home) -> str:
    """Tell the participants and release one paper; return it."""
    with home.database.read() as connection:
        paper = next(row.id for row in exhibits(connection, ["L2026-0001"]) if row.origin == "collected")
    told: dict[str, Argument] = {
        "held_on": "2026-07-08",
        "place": "检察听证室",
        "officers": 3,
        "public": True,
    }
    act(home, "notify-hearing", CASE, told, actor="P001")
    released: dict[str, Argument] = {"question": QUESTION, "exhibits": [paper]}
    act(home, "release-hearing-materials", CASE, released, actor="P001")
    home.publish()
    return paper


def link(app: FastAPI, role: str, name: str) -> str:
    found, _ = invite(desk_of(app), CASE, "hearing", name=name, days=30, actor="P001", role=role)
    return found[found.index(PATH) :]


def test_a_hearing_officer_reads_the_materials_and_gives_an_opinion(app: FastAPI, home: Home) -> None:
    paper = announce(home)
    client, path = client_of(app), link(app, "officer", "听证员一")
    text = client.get(path).text
    for shown in ("2026-07-08", "检察听证室", QUESTION, ORGAN, "不表态"):
        assert shown in text, shown
    assert "联系电话".encode() in client.get(f"{path}/materials/{paper}").content
    with home.database.read() as connection:
        read = events(connection, ["office"])[-1]
    assert (read.type, read.payload["records"]) == ("access.read", [paper])
    assert read.actor.startswith("portal-")
    status, again = sent(client, f"{path}/statement", {"text": "整改基本到位"}, [])
    assert (status, "整改基本到位</textarea>" in again) == (409, True)
    given = {"view": "partly", "text": "建议三个月后复查"}
    assert sent(client, f"{path}/statement", given, [("意见.pdf", b"%PDF-1.7")])[0] == 303
    (said,) = load(home, CASE).docket.cases[CASE].acted("hearing-officer-opinion")
    assert (said.fields["speaker"], said.fields["view"]) == ("听证员一", "partly")
    assert "建议三个月后复查" in client.get(path).text
    shown = client_of(app, "prosecutor").get("/matters/M2026-0001").text.partition('id="hearing"')[2]
    for part in ("听证员一", "部分同意", "建议三个月后复查", "意见.pdf", QUESTION):
        assert part in shown, part
    assert list(check_home(home)) == []


def test_a_party_states_its_side_and_does_not_see_what_others_said(app: FastAPI, home: Home) -> None:
    announce(home)
    client, path = client_of(app), link(app, "party", FIRM)
    officer = link(app, "officer", "听证员一")
    sent(client, f"{officer}/statement", {"view": "against", "text": "仍有明文面单"}, [])
    assert 'name="view"' not in client.get(path).text
    assert sent(client, f"{path}/statement", {"text": "打印机已全部升级"}, [])[0] == 303
    (said,) = load(home, CASE).docket.cases[CASE].acted("hearing-statement")
    assert (said.fields["role"], said.fields["speaker"]) == ("party", FIRM)
    text = client.get(path).text
    assert "打印机已全部升级" in text
    assert "仍有明文面单" not in text


def test_only_what_was_released_is_handed_out_and_only_for_the_hearing(
    app: FastAPI, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = announce(home)
    client, path = client_of(app), link(app, "public", "公众代表")
    with home.database.read() as connection:
        other = next(row.id for row in exhibits(connection, ["L2026-0001", "M2026-0001"]) if row.id != paper)
    asked, read = list[int](), SealedReader.read

    def noted(one: SealedReader, size: int = -1) -> bytes:
        asked.append(size)
        return read(one, size)

    monkeypatch.setattr(SealedReader, "read", noted)
    assert client.get(f"{path}/materials/{paper}").status_code == 200
    assert asked
    assert all(0 < size <= 1 << 20 for size in asked), "however large a paper is, little of it is in memory"
    for wrong in (other, "X0000000000000000", "..%2F..%2Fweb.db"):
        assert client.get(f"{path}/materials/{wrong}").status_code == 404
    organ, _ = invite(desk_of(app), CASE, "organ", name=ORGAN, days=9, actor="P001")
    organ = organ[organ.index(PATH) :]
    assert client.get(f"{organ}/materials/{paper}").status_code == 404
    assert sent(client, f"{organ}/statement", {"text": "x"}, [])[0] == 404
    for where in ("reply", "prove", "check", "answer"):
        assert sent(client, f"{path}/{where}", {"measure": "m01"}, [])[0] == 404
    forged = client.post(f"{path}/statement", data={"text": "x", "_token": "0" * 96})
    assert "web.forged" in forged.text


def test_whoever_took_part_sees_the_outcome(app: FastAPI, home: Home) -> None:
    announce(home)
    client, path = client_of(app), link(app, "officer", "听证员一")
    held: dict[str, Argument] = {
        "on": "2026-07-01",
        "noticed_on": "2026-07-01",
        "ground": "effect",
        "public": True,
        "officers": 3,
        "opinion": "majority-for",
        "opinion_text": "多数同意终结案件",
        "record": "D0020",
        "approved_by": "P009",
        "approved_on": "2026-07-01",
    }
    act(home, "hold-hearing", CASE, held, actor="P001")
    text = client.get(path).text
    assert "多数同意终结案件" in text
    assert "尚未说明意见采纳情况" in text
    answer: dict[str, Argument] = {"adopted": "adopted", "reason": "与调查查明的事实一致"}
    act(home, "answer-hearing", CASE, answer, actor="P001")
    text = client.get(path).text
    assert "与调查查明的事实一致" in text
    assert "尚未说明意见采纳情况" not in text


def test_the_office_invites_to_a_hearing_once_it_was_announced(app: FastAPI, home: Home) -> None:
    staff = client_of(app, "prosecutor")
    assert 'value="hearing:officer"' not in staff.get(f"/invitations/{CASE}").text
    announce(home)
    assert 'value="hearing:officer"' in staff.get(f"/invitations/{CASE}").text
    fields: dict[str, str | list[str]] = {"kind": "hearing:expert", "name": "网络安全专家", "days": "9"}
    made = post(staff, f"/invitations/{CASE}", fields, form="/account")
    found = re.search(r'class="copy">[^<]*(/portal/i/[0-9A-Z-]{29})<', made.text)
    assert found, made.text
    assert "网络安全专家（专家）" in TestClient(app, base_url="http://testserver").get(found[1]).text
    assert "网络安全专家" in staff.get("/matters/M2026-0001").text.partition('id="hearing"')[2]
    wrong = post(staff, f"/invitations/{CASE}", {**fields, "kind": "hearing:judge"}, form="/account")
    assert wrong.status_code == 400
    with pytest.raises(WebError, match="hearing"):
        invite(desk_of(app), CASE, "hearing", name="x", days=9, actor="P001")


def test_an_invitation_is_opened_by_its_code_on_the_first_page(app: FastAPI, home: Home) -> None:
    announce(home)
    client, path = client_of(app), link(app, "officer", "听证员一")
    code = path.rpartition("/")[2]
    for typed in (code, code.lower(), f"http://testserver{path}"):
        opened = post(client, "/portal/open", {"code": typed}, form="/portal")
        assert opened.status_code == 303
        assert "听证员一" in client.get(opened.headers["location"]).text
    for wrong in ("", "0000", "../../etc/passwd"):
        assert post(client, "/portal/open", {"code": wrong}, form="/portal").status_code == 404


def test_the_form_waits_for_the_notice_and_says_so(app: FastAPI, home: Home) -> None:
    client, path = client_of(app), link(app, "officer", "听证员一")
    early = client.get(path).text
    assert "现在不能提交" in early
    assert f'action="{path}/statement"' not in early
    announce(home)
    assert f'action="{path}/statement"' in client.get(path).text
