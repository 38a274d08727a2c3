"""Webhooks: which systems are told what was logged, and how each message went."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.routing import page
from qingyuan.web.workbench.account import fresh


@page("GET", "/admin/hooks", "office.manage")
def index(ask: Ask) -> Response:
    """List the subscriptions."""
    return _show(ask)


@page("POST", "/admin/hooks", "office.manage")
def add(ask: Ask) -> Response:
    """Subscribe a system, and show its secret this once."""
    fresh(ask)
    try:
        _, secret = ask.desk.hooks.add(ask.field("url"), ask.field("types").split())
    except QingyuanError as error:
        return _show(ask, error=error)
    return _show(ask, secret=secret)


@page("GET", "/admin/hooks/{hook}", "office.manage")
def show(ask: Ask, hook: str) -> Response:
    """Show how the newest messages went."""
    found = next((one for one in ask.desk.hooks.all() if one.id == hook), None)
    if found is None:
        raise not_found(hook)
    return ask.page("hook.html", hook=found, deliveries=ask.desk.hooks.deliveries(hook))


@page("POST", "/admin/hooks/{hook}", "office.manage")
def change(ask: Ask, hook: str) -> Response:
    """Try again what waits, or end the subscription."""
    if ask.has("drop"):
        ask.desk.hooks.drop(hook)
        return ask.redirect("/admin/hooks", "done.hook-dropped")
    ask.desk.hooks.again(hook)
    return ask.redirect(f"/admin/hooks/{hook}", "done.hook-again")


def _show(ask: Ask, *, error: QingyuanError | None = None, secret: str = "") -> Response:
    return ask.page(
        "hooks.html", 400 if error else 200, hooks=ask.desk.hooks.all(), error=error, secret=secret,
        given={"url": ask.field("url"), "types": ask.field("types") or "*"} if error else {"url": "", "types": "*"},
    )  # fmt: skip
