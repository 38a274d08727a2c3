"""Statistics in the browser: every figure opens its query and its records; papers come as files; filters stay in the address."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.office.reporting import holdings, home_figure
from qingyuan.reports import Span
from tests.web.making import client_of


def test_every_figure_that_counted_something_is_shown_and_opens(app: FastAPI, home: Home) -> None:
    client, held = client_of(app, "supervisor"), holdings(home)
    text = client.get("/statistics").text
    for name in held.queries.by_id:
        figure = home_figure(home, held, name, Span())
        assert (f'id="{name}"' in text) == bool(figure.counted), name
        shown = client.get(f"/statistics/{name}")
        assert shown.status_code == 200
        for index in {index for row in figure.total.events[:1] for index in [row]}:
            assert f'href="/ledger/entries/{index}"' in shown.text, name


def test_a_group_shows_only_its_own_records_and_days_and_fields_narrow(app: FastAPI) -> None:
    client = client_of(app, "supervisor")
    text = client.get("/statistics/leads-by-field?group=express-waybill").text
    assert "L2026-0001" in text
    assert "L2026-0002" not in text
    assert "选定范围内没有" in client.get("/statistics?from=1999-01-01&to=1999-12-31").text
    kept = client.get("/statistics?field=express-waybill&from=2026-01-01").text
    assert "/reports/white-paper?format=docx&amp;from=2026-01-01&amp;field=express-waybill" in kept
    for wrong in ("/statistics?from=2026-13-01", "/statistics?from=2026-02-01&to=2026-01-01"):
        assert client.get(wrong).status_code == 400
    assert client.get("/statistics/no-such-query").status_code == 404


def test_a_figure_is_exported_with_its_records(app: FastAPI) -> None:
    answer = client_of(app, "supervisor").get("/statistics/leads-by-field?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert re.search(r"L2026-0001", answer.text)


@pytest.mark.slow
def test_a_paper_comes_as_a_file(app: FastAPI) -> None:
    client = client_of(app, "supervisor")
    assert client.get("/reports/white-paper?format=docx").content.startswith(b"PK")
    assert client.get("/reports/class-case?field=express-waybill").content.startswith(b"%PDF")
    for wrong in ("/reports/no-such-paper", "/reports/white-paper?format=exe"):
        assert client.get(wrong).status_code == 404
