"""Two server processes that are asked the same at the same moment: what may happen once happens once."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector, Prepared, Sealer, open_exhibit
from qingyuan.store import StoredEvent, iter_events
from qingyuan.store.registry import exhibits
from qingyuan.web.errors import WebError, bad_request
from qingyuan.web.portal.files import PORTAL, seal_then
from qingyuan.web.portal.invitations import invite, uninvite
from tests.web.making import PASSWORD, client_of, clock, desk_of, open_app, post, token_of
from tests.web.portal.test_clue import CLUE, ONCE
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


def test_a_clue_that_is_sent_twice_at_once_is_registered_once(apps: list[FastAPI], home: Home) -> None:
    clients = [client_of(one) for one in apps]
    found = ONCE.search(clients[0].get("/report").text)
    assert found
    fields: dict[str, str | list[str]] = {**CLUE, "once": found[1]}
    said = together([asking(one, "/report", fields) for one in clients])
    assert (said[200], set(said)) == (1, {200, 409})
    assert asking(clients[0], "/report", fields)() == 409
    with home.database.read() as connection:
        streams = [f"L2026-000{n}" for n in range(3, 9)]  # two are there before
        assert len({one.stream for one in iter_events(connection, streams)}) == 1


def test_a_clue_that_was_refused_can_be_sent_again(app: FastAPI) -> None:
    client = client_of(app)
    found = ONCE.search(client.get("/report").text)
    assert found
    data = {**CLUE, "once": found[1], "_token": token_of(client, "/report")}
    too_many = [("files", (f"{n}.txt", b"x")) for n in range(10)]
    assert client.post("/report", data=data, files=too_many).status_code == 400
    assert client.post("/report", data=data).status_code == 200


def test_an_invitation_is_withdrawn_once(apps: list[FastAPI], home: Home) -> None:
    desks = [desk_of(one) for one in apps]
    invite(desks[0], "C2026-0001", "organ", name="邮政管理局", days=5, actor="P001")
    with home.database.read() as connection:
        sent = [one for one in iter_events(connection, ["M2026-0001"]) if one.type == "access.sent"]
    number = str(sent[-1].payload["item"]).rpartition("-")[2]
    together([lambda desk=desk: int(uninvite(desk, "C2026-0001", number, actor="P001")) for desk in desks])  # type: ignore[misc]
    with home.database.read() as connection:
        types = [one.type for one in iter_events(connection, ["M2026-0001"])]
    assert types.count("access.withdrawn") == 1
    assert not uninvite(desks[0], "C2026-0001", number, actor="P001")


def test_what_another_process_relies_on_is_not_taken_back(
    apps: list[FastAPI], home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = tmp_path / "paper"
    paper.write_bytes(b"the same paper, sent to two server processes")
    keep = Sealer.keep
    meanwhile: list[Callable[[], object]] = [str]
    scope, name = "M2026-0001", "回复/复函.pdf"

    def kept(sealer: Sealer, prepared: Sequence[Prepared]) -> list[Prepared]:
        found = keep(sealer, prepared)
        then, meanwhile[0] = meanwhile[0], str
        then()
        return found

    def refuse(*_: object) -> list[StoredEvent]:
        raise bad_request("不行", "no")

    monkeypatch.setattr(Sealer, "keep", kept)
    one, other = (desk_of(app) for app in apps[:2])
    meanwhile[0] = lambda: seal_then(other, scope, [(name, paper)], source="", act=lambda *_: [])
    with pytest.raises(WebError):  # refused after the other one took the blob of this one for its own
        seal_then(one, scope, [(name, paper)], source="", act=refuse)
    paper.write_bytes(b"another paper")

    def taken() -> None:
        meanwhile[0] = lambda: seal_then(one, scope, [(name, paper)], source="", act=lambda *_: [])
        with pytest.raises(WebError):
            seal_then(other, scope, [(name, paper)], source="", act=refuse)

    taken()
    paper.write_bytes(b"a third paper, sealed by another process that has not named it yet")
    waiting = Sealer(home, scope, Collector(PORTAL, method="portal", source=""))
    keep(waiting, [waiting.file(paper, name)])
    digest = hashlib.sha256(paper.read_bytes()).hexdigest()
    meanwhile[0] = lambda: home.blobs.remove(scope, digest)  # taken back before it was named
    seal_then(one, scope, [(f"{name}2", paper)], source="", act=lambda *_: [])
    assert list(check_home(home)) == []
    with home.database.read() as connection:
        rows = [row for row in exhibits(connection, [scope]) if row.path.startswith(name)]
    for row in rows:
        with open_exhibit(home, row) as content:
            assert b"paper" in content.read()
    assert len(rows) == 3
