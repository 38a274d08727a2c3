"""Recusal and entrusting in the browser, and the policies asked there."""

from __future__ import annotations

from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.store import events
from tests.web.making import PASSWORD, client_of, desk_of, post, token_of


def test_a_recusal_is_decided_by_who_decides_takes_the_docket_away_and_is_taken_back(
    app: FastAPI, home: Home
) -> None:
    chief, helper = client_of(app, "chief"), client_of(app, "assistant")
    person = next(one.person for one in desk_of(app).people.all() if one.name == "user-assistant")
    form = "/handlers/M2026-0001"
    manager = client_of(app, "case-management")
    assert (
        post(manager, f"{form}/recuse", {"person": person, "ground": "利害关系"}, form=form).status_code
        == 403
    )
    assert helper.get("/matters/M2026-0001").status_code == 200
    refused = post(chief, f"{form}/recuse", {"person": person, "ground": ""}, form=form)
    assert refused.status_code == 400
    assert (
        post(chief, f"{form}/recuse", {"person": person, "ground": "利害关系"}, form=form).status_code == 303
    )
    denied = helper.get("/matters/M2026-0001")
    assert denied.status_code == 403
    assert "recusal" in denied.text or "shields.cedar" in denied.text
    asked = chief.get(f"/access?person={person}&action=read&what=M2026-0001")
    assert "shields.cedar" in asked.text
    lifted: dict[str, str | list[str]] = {"person": person, "ground": "情形消失", "do": "lift"}
    assert post(chief, f"{form}/recuse", lifted, form=form).status_code == 303
    assert helper.get("/matters/M2026-0001").status_code == 200
    with home.database.read() as connection:
        said = [event.type for event in events(connection, ["M2026-0001"]) if "recus" in event.type]
    assert said == ["access.recused", "access.recusal_lifted"]


def test_whoever_handles_a_docket_recuses_themselves_and_nobody_else(app: FastAPI) -> None:
    helper = client_of(app, "assistant")
    path = "/recusal/L2026-0002"
    assert post(helper, path, {"ground": "利害关系"}, form=path).status_code == 400
    done = post(helper, path, {"ground": "利害关系", "sure": "1", "person": "P001"}, form=path)
    assert done.status_code == 303
    assert helper.get("/leads/L2026-0002").status_code == 403
    with desk_of(app).posts.asking() as asking:
        assert asking.docket("L2026-0002").recused == {
            next(one.person for one in desk_of(app).people.all() if one.name == "user-assistant")
        }


def test_another_office_takes_part_by_its_name_and_does_no_more(app: FastAPI) -> None:
    chief = client_of(app, "chief")
    form, to = "/handlers/M2026-0001", "/handlers/M2026-0001/entrust"
    assert post(chief, to, {"body": "某某", "how": "handed-down"}, form=form).status_code == 400
    assert post(chief, to, {"body": "330782", "how": "handed-down"}, form=form).status_code == 303
    assert "义乌市人民检察院" in chief.get(form).text
    assert "M2026-0001" in chief.get("/parties/procuratorate-330782").text
    assert post(chief, to, {"body": "procuratorate-330782", "do": "end"}, form=form).status_code == 303
    with desk_of(app).posts.asking() as asking:
        assert asking.docket("M2026-0001").entrusted == set()


def test_who_appoints_nobody_asks_about_themselves_only(app: FastAPI) -> None:
    desk = desk_of(app)
    helper = client_of(app, "assistant")
    other = desk.people.add("other", "", ["auditor"], PASSWORD)
    text = helper.get(f"/access?person={other.person}&action=write&what=L2026-0001").text
    assert 'class="verdict pass"' in text
    asked = client_of(app, "chief").get(f"/access?person={other.person}&action=write&what=L2026-0001").text
    assert 'class="verdict fail"' in asked
    assert "permit (" in text
    assert helper.get("/access?action=read&what=L2026-0999").status_code == 400
    assert token_of(helper, "/access/matrix")
