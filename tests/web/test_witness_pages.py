"""Witnesses and authorities asked from the browser, a log that a witness stopped, and the way back; all with real ones."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.home import Home
from qingyuan.office.recognition.asking import cosign
from qingyuan.office.recognition.stopped import read_stop
from qingyuan.shapes import convert
from qingyuan.store import EventDraft, events
from qingyuan.store.registry import exhibits
from tests.ledger.witnessing import cosigner
from tests.office.recognition.recognising import grow, seat, served, witness, write_policy
from tests.office.timestamps.authorities import authority, configure, entry
from tests.web.making import client_of, clock, desk_of, ended, open_app, post

_LONG = 120.0


def done(app: FastAPI, client: TestClient, path: str, fields: dict[str, str | list[str]]) -> str:
    """Begin a job, let it be done, and return its page."""
    desk = desk_of(app)
    where = post(client, path, fields, form="/account").headers["location"]
    desk.jobs.start()
    deadline = time.monotonic() + _LONG
    while not (found := desk.jobs.get(where.rpartition("/")[2])) or not found.over:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return client.get(where).text


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[tuple[FastAPI, Home, TestClient]]:
    """Open the office and sign its administrator in."""
    with Home.open(folder, clock=clock()) as home:
        app = open_app(home)
        try:
            yield app, home, client_of(app, "administrator")
        finally:
            app.state.desk.close()


def databases(folder: Path, to: Path) -> None:
    """Put the database of one folder in the place of another's."""
    for name in ("qingyuan.db", "qingyuan.db-wal", "qingyuan.db-shm"):
        (to / name).unlink(missing_ok=True)
        if (folder / name).exists():
            shutil.copy(folder / name, to / name)


def test_witnesses_are_asked_an_old_backup_is_stopped_and_the_newest_state_lifts_the_stop(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(made / "data"))
    folder = Path(shutil.copytree(made / "home", tmp_path / "home"))
    with contextlib.ExitStack() as stack:
        with opened(folder) as (app, home, client):
            url = stack.enter_context(witness(tmp_path / "1", served(home), cosigner(1), clock()))
            write_policy(
                folder,
                [seat(1, url), seat(2, "http://127.0.0.1:9/")],
                ["group 任一 any w1 w2", "quorum 任一"],
            )
            text = done(app, client, "/admin/witnesses/ask", {})
            assert "达到法定数" in text
            assert "w2" in text
            assert "落后" not in client.get("/admin/witnesses").text
        old = Path(shutil.copytree(folder, tmp_path / "old"))
        with Home.open(folder, clock=clock()) as home:
            grow(home, 3)
            cosign(home)
        newest = Path(shutil.copytree(folder, tmp_path / "newest"))
        databases(old, folder)  # the mistake
        with opened(folder) as (app, home, client):
            assert "旧备份" in done(app, client, "/admin/witnesses/ask", {})
            shown = client.get("/admin/witnesses").text
            assert "账本已停止写入" in shown
            assert "见证方出示了本院自己签名的检查点" in shown
            assert "现在请各见证方会签" not in shown
            assert "账本已停止写入" in client.get("/admin/keys").text
            assert client.get("/admin/witnesses/files/stopped.json").json()["reason"] == "rolled-back"
            assert client.get("/admin/witnesses/files/keyring.json").status_code == 404
            refused = post(client, "/admin/witnesses/resume", {}, form="/account")
            assert refused.status_code == 400
            assert "仍不包含" in refused.text
        databases(newest, folder)
        with opened(folder) as (app, home, client):
            assert post(client, "/admin/witnesses/resume", {}, form="/account").status_code == 303
            assert read_stop(folder) is None
            assert "账本已停止写入" not in client.get("/admin/keys").text
            with home.database.read() as connection:
                assert [one.type for one in events(connection, ["office"])].count("recognition.resumed") == 1
            home.append([EventDraft("office", "office.noted", {})], actor="D001")


def test_timestamps_are_asked_for_checked_and_handed_out(app: FastAPI, home: Home) -> None:
    client = client_of(app, "administrator")
    assert "tsa.yaml" in client.get("/admin/timestamps").text
    with authority() as (url, found):
        configure(home.path, entry("a", url, found))
        assert "新取得" in done(app, client, "/admin/timestamps/ask", {"do": "newest"})
    shown = client.get("/admin/timestamps").text
    assert "只有一家机构" in shown
    assert client.get("/admin/timestamps/1/answer").content[:1] == b"\x30"
    assert client.get("/admin/timestamps/1/message").text.startswith(home.settings.origin.split("/")[0])
    assert "全部可信" in done(app, client, "/admin/timestamps/ask", {"do": "check"})
    assert client.get("/admin/timestamps/99/answer").status_code == 404
    assert post(client, "/admin/timestamps/ask", {"do": "anything"}, form="/account").status_code == 400


def test_an_exhibit_is_stamped_from_its_page_once_and_the_job_says_who_stamped(
    app: FastAPI, home: Home
) -> None:
    client = client_of(app, "prosecutor")
    with home.database.read() as connection:
        exhibit = exhibits(connection, ["L2026-0001"])[0].id
    with authority() as (url, found):
        configure(home.path, entry("a", url, found))
        for told in ("stamped", "present"):
            begun = post(client, f"/exhibits/{exhibit}/stamp", form="/account")
            job = ended(app, begun.headers["location"])
            assert (job.state, [each[0] for each in convert(job.result[told], list[list[str]])]) == (
                "done",
                ["a"],
            ), job.result
    assert client.get(begun.headers["location"]).status_code == 200
    # The job of somebody is nobody else's.
    assert client_of(app, "assistant").get(begun.headers["location"]).status_code == 404
