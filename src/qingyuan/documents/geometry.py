"""Where the text of a set page stands, read back from the PDF.

The page of GB/T 9704-2012: A4; text area 156 mm × 225 mm; margins 37 mm above, 28 mm left, 26 mm right and 35 mm below;
22 lines of 28 characters; the page number below the text area.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Sequence
from itertools import groupby

import msgspec

from qingyuan.documents.errors import DocumentError

MM = 72 / 25.4
#: Size of the page and of its margins in millimetres: width, height, top, right, bottom, left.
WIDTH, HEIGHT, TOP, RIGHT, BOTTOM, LEFT = 210.0, 297.0, 37.0, 26.0, 35.0, 28.0
#: Lines of a page and characters of a line.
LINES, CHARACTERS = 22, 28
_TOLERANCE = 0.6


class Line(msgspec.Struct, frozen=True):
    """A line of text on a page; lengths in millimetres from the upper left corner of the page.

    Attributes:
        text: Its characters.
        left: Left edge of the first character.
        right: Right edge of the last one.
        top: Upper edge of the tallest character cell.
        base: Base line.
        size: Size of the largest type in points.
    """

    text: str
    left: float
    right: float
    top: float
    base: float
    size: float


class Page(msgspec.Struct, frozen=True):
    """What a page of a PDF holds.

    Attributes:
        width: Width in millimetres.
        height: Height in millimetres.
        lines: Lines above the lower edge of the text area, from above.
        foot: Lines below it.
    """

    width: float
    height: float
    lines: tuple[Line, ...]
    foot: tuple[Line, ...]


class _Glyph(msgspec.Struct, frozen=True):
    text: str
    left: float
    right: float
    top: float
    base: float
    size: float


def read_pages(pdf: bytes) -> tuple[Page, ...]:
    """Return where the text of each page stands."""
    import pypdfium2  # noqa: PLC0415 - only reading a PDF back needs it

    opened = pypdfium2.PdfDocument(pdf)
    try:
        return tuple(_page(page) for page in opened)
    finally:
        opened.close()


def check_pages(pages: Sequence[Page], *, where: str) -> None:
    """Refuse pages that, or whose text, do not stand as GB/T 9704-2012 has them.

    Raises:
        DocumentError: A page has another size, or text stands outside the text area; page and distance are named.
    """
    for number, page in enumerate(pages, start=1):
        problem = _problem(page, number)
        if problem:
            raise DocumentError(
                "documents.geometry",
                zh=f"第 {number} 页不合版式：{problem}",
                en=f"page {number} is not set as the standard asks: {problem}",
                where=where,
                remedy_zh="请检查格式中过长的表格单元或者连续字符",
                remedy_en="look for a table cell or an unbroken word that is too long",
            )


def _problem(page: Page, number: int) -> str:
    if abs(page.width - WIDTH) > _TOLERANCE or abs(page.height - HEIGHT) > _TOLERANCE:
        return f"{page.width:.1f} × {page.height:.1f} mm"
    for line in page.lines:
        over = max(LEFT - line.left, line.right - (WIDTH - RIGHT), TOP - line.top)
        if over > _TOLERANCE:
            return f"{over:.1f} mm"
    if [line.text.replace(" ", "") for line in page.foot] != [f"—{number}—"]:
        return "页码 page number"
    return ""


def _page(page: object) -> Page:
    import pypdfium2  # noqa: PLC0415
    import pypdfium2.raw as pdfium  # noqa: PLC0415

    assert isinstance(page, pypdfium2.PdfPage)
    width, height = page.get_size()
    text = page.get_textpage()
    box = pdfium.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    glyphs = []
    for index in range(text.count_chars()):
        letter = chr(pdfium.FPDFText_GetUnicode(text.raw, index))
        if letter.isspace() or pdfium.FPDFText_IsGenerated(text.raw, index) == 1:
            continue
        pdfium.FPDFText_GetLooseCharBox(text.raw, index, box)
        pdfium.FPDFText_GetCharOrigin(text.raw, index, x, y)
        size = pdfium.FPDFText_GetFontSize(text.raw, index)
        if unicodedata.category(letter).startswith("P"):
            # A mark at the end of a line takes half its cell, which only its ink shows.
            left, right, below, above = (ctypes.c_double() for _ in range(4))
            pdfium.FPDFText_GetCharBox(text.raw, index, left, right, below, above)
            box.left, box.right = left.value, right.value
        base = (height - y.value) / MM
        glyphs.append(
            _Glyph(letter, box.left / MM, box.right / MM, base - 0.88 * size / MM, base, round(size, 1))
        )
    text.close()
    page.close()
    lines = [_line(list(group)) for _, group in groupby(_ordered(glyphs), key=lambda one: round(one.base, 1))]
    lower = height / MM - BOTTOM + 1
    return Page(
        width / MM,
        height / MM,
        tuple(line for line in lines if line.base <= lower),
        tuple(line for line in lines if line.base > lower),
    )


def _ordered(glyphs: list[_Glyph]) -> list[_Glyph]:
    return sorted(glyphs, key=lambda one: (round(one.base, 1), one.left))


def _line(glyphs: list[_Glyph]) -> Line:
    return Line(
        _whole("".join(glyph.text for glyph in glyphs)),
        min(glyph.left for glyph in glyphs),
        max(glyph.right for glyph in glyphs),
        min(glyph.top for glyph in glyphs),
        glyphs[0].base,
        max(glyph.size for glyph in glyphs),
    )


def _whole(text: str) -> str:
    """Return text whose characters above the first plane came as two halves each."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
