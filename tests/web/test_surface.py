"""What surrounds every answer: headers, limits, logs and figures; and escaping wherever something typed is shown."""

from __future__ import annotations

import contextlib
import logging
import re
import socket

import pytest
from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.web.pages import load_static
from qingyuan.web.routing import PAGES
from qingyuan.web.wire import MAX_HEAD
from tests.web.making import client_of, desk_of, post
from tests.web.serving import served

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
    for lang, words in (("zh", "内容超过 64 KB"), ("en", "more than 64 KB")):
        huge = {"content-length": str(1 << 40), "accept-language": lang}
        answer = client.post("/sign-in", content=b"x", headers=huge)
        assert answer.status_code == 413
        assert answer.headers["content-type"].startswith("text/html")
        assert words in answer.text
        assert "web.too-large" in answer.text
    unreadable = {"content-type": "multipart/form-data; boundary=x"}
    assert "web.bad-form" in client.post("/preferences", content=b"x", headers=unreadable).text


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


def test_what_nobody_foresaw_is_answered_with_the_headers_and_logged_without_its_words(
    app: FastAPI, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("13900139777")

    client = client_of(app, "prosecutor")
    monkeypatch.setattr("qingyuan.web.workbench.home.overview", fail)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "web.unexpected" in answer.text
    assert "KeyError" in caplog.text
    assert "13900139777" not in caplog.text + answer.text


def test_no_answer_is_kept_by_what_lies_between_and_no_host_is_believed(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    token = desk_of(app).tokens.make(desk_of(app).people.all()[0].person, "x", ["read"], 3)
    for path in ("/leads", "/api/v1/leads", "/trust.json", "/leads/file"):
        answer = client.get(path, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store", path
    assert client.get("/leads/", headers={"host": "evil.example"}).status_code == 404
    assert "evil" not in client.get("/", headers={"host": "evil.example"}).headers.get("location", "")


def test_a_head_without_end_or_that_never_ends_is_not_listened_to(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingyuan.web.wire.HEAD_SECONDS", 0.2)
    for sent in (
        b"GET / HTTP/1.1\r\nX: " + b"a" * (MAX_HEAD + 1),
        b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 20_000 + b"\r\n",
    ):
        with (
            served(home) as (url, _),
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as one,
        ):
            with contextlib.suppress(OSError):
                one.sendall(sent)
            with contextlib.suppress(ConnectionError):
                assert one.recv(100)[:12] in {b"HTTP/1.1 400", b""}
    with (
        served(home) as (url, _),
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as one,
    ):
        one.settimeout(60)
        one.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert one.recv(1) == b""


def test_what_is_read_before_anybody_signed_in_is_small(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(app, "prosecutor")
    typed = {"content-type": "application/x-www-form-urlencoded"}
    for path, kind, size in (
        ("/sign-in", typed, 64 << 10),
        ("/progress", {"content-type": "multipart/form-data; boundary=x"}, 64 << 10),
        ("/acts/new/lead-register", typed, 4 << 20),
        ("/api/v1/acts/new/lead-register", {"content-type": "application/json"}, 1 << 20),
    ):
        assert client.post(path, content=b"a" * (size + 1), headers=kind).status_code == 413, path
    client.cookies.clear()

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("starlette.requests.Request.form", never)
    assert client.post("/acts/new/lead-register", content=b"a" * 65_537, headers=typed).status_code == 401


def test_style_and_script_keep_to_what_old_browsers_know() -> None:
    static = load_static()
    style = "".join(one.data.decode() for name, one in static.items() if name.endswith(".css"))
    script = "".join(static[name].data.decode() for name in ("app.js", "desk.js"))
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
