"""What the docket does not hold: a marked blank, a stated particular, or a refusal."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import docx
import pikepdf
import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

import qingyuan.documents.pdf as pdf_module
from qingyuan.documents import Document, DocumentError, Fact, Form, Table, fill
from qingyuan.documents.docx import render_docx
from qingyuan.documents.fonts import with_rare
from qingyuan.documents.form import load_form
from qingyuan.documents.geometry import check_pages, read_pages
from qingyuan.documents.pdf import embedded_fonts, render_pdf

DAY = date(2026, 3, 12)
FORM = """
id: note
name: 说明
name_en: note
rules: [pil-rules-methods]
layout: instrument
requires: [{fact: what, zh: 内容, en: content}]
fields:
  - {name: place, from: held.place, zh: 地点, en: place}
  - {name: sign, zh: 签名, en: signature, line: true}
  - {name: who, zh: 联系人, en: contact, private: person}
blocks:
  - {role: addressee, text: "某单位："}
  - {text: "{{ what }}，在{{ place }}。"}
  - {each: rows, text: "{{ index | numeral }}、{{ item | sentence }}"}
  - {when: rows, table: {each: rows, columns: [序号, 内容], cells: ["{{ index }}", "{{ item }}"], widths: [1, 4]}}
  - {role: sign, private: true, text: "{{ who }}签名：{{ sign }}"}
"""


def form() -> Form:
    return load_form(FORM.encode(), "note.yaml")


def make(stated: dict[str, str] | None = None, **facts: object) -> Document:
    known: dict[str, object] = {
        "office": {"name": "某院"},
        "issued": "2026-03-12",
        "rows": [],
        "what": Fact("甲", 3),
    }
    return fill(form(), known | facts, title="说明", author="某院", issued=DAY, given=stated)


def test_what_nobody_states_is_a_marked_blank_and_listed() -> None:
    made = make()
    assert "甲，在【地点】。" in made.text()
    assert [blank.name for blank in made.missing] == ["number", "place", "who", "sign"]
    assert [(blank.zh, blank.en) for blank in made.missing][1] == ("地点", "place")


def test_the_docket_fills_a_blank_and_names_its_event() -> None:
    made = make(held={"place": Fact("听证室", 7)})
    assert ("听证室", 7) in made.sources()
    assert "place" not in [blank.name for blank in made.missing]


def test_the_word_of_a_person_goes_before_that_of_the_docket_and_has_no_event() -> None:
    made = make({"place": "二楼"}, held={"place": Fact("听证室", 7)})
    assert "在二楼。" in made.text()
    assert 7 not in [index for _, index in made.sources()]
    assert "place" in [run.given for run in made.runs()]


def test_a_stated_blank_space_is_no_statement() -> None:
    assert "【地点】" in make({"place": "  "}).text()


def test_what_is_personal_is_remembered_for_the_copy_for_the_public() -> None:
    assert make({"who": "张三"}).private == (("person", "张三"),)


def test_a_name_that_is_no_field_is_refused_with_the_fields_there_are() -> None:
    with pytest.raises(DocumentError, match="place, sign, who"):
        make({"plaec": "x"})


def test_lines_of_a_long_text_are_paragraphs() -> None:
    assert make(what=Fact("甲\n乙", 3)).text().split("\n")[4:6] == ["甲", "乙，在【地点】。"]


def test_a_filter_keeps_the_source_of_its_value() -> None:
    assert ("一项。", 9) in make(rows=[Fact("一项", 9)]).sources()


def test_a_table_keeps_the_source_of_its_cells_and_a_long_one_repeats_its_heading() -> None:
    made = make(
        rows=[Fact(f"第{n}项：督促企业全面使用隐私面单并定期自查，将结果报本院", 100 + n) for n in range(34)]
    )
    table = next(block for block in made.blocks if isinstance(block, Table))
    assert table.cells[33][1][0].event == 133
    pages = read_pages(render_pdf(made))
    holding = [page for page in pages if any(line.size < 13 for line in page.lines)]
    assert len(holding) > 1
    for page in holding:
        first = next(line for line in page.lines if line.size < 13)
        assert first.text == "序号内容"
    rows = docx.Document(io.BytesIO(render_docx(made))).tables[0].rows
    assert rows[0]._tr.find(qn("w:trPr")).find(qn("w:tblHeader")) is not None
    assert all(row._tr.find(qn("w:trPr")).find(qn("w:cantSplit")) is not None for row in rows)


#: Of Extensions A to F; the first and the third from names of people, the second of elements.
RARE_NAME = "贺𠮷秋、孙㛃婷、钱𬭩泽、𪚥𫠠𬺰"


def test_names_with_rare_characters_are_set_in_a_named_face_that_has_them_in_both_files() -> None:
    made = make(what=Fact(RARE_NAME, 3), rows=[Fact("𠮷" * 60, 4)])
    pdf = render_pdf(made)
    assert "HanaMinB" in {
        name.rpartition("+")[2] for name, embedded in embedded_fonts(pdf).items() if embedded
    }
    assert pdf == render_pdf(made)
    lines = [line for page in read_pages(pdf) for line in page.lines]
    assert any(RARE_NAME in line.text for line in lines)
    assert max(len(line.text) for line in lines if line.size > 15 and "𠮷𠮷" in line.text) == 28
    runs = docx.Document(io.BytesIO(render_docx(made))).element.body.iter(qn("w:r"))
    faces = {
        (run.text, run.rPr.rFonts.get(qn("w:eastAsia"))) for run in runs if run.text in {"𠮷", "㛃", "贺"}
    }
    assert faces == {("𠮷", "SimSun-ExtB"), ("㛃", "宋体"), ("贺", "仿宋_GB2312")}


def test_a_character_that_no_font_has_is_named_and_so_is_the_package_where_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(DocumentError, match="🧾") as caught:
        render_pdf(make(what=Fact("贺𠮷秋🧾", 3)))
    assert caught.value.code == "documents.glyph"
    monkeypatch.setattr(pdf_module, "with_rare", lambda fonts: with_rare(fonts, tmp_path / "none"))
    with pytest.raises(DocumentError, match="𠮷") as caught:
        render_pdf(make(what=Fact("贺𠮷秋", 3)))
    assert "fonts-hanazono" in caught.value.remedy_en


def test_text_that_leaves_the_text_area_is_refused() -> None:
    wide = make(what=Fact("一" * 10, 3))
    pdf = render_pdf(wide)
    check_pages(read_pages(pdf), where="note")
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        page = opened.pages[0]
        page.contents_coalesce()
        moved = b"q 1 0 0 1 40 0 cm " + page.Contents.read_bytes() + b" Q"
        page.Contents = opened.make_stream(moved)
        target = io.BytesIO()
        opened.save(target)
    with pytest.raises(DocumentError, match=r"8\.5 mm"):
        check_pages(read_pages(target.getvalue()), where="note")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_no_text_of_a_fact_is_read_as_template_or_markup_or_loses_its_source(text: str) -> None:
    made = make(what=Fact(text + "甲", 3), rows=[Fact(text + "乙", 4)])
    assert {3, 4} == {index for _, index in made.sources()}
    assert all(run.event is None or "{{" not in run.text or "{{" in text for run in made.runs())
    render_docx(made)


def test_the_signature_never_stands_alone_on_a_page() -> None:
    letter = load_form(
        "id: letter\nname: 函\nname_en: letter\nrules: [r]\nlayout: instrument\nrequires: []\n"
        "blocks: [{each: rows, text: '{{ item }}'}]\n".encode(),
        "letter.yaml",
    )
    turned = set()
    for lines in range(12, 20):
        facts: dict[str, object] = {
            "office": {"name": "某院"},
            "issued": "2026-03-12",
            "rows": ["一行。"] * lines,
        }
        made = fill(letter, facts, title="函", author="某院", issued=DAY)
        pages = read_pages(render_pdf(made))
        turned.add(len(pages))
        assert "一行。" in [line.text for line in pages[-1].lines], lines
    assert turned == {1, 2}
