"""The first start of a home that nobody named: search the office, say the origin, make the account, and be let in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from qingyuan.office.home import Home
from tests.web.making import PASSWORD, client_of, clock, desk_of, open_app, post

Fields = dict[str, str | list[str]]


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with Home.open(tmp_path / "home", create=True, begin=False, clock=clock()) as home:
        app = open_app(home)
        yield app
        app.state.desk.close()


def test_from_nothing_to_the_workbench_of_an_office_that_was_found_by_its_name(new: FastAPI) -> None:
    client, desk = client_of(new), desk_of(new)
    for path in ("/", "/portal", "/report", "/sign-in", "/verify"):
        assert client.get(path).headers["location"] == "/setup"
    code = desk.setup_code
    found = client.get(f"/setup?code={code}&q=义乌").text
    assert f'href="/setup?code={code}&amp;office=procuratorate-330782"' in found
    assert "未核" in found
    form = f"/setup?code={code}&office=procuratorate-330782"
    assert 'value="procuratorate-330782.qingyuan.invalid/' in client.get(form).text
    fields: Fields = {
        "code": code, "office_id": "procuratorate-330782", "office_name": "义乌市人民检察院", "division": "330782",
        "level": "county", "origin": "HTTPS://x", "name": "li", "display": "李", "password": PASSWORD, "again": PASSWORD,
    }  # fmt: skip
    refused = post(client, "/setup", fields, form=form)
    assert refused.status_code == 400
    assert 'value="李"' in refused.text
    assert desk.home.head() is None
    assert not desk.people.any()
    assert (
        post(client, "/setup", {**fields, "origin": "jcy.example/log", "name": "x"}, form=form).status_code
        == 400
    )
    assert desk.home.head() is None
    done = post(client, "/setup", {**fields, "origin": "jcy.example/log"}, form=form)
    assert done.status_code == 303
    assert 'id="first"' in client.get("/").text
    desk.people.add("gao", "高", ["administrator"], PASSWORD)
    assert 'id="first"' not in client.get("/").text
    assert client.get("/parties/procuratorate-330782").status_code == 200
    assert desk.posts.roles("P001") == ("prosecutor", "chief")
    assert desk.home.settings.origin == "jcy.example/log"
    assert (desk.home.path / "log" / "checkpoint").read_text().startswith("jcy.example/log\n")


def test_a_home_with_dockets_says_its_office_and_asks_for_none(app: FastAPI) -> None:
    text = client_of(app).get("/setup").text
    assert "清州市人民检察院" in text
    assert 'name="office_name"' not in text
    assert "data-passkey" not in client_of(app, "chief").get("/sign-in").text


@pytest.mark.parametrize(
    ("url", "works"),
    [("https://jcy.example", True), ("http://jcy.example", False), ("https://10.0.0.8", False), ("", True)],
)
def test_passkeys_are_offered_only_where_browsers_have_them(url: str, works: bool) -> None:
    from qingyuan.web import ServeSettings

    assert ServeSettings(public_url=url).passkeys is works
