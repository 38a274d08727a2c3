"""Inviting an organ, a firm, a court or somebody to a hearing to one case by a link; the office makes links, lists them and withdraws them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from starlette.responses import Response

from qingyuan.cases import Case, choice_lists
from qingyuan.office.casework import Loaded, load
from qingyuan.store import EventDraft, iter_events
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import WebError, bad_request, not_found
from qingyuan.web.portal.files import allowed, not_exhausted
from qingyuan.web.portal.landing import doors
from qingyuan.web.portal.tickets import Ticket, issue, listed, opened, withdraw
from qingyuan.web.routing import page
from qingyuan.web.whole import whole

#: Who can be invited.
KINDS = ("organ", "firm", "court", "hearing")
#: As what somebody takes part in a hearing; the others are the closed list ``hearing-role``.
OFFICER = "officer"
MAX_DAYS = 180
_WITHDRAWN = "access.withdrawn"
#: Where a link leads; the code is the last part.
PATH = "/portal/i/"


def invite(
    desk: Desk, case: str, kind: str, *, name: str, days: int, actor: str, owner: str = "", role: str = ""
) -> tuple[str, str]:
    """Return a new link to one case, and its identifier; the link is not kept.

    That somebody was invited is an event ``access.sent`` of the docket: the item is the invitation.

    Args:
        desk: The office.
        case: Identifier of the case.
        kind: One of :data:`KINDS`.
        name: Organ, firm or court.
        days: How long it is good.
        actor: Who invites.
        owner: Of a firm: whose measures it sees, as they were entered.
        role: Of a hearing: as what somebody takes part, see :func:`roles`.

    Raises:
        WebError: An unknown kind, no name, a time that is too long, or an owner without a measure.
        OfficeError: There is no such case.
    """
    loaded = load(desk.home, case)
    found = loaded.docket.cases.get(case)
    if found is None:
        raise not_found(case)
    if kind not in KINDS or not name or not 1 <= days <= MAX_DAYS:
        raise bad_request(
            f"请选择对象、写明单位，有效期 1–{MAX_DAYS} 天",
            f"choose whom to invite, name the body, and 1–{MAX_DAYS} days",
            code="web.bad-invitation",
        )
    if kind == "firm" and owner not in owners(found):
        raise bad_request(
            "该单位在本案没有整改措施", "that body owns no measure of the case", code="web.no-measures"
        )
    if kind == "hearing" and role not in roles():
        raise bad_request(
            "请选择以什么身份参加听证",
            "choose as what they take part in the hearing",
            code="web.bad-invitation",
        )
    record = {"case": case, "name": name, "owner": owner if kind == "firm" else ""}
    if kind == "hearing":
        record["role"] = role
    code = issue(desk, kind, record, days=days)
    ticket = opened(desk, [kind], code)
    assert ticket is not None, "it was issued just now"
    sent: dict[str, object] = {"item": item(ticket), "bodies": [], "people": []}
    with desk.turn:
        desk.home.append([EventDraft(_matter(loaded), "access.sent", sent)], actor=actor)
        desk.home.publish()
    return f"{desk.settings.origin}{PATH}{code}", ticket.id


def uninvite(desk: Desk, case: str, invitation: str, *, actor: str) -> bool:
    """End an invitation to a case; return whether it was open. That it was withdrawn is an event ``access.withdrawn``.

    Args:
        desk: The office.
        case: Identifier of the case.
        invitation: Identifier of the ticket.
        actor: Who withdraws it.

    Raises:
        OfficeError: There is no such case.
    """
    loaded = load(desk.home, case)
    if case not in loaded.docket.cases:
        raise not_found(case)
    matter = _matter(loaded)
    with desk.turn:
        with desk.home.database.write() as connection:  # the turn of every process: it is withdrawn once
            now = desk.home.clock.now().timestamp()
            tickets = [
                one for one in listed(desk, KINDS, case=case) if one.id == invitation and one.expires > now
            ]
            said = {
                one.payload["item"]
                for one in iter_events(connection, [matter] if tickets else [])
                if one.type == _WITHDRAWN
            }
            drafts = [
                EventDraft(matter, _WITHDRAWN, {"item": item(one)})
                for one in tickets
                if item(one) not in said
            ]
            if drafts:
                desk.home.record(connection, drafts, actor=actor)
        for ticket in tickets:  # Written first: whoever sees that a link has ended finds why.
            withdraw(desk, ticket)
        if drafts:
            desk.home.publish()
    return bool(tickets)


def _matter(loaded: Loaded) -> str:
    matter = loaded.docket.matter
    assert matter is not None, "every case has a matter"
    return matter.id


def item(ticket: Ticket) -> str:
    """Return what the log calls an invitation."""
    return f"invitation-{ticket.kind}-{ticket.id}"


def roles() -> tuple[str, ...]:
    """Return as what somebody can take part in a hearing, hearing officers first."""
    return (OFFICER, *choice_lists()["hearing-role"])


def owners(case: Case) -> list[str]:
    """Return who has to do the measures of a case, in order."""
    return list(dict.fromkeys(one.entered.owner for one in case.measures.values()))


class Invited:
    """A case as somebody who was invited to it sees it.

    A link that is none counts against the network address, a right one does not: whoever proves thirty-four measures opens many pages.

    Attributes:
        ticket: The invitation.
        loaded: The docket.
        case: The case.
        actor: Who acts by this invitation, in the log.
    """

    def __init__(self, ask: Ask, code: str, *kinds: str) -> None:
        """Open an invitation.

        Raises:
            WebError: ``web.no-such-invitation``: it is unknown, was withdrawn, has ended or is for something else;
                ``web.too-many``: too many from this address were none.
        """
        not_exhausted(ask, "invited")
        ticket = opened(ask.desk, kinds or KINDS, code)
        if ticket is None:
            if opened(ask.desk, KINDS, code) is None:
                allowed(ask, "invited")
            raise WebError(
                "web.no-such-invitation",
                404,
                zh="邀请链接无效、已撤回或者已过期",
                en="this invitation is unknown, was withdrawn or has ended",
                remedy_zh="请核对链接是否完整，或联系承办检察官重新发送",
                remedy_en="see that the link is whole, or ask the prosecutor in charge for another",
            )
        self.ticket = ticket
        self.loaded: Loaded = load(ask.desk.home, ticket.record["case"])
        self.case: Case = self.loaded.docket.cases[ticket.record["case"]]
        self.actor = f"portal-{ticket.id}"


@page("POST", "/portal/open", "public")
def enter(ask: Ask) -> Response:
    """Open an invitation by the code, for whoever was given no link."""
    code = ask.field("code").rpartition("/")[2]
    try:
        Invited(ask, code)
    except WebError as error:
        return doors(ask, ask.field("code"), error, error.status)
    return ask.redirect(f"{PATH}{quote(code, safe='')}")


@page("GET", "/invitations/{target}", "case.act")
def index(ask: Ask, target: str) -> Response:
    """Show the invitations to a case, and the form of a new one."""
    return _show(ask, target, {}, "", None)


@page("POST", "/invitations/{target}", "case.act")
def make(ask: Ask, target: str) -> Response:
    """Make a link and show it, once."""
    given = {name: ask.field(name) for name in ("kind", "name", "owner", "days")}
    kind, _, chosen = given["kind"].partition(":")
    owner, role = (chosen, "") if kind == "firm" else ("", chosen)
    days = whole(given["days"]) or 0
    try:
        link, _ = invite(
            ask.desk,
            target,
            kind,
            name=given["name"] or owner,
            days=days,
            actor=ask.person,
            owner=owner,
            role=role,
        )
    except WebError as error:
        return _show(ask, target, given, "", error)
    return _show(ask, target, {}, link, None)


@page("POST", "/invitations/{target}/withdraw", "case.act")
def end(ask: Ask, target: str) -> Response:
    """Withdraw an invitation; whoever holds the link sees that it has ended."""
    if not uninvite(ask.desk, target, ask.field("invitation"), actor=ask.person):
        return ask.redirect(f"/invitations/{target}")
    return ask.redirect(f"/invitations/{target}", "done.withdrawn")


def _show(ask: Ask, target: str, given: Mapping[str, str], link: str, error: WebError | None) -> Response:
    docket = load(ask.desk.home, target).docket
    if target not in docket.cases:
        raise not_found(target)
    case = docket.cases[target]
    return ask.page(
        "portal/invitations.html",
        error.status if error else 200,
        case=case,
        owners=owners(case),
        roles=roles() if case.acted("hearing-notice") else (),
        labels=choice_lists(),
        given={"kind": "", "name": "", "days": "", **given},
        link=link,
        error=error,
        tickets=listed(ask.desk, KINDS, case=target),
        now=ask.desk.home.clock.now().timestamp(),
        most_days=MAX_DAYS,
    )
