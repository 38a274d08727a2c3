"""Adding material to a matter in the browser: by chunks and by a plain form, with a second collector; and seeing it there."""

from __future__ import annotations

import time

from fastapi import FastAPI

from qingyuan.office.casework import act
from qingyuan.office.home import Home
from qingyuan.web.jobs import Job
from tests.web.making import client_of, desk_of, post, token_of
from tests.web.test_material import TEXT, announce, put

MATTER, LEAD = "M2026-0001", "L2026-0001"


def ended(app: FastAPI, where: str) -> Job:
    deadline = time.monotonic() + 120
    while not (found := desk_of(app).jobs.get(where.rpartition("/")[2])) or not found.over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_material_is_added_to_a_matter_and_a_lead_and_shown_there(app: FastAPI, home: Home) -> None:
    with client_of(app, "technician") as client:
        assert f'href="/material/{MATTER}"' in client.get(f"/matters/{MATTER}").text
        assert f'href="/material/{LEAD}"' in client.get(f"/leads/{LEAD}").text
        path = f"/material/{MATTER}"
        refused = client.post(
            path,
            data={"_token": token_of(client, path), "second": "P009", "notice": "清检调〔2026〕1号"},
        )
        assert (refused.status_code, "清检调〔2026〕1号" in refused.text) == (400, True)
        sent = client.post(
            path,
            data={"_token": token_of(client, path), "second": "P009", "notice": "清检调〔2026〕1号", "method": "disclosure"},
            files=[("files", ("补充名单.txt", TEXT))],
        )  # fmt: skip
        done = ended(app, sent.headers["location"])
        assert (done.state, done.result["count"], done.result["persons"]) == ("done", 1, None), done.result
        shown = client.get(sent.headers["location"]).text
        assert "补充名单.txt" in shown
        assert "取证记录尚缺" in shown
        assert "补充名单.txt" in client.get(f"/matters/{MATTER}").text
        exhibit = str(done.result["exhibits"][0][0])  # type: ignore[index]
        assert "第二收集人 P009" in client.get(f"/exhibits/{exhibit}").text

        batch = post(client, "/intake/batches", form="/intake").json()["batch"]
        assert put(client, announce(client, batch, "续/名单.txt", len(TEXT)), 0, TEXT) == 200
        begun = post(client, "/intake", {"batch": batch, "record": LEAD, "scan": "1"}, form="/intake")
        added = ended(app, begun.headers["location"])
        assert (added.state, added.result["record"]) == ("done", LEAD), added.result
        assert added.result["persons"] == 302
        assert "续/名单.txt" in client.get(f"/leads/{LEAD}").text
        assert "139****9000" in client.get(f"/leads/{LEAD}/scan").text
    assert list((home.path / "uploads").iterdir()) == []


def test_a_lead_that_was_transferred_says_so_instead_of_a_form(app: FastAPI, home: Home) -> None:
    act(home, "lead-transfer", "L2026-0002", {"to": "邻县人民检察院", "reason": "行为地在邻县"}, actor="P001")
    client = client_of(app, "technician")
    shown = client.get("/material/L2026-0002")
    assert (shown.status_code, "已移送邻县人民检察院" in shown.text) == (409, True)
    assert "data-upload" not in shown.text
    own = post(
        client, "/material/L2026-0001", {"second": desk_of(app).people.all()[-1].person}, form="/account"
    )
    assert (own.status_code, "另一个人" in own.text) == (400, True)
