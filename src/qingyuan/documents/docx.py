"""The editable copy: .docx for WPS and Word, with the same text as the PDF.

It names the faces of GB/T 9704-2012 (仿宋, 小标宋, 黑体), which offices have, and sets 22 lines a page; the
character grid is left to the program that opens it. A fact carries a bookmark that names its event, a blank is a
content control that a person fills in.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from itertools import count

import docx
from docx.document import Document as DocxDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.text.paragraph import CT_P
from docx.shared import Length, Mm, Pt
from docx.text.paragraph import Paragraph

from qingyuan.documents import _docx
from qingyuan.documents._docx import BODY, HEADING, PITCH, SIZE, TITLE
from qingyuan.documents.model import Block, Document, Picture, Role, Run, Runs, Table
from qingyuan.documents.picture import picture_png

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_SMALL = Pt(12)
#: The day and the name above it stand four characters from the right edge.
_CLOSING = Pt(64)
_WIDTH = 156
#: A column of numbers is as wide as its heading, as in the PDF.
_COUNT, _COUNT_WIDTH = "序号", Pt(36)
_OUTLINE = {Role.TITLE: 0, Role.HEADING: 1, Role.SUBHEADING: 2}
_SETTINGS_KEPT = {Role.HEADING, Role.SUBHEADING, Role.SIGNATURE, Role.SIGN}


def render_docx(document: Document) -> bytes:
    """Return the .docx of ``document``; the same document gives the same bytes."""
    word = docx.Document()
    _page(word)
    properties = word.core_properties
    issued = datetime.fromisoformat(document.issued)
    properties.title = document.title
    properties.author = document.author
    properties.language = document.lang
    properties.created = properties.modified = issued
    properties.last_modified_by = document.author
    properties.comments = ""
    writer = _Writer(word)
    for block in document.blocks:
        if isinstance(block, Table):
            writer.table(block)
        elif isinstance(block, Picture):
            writer.picture(block)
        else:
            writer.block(block, _beside(block, document.blocks))
    buffer = io.BytesIO()
    word.save(buffer)
    return _repack(buffer.getvalue())


def _page(word: DocxDocument) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(23)
    _docx.line_grid(section._sectPr)  # noqa: SLF001 - python-docx has no API for the grid
    style = word.styles["Normal"]
    style.font.size = SIZE
    style.font.name = BODY
    style.element.rPr.rFonts.set(qn("w:eastAsia"), BODY)
    word.settings.odd_and_even_pages_header_footer = True
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        paragraph = footer.paragraphs[0]
        paragraph.alignment = side
        shape = paragraph.paragraph_format
        shape.left_indent, shape.right_indent = (
            (Pt(14), None) if side is WD_ALIGN_PARAGRAPH.LEFT else (None, Pt(14))
        )
        _docx.page_number(paragraph)


class _Writer:
    """Writes blocks one after the other; bookmarks are numbered through the document."""

    def __init__(self, word: DocxDocument) -> None:
        self._word = word
        self._numbers = count(1)
        self._before: Role | None = None

    def block(self, block: Block, beside: str = "") -> None:
        paragraph = self._word.add_paragraph()
        face, size = _shape(paragraph, block.role)
        if beside:
            paragraph.paragraph_format.right_indent = Length(
                _CLOSING + max(0, _wide(beside) - _wide(block.text)) // 2
            )
        if block.role is self._before is Role.ATTACHMENT:
            shape = paragraph.paragraph_format
            shape.space_before = Pt(0)
            shape.left_indent, shape.first_line_indent = Pt(104), Pt(-24)
        self._before = block.role
        self._runs(paragraph._p, block.runs, face, size)  # noqa: SLF001 - the element below

    def picture(self, picture: Picture) -> None:
        paragraph = self._word.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = True
        shape = paragraph.add_run().add_picture(io.BytesIO(picture_png(picture.svg)), width=Mm(_WIDTH))
        shape._inline.docPr.set("descr", picture.told)  # noqa: SLF001 - python-docx has no API for what is told
        caption = self._word.add_paragraph()
        caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _docx.written(caption._p, picture.caption, HEADING, _SMALL)  # noqa: SLF001 - the element below

    def table(self, table: Table) -> None:
        grid = self._word.add_table(rows=1, cols=len(table.columns))
        grid.style = "Table Grid"
        counted = [name == _COUNT for name in table.columns]
        left = Mm(_WIDTH) - _COUNT_WIDTH * sum(counted)
        total = sum(width for width, fixed in zip(table.widths, counted, strict=True) if not fixed)
        widths = [
            _COUNT_WIDTH if fixed else Length(left * width // total)
            for width, fixed in zip(table.widths, counted, strict=True)
        ]
        rows = _docx.rows(grid, widths, len(table.cells) + 1)
        for paragraph, words in zip(next(rows), table.columns, strict=True):
            _docx.centred(paragraph)
            _docx.written(paragraph, words, HEADING, _SMALL)
        for paragraphs, cells in zip(rows, table.cells, strict=True):
            for paragraph, runs in zip(paragraphs, cells, strict=True):
                self._runs(paragraph, runs, BODY, _SMALL)

    def _runs(self, paragraph: CT_P, runs: Runs, face: str, size: Length) -> None:
        for run in runs:
            self._run(paragraph, run, face, size)

    def _run(self, paragraph: CT_P, run: Run, face: str, size: Length) -> None:
        named = HEADING if run.blank and "＿" not in run.text else face
        written = _docx.written(paragraph, run.text, named, size)
        if run.events:
            _docx.bookmarks(written, [(next(self._numbers), event) for event in run.events])
        elif run.blank:
            _docx.control(written, run.blank)


def _beside(block: Block, blocks: Sequence[Block | Table | Picture]) -> str:
    """Return what stands above the day or below the name: the narrower of the two is centred on the wider."""
    pair = {Role.SIGNATURE: Role.DATE, Role.DATE: Role.SIGNATURE}.get(block.role)
    found = [one.text for one in blocks if isinstance(one, Block) and one.role is pair]
    return found[-1] if pair and found else ""


def _wide(text: str) -> int:
    """Return how wide a line is set: a Chinese character a full square, others half of it."""
    return sum(SIZE if char > "\u2e7f" else SIZE // 2 for char in text)


def _shape(paragraph: Paragraph, role: Role) -> tuple[str, Length]:
    """Give a paragraph the looks of its role; return face and size."""
    shape = paragraph.paragraph_format
    _docx.spacing(paragraph)
    _docx.outline(paragraph, _OUTLINE.get(role))
    shape.keep_with_next = role in _SETTINGS_KEPT or None
    match role:
        case Role.OFFICE | Role.TITLE:
            shape.alignment = WD_ALIGN_PARAGRAPH.CENTER
            shape.line_spacing = Pt(36)
            return TITLE, Pt(22)
        case Role.NUMBER:
            shape.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            shape.right_indent = SIZE
            shape.space_after = PITCH
        case Role.ADDRESSEE:
            shape.alignment = WD_ALIGN_PARAGRAPH.LEFT
        case Role.SIGNATURE | Role.DATE:
            shape.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            shape.right_indent = _CLOSING
            shape.space_before = PITCH if role is Role.SIGNATURE else Pt(0)
        case Role.SIGN:
            shape.first_line_indent = Pt(32)
            shape.space_before = shape.space_after = Pt(14)
        case Role.ATTACHMENT:
            shape.left_indent, shape.first_line_indent = Pt(80), Pt(-48)
            shape.space_before = PITCH
        case Role.NOTE:
            shape.line_spacing = Pt(20)
            return BODY, _SMALL
        case Role.COPIES:
            shape.left_indent, shape.first_line_indent = Pt(56), Pt(-42)
            shape.space_before = PITCH
            return BODY, Pt(14)
        case _:
            shape.first_line_indent = Pt(32)
            shape.alignment = WD_ALIGN_PARAGRAPH.LEFT if role is Role.LINE else WD_ALIGN_PARAGRAPH.JUSTIFY
            return (HEADING if role is Role.HEADING else BODY), SIZE
    return BODY, SIZE


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
