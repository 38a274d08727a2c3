"""The case card (案卡) of an affair: every line with the entries of the log it was read from, as page, HTML and PDF."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from qingyuan.documents.page import Report, report_html, report_sheet
from qingyuan.documents.sheet import sheet_pdf
from qingyuan.office.reporting import card_page, home_card
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.routing import page

#: Kinds of file that a report for screen and print is written as.
KINDS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}


@page("GET", "/matters/{identifier}/card", "case.read")
def show(ask: Ask, identifier: str) -> Response:
    """Show the card, or hand it out."""
    home = ask.desk.home
    found = home_card(home, identifier)
    if ask.query("format"):
        issued = home.clock.now().date().isoformat()
        made = card_page(home, found, issued=issued, lang=ask.lang, say=chosen(ask))
        return written(ask, made, f"{found.id}-card")
    return ask.page("card.html", card=found, fields={one.id: one for one in home.law.fields()})


def chosen(ask: Ask) -> Callable[[str, str], str]:
    """Return what chooses the words of the page's language."""
    return lambda zh, en: zh if ask.lang == "zh" else en


def written(ask: Ask, made: Report, name: str) -> Response:
    """Return a report as the file that the address asks for; a browser saves it and runs nothing of it."""
    kind = ask.query("format")
    if kind not in KINDS:
        raise not_found(kind)
    data = report_html(made).encode() if kind == "html" else sheet_pdf(report_sheet(made))
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return ask.finish(Response(data, media_type=KINDS[kind], headers=headers))
