"""Administration beside people: keys, witnesses, packs of law and forms, the state of the machine; the whole home checked as a job."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Mapping

import msgspec
import sqlalchemy as sa
from starlette.responses import Response

from qingyuan import __version__
from qingyuan.cases import VERBS
from qingyuan.documents import forms
from qingyuan.errors import QingyuanError
from qingyuan.ledger import Policy
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.keys.listing import list_keys
from qingyuan.office.keys.roots import roots_of
from qingyuan.office.paperwork.offered import overlay_of
from qingyuan.office.recognition.published import logs_of, read_policy
from qingyuan.office.recognition.stopped import read_stop, stopped_error
from qingyuan.store.schema import COSIGNATURE
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import not_found
from qingyuan.web.jobs import Report
from qingyuan.web.routing import page
from qingyuan.web.works import work

KIND = "fsck"
_MOST, _NEWEST = 500, 200


class Seen(msgspec.Struct, frozen=True):
    """A witness.

    Attributes:
        name: Its key, as it is named in cosignatures.
        size: Size of the largest head it cosigned.
        at: When the newest was received.
    """

    name: str
    size: int
    at: str


class Pack(msgspec.Struct, frozen=True):
    """Data that the program works by.

    Attributes:
        key: End of its word.
        entries: How many entries it has.
        unverified: How many were not compared with their source.
        local: Where local entries are read from; ``""`` when there are none.
    """

    key: str
    entries: int
    unverified: int
    local: str


@page("GET", "/admin/health", "office.manage", slow=True)
def show(ask: Ask) -> Response:
    """Show keys, witnesses, packs and the machine."""
    return shown(ask)


def shown(ask: Ask, error: QingyuanError | None = None, peer: str = "") -> Response:
    """Return the page; ``error`` and ``peer`` are of a site that could not be registered, and its name as it was typed."""
    home = ask.desk.home
    disk = shutil.disk_usage(home.path)
    jobs = ask.desk.jobs.newest(_NEWEST)
    keys = list_keys(home)
    return ask.page(
        "health.html",
        400 if error else 200,
        error=error,
        peer=peer,
        keys=keys,
        signing=keys.keys,
        roots=roots_of(home),
        stop=_stop(home),
        witnesses=_witnesses(home),
        policy=_policy(home),
        packs=_packs(home),
        disk=disk,
        database=sum(path.stat().st_size for path in home.path.glob("qingyuan.db*")),
        queue=Counter(one.state for one in jobs),
        checks=[one for one in jobs if one.kind == KIND][:5],
        version=__version__,
    )


@page("POST", "/admin/health/check", "office.manage")
def begin(ask: Ask) -> Response:
    """Begin to check the home."""
    return ask.redirect(f"/admin/checks/{ask.desk.jobs.add(KIND, ask.person, {'title': KIND})}")


@page("GET", "/admin/checks/{job}", "office.manage")
def checked(ask: Ask, job: str) -> Response:
    """Show what a check found."""
    found = ask.desk.jobs.get(job)
    if found is None or found.kind != KIND:
        raise not_found(job)
    return ask.page("checked.html", job=found, result=found.result)


@work(KIND, "/admin/checks", "office.manage")
def check_work(desk: Desk, _args: Mapping[str, object], _person: str, report: Report) -> dict[str, object]:
    """Read every entry, hash, tile, cosignature and blob again; nothing is repaired."""
    report(
        {"stage": "scan", "done": 0, "total": 1, "bytes_done": 0, "bytes_total": 0, "left": None, "speed": 0}
    )
    found = list(itertools.islice(check_home(desk.home), _MOST))
    head = desk.home.head()
    return {
        "size": head.size if head else 0,
        "problems": msgspec.to_builtins(found),
        "all": len(found) < _MOST,
    }


def _witnesses(home: Home) -> list[Seen]:
    origins = [log.origin for log, _ in logs_of(home)]
    newest = sa.func.max(COSIGNATURE.c.size)
    with home.database.read() as connection:
        rows = connection.execute(
            sa.select(COSIGNATURE.c.witness, newest, sa.func.max(COSIGNATURE.c.at))
            .where(COSIGNATURE.c.origin.in_(origins))
            .group_by(COSIGNATURE.c.witness)
            .order_by(COSIGNATURE.c.witness)
        )
        return [Seen(str(name), int(size), str(at)) for name, size, at in rows]


def _policy(home: Home) -> Policy | None:
    path = home.path / "policy.txt"
    return read_policy(path) if path.is_file() else None


def _stop(home: Home) -> QingyuanError | None:
    stop = read_stop(home.path)
    return None if stop is None else stopped_error(stop, home.path)


def _packs(home: Home) -> list[Pack]:
    rules = home.law.provisions()
    known = forms(overlay_of(home)).values()
    tables = [row for one in home.law.tables() for row in home.law.table(one.id).rows]
    law = home.path / "law"
    return [
        Pack("law", len(rules), sum(not one.verified for one in rules), str(law) if law.is_dir() else ""),
        Pack("tables", len(tables), sum(not one.verified for one in tables), ""),
        Pack(
            "forms",
            len(known),
            sum(not one.verified for one in known),
            "forms" if overlay_of(home) else "",
        ),
        Pack("acts", len(VERBS), 0, ""),
    ]
