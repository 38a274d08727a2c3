"""Destroying what was sealed for a lead or matter: one who handles it asks, another person who decides confirms, and the log says so."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.keys import destruction_request as requests
from qingyuan.store.register import record
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.confirming import take_password
from qingyuan.web.errors import bad_request, forbidden, not_found
from qingyuan.web.guard import DOCKET
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.words import word

_LONGEST = 400
_TYPED = ("basis", "reason")


@page("GET", "/destroy/{identifier}", "case.read")
def show(ask: Ask, identifier: str) -> Response:
    """Show what would be gone, what stays, and how far it is: asked for, confirmed, or cut off."""
    return _show(ask, identifier)


@page("POST", "/destroy/{identifier}/ask", "case.act")
def asked(ask: Ask, identifier: str) -> Response:
    """Ask for the destruction; nothing is destroyed."""

    def made() -> None:
        with ask.desk.turn:
            requests.ask(
                ask.desk.home,
                identifier,
                basis=ask.field("basis")[:_LONGEST],
                reason=ask.field("reason")[:_LONGEST],
                by=ask.person,
                delete_blobs=ask.has("blobs"),
            )

    return _done(ask, identifier, made, "done.destruction-asked")


@page("POST", "/destroy/{identifier}/withdraw", "case.read")
def withdrawn(ask: Ask, identifier: str) -> Response:
    """Take a request back: who asked may, and who decides."""
    home = ask.desk.home
    request = requests.standing(home, _sealed(ask, identifier)).request
    if request is not None and request.by != ask.person and not ask.may("case.decide", identifier):
        raise forbidden("只有提出人和有决定权的人可以撤回", "only who asked and who decides can withdraw it")

    def made() -> None:
        with ask.desk.turn:
            requests.withdraw(home, identifier, request=_number(ask, "request"), by=ask.person)

    return _done(ask, identifier, made, "done.destruction-withdrawn")


@page("POST", "/destroy/{identifier}/confirm", "case.decide")
def confirmed(ask: Ask, identifier: str) -> Response:
    """Destroy the sealing key that another person asked to be destroyed."""

    def made() -> None:
        number, seen = _number(ask, "request"), _number(ask, "seen")
        _demand_typed(ask, identifier)
        request = requests.standing(ask.desk.home, identifier).request
        if request is not None and not _still_may(ask, request.by, identifier):
            raise bad_request(
                word("zh", "destroy.barred"), word("en", "destroy.barred"), code="web.asker-barred"
            )
        take_password(ask)
        with ask.desk.turn:
            requests.confirm(ask.desk.home, identifier, request=number, seen=seen, by=ask.person)

    return _done(ask, identifier, made, "done.destroyed")


@page("POST", "/destroy/{identifier}/complete", "case.decide")
def completed(ask: Ask, identifier: str) -> Response:
    """Do what is left of a destruction that was confirmed and cut off."""

    def made() -> None:
        take_password(ask)
        with ask.desk.turn:
            requests.complete(ask.desk.home, identifier, by=ask.person)

    return _done(ask, identifier, made, "done.destroyed")


def _done(ask: Ask, identifier: str, made: Callable[[], None], flash: str) -> Response:
    _sealed(ask, identifier)
    try:
        made()
        with ask.desk.turn:
            ask.desk.home.publish()
    except QingyuanError as error:
        return _show(ask, identifier, error)
    return ask.redirect(f"/destroy/{identifier}", flash)


def _sealed(ask: Ask, identifier: str) -> str:
    """Return the record when it has or had a sealing key; what is sealed about reporters is no record of the address.

    Raises:
        WebError: ``web.not-found``.
    """
    ring = ask.desk.home.keyring
    if not DOCKET.match(identifier) or identifier not in {*ring.scopes(), *ring.destroyed_scopes()}:
        raise not_found(identifier)
    return identifier


def _number(ask: Ask, name: str) -> int:
    number = whole(ask.field(name))
    return -1 if number is None else number


def _demand_typed(ask: Ask, identifier: str) -> None:
    if ask.field("again") != identifier:
        raise bad_request("请照抄编号以确认", "type the number to confirm", code="web.unconfirmed")


def _still_may(ask: Ask, person: str, identifier: str) -> bool:
    """Return whether somebody may still ask: not when they were recused since, or handle the record no more."""
    return ask.desk.posts.decide(person, "case.act", identifier).allowed


def _show(ask: Ask, identifier: str, error: QingyuanError | None = None) -> Response:
    home = ask.desk.home
    found = requests.standing(home, identifier)
    with home.database.read() as connection:
        row = record(connection, identifier)
        sealed = exhibits(connection, [identifier])
    return ask.page(
        "destroy.html",
        400 if error else 200,
        error=error,
        target=identifier,
        title=row.title if row else "",
        count=len(sealed),
        size=sum(one.size for one in sealed),
        has=identifier in home.keyring.scopes(),
        gone=home.keyring.destroyed_scopes().get(identifier, ""),
        found=found,
        barred=found.request is not None and not _still_may(ask, found.request.by, identifier),
        names={one.person: one.display for one in ask.desk.people.all()},
        longest=_LONGEST,
        given={name: ask.field(name) for name in _TYPED},
    )
