"""Who handles a docket: shown to whoever may assign, changed by events of the docket."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.access import change_docket
from qingyuan.parties import Matter, Owed, Registry, assign, unassign
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request
from qingyuan.web.routing import page

DUTIES = ("handler", "approver")


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
        with ask.desk.turn:
            change_docket(ask.desk.home, identifier, made, actor=ask.person)
            ask.desk.home.publish()
    except QingyuanError as error:
        return _show(ask, identifier, error)
    if ask.field("back"):
        return ask.redirect(
            f"/leads/{identifier}" if identifier[0] == "L" else f"/matters/{identifier}", "done.assigned"
        )
    return ask.redirect(f"/handlers/{identifier}", "done.assigned")


def _show(ask: Ask, identifier: str, error: QingyuanError | None) -> Response:
    with ask.desk.posts.asking() as asking:
        matter = asking.docket(identifier)
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
        error=error,
        given={"person": ask.field("person"), "duty": ask.field("duty")},
    )
