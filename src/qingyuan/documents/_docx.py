"""Elements of a .docx, as text: runs in named faces, paragraphs, bookmarks, controls, tables and pictures.

Source: ECMA-376 part 1 (WordprocessingML), whose schemas also set the order of the members. Lengths are twips (1/20 pt).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

import msgspec

from qingyuan.documents._settable import settable

BODY, TITLE, HEADING, PAGES = "仿宋_GB2312", "方正小标宋简体", "黑体", "宋体"
#: For characters that those faces do not have: of Extension A, and of the planes above the first.
RARE, RARER = "宋体", "SimSun-ExtB"
#: Lengths in twips: 225 mm by 22 lines, the size of running text, that of a page number.
PITCH, SIZE, PAGE_NUMBER = 580, 320, 280
#: English Metric Units, in which pictures are measured, a millimetre.
EMU = 36000
#: Name of the bookmark of a fact, before the index of its event and a number that makes it unique.
EVENT_BOOKMARK = "event_"
#: Tag of the content control of a blank, before the name of the particular.
BLANK_TAG = "blank:"
#: Lines of a cell do not stand on the grid of the page.
_CELL_PITCH = 320
_EXTENSION_A = range(0x3400, 0x4DC0)
_ABOVE = 0x20000
#: What XML 1.0 has no place for; halves of surrogate pairs are no text in Python either.


class Shape(msgspec.Struct, frozen=True):
    """How a paragraph stands; lengths in twips.

    Attributes:
        align: ``left``, ``center``, ``right``, ``both``, or nothing.
        before: Room above.
        after: Room below.
        line: Height of a line exactly, or 0 for what its content needs.
        left: Indent on the left.
        right: Indent on the right.
        first: Indent of the first line; negative when it hangs.
        keep: Whether it stays with the next paragraph.
        outline: Level in the outline, which screen readers and navigation use.
        cell: Whether it stands in a cell of a table, off the grid of the page.
    """

    align: str = ""
    before: int = 0
    after: int = 0
    line: int = PITCH
    left: int = 0
    right: int = 0
    first: int = 0
    keep: bool = False
    outline: int | None = None
    cell: bool = False


CELL = Shape(line=_CELL_PITCH, cell=True)
CENTRED_CELL = Shape("center", line=_CELL_PITCH, cell=True)


def paragraph(shape: Shape, content: str, *, style: str = "") -> str:
    """Return a paragraph of runs."""
    return f"<w:p>{_properties(shape, style)}{content}</w:p>"


@functools.cache
def _properties(shape: Shape, style: str) -> str:
    """Return the properties of a paragraph, in the order of the schema."""
    line = f' w:line="{shape.line}" w:lineRule="exact"' if shape.line else ""
    indents = {"left": shape.left, "right": shape.right}
    indents |= {"hanging": -shape.first} if shape.first < 0 else {"firstLine": shape.first}
    given = "".join(f' w:{name}="{length}"' for name, length in indents.items() if length)
    return "".join(
        (
            "<w:pPr>",
            f'<w:pStyle w:val="{style}"/>' if style else "",
            "<w:keepNext/>" if shape.keep else "",
            '<w:snapToGrid w:val="0"/>' if shape.cell else "",
            f'<w:spacing w:before="{shape.before}" w:after="{shape.after}"{line}/>',
            f"<w:ind{given}/>" if given else "",
            f'<w:jc w:val="{shape.align}"/>' if shape.align else "",
            "" if shape.outline is None else f'<w:outlineLvl w:val="{shape.outline}"/>',
            "</w:pPr>",
        )
    )


def text(words: str, face: str, size: int) -> str:
    """Return runs of ``words`` in a face, for East Asian characters too; rare ones are in the face that has them."""
    return "".join(
        f'<w:r>{_face(rare or face, size)}<w:t xml:space="preserve">{plain("".join(part))}</w:t></w:r>'
        for rare, part in groupby(words, _rare)
    )


def _rare(letter: str) -> str:
    code = ord(letter)
    return RARER if code >= _ABOVE else RARE if code in _EXTENSION_A else ""


@functools.cache
def _face(name: str, size: int) -> str:
    half_points = size // 10
    fonts = "".join(f' w:{kind}="{name}"' for kind in ("ascii", "hAnsi", "eastAsia", "cs"))
    return f'<w:rPr><w:rFonts{fonts}/><w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr>'


def plain(words: str) -> str:
    """Return words as they stand in XML; what cannot stand there is left out."""
    return escape(settable(words))


def page_number() -> str:
    """Return runs of ``— 1 —`` with a field for the number."""
    field = "".join(
        f"<w:r>{_face(PAGES, PAGE_NUMBER)}{part}</w:r>"
        for part in (
            '<w:fldChar w:fldCharType="begin"/>',
            '<w:instrText xml:space="preserve">PAGE</w:instrText>',
            '<w:fldChar w:fldCharType="end"/>',
        )
    )
    return f"{text('— ', PAGES, PAGE_NUMBER)}{field}{text(' —', PAGES, PAGE_NUMBER)}"


def bookmarked(run: str, events: Sequence[tuple[int, int]]) -> str:
    """Return a run in a bookmark for each event that states it: a number of its own, and the index of the event."""
    for number, event in reversed(events):
        name = f"{EVENT_BOOKMARK}{event}_{number}"
        run = f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{run}<w:bookmarkEnd w:id="{number}"/>'
    return run


def control(run: str, name: str, face: str, size: int) -> str:
    """Return a run in a content control, so that a blank is filled in where it stands, in this face and size."""
    named = plain(name)
    return (
        f'<w:sdt><w:sdtPr>{_face(face, size)}<w:alias w:val="{named}"/><w:tag w:val="{BLANK_TAG}{named}"/><w:showingPlcHdr/><w:text/></w:sdtPr>'
        f"<w:sdtContent>{run}</w:sdtContent></w:sdt>"
    )


def table(widths: Sequence[int], rows: Iterable[Sequence[str]], *, margin: int = 0) -> str:
    """Return a table of cells that hold paragraphs; the first row is repeated on every page and no row is split.

    ``margin`` is the room left and right of a cell's text in twips, or 0 for that of the style.
    """
    beside = "".join(f'<w:{side} w:w="{margin}" w:type="dxa"/>' for side in ("left", "right"))
    room = f"<w:tblCellMar>{beside}</w:tblCellMar>" if margin else ""
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    lines = []
    for number, row in enumerate(rows):
        cells = "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{cell}</w:tc>'
            for width, cell in zip(widths, row, strict=True)
        )
        head = "" if number else "<w:tblHeader/>"
        lines.append(f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{cells}</w:tr>")
    return (
        '<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="0" w:type="auto"/><w:tblLayout w:type="fixed"/>'
        f'{room}<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
        f"</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{''.join(lines)}</w:tbl>"
    )


def picture(number: int, told: str, wide: int, high: int) -> str:
    """Return a run with picture ``number`` of the document, measured in EMU, and what it tells who does not see it."""
    extent = f'cx="{wide}" cy="{high}"'
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {extent}/>'
        f'<wp:docPr id="{number}" name="Picture {number}" descr="{plain(told)}"/>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
        f'<pic:nvPicPr><pic:cNvPr id="{number}" name="{number}.png"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="picture{number}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {extent}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        "</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
