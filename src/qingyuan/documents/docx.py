"""The editable copy: .docx for WPS and Word, with the same text as the PDF.

It names the faces of GB/T 9704-2012 (仿宋, 小标宋, 黑体), which offices have, and sets 22 lines a page; the
character grid is left to the program that opens it. A fact carries a bookmark that names its event, a blank is a
content control that a person fills in.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import count

from msgspec.structs import replace

from qingyuan.documents import _docx
from qingyuan.documents._docx import BODY, CELL, CENTRED_CELL, EMU, HEADING, PITCH, SIZE, TITLE, Shape
from qingyuan.documents._docxparts import packed
from qingyuan.documents.model import Block, Document, Picture, Role, Run, Runs, Table
from qingyuan.documents.picture import picture_png

_SMALL, _COPIES = 240, 280
#: The day and the name above it stand four characters from the right edge.
_CLOSING = 1280
#: Width of the text area, in millimetres and in twips.
_MM, _WIDTH = 156, 8844
#: A column of numbers is as wide as its heading, as in the PDF.
_COUNT, _COUNT_WIDTH = "序号", 720
_BODY_TEXT = Shape("both", first=640)
_HEADED = Shape("center", line=720)
#: How a paragraph of each role stands, its face and size.
_LOOKS: dict[Role, tuple[Shape, str, int]] = {
    Role.OFFICE: (_HEADED, TITLE, 440),
    Role.TITLE: (replace(_HEADED, outline=0), TITLE, 440),
    Role.NUMBER: (Shape("right", right=SIZE, after=PITCH), BODY, SIZE),
    Role.ADDRESSEE: (Shape("left"), BODY, SIZE),
    Role.HEADING: (replace(_BODY_TEXT, keep=True, outline=1), HEADING, SIZE),
    Role.SUBHEADING: (replace(_BODY_TEXT, keep=True, outline=2), BODY, SIZE),
    Role.BODY: (_BODY_TEXT, BODY, SIZE),
    Role.ITEM: (_BODY_TEXT, BODY, SIZE),
    Role.LINE: (replace(_BODY_TEXT, align="left"), BODY, SIZE),
    Role.ATTACHMENT: (Shape(left=1600, first=-960, before=PITCH), BODY, SIZE),
    Role.SIGNATURE: (Shape("right", right=_CLOSING, before=PITCH, keep=True), BODY, SIZE),
    Role.DATE: (Shape("right", right=_CLOSING), BODY, SIZE),
    Role.SIGN: (Shape(first=640, before=280, after=280, keep=True), BODY, SIZE),
    Role.COPIES: (Shape(left=1120, first=-840, before=PITCH), BODY, _COPIES),
    Role.NOTE: (Shape(line=400), BODY, _SMALL),
}
_PICTURE = Shape("center", before=120, line=0, keep=True)
_CAPTION = Shape("center", after=200, line=400)


def render_docx(document: Document) -> bytes:
    """Return the .docx of ``document``; the same document gives the same bytes."""
    writer = _Writer()
    parts = []
    for block in document.blocks:
        if isinstance(block, Table):
            parts.append(writer.table(block))
        elif isinstance(block, Picture):
            parts.append(writer.picture(block))
        else:
            parts.append(writer.block(block, _beside(block, document.blocks)))
    if document.blocks and isinstance(document.blocks[-1], Table):
        parts.append(_docx.paragraph(Shape(), ""))  # the standard asks for a paragraph after a table
    return packed(document, "".join(parts), writer.pictures)


class _Writer:
    """Writes blocks one after the other; bookmarks are numbered through the document."""

    def __init__(self) -> None:
        self.pictures: list[bytes] = []
        self._numbers = count(1)
        self._before: Role | None = None

    def block(self, block: Block, beside: str = "") -> str:
        shape, face, size = _LOOKS[block.role]
        if beside:
            shape = replace(shape, right=_CLOSING + max(0, _wide(beside) - _wide(block.text)) // 2)
        if block.role is self._before is Role.ATTACHMENT:
            shape = replace(shape, before=0, left=2080, first=-480)
        self._before = block.role
        return _docx.paragraph(shape, self._runs(block.runs, face, size))

    def picture(self, picture: Picture) -> str:
        png = picture_png(picture.svg)
        self.pictures.append(png)
        across, down = struct.unpack(">2I", png[16:24])  # PNG, IHDR: the first chunk
        drawn = _docx.picture(len(self.pictures), picture.told, _MM * EMU, _MM * EMU * down // across)
        caption = _docx.text(picture.caption, HEADING, _SMALL)
        return _docx.paragraph(_PICTURE, drawn) + _docx.paragraph(_CAPTION, caption)

    def table(self, table: Table) -> str:
        size = table.size * 20  # twentieths of a point
        counted = [name == _COUNT for name in table.columns]
        left = _WIDTH - _COUNT_WIDTH * sum(counted)
        total = sum(width for width, fixed in zip(table.widths, counted, strict=True) if not fixed)
        widths = [
            _COUNT_WIDTH if fixed else left * width // total
            for width, fixed in zip(table.widths, counted, strict=True)
        ]
        small = size < _SMALL
        line = CELL.line * size // _SMALL
        centred, cell = replace(CENTRED_CELL, line=line), replace(CELL, line=line)
        head = [_docx.paragraph(centred, _docx.text(words, HEADING, size)) for words in table.columns]
        rows = [[_docx.paragraph(cell, self._runs(runs, BODY, size)) for runs in row] for row in table.cells]
        return _docx.table(widths, [head, *rows], margin=size // 3 if small else 0)

    def _runs(self, runs: Runs, face: str, size: int) -> str:
        return "".join(self._run(run, face, size) for run in runs)

    def _run(self, run: Run, face: str, size: int) -> str:
        named = HEADING if run.blank and "＿" not in run.text else face
        written = _docx.text(run.text, named, size)
        if run.events:
            return _docx.bookmarked(written, [(next(self._numbers), event) for event in run.events])
        return _docx.control(written, run.blank, face, size) if run.blank else written


def _beside(block: Block, blocks: Sequence[Block | Table | Picture]) -> str:
    """Return what stands above the day or below the name: the narrower of the two is centred on the wider."""
    pair = {Role.SIGNATURE: Role.DATE, Role.DATE: Role.SIGNATURE}.get(block.role)
    found = [one.text for one in blocks if isinstance(one, Block) and one.role is pair]
    return found[-1] if pair and found else ""


def _wide(text: str) -> int:
    """Return how wide a line is set: a Chinese character a full square, others half of it."""
    return sum(SIZE if char > "\u2e7f" else SIZE // 2 for char in text)
