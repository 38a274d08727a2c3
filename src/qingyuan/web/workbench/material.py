"""Adding material to a lead, matter or case that exists: the form, the job that seals and scans it, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.adding import Added, add_material
from qingyuan.office.receiving import receiving
from qingyuan.office.recording import Facts
from qingyuan.office.sealing import Collector
from qingyuan.shapes import convert
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.jobs import Report
from qingyuan.web.routing import page
from qingyuan.web.workbench._batch import batch_of, check_second
from qingyuan.web.workbench._progress import BEGUN, telling
from qingyuan.web.works import work

KIND = "material"
#: How material can have been collected by people; captures of pages have a page of their own.
METHODS = ("file-copy", "disclosure", "screenshot", "screen-recording", "download", "document")
#: Facts of a collection that the form asks: one line each, and those of several lines or names.
LINES = ("place", "device", "medium", "provider", "notice")
_MANY = ("steps", "network")
_ASKED: Mapping[str, str] = MappingProxyType(
    dict.fromkeys((*LINES, *_MANY, "from", "second", "witnesses", "remarks"), "")
    | {"method": METHODS[0], "device": "D001"}
)
_NAMED, _SHOWN = 200, 50


@page("GET", "/material/{identifier}", "material.take")
def form(ask: Ask, identifier: str) -> Response:
    """Show the form that adds material to a record."""
    return _show(ask, identifier, {"scan": "1"})


def _show(
    ask: Ask, identifier: str, given: Mapping[str, str], error: QingyuanError | None = None
) -> Response:
    refused: QingyuanError | None = None
    into = None
    try:
        into = receiving(ask.desk.home, identifier)
    except QingyuanError as why:
        if why.code not in {"office.moved-record", "evidence.key-destroyed"}:
            raise
        refused = why
    return ask.page(
        "material.html",
        409 if refused else 400 if error else 200,
        record=identifier,
        into=into,
        refused=refused,
        given={**_ASKED, **given},
        error=error,
        methods=METHODS,
        lines=LINES,
        people=ask.desk.people.all(),
        chunk=ask.desk.settings.max_chunk_bytes,
    )


@page("POST", "/material/{identifier}", "material.take")
def begin(ask: Ask, identifier: str) -> Response:
    """Begin to add what was sent; a refusal comes back with everything typed."""
    given = {name: ask.field(name) for name in (*_ASKED, "scan")} | {"second": ask.someone("second")}
    if given["method"] not in METHODS:
        given["method"] = METHODS[0]
    try:
        receiving(ask.desk.home, identifier)
        check_second(ask)
        Collector(ask.person, device=given["device"] or "D001")
        batch = batch_of(ask)
    except QingyuanError as error:
        return _show(ask, identifier, given, error)
    return ask.redirect(f"/jobs/{order(ask.desk, ask.person, identifier, batch, given)}")


def order(desk: Desk, person: str, record: str, batch: str, given: Mapping[str, str]) -> str:
    """Begin the job that adds a batch to a record, and return its identifier; ``given`` is what the form asks, all of it optional.

    Raises:
        OfficeError: The record takes nothing in.
    """
    about = {"batch": batch, "record": record, "title": f"{record} {receiving(desk.home, record).title}"}
    return desk.jobs.add(KIND, person, {**_ASKED, "scan": "1", **given, **about})


@work(KIND)
def material_work(desk: Desk, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
    """Seal a batch into a record; what an earlier run of it did is not done again."""
    given = convert(args, dict[str, str])
    batch = given["batch"]
    report(dict(BEGUN))
    done = add_material(
        desk.home,
        given["record"],
        sorted(desk.uploads.folder(batch).iterdir()),
        Collector(person, given["second"] or None, given["method"], given["from"], given["device"] or "D001"),
        _facts(given),
        scan=bool(given["scan"]),
        workers=desk.settings.job_workers,
        report=telling(report),
        opened=desk.uploads.content,
    )
    desk.uploads.drop(batch)
    return _told(done)


def _facts(given: Mapping[str, str]) -> Facts | None:
    """Return what was written down about the collection, ``None`` when nothing was."""
    named = {name: given[name] for name in LINES if name != "device" and given[name]}
    listed = {
        name: tuple(line.strip() for line in given[name].splitlines() if line.strip())
        for name in _MANY
        if given[name]
    }
    witnesses = tuple(given["witnesses"].split())
    if not (named or listed or witnesses or given["remarks"]):
        return None
    return convert({**named, **listed, "witnesses": witnesses, "remarks": given["remarks"]}, Facts)


def _told(done: Added) -> dict[str, object]:
    """Return what the page of the job shows."""
    return {
        "record": done.record,
        "scope": done.scope,
        "count": len(done.exhibits),
        "exhibits": done.exhibits[:_NAMED],
        "refused": len(done.refused),
        "unread": msgspec.to_builtins(done.refused[:_SHOWN]),
        "persons": done.persons,
        "acquisition": done.acquisition,
        "missing": msgspec.to_builtins(done.missing),
    }
