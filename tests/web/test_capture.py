"""Capturing from the browser: a page is sealed, what lies inside the network is refused and said so, a list is gone on with."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.capture import CaptureSettings
from qingyuan.office.home import Home
from qingyuan.office.sealing import open_exhibit
from qingyuan.store.registry import exhibits
from qingyuan.web import ServeSettings, create_app
from qingyuan.web.errors import WebError
from qingyuan.web.workbench.capture import addresses, settings_of
from tests.office.capture.site import Site, serving
from tests.web.making import client_of, desk_of, post

LEAD = "L2026-0001"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as started:
        yield started


@pytest.fixture
def app(home: Home, site: Site) -> Iterator[FastAPI]:
    allowed = frozenset({("127.0.0.1", site.server_port)})
    made = create_app(home, ServeSettings(host="testserver", port=80, job_workers=0, capture_allowed=allowed))
    yield made
    made.state.desk.close()


def done(app: FastAPI, client: TestClient, where: str) -> str:
    """Return the page of a job when it has ended."""
    deadline = time.monotonic() + 120
    while not (found := desk_of(app).jobs.get(where.rpartition("/")[2])) or not found.over:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert found.state == "done", found.result
    return client.get(where).text


@pytest.mark.slow
def test_a_page_is_sealed_and_an_address_inside_the_network_is_refused(
    app: FastAPI, home: Home, site: Site
) -> None:
    with client_of(app, "technician") as client:
        inside = "http://127.0.0.1:9/metadata"
        fields: dict[str, str | list[str]] = {
            "record": LEAD,
            "urls": f"{site.url}/\n# 注释\n{inside}\n{site.url}/",
            "second": "P009",
            "place": "清州",
        }
        begun = post(client, "/capture", fields, form="/account")
        assert begun.status_code == 303, begun.text
        text = done(app, client, begun.headers["location"])
        assert "直播间" in text
        assert "断网回放" in text
        assert "capture.refused-address" in text
        assert "本机回环地址" in text
        assert text.count('class="card page-taken"') == 2
        only = client.get(f"{begun.headers['location']}?show=failed").text
        assert only.count('class="card page-taken"') == 1
        with home.database.read() as connection:
            sealed = {row.path.rpartition("/")[2] for row in exhibits(connection, [LEAD])}
        assert {"capture.wacz", "page.png", "page.html", "acquisition.json"} <= sealed
        picture = re.search(r'href="(/exhibits/X\w+/picture)"', text)
        assert picture
        before = home.head()
        seen = client.get(picture[1])
        assert seen.content.startswith(b"\x89PNG")
        assert "sandbox" in seen.headers["content-security-policy"]
        after = home.head()
        assert before is not None
        assert after is not None
        assert after.size == before.size + 1


def test_only_what_a_capture_drew_is_shown_in_the_browser(app: FastAPI, home: Home) -> None:
    with home.database.read() as connection:
        sealed = exhibits(connection, [LEAD])[0].id
    assert client_of(app, "technician").get(f"/exhibits/{sealed}/picture").status_code == 404


@pytest.mark.parametrize(
    "urls", ["", "# nothing", "ftp://example.org/", "http://user:pw@example.org/", "no address"]
)
def test_what_cannot_be_captured_is_said_before_a_job_begins(app: FastAPI, urls: str) -> None:
    client = client_of(app, "technician")
    fields: dict[str, str | list[str]] = {"record": LEAD, "urls": urls, "place": "清州市"}
    refused = post(client, "/capture", fields, form="/account")
    assert refused.status_code == 400
    assert 'value="清州市"' in refused.text
    assert desk_of(app).jobs.newest() == []


def test_a_record_that_is_not_there_is_said_before_a_job_begins(app: FastAPI) -> None:
    client = client_of(app, "technician")
    fields: dict[str, str | list[str]] = {"record": "L2026-0999", "urls": "https://example.org/"}
    assert post(client, "/capture", fields, form="/account").status_code in {400, 404}
    assert desk_of(app).jobs.newest() == []


def test_the_second_collector_is_somebody_else(app: FastAPI) -> None:
    client = client_of(app, "technician")
    me = next(one.person for one in desk_of(app).people.all() if one.name == "user-technician")
    fields: dict[str, str | list[str]] = {"record": LEAD, "urls": "https://example.org/", "second": me}
    assert "另一个人" in post(client, "/capture", fields, form="/account").text
    assert desk_of(app).jobs.newest() == []


def test_a_list_is_read_line_by_line_each_address_once() -> None:
    assert addresses("https://a.example/\n\n#x\nhttps://b.example/\nhttps://a.example/") == [
        "https://a.example/",
        "https://b.example/",
    ]
    with pytest.raises(WebError):
        addresses("\n".join(f"https://a.example/{n}" for n in range(2001)))


@pytest.mark.parametrize(
    ("field", "value"),
    [("seconds", "0"), ("seconds", "3601"), ("seconds", "1.5"), ("seconds", "x"), ("device", "D" * 129)],
)
def test_a_limit_or_device_that_is_none_is_said_beside_its_field(
    app: FastAPI, field: str, value: str
) -> None:
    fields: dict[str, str | list[str]] = {
        "record": LEAD,
        "urls": "https://example.org/",
        "unreplayed": "1",
        field: value,
    }
    refused = post(client_of(app, "technician"), "/capture", fields, form="/account")
    assert refused.status_code == 400
    assert re.search(f'name="{field}"[^>]*aria-invalid="true"', refused.text)
    assert '<details class="more" open>' in refused.text
    assert re.search(r'name="unreplayed" value="1" checked', refused.text)
    assert desk_of(app).jobs.newest() == []


@pytest.mark.slow
def test_the_job_takes_the_device_the_limit_and_leaves_the_replay_out(
    app: FastAPI, home: Home, site: Site
) -> None:
    with client_of(app, "technician") as client:
        fields: dict[str, str | list[str]] = {
            "record": LEAD, "urls": f"{site.url}/", "device": "D007", "seconds": "61", "unreplayed": "1",
        }  # fmt: skip
        begun = post(client, "/capture", fields, form="/account")
        assert begun.status_code == 303, begun.text
        assert "未进行回放核对" in done(app, client, begun.headers["location"])
    with home.database.read() as connection:
        rows = {row.path.rpartition("/")[2]: row for row in exhibits(connection, [LEAD])}
    with open_exhibit(home, rows["acquisition.json"]) as content:
        record = content.read().decode()
    assert '"D007"' in record
    job = desk_of(app).jobs.newest()[0]
    settings = settings_of(job.args, frozenset())
    assert (settings.bounds.seconds, settings.replay, settings.raw) == (61, False, True)
    assert settings_of({}, frozenset()) == CaptureSettings()
