"""Two server processes that are asked the same at the same moment: what may happen once happens once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.home import Home
from qingyuan.store import iter_events
from tests.web.making import PASSWORD, client_of, clock, desk_of, open_app, post, token_of
from tests.web.test_destroying import ASKED, LEAD, PAGE, confirming
from tests.web.test_sessions import code_for

AT_ONCE = 3


@pytest.fixture
def apps(app: FastAPI, home: Home) -> Iterator[list[FastAPI]]:
    """Applications over one home that share nothing but what processes share."""
    homes = [Home.open(home.path, clock=clock()) for _ in range(AT_ONCE - 1)]
    others = [open_app(one) for one in homes]
    yield [app, *others]
    for one in others:
        desk_of(one).close()
    for opened in homes:
        opened.close()


def together(asked: list[Callable[[], int]]) -> Counter[int]:
    """Do all at once and count the answers by status."""
    gate, said = threading.Barrier(len(asked)), []

    def go(one: Callable[[], int]) -> None:
        gate.wait()
        said.append(one())

    threads = [threading.Thread(target=go, args=(one,)) for one in asked]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return Counter(said)


def asking(client: TestClient, path: str, fields: dict[str, str | list[str]]) -> Callable[[], int]:
    data = {
        **fields,
        "_token": token_of(client, "/account" if "qy_session" in client.cookies else "/sign-in"),
    }
    return lambda: client.post(path, data=data).status_code


def test_a_key_is_destroyed_once_though_every_process_is_asked(apps: list[FastAPI], home: Home) -> None:
    assert post(client_of(apps[0], "prosecutor"), f"{PAGE}/ask", ASKED, form="/account").status_code == 303
    given = confirming(home)
    said = together([asking(client_of(one, "chief"), f"{PAGE}/confirm", given) for one in apps])
    assert set(said) <= {303, 400}
    assert said[303] == 1
    with home.database.read() as connection:
        types = [one.type for one in iter_events(connection, [LEAD])]
    assert types.count("evidence.destroyed") == 1


def test_a_request_is_made_once(apps: list[FastAPI], home: Home) -> None:
    said = together([asking(client_of(one, "prosecutor"), f"{PAGE}/ask", ASKED) for one in apps])
    assert (said[303], set(said) <= {303, 400}) == (1, True)
    with home.database.read() as connection:
        types = [one.type for one in iter_events(connection, [LEAD])]
    assert types.count("evidence.destruction_asked") == 1


def test_a_code_of_the_administrator_serves_one_of_those_who_have_it(apps: list[FastAPI]) -> None:
    client_of(apps[0], "prosecutor")
    code = code_for(apps[0], "P002")
    new = [f"{PASSWORD}-{number}" for number in range(AT_ONCE)]
    said = together(
        [
            asking(client_of(one), "/sign-in/code", {"name": "user-prosecutor", "code": code, "password": word, "again": word})
            for one, word in zip(apps, new, strict=True)
        ]
    )  # fmt: skip
    people = desk_of(apps[0]).people
    assert (said[303], set(said) <= {303, 400}) == (1, True)
    assert sum(people.check("user-prosecutor", word) is not None for word in new) == 1


def test_an_act_that_may_be_done_once_is_done_once(apps: list[FastAPI], home: Home) -> None:
    fields: dict[str, str | list[str]] = {"leads": ["L2026-0002"]}
    assessed: dict[str, str | list[str]] = {
        "authenticity": "材料可靠", "investigability": "可查", "conclusion": "open", "ongoing": "true", "respondent_known": "true",
    }  # fmt: skip
    chief = client_of(apps[0], "prosecutor")
    done = post(chief, "/acts/L2026-0002/lead-assess", assessed, form="/acts/L2026-0002/lead-assess")
    assert done.status_code == 303, done.text[-2000:]
    said = together(
        [asking(client_of(one, "prosecutor"), "/acts/L2026-0002/matter-open", fields) for one in apps]
    )
    assert set(said) <= {303, 400, 409, 422}
    with home.database.read() as connection:
        opened = {one.stream for one in iter_events(connection, [f"M2026-000{n}" for n in range(1, 5)])}
    assert (opened, said[303]) == ({"M2026-0001", "M2026-0002"}, 1)
