"""What the page of a matter brings together: exhibits that prove nothing yet, and calculators that know the matter."""

from __future__ import annotations

import re

from fastapi import FastAPI

from qingyuan.office.casework import Argument, act, load
from qingyuan.office.home import Home
from qingyuan.store.registry import exhibits
from tests.web.making import client_of, post
from tests.web.test_need_to_know import one_of

FACTS: dict[str, Argument] = {
    "harm": "面单可直接读取姓名和电话",
    "investigators": ["P001", "P002"],
    "method": "inspection",
}


def test_exhibits_that_prove_nothing_yet_are_listed(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    with home.database.read() as connection:
        collected = [row for row in exhibits(connection, ["L2026-0001"]) if row.origin == "collected"]
    assert len(collected) > 1
    text = client.get("/matters/M2026-0001").text
    assert f"（{len(collected)}，共 {len(collected)}）" in text
    act(home, "confirm-facts", "C2026-0001", {**FACTS, "exhibits": [collected[0].id]}, actor="P001")
    text = client.get("/matters/M2026-0001").text
    assert f"（{len(collected) - 1}，共 {len(collected)}）" in text
    listed = text.partition("尚未用于证明")[2].partition("</details>")[0]
    assert collected[0].id not in listed
    assert collected[1].id in listed
    every: list[str] = [row.id for row in collected]
    act(home, "confirm-facts", "C2026-0001", {**FACTS, "exhibits": every}, actor="P001")
    assert "尚未用于证明" not in client.get("/matters/M2026-0001").text


def test_calculators_begin_with_what_the_matter_knows(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    counts = load(home, "L2026-0001").docket.leads["L2026-0001"].registered.counts
    text = client.get("/law/calculators?matter=M2026-0001").text
    for name in ("important", "general"):
        count = getattr(counts, name)
        if count:
            assert f'name="{name}" type="text" value="{count}"' in text, name
    assert counts.important or counts.general
    assert re.search(r'<option value="personal-information" selected>', text)
    assert "面单外泄" in text
    assert 'name="matter" value="M2026-0001"' in text
    changed = client.get("/law/calculators?matter=M2026-0001&which=threshold&general=7").text
    assert 'name="general" type="text" value="7"' in changed
    assert client.get("/law/calculators?matter=M2026-0999").status_code == 404
    assert one_of(app, "colleague", "prosecutor").get("/law/calculators?matter=M2026-0001").status_code == 403


def test_a_merged_lead_is_parted_from_the_list(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    with_second: dict[str, str | list[str]] = {
        "title": "同一条线索",
        "source": "media",
        "field": "express-waybill",
        "summary": "一",
    }
    made = post(client, "/acts/new/lead-register", with_second, form="/account")
    lead = made.headers["location"].rpartition("/")[2].partition("?")[0]
    assert "/unmerge-lead" not in client.get("/leads").text
    act(home, "merge-lead", lead, {"into": "L2026-0002", "reason": "同一事实"}, actor="P001")
    assert f'href="/acts/{lead}/unmerge-lead"' in client.get("/leads").text
    undone = post(client, f"/acts/{lead}/unmerge-lead", {"reason": "并非同一事实"}, form="/account")
    assert undone.status_code == 303, undone.text
    assert "/unmerge-lead" not in client.get("/leads").text
