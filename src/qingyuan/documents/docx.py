"""The editable copy: .docx for WPS and Word, with the same text as the PDF.

It names the faces of GB/T 9704-2012 (仿宋, 小标宋, 黑体), which offices have, and sets 22 lines a page; the
character grid is left to the program that opens it.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import docx
from docx.document import Document as DocxDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run as DocxRun

from qingyuan.documents.model import Block, Document, Role, Table

BODY, TITLE, HEADING = "仿宋_GB2312", "方正小标宋简体", "黑体"
_PITCH = Mm(225 / 22)
_SIZE = Pt(16)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def render_docx(document: Document) -> bytes:
    """Return the .docx of ``document``; the same document gives the same bytes."""
    word = docx.Document()
    _page(word)
    properties = word.core_properties
    issued = datetime.fromisoformat(document.issued)
    properties.title = document.title
    properties.author = document.author
    properties.language = "zh-CN"
    properties.created = properties.modified = issued
    properties.last_modified_by = document.author
    properties.comments = ""
    for block in document.blocks:
        if isinstance(block, Table):
            _table(word, block)
        else:
            _block(word, block)
    buffer = io.BytesIO()
    word.save(buffer)
    return _repack(buffer.getvalue())


def _page(word: DocxDocument) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(28)
    style = word.styles["Normal"]
    style.font.size = _SIZE
    style.font.name = BODY
    style.element.rPr.rFonts.set(qn("w:eastAsia"), BODY)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _face(footer.add_run("— "), "宋体", Pt(14))
    run = footer.add_run()
    _face(run, "宋体", Pt(14))
    for kind, instruction in (("begin", None), (None, "PAGE"), ("end", None)):
        if instruction is None:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), str(kind))
        else:
            element = OxmlElement("w:instrText")
            element.text = instruction
        run._element.append(element)  # noqa: SLF001 - python-docx has no API for fields
    _face(footer.add_run(" —"), "宋体", Pt(14))


def _face(run: DocxRun, face: str, size: Pt) -> None:
    run.font.name = face
    run.font.size = size
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)  # noqa: SLF001 - no API for East Asian faces


def _spacing(paragraph: Paragraph) -> None:
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    shape.line_spacing = _PITCH


def _block(word: DocxDocument, block: Block) -> None:
    paragraph = word.add_paragraph()
    _spacing(paragraph)
    face, size = BODY, _SIZE
    shape = paragraph.paragraph_format
    match block.role:
        case Role.OFFICE | Role.TITLE:
            face, size = TITLE, Pt(22)
            shape.alignment = WD_ALIGN_PARAGRAPH.CENTER
            shape.line_spacing = Pt(36)
        case Role.NUMBER:
            shape.alignment = WD_ALIGN_PARAGRAPH.CENTER
            shape.space_after = _PITCH
        case Role.ADDRESSEE:
            shape.alignment = WD_ALIGN_PARAGRAPH.LEFT
        case Role.SIGNATURE | Role.DATE:
            shape.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            shape.right_indent = Pt(64)
            shape.space_before = _PITCH if block.role is Role.SIGNATURE else Pt(0)
        case Role.NOTE:
            size = Pt(12)
            shape.line_spacing = Pt(20)
        case _:
            face = HEADING if block.role is Role.HEADING else BODY
            shape.first_line_indent = Pt(32)
            shape.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
            shape.keep_with_next = block.role in {Role.HEADING, Role.SUBHEADING}
    for run in block.runs:
        _face(paragraph.add_run(run.text), face, size)


def _table(word: DocxDocument, table: Table) -> None:
    grid = word.add_table(rows=1, cols=len(table.columns))
    grid.style = "Table Grid"
    total = sum(table.widths)
    for index, (cell, words) in enumerate(zip(grid.rows[0].cells, table.columns, strict=True)):
        cell.width = Mm(156 * table.widths[index] / total)
        _face(cell.paragraphs[0].add_run(words), HEADING, Pt(12))
    for row in table.rows:
        for index, (cell, words) in enumerate(zip(grid.add_row().cells, row, strict=True)):
            cell.width = Mm(156 * table.widths[index] / total)
            _face(cell.paragraphs[0].add_run(words), BODY, Pt(12))


def _repack(data: bytes) -> bytes:
    """Write the parts again in their order with a fixed time, so that bytes repeat."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for item in source.infolist():
            info = zipfile.ZipInfo(item.filename, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            out.writestr(info, source.read(item))
    return target.getvalue()
