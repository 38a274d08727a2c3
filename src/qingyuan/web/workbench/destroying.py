"""Destroying what was sealed for a lead or matter: its key is forgotten for ever, by whoever decides, and the log says so."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.keys.destruction import destroy
from qingyuan.store.register import record
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.confirming import confirm
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.routing import page

_LONGEST = 400


@page("GET", "/destroy/{identifier}", "case.decide")
def ask_first(ask: Ask, identifier: str) -> Response:
    """Show what would be gone, and what stays."""
    return _show(ask, identifier)


@page("POST", "/destroy/{identifier}", "case.decide")
def destroyed(ask: Ask, identifier: str) -> Response:
    """Destroy the sealing key of a lead or matter."""
    desk, approver = ask.desk, ask.field("approved_by")
    if identifier not in {*desk.home.keyring.scopes(), *desk.home.keyring.destroyed_scopes()}:
        raise not_found(identifier)
    try:
        if ask.field("again") != identifier:
            raise bad_request("请照抄编号以确认", "type the number to confirm", code="web.unconfirmed")
        if approver not in {one.person for one in desk.people.all()}:
            raise bad_request("请选择批准人", "choose who approved it", code="web.no-approver")
        confirm(ask)
        with desk.turn:
            destroy(
                desk.home,
                identifier,
                basis=ask.field("basis")[:_LONGEST],
                approved_by=approver,
                by=ask.person,
                delete_blobs=ask.has("blobs"),
            )
            desk.home.publish()
    except QingyuanError as error:
        return _show(ask, identifier, error)
    return ask.redirect(f"/destroy/{identifier}", "done.destroyed")


def _show(ask: Ask, identifier: str, error: QingyuanError | None = None) -> Response:
    home = ask.desk.home
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
        people=[one for one in ask.desk.people.all() if not one.disabled],
        given={name: ask.field(name) for name in ("basis", "approved_by")},
    )
