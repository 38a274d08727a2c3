"""Evidence packages: made of a record, shown, handed out."""

from __future__ import annotations

import re

from starlette.responses import Response

from qingyuan.office.packages.waiting import is_waiting, make_waiting, open_waiting
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.handing import handed_out
from qingyuan.web.routing import page

_PACKAGE = re.compile(r"K\d{4}-\d{4,}\Z")


@page("POST", "/packages", "case.export")
def package(ask: Ask) -> Response:
    """Make the evidence package of a record and hand it out."""
    made = make_waiting(ask.desk.home, ask.field("record"), to=ask.field("to"), actor=ask.person)
    return ask.redirect(f"/packages/{made.id}", "done.package")


@page("GET", "/packages/{identifier}", "case.export")
def show(ask: Ask, identifier: str) -> Response:
    """Show a package that was made, to download and to verify."""
    _check(ask, identifier)
    with open_waiting(ask.desk.home, identifier) as content:
        return ask.page("package.html", identifier=identifier, size=content.size)


@page("GET", "/packages/{identifier}/file", "case.export", slow=True)
def download(ask: Ask, identifier: str) -> Response:
    """Hand out a package."""
    _check(ask, identifier)
    return handed_out(ask, identifier, ask.person)


def _check(ask: Ask, identifier: str) -> None:
    if not _PACKAGE.match(identifier) or not is_waiting(ask.desk.home, identifier):
        raise not_found(identifier)
