"""Parts of a .docx that python-docx has no calls for: East Asian faces, fields, bookmarks, controls, repeated rows.

Source: ECMA-376 part 1 (WordprocessingML).
"""
# ruff: noqa: SLF001 - this module is the one place that reaches below python-docx

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Sequence
from typing import cast

from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.text.paragraph import CT_P
from docx.oxml.text.run import CT_R
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Length, Mm, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

BODY, TITLE, HEADING, PAGES = "仿宋_GB2312", "方正小标宋简体", "黑体", "宋体"
PITCH = Mm(225 / 22)
SIZE = Pt(16)
#: Name of the bookmark of a fact, before the index of its event and a number that makes it unique.
EVENT_BOOKMARK = "event_"
#: Tag of the content control of a blank, before the name of the particular.
BLANK_TAG = "blank:"
_PAGE_NUMBER = Pt(14)
#: Lines of a cell do not stand on the grid of the page.
_CELL_PITCH = Pt(16)


def written(paragraph: CT_P, text: str, name: str, size: Length) -> CT_R:
    """Add a run of text in a face, for East Asian characters too, and return it."""
    run = cast("CT_R", OxmlElement("w:r"))
    run.append(copy.deepcopy(_properties(name, size)))
    words = OxmlElement("w:t")
    words.text = text
    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    run.append(words)
    paragraph.append(run)
    return run


@functools.cache
def _properties(name: str, size: Length) -> BaseOxmlElement:
    """Return the properties of runs in a face and size; to be copied."""
    properties = OxmlElement("w:rPr")
    fonts = OxmlElement("w:rFonts")
    for kind in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{kind}"), name)
    half_points = str(round(size.pt * 2))
    for element in (fonts, _element("w:sz", val=half_points), _element("w:szCs", val=half_points)):
        properties.append(element)
    return properties


def spacing(paragraph: Paragraph) -> None:
    """Set a paragraph on the pitch of 22 lines a page."""
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    shape.line_spacing = PITCH


def centred(paragraph: CT_P) -> None:
    """Centre a paragraph of a cell."""
    paragraph.get_or_add_pPr().append(_element("w:jc", val="center"))


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
    written(paragraph._p, "— ", PAGES, _PAGE_NUMBER)
    run = paragraph.add_run()._r
    run.append(copy.deepcopy(_properties(PAGES, _PAGE_NUMBER)))
    instruction = OxmlElement("w:instrText")
    instruction.text = "PAGE"
    for element in (
        _element("w:fldChar", fldCharType="begin"),
        instruction,
        _element("w:fldChar", fldCharType="end"),
    ):
        run.append(element)
    written(paragraph._p, " —", PAGES, _PAGE_NUMBER)


def bookmarks(run: CT_R, events: Sequence[tuple[int, int]]) -> None:
    """Put a bookmark for each event that states a run around it: a number of its own, and the index of the event."""
    for number, event in events:
        run.addprevious(_element("w:bookmarkStart", id=str(number), name=f"{EVENT_BOOKMARK}{event}_{number}"))
        run.addnext(_element("w:bookmarkEnd", id=str(number)))


def control(run: CT_R, name: str) -> None:
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
    run.addprevious(outer)
    content.append(run)


def rows(table: Table, widths: Sequence[Length], count: int) -> Iterator[list[CT_P]]:
    """Yield the paragraphs of the cells of ``count`` rows of a table of one row, which is repeated on every page.

    No row is split between pages.
    """
    head = table.rows[0]._tr
    table.autofit = False
    for column, cell, width in zip(table.columns, table.rows[0].cells, widths, strict=True):
        column.width = cell.width = width
        shape = cell.paragraphs[0].paragraph_format
        shape.space_before = shape.space_after = Pt(0)
        shape.line_spacing = _CELL_PITCH
        cell.paragraphs[0]._p.get_or_add_pPr().insert_element_before(
            _element("w:snapToGrid", val="0"), "w:spacing"
        )
    head.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    blank = copy.deepcopy(head)
    head.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    yield list(head.iter(qn("w:p")))
    for _ in range(1, count):
        row = copy.deepcopy(blank)
        table._tbl.append(row)
        yield list(row.iter(qn("w:p")))


def _element(tag: str, /, **attributes: str) -> BaseOxmlElement:
    element = OxmlElement(tag)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element
