"""The served copy: PDF set by Typst on the page of GB/T 9704-2012, fonts embedded, tagged.

The content reaches Typst as JSON data, so no word of a document is ever read as markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from importlib import resources
from typing import Literal

import msgspec

from qingyuan.documents._coverage import covered
from qingyuan.documents._settable import settable
from qingyuan.documents.errors import DocumentError
from qingyuan.documents.fonts import RARE_PACKAGE, ROOT, FontSet, default_fonts, loaded, with_rare
from qingyuan.documents.geometry import Page, check_pages, read_pages
from qingyuan.documents.model import Block, Document, Picture, Role, Table
from qingyuan.documents.picture import in_face

#: What a link points to, before ``event:`` and the index in the log, or the entry of the law data or the query.
URN = "urn:qingyuan:"
EVENT_URN = f"{URN}event:"
#: Archival and accessible: PDF/A-2a and PDF/UA-1.
STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]

_GLYPH = "documents.glyph"
_WITHOUT_GLYPH = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
_SELECTORS = frozenset({*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})


def render_pdf(document: Document, fonts: FontSet | None = None) -> bytes:
    """Return the PDF of ``document``; the same document and fonts give the same bytes.

    Raises:
        DocumentError: The page cannot be set, a named family is not embedded in the result, or text stands outside
            the text area.
    """
    pdf, faces = _typeset(document, fonts or default_fonts())
    pages = read_pages(pdf)
    if _signed_alone(document, pages):
        pdf = _compiled(document, faces, hold=True)
        pages = read_pages(pdf)
    check_fonts(pdf, faces, where=document.form)
    check_pages(pages, where=document.form)
    return pdf


def _typeset(document: Document, faces: FontSet) -> tuple[bytes, FontSet]:
    """Return the set pages and their faces: those for rare characters are asked only where the others lack one."""
    try:
        return _compiled(document, faces, hold=False), faces
    except DocumentError as error:
        wider = with_rare(faces)
        if error.code != _GLYPH or wider == faces or _lacking(document, wider):
            raise
    return _compiled(document, wider, hold=False), wider


def _compiled(document: Document, faces: FontSet, *, hold: bool) -> bytes:
    """Return the set pages; with ``hold`` the last paragraph goes whole to the page of the signature."""
    import typst  # noqa: PLC0415 - 40 MB of compiler that only rendering needs

    payload = {
        "title": settable(document.title),
        "author": settable(document.author),
        "lang": document.lang.partition("-")[0],
        "base": URN,
        "urn": EVENT_URN,
        "hold": hold,
        "fonts": {
            "body": faces.asked(faces.body),
            "title": faces.asked(faces.title),
            "heading": faces.asked(faces.heading),
        },
        "blocks": [_in_face(block, faces) for block in document.blocks],
    }
    source = resources.files("qingyuan.documents").joinpath("gbt9704.typ").read_bytes()
    issued = datetime.combine(datetime.fromisoformat(document.issued).date(), time(), UTC)
    try:
        pdf, warnings = typst.compile_with_warnings(
            source,
            root=ROOT,
            font_paths=loaded(faces.places),
            format="pdf",
            sys_inputs={"document": msgspec.json.encode(payload).decode()},
            pdf_standards=[*STANDARDS],
            timestamp=int(issued.timestamp()),
        )
    except typst.TypstError as error:
        if lacking := _lacking(document, faces):
            raise _no_glyph(lacking, document.form) from error
        raise _cannot_set(str(error), document.form) from error
    if not isinstance(pdf, bytes):
        raise TypeError(type(pdf))
    for warning in warnings:
        if "font" in warning.message:
            raise _font_error(warning.message, warning.message, faces, where=document.form)
        if "converge" in warning.message:
            raise _cannot_set(warning.message, document.form)
    return pdf


def _signed_alone(document: Document, pages: Sequence[Page]) -> bool:
    """Say whether the last page holds nothing but signatures, day and copies."""
    closing = {Role.SIGNATURE, Role.SIGN, Role.DATE, Role.COPIES}
    end = "".join(b.text for b in document.blocks if isinstance(b, Block) and b.role in closing)
    last = "".join(line.text for line in pages[-1].lines)
    return len(pages) > 1 and "".join(last.split()) in "".join(end.split())


def _lacking(document: Document, fonts: FontSet) -> str:
    """Return the characters of a document that its fonts do not have."""
    known = covered(fonts)
    return "".join(
        dict.fromkeys(c for c in settable(document.text()) if ord(c) not in known and not _needs_none(c))
    )


def _needs_none(character: str) -> bool:
    """Say whether a character has no glyph: blanks, ends of lines, joiners, and selectors of a variant of the one before."""
    return unicodedata.category(character) in _WITHOUT_GLYPH or ord(character) in _SELECTORS


def _no_glyph(lacking: str, where: str) -> DocumentError:
    characters = "".join(c if c.isprintable() else f" U+{ord(c):04X} " for c in lacking).strip()
    return DocumentError(
        _GLYPH,
        zh=f"字体中没有这些字：{characters}",
        en=f"the fonts do not have these characters: {characters}",
        where=where,
        remedy_zh=f"生僻汉字请安装字体包 {RARE_PACKAGE}（花园明朝，扩展 B 至 F 区）；其他字符请改写",
        remedy_en=f"for rare Chinese characters install {RARE_PACKAGE} (Extensions B to F); write other characters otherwise",
    )


def _in_face(block: Block | Table | Picture, faces: FontSet) -> object:
    if isinstance(block, Picture):
        block = msgspec.structs.replace(block, svg=in_face(block.svg, faces))
        return msgspec.to_builtins(block)
    return _settable(msgspec.to_builtins(block))


def _settable(value: object) -> object:
    if isinstance(value, str):
        return settable(value)
    if isinstance(value, Mapping):
        return {name: _settable(one) for name, one in value.items()}
    return [_settable(one) for one in value] if isinstance(value, list | tuple) else value


def _cannot_set(reason: str, where: str) -> DocumentError:
    return DocumentError(
        "documents.typeset",
        zh=f"排版失败：{reason}",
        en=f"the page cannot be set: {reason}",
        where=where,
        remedy_zh="请检查字体目录和格式文件",
        remedy_en="check the font folder and the form",
    )


def embedded_fonts(pdf: bytes) -> dict[str, bool]:
    """Return each font name used by text in ``pdf`` and whether its program is embedded."""
    import ctypes  # noqa: PLC0415

    import pypdfium2  # noqa: PLC0415
    import pypdfium2.raw as pdfium  # noqa: PLC0415

    found: dict[str, bool] = {}
    opened = pypdfium2.PdfDocument(pdf)
    try:
        for page in opened:
            for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
                font = pdfium.FPDFTextObj_GetFont(item.raw)
                length = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
                buffer = ctypes.create_string_buffer(length)
                pdfium.FPDFFont_GetBaseFontName(font, buffer, length)
                found[buffer.value.decode("utf-8", "replace")] = pdfium.FPDFFont_GetIsEmbedded(font) == 1
            page.close()
    finally:
        opened.close()
    return found


def check_fonts(pdf: bytes, fonts: FontSet, *, where: str) -> None:
    """Refuse a PDF whose text is not all in the named families, embedded.

    Raises:
        DocumentError: A font is another one or is not embedded; it is named.
    """
    wanted = {family.replace(" ", "").lower() for family in fonts.families}
    for name, embedded in embedded_fonts(pdf).items():
        plain = name.rpartition("+")[2].replace("-", "").replace(" ", "").lower()
        if not embedded or not any(plain.startswith(family) for family in wanted):
            problem = (
                ("未嵌入", "is not embedded")
                if not embedded
                else ("不是指定的字体", "is not one of those named")
            )
            raise _font_error(
                f"字体“{name}”{problem[0]}", f"the font {name!r} {problem[1]}", fonts, where=where
            )


def _font_error(zh: str, en: str, fonts: FontSet, *, where: str) -> DocumentError:
    return DocumentError(
        "documents.font",
        zh=zh,
        en=en,
        where=where,
        remedy_zh=f"应为：{'、'.join(fonts.families)}；请检查字体目录",
        remedy_en=f"it should be one of {', '.join(fonts.families)}; check the font folder",
    )
