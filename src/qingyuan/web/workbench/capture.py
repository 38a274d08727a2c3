"""Capturing web pages: one address or a list, as a job; what was taken, what was not and why."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.capture import (
    Bounds,
    Captured,
    CaptureProgress,
    CaptureSettings,
    Circumstances,
    Failed,
    capture_all,
    check_url,
)
from qingyuan.office.casework import docket_streams, load
from qingyuan.office.sealing import Collector
from qingyuan.shapes import convert, from_json
from qingyuan.store.captures import CaptureState, captures
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.jobs import Report
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.workbench._lists import suggested
from qingyuan.web.works import work

KIND = "capture"
#: Addresses in one list, and pages of results shown at once.
MOST_URLS, _SHOWN = 2000, 50
_DELAYS = (1, 2, 5, 10, 30)
_NEWEST = 200
_TICKED = ("screencast", "decoded", "certificate", "unreplayed")
#: What the form begins with.
_ASKED: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("second", "place", "witnesses", *_TICKED), "")
    | {"delay": "1", "device": "D001", "seconds": f"{Bounds().seconds:g}"}
)
#: Most seconds that a page may be given.
_LONGEST = 3600


class Taken(msgspec.Struct, frozen=True):
    """One page of a job.

    Attributes:
        url: Its address.
        captured: What was taken, or ``None``.
        failed: Why it was not, or ``None``.
    """

    url: str
    captured: Captured | None
    failed: Failed | None


@page("GET", "/capture", "material.take")
def form(ask: Ask) -> Response:
    """Show the form, and the newest captures."""
    return _show(ask, {"record": ask.query("record"), "urls": ask.query("url")})


@page("POST", "/capture", "material.take")
def begin(ask: Ask) -> Response:
    """Begin a job; a record that is not there or an address that cannot be captured is said at once."""
    given = {name: ask.field(name) for name in ("record", "urls", "place", "witnesses", "delay")}
    given |= {name: ask.field(name) or _ASKED[name] for name in ("device", "seconds")}
    given["second"] = ask.someone("second")
    if given["delay"] not in map(str, _DELAYS):
        given["delay"] = "1"
    given |= {name: "1" for name in _TICKED if ask.has(name)}
    try:
        urls = addresses(given["urls"])
        if given["second"] == ask.person:
            raise bad_request(
                "第二取证人应当是另一个人", "the second collector is another person", code="web.same-person"
            )
        Collector(ask.person, device=given["device"])
        _seconds(given["seconds"])
        with ask.desk.home.database.read() as connection:
            docket_streams(connection, given["record"])
    except QingyuanError as error:
        return _show(ask, given, error)
    args = {**given, "urls": urls, "title": urls[0] if len(urls) == 1 else f"{urls[0]} … {len(urls)}"}
    return ask.redirect(f"/captures/{ask.desk.jobs.add(KIND, ask.person, args)}")


@page("GET", "/captures/{job}", "material.take")
def show(ask: Ask, job: str) -> Response:
    """Show how far a capture is, and each page with its replay, limits and exhibits."""
    found = ask.desk.jobs.get(job)
    if found is None or found.kind != KIND or found.person != ask.person:
        raise not_found(job)
    ask.desk.guard.require_job(ask.person, "material.take", found.args)
    rows = _taken(ask, str(found.result.get("job", ""))) if found.state == "done" else []
    wanted = ask.query("show")
    shown = [one for one in rows if not wanted or (one.failed is not None) == (wanted == "failed")]
    at = whole(ask.query("from")) or 0
    return ask.page(
        "captured.html",
        job=found,
        record=str(found.args["record"]),
        rows=shown[at : at + _SHOWN],
        at=at,
        step=_SHOWN,
        total=len(shown),
        failed=sum(one.failed is not None for one in rows),
        captured=sum(one.captured is not None for one in rows),
        wanted=wanted,
    )


@work(KIND, "/captures")
def capture_work(desk: Desk, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
    """Capture the pages of a list; those that an earlier run took are not taken again."""
    urls = convert(args["urls"], list[str])

    def tell(progress: CaptureProgress) -> None:
        report(_progress(progress.done, progress.total, progress.url))

    report(_progress(0, len(urls), ""))
    result = capture_all(
        desk.home,
        str(args["record"]),
        urls,
        Collector(person, str(args["second"]) or None, device=str(args.get("device") or _ASKED["device"])),
        settings=settings_of(args, desk.settings.capture_allowed),
        circumstances=Circumstances(
            place=str(args["place"]), witnesses=tuple(str(args["witnesses"]).split())
        ),
        delay=float(str(args["delay"] or "1")),
        report=tell,
    )
    desk.home.publish()
    return {"job": result.job, "captured": len(result.captures), "failed": len(result.failed)}


def settings_of(args: Mapping[str, object], allowed: frozenset[tuple[str, int]]) -> CaptureSettings:
    """Return how a job captures; one that was begun before its form asked for something takes what the form begins with.

    Args:
        args: What the job was begun with.
        allowed: Addresses inside the network that may be captured.
    """
    return CaptureSettings(
        raw=not args.get("decoded"),
        screencast=bool(args.get("screencast")),
        allow_bad_certificate=bool(args.get("certificate")),
        replay=not args.get("unreplayed"),
        bounds=Bounds(seconds=_seconds(str(args.get("seconds") or _ASKED["seconds"]))),
        allowed=allowed,
    )


def addresses(text: str) -> list[str]:
    """Return the addresses of a list, one a line, ``#`` beginning a comment.

    Raises:
        WebError: There is none, or there are too many.
        CaptureError: One cannot be captured.
    """
    lines = (line.strip() for line in text.splitlines())
    found = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not 0 < len(found) <= MOST_URLS:
        raise bad_request(
            f"请填写 1 至 {MOST_URLS} 个网址，一行一个",
            f"give 1 to {MOST_URLS} addresses, one a line",
            code="web.no-addresses",
        )
    for url in found:
        check_url(url)
    return found


def _seconds(text: str) -> int:
    """Return how many seconds a page may take.

    Raises:
        WebError: ``web.bad-seconds``.
    """
    number = whole(text)
    if number is None or not 1 <= number <= _LONGEST:
        raise bad_request(
            f"每页用时上限应为 1 至 {_LONGEST} 的整数秒",
            f"a page may take 1 to {_LONGEST} whole seconds",
            code="web.bad-seconds",
        )
    return number


def _progress(done: int, total: int, url: str) -> dict[str, object]:
    return {
        "stage": "capture", "done": done, "total": total, "bytes_done": done, "bytes_total": total, "left": None, "speed": 0,
        "url": url,
    }  # fmt: skip


def _taken(ask: Ask, job: str) -> list[Taken]:
    with ask.desk.home.database.read() as connection:
        rows = captures(connection, job)
    return [
        Taken(
            row.url,
            from_json(row.detail or b"", Captured) if row.state == CaptureState.DONE else None,
            from_json(row.detail, Failed)
            if row.state == CaptureState.FAILED and row.detail is not None
            else None,
        )
        for row in rows
    ]


def _show(ask: Ask, given: Mapping[str, str], error: QingyuanError | None = None) -> Response:
    title = ""
    if given["record"] and error is None:
        docket = load(ask.desk.home, given["record"]).docket
        lead = docket.leads.get(given["record"])
        title = lead.registered.title if lead else docket.matter.title if docket.matter else ""
    return ask.page(
        "capture.html",
        400 if error else 200,
        given={**_ASKED, **given},
        asked=_ASKED,
        longest=_LONGEST,
        title=title,
        error=error,
        records=suggested(ask),
        people=ask.desk.people.all(),
        delays=_DELAYS,
        jobs=[one for one in ask.desk.jobs.newest(_NEWEST, person=ask.person) if one.kind == KIND][:20],
    )
