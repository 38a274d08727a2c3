"""Parts of a .docx that python-docx has no calls for: East Asian faces, fields, bookmarks, controls, repeated rows.

Source: ECMA-376 part 1 (WordprocessingML).
"""
# ruff: noqa: SLF001 - this module is the one place that reaches below python-docx

from __future__ import annotations

from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Length, Mm, Pt
from docx.table import _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

BODY, TITLE, HEADING, PAGES = "仿宋_GB2312", "方正小标宋简体", "黑体", "宋体"
PITCH = Mm(225 / 22)
SIZE = Pt(16)
#: Name of the bookmark of a fact, before the index of its event and a number that makes it unique.
EVENT_BOOKMARK = "event_"
#: Tag of the content control of a blank, before the name of the particular.
BLANK_TAG = "blank:"
_PAGE_NUMBER = Pt(14)


def face(run: Run, name: str, size: Length) -> None:
    """Set the face of a run, for East Asian characters too."""
    run.font.name = name
    run.font.size = size
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def spacing(paragraph: Paragraph) -> None:
    """Set a paragraph on the pitch of 22 lines a page."""
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    shape.line_spacing = PITCH


def outline(paragraph: Paragraph, level: int | None) -> None:
    """Make a paragraph a heading of the outline, which screen readers and navigation use."""
    if level is not None:
        paragraph._p.get_or_add_pPr().append(_element("w:outlineLvl", val=str(level)))


def line_grid(section: BaseOxmlElement) -> None:
    """Ask for 22 lines a page; ``linesAndChars`` is spread differently by different programs."""
    for old in section.findall(qn("w:docGrid")):
        section.remove(old)
    grid = OxmlElement("w:docGrid")
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(round(PITCH.pt * 20)))
    section.append(grid)


def page_number(paragraph: Paragraph) -> None:
    """Write ``— 1 —`` with a field for the number."""
    face(paragraph.add_run("— "), PAGES, _PAGE_NUMBER)
    run = paragraph.add_run()
    face(run, PAGES, _PAGE_NUMBER)
    instruction = OxmlElement("w:instrText")
    instruction.text = "PAGE"
    for element in (
        _element("w:fldChar", fldCharType="begin"),
        instruction,
        _element("w:fldChar", fldCharType="end"),
    ):
        run._element.append(element)
    face(paragraph.add_run(" —"), PAGES, _PAGE_NUMBER)


def bookmark(run: Run, number: int, event: int) -> None:
    """Put a bookmark that names the event around a run."""
    run._element.addprevious(
        _element("w:bookmarkStart", id=str(number), name=f"{EVENT_BOOKMARK}{event}_{number}")
    )
    run._element.addnext(_element("w:bookmarkEnd", id=str(number)))


def control(run: Run, name: str) -> None:
    """Put a run into a content control, so that a blank is filled in where it stands."""
    outer = OxmlElement("w:sdt")
    properties = OxmlElement("w:sdtPr")
    properties.append(_element("w:alias", val=name))
    properties.append(_element("w:tag", val=f"{BLANK_TAG}{name}"))
    properties.append(OxmlElement("w:showingPlcHdr"))
    properties.append(OxmlElement("w:text"))
    content = OxmlElement("w:sdtContent")
    outer.append(properties)
    outer.append(content)
    run._element.addprevious(outer)
    content.append(run._element)


def repeat(row: _Row) -> None:
    """Repeat a row on every page that its table goes on to."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    keep_whole(row)


def keep_whole(row: _Row) -> None:
    """Keep a row on one page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _element(tag: str, /, **attributes: str) -> BaseOxmlElement:
    element = OxmlElement(tag)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element
