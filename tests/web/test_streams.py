"""A stream of events ends with what let it begin: the session, the role, the right to see the docket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from qingyuan.office.access import change_docket
from qingyuan.office.home import Home
from qingyuan.parties import recuse
from qingyuan.web.desk import Desk
from tests.web.making import client_of, desk_of


def recused(desk: Desk, home: Home, person: str) -> None:
    day = home.clock.now().date()
    change_docket(
        home, "M2026-0001", lambda _, m: recuse(m, person, on=day, by="P009", ground="近亲属"), actor="P009"
    )
    del desk


ENDS: dict[str, Callable[[Desk, Home, str], object]] = {
    "signed out": lambda desk, _, person: desk.sessions.drop_all(person),
    "account ended": lambda desk, _, person: desk.people.change(person, roles=["technician"], disabled=True),
    "post lost": lambda desk, _, person: desk.people.change(person, roles=["auditor"], disabled=False),
    "recused": recused,
}


@pytest.mark.parametrize("why", ENDS)
def test_a_stream_ends_with_what_let_it_begin(app: FastAPI, home: Home, why: str) -> None:
    desk, client = desk_of(app), client_of(app, "technician")
    person = next(one.person for one in desk.people.all() if one.name == "user-technician")
    job = desk.jobs.add("capture", person, {"record": "L2026-0001", "urls": []})
    told: list[str] = []
    listening = threading.Thread(target=lambda: told.append(client.get(f"/jobs/{job}/events").text))
    listening.start()
    try:
        time.sleep(0.6)
        assert told == []
        ENDS[why](desk, home, person)
        listening.join(20)
        assert [text.count("data:") for text in told] == [1]
    finally:
        desk.jobs.cancel(job)
        listening.join(20)
