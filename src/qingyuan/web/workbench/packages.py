"""Evidence packages: made of a record as a job, encrypted to recipients if wanted, shown with who vouches for them, handed out."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.casework import Loaded, load
from qingyuan.office.packages.recipients import keys_in, recipients_of
from qingyuan.office.packages.rereading import reread
from qingyuan.office.packages.waiting import (
    is_for_recipients,
    is_waiting,
    made_for,
    make_waiting,
    open_waiting,
)
from qingyuan.shapes import convert
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.handing import handed_out
from qingyuan.web.hearings import filings_of
from qingyuan.web.jobs import Job, Report
from qingyuan.web.routing import page
from qingyuan.web.workbench._lists import suggested
from qingyuan.web.workbench._progress import telling
from qingyuan.web.works import work

KIND = "package"
PLACE = "/packages/jobs"
_PACKAGE = re.compile(r"K\d{4}-\d{4,}\Z")
_MOST_KEYS = 64 << 10
_SECRET = "AGE-SECRET"  # noqa: S105 - how secret keys begin
_NEWEST = 200
_ASKED = ("record", "to", "keys")


@page("GET", "/packages", "case.export")
def form(ask: Ask) -> Response:
    """Show the form of a package, the packages of its record and the newest jobs."""
    return _show(ask, {"record": ask.query("record")})


def _show(ask: Ask, given: Mapping[str, str], error: QingyuanError | None = None) -> Response:
    record = given["record"]
    loaded = load(ask.desk.home, record) if record and error is None else None
    try:
        known, bad = recipients_of(ask.desk.home), None
    except QingyuanError as why:
        known, bad = {}, why
    return ask.page(
        "packages.html",
        400 if error else 200,
        given={**dict.fromkeys(_ASKED, ""), **given},
        chosen=ask.fields("recipient"),
        error=error or bad,
        title=_title(loaded, record),
        filings=filings_of(loaded) if loaded else (),
        records=suggested(ask),
        known=known,
        jobs=[one for one in ask.desk.jobs.newest(_NEWEST, person=ask.person) if one.kind == KIND][:20],
    )


def _title(loaded: Loaded | None, record: str) -> str:
    if loaded is None:
        return ""
    lead, matter = loaded.docket.leads.get(record), loaded.docket.matter
    return lead.registered.title if lead else matter.title if matter else ""


@page("POST", "/packages", "case.export")
def begin(ask: Ask) -> Response:
    """Begin to make the package of a record; what cannot be is said at once, with everything typed."""
    given = {name: ask.field(name) for name in _ASKED}
    load(ask.desk.home, given["record"])
    if _SECRET in given["keys"].upper():  # it is refused below, and not shown again
        given["keys"] = ""
    try:
        recipients = _recipients(ask)
    except QingyuanError as error:
        return _show(ask, given, error)
    args = {
        "record": given["record"],
        "to": given["to"],
        "encrypt_to": recipients,
        "title": given["record"],
        "request": secrets.token_hex(8),
    }
    return ask.redirect(f"{PLACE}/{ask.desk.jobs.add(KIND, ask.person, args)}")


def _recipients(ask: Ask) -> list[str]:
    """Return the keys that were chosen by name, typed or sent as a file.

    Raises:
        OfficeError: One is no key.
        WebError: A name is not known.
    """
    chosen = ask.fields("recipient")
    known = recipients_of(ask.desk.home) if chosen else {}
    if unknown := [name for name in chosen if name not in known]:
        raise bad_request(
            f"没有名为“{unknown[0][:80]}”的接收方",
            f"there is no recipient {unknown[0][:80]!r}",
            code="web.no-recipient",
        )
    texts = [ask.field("keys")]
    texts += [one.file.read(_MOST_KEYS).decode("utf-8", "replace") for one in ask.uploads("keyfile")]
    return list(dict.fromkeys([*(known[name] for name in chosen), *keys_in("\n".join(texts))]))


@work(KIND, PLACE, "case.export", quick=True)
def package_work(desk: Desk, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
    """Make a package and let it wait; one that was interrupted is abandoned in the log and made anew, one that was made is found again."""
    request = str(args.get("request", ""))
    if request and (known := made_for(desk.home, request)) is not None:
        return {"id": known[0], "size": known[1]}
    made = make_waiting(
        desk.home,
        str(args["record"]),
        to=str(args["to"]),
        actor=person,
        encrypt_to=convert(args["encrypt_to"], list[str]),
        report=telling(report),
        request=request,
    )
    told: dict[str, object] = msgspec.to_builtins(msgspec.structs.replace(made, path=""))
    return told


@page("GET", "/packages/jobs/{job}", "case.export")
def making(ask: Ask, job: str) -> Response:
    """Show how far a package is; when it is made, the package."""
    found = ask.desk.jobs.get(job)
    if found is None or found.kind != KIND or found.person != ask.person:
        raise not_found(job)
    ask.require("case.export", str(found.args["record"]))
    if found.state == "done":
        return ask.redirect(f"/packages/{found.result['id']}")
    return ask.page("packing.html", job=found)


@page("GET", "/packages/{identifier}", "case.export")
def show(ask: Ask, identifier: str) -> Response:
    """Show a package: for whom, how large, who cosigned and stamped it and who did not answer; to download and to verify."""
    record = ask.desk.guard.docket(identifier)
    filing = next((one for one in filings_of(load(ask.desk.home, record)) if one.package == identifier), None)
    if not _PACKAGE.match(identifier) or filing is None:
        raise not_found(identifier)
    size, closed = 0, False
    job = _job_of(ask, identifier)
    made = job.result if job and "witnesses" in job.result else None
    again: dict[str, object] | None = None
    if there := is_waiting(ask.desk.home, identifier):
        with open_waiting(ask.desk.home, identifier) as content:
            size, closed = content.size, is_for_recipients(content)
            if made is None and not closed:
                with contextlib.suppress(QingyuanError):  # altered, as whoever verifies it is told
                    found = msgspec.to_builtins(reread(ask.desk.home, content))
                    again = {**found, "recipients": 0, "missed": []}
    return ask.page(
        "package.html",
        identifier=identifier,
        record=record,
        filing=filing,
        there=there,
        size=size,
        closed=closed,
        days=ask.desk.settings.package_days,
        made=made or again,
        again=again is not None,
    )


def _job_of(ask: Ask, package: str) -> Job | None:
    """Return the job that made a package, while it is among the newest."""
    newest = ask.desk.jobs.newest(_NEWEST)
    return next((one for one in newest if one.kind == KIND and one.result.get("id") == package), None)


@page("GET", "/packages/{identifier}/file", "case.export", slow=True)
def download(ask: Ask, identifier: str) -> Response:
    """Hand out a package."""
    if not _PACKAGE.match(identifier) or not is_waiting(ask.desk.home, identifier):
        raise not_found(identifier)
    return handed_out(ask, identifier, ask.person)
