"""The office formats of the leak: workbook, document, web page and PDF list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pylopdf_fonts_zh_cn as fonts
import typst

from qingyuan.demo._archive import zip_bytes
from qingyuan.demo._layout import Rows, Segment, Slot, column_letter, write_rows
from qingyuan.demo._strings import from_ints, raw
from qingyuan.demo._waybills import Batch

#: Rows of the PDF list on one page; every page is one table.
PAGE_ROWS = 40

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORD_NS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument"
_WRITTEN_AT = "2026-07-01T00:00:00Z"

Columns = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: its name, its column heads with their fields, and its records."""

    name: str
    columns: Columns
    batch: Batch


def _types(*overrides: tuple[str, str]) -> bytes:
    parts = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in overrides)
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{parts}</Types>'
    ).encode()


def _relations(*targets: tuple[str, str]) -> bytes:
    body = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{body}</Relationships>'.encode()


def _core() -> bytes:
    return (
        f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{_WRITTEN_AT}</dcterms:created></cp:coreProperties>'
    ).encode()


def _package(main: str, kind: str, parts: list[tuple[str, bytes]], overrides: list[tuple[str, str]]) -> bytes:
    core = "application/vnd.openxmlformats-package.core-properties+xml"
    return zip_bytes(
        [
            ("[Content_Types].xml", _types((f"/{main}", kind), ("/docProps/core.xml", core), *overrides)),
            (
                "_rels/.rels",
                _relations(
                    (f"{_OFFICE}/officeDocument", main),
                    (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
                ),
            ),
            ("docProps/core.xml", _core()),
            *parts,
        ]
    )


def sheet_rows(sheet: Sheet) -> Rows:
    """Return the records as rows of SpreadsheetML with inline strings, from sheet row 2 on."""
    count = len(next(iter(sheet.batch.values())).text)
    number = from_ints(np.arange(2, count + 2))
    segments: list[Segment] = ['<row r="', number, '">']
    for index, (head, name) in enumerate(sheet.columns):
        letter = column_letter(index)
        slot = Slot(sheet.batch[name], head, f"sheet {sheet.name}!{letter}")
        segments += [f'<c r="{letter}', number, '" t="inlineStr"><is><t>', slot, "</t></is></c>"]
    return write_rows([*segments, "</row>"])


def workbook(sheets: Sequence[tuple[Sheet, Rows]]) -> bytes:
    """Return an ``.xlsx`` of the sheets."""
    parts: list[tuple[str, bytes]] = []
    entries = ""
    for number, (sheet, rows) in enumerate(sheets, start=1):
        heads = "".join(
            f'<c r="{column_letter(i)}1" t="inlineStr"><is><t>{head}</t></is></c>'
            for i, (head, _) in enumerate(sheet.columns)
        )
        opening = f'{_XML}<worksheet xmlns="{_SHEET_NS}"><sheetData><row r="1">{heads}</row>'
        parts.append(
            (
                f"xl/worksheets/sheet{number}.xml",
                opening.encode() + raw(rows.text) + b"</sheetData></worksheet>",
            )
        )
        entries += f'<sheet name="{sheet.name}" sheetId="{number}" r:id="rId{number}"/>'
    book = f'{_XML}<workbook xmlns="{_SHEET_NS}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>'
    targets = [(f"{_OFFICE}/worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    parts += [("xl/workbook.xml", book.encode()), ("xl/_rels/workbook.xml.rels", _relations(*targets))]
    overrides = [
        (f"/xl/worksheets/sheet{n}.xml", f"{_TYPE}.spreadsheetml.worksheet+xml")
        for n in range(1, len(sheets) + 1)
    ]
    return _package("xl/workbook.xml", f"{_TYPE}.spreadsheetml.sheet.main+xml", parts, overrides)


def _cells(columns: Columns, batch: Batch, opening: str, closing: str) -> list[Segment]:
    segments: list[Segment] = []
    for index, (head, name) in enumerate(columns):
        place = f"table 1!{column_letter(index)}"
        segments += [opening, Slot(batch[name], head, place), closing]
    return segments


def document_rows(columns: Columns, batch: Batch) -> Rows:
    """Return the records as rows of a WordprocessingML table."""
    cells = _cells(columns, batch, "<w:tc><w:p><w:r><w:t>", "</w:t></w:r></w:p></w:tc>")
    return write_rows(["<w:tr>", *cells, "</w:tr>"])


def document(title: str, lead: str, columns: Columns, rows: Rows) -> bytes:
    """Return a ``.docx`` with a title, a paragraph and one table with a header row."""

    def paragraph(words: str) -> str:
        return f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"

    heads = "".join(f"<w:tc>{paragraph(head)}</w:tc>" for head, _ in columns)
    grid = "".join('<w:gridCol w:w="1800"/>' for _ in columns)
    opening = (
        f'{_XML}<w:document xmlns:w="{_WORD_NS}"><w:body>{paragraph(title)}{paragraph(lead)}'
        f'<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"<w:tr>{heads}</w:tr>"
    )
    closing = f"</w:tbl>{paragraph('（完）')}<w:sectPr/></w:body></w:document>"
    body = opening.encode() + raw(rows.text) + closing.encode()
    parts = [("word/document.xml", body)]
    return _package("word/document.xml", f"{_TYPE}.wordprocessingml.document.main+xml", parts, [])


def page_rows(columns: Columns, batch: Batch) -> Rows:
    """Return the records as rows of an HTML table."""
    return write_rows(["<tr>", *_cells(columns, batch, "<td>", "</td>"), "</tr>\n"])


def page(title: str, prose: Sequence[str], columns: Columns, rows: Rows) -> bytes:
    """Return an HTML page of prose and one table with a header row."""
    heads = "".join(f"<th>{head}</th>" for head, _ in columns)
    words = "".join(f"<p>{sentence}</p>\n" for sentence in prose)
    opening = (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head><meta charset="utf-8">'
        f"<title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n{words}<table>\n<tr>{heads}</tr>\n"
    )
    return opening.encode() + raw(rows.text) + "</table>\n</body>\n</html>\n".encode("ascii")


def list_rows(columns: Columns, batch: Batch) -> Rows:
    """Return the records as typst table cells; a place is only the page."""
    segments: list[Segment] = []
    for head, name in columns:
        segments += ['"', Slot(batch[name], head, "page "), '",']
    return write_rows([*segments, "\n"])


def pdf_list(title: str, columns: Columns, rows: Rows) -> bytes:
    """Return a PDF list of the kind found on official web pages, :data:`PAGE_ROWS` rows a page."""
    cells = rows.text.to_pylist()
    heads = "".join(f'"{head}",' for head, _ in columns)
    pages = [
        f"#table(columns: {len(columns)},\n{heads}\n{''.join(str(c) for c in cells[at : at + PAGE_ROWS])})"
        for at in range(0, len(cells), PAGE_ROWS)
    ]
    source = (
        f'#set document(title: "{title}", date: none)\n'
        '#set page(paper: "a4", margin: 2cm)\n'
        '#set text(font: "Noto Serif SC", size: 9pt, lang: "zh")\n'
        f"#align(center)[#text(size: 14pt)[{title}]]\n" + "\n#pagebreak()\n".join(pages)
    )
    return typst.compile(
        source.encode(),
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=[fonts.serif_path().parent]),
        pdf_tags=False,
    )
