"""Invitations on the command line: a link that opens the case on the web, and opens nothing once it was withdrawn."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qingyuan.office.home import Home
from qingyuan.store import events
from tests.cli.running import run
from tests.web.making import client_of, clock, make_office, open_app

CASE = "C2026-0001"


@pytest.mark.slow
def test_a_link_opens_the_case_until_it_is_withdrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("QINGYUAN_CLOCK", "2026-07-01T09:00:00+08:00")
    make_office(tmp_path)
    home = tmp_path / "home"
    wrong = run(
        "portal", "invite", CASE, "--kind", "firm", "--name", "无此公司", "--home", str(home), "--json"
    )
    assert wrong.json()["error"]["code"] == "web.no-measures"
    made = run("portal", "invite", CASE, "--kind", "court", "--name", "清州市人民法院", "--home", str(home),
               "--public-url", "https://portal.example", "--json").json()  # fmt: skip
    assert made["link"].startswith("https://portal.example/portal/i/")
    (row,) = run("portal", "list", CASE, "--home", str(home), "--json").json()
    assert (row["id"], row["open"], row["name"]) == (made["id"], True, "清州市人民法院")
    path = made["link"].removeprefix("https://portal.example")
    assert opens(home, path)
    done = run("portal", "withdraw", CASE, made["id"], "--home", str(home), "--json").json()
    assert done["withdrawn"] is True
    assert not opens(home, path)
    assert (
        run("portal", "withdraw", CASE, made["id"], "--home", str(home), "--json").json()["withdrawn"]
        is False
    )
    with Home.open(home) as opened, opened.database.read() as connection:
        types = [event.type for event in events(connection, ["M2026-0001"])]
    assert types[-2:] == ["access.sent", "access.withdrawn"]


def opens(home: Path, path: str) -> bool:
    copy = Path(shutil.copytree(home, home.with_name("served"), dirs_exist_ok=True))
    with Home.open(copy, clock=clock()) as opened:
        app = open_app(opened)
        try:
            return client_of(app).get(path).status_code == 200
        finally:
            app.state.desk.close()
