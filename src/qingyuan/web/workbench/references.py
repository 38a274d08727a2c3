"""What the law data holds beside provisions: tables, duties, divisions; and full texts that the office supplies, with citations checked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.law import TableRow
from qingyuan.law.corpus import Corpus, open_corpus
from qingyuan.office.lawtools import article_text, check_text, corpus_path, no_corpus, unnamed
from qingyuan.office.plaintext import plain_text
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request
from qingyuan.web.routing import page

_LONGEST, _MOST_TEXT = 200, 200_000
_MOST_SHOWN = 300
_OFFERED = 30
#: Formats of documents whose words are read.
_SUFFIXES = (".docx", ".pdf", ".txt", ".md", ".html")


@page("GET", "/law/tables", "signed-in")
def tables(ask: Ask) -> Response:
    """List the tables."""
    return ask.page("law-tables.html", tables=ask.desk.home.law.tables())


@page("GET", "/law/tables/{name}", "signed-in")
def table(ask: Ask, name: str) -> Response:
    """Show one table, narrowed by words, as it is on a day."""
    shown = ask.desk.home.law.table(name, _day(ask))
    words = ask.query("q")[:_LONGEST].casefold().split()
    rows = [row for row in shown.rows if all(word in _said(row) for word in words)]
    return ask.page("law-table.html", table=shown, rows=rows, q=ask.query("q"), on=ask.query("on"))


def _said(row: TableRow) -> str:
    cells = " ".join(f"{cell.zh} {cell.en}" for cell in row.cells.values())
    return f"{row.id} {row.zh} {row.en} {row.article} {cells}".casefold()


@page("GET", "/law/duties", "signed-in")
def duties(ask: Ask) -> Response:
    """Show who must do what, under which article, and what proves it; narrowed by field, regulator and day."""
    law = ask.desk.home.law
    field, regulator = ask.query("field"), ask.query("regulator")
    found = law.duties(field or None, regulator or None, _day(ask))
    return ask.page(
        "law-duties.html",
        duties=found,
        fields=law.fields(),
        regulators=law.regulators(),
        asked={"field": field, "regulator": regulator, "on": ask.query("on")},
    )


@page("GET", "/law/divisions", "signed-in")
def divisions(ask: Ask) -> Response:
    """Show what a code or a name of a division meant on a day, what it was and what it became."""
    law, name = ask.desk.home.law, ask.query("name")[:_LONGEST]
    today = ask.desk.home.clock.now().date()

    def look() -> object:
        on = _day(ask) or today
        found = law.division_line(name, on) if name.isdecimal() else law.divisions_named(name, on)
        if not found:
            raise unnamed(law, name, on)
        return found

    found, error = _tried(look if name else None)
    asked = {"name": name, "on": ask.query("on") or today.isoformat()}
    known = error is not None and error.code == "office.no-such-division"
    meant = law.divisions_begun(name, _day(ask) or today)[:_OFFERED] if known else ()
    return ask.page("law-divisions.html", found=found or (), error=error, asked=asked, meant=meant)


@page("GET", "/law/texts", "signed-in", slow=True)
def texts(ask: Ask) -> Response:
    """Show the text of an article on a day from the corpus that the office supplies; none is guessed."""
    title, article = ask.query("title")[:_LONGEST], ask.query("article")[:_LONGEST]

    def look() -> object:
        return article_text(_corpus(ask), title, article, _day(ask) or _today(ask), ask.desk.home.law)

    found, error = _tried(look if title and article else None)
    return _texts(ask, found=found, error=error)


@page("POST", "/law/texts", "signed-in", slow=True)
def cite_check(ask: Ask) -> Response:
    """Check every citation of a text or a document; neither is kept."""

    def look() -> object:
        return check_text(_corpus(ask), _words(ask), _form_day(ask), ask.desk.home.law)

    checked, error = _tried(look)
    return _texts(ask, 400 if error else 200, checked=checked, error=error)


def _texts(
    ask: Ask,
    status: int = 200,
    *,
    found: object = None,
    checked: object = None,
    error: QingyuanError | None = None,
) -> Response:
    where = _corpus_path(ask)
    return ask.page(
        "law-texts.html",
        status,
        there=where is not None and where.exists(),
        found=found,
        checked=checked,
        error=error,
        shown=_MOST_SHOWN,
        suffixes=_SUFFIXES,
        text=ask.field("text"),
        asked={
            "title": ask.query("title"),
            "article": ask.query("article"),
            "on": ask.field("on") or ask.query("on") or _today(ask).isoformat(),
        },
    )


def _tried(look: Callable[[], object] | None) -> tuple[object, QingyuanError | None]:
    """Return what something gives, or why it gives nothing."""
    if look is None:
        return None, None
    try:
        return look(), None
    except QingyuanError as error:
        return None, error


def _corpus_path(ask: Ask) -> Path | None:
    return corpus_path(ask.desk.home.path, os.environ.get("QINGYUAN_CORPUS", ""))


def _corpus(ask: Ask) -> Corpus:
    where = _corpus_path(ask)
    if where is None or not where.exists():
        raise no_corpus("QINGYUAN_CORPUS")
    return ask.desk.remembered(("corpus", str(where), where.stat().st_mtime_ns), lambda: open_corpus(where))


def _words(ask: Ask) -> str:
    """Return the words to check: those of the file that came, else those of the field."""
    files = ask.uploads("file")
    if not files:
        if not ask.field("text"):
            raise bad_request("请粘贴文字或者选择文件", "paste a text or choose a file", code="web.no-text")
        return ask.field("text")[:_MOST_TEXT]
    suffix = Path(files[0].filename or "").suffix.lower()
    if suffix not in _SUFFIXES:
        raise bad_request(
            f"只读取 {'、'.join(_SUFFIXES)}", f"only {', '.join(_SUFFIXES)} are read", code="web.no-text"
        )
    with tempfile.TemporaryDirectory(prefix="qingyuan-") as folder:
        path = Path(folder) / f"document{suffix}"
        path.write_bytes(files[0].file.read())
        return plain_text(path)


def _today(ask: Ask) -> date:
    return ask.desk.home.clock.now().date()


def _day(ask: Ask) -> date | None:
    return _parsed(ask.query("on"))


def _form_day(ask: Ask) -> date:
    return _parsed(ask.field("on")) or _today(ask)


def _parsed(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise bad_request("日期写法有误", "that is no date", code="web.bad-date") from error
