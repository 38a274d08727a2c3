"""The self-check at the desk of a firm: its files are scanned while it waits, only it sees the list, nothing is kept."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.documents.page import Report
from qingyuan.errors import QingyuanError
from qingyuan.web.asking import Ask
from qingyuan.web.errors import WebError
from qingyuan.web.passing import as_pdf, passing_report
from qingyuan.web.portal.files import MAX_FILE_BYTES, MAX_FILES, allowed
from qingyuan.web.portal.invitations import Invited
from qingyuan.web.routing import page

PROFILE = "enterprise"


@page("GET", "/portal/i/{identifier}/self-check", "public")
def form(ask: Ask, identifier: str) -> Response:
    """Show where a firm gives files."""
    return _show(ask, identifier, Invited(ask, identifier, "firm"))


@page("POST", "/portal/i/{identifier}/self-check", "public")
def check(ask: Ask, identifier: str) -> Response:
    """Say what the firm must fix, as a page or as a PDF; neither files nor list stay."""
    invited = Invited(ask, identifier, "firm")
    try:
        allowed(ask, "self-check")
        report = passing_report(ask, PROFILE)
    except QingyuanError as error:
        status = error.status if isinstance(error, WebError) else 400
        return _show(ask, identifier, invited, status, error=error)
    if ask.field("as") != "pdf":
        return _show(ask, identifier, invited, report=report)
    return as_pdf(ask, report, "self-check")


def _show(
    ask: Ask,
    code: str,
    invited: Invited,
    status: int = 200,
    *,
    report: Report | None = None,
    error: QingyuanError | None = None,
) -> Response:
    return ask.page(
        "portal/self-check.html",
        status,
        code=code,
        ticket=invited.ticket,
        report=report,
        error=error,
        most_files=MAX_FILES,
        most_bytes=MAX_FILE_BYTES,
        most_together=ask.desk.settings.max_body_bytes,
    )
