"""Material sent by programs: resumed after a failure, one's own only, a lead of its own or material of a record that exists."""

from __future__ import annotations

import time

from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.home import Home
from tests.web.making import desk_of
from tests.web.test_api import program

API = "/api/v1/material"
TEXT = "".join(f"联系电话 138{number:08d}\n" for number in range(300)).encode()


def sent(client: TestClient, *names: str) -> str:
    """Send files in two chunks each and return their batch."""
    batch = str(client.post(f"{API}/batches").json()["batch"])
    for name in names:
        wanted = {"path": name, "size": len(TEXT)}
        file = client.post(f"{API}/batches/{batch}/files", json=wanted).json()
        half = len(TEXT) // 2
        client.put(f"{API}/files/{file['id']}", params={"offset": 0}, content=TEXT[:half])
        again = client.post(f"{API}/batches/{batch}/files", json=wanted).json()
        assert again == {**file, "offset": half}
        misplaced = client.put(f"{API}/files/{file['id']}", params={"offset": 0}, content=TEXT)
        assert (misplaced.status_code, misplaced.json()["error"]["code"]) == (409, "web.wrong-offset")
        early = client.post(f"{API}/intakes", json={"batch": batch})
        assert (early.status_code, early.json()["error"]["code"]) == (400, "web.not-complete")
        done = client.put(f"{API}/files/{file['id']}", params={"offset": half}, content=TEXT[half:])
        assert done.json() == {**file, "offset": len(TEXT)}
    return batch


def ended(app: FastAPI, job: str) -> dict[str, object]:
    until = time.monotonic() + 120
    while not (found := desk_of(app).jobs.get(job)) or not found.over:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert found.state == "done", found.result
    return found.result


def test_a_program_sends_a_lead_with_its_files_and_adds_to_it_later(app: FastAPI, home: Home) -> None:
    with TestClient(app):  # its jobs are worked on
        client = program(app, "technician", "take", "read")
        wanted = {
            "batch": sent(client, "名单.txt"),
            "title": "志愿者线索",
            "source": "referral",
            "origin": "志愿者",
        }
        begun = client.post(f"{API}/intakes", json=wanted)
        assert begun.status_code == 200, begun.text
        lead = str(ended(app, begun.json()["job"])["lead"])
        assert client.get(f"/api/v1/jobs/{begun.json()['job']}").json()["result"]["exhibits"] == 1
        docket = client.get(f"/api/v1/dockets/{lead}").json()["docket"]
        assert docket["leads"][lead]["registered"]["title"] == "志愿者线索"
        added = client.post(f"{API}/intakes", json={"batch": sent(client, "../二.txt"), "record": lead})
        assert ended(app, added.json()["job"])["count"] == 1
        assert not list((home.path / "uploads").iterdir())


def test_what_a_program_may_not_send_is_refused(app: FastAPI) -> None:
    client, reader = program(app, "technician", "take"), program(app, "prosecutor", "read")
    batch = sent(client, "a.txt")
    upload = client.post(f"{API}/batches/{batch}/files", json={"path": "a.txt", "size": len(TEXT)}).json()[
        "id"
    ]
    assert reader.post(f"{API}/batches").status_code == 403
    other = program(app, "prosecutor", "take")
    assert other.get(f"{API}/files/{upload}").status_code == 404
    assert other.put(f"{API}/files/{upload}", params={"offset": 0}, content=b"x").status_code == 404
    assert other.post(f"{API}/intakes", json={"batch": batch}).status_code == 400
    recused = desk_of(app)
    recused.people.add("elsewhere", "", ["technician"], "纸上得来终觉浅-绝知此事")
    token = recused.tokens.make(
        next(one.person for one in recused.people.all() if one.name == "elsewhere"), "x", ["take"], 1
    )
    stranger = TestClient(app, headers={"authorization": f"Bearer {token}"}, raise_server_exceptions=False)
    mine = sent(stranger, "b.txt")
    refused = [
        ({"batch": mine, "record": "M2026-0001"}, 403, "web.forbidden"),
        ({"batch": mine, "record": "M2026-0999"}, 404, "office.no-such-record"),
        ({"batch": mine, "source": "nowhere"}, 400, "web.misfit"),
        ({"batch": mine, "field": "nothing"}, 400, "web.misfit"),
        ({"batch": mine, "handler": "P001"}, 422, "web.misfit"),
        ({"batch": "../../keyring.json"}, 400, "web.not-complete"),
    ]
    for body, status, code in refused:
        answer = stranger.post(f"{API}/intakes", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), body
    assert stranger.post(f"{API}/batches/..%2fx/files", json={"path": "a", "size": 1}).status_code == 404
    over = stranger.put(f"{API}/files/{upload}", params={"offset": 0}, content=bytes((1 << 20) + 1))
    assert over.status_code == 413
