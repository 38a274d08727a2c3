"""A larger site, for real: PostgreSQL, an object store, two servers and a worker; and the database is killed under all of them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
import sqlalchemy as sa

from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.store import BucketBlobs
from qingyuan.store.schema import EVENT
from tests.buckets import KEYS, object_store
from tests.office.running import collected
from tests.store.postgres import Cluster
from tests.warm import run
from tests.web.processes import Served, send

_LONG = 120.0


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    try:
        yield made
    finally:
        made.stop()


class _People:
    """Programs and readers that go on asking while the database is away; what was acknowledged is remembered."""

    def __init__(self, served: Served, token: str, exhibit: str) -> None:
        self.ended = threading.Event()
        self.registered: list[tuple[int, str, str]] = []
        self.read = self.tried = 0
        self.odd: list[str] = []
        self._turn = threading.Lock()
        self._url = served.url
        self._bearer = {"Authorization": f"Bearer {token}"}
        self._cookies = dict(served.client.cookies)
        self._exhibit = exhibit
        self._threads = [threading.Thread(target=self._register, args=(n,)) for n in range(3)]
        self._threads += [threading.Thread(target=self._look) for _ in range(3)]
        for thread in self._threads:
            thread.start()

    def _ask(
        self, client: httpx.Client, method: str, path: str, body: object = None
    ) -> httpx.Response | None:
        try:
            answer = client.request(method, path, json=body) if body is not None else client.get(path)
        except httpx.TransportError as error:
            self.odd.append(type(error).__name__)
            return None
        if answer.status_code == 503:
            assert "content-security-policy" in answer.headers
            time.sleep(0.05)
        elif answer.status_code != 200:
            self.odd.append(f"{answer.status_code} {answer.text[:300]}")
        return answer

    def _register(self, number: int) -> None:
        with httpx.Client(base_url=self._url, timeout=_LONG, headers=self._bearer) as client:
            turn = 0
            while not self.ended.is_set():
                turn += 1
                title = f"线索 {number} {turn}"
                body = {"title": title, "source": "media", "field": "express-waybill"}
                answer = self._ask(client, "POST", "/api/v1/acts/new/lead-register", body)
                if answer is not None and answer.status_code == 200:
                    event = answer.json()["events"][0]
                    with self._turn:
                        self.registered.append((event["index"], event["stream"], title))

    def _look(self) -> None:
        with httpx.Client(base_url=self._url, timeout=_LONG, cookies=self._cookies) as client:
            while not self.ended.is_set():
                with self._turn:
                    self.tried += 1
                answer = self._ask(client, "GET", f"/exhibits/{self._exhibit}/content")
                if answer is not None and answer.status_code == 200:
                    with self._turn:
                        self.read += 1

    def end(self) -> None:
        self.ended.set()
        for thread in self._threads:
            thread.join(_LONG)

    def done(self) -> tuple[int, int]:
        """Return how many registrations and readings were acknowledged."""
        with self._turn:
            return len(self.registered), self.read


def _until(true: object, what: str) -> None:
    deadline = time.monotonic() + _LONG
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def _text(served: Served, path: str) -> tuple[int, str]:
    answer = served.client.get(path)
    return answer.status_code, answer.text


@pytest.mark.slow
def test_a_larger_site_works_from_upload_to_restore_and_outlives_its_database(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "store").mkdir()
    home = tmp_path / "home"
    with object_store(tmp_path / "store") as bucket:
        made = run("office", "init", "--id", "test", "--name", "清州市人民检察院", "--home", home,
                   "--database", cluster.new_database(), "--blobs", bucket.url("site"))  # fmt: skip
        assert made.returncode == 0, made.stderr
        served = Served(home, "--workers", "2")
        try:
            served.enter()
            lead, exhibit = _taken_in(served)
            _packed(served, home, lead)
            token = _token(served)
            people = _People(served, token, exhibit)
            try:
                _killed(served, cluster, people)
            finally:
                people.end()
            assert people.odd == []
            copied = run("backup", tmp_path / "copy", "--home", home, "--json")
            assert (copied.returncode, '"missing": []' in copied.stdout) == (0, True), (
                copied.stdout + copied.stderr
            )
        finally:
            served.end()
        with Home.open(home) as opened:
            assert isinstance(opened.blobs, BucketBlobs)
            _nothing_is_lost(opened, people)
            assert list(check_home(opened)) == []
        again = run("restore", tmp_path / "copy", "--home", tmp_path / "again", "--json",
                    "--database", cluster.new_database(), "--blobs", bucket.url("new"))  # fmt: skip
        assert (again.returncode, '"ok": true' in again.stdout) == (0, True), again.stdout + again.stderr
        with Home.open(tmp_path / "again") as restored:
            _nothing_is_lost(restored, people)


def _taken_in(served: Served) -> tuple[str, str]:
    """Upload a file by chunks, let the worker take it in, and return the lead and the exhibit."""
    data = "".join(f"联系电话 138{n:08d}\n" for n in range(3_000)).encode()
    batch = served.post("/intake/batches", "/intake").json()["batch"]
    made = served.post("/intake/files", "/intake", batch=batch, path="名单.txt", size=str(len(data)))
    upload, half = made.json()["id"], len(data) // 2
    assert send(served, upload, data[:half], 0) == half
    assert send(served, upload, data[half:], half) == len(data)
    shown = served.post(
        "/intake", "/intake", batch=batch, title="名单", source="media", field="express-waybill"
    )
    job = re.search(r"/jobs/([0-9a-f]+)", str(shown.url))
    assert job
    _until(lambda: "data-job" not in served.client.get(f"/jobs/{job[1]}").text, "the intake does not end")
    lead = re.search(r"L\d{4}-\d{4}", served.client.get(f"/jobs/{job[1]}").text)
    assert lead
    exhibit = re.search(r"X[0-9a-f]{16}", served.client.get(f"/leads/{lead[0]}").text)
    assert exhibit
    return lead[0], exhibit[0]


def _packed(served: Served, home: Path, lead: str) -> None:
    """Make a package in the browser, take it, and judge it."""
    shown = served.post("/packages", f"/leads/{lead}", record=lead, to="清州市人民法院")
    _until(lambda: "/jobs/" not in served.client.get(shown.url.path).url.path, "the package is not made")
    file = served.client.get(f"{served.client.get(shown.url.path).url.path}/file")
    assert file.status_code == 200
    package = home.parent / "taken.evp"
    package.write_bytes(file.content)
    assert run("verify", package, "--trust", home / "trust.json").returncode in {0, 3}


def _token(served: Served) -> str:
    form = {"label": "程序", "scopes": ["read", "act"], "days": "30", "_token": served.token}
    found = re.search(r"qy_[\w-]+", served.client.post("/account/tokens", data=form).text)
    assert found
    return found[0]


def _killed(served: Served, cluster: Cluster, people: _People) -> None:
    """Kill the database three times in the middle of everything; health says so, and everything goes on without a restart."""
    processes = served.process.pid
    for _ in range(3):
        before = people.done()
        _until(
            lambda at=before: all(now > was + 3 for now, was in zip(people.done(), at, strict=True)),
            "nothing is done",
        )
        cluster.kill()
        _until(lambda: _text(served, "/readyz") == (503, "not ready: store.away\n"), "health does not say so")
        assert _text(served, "/healthz") == (200, "ok\n")
        assert "qingyuan_database_up 0.0" in served.client.get("/metrics").text
        away = served.client.get("/leads")
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
        assert "store.away" in away.text
        program = served.client.get("/api/v1/leads", headers={"Authorization": "Bearer qy_x"})
        assert (program.status_code, program.json()["error"]["code"]) == (503, "store.away")
        cluster.start()
        _until(lambda: served.client.get("/leads").status_code == 200, "pages do not come back")
        assert _text(served, "/readyz") == (200, "ready\n")
    before = people.done()
    _until(
        lambda: all(now > was + 3 for now, was in zip(people.done(), before, strict=True)), "nothing is done"
    )
    assert served.process.poll() is None
    assert served.process.pid == processes


def _nothing_is_lost(home: Home, people: _People) -> None:
    """Every acknowledged registration is in the log at its place, and a reading for every one that was handed out."""
    with home.database.read() as connection:
        rows = connection.execute(
            sa.select(EVENT.c.idx, EVENT.c.stream, EVENT.c.payload).where(EVENT.c.type == "lead.registered")
        )
        logged = {(row.idx, row.stream): row.payload.decode() for row in rows}
        readings = connection.execute(
            sa.select(sa.func.count()).where(EVENT.c.type == "access.read")
        ).scalar_one()
    assert people.registered
    for index, stream, title in people.registered:
        assert f'"{title}"' in logged[index, stream]
    assert people.read <= readings <= people.tried + 1  # and one of the package
    assert len(collected(home, "L2026-0001")) == 1
