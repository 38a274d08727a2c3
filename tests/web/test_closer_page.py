"""Ages and waybills of a lead on their page: figures, no values, and a day that is none is refused."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from tests.web.making import client_of

LEAD = "L2026-0001"


def test_the_page_counts_and_shows_nobody(app: FastAPI) -> None:
    client = client_of(app, "technician")
    assert f"/leads/{LEAD}/scan/closer" in client.get(f"/leads/{LEAD}/scan").text
    shown = client.get(f"/leads/{LEAD}/scan/closer", params={"on": "2026-06-01", "sampled": "1"})
    assert shown.status_code == 200
    assert 'id="ages"' in shown.text
    assert 'id="waybills"' in shown.text
    assert client.get(f"/leads/{LEAD}/scan/closer", params={"on": "31.1.2026"}).status_code == 400


def test_what_is_too_much_for_the_page_is_counted_as_a_job(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingyuan.web.workbench.closer._MOST_BYTES", 0)
    client = client_of(app, "technician")
    shown = client.get(f"/leads/{LEAD}/scan/closer").text
    assert f'class="button" href="/leads/{LEAD}/harm"' in shown
    assert "<code>" not in shown
    assert f'action="/leads/{LEAD}/harm"' in client.get(f"/leads/{LEAD}/harm").text
