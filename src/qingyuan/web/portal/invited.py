"""What organs and firms see and do behind a link: replies and proofs of measures; whoever else is invited has a desk of its own."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from qingyuan.cases import DueDate, Measure, choice_lists, due_dates, duty_matrix
from qingyuan.errors import QingyuanError
from qingyuan.office.casework import Argument
from qingyuan.store import StoredEvent
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.portal import court, hearing
from qingyuan.web.portal.files import MAX_FILE_BYTES, MAX_FILES, MAX_TEXT, allowed
from qingyuan.web.portal.invitations import PATH, Invited
from qingyuan.web.portal.sending import hand_out, refusal_of, send, status_of
from qingyuan.web.routing import page

_REPLY = ("agency-reply", "agency-reply-urgent")
_TEMPLATES = {"organ": "portal/organ.html", "firm": "portal/firm.html"}


@page("GET", "/portal/i/{identifier}", "public")
def show(ask: Ask, identifier: str) -> Response:
    """Show a case to somebody invited to it."""
    invited = Invited(ask, identifier)
    shown = {"court": court.show, "hearing": hearing.show}.get(invited.ticket.kind, _show)
    return shown(ask, identifier, invited)


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
    invited = Invited(ask, identifier, "organ")
    paper = _suggestion(invited)
    if paper is None:
        raise not_found()
    allowed(ask, "taken")
    return hand_out(ask, str(paper.payload["pdf"]), actor=invited.actor)


def _do(ask: Ask, code: str, invited: Invited, verb: str, measure: str) -> Response:
    """Seal what came and do the act with it, or show the page again with what is missing."""
    given = {name: ask.field(name) for name in ("accepted", "summary", "note")}
    folder = f"整改证明/{invited.case.id}-{measure}" if measure else f"回复/{invited.case.id}"

    def args(sealed: list[str]) -> Mapping[str, Argument]:
        if measure:
            return {"measure": measure, "after": sealed, "note": given["note"]}
        return {"accepted": given["accepted"], "summary": given["summary"], "exhibits": sealed}

    try:
        allowed(ask, "sent")
        send(ask, invited, verb, folder, args, measure=measure)
    except QingyuanError as error:
        return _show(ask, code, invited, status_of(error), error=error, given=given, at=measure or "reply")
    return ask.redirect(f"{PATH}{code}", "done.replied" if verb == "receive-reply" else "done.proved")


def _show(
    ask: Ask,
    code: str,
    invited: Invited,
    status: int = 200,
    *,
    error: QingyuanError | None = None,
    given: Mapping[str, str] | None = None,
    at: str = "",
) -> Response:
    home, docket, case = ask.desk.home, invited.loaded.docket, invited.case
    kind, now = invited.ticket.kind, home.clock.now()
    values: dict[str, object] = {}
    if kind == "organ":
        duties = duty_matrix(docket, case.id, law=home.law, now=now) if case.track == "administrative" else ()
        values |= {"duties": [row for row in duties if row.named], "paper": _suggestion(invited)}
        values |= {"closed": refusal_of(ask, invited, "receive-reply")}
        values |= {"due": _due(ask, invited), "attitudes": choice_lists()["reply-attitude"]}
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
