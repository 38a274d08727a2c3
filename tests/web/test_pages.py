"""What templates make of values, and what paper makes of a page."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.web.pages import parted
from qingyuan.web.words import word
from tests.web.making import client_of, post


@pytest.mark.parametrize(
    ("place", "steps", "rest"),
    [
        ("line 22 $.sender.name", [("line", "22")], "sender.name"),
        ("page 3 row 7", [("page", "3"), ("row", "7")], ""),
        ("slide 2 notes", [("slide", "2")], "notes"),
        ("$[].tel", [], "[].tel"),
        ("$", [], ""),
        ("line up", [], "line up"),
        ("Sheet1!B3", [], "Sheet1!B3"),
        ("Sheet line 3", [], "Sheet line 3"),
    ],
)
def test_a_place_is_parted_into_its_steps_and_the_rest(
    place: str, steps: list[tuple[str, str]], rest: str
) -> None:
    assert parted(place) == (steps, rest)


def test_a_page_in_the_dark_theme_is_printed_dark_on_white() -> None:
    style = (files("qingyuan.web") / "static/app.css").read_text(encoding="utf-8")
    screen, _, paper = style.partition("@media print {")
    dark = {
        one.strip() for one in re.findall(r"^\s*(:root\S*) \{\n\s+color-scheme: dark", screen, re.MULTILINE)
    }
    assert dark == {':root:not([data-theme="light"])', ':root[data-theme="dark"]'}
    printed = re.search(r"\s*(:root[^{]*)\{([^}]*)\}", paper)
    assert printed
    assert {":root", *dark} == {one.strip() for one in printed[1].split(",")}
    set_dark = re.search(r':root\[data-theme="dark"\] \{([^}]*)\}', screen)
    assert set_dark
    inks = {"--ink", "--muted", "--ground", "--card", "--line", "--link", "--tint", "--accent", "--good"}
    named = [set(re.findall(r"(--[a-z-]+):", one)) for one in (set_dark[1], printed[2])]
    assert all(inks <= one for one in named)


def test_a_page_that_could_not_be_shown_leads_back_to_its_record_and_list(app: FastAPI, home: Home) -> None:
    client = client_of(app, "technician")
    refused = client.get("/leads/L2026-0001/scan/places", params={"page": "x"})
    assert refused.status_code == 400
    assert 'class="button" href="/leads/L2026-0001"' in refused.text
    assert 'href="/leads">' in refused.text
    gone = client.get("/leads/L2031-0001")
    assert gone.status_code == 404
    assert '/leads/L2031-0001"' not in gone.text.partition("<main")[2]
    assert 'class="button" href="/leads"' in gone.text
    nobody = client_of(app).get("/portal/i/none")
    assert "/leads" not in nobody.text.partition("<main")[2]


def test_the_language_of_an_address_is_kept_by_the_form_and_the_pages_after_it(app: FastAPI) -> None:
    client = client_of(app)
    assert 'lang="en"' in client.get("/report?lang=en").text
    refused = post(client, "/report", {"told": ""}, form="/report")
    assert refused.status_code == 400
    assert '<html lang="en"' in refused.text
    assert '<html lang="en"' in client.get("/progress").text
    elsewhere = client.get("/report?lang=zh", headers={"sec-fetch-site": "cross-site"})
    assert '<html lang="zh-CN"' in elsewhere.text  # as the address says
    assert '<html lang="en"' in client.get("/report").text  # and no other site changes what was chosen
    chosen: dict[str, str | list[str]] = {"lang": "zh", "next": "/report?lang=en&at=1"}
    assert post(client, "/preferences", chosen, form="/report").headers["location"] == "/report?at=1"
    assert '<html lang="zh-CN"' in client.get("/report").text


def test_a_remedy_on_a_page_names_pages_and_no_command(app: FastAPI) -> None:
    gone = client_of(app, "technician").get("/leads/L2031-0001").text
    assert word("zh", "remedy.office.no-such-record") in gone
    assert "qingyuan lead list" not in gone
