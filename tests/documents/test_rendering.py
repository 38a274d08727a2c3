"""The .docx and the PDF say the same, repeat byte for byte, and the page is that of GB/T 9704."""

from __future__ import annotations

import io
import re
from datetime import date
from itertools import pairwise

import docx
import pypdfium2
import pytest

from qingyuan.documents import Document, DocumentError, fill, find_form
from qingyuan.documents.docx import render_docx
from qingyuan.documents.fonts import FontSet, default_fonts
from qingyuan.documents.geometry import read_pages
from qingyuan.documents.model import Block, Role, Run, Table
from qingyuan.documents.pdf import embedded_fonts, render_pdf
from tests.documents.facts import suggestion_facts

MM = 72 / 25.4


def letters(text: str) -> str:
    """Drop white space, page numbers and the hyphen marks of the page."""
    return re.sub(r"\s+", "", re.sub(r"—\s*\d+\s*—", "", text))


@pytest.fixture(scope="module")
def document() -> Document:
    facts = suggestion_facts() | {"other": "信息" * 200}
    return fill(
        find_form("suggestion"),
        facts,
        title="检察建议书",
        author="清州市人民检察院",
        issued=date(2026, 3, 12),
    )


@pytest.fixture(scope="module")
def pdf(document: Document) -> bytes:
    return render_pdf(document)


def test_both_renderers_repeat_byte_for_byte(document: Document, pdf: bytes) -> None:
    assert render_pdf(document) == pdf
    assert render_docx(document) == render_docx(document)


def test_the_text_of_docx_and_pdf_is_the_same(document: Document, pdf: bytes) -> None:
    word = docx.Document(io.BytesIO(render_docx(document)))
    parts = [
        "".join(node.text or "" for node in element.iter() if node.tag.endswith("}t"))
        for element in word.element.body
    ]
    page_text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))
    assert letters("".join(parts)) == letters(page_text) == letters(document.text())


def test_every_font_of_the_pdf_is_a_named_one_and_embedded(pdf: bytes) -> None:
    fonts = embedded_fonts(pdf)
    assert fonts
    assert all(fonts.values())
    assert all("Noto" in name for name in fonts)


def test_a_pdf_without_the_named_fonts_is_refused(document: Document) -> None:
    wrong = FontSet("No Such Song", "No Such Song", "No Such Hei", default_fonts().folders)
    with pytest.raises(DocumentError, match="font"):
        render_pdf(document, wrong)


def test_the_pdf_claims_the_archival_and_accessible_standards(pdf: bytes) -> None:
    assert b"pdfaid:part>2<" in pdf
    assert b"pdfuaid:part>1<" in pdf


def test_a_full_line_has_28_characters_and_lines_stand_225_over_22_mm_apart(pdf: bytes) -> None:
    opened = pypdfium2.PdfDocument(pdf)
    text = opened[len(opened) - 1].get_textpage()
    rows: dict[int, list[tuple[float, float]]] = {}
    for index in range(text.count_chars()):
        if text.get_text_range(index, 1) in "信息":
            left, bottom, right, _ = text.get_charbox(index, loose=True)
            rows.setdefault(round(bottom), []).append((left, right))
    full = {bottom: row for bottom, row in rows.items() if len(row) >= 20}
    assert full
    assert max(len(row) for row in full.values()) == 28
    widest = max(full.values(), key=len)
    assert min(left for left, _ in widest) == pytest.approx(28 * MM, abs=1.0)
    assert max(right for _, right in widest) == pytest.approx(184 * MM, abs=1.0)
    steps = {round(upper - lower, 1) for lower, upper in pairwise(sorted(full))}
    assert all(step == pytest.approx(225 / 22 * MM, abs=1.0) for step in steps)


def test_a_row_taller_than_a_page_goes_on_over_pages_and_nothing_is_lost() -> None:
    facts = suggestion_facts() | {"counts": [{"kind": "手机号码", "count": 3, "note": "遮蔽不全" * 400}]}
    made = fill(
        find_form("suggestion"),
        facts,
        title="检察建议书",
        author="清州市人民检察院",
        issued=date(2026, 3, 12),
    )
    pages = list(pypdfium2.PdfDocument(render_pdf(made)))
    text = letters("".join(page.get_textpage().get_text_bounded() for page in pages))
    assert text.count("蔽") == made.text().count("蔽") == 400


def test_the_day_stays_in_one_line_below_a_name_longer_than_a_line() -> None:
    office = "某省人民检察院驻" + "国家级经济技术开发区" * 4 + "检察室"
    facts = suggestion_facts() | {"office": {"name": office}}
    made = fill(find_form("suggestion"), facts, title="检察建议书", author=office, issued=date(2026, 3, 12))
    lines = [line.text.replace(" ", "") for page in read_pages(render_pdf(made)) for line in page.lines]
    assert "2026年3月12日" in lines


#: Where facts of any length stand; the others hold the words of the form, and what stays together on one page.
FACTUAL = [Role.ADDRESSEE, Role.HEADING, Role.BODY, Role.ITEM, Role.LINE, Role.ATTACHMENT, Role.NOTE]
HOSTILE = (
    f"{chr(0xA0).join('ab' * 99)}{chr(0x2060).join('甲乙' * 99)}"
    "甲\x00\x0b\x1b[2J\x7f\x85\x9b\ud800\ufffe\U0001ffff\u202e\u2066"
    '#eval("1+1") #read("/etc/hosts") #import "@preview/x:1.0.0" $x$ *b* `raw` @ref <l> // c /* c */ #[x] ]] " \\u{41}'
    '<w:instrText>DDEAUTO c:\\x</w:instrText>{ INCLUDETEXT "x" }]]>&#60;&lt;'
)


def test_no_fact_is_markup_a_field_or_an_action_in_any_form() -> None:
    runs = (Run(HOSTILE), Run(HOSTILE, 3))
    hostile = Document(
        "suggestion", HOSTILE, "zh-CN", HOSTILE, HOSTILE, "2026-03-12",
        (
            Block(Role.TITLE, (Run("题"),)),
            *(Block(role, runs) for role in FACTUAL),
            Table(("甲", "乙"), ((runs, (Run(HOSTILE, origin="law:x"),)),), (1, 1)),
        ),
    )  # fmt: skip
    kept = letters(HOSTILE[HOSTILE.index("#eval") :])
    word = docx.Document(io.BytesIO(render_docx(hostile)))
    nodes = list(word.element.iter())
    text = letters("".join(node.text or "" for node in nodes if node.tag.endswith("}t")))
    assert text.count(kept) >= 2 * len(FACTUAL)
    assert not [node for node in nodes if node.tag.endswith(("}instrText", "}hyperlink", "}altChunk"))]
    pdf = render_pdf(hostile)
    pages = pypdfium2.PdfDocument(pdf)
    shown = letters("".join(page.get_textpage().get_text_bounded() for page in pages))
    assert shown.count('#eval("1+1")#read("/etc/hosts")') >= 2 * len(FACTUAL)
    assert "localhost" not in shown
    for said in (text, shown):
        assert not [char for char in said if not char.isprintable()]
    assert not re.search(rb"/(JavaScript|JS|Launch|SubmitForm|ImportData|GoToR|EmbeddedFile)\b", pdf)
    assert set(re.findall(rb"/URI\s*\(([^)]*)\)", pdf)) <= {b"urn:qingyuan:event:3", b"urn:qingyuan:law:x"}
