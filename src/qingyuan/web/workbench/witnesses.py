"""Witnesses: whom the office relies on, what they cosigned last, asking them now, a stopped log and fork proofs."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.ledger import LedgerError, Policy, parse_checkpoint, parse_fork, parse_note
from qingyuan.office.home import Home
from qingyuan.office.keys.trust import POLICY
from qingyuan.office.recognition.anchoring import FORKS
from qingyuan.office.recognition.asking import cosign
from qingyuan.office.recognition.published import key_name, logs_of, read_policy
from qingyuan.office.recognition.resuming import advice, relied_on, resume
from qingyuan.office.recognition.stopped import STOPPED, STOPPED_FORK, read_stop, stopped_error
from qingyuan.store.schema import COSIGNATURE
from qingyuan.web.asking import Ask
from qingyuan.web.confirming import confirm
from qingyuan.web.desk import Desk
from qingyuan.web.errors import not_found
from qingyuan.web.handing import attached
from qingyuan.web.jobs import Report
from qingyuan.web.routing import page
from qingyuan.web.works import work

KIND = "cosign"
_NEWEST = 200
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.json\Z")


class Seen(NamedTuple):
    """A witness of the policy and what it cosigned last of one log."""

    name: str
    key: str
    url: str
    sizes: dict[str, int]
    at: str


class Proof(NamedTuple):
    """A fork proof of the home: its file, kind, the log it is against, both sizes, and whether that log is ours."""

    file: str
    kind: str
    origin: str
    older: int
    newer: int
    own: bool


@page("GET", "/admin/witnesses", "office.manage", slow=True)
def index(ask: Ask) -> Response:
    """Show the witnesses and what they said last."""
    return _show(ask)


@page("POST", "/admin/witnesses/ask", "office.manage")
def begin(ask: Ask) -> Response:
    """Begin to ask all of them."""
    return ask.redirect(f"/admin/witnesses/asked/{ask.desk.jobs.add(KIND, ask.person, {'title': KIND})}")


@page("GET", "/admin/witnesses/asked/{job}", "office.manage")
def asked(ask: Ask, job: str) -> Response:
    """Show what they answered."""
    found = ask.desk.jobs.get(job)
    if found is None or found.kind != KIND:
        raise not_found(job)
    return ask.page("cosigned.html", job=found, result=found.result)


@page("POST", "/admin/witnesses/resume", "office.manage", slow=True)
def lift(ask: Ask) -> Response:
    """Lift the stop of the log, when it contains again what was witnessed."""
    try:
        confirm(ask)
        with ask.desk.turn:
            lifted = resume(ask.desk.home, actor=ask.person)
            ask.desk.home.publish()
    except QingyuanError as error:
        return _show(ask, error)
    return ask.redirect("/admin/witnesses", "done.resumed" if lifted else "done.not-stopped")


@page("GET", "/admin/witnesses/files/{name}", "office.manage")
def proof(ask: Ask, name: str) -> Response:
    """Hand out a fork proof, or the marker of a stop."""
    home = ask.desk.home.path
    path = home / name if name in {STOPPED, STOPPED_FORK} else home / FORKS / name
    if not _FILE.match(name) or not path.is_file():
        raise not_found(name)
    data = path.read_bytes()
    return ask.finish(attached(io.BytesIO(data), len(data), f'filename="{name}"'))


@work(KIND, "/admin/witnesses/asked")
def ask_work(desk: Desk, _args: Mapping[str, object], _person: str, report: Report) -> dict[str, object]:
    """Take the newest heads to all witnesses and keep what they sign."""
    report(
        {"stage": "scan", "done": 0, "total": 1, "bytes_done": 0, "bytes_total": 0, "left": None, "speed": 0}
    )
    return {"logs": [each.as_dict() for each in cosign(desk.home)]}


def _show(ask: Ask, error: QingyuanError | None = None) -> Response:
    home = ask.desk.home
    stop = read_stop(home.path)
    policy, wrong = _policy(home)
    head = home.head()
    jobs = [one for one in ask.desk.jobs.newest(_NEWEST) if one.kind == KIND]
    return ask.page(
        "witnesses.html",
        400 if error else 200,
        error=error or wrong,
        stop=stop,
        stopped=stopped_error(stop, home.path) if stop else None,
        advice=[zh if ask.lang == "zh" else en for zh, en in advice(stop)] if stop else [],
        relied=stop is not None and relied_on(home, stop),
        policy=policy,
        seen=_seen(home, policy) if policy else [],
        logs=[log.origin for log, _ in logs_of(home)],
        size=head.size if head else 0,
        jobs=jobs[:5],
        proofs=_proofs(home),
        marker=STOPPED,
        fork=STOPPED_FORK if (home.path / STOPPED_FORK).is_file() else "",
        peers=(home.path / "peers.yaml").is_file(),
    )


def _policy(home: Home) -> tuple[Policy | None, QingyuanError | None]:
    path = home.path / POLICY
    if not path.is_file():
        return None, None
    try:
        return read_policy(path), None
    except QingyuanError as error:
        return None, error


def _seen(home: Home, policy: Policy) -> list[Seen]:
    """Return each witness with the newest size it cosigned of each log, and when."""
    with home.database.read() as connection:
        rows = connection.execute(
            sa.select(
                COSIGNATURE.c.witness,
                COSIGNATURE.c.origin,
                sa.func.max(COSIGNATURE.c.size),
                sa.func.max(COSIGNATURE.c.at),
            ).group_by(COSIGNATURE.c.witness, COSIGNATURE.c.origin)
        ).all()
    found = []
    for one in policy.witnesses:
        own = [row for row in rows if row[0] == key_name(one.key)]
        found.append(
            Seen(
                one.name,
                one.key.name,
                one.url or "",
                {str(row[1]): int(row[2]) for row in own},
                max((str(row[3]) for row in own), default=""),
            )
        )
    return found


def _proofs(home: Home) -> list[Proof]:
    origins = {log.origin for log, _ in logs_of(home)}
    paths = sorted((home.path / FORKS).glob("*.json")) if (home.path / FORKS).is_dir() else []
    return [found for path in paths if (found := _proof(path, origins)) is not None]


def _proof(path: Path, own: set[str]) -> Proof | None:
    try:
        fork = parse_fork(path.read_bytes())
        older, newer = (parse_checkpoint(parse_note(note).text) for note in (fork.older, fork.newer))
    except (LedgerError, OSError):
        return Proof(path.name, "unread", "", 0, 0, own=False)
    return Proof(path.name, fork.kind, older.origin, older.size, newer.size, own=older.origin in own)
