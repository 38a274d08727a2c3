"""Reporting a clue: half a minute, with pictures, named or not; a receipt that verifies offline, and how it goes on."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from starlette.responses import FileResponse, Response

from qingyuan.cases import choice_lists
from qingyuan.office.casework import load
from qingyuan.office.packages.packaging import make_package
from qingyuan.office.sealing import Collector, Sealer
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, not_found, too_many
from qingyuan.web.routing import page
from qingyuan.web.state import TICKET

#: Who acts for the public in the log: the portal, on behalf of somebody who may stay unnamed.
PORTAL = "portal"
_PICTURES = 9
_LONGEST = 5000
_TITLE = 40
_YEARS = 3 * 366 * 86_400


@page("GET", "/report", "public")
def form(ask: Ask) -> Response:
    """Show the form."""
    return ask.page(
        "report.html", fields=ask.desk.home.law.fields(), office=ask.desk.home.settings.office.name
    )


@page("POST", "/report", "public")
def send(ask: Ask) -> Response:
    """Register the clue as a lead, seal what came with it, and make the receipt."""
    wait = ask.desk.tries.take(f"report {ask.address}", ask.desk.settings.portal_per_hour, 3600)
    if wait:
        raise too_many(wait)
    told = ask.field("told")
    if not told or len(told) > _LONGEST:
        raise bad_request(
            f"请用不超过 {_LONGEST} 字说明情况",
            f"say what happened in up to {_LONGEST} characters",
            code="web.no-text",
        )
    desk = ask.desk
    with desk.turn, tempfile.TemporaryDirectory() as work:
        stored = desk.act(
            "lead-register",
            None,
            {
                "title": told.splitlines()[0][:_TITLE],
                "source": "tip-off",
                "field": ask.field("field") or "personal-information",
                "summary": told,
                "region": ask.field("where"),
            },
            actor=PORTAL,
        )
        lead = stored[0].stream
        package = _seal(ask, lead, Path(work))
    token = _ticket(ask, f"{lead} {package}")
    return ask.redirect(f"/report/{token}", "done.report")


def _seal(ask: Ask, lead: str, work: Path) -> str:
    """Seal words, pictures and contact of a clue; return the package that is its receipt."""
    home = ask.desk.home
    parts = {"线索.txt": f"{ask.field('told')}\n{ask.field('where')}\n".encode()}
    if contact := ask.field("contact"):
        parts["联系方式.json"] = json.dumps({"contact": contact}, ensure_ascii=False).encode()
    sealer = Sealer(home, lead, Collector(PORTAL, method="portal", source="公众举报"))
    prepared = []
    for number, (name, data) in enumerate(parts.items()):
        path = work / f"part-{number}"
        path.write_bytes(data)
        prepared.append(sealer.file(path, f"举报/{name}"))
    for number, upload in enumerate(ask.uploads("pictures")[:_PICTURES], 1):
        path = work / f"picture-{number}"
        with path.open("wb") as file:
            shutil.copyfileobj(upload.file, file)
        ending = Path(upload.filename or "").suffix[:8]
        prepared.append(sealer.file(path, f"举报/图片{number}{ending if ending[1:].isalnum() else ''}"))
    kept = sealer.keep(prepared)
    with home.database.write() as connection:
        sealer.record(connection, kept)
    folder = home.path / "packages"
    folder.mkdir(exist_ok=True, mode=0o700)
    made = make_package(home, lead, work / "receipt.evp", to="举报人", actor=PORTAL, offline=True)
    shutil.move(made.path, folder / f"{made.id}.evp")
    return made.id


@page("GET", "/report/{token}", "public")
def progress(ask: Ask, token: str) -> Response:
    """Show how a clue goes on, to whoever has its address."""
    lead, _ = _opened(ask, token)
    docket = load(ask.desk.home, lead).docket
    labels = choice_lists()
    found = docket.leads[lead]
    stages = [labels["case-stage"][case.stage] for case in docket.cases.values()]
    return ask.page(
        "progress.html", lead=found, stage=labels["lead-stage"][found.stage], cases=stages, ticket=token
    )


@page("GET", "/report/{token}/receipt", "public")
def receipt(ask: Ask, token: str) -> Response:
    """Hand out the receipt."""
    _, package = _opened(ask, token)
    path = ask.desk.home.path / "packages" / f"{package}.evp"
    if not path.is_file():
        raise not_found()
    return FileResponse(path, media_type="application/octet-stream", filename=f"receipt-{package}.evp")


def _ticket(ask: Ask, record: str) -> str:
    token = secrets.token_urlsafe(18)
    now = int(time.time())
    with ask.desk.state.write() as connection:
        connection.execute(
            sa.insert(TICKET).values(
                token=_hash(token), kind="clue", record=record, created=now, expires=now + _YEARS
            )
        )
    return token


def _opened(ask: Ask, token: str) -> tuple[str, str]:
    with ask.desk.state.read() as connection:
        row = connection.execute(
            sa.select(TICKET).where(TICKET.c.token == _hash(token), TICKET.c.kind == "clue")
        ).first()
    if row is None or row.expires < time.time():
        raise not_found()
    lead, _, package = str(row.record).partition(" ")
    return lead, package


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
