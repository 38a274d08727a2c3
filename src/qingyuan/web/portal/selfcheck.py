"""The self-check at the desk of a firm: its files are scanned while it waits, only it sees the list, nothing is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.responses import Response

from qingyuan.documents.page import Report, report_sheet
from qingyuan.errors import QingyuanError
from qingyuan.office.profilereport import profile_report
from qingyuan.office.selfcheck import self_check
from qingyuan.web.asking import Ask
from qingyuan.web.errors import WebError, bad_request
from qingyuan.web.portal.files import MAX_FILE_BYTES, MAX_FILES, allowed, received
from qingyuan.web.portal.invitations import Invited
from qingyuan.web.routing import page

PROFILE = "enterprise"
#: One at a time in a server process; whoever comes next waits so long.
_TURN = threading.BoundedSemaphore(1)
_WAIT_SECONDS = 60.0


@page("GET", "/portal/i/{identifier}/self-check", "public")
def form(ask: Ask, identifier: str) -> Response:
    """Show where a firm gives files."""
    allowed(ask, "invited")
    return _show(ask, identifier, Invited(ask, identifier, "firm"))


@page("POST", "/portal/i/{identifier}/self-check", "public")
def check(ask: Ask, identifier: str) -> Response:
    """Say what the firm must fix, as a page or as a PDF; neither files nor list stay."""
    invited = Invited(ask, identifier, "firm")
    try:
        allowed(ask, "self-check")
        report = _report(ask)
    except QingyuanError as error:
        status = error.status if isinstance(error, WebError) else 400
        return _show(ask, identifier, invited, status, error=error)
    if ask.field("as") != "pdf":
        return _show(ask, identifier, invited, report=report)
    from qingyuan.documents.sheet import sheet_pdf  # noqa: PLC0415 - heavy

    headers = {"Content-Disposition": 'attachment; filename="self-check.pdf"', "Cache-Control": "no-store"}
    data = sheet_pdf(report_sheet(report))
    return ask.finish(Response(data, media_type="application/pdf", headers=headers))


def _report(ask: Ask) -> Report:
    if not ask.uploads("files"):
        raise bad_request("没有选择文件", "no file was chosen", code="web.no-files")
    today = ask.desk.home.clock.now().date()
    with received(ask, "files") as files, _turn():
        done = self_check([(one.name, one.path) for one in files], PROFILE, today=today)
    return profile_report(
        done.chosen, done.fixes, done.unread, files=done.files, issued=today.isoformat(), lang=ask.lang
    )


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for one's turn.

    Raises:
        WebError: ``web.busy``.
    """
    if not _TURN.acquire(timeout=_WAIT_SECONDS):
        raise WebError(
            "web.busy",
            503,
            zh="正在检查其他单位的文件",
            en="files of somebody else are being checked",
            remedy_zh="请在几分钟后再试；本次文件没有留存",
            remedy_en="try again in some minutes; nothing of these files was kept",
        )
    try:
        yield
    finally:
        _TURN.release()


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
