"""Who handles a docket: shown to whoever may assign, changed by events of the docket."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.access import change_docket
from qingyuan.office.casework import docket_streams
from qingyuan.parties import Matter, Owed, Registry, assign, disentrust, entrust, lift, recuse, unassign
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request
from qingyuan.web.routing import page

DUTIES = ("handler", "approver")
#: How another procuratorate takes part: 指定, 交办, 提办, 委托调查.
WAYS = ("designated", "handed-down", "taken-up", "inquiry")


@page("GET", "/handlers/{identifier}", "case.assign")
def show(ask: Ask, identifier: str) -> Response:
    """Show who stands how to a docket, and whom else one can assign."""
    return _show(ask, identifier, None)


@page("POST", "/handlers/{identifier}", "case.assign")
def change(ask: Ask, identifier: str) -> Response:
    """Assign a person, or end an assignment."""
    person, duty = ask.field("person"), ask.field("duty")
    today = ask.desk.home.clock.now().date()

    def made(registry: Registry, matter: Matter) -> Owed:
        if ask.field("do") == "end":
            return unassign(matter, person, duty=duty)
        return assign(registry, matter, person, duty=duty, on=today)

    try:
        if duty not in DUTIES:
            raise bad_request("请选择职责", "choose a duty", code="web.bad-duty")
        _write(ask, identifier, made)
    except QingyuanError as error:
        return _show(ask, identifier, error)
    if ask.field("back"):
        return ask.redirect(
            f"/leads/{identifier}" if identifier[0] == "L" else f"/matters/{identifier}", "done.assigned"
        )
    return ask.redirect(f"/handlers/{identifier}", "done.assigned")


@page("POST", "/handlers/{identifier}/recuse", "case.decide")
def decide_recusal(ask: Ask, identifier: str) -> Response:
    """Decide that a person is recused, or take that back."""
    person, ground = ask.field("person"), ask.field("ground")
    lifted = ask.field("do") == "lift"
    today = ask.desk.home.clock.now().date()

    def made(registry: Registry, matter: Matter) -> Owed:
        if lifted:
            return lift(matter, person, on=today, by=ask.person, ground=ground)
        # A list of dockets goes by who is recused: what stands there is somebody of ours, nothing that was typed.
        known = {one.person for one in ask.desk.people.all()} | {post.person for post in registry.posts}
        if person not in known:
            raise bad_request("请选择人员", "choose a person of this office", code="web.bad-person")
        return recuse(matter, person, on=today, by=ask.person, ground=ground)

    return _changed(ask, identifier, made, "done.lifted" if lifted else "done.recused")


@page("POST", "/handlers/{identifier}/entrust", "case.direct")
def take_part(ask: Ask, identifier: str) -> Response:
    """Record that another procuratorate takes part, or does no more."""
    named, today = ask.field("body"), ask.desk.home.clock.now().date()

    def made(registry: Registry, matter: Matter) -> Owed:
        if ask.field("do") == "end":
            return disentrust(matter, named, on=today)
        if ask.field("how") not in WAYS:
            raise bad_request("请选择方式", "choose how", code="web.bad-way")
        return entrust(
            registry, matter, registry.procuratorate(named) or named, how=ask.field("how"), on=today
        )

    return _changed(ask, identifier, made, "done.entrusted")


@page("GET", "/recusal/{identifier}", "case.read")
def ask_self(ask: Ask, identifier: str) -> Response:
    """Show the form by which one recuses oneself."""
    return _ask_self(ask, identifier)


@page("POST", "/recusal/{identifier}", "case.read")
def recuse_self(ask: Ask, identifier: str) -> Response:
    """Recuse whoever asks; they see nothing of the docket any more."""
    today = ask.desk.home.clock.now().date()
    try:
        if not ask.has("sure"):
            raise bad_request("请勾选确认", "tick that you know what follows", code="web.unconfirmed")
        _write(
            ask,
            identifier,
            lambda _, matter: recuse(matter, ask.person, on=today, by=ask.person, ground=ask.field("ground")),
        )
    except QingyuanError as error:
        return _ask_self(ask, identifier, error)
    return ask.redirect("/", "done.recused")


def _ask_self(ask: Ask, identifier: str, error: QingyuanError | None = None) -> Response:
    return ask.page(
        "recusal.html", 400 if error else 200, target=identifier, error=error, ground=ask.field("ground")
    )


def _changed(ask: Ask, identifier: str, made: Callable[[Registry, Matter], Owed], flash: str) -> Response:
    try:
        _write(ask, identifier, made)
    except QingyuanError as error:
        return _show(ask, identifier, error)
    return ask.redirect(
        f"/handlers/{identifier}" if ask.may("case.assign", identifier) else ask.place_of(identifier), flash
    )


def _write(ask: Ask, identifier: str, made: Callable[[Registry, Matter], Owed]) -> None:
    with ask.desk.turn:
        change_docket(ask.desk.home, identifier, made, actor=ask.person)
        ask.desk.home.publish()


def _show(ask: Ask, identifier: str, error: QingyuanError | None) -> Response:
    with ask.desk.posts.asking() as asking:
        matter = asking.docket(identifier)
        streams = docket_streams(asking.connection, identifier)
        bodies = [asking.access.registry.bodies.get(body) for body in sorted(matter.entrusted)]
    people = [one for one in ask.desk.people.all() if not one.disabled]
    return ask.page(
        "handlers.html",
        400 if error else 200,
        target=identifier,
        matter=matter,
        entrusted=[body for body in bodies if body is not None],
        names={one.person: one.display for one in people},
        people=[one for one in people if one.person not in matter.recused],
        duties=DUTIES,
        ways=WAYS,
        sealed=[one for one in streams if one in ask.desk.home.keyring.scopes()],
        error=error,
        given={name: ask.field(name) for name in ("person", "duty", "ground", "body", "how")},
    )
