"""The desk of a court behind a link: what it says to a package comes back as an event, is answered, and waits as a task."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.cases import tasks
from qingyuan.office.casework import load
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.web.portal.invitations import PATH, invite
from tests.web.making import client_of, desk_of, packaged, post
from tests.web.portal.serving import CASE

COURT = "清州市人民法院"


def made(app: FastAPI) -> tuple[TestClient, TestClient, str, str]:
    """Return a prosecutor, the court, the desk of the court and the package that lies on it."""
    staff, court = client_of(app, "prosecutor"), client_of(app)
    done = packaged(app, staff, CASE, COURT)
    found, _ = invite(desk_of(app), CASE, "court", name=COURT, days=30, actor="P001")
    return staff, court, found[found.index(PATH) :], done


def test_the_court_asks_for_corrections_and_the_office_answers(app: FastAPI, home: Home) -> None:
    staff, court, path, package = made(app)
    asked: dict[str, str | list[str]] = {"package": package, "outcome": "corrections"}
    refused = post(court, f"{path}/answer", asked)
    assert refused.status_code == 409
    assert "需要补正的内容" in refused.text
    asked |= {"text": "缺少面单原件照片", "by": "2026-07-10"}
    assert post(court, f"{path}/answer", asked).status_code == 303
    loaded = load(home, CASE)
    (event,) = [one for one in loaded.events if one.payload.get("act") == "package-corrections"]
    assert event.actor.startswith("portal-")
    fields = event.payload["fields"]
    assert isinstance(fields, dict)
    assert fields == {
        "court": COURT,
        "package": package,
        "verdict": "pass",
        "text": "缺少面单原件照片",
        "by": "2026-07-10",
    }
    todo = tasks(loaded.docket, law=home.law, now=home.clock.now())
    assert [str(one.due) for one in todo if one.verb == "answer-corrections"] == ["2026-07-10"]
    shown = staff.get("/matters/M2026-0001").text.partition('id="court"')[2]
    for part in (package, "法院要求补正", "缺少面单原件照片", "/answer-corrections"):
        assert part in shown, part
    answer: dict[str, str | list[str]] = {"text": "已补交原件照片", "package": package}
    assert post(staff, f"/acts/{CASE}/answer-corrections", answer, form="/account").status_code == 303
    assert "已补交原件照片" in court.get(path).text
    todo = tasks(load(home, CASE).docket, law=home.law, now=home.clock.now())
    assert [one for one in todo if one.verb == "answer-corrections"] == []
    assert list(check_home(home)) == []


def test_a_package_is_signed_for_and_taken_into_the_file(app: FastAPI, home: Home) -> None:
    staff, court, path, package = made(app)
    assert "尚未签收" in court.get(path).text
    for outcome, more, badge in (
        ("received", {}, "法院签收证据包"),
        ("accepted", {"number": "（2026）浙01行初1号"}, "法院接收材料"),
    ):
        given: dict[str, str | list[str]] = {"package": package, "outcome": outcome, **more}
        assert post(court, f"{path}/answer", given).status_code == 303
        assert badge in court.get(path).text
    assert "（2026）浙01行初1号" in staff.get("/matters/M2026-0001").text
    case = load(home, CASE).docket.cases[CASE]
    assert case.acted("package-received")[0].fields["verdict"] == "pass"
    (home.path / "packages" / f"{package}.evp.sealed").unlink()
    text = court.get(path).text
    assert "在线副本已经清除" in text
    assert post(court, f"{path}/answer", {"package": package, "outcome": "received"}).status_code == 404


def test_a_package_that_was_altered_is_recorded_as_such(app: FastAPI, home: Home) -> None:
    _, court, path, package = made(app)
    file = home.path / "packages" / f"{package}.evp.sealed"
    file.write_bytes(file.read_bytes()[:-1])
    assert post(court, f"{path}/answer", {"package": package, "outcome": "received"}).status_code == 303
    (said,) = load(home, CASE).docket.cases[CASE].acted("package-received")
    assert said.fields["verdict"] == "fail"
    assert "核验不通过" in court.get(path).text


def test_what_is_no_answer_is_refused(app: FastAPI, home: Home) -> None:
    _, court, path, package = made(app)
    for given, status in (
        ({"package": package}, 400),
        ({"package": package, "outcome": "destroy"}, 400),
        ({"package": "K2026-9999", "outcome": "received"}, 404),
        ({"package": "../../web.db", "outcome": "received"}, 404),
    ):
        assert post(court, f"{path}/answer", {**given}).status_code == status
    organ, _ = invite(desk_of(app), CASE, "organ", name="某局", days=9, actor="P001")
    given = {"package": package, "outcome": "received"}
    assert post(court, f"{organ[organ.index(PATH) :]}/answer", {**given}).status_code == 404
    forged = court.post(f"{path}/answer", data={**given, "_token": "0" * 96})
    assert "web.forged" in forged.text
    assert load(home, CASE).docket.cases[CASE].acted("package-received") == ()
