"""The first page of the portal: what one can do here."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.web.asking import Ask
from qingyuan.web.routing import page


@page("GET", "/portal", "public")
def landing(ask: Ask) -> Response:
    """Show what one can do here."""
    return doors(ask)


def doors(ask: Ask, code: str = "", error: QingyuanError | None = None, status: int = 200) -> Response:
    """Return the first page; with the code that was typed and what is wrong with it, when one was."""
    office = ask.desk.home.settings.office.name
    return ask.page("portal/landing.html", status, office=office, code=code, error=error)
