"""The office: state of its log, its people and their roles."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.web.access import ROLES
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request
from qingyuan.web.routing import page
from qingyuan.web.workbench._reading import head_of


@page("GET", "/ledger", "signed-in")
def ledger(ask: Ask) -> Response:
    """Show the newest signed head of the log and of its twin."""
    home = ask.desk.home
    return ask.page("ledger.html", head=head_of(home), twin=home.twin, settings=home.settings)


@page("GET", "/admin", "office.appoint")
def people(ask: Ask) -> Response:
    """List the accounts."""
    return _show(ask, None)


@page("POST", "/admin/people", "office.appoint")
def add(ask: Ask) -> Response:
    """Make an account."""
    try:
        ask.desk.people.add(
            ask.field("name"),
            ask.field("display"),
            ask.fields("roles"),
            ask.field("password"),
            actor=ask.person,
        )
    except QingyuanError as error:
        return _show(ask, error)
    return ask.redirect("/admin", "done.account")


@page("POST", "/admin/people/{person}", "office.appoint")
def change(ask: Ask, person: str) -> Response:
    """Change the roles of an account, end it, or give it a new password."""
    try:
        if not ask.fields("roles"):
            raise bad_request("请选择至少一个角色", "choose at least one role", code="web.bad-role")
        ask.desk.people.change(
            person, roles=ask.fields("roles"), disabled=ask.has("disabled"), actor=ask.person
        )
    except QingyuanError as error:
        return _show(ask, error)
    return ask.redirect("/admin", "done.account")


def _show(ask: Ask, error: QingyuanError | None) -> Response:
    return ask.page(
        "admin.html",
        400 if error else 200,
        people=ask.desk.people.all(),
        roles=ROLES,
        error=error,
        given={"name": ask.field("name"), "display": ask.field("display"), "roles": ask.fields("roles")},
    )
