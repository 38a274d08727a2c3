"""Writing the report of a scan, and saying what a profile says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qingyuan.cli._app import Out
from qingyuan.errors import QingyuanError

if TYPE_CHECKING:
    from qingyuan.documents.page import Part, Report
    from qingyuan.office.collect import Refused
    from qingyuan.office.readings import Reading
    from qingyuan.pii.engine import Summary
    from qingyuan.pii.model import FileScan
    from qingyuan.pii.profiles import Fix, Profile


def check_report(target: Path | None) -> None:
    """Refuse a report that is neither HTML nor PDF, before anything is scanned.

    Raises:
        QingyuanError: It is neither.
    """
    if target is not None and target.suffix not in {".html", ".pdf"}:
        raise QingyuanError(
            "cli.suffix",
            zh="报告只能写 .html 或 .pdf",
            en="a report is written as .html or .pdf",
            where=str(target),
            remedy_zh="请更改文件后缀",
            remedy_en="change the suffix",
        )


def write_scan_report(
    target: Path,
    scans: Sequence[FileScan],
    summary: Summary,
    readings: Sequence[Reading],
    unread: Sequence[Refused],
    out: Out,
    more: Sequence[Part] = (),
) -> None:
    """Write the report of a scan in the language of the output; ``more`` parts stand before what was not read."""
    from qingyuan.office.scanreport import scan_report  # noqa: PLC0415 - heavy

    _write(target, scan_report(scans, summary, readings, unread, issued=_today(), lang=out.lang, more=more))
    out.note(f"报告：{target}", f"report: {target}")


def say_profile(
    chosen: Profile, scans: Sequence[FileScan], unread: Sequence[Refused], target: Path | None, out: Out
) -> None:
    """Say what a profile wants fixed, as text or JSON, and write it as HTML or PDF when asked for."""
    import msgspec  # noqa: PLC0415 - only here

    from qingyuan.documents.page import report_sheet  # noqa: PLC0415 - heavy
    from qingyuan.documents.sheet import sheet_text  # noqa: PLC0415 - heavy
    from qingyuan.office.profilereport import profile_report  # noqa: PLC0415 - heavy
    from qingyuan.pii.profiles import fixes, ordered  # noqa: PLC0415 - heavy

    found = ordered([fix for scan in scans for fix in (*fixes(chosen, scan), *_old(chosen, scan.file))])
    report = profile_report(chosen, found, unread, files=len(scans), issued=_today(), lang=out.lang)
    if target is not None:
        _write(target, report)
        out.note(f"报告：{target}", f"report: {target}")
    out.result(
        {
            "profile": chosen.name,
            "files": len(scans),
            "fixes": msgspec.to_builtins(found),
            "unread": [
                {"path": r.path, "member": r.member, "reason": r.zh, "reason_en": r.en} for r in unread
            ],
        }
    )
    text = sheet_text(report_sheet(report))
    out.say(text, text)


def _old(chosen: Profile, file: str) -> list[Fix]:
    from datetime import date  # noqa: PLC0415 - only here

    from qingyuan.pii import readers  # noqa: PLC0415 - heavy
    from qingyuan.pii.profiles import old_dates  # noqa: PLC0415 - heavy

    if chosen.retention is None or not Path(file).is_file():  # a live table is not read a second time
        return []
    with Path(file).open("rb") as stream:
        return old_dates(chosen, readers.read(stream, file), file, date.fromisoformat(_today()))


def _today() -> str:
    from qingyuan.office.clock import environment_clock  # noqa: PLC0415 - heavy

    return environment_clock().now().date().isoformat()


def _write(target: Path, report: Report) -> None:
    from qingyuan.documents.page import report_html, report_sheet  # noqa: PLC0415 - heavy
    from qingyuan.documents.sheet import sheet_pdf  # noqa: PLC0415 - heavy

    if target.suffix == ".html":
        target.write_text(report_html(report), encoding="utf-8")
    else:
        target.write_bytes(sheet_pdf(report_sheet(report)))
