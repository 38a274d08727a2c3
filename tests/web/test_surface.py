"""What surrounds every answer: headers, limits, logs and figures; and escaping wherever something typed is shown."""

from __future__ import annotations

import logging
import re

import pytest
from fastapi import FastAPI

from qingyuan.web.pages import load_static
from qingyuan.web.routing import PAGES
from tests.web.making import client_of, post

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.mark.parametrize("path", ["/sign-in", "/static/app.css", "/no/such/page", "/healthz", "/leads"])
def test_every_answer_has_the_headers(app: FastAPI, path: str) -> None:
    headers = client_of(app, "prosecutor").get(path).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_pages_hold_no_script_or_style_of_their_own(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    for path in (
        "/",
        "/leads",
        "/leads/L2026-0001",
        "/matters/M2026-0001",
        "/account",
        "/acts/C2026-0001/consult",
    ):
        text = client.get(path).text
        assert re.findall(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=", text) == [], path


def test_what_was_typed_is_shown_as_text_wherever_it_is_shown(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    fields: dict[str, str | list[str]] = {
        "title": HOSTILE,
        "summary": HOSTILE,
        "region": HOSTILE,
        "source": "media",
        "field": "personal-information",
    }
    done = post(client, "/acts/new/lead-register", fields, form="/account")
    assert done.status_code == 303
    shown = [done.headers["location"], "/leads", "/", f"/leads?q={HOSTILE}", f"/sign-in?next={HOSTILE}"]
    for path in shown:
        text = client.get(path, follow_redirects=True).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
    assert "&lt;script&gt;alert(1)" in client.get(done.headers["location"]).text
    error = post(client, "/acts/C2026-0001/consult", {"form": HOSTILE}, form="/account")
    assert "<script>alert" not in error.text


def test_a_body_that_is_too_large_is_refused(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    assert client.post("/sign-in", content=b"x", headers={"content-length": str(1 << 40)}).status_code == 413


def test_log_and_figures_name_routes_and_never_what_was_asked_for(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(app, "prosecutor")
    with caplog.at_level(logging.INFO, logger="qingyuan.web"):
        client.get("/leads/L2026-0001?q=secret-name")
        client.get("/leads?q=line%0Abreak")
        client.get("/never%0A/heard-of-it")
    told = caplog.text
    assert "/leads/{identifier}" in told
    for hidden in ("secret-name", "L2026-0001", "heard-of-it", "user-prosecutor", "line\nbreak"):
        assert hidden not in told
    figures = client.get("/metrics").text
    assert 'qingyuan_requests_total{method="GET",route="/leads/{identifier}",status="200"} 1.0' in figures
    assert "L2026-0001" not in figures
    assert "qingyuan_log_entries" in figures


def test_style_and_script_keep_to_what_old_browsers_know() -> None:
    static = load_static()
    style, script = static["app.css"].data.decode(), static["app.js"].data.decode()
    assert (
        re.findall(
            r":has\(|:is\(|:where\(|@container|@layer|color-mix|oklch|\binset:|aspect-ratio|^\s*&",
            style,
            re.MULTILINE,
        )
        == []
    )
    assert re.findall(r"\?\.|\?\?|\.at\(|replaceAll|=>|\beval\(|innerHTML", script) == []
    assert len(style) + len(script) < 60_000


def test_every_page_of_the_table_says_what_it_needs() -> None:
    assert len(PAGES) > 20
