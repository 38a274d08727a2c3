"""Public keys of those who get packages: who is known by which key, who said so, added and removed as entries of the log."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.packages.recipient_keys import (
    MAX_BASIS,
    MAX_NAME,
    Recipient,
    add_recipient,
    known,
    remove_recipient,
)
from qingyuan.web.asking import Ask
from qingyuan.web.confirming import confirm
from qingyuan.web.routing import page

_FIELDS = ("name", "key", "basis")


@page("GET", "/admin/recipients", "office.manage", slow=True)
def index(ask: Ask) -> Response:
    """List the recipients with their keys and who said so."""
    return _show(ask)


@page("POST", "/admin/recipients", "office.manage")
def change(ask: Ask) -> Response:
    """Add a recipient, or remove one."""
    home, desk = ask.desk.home, ask.desk
    try:
        confirm(ask)
        with desk.turn:
            if ask.has("remove"):
                remove_recipient(home, ask.field("remove"), by=ask.person)
            else:
                name, key, basis = map(ask.field, _FIELDS)
                add_recipient(home, name, key, basis=basis, by=ask.person)
            home.publish()
    except QingyuanError as error:
        return _show(ask, error)
    return ask.redirect(
        "/admin/recipients", "done.recipient-removed" if ask.has("remove") else "done.recipient-added"
    )


def _show(ask: Ask, error: QingyuanError | None = None) -> Response:
    rows: list[Recipient] = []
    bad: QingyuanError | None = None
    try:
        rows = known(ask.desk.home)
    except QingyuanError as why:
        bad = why
    given = {name: ask.field(name) for name in _FIELDS}
    if any("AGE-SECRET" in value.upper() for value in given.values()):
        given = dict.fromkeys(_FIELDS, "")  # it was refused, and is not shown again
    return ask.page(
        "recipients.html",
        400 if error else 200,
        rows=rows,
        error=error or bad,
        given=given,
        people={one.person: one.display or one.name for one in ask.desk.people.all()},
        most_name=MAX_NAME,
        most_basis=MAX_BASIS,
    )
