"""The parts of a .docx around its text: styles, settings, footers, properties, and the package they stand in.

Source: ECMA-376 parts 1 and 2; the page is that of GB/T 9704-2012.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from qingyuan.documents._docx import BODY, PITCH, SIZE, Shape, page_number, paragraph, plain
from qingyuan.documents.model import Document

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SPACES = (
    f'xmlns:w="{_WORD}" xmlns:r="{_OFFICE}/relationships" xmlns:wp="{_DRAWING}/wordprocessingDrawing" '
    f'xmlns:a="{_DRAWING}/main" xmlns:pic="{_DRAWING}/picture"'
)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
#: A4 and its margins, 37, 26, 35 and 28 mm, and where the footer begins.
_SECTION = (
    '<w:sectPr><w:footerReference w:type="default" r:id="odd"/><w:footerReference w:type="even" r:id="even"/>'
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1587" w:header="720" w:footer="1304" w:gutter="0"/>'
    # ``linesAndChars`` is spread differently by different programs, so only lines are asked for.
    f'<w:cols w:space="720"/><w:docGrid w:type="lines" w:linePitch="{PITCH}"/></w:sectPr>'
)
_EDGES = "".join(
    f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
    for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_STYLES = (
    f'<w:styles xmlns:w="{_WORD}"><w:docDefaults><w:rPrDefault><w:rPr>'
    f'<w:rFonts w:ascii="{BODY}" w:hAnsi="{BODY}" w:eastAsia="{BODY}" w:cs="{BODY}"/>'
    f'<w:sz w:val="{SIZE // 10}"/><w:szCs w:val="{SIZE // 10}"/><w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'
    "</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>"
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>'
    '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/>'
    "<w:semiHidden/></w:style>"
    '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:semiHidden/><w:tblPr>'
    '<w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/>'
    '<w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Footer"><w:name w:val="footer"/><w:basedOn w:val="Normal"/></w:style>'
    '<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:basedOn w:val="TableNormal"/>'
    f"<w:tblPr><w:tblBorders>{_EDGES}</w:tblBorders></w:tblPr></w:style></w:styles>"
)
_SETTINGS = (
    f'<w:settings xmlns:w="{_WORD}"><w:zoom w:percent="100"/><w:defaultTabStop w:val="640"/><w:evenAndOddHeaders/>'
    '<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode" '
    'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
    '<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>'
)
_MEDIA = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_PARTS = {
    "document": "document.main",
    "styles": "styles",
    "settings": "settings",
    "odd": "footer",
    "even": "footer",
}
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    + "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{_MEDIA}.{kind}+xml"/>'
        for part, kind in _PARTS.items()
    )
    + '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
    '<Override PartName="/docProps/app.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/></Types>'
)


def packed(document: Document, content: str, pictures: Sequence[bytes]) -> bytes:
    """Return the .docx of paragraphs and tables; ``pictures`` are PNG, numbered from 1; the same gives the same bytes."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _HEAD + _TYPES,
        "_rels/.rels": _relations(
            ("text", f"{_OFFICE}/relationships/officeDocument", "word/document.xml"),
            ("core", f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
            ("app", f"{_OFFICE}/relationships/extended-properties", "docProps/app.xml"),
        ),
        "docProps/core.xml": _HEAD + _core(document),
        "docProps/app.xml": f'{_HEAD}<Properties xmlns="{_OFFICE}/extended-properties"><Application>Qingyuan</Application></Properties>',
        "word/document.xml": f"{_HEAD}<w:document {_SPACES}><w:body>{content}{_SECTION}</w:body></w:document>",
        "word/_rels/document.xml.rels": _relations(
            *((part, f"{_OFFICE}/relationships/{part}", f"{part}.xml") for part in ("styles", "settings")),
            *((part, f"{_OFFICE}/relationships/footer", f"{part}.xml") for part in ("odd", "even")),
            *(
                (f"picture{number}", f"{_OFFICE}/relationships/image", f"media/{number}.png")
                for number in range(1, len(pictures) + 1)
            ),
        ),
        "word/styles.xml": _HEAD + _STYLES,
        "word/settings.xml": _HEAD + _SETTINGS,
        "word/odd.xml": _footer(Shape("right", line=0, right=280)),
        "word/even.xml": _footer(Shape("left", line=0, left=280)),
    }
    parts |= {f"word/media/{number}.png": data for number, data in enumerate(pictures, start=1)}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as out:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            out.writestr(info, data)
    return target.getvalue()


def _relations(*targets: tuple[str, str, str]) -> str:
    found = "".join(f'<Relationship Id="{name}" Type="{kind}" Target="{to}"/>' for name, kind, to in targets)
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{found}</Relationships>'


def _footer(shape: Shape) -> str:
    return f'{_HEAD}<w:ftr xmlns:w="{_WORD}">{paragraph(shape, page_number(), style="Footer")}</w:ftr>'


def _core(document: Document) -> str:
    author, issued = plain(document.author), document.issued[:10]
    stamped = "".join(
        f'<dcterms:{what} xsi:type="dcterms:W3CDTF">{issued}T00:00:00Z</dcterms:{what}>'
        for what in ("created", "modified")
    )
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{plain(document.title)}</dc:title><dc:creator>{author}</dc:creator>"
        f"<cp:lastModifiedBy>{author}</cp:lastModifiedBy><cp:revision>1</cp:revision>{stamped}"
        f"<dc:language>{plain(document.lang)}</dc:language></cp:coreProperties>"
    )
