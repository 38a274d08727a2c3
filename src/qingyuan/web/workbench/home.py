"""The home page: what waits for whoever signed in."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.web.asking import Ask
from qingyuan.web.routing import page
from qingyuan.web.workbench._reading import MOST, head_of, overview


@page("GET", "/", "signed-in")
def show(ask: Ask) -> Response:
    """Show deadlines, leads to assess, replies and look-backs."""
    if not ask.may("case.list"):
        return ask.redirect("/admin" if ask.may("office.appoint") else "/account")
    home = ask.desk.home
    return ask.page(
        "home.html",
        found=overview(ask),
        first=ask.may("office.appoint") and len(ask.desk.people.all()) == 1,
        most=MOST,
        head=head_of(home),
        today=home.clock.now().date(),
    )
