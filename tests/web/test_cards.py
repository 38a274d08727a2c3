"""The case card on its page and as a file; the statistics as one paper."""

from __future__ import annotations

from fastapi import FastAPI

from tests.web.making import client_of


def test_the_card_names_the_entries_behind_each_line_and_is_a_file(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    assert "/matters/M2026-0001/card" in client.get("/matters/M2026-0001").text
    shown = client.get("/matters/M2026-0001/card")
    assert shown.status_code == 200
    assert "清州市邮政管理局" in shown.text
    assert "/ledger/entries/" in shown.text
    made = client.get("/matters/M2026-0001/card", params={"format": "pdf"})
    assert made.content.startswith(b"%PDF")
    assert "attachment" in made.headers["content-disposition"]
    assert client.get("/matters/M2026-0001/card", params={"format": "exe"}).status_code == 404
    paper = client_of(app, "chief").get("/reports/statistics", params={"format": "html", "lang": "en"})
    assert "attachment" in paper.headers["content-disposition"]
    assert "Statistics" in paper.text
