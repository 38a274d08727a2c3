"""Jobs that several processes work on: never twice at once, taken over after a kill, and real servers that are killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.packages.waiting import sweep_waiting
from qingyuan.web import ServeSettings
from qingyuan.web.jobs import DEATHS, LEASE, Jobs, Report
from qingyuan.web.state import JOB, State
from qingyuan.web.uploads import Uploads
from tests.office.running import collected
from tests.store.postgres import Cluster
from tests.warm import start
from tests.web.processes import Served, send


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'web.db'}"
        return
    cluster = Cluster()
    try:
        yield cluster.new_database()
    finally:
        cluster.stop()


def test_no_job_runs_twice_and_no_two_of_a_kind_at_once(url: str) -> None:
    done: list[str] = []
    now, most = 0, 0
    lock = threading.Lock()

    def work(identifier: str, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1
            done.append(identifier)
        return {}

    states = [State(url) for _ in range(4)]
    queues = [Jobs(state, {"intake": work}) for state in states]
    wanted = {queues[0].add("intake", "P001", {}) for _ in range(12)}
    for queue in queues:
        queue.start()
    deadline = time.monotonic() + 300
    while len(done) < len(wanted):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for queue, state in zip(queues, states, strict=True):
        queue.stop()
        state.close()
    assert sorted(done) == sorted(wanted)
    assert most == 1


def row(state: State) -> sa.Row[tuple[object, ...]]:
    with state.read() as connection:
        found = connection.execute(sa.select(JOB)).first()
    assert found is not None
    return found


def test_a_job_of_a_dead_process_is_free_at_once_and_of_a_silent_one_after_its_lease(tmp_path: Path) -> None:
    state = State.at(tmp_path / "web.db")
    queue = Jobs(state, {"intake": lambda *_: {}})
    queue.add("intake", "P001", {})
    taken = queue._take()
    assert taken is not None
    assert Jobs(state, {})._take() is None  # its owner lives
    gone = subprocess.Popen(["true"])
    gone.wait()
    host = queue.owner.split(" ", maxsplit=1)[0]
    with state.write() as connection:
        connection.execute(sa.update(JOB).values(owner=f"{host} {gone.pid} x"))
    second = Jobs(state, {})
    assert second._take() is not None
    assert row(state).runs == 2
    queue._end(taken.id, "done", {"by": "the first"})  # it lost the job, and changes nothing
    assert row(state).state == "running"
    assert queue._touch(taken.id) == ""
    with state.write() as connection:
        connection.execute(sa.update(JOB).values(owner="elsewhere 1 x"))
    assert second._take() is None  # another machine: only the lease tells
    with state.write() as connection:
        connection.execute(sa.update(JOB).values(lease=int(time.time()) - 1))
    before = int(time.time())
    assert second._take() is not None
    assert int(str(row(state).lease)) >= before + LEASE
    second.cancel(taken.id)
    with state.write() as connection:
        connection.execute(sa.update(JOB).values(lease=0))
    assert second._take() is None
    assert row(state).state == "cancelled"
    state.close()


def test_a_job_that_ends_its_processes_keeps_nobody_waiting_and_is_given_up(tmp_path: Path) -> None:
    state = State.at(tmp_path / "web.db")
    queue = Jobs(state, {})
    deadly = queue.add("intake", "P001", {"file": "deadly"})
    with state.write() as connection:
        connection.execute(sa.update(JOB).values(created=1))

    def die() -> str:
        """Take a job in a process that does not come back."""
        taken = queue._take()
        with state.write() as connection:
            connection.execute(sa.update(JOB).where(JOB.c.state == "running").values(lease=0))
        return taken.id if taken else ""

    assert die() == deadly
    other = queue.add("intake", "P002", {})
    taken = queue._take()
    assert taken is not None
    assert taken.id == other  # younger, and nobody died of it
    queue._end(other, "done", {})
    assert [die() for _ in range(DEATHS - 1)] == [deadly] * (DEATHS - 1)
    assert queue._take() is None
    found = queue.get(deadly)
    assert found is not None
    assert (found.state, found.result["code"]) == ("failed", "web.job-lost")
    queue.resume(deadly)  # somebody goes on with it: from the beginning of the count
    assert [die() for _ in range(DEATHS)] == [deadly] * DEATHS
    assert die() == ""
    state.close()


def test_who_asks_for_much_keeps_nobody_else_waiting(url: str) -> None:
    done: list[str] = []

    def work(identifier: str, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
        done.append(person)
        with state.write() as connection:  # it began a second before whatever comes next
            connection.execute(sa.update(JOB).where(JOB.c.begun > 0).values(begun=JOB.c.begun - 1))
        return {}

    state = State(url)
    jobs = Jobs(state, {"intake": work})
    for person, number in (("P001", 40), ("P002", 2), ("P003", 1)):
        for _ in range(number):
            jobs.add("intake", person, {})
    jobs.start()
    deadline = time.monotonic() + 120
    while len(done) < 43:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    jobs.stop()
    state.close()
    assert sorted(done[:3]) == ["P001", "P002", "P003"]
    assert done[3:5].count("P002") == 1
    assert set(done[5:]) == {"P001"}


def test_a_job_that_finds_no_room_on_the_disk_says_so_and_goes_on_when_there_is(tmp_path: Path) -> None:
    """``/dev/full`` refuses as a full disk does."""
    places = [Path("/dev/full"), tmp_path / "there"]

    def work(identifier: str, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
        return {"written": places.pop(0).write_text("x")}

    state = State.at(tmp_path / "web.db")
    jobs = Jobs(state, {"intake": work})
    job = jobs.add("intake", "P001", {})
    jobs.start()
    for ended in ("failed", "done"):
        deadline = time.monotonic() + 60
        while (found := jobs.get(job)) is None or not found.over:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert found.state == ended
        if ended == "failed":
            assert found.result["code"] == "web.job-no-room"
            assert "空间" in str(found.result["remedy_zh"])
            jobs.resume(job)
    jobs.stop()
    state.close()


def test_what_waits_too_long_is_removed_but_nothing_that_is_waited_for(home: Home, tmp_path: Path) -> None:
    state = State.at(tmp_path / "web.db")
    uploads = Uploads(state, home, ServeSettings())
    old, waited, fresh = (uploads.batch("P001") for _ in range(3))
    for batch in (old, waited, fresh):
        uploads.announce(batch, "a/b.txt", 5, "P001")
    Jobs(state, {}).add("intake", "P001", {"batch": waited})
    for batch in (old, waited):
        for path in (home.path / "uploads" / batch, *(home.path / "uploads" / batch).rglob("*")):
            os.utime(path, (1, 1))
    assert uploads.sweep(3600) == 1
    assert {path.name for path in (home.path / "uploads").iterdir()} == {waited, fresh}
    packages = home.path / "packages"
    packages.mkdir()
    for name in ("K2026-0001.evp.sealed", "K2026-0002.evp.sealed", "K2026-0003.evp"):
        (packages / name).write_bytes(b"x")
    os.utime(packages / "K2026-0001.evp.sealed", (1, 1))
    assert sweep_waiting(home, 3600) == 2  # one that waited long, and one in clear, of an earlier version
    assert [path.name for path in packages.iterdir()] == ["K2026-0002.evp.sealed"]
    state.close()


def test_a_web_database_of_an_older_program_gets_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    State.at(path).close()
    import sqlite3

    with sqlite3.connect(path) as old:
        old.execute("DROP TABLE job")
        old.execute(
            "CREATE TABLE job (id TEXT PRIMARY KEY, kind TEXT, person TEXT, state TEXT, args BLOB, "
            "progress BLOB, result BLOB, created INTEGER, updated INTEGER)"
        )
        old.execute("INSERT INTO job VALUES ('a', 'intake', 'P001', 'running', '{}', '{}', '{}', 1, 1)")
    old.close()
    state = State.at(path)
    assert Jobs(state, {})._take() is not None
    state.close()


def _until_taken(served: Served) -> None:
    """Wait until a worker is in the middle of the job."""
    until = time.monotonic() + 300
    while 'state="queued"' in served.client.get("/metrics").text:
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(0.3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_upload_goes_on_and_its_job_is_done_once_though_server_and_worker_are_killed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    home = tmp_path / "home"
    cluster = Cluster() if kind == "postgresql" else None
    try:
        Home.open(home, create=True, database_url=cluster.new_database() if cluster else "").close()
        options = ("--workers", "2", "--no-jobs") if cluster else ("--no-jobs",)
        served = Served(home, *options)
        served.enter()
        data = "".join(f"联系电话 138{n:08d}\n" for n in range(30_000)).encode()
        batch = served.post("/intake/batches", "/intake").json()["batch"]
        made = served.post("/intake/files", "/intake", batch=batch, path="名单.txt", size=str(len(data)))
        upload, half = made.json()["id"], len(data) // 2
        assert send(served, upload, data[:half], 0) == half
        served.end(signal.SIGKILL if not cluster else signal.SIGTERM)
        served = Served(home, *options)
        served.enter()
        served.post("/intake/batches", "/intake")
        at = int(served.client.get(f"/uploads/{upload}").json()["offset"])
        assert at == half
        assert send(served, upload, data[at:], at) == len(data)
        shown = served.post(
            "/intake", "/intake", batch=batch, title="名单", source="media", field="express-waybill"
        )
        job = re.search(r"/jobs/([0-9a-f]+)", str(shown.url))
        assert job
        first = start("worker", "--home", home, "--json", stdout=subprocess.PIPE)
        _until_taken(served)
        first.kill()
        first.communicate()
        workers = [start("worker", "--home", home, "--json", stdout=subprocess.DEVNULL) for _ in range(2)]
        deadline = time.monotonic() + 600
        while "data-job" in served.client.get(f"/jobs/{job[1]}").text:
            assert time.monotonic() < deadline
            time.sleep(0.3)
        metrics = served.client.get("/metrics").text
        assert 'qingyuan_jobs{kind="intake",state="done"} 1.0' in metrics
        assert "qingyuan_requests_total" in metrics
        for worker in workers:
            worker.terminate()
        assert [worker.wait(300) for worker in workers] == [0, 0]
        served.end()
        assert served.process.returncode in {0, -signal.SIGTERM}  # told again after everything was closed
        with Home.open(home) as opened:
            assert list(check_home(opened)) == []
            assert len(collected(opened, "L2026-0001")) == 1
        assert list((home / "uploads").glob(f"{batch}*")) == []
    finally:
        if cluster:
            cluster.stop()
