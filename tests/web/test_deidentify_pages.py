"""An exhibit is de-identified, checked for k-anonymity and reversed in the workbench, each with its event."""

from __future__ import annotations

import re
import time
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector, Sealer, open_exhibit
from qingyuan.store import events
from qingyuan.store.registry import exhibit, exhibits
from tests.web.making import client_of, desk_of, post

LEAD = "L2026-0001"
TABLE = "姓名,手机号,性别,城市\n" + "".join(
    f"{'王李张刘陈杨赵'[n % 7]}伟,1380013{8000 + n},{'男女'[n % 2]},杭州\n" for n in range(40)
)
REASON: dict[str, str | list[str]] = {"kind": "mobile", "reason": "核实线索", "ground": "pil-rules-methods"}


def done(
    app: FastAPI, client: TestClient, path: str, fields: dict[str, str | list[str]]
) -> dict[str, object]:
    """Begin a job, wait for it and return its result."""
    begun = post(client, path, fields, form="/account")
    assert begun.status_code == 303, begun.text
    where, jobs = begun.headers["location"], desk_of(app).jobs
    limit = time.monotonic() + 60
    while not (found := jobs.get(where.rpartition("/")[2])) or not found.over:
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert found.state == "done", found.result
    assert client.get(where).status_code == 200
    return found.result


def sealed_table(home: Home, folder: Path) -> str:
    path = folder / "表.csv"
    path.write_text(TABLE, encoding="utf-8")
    sealer = Sealer(home, LEAD, Collector())
    kept = sealer.keep([sealer.file(path, "表.csv")])
    with home.database.write() as connection:
        return sealer.record(connection, kept)[0].id


def text_of(home: Home, identifier: str) -> str:
    with home.database.read() as connection:
        row = exhibit(connection, identifier)
    assert row is not None
    with open_exhibit(home, row) as content:
        return content.read().decode()


def test_a_copy_is_sealed_beside_its_exhibit_and_its_numbers_come_back_with_a_reason(
    app: FastAPI, home: Home, tmp_path: Path
) -> None:
    client = client_of(app, "prosecutor")
    desk_of(app).jobs.start()
    name = sealed_table(home, tmp_path)
    form = client.get(f"/exhibits/{name}/deidentify", params={"policy": "reversible"})
    assert form.status_code == 200
    rules: dict[str, str | list[str]] = {
        "policy": "reversible",
        "default": "mask",
        "kind.mobile": "fpe",
        "column.3": "drop",
    }
    result = done(app, client, f"/exhibits/{name}/deidentify", rules)
    copy = text_of(home, str(result["exhibit"]))
    assert "杭州" not in copy
    assert "张伟" not in copy
    made = re.findall(r"\b1\d{10}\b", copy)
    assert len(made) == 40
    assert not set(made) & set(re.findall(r"\b1\d{10}\b", TABLE))
    with home.database.read() as connection:
        parents = next(row for row in exhibits(connection, [LEAD]) if row.id == result["exhibit"]).manifest
        logged = [one for one in events(connection, [LEAD]) if one.type == "pii.deidentified"]
    assert name.encode() in parents
    assert logged[-1].payload["of"] == name
    refused = post(client, f"/exhibits/{name}/deidentify", {"kind.mobile": "burn"}, form="/account")
    assert refused.status_code == 400

    where = f"/exhibits/{result['exhibit']}/reidentify"
    assert 'name="reason"' in client.get(where).text
    assert post(client, where, {**REASON, "reason": "", "values": made[0]}, form="/account").status_code in {
        400,
        403,
    }
    assert (
        post(client_of(app, "auditor"), where, {**REASON, "values": made[0]}, form="/account").status_code
        == 403
    )
    shown = post(client, where, {**REASON, "values": "\n".join(made[:2])}, form="/account")
    assert shown.status_code == 200
    assert all(value in shown.text for value in re.findall(r"\b1\d{10}\b", TABLE)[:2])
    with home.database.read() as connection:
        kinds = [one.type for one in events(connection, [LEAD, "M2026-0001"])]
    assert "pii.reversed" in kinds
    assert "access.unmasked" in kinds

    stands = done(
        app, client, f"/exhibits/{name}/anonymity", {"quasi": ["性别", "城市"], "k": "5", "sensitive": ""}
    )
    assert stands["met"] is False  # names and numbers are in clear
    assert '"k": 20' in str(stands).replace("'", '"')
    wrong = post(client, f"/exhibits/{name}/anonymity", {"quasi": ["无此列"], "k": "5"}, form="/account")
    assert wrong.status_code == 400
