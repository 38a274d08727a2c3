"""Pictures of harm: what is drawn is what the records and the material say, and leads to them."""

from __future__ import annotations

import time
from datetime import date

from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.office.pictures import affair_figures, harm_of
from qingyuan.office.summary import gather
from tests.web.making import client_of, desk_of, post

LEAD = "L2026-0001"


def test_pictures_of_an_affair_and_of_its_material_lead_to_what_is_behind(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    shown = client.get("/matters/M2026-0001/pictures").text
    for one in affair_figures(home, "M2026-0001"):
        assert one.zh in shown
        assert all(row.split("/")[0] in shown for group in one.groups for row in group.rows[:4])
    assert f"/leads/{LEAD}/harm" in shown
    before = client.get(f"/leads/{LEAD}/harm").text
    assert f"/leads/{LEAD}/scan/places?kind=mobile" in before
    assert 'id="ages"' not in before
    desk_of(app).jobs.start()
    assert post(client, f"/leads/{LEAD}/harm", form="/account").status_code == 303
    limit = time.monotonic() + 60
    while 'id="ages"' not in (after := client.get(f"/leads/{LEAD}/harm").text):
        assert time.monotonic() < limit, after[-2000:]
        time.sleep(0.05)
    found = harm_of(home, gather(home, LEAD), date(2026, 7, 1))
    assert f'<td class="num right" colspan="2">{found.ages["unknown"]:,}</td>' in after


def test_before_the_first_scan_no_harm_of_nought_is_drawn(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    told: dict[str, str | list[str]] = {
        "title": "某应用收集儿童信息", "summary": "无", "source": "media", "field": "personal-information",
    }  # fmt: skip
    done = post(client, "/acts/new/lead-register", told, form="/account")
    figures = affair_figures(home, done.headers["location"].rpartition("/")[2].partition("?")[0])
    assert not {one.query for one in figures} & {"harm-by-place", "harm-by-month"}
    assert {"harm-by-place", "harm-by-month"} <= {one.query for one in affair_figures(home, "M2026-0001")}
