"""A look at files for officers: what they hold, or what a profile wants fixed; nothing is sealed, registered or kept."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.documents.page import Report
from qingyuan.errors import QingyuanError
from qingyuan.web.asking import Ask
from qingyuan.web.errors import WebError
from qingyuan.web.passing import as_pdf, passing_report
from qingyuan.web.portal.files import MAX_FILE_BYTES, MAX_FILES
from qingyuan.web.routing import page


@page("GET", "/scan", "material.take", slow=True)
def form(ask: Ask) -> Response:
    """Show where files are given and what can be asked about them."""
    return _show(ask, profile=ask.query("profile"))


@page("POST", "/scan", "material.take")
def check(ask: Ask) -> Response:
    """Say what the files hold, as a page or as a PDF; neither files nor answer stay."""
    profile = ask.field("profile")
    try:
        report = passing_report(ask, profile)
    except QingyuanError as error:
        status = error.status if isinstance(error, WebError) else 400
        return _show(ask, status, profile=profile, error=error)
    if ask.field("as") != "pdf":
        return _show(ask, profile=profile, report=report)
    return as_pdf(ask, report, "scan")


def _show(
    ask: Ask,
    status: int = 200,
    *,
    profile: str,
    report: Report | None = None,
    error: QingyuanError | None = None,
) -> Response:
    from qingyuan.pii.profiles import profiles  # noqa: PLC0415 - heavy

    return ask.page(
        "look.html",
        status,
        report=report,
        error=error,
        profile=profile,
        profiles=profiles(),
        most_files=MAX_FILES,
        most_bytes=MAX_FILE_BYTES,
        most_together=ask.desk.settings.max_body_bytes,
    )
