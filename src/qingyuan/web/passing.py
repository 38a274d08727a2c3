"""Scans that keep nothing: files of a form are looked at while somebody waits, only who sent them sees the list, nothing stays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.responses import Response

from qingyuan.documents.page import Report, report_sheet
from qingyuan.office.profilereport import profile_report
from qingyuan.office.readings import readings_of
from qingyuan.office.scanreport import scan_report
from qingyuan.office.selfcheck import look, self_check
from qingyuan.web.asking import Ask
from qingyuan.web.errors import WebError, bad_request
from qingyuan.web.portal.files import received
from qingyuan.web.readying import require_ready

#: One at a time in a server process; whoever comes next waits so long.
_TURN = threading.BoundedSemaphore(1)
WAIT_SECONDS = 60.0


def passing_report(ask: Ask, profile: str) -> Report:
    """Return what the files of a form hold, or what a profile wants fixed in them; the files are gone when it returns.

    Args:
        ask: The request; its files are in the field ``files``.
        profile: Name of a profile; ``""`` for kinds, persons and thresholds.

    Raises:
        WebError: No file, too many or too large ones, or somebody else's are being looked at.
        PiiError: There is no such profile.
    """
    if not ask.uploads("files"):
        raise bad_request("没有选择文件", "no file was chosen", code="web.no-files")
    require_ready()
    today = ask.desk.home.clock.now().date()
    issued = today.isoformat()
    with received(ask, "files") as sent, turn():
        files = [(one.name, one.path) for one in sent]
        if profile:
            done = self_check(files, profile, today=today)
            return profile_report(
                done.chosen, done.fixes, done.unread, files=done.files, issued=issued, lang=ask.lang
            )
        seen = look(files)
    readings = readings_of(seen.summary, ask.desk.home.law, today)
    return scan_report(seen.scans, seen.summary, readings, seen.unread, issued=issued, lang=ask.lang)


def as_pdf(ask: Ask, report: Report, name: str) -> Response:
    """Return a report as a file that is not kept on the way."""
    from qingyuan.documents.sheet import sheet_pdf  # noqa: PLC0415 - heavy

    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"', "Cache-Control": "no-store"}
    data = sheet_pdf(report_sheet(report))
    return ask.finish(Response(data, media_type="application/pdf", headers=headers))


@contextmanager
def turn() -> Iterator[None]:
    """Wait for one's turn.

    Raises:
        WebError: ``web.busy``.
    """
    if not _TURN.acquire(timeout=WAIT_SECONDS):
        raise WebError(
            "web.busy",
            503,
            zh="正在检查其他人的文件",
            en="files of somebody else are being checked",
            remedy_zh="请在几分钟后再试；本次文件没有留存",
            remedy_en="try again in some minutes; nothing of these files was kept",
        )
    try:
        yield
    finally:
        _TURN.release()
