"""Reporting a clue in half a minute, the receipt that verifies offline, and how the clue goes on.

What a reporter writes may name people, so none of it goes into the register: words and files are sealed as exhibits of the
lead. How to reach the reporter is sealed under a scope of its own (``R2026-0001``): no package of the lead takes it along,
and its key can be destroyed without harm to the case.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from qingyuan.cases import Choice, Docket, Lead, choice_lists
from qingyuan.errors import QingyuanError
from qingyuan.office.browser import TemporaryFolder
from qingyuan.office.casework import act_within, load
from qingyuan.store import StoredEvent
from qingyuan.store.registry import next_id
from qingyuan.web.asking import Ask
from qingyuan.web.errors import WebError, bad_request
from qingyuan.web.portal.files import (
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_TEXT,
    PORTAL,
    Sent,
    allowed,
    received,
    seal_then,
)
from qingyuan.web.portal.receipt import make_receipt
from qingyuan.web.portal.tickets import Ticket, begin_once, end_once, issue, opened
from qingyuan.web.routing import page

_DAYS = 3 * 366
_SOURCE = "公众通过协同门户提交"
_FIELDS = ("told", "where", "when", "field", "name", "contact")
_SHORT = 500
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}\Z")
#: Where the words of a clue stand among the exhibits of its lead.
TOLD = "举报/线索.txt"
#: What stays empty in the hands of a person; programs fill it in.
TRAP = "website"


@page("GET", "/report", "public")
def form(ask: Ask) -> Response:
    """Show the form."""
    return _form(ask, {}, None, 200)


@page("POST", "/report", "public")
def send(ask: Ask) -> Response:
    """Seal a clue, register it as a lead, and show its number and code, once."""
    given = {name: ask.field(name) for name in _FIELDS}
    try:
        allowed(ask, "report")
        when = _checked(ask, given)
        with received(ask, "files") as files, _once(ask) as done:
            stored = _register(ask, given, when, files)
            lead = done["lead"] = stored.stream
    except QingyuanError as error:
        return _form(ask, given, error, error.status if isinstance(error, WebError) else 400)
    code = issue(ask.desk, "clue", {"lead": lead}, days=_DAYS)
    return ask.page("portal/received.html", lead=lead, code=code, at=stored.at, files=len(files))


@contextlib.contextmanager
def _once(ask: Ask) -> Iterator[dict[str, str]]:
    """Let a form be taken once, however often and to however many server processes it is sent; what came of it is put into what is yielded.

    Raises:
        WebError: ``web.sent-before`` or ``web.being-sent``.
    """
    once = ask.field("once") or secrets.token_hex(16)
    if state := begin_once(ask.desk, once):
        raise _sent(going=state == "going")
    done: dict[str, str] = {}
    try:
        yield done
    finally:
        end_once(ask.desk, once, done or None, days=2)


def _sent(*, going: bool) -> WebError:
    """Return the error of a form that was sent before, or is being worked on."""
    if going:
        return WebError(
            "web.being-sent",
            409,
            zh="这条线索正在登记，没有重复登记",
            en="this clue is being registered; it was not registered twice",
            remedy_zh="请等待先提交的页面给出编号和查询码；没有等到时，请在十分钟后再次提交",
            remedy_en="wait for the page that was sent first: it shows number and code; if it does not come, send this again in ten minutes",
        )
    return WebError(
        "web.sent-before",
        409,
        zh="这条线索已经收到，没有重复登记",
        en="this clue was received before; it was not registered twice",
        remedy_zh="请用当时给出的查询码查看进展",
        remedy_en="use the code you were given then to see how it goes on",
    )


@page("GET", "/progress", "public")
def ask_progress(ask: Ask) -> Response:
    """Ask for the code."""
    return ask.page("portal/progress.html", ticket=None, code="", error=None)


@page("POST", "/progress", "public")
def progress(ask: Ask) -> Response:
    """Show how a clue goes on, to whoever has its code: stages and days, and nothing of what was told."""
    allowed(ask, "progress")
    try:
        ticket = _ticket(ask)
    except WebError as error:
        return ask.page(
            "portal/progress.html", error.status, ticket=None, code=ask.field("code"), error=error
        )
    loaded = load(ask.desk.home, ticket.record["lead"])
    lead = loaded.docket.leads[ticket.record["lead"]]
    return ask.page(
        "portal/progress.html",
        ticket=ticket,
        code=ask.field("code"),
        error=None,
        lead=lead.id,
        steps=_steps(loaded.docket, lead, [event for event in loaded.events if event.stream == lead.id]),
    )


@page("POST", "/progress/receipt", "public")
def receipt(ask: Ask) -> Response:
    """Hand out the receipt of a clue."""
    allowed(ask, "progress")
    lead = _ticket(ask).record["lead"]
    events = load(ask.desk.home, lead).events
    event = next(one for one in events if one.stream == lead and one.type == "lead.registered")
    name = quote(f"receipt-{lead}.tlog-proof")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-store"}
    return ask.finish(
        Response(make_receipt(ask.desk.home, event), media_type="application/octet-stream", headers=headers)
    )


def _form(ask: Ask, given: Mapping[str, str], error: QingyuanError | None, status: int) -> Response:
    home = ask.desk.home
    return ask.page(
        "portal/report.html",
        status,
        fields=home.law.fields(),
        office=home.settings.office.name,
        given={name: given.get(name, "") for name in _FIELDS},
        error=error,
        once=secrets.token_hex(16),
        trap=TRAP,
        most_files=MAX_FILES,
        most_bytes=MAX_FILE_BYTES,
        most_text=MAX_TEXT,
        today=home.clock.now().date().isoformat(),
    )


def _checked(ask: Ask, given: Mapping[str, str]) -> date | None:
    """Return the day that was given, after everything else was found fit."""
    if ask.field(TRAP):
        raise bad_request("请把隐藏的一栏留空", "leave the hidden field empty", code="web.trap")
    if not given["told"] or len(given["told"]) > MAX_TEXT:
        raise bad_request(
            f"请用不超过 {MAX_TEXT} 字说明情况",
            f"say what happened in up to {MAX_TEXT} characters",
            code="web.no-text",
        )
    if any(len(given[name]) > _SHORT for name in ("where", "name", "contact")):
        raise bad_request(
            f"地点、姓名、联系方式各不超过 {_SHORT} 字",
            f"place, name and contact: up to {_SHORT} characters each",
        )
    if given["field"] not in {field.id for field in ask.desk.home.law.fields()}:
        raise bad_request("请选择类别", "choose what it is about", code="web.no-field")
    if not given["when"]:
        return None
    try:
        when = date.fromisoformat(given["when"])
    except ValueError:
        raise bad_request("日期写法有误", "that is no date", code="web.bad-date") from None
    if when > ask.desk.home.clock.now().date():
        raise bad_request("日期晚于今天", "the day lies after today", code="web.bad-date")
    return when


def _register(ask: Ask, given: Mapping[str, str], when: date | None, files: Sequence[Sent]) -> StoredEvent:
    """Seal and register a clue; return the registration."""
    desk, home = ask.desk, ask.desk.home
    with desk.turn, TemporaryFolder("material") as folder:
        year = home.clock.now().year
        with home.database.write() as connection:
            lead = next_id(connection, "L", year)
            reporter = next_id(connection, "R", year) if given["name"] or given["contact"] else ""
        # The last line keeps the digest of a short text from being guessed.
        told = folder.path / "told"
        lines = [
            given["told"],
            f"地点或网址：{given['where'] or '未填'}",
            f"时间：{when or '未填'}",
            *(f"附件 {name}：{one.name}" for name, one in zip(_attached(files), files, strict=True)),
            f"编号：{lead} {secrets.token_hex(16)}",
        ]
        told.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
        attached = zip(_attached(files), files, strict=True)
        parts = [(TOLD, told), *((f"举报/附件/{name}", one.path) for name, one in attached)]
        if reporter:
            _seal_reporter(ask, lead, reporter, given, folder.path)
        summary = "\n".join(
            [
                "公众举报。原文与附件已封存，未抄入登记。",
                *([f"举报人已署名，联系方式单独封存：{reporter}"] if reporter else ["举报人未署名。"]),
                *(f"SHA-256 {_digest(path)} {name}" for name, path in parts),
            ]
        )
        field = next(one for one in home.law.fields() if one.id == given["field"])
        stored = seal_then(
            desk,
            lead,
            parts,
            source=_SOURCE,
            act=lambda connection, exhibits: act_within(
                home,
                connection,
                "lead-register",
                lead,
                {
                    "lead": lead,
                    "title": f"公众举报：{field.zh}",
                    "source": "tip-off",
                    "field": field.id,
                    "summary": summary,
                    "exhibits": exhibits,
                },
                actor=PORTAL,
            ),
        )
    return stored[0]


def _attached(files: Sequence[Sent]) -> list[str]:
    """Return what the files are called in the register: numbers and endings. Names of files can name people; they are sealed with the words."""
    endings = (_ENDING.search(one.name) for one in files)
    return [f"附件{number}{found[0].lower() if found else ''}" for number, found in enumerate(endings, 1)]


def _seal_reporter(ask: Ask, lead: str, reporter: str, given: Mapping[str, str], folder: Path) -> None:
    """Seal who reports under a scope of its own."""
    path = folder / "reporter"
    path.write_text(f"姓名：{given['name']}\n联系方式：{given['contact']}\n线索：{lead}\n", encoding="utf-8")
    seal_then(ask.desk, reporter, [("举报人.txt", path)], source=_SOURCE, act=lambda *_: [])


def _ticket(ask: Ask) -> Ticket:
    ticket = opened(ask.desk, ["clue"], ask.field("code"))
    if ticket is None:
        raise WebError(
            "web.no-such-code",
            404,
            zh="没有这个查询码，或者已经过期",
            en="there is no such code, or it has ended",
            remedy_zh="请核对后重新输入；字母不分大小写，可以不输横线",
            remedy_en="check it and type it again; case and hyphens do not matter",
        )
    return ticket


class Step(msgspec.Struct, frozen=True):
    """One stage of a clue.

    Attributes:
        key: Its word, after ``step.``.
        on: The day, or ``None`` when none is told.
        stage: Where a case stands now, or ``None``.
    """

    key: str
    on: date | datetime | str | None = None
    stage: Choice | None = None


def _steps(docket: Docket, lead: Lead, events: Sequence[StoredEvent]) -> list[Step]:
    """Return what has happened, in words for everybody: no names, no identifiers of cases."""
    days = {event.type: event.at for event in events}
    steps = [Step("received", lead.registered_at)]
    if lead.assessment is not None:
        steps.append(Step("assessed", days["lead.assessed"]))
    if lead.stage in {"transferred", "declined"}:
        steps.append(Step(str(lead.stage), days.get(f"lead.{lead.stage}")))
    if lead.matter:
        steps.append(Step("opened"))
    labels = choice_lists()["case-stage"]
    for case in docket.cases.values():
        steps.append(Step("filed", case.filed_on))
        if case.suggestion_served_on:
            steps.append(Step("served", case.suggestion_served_on))
        if case.replied_on:
            steps.append(Step("replied", case.replied_on))
        if case.sued_on:
            steps.append(Step("sued", case.sued_on))
        if case.closed_on:
            steps.append(Step("closed", case.closed_on))
        else:
            steps.append(Step("now", stage=labels[case.stage]))
    return steps


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
