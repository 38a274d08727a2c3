"""Working sheets: a title, facts, sections with tables, lines to sign; as PDF, HTML or text.

Unlike the instruments of the forms, which follow GB/T 9704-2012, a sheet is a page to work with: a list of
exhibits, a chain of custody, the page in an evidence package. All three renderers say the same words.
"""

from __future__ import annotations

import html
from datetime import UTC, datetime, time
from importlib import resources

import msgspec

from qingyuan.documents._coverage import shown
from qingyuan.documents.errors import DocumentError
from qingyuan.documents.fonts import ROOT, FontSet, default_fonts, loaded, with_rare
from qingyuan.documents.pdf import STANDARDS, check_fonts


class SheetTable(msgspec.Struct, frozen=True):
    """A table with a header row.

    Attributes:
        columns: Header cells.
        rows: Cells of each row, as many as columns.
        widths: Relative widths, as many as columns.
        size: Size of the type in points.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    size: float = 8.0

    @property
    def numbers(self) -> tuple[bool, ...]:
        """Return which columns hold numbers and nothing else; they stand right."""
        columns = [[row[at] for row in self.rows] for at in range(len(self.columns))]
        return tuple(any(map(_is_number, cells)) and all(map(_fits_numbers, cells)) for cells in columns)


class Bar(msgspec.Struct, frozen=True):
    """One bar.

    Attributes:
        label: What it stands for.
        parts: Lengths of its parts, in the order of the legend.
        said: What stands at its end.
    """

    label: str
    parts: tuple[float, ...]
    said: str


class Chart(msgspec.Struct, frozen=True):
    """A picture of bars.

    Attributes:
        caption: What it shows.
        legend: Names of the parts of a bar.
        bars: The bars.
    """

    caption: str
    legend: tuple[str, ...]
    bars: tuple[Bar, ...]


class Section(msgspec.Struct, frozen=True):
    """A part of a sheet.

    Attributes:
        heading: Its heading.
        paragraphs: Its text.
        table: Its table, if any, below the text.
        chart: Its picture, if any, above the table; text and plain HTML leave it out, its figures stand in the table.
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    table: SheetTable | None = None
    chart: Chart | None = None


class Sheet(msgspec.Struct, frozen=True):
    """A working sheet.

    Attributes:
        title: Title.
        subtitle: The line below it, for example the title in English.
        author: Office that makes it.
        issued: Day or moment it is made, ISO 8601; also the time stamp of the PDF, so that bytes repeat.
        facts: Labels and values.
        sections: The parts, in order.
        signatures: What each line to sign on is for.
        footer: Small text at the foot of every page.
        landscape: Whether the page lies on its side.
        size: Size of the running text in points.
        facts_across: How many facts stand beside each other.
        lang: ``"zh"`` or ``"en"``: of the punctuation of the text and the language told to readers aloud.
    """

    title: str
    subtitle: str
    author: str
    issued: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    signatures: tuple[str, ...] = ()
    footer: str = ""
    landscape: bool = False
    size: float = 9.5
    facts_across: int = 2
    lang: str = "zh"


def sheet_pdf(sheet: Sheet, fonts: FontSet | None = None) -> bytes:
    """Return the sheet as PDF, fonts embedded and tagged; the same sheet and fonts give the same bytes.

    A character that the fonts do not have is shown as ``〓``.

    Raises:
        DocumentError: The page cannot be set.
    """
    import typst  # noqa: PLC0415 - 40 MB of compiler that only rendering needs

    faces = fonts or default_fonts()
    if shown(said := sheet_text(sheet), faces) != said:
        faces = with_rare(faces)
    payload = {
        "sheet": _shown(msgspec.to_builtins(sheet), faces),
        "body": faces.asked(faces.body),
        "heading": faces.asked(faces.heading),
    }
    issued = datetime.combine(datetime.fromisoformat(sheet.issued).date(), time(), UTC)
    try:
        pdf, warnings = typst.compile_with_warnings(
            resources.files("qingyuan.documents").joinpath("sheet.typ").read_bytes(),
            root=ROOT,
            font_paths=loaded(faces.places),
            format="pdf",
            sys_inputs={"sheet": msgspec.json.encode(payload).decode()},
            pdf_standards=[*STANDARDS],
            timestamp=int(issued.timestamp()),
        )
    except typst.TypstError as error:
        raise _cannot_set(str(error), sheet.title) from error
    if not isinstance(pdf, bytes):
        raise TypeError(type(pdf))
    for warning in warnings:
        if "font" in warning.message:
            raise _cannot_set(warning.message, sheet.title)
    check_fonts(pdf, faces, where=sheet.title)
    return pdf


def sheet_html(sheet: Sheet) -> str:
    """Return the sheet as one HTML page without anything from outside; the same sheet gives the same text."""
    parts = [
        f'<!doctype html>\n<html lang="{"zh-CN" if sheet.lang == "zh" else "en"}">\n<meta charset="utf-8">',
        f"<title>{_escaped(sheet.title)}</title>\n<style>{_STYLE}</style>",
        f"<h1>{_escaped(sheet.title)}</h1>\n<p class=sub>{_escaped(sheet.subtitle)}</p>",
        "<table class=facts>",
        *(f"<tr><th>{_escaped(label)}<td>{_escaped(value)}" for label, value in sheet.facts),
        "</table>",
    ]
    for section in sheet.sections:
        parts.append(f"<h2>{_escaped(section.heading)}</h2>")
        parts += [f"<p>{_escaped(words)}</p>" for words in section.paragraphs]
        if section.table is not None:
            parts += _html_table(section.table)
    parts += [f"<p class=sign>{_escaped(words)}</p>" for words in sheet.signatures]
    parts.append(f"<footer>{_escaped(sheet.footer)}</footer>\n</html>\n")
    return "\n".join(parts)


def sheet_text(sheet: Sheet) -> str:
    """Return the sheet as plain text."""
    says, opens, closes = ("：", "【", "】") if sheet.lang == "zh" else (": ", "[", "]")
    lines = [sheet.title, sheet.subtitle, ""]
    lines += [f"{label}{says}{value}" for label, value in sheet.facts]
    for section in sheet.sections:
        lines += ["", f"{opens}{section.heading}{closes}", *section.paragraphs]
        if section.table is not None:
            for row in section.table.rows:
                lines.append("")
                cells = zip(section.table.columns, row, strict=True)
                lines += [f"  {_one_line(label)}{says}{_one_line(value)}" for label, value in cells if value]
    lines += ["", *(f"{words}{says}____________" for words in sheet.signatures)]
    return "\n".join([*lines, "", sheet.footer]).rstrip() + "\n"


_STYLE = (
    "body{font:14px/1.5 'Noto Serif SC','Source Han Serif SC','Songti SC',SimSun,serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem;color:#111}h1{text-align:center;letter-spacing:.1em;margin-bottom:0}.sub{text-align:center}"
    "h2{font-size:1.1em;margin:1.4em 0 .4em}table{border-collapse:collapse;width:100%}th,td{border:1px solid #777;"
    "padding:.3em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#eee;font-weight:normal}"
    ".facts th{white-space:nowrap;width:1%}.sign{margin-top:2.5em;border-bottom:1px solid #111;width:20em}"
    "footer{margin-top:2em;font-size:.85em;color:#444}"
)


def _shown(value: object, fonts: FontSet) -> object:
    """Return builtins with every string as the fonts can show it."""
    if isinstance(value, str):
        return shown(value, fonts)
    if isinstance(value, dict):
        return {name: _shown(below, fonts) for name, below in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(below, fonts) for below in value]
    return value


def _html_table(table: SheetTable) -> list[str]:
    lines = ["<table>", "<tr>" + "".join(f"<th>{_escaped(cell)}" for cell in table.columns)]
    lines += ["<tr>" + "".join(f"<td>{_escaped(cell)}" for cell in row) for row in table.rows]
    return [*lines, "</table>"]


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").replace("%", "").strip().isdigit()


def _fits_numbers(cell: str) -> bool:
    return _is_number(cell) or cell in {"", "—"}


def _escaped(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cannot_set(reason: str, title: str) -> DocumentError:
    return DocumentError(
        "documents.typeset",
        zh=f"排版失败：{reason}",
        en=f"the page cannot be set: {reason}",
        where=title,
        remedy_zh="请检查字体目录；可改用 HTML 或文本格式",
        remedy_en="check the font folder; HTML and text need none",
    )
