"""A sealing key is destroyed by two people: one asks, another one confirms with their password, and the log says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import FastAPI

from qingyuan.office.access import change_docket
from qingyuan.office.clock import FixedClock
from qingyuan.office.home import Home
from qingyuan.office.keys import destruction_request as requests
from qingyuan.parties import recuse
from qingyuan.store import StoredEvent, events
from tests.web.making import PASSWORD, client_of, desk_of, post

LEAD = "L2026-0002"
PAGE = f"/destroy/{LEAD}"
ASKED: dict[str, str | list[str]] = {"basis": "保管期限届满", "reason": "第三号销毁决定", "blobs": "1"}


def told(home: Home) -> list[StoredEvent]:
    with home.database.read() as connection:
        return [one for one in events(connection, [LEAD]) if ".destr" in one.type]


def confirming(home: Home) -> dict[str, str | list[str]]:
    """Return what the form of whoever confirms holds now."""
    request = requests.standing(home, LEAD).request
    assert request is not None
    seen = str(request.exhibits)
    return {"request": str(request.index), "seen": seen, "again": LEAD, "password": PASSWORD}


def person_of(app: FastAPI, role: str) -> str:
    return next(one.person for one in desk_of(app).people.all() if one.name == f"user-{role}")


def test_one_asks_and_another_confirms_with_a_password_and_nobody_does_both(app: FastAPI, home: Home) -> None:
    asker, chief = client_of(app, "prosecutor"), client_of(app, "chief")
    assert client_of(app, "administrator").get(PAGE).status_code == 403
    assert post(chief, f"{PAGE}/ask", ASKED, form="/account").status_code == 403
    blank = post(asker, f"{PAGE}/ask", {**ASKED, "reason": " "}, form="/account")
    assert (blank.status_code, "保管期限届满" in blank.text) == (400, True)
    assert post(asker, f"{PAGE}/ask", ASKED, form="/account").status_code == 303
    again = post(asker, f"{PAGE}/ask", ASKED, form="/account")
    assert (again.status_code, "office.destruction-asked" in again.text or "已提出销毁" in again.text) == (
        400,
        True,
    )
    given = confirming(home)
    assert [f'href="{PAGE}"' in one.get("/").text for one in (chief, asker)] == [True, False]
    assert post(asker, f"{PAGE}/confirm", given, form="/account").status_code == 403
    for wrong in (
        {"password": ""},
        {"password": "x" * 12},
        {"again": "L2026-0001"},
        {"seen": "99"},
        {"request": "1"},
    ):
        assert post(chief, f"{PAGE}/confirm", {**given, **wrong}, form="/account").status_code == 400
    assert [one.type for one in told(home)] == ["evidence.destruction_asked"]
    assert LEAD in home.keyring.scopes()
    assert post(chief, f"{PAGE}/confirm", given, form="/account").status_code == 303
    assert LEAD in home.keyring.destroyed_scopes()
    assert not (home.path / "blobs" / LEAD).exists()
    event = told(home)[-1]
    by, of = person_of(app, "chief"), person_of(app, "prosecutor")
    said = (
        event.actor,
        event.payload["approved_by"],
        event.payload["asked_by"],
        str(event.payload["request"]),
    )
    assert said == (by, by, of, given["request"])
    assert "其材料不可恢复" in chief.get(PAGE).text
    assert f'href="{PAGE}"' not in chief.get("/").text
    assert post(chief, "/destroy/R2026-0001/confirm", given, form="/account").status_code == 404


def test_who_asked_cannot_confirm_though_they_decide_too_and_the_rule_is_named(
    app: FastAPI, home: Home
) -> None:
    asker = client_of(app, "prosecutor")
    desk_of(app).posts.set(person_of(app, "prosecutor"), ["prosecutor", "chief"], actor="P001")
    assert post(asker, f"{PAGE}/ask", ASKED, form="/account").status_code == 303
    refused = post(asker, f"{PAGE}/confirm", confirming(home), form="/account")
    assert refused.status_code == 400
    assert "两人规则：提出销毁的人不得自己批准" in refused.text
    assert LEAD in home.keyring.scopes()


@pytest.mark.parametrize("end", ["withdrawn", "lapsed", "recused"])
def test_a_request_that_was_taken_back_ended_or_whose_asker_was_recused_destroys_nothing(
    app: FastAPI, home: Home, end: str
) -> None:
    asker, chief = client_of(app, "prosecutor"), client_of(app, "chief")
    assert post(asker, f"{PAGE}/ask", ASKED, form="/account").status_code == 303
    given = confirming(home)
    if end == "withdrawn":
        assert post(asker, f"{PAGE}/withdraw", given, form="/account").status_code == 303
    elif end == "lapsed":
        assert isinstance(home.clock, FixedClock)
        home.clock.set(home.clock.now() + timedelta(days=requests.DAYS))
    else:
        today, person = home.clock.now().date(), person_of(app, "prosecutor")
        change_docket(
            home,
            LEAD,
            lambda _, matter: recuse(matter, person, on=today, by="P001", ground="亲属"),
            actor="P001",
        )
        assert "请撤回" in chief.get(PAGE).text
    assert post(chief, f"{PAGE}/confirm", given, form="/account").status_code == 400
    assert LEAD in home.keyring.scopes()
    if end == "recused":
        assert post(chief, f"{PAGE}/withdraw", given, form="/account").status_code == 303
    else:
        assert post(asker, f"{PAGE}/ask", ASKED, form="/account").status_code == 303
    assert all(one.type != "evidence.destroyed" for one in told(home))


def test_a_destruction_cut_off_after_it_was_confirmed_is_told_and_completed(
    app: FastAPI, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker, chief = client_of(app, "prosecutor"), client_of(app, "chief")
    assert post(asker, f"{PAGE}/ask", ASKED, form="/account").status_code == 303

    class Cut(BaseException):
        """Stands for the end of the process."""

    def cut(*_: object) -> None:
        raise Cut

    by, given = person_of(app, "chief"), confirming(home)
    number, seen = int(str(given["request"])), int(str(given["seen"]))
    with monkeypatch.context() as patch:
        patch.setattr(Home, "changing_keys", cut)
        with pytest.raises(Cut):
            requests.confirm(home, LEAD, request=number, seen=seen, by=by)
    assert "密钥还在密钥环中" in chief.get(PAGE).text
    with monkeypatch.context() as patch:
        patch.setattr(home.blobs, "remove_all", cut)
        with pytest.raises(Cut):
            requests.complete(home, LEAD, by=by)
    assert "还没有删完" in chief.get(PAGE).text
    assert post(chief, f"{PAGE}/complete", {"password": ""}, form="/account").status_code == 400
    assert post(chief, f"{PAGE}/complete", {"password": PASSWORD}, form="/account").status_code == 303
    assert "其材料不可恢复" in chief.get(PAGE).text
    assert not requests.standing(home, LEAD).unfinished
    assert [one.type for one in told(home)] == ["evidence.destruction_asked", "evidence.destroyed"]
