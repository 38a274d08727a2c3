"""What the tests of the web share: a small office, a client that signs in, and forms filled in as a person would."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx2 as httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.casework import Argument, act
from qingyuan.office.clock import CHINA, FixedClock
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.intake import Registration, intake
from qingyuan.office.register import leads, matters
from qingyuan.web import ServeSettings, create_app
from qingyuan.web.desk import Desk
from qingyuan.web.jobs import Job
from tests.office.running import material

PASSWORD = "纸上得来终觉浅-绝知此事"
TOKEN = re.compile(r'name="_token" value="([0-9a-f]+)"')
META = re.compile(r'name="qy-token" content="([0-9a-f]+)"')

ASSESSED: dict[str, Argument] = {
    "authenticity": "材料可靠",
    "investigability": "可查",
    "conclusion": "open",
    "ongoing": True,
    "respondent_known": True,
}
FILED: dict[str, Argument] = {
    "track": "administrative",
    "office": "清州市人民检察院",
    "jurisdiction": "same-level",
    "basis": "personal-information",
    "harm": "面单数据外泄",
    "violation": "未履行监管职责",
    "respondents": ["清州市邮政管理局"],
    "regulator": "postal",
    "duties": ["postal-waybill", "postal-penalise"],
    "approved_by": "P009",
    "approved_on": "2026-07-01",
}


EXPRESS = Registration(field="express-waybill")


def clock() -> FixedClock:
    from datetime import datetime

    return FixedClock(datetime(2026, 7, 1, 9, tzinfo=CHINA))


def make_office(folder: Path) -> None:
    """Make an office with two leads, one of them with a matter and an administrative case."""
    office = OfficeInfo("test", "清州市人民检察院")
    with Home.open(folder / "home", create=True, office=office, clock=clock()) as home:
        intake(home, [material(folder / "material", 2)], title="面单外泄", registration=EXPRESS, workers=0)
        intake(home, [material(folder / "more", 1)], title="另一条线索", workers=0)
        act(home, "lead-assess", "L2026-0001", ASSESSED, actor="P001")
        act(home, "matter-open", "L2026-0001", {}, actor="P001")
        act(home, "case-file", "M2026-0001", FILED, actor="P001")
        home.publish()


def open_app(home: Home) -> FastAPI:
    return create_app(home, ServeSettings(host="testserver", port=80, job_workers=0))


def desk_of(app: FastAPI) -> Desk:
    desk = app.state.desk
    assert isinstance(desk, Desk)
    return desk


def client_of(app: FastAPI, role: str | None = None) -> TestClient:
    """Return a browser without JavaScript, signed in as somebody who holds a post and handles every docket there is."""
    client = TestClient(app, base_url="http://testserver", follow_redirects=False)
    client.headers["accept-language"] = "zh-CN"
    if role is not None:
        name = f"user-{role}"
        desk = desk_of(app)
        if name not in {one.name for one in desk.people.all()}:
            if not desk.people.any():
                desk.people.add("first", "", ["prosecutor", "chief"], PASSWORD)
            account = desk.people.add(name, "", [role], PASSWORD)
            handle_all(desk, account.person)
        answer = post(client, "/sign-in", {"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
    return client


def handle_all(desk: Desk, person: str) -> None:
    """Let a person handle every docket."""
    for record in (*leads(desk.home).rows, *matters(desk.home).rows):
        desk.posts.handle(record.id, person)


def ended(app: FastAPI, where: str) -> Job:
    """Return a job, by the address it was sent to, when it has ended; it is worked on here when no server does."""
    jobs = desk_of(app).jobs
    if not jobs.working:
        jobs.start()
    deadline = time.monotonic() + 120
    while not (found := jobs.get(where.rpartition("/")[2])) or not found.over:
        assert time.monotonic() < deadline, where
        time.sleep(0.02)
    return found


def packaged(app: FastAPI, client: TestClient, record: str, to: str) -> str:
    """Make a package of a record in the browser, and return its number."""
    begun = post(client, "/packages", {"record": record, "to": to}, form="/account")
    assert begun.status_code == 303, begun.text
    made = ended(app, begun.headers["location"])
    assert made.state == "done", made.result
    return str(made.result["id"])


def token_of(client: TestClient, path: str = "/sign-in") -> str:
    found = META.search(client.get(path, follow_redirects=True).text)
    assert found
    return found[1]


def post(
    client: TestClient, path: str, fields: dict[str, str | list[str]] | None = None, *, form: str = "/sign-in"
) -> httpx.Response:
    """Send a form with the token of the page it stands on."""
    data: dict[str, str | list[str]] = {"_token": token_of(client, form), **(fields or {})}
    return client.post(path, data=data)
