"""The first page of the portal: what one can do here."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.web.asking import Ask
from qingyuan.web.routing import page


@page("GET", "/portal", "public")
def landing(ask: Ask) -> Response:
    """Show what one can do here."""
    return ask.page("portal/landing.html", office=ask.desk.home.settings.office.name)
