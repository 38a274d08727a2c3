"""What organs, firms and courts see and do behind a link: replies, proofs of measures, packages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from starlette.responses import FileResponse, Response

from qingyuan.cases import (
    DueDate,
    Measure,
    Refused,
    available,
    choice_lists,
    due_dates,
    duty_matrix,
)
from qingyuan.errors import QingyuanError
from qingyuan.evidence.verify import verify as check
from qingyuan.office.casework import act_within
from qingyuan.office.handover import find_exhibit
from qingyuan.office.sealing import open_exhibit
from qingyuan.store import StoredEvent
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.errors import WebError, bad_request, not_found
from qingyuan.web.portal.files import MAX_FILE_BYTES, MAX_FILES, MAX_TEXT, allowed, received, seal_then
from qingyuan.web.portal.invitations import PATH, Invited
from qingyuan.web.routing import page

_REPLY = ("agency-reply", "agency-reply-urgent")
_TEMPLATES = {"organ": "portal/organ.html", "firm": "portal/firm.html", "court": "portal/court.html"}


@page("GET", "/portal/i/{identifier}", "public")
def show(ask: Ask, identifier: str) -> Response:
    """Show a case to somebody invited to it."""
    allowed(ask, "invited")
    return _show(ask, identifier, Invited(ask, identifier))


@page("POST", "/portal/i/{identifier}/reply", "public")
def reply(ask: Ask, identifier: str) -> Response:
    """Register the organ's reply to the suggestion, with its papers."""
    return _do(ask, identifier, Invited(ask, identifier, "organ"), "receive-reply", "")


@page("POST", "/portal/i/{identifier}/prove", "public")
def prove(ask: Ask, identifier: str) -> Response:
    """Submit the proof of one measure."""
    invited = Invited(ask, identifier, "organ", "firm")
    measure = ask.field("measure")
    if measure not in {one.id for one in _measures(invited)}:
        raise not_found(measure or None)
    return _do(ask, identifier, invited, "prove-measure", measure)


@page("GET", "/portal/i/{identifier}/suggestion.pdf", "public")
def suggestion(ask: Ask, identifier: str) -> Response:
    """Hand out the suggestion as it was made; that it was read is an event."""
    allowed(ask, "invited")
    invited = Invited(ask, identifier, "organ")
    paper = _suggestion(invited)
    if paper is None:
        raise not_found()
    home = ask.desk.home
    with home.database.read() as connection:
        row = find_exhibit(connection, str(paper.payload["pdf"]))
    ask.desk.note_reading("exhibit", [row.id], actor=invited.actor)
    with open_exhibit(home, row) as content:
        data = content.read()
    name = quote(row.path.rpartition("/")[2])
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-store"}
    return ask.finish(Response(data, media_type="application/octet-stream", headers=headers))


@page("GET", "/portal/i/{identifier}/packages/{name}", "public")
def package(ask: Ask, identifier: str, name: str) -> Response:
    """Hand out a package of the matter to the court; that it was taken is an event."""
    allowed(ask, "invited")
    invited = Invited(ask, identifier, "court")
    path = _package(ask, invited, name)
    ask.desk.note_reading("package", [name], actor=invited.actor)
    return ask.finish(FileResponse(path, media_type="application/octet-stream", filename=f"{name}.evp"))


@page("POST", "/portal/i/{identifier}/check", "public")
def judge(ask: Ask, identifier: str) -> Response:
    """Verify a package of the matter for the court, with the verifier that stands alone."""
    allowed(ask, "verify")
    invited = Invited(ask, identifier, "court")
    name = ask.field("package")
    report = check(_package(ask, invited, name), ask.desk.home.trust_path)
    return _show(ask, identifier, invited, report=report, name=f"{name}.evp")


def _do(ask: Ask, code: str, invited: Invited, verb: str, measure: str) -> Response:
    """Seal what came and do the act with it, or show the page again with what is missing."""
    allowed(ask, "invited")
    given = {name: ask.field(name) for name in ("accepted", "summary", "note")}
    try:
        _check_possible(ask, invited, verb, measure)
        if any(len(value) > MAX_TEXT for value in given.values()):
            raise bad_request(f"每栏不超过 {MAX_TEXT} 字", f"up to {MAX_TEXT} characters a field")
        _send(ask, invited, verb, measure, given)
    except QingyuanError as error:
        status = 409 if isinstance(error, Refused) else error.status if isinstance(error, WebError) else 400
        return _show(ask, code, invited, status, error=error, given=given, at=measure or "reply")
    return ask.redirect(f"{PATH}{code}", "done.replied" if verb == "receive-reply" else "done.proved")


def _check_possible(ask: Ask, invited: Invited, verb: str, measure: str) -> None:
    """Refuse what is refused whatever comes with it, before anything is sealed."""
    home = ask.desk.home
    target = f"{invited.case.id} {measure}".strip()
    found = available(invited.loaded.docket, law=home.law, now=home.clock.now(), actor=invited.actor)
    for offer in found:
        if offer.verb.name == verb and offer.target == target and offer.refused is not None:
            raise offer.refused


def _send(ask: Ask, invited: Invited, verb: str, measure: str, given: Mapping[str, str]) -> None:
    home, case = ask.desk.home, invited.case.id
    matter = invited.loaded.docket.matter
    assert matter is not None, "every case has a matter"
    folder = f"整改证明/{case}-{measure}" if measure else f"回复/{case}"
    with received(ask, "files") as files:
        seal_then(
            ask.desk,
            matter.id,
            [(f"{folder}/{one.name}", one.path) for one in files],
            source=f"{invited.ticket.record['name']}通过协同门户提交（{invited.actor}）",
            act=lambda connection, sealed: act_within(
                home,
                connection,
                verb,
                case,
                {"measure": measure, "after": sealed, "note": given["note"]}
                if measure
                else {"accepted": given["accepted"], "summary": given["summary"], "exhibits": sealed},
                actor=invited.actor,
            ),
        )


def _show(
    ask: Ask,
    code: str,
    invited: Invited,
    status: int = 200,
    *,
    error: QingyuanError | None = None,
    given: Mapping[str, str] | None = None,
    at: str = "",
    **more: object,
) -> Response:
    home, docket, case = ask.desk.home, invited.loaded.docket, invited.case
    kind, now = invited.ticket.kind, home.clock.now()
    values: dict[str, object] = {"report": None, "name": "", **more}
    if kind == "organ":
        duties = duty_matrix(docket, case.id, law=home.law, now=now) if case.track == "administrative" else ()
        values |= {"duties": [row for row in duties if row.named], "paper": _suggestion(invited)}
        values |= {"due": _due(ask, invited), "attitudes": choice_lists()["reply-attitude"]}
    if kind == "court":
        values["packages"] = _packages(ask, invited)
    else:
        with home.database.read() as connection:
            rows = exhibits(connection, invited.loaded.streams)
        values |= {"measures": _measures(invited), "papers": {row.id: row for row in rows}}
    return ask.page(
        _TEMPLATES[kind],
        status,
        code=code,
        ticket=invited.ticket,
        case=case,
        office=home.settings.office.name,
        labels=choice_lists(),
        today=now.date(),
        error=error,
        given={"accepted": "", "summary": "", "note": "", **(given or {})},
        at=at,
        most_files=MAX_FILES,
        most_bytes=MAX_FILE_BYTES,
        most_text=MAX_TEXT,
        **values,
    )


def _measures(invited: Invited) -> list[Measure]:
    """Return the measures that somebody invited sees: an organ all, a firm its own."""
    owner = invited.ticket.record["owner"]
    return [one for one in invited.case.measures.values() if not owner or one.entered.owner == owner]


def _due(ask: Ask, invited: Invited) -> DueDate | None:
    """Return the day of the reply."""
    home = ask.desk.home
    rows = due_dates(invited.loaded.docket, law=home.law, now=home.clock.now(), include_done=True)
    return next((row for row in rows if row.target == invited.case.id and row.key in _REPLY), None)


def _suggestion(invited: Invited) -> StoredEvent | None:
    """Return the newest suggestion that was made as a document, once it was served."""
    if invited.case.suggestion_served_on is None:
        return None
    made = [one for one in invited.loaded.events if one.type == "document.made"]
    ours = [one for one in made if one.stream == invited.case.id and one.payload.get("form") == "suggestion"]
    return ours[-1] if ours else None


def _packages(ask: Ask, invited: Invited) -> list[StoredEvent]:
    """Return the transfers of the docket whose package lies here, the newest first."""
    folder = ask.desk.home.path / "packages"
    sent = [one for one in invited.loaded.events if one.type == "evidence.transferred"]
    return [one for one in reversed(sent) if (folder / f"{one.payload['package']}.evp").is_file()]


def _package(ask: Ask, invited: Invited, name: str) -> Path:
    if name not in {one.payload["package"] for one in _packages(ask, invited)}:
        raise not_found(name)
    return ask.desk.home.path / "packages" / f"{name}.evp"
