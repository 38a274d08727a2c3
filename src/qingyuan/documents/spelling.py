"""Pictographs that no face of a paper has (🌸 in the name of a shop), written as their code points: 〔U+1F338〕.

A shop is called what it is called; a name that a paper cannot show whole is shown so that the character can be told, alike in
both files. Chinese characters that the faces lack are no pictographs: those are refused, see :mod:`qingyuan.documents.pdf`.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from qingyuan.documents._coverage import covered
from qingyuan.documents.fonts import FontSet, default_fonts, with_rare
from qingyuan.documents.model import Block, Document, Picture, Runs, Table

#: Blocks of Unicode 17 that hold pictographs, with the selector that may follow one; the faces have some of the first two.
_PICTOGRAPH = re.compile("([\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001fbff])[\ufe0e\ufe0f]?")


def spelled(document: Document, fonts: FontSet | None = None) -> Document:
    """Return ``document`` with every pictograph that its faces lack as its code point; the same one where there is none."""
    if not _PICTOGRAPH.search(document.text()):
        return document
    known = covered(with_rare(fonts or default_fonts()))

    def code(found: re.Match[str]) -> str:
        return found[0] if ord(found[1]) in known else f"〔U+{ord(found[1]):04X}〕"

    def written(runs: Runs) -> Runs:
        return tuple(replace(run, text=_PICTOGRAPH.sub(code, run.text)) for run in runs)

    def block(one: Block | Table | Picture) -> Block | Table | Picture:
        match one:
            case Block():
                return replace(one, runs=written(one.runs))
            case Table():
                return replace(one, cells=tuple(tuple(written(cell) for cell in row) for row in one.cells))
            case Picture():
                return one

    return replace(
        document,
        title=_PICTOGRAPH.sub(code, document.title),
        author=_PICTOGRAPH.sub(code, document.author),
        blocks=tuple(block(one) for one in document.blocks),
    )
