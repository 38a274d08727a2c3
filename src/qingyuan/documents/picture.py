"""Pictures of documents: the same SVG for the PDF and, drawn as dots, for the .docx."""

from __future__ import annotations

from qingyuan.documents.errors import DocumentError
from qingyuan.documents.fonts import ROOT, FontSet, default_fonts, loaded

#: Dots an inch of the picture in a .docx.
DOTS = 192
_PAGE = '#set page(width: 156mm, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.at("svg")), format: "svg", width: 100%)\n'


def in_face(svg: str, fonts: FontSet) -> str:
    """Return the picture with its words in the face for headings."""
    return svg.replace('font-family="sans"', f'font-family="{fonts.heading}"')


def picture_png(svg: str, fonts: FontSet | None = None) -> bytes:
    """Return the picture as PNG, 156 mm wide; the same picture and fonts give the same bytes.

    Raises:
        DocumentError: It cannot be drawn.
    """
    import typst  # noqa: PLC0415 - 40 MB of compiler that only rendering needs

    faces = fonts or default_fonts()
    try:
        drawn = typst.compile(
            _PAGE.encode(),
            root=ROOT,
            font_paths=loaded(faces.folders),
            format="png",
            ppi=DOTS,
            sys_inputs={"svg": in_face(svg, faces)},
        )
    except typst.TypstError as error:
        raise DocumentError(
            "documents.typeset",
            zh=f"图片无法绘制：{error}",
            en=f"the picture cannot be drawn: {error}",
            where="picture",
            remedy_zh="请检查图片和字体目录",
            remedy_en="check the picture and the font folder",
        ) from error
    if not isinstance(drawn, bytes):
        raise TypeError(type(drawn))
    return drawn
