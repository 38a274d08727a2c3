"""Packages in the browser: made as jobs, for named recipients only they open, and who did not answer is said."""

from __future__ import annotations

import io
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
import pytest
from fastapi import FastAPI

from qingyuan.evidence.sealing import seal_to
from qingyuan.office.errors import CancelledError
from qingyuan.office.home import Home
from qingyuan.office.packages.packaging import make_package
from qingyuan.office.packages.recipients import RECIPIENTS
from qingyuan.office.packages.rereading import reread
from qingyuan.office.packages.waiting import make_waiting, open_waiting
from qingyuan.office.progress import Progress
from qingyuan.store import events
from qingyuan.store.registry import exhibits
from tests.web.making import client_of, desk_of, ended, packaged, post, token_of

MATTER = "M2026-0001"


def test_a_package_for_named_recipients_is_opened_by_them_only(app: FastAPI, home: Home) -> None:
    court, firm = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    (home.path / RECIPIENTS).write_text(f"清州市人民法院: {court.to_public()}\n", encoding="utf-8")
    client = client_of(app, "prosecutor")
    assert "清州市人民法院" in client.get(f"/packages?record={MATTER}").text
    secret = post(client, "/packages", {"record": MATTER, "to": "法院", "keys": str(firm)}, form="/account")
    assert (secret.status_code, str(firm)[:30] in secret.text) == (400, False)
    begun = client.post(
        "/packages",
        data={"_token": token_of(client, "/account"), "record": MATTER, "to": "法院", "recipient": "清州市人民法院"},
        files={"keyfile": ("keys.txt", f"# firm\n{firm.to_public()}\n".encode())},
    )  # fmt: skip
    made = ended(app, begun.headers["location"])
    assert (made.state, made.result["recipients"], made.result["witnesses"]) == ("done", 2, []), made.result
    shown = client.get(begun.headers["location"], follow_redirects=True).text
    assert "只有接收方能打开" in shown
    assert "没有任何外部见证" in shown
    answer = client.get(f"/packages/{made.result['id']}/file")
    assert answer.headers["content-disposition"].endswith('.evp.age"')
    for one in (court, firm):
        assert pyrage.decrypt(answer.content, [one]).startswith(b"PK")
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt_io(io.BytesIO(answer.content), io.BytesIO(), [pyrage.x25519.Identity.generate()])
    clear = packaged(app, client, "L2026-0001", "清州市人民法院")
    assert client.get(f"/packages/{clear}/file").content.startswith(b"PK")
    assert clear in client.get(f"/packages?record={MATTER}").text


def test_a_package_that_is_cancelled_is_abandoned_in_the_log(tmp_path: Path, home: Home) -> None:
    stages: list[str] = []

    def told(progress: Progress) -> None:
        stages.append(progress.stage)
        if progress.stage == "pack" and progress.bytes_done:
            raise CancelledError

    with pytest.raises(CancelledError):
        make_package(home, MATTER, tmp_path / "x.evp", to="法院", actor="P001", report=told)
    assert list(tmp_path.glob("*.evp")) == []
    assert set(stages) == {"check", "pack"}
    with home.database.read() as connection:
        last = list(events(connection, [MATTER]))[-1]
    assert (last.type, last.payload["reason_zh"]) == ("evidence.transfer_abandoned", "制作被取消")


def test_an_exhibit_is_handed_over_and_examined_on_its_page(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    with home.database.read() as connection:
        first, second = [row.id for row in exhibits(connection, ["L2026-0001"]) if row.origin == "collected"]
    path = f"/exhibits/{first}"
    blank = post(client, f"{path}/examine", {"party": "某快递公司", "position": "disputed"}, form="/account")
    assert (blank.status_code, "某快递公司" in blank.text) == (400, True)
    said = {"party": "某快递公司", "position": "disputed", "grounds": "复制时间不明", "occasion": "庭前会议"}
    assert post(client, f"{path}/examine", {**said}, form="/account").status_code == 303
    given = {"to": "清州市公安局", "received_by": "李某", "reason": "鉴定", "also": second}
    assert post(client, f"{path}/hand-over", {**given}, form="/account").status_code == 303
    shown = client.get(f"/exhibits/{second}").text
    assert "清州市公安局" in shown
    assert "复制时间不明" in client.get(path).text
    others = post(client, f"{path}/hand-over", {"to": "某院", "also": "X0123456789abcdef"}, form="/account")
    assert others.status_code in {400, 404}


@pytest.mark.parametrize("step", ["named", "told"])
def test_a_package_that_was_made_before_its_job_was_killed_is_found_and_not_made_again(
    app: FastAPI, home: Home, step: str
) -> None:
    client = client_of(app, "prosecutor")
    begun = post(client, "/packages", {"record": MATTER, "to": "法院"}, form="/account")
    where = begun.headers["location"]
    job = desk_of(app).jobs.get(where.rpartition("/")[2])
    assert job is not None
    # What a process did that ended between making the package, or giving it its name, and the row of its job.
    made = make_waiting(home, MATTER, to="法院", actor=job.person, request=str(job.args["request"]))
    if step == "named":
        made.path.unlink()
    done = ended(app, where)
    assert (done.state, done.result["id"], done.result["size"]) == ("done", made.id, made.size)
    with home.database.read() as connection:
        assert [one.type for one in events(connection, [MATTER]) if "transfer" in one.type] == [
            "evidence.transferred",
            "evidence.transfer_completed",
        ]
    shown = client.get(where, follow_redirects=True)
    assert (shown.status_code, made.id in shown.text) == (200, True)
    # What its job did not note is read from the package itself.
    assert "读自证据包本身" in shown.text
    with open_waiting(home, made.id) as content:
        told = reread(home, content)
    names = ("exhibits", "withheld", "events", "timestamps", "twin", "witnesses", "authorities")
    assert [getattr(told, name) for name in names] == [getattr(made, name) for name in names]
    assert client.get(f"/packages/{made.id}/file").content.startswith(b"PK")
    # Another wish for the same is another package.
    assert packaged(app, client, MATTER, "法院") != made.id


def test_a_package_whose_completion_was_not_logged_is_made_anew(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    begun = post(client, "/packages", {"record": MATTER, "to": "法院"}, form="/account")
    where = begun.headers["location"]
    job = desk_of(app).jobs.get(where.rpartition("/")[2])
    assert job is not None
    made = make_waiting(home, MATTER, to="法院", actor=job.person)
    # A whole file lies there, of which the log says nothing: another content.
    left = made.path.with_name(f"{job.args['request']}.evp.sealed")
    key = home.scope_key("packages")
    seal_to(io.BytesIO(b"PK unfinished"), left, key.key, key.id, home.entropy)
    done = ended(app, where)
    assert done.state == "done", done.result
    assert done.result["id"] != made.id
