"""The hearing (听证) behind a link: the officer, the party or the organ reads what was released and says its word."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from qingyuan.cases import choice_lists
from qingyuan.errors import QingyuanError
from qingyuan.office.casework import Argument
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.hearings import hearing_of
from qingyuan.web.portal.files import MAX_FILE_BYTES, MAX_FILES, MAX_TEXT, allowed
from qingyuan.web.portal.invitations import OFFICER, PATH, Invited
from qingyuan.web.portal.sending import hand_out, refusal_of, send, status_of
from qingyuan.web.routing import page


@page("GET", "/portal/i/{identifier}/materials/{name}", "public")
def material(ask: Ask, identifier: str, name: str) -> Response:
    """Hand out a paper that was released for the hearing; that it was read is an event."""
    invited = Invited(ask, identifier, "hearing")
    if name not in hearing_of(invited.case, invited.loaded).materials:
        raise not_found(name)
    allowed(ask, "taken")
    return hand_out(ask, name, actor=invited.actor)


@page("POST", "/portal/i/{identifier}/statement", "public")
def state(ask: Ask, identifier: str) -> Response:
    """Record the statement of somebody invited, or the opinion of a hearing officer, with its papers."""
    invited = Invited(ask, identifier, "hearing")
    given = {name: ask.field(name) for name in ("view", "text")}
    role, name = invited.ticket.record["role"], invited.ticket.record["name"]

    def args(sealed: list[str]) -> Mapping[str, Argument]:
        shared: dict[str, Argument] = {"speaker": name, "text": given["text"], "exhibits": sealed}
        return {**shared, "view": given["view"]} if role == OFFICER else {**shared, "role": role}

    try:
        allowed(ask, "sent")
        send(ask, invited, _verb(invited), f"听证/{invited.case.id}", args)
    except QingyuanError as error:
        return show(ask, identifier, invited, status_of(error), error=error, given=given)
    return ask.redirect(f"{PATH}{identifier}", "done.stated")


def _verb(invited: Invited) -> str:
    """Return the act by which somebody invited says its word."""
    return "hearing-officer-opinion" if invited.ticket.record["role"] == OFFICER else "hearing-statement"


def show(
    ask: Ask,
    code: str,
    invited: Invited,
    status: int = 200,
    *,
    error: QingyuanError | None = None,
    given: Mapping[str, str] | None = None,
) -> Response:
    """Show the hearing to somebody invited: the notice, what is released, its own words, the outcome."""
    home, docket = ask.desk.home, invited.loaded.docket
    assert docket.matter is not None, "every case has a matter"
    hearing = hearing_of(invited.case, invited.loaded)
    with home.database.read() as connection:
        papers = {row.id: row for row in exhibits(connection, invited.loaded.streams)}
    held_on = str(hearing.notice.fields.get("held_on", "")) if hearing.notice else ""
    return ask.page(
        "portal/hearing.html",
        status,
        code=code,
        ticket=invited.ticket,
        role=invited.ticket.record["role"],
        officer=invited.ticket.record["role"] == OFFICER,
        case=invited.case,
        title=docket.matter.title,
        office=home.settings.office.name,
        hearing=hearing,
        closed=refusal_of(ask, invited, _verb(invited)),
        held_on=held_on,
        mine=[one for one in hearing.said if one.actor == invited.actor],
        papers=papers,
        labels=choice_lists(),
        error=error,
        given={"view": "", "text": "", **(given or {})},
        most_files=MAX_FILES,
        most_bytes=MAX_FILE_BYTES,
        most_text=MAX_TEXT,
    )
