"""Uploads by chunks, the intake as a job, and what the scan found."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.home import Home
from qingyuan.web.errors import WebError
from qingyuan.web.jobs import Jobs, Report
from qingyuan.web.state import State
from qingyuan.web.uploads import clean
from tests.web.making import client_of, desk_of, post, token_of

LINE = "联系电话 13900139{:03d}\n"
TEXT = "".join(LINE.format(number) for number in range(300)).encode()


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return client_of(app, "technician")


def announce(client: TestClient, batch: str, path: str, size: int) -> str:
    answer = post(client, "/intake/files", {"batch": batch, "path": path, "size": str(size)}, form="/intake")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def put(client: TestClient, upload: str, offset: int, data: bytes) -> int:
    headers = {"x-qy-token": token_of(client, "/intake")}
    return client.put(
        f"/uploads/{upload}", params={"offset": offset}, content=data, headers=headers
    ).status_code


def test_a_file_arrives_by_chunks_and_goes_on_where_it_broke(app: FastAPI, client: TestClient) -> None:
    batch = post(client, "/intake/batches", form="/intake").json()["batch"]
    upload = announce(client, batch, "名单/a.txt", len(TEXT))
    assert put(client, upload, 0, TEXT[:1000]) == 200
    assert put(client, upload, 0, TEXT[:1000]) == 409
    assert client.get(f"/uploads/{upload}").json() == {"offset": 1000}
    assert announce(client, batch, "名单/a.txt", len(TEXT)) == upload
    assert not desk_of(app).uploads.complete(batch)
    refused = post(client, "/intake", {"batch": batch}, form="/intake")
    assert refused.status_code == 400
    assert "文件还没有传完" in refused.text
    assert put(client, upload, 1000, TEXT[1000:] + b"more") == 400
    offset = client.get(f"/uploads/{upload}").json()["offset"]
    assert put(client, upload, offset, TEXT[offset:]) == 200
    assert desk_of(app).uploads.complete(batch)
    file = desk_of(app).uploads.folder(batch) / "名单" / "a.txt"
    assert b"13900139" not in file.read_bytes()
    with desk_of(app).uploads.content(file) as source:
        assert source.stream.read() == TEXT


def test_an_upload_is_its_owner_s_alone_and_needs_the_token(app: FastAPI, client: TestClient) -> None:
    batch = post(client, "/intake/batches", form="/intake").json()["batch"]
    upload = announce(client, batch, "a.txt", 4)
    other = client_of(app, "prosecutor")
    assert put(other, upload, 0, b"evil") == 404
    assert put(client_of(app, "supervisor"), upload, 0, b"evil") == 403
    assert client.put(f"/uploads/{upload}", params={"offset": 0}, content=b"evil").status_code == 400
    assert client.get(f"/uploads/{upload}").json() == {"offset": 0}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/root/.ssh/key", "root/.ssh/key"),
        ("..\\..\\windows\\a.dll", "windows/a.dll"),
        ("名单/一.csv", "名单/一.csv"),
        ("a\x00b\n.txt", "ab.txt"),
    ],
)
def test_a_path_stays_inside_its_batch(sent: str, kept: str) -> None:
    assert clean(sent) == kept


@pytest.mark.parametrize("sent", ["", "..", "///", "x" * 300, "/".join("a" * 40)])
def test_a_path_of_which_nothing_is_left_is_refused(sent: str) -> None:
    with pytest.raises(WebError):
        clean(sent)


def test_a_plain_form_takes_material_in_and_the_scan_shows_it_masked(app: FastAPI, home: Home) -> None:
    desk = desk_of(app)
    with client_of(app, "technician") as client:
        token = token_of(client, "/intake")
        sent = client.post(
            "/intake",
            data={"_token": token, "title": "上传的材料", "source": "media", "field": "express-waybill"},
            files=[("files", ("../名单.txt", TEXT)), ("files", ("名单.txt", TEXT[:60]))],
        )
        job = sent.headers["location"]
        assert "job." not in client.get(job).text
        deadline = time.monotonic() + 120
        while not (found := desk.jobs.get(job.rsplit("/", 1)[1])) or not found.over:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert found.state == "done", found.result
        assert found.result["exhibits"] == 2
        events = client.get(f"{job}/events").text
        assert '"state": "done"' in events
        lead = str(found.result["lead"])
        shown = client.get(f"/leads/{lead}/scan").text
        assert "139****9000" in shown
        assert "13900139000" not in shown
        assert "《中华人民共和国个人信息保护法》" in shown
        only = client.get(f"/leads/{lead}/scan?kind=mobile").text
        assert "139****9000" in only
    assert list((home.path / "uploads").iterdir()) == []


def wait(jobs: Jobs, identifier: str, *states: str) -> None:
    deadline = time.monotonic() + 120
    while (found := jobs.get(identifier)) is None or found.state not in states:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State.at(tmp_path / "web.db")
    yield opened
    opened.close()


def test_a_job_is_cancelled_gone_on_with_and_put_back_after_a_kill(state: State) -> None:
    steps: list[int] = []

    def work(identifier: str, args: dict[str, object], person: str, report: Report) -> dict[str, object]:
        for step in range(len(steps), int(str(args["steps"]))):
            report({"stage": "seal", "done": step})
            steps.append(step)
            if args.get("slow"):
                time.sleep(0.05)
        return {"steps": len(steps)}

    jobs = Jobs(state, {"count": work})
    jobs.start()
    job = jobs.add("count", "P001", {"steps": 200, "slow": True})
    wait(jobs, job, "running")
    deadline = time.monotonic() + 120
    while not steps:  # it is told to be running a moment before it does anything
        assert time.monotonic() < deadline
        time.sleep(0.01)
    jobs.cancel(job)
    wait(jobs, job, "cancelled")
    assert 0 < len(steps) < 200
    jobs.resume(job)
    wait(jobs, job, "running")
    jobs.stop()
    found = jobs.get(job)
    assert found is not None
    assert found.state == "queued"  # free for the next worker at once
    again = Jobs(state, {"count": work})
    steps.extend(range(len(steps), 200))
    again.start()
    wait(again, job, "done")
    done = again.get(job)
    assert done is not None
    assert done.result == {"steps": 200}
    again.stop()


def test_a_job_that_fails_says_why_and_the_next_one_runs(state: State) -> None:
    def work(identifier: str, args: dict[str, object], person: str, report: Report) -> dict[str, object]:
        if args:
            raise WebError("web.no-files", 400, zh="没有文件", en="no files")
        return {}

    jobs = Jobs(state, {"try": work})
    jobs.start()
    bad, good = jobs.add("try", "P001", {"x": 1}), jobs.add("try", "P001", {})
    wait(jobs, bad, "failed")
    wait(jobs, good, "done")
    failed = jobs.get(bad)
    assert failed is not None
    assert failed.result["zh"] == "没有文件"
    jobs.stop()
