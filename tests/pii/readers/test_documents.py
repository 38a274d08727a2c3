"""Documents: docx, PDF and HTML."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
import typst

from qingyuan.pii.readers import _ocr
from tests.pii.readers.reading import codes, places, read


def document() -> bytes:
    made = docx.Document()
    made.add_paragraph("起诉书")
    paragraph = made.add_paragraph("电话138")
    paragraph.add_run("00138000").bold = True
    table = made.add_table(3, 2)
    for row, texts in enumerate([("姓名", "电话"), ("张三", "13900139000"), ("李四", "13700137000")]):
        for column, said in enumerate(texts):
            table.cell(row, column).text = said
    made.add_paragraph("尾")
    made.sections[0].header.paragraphs[0].text = "页眉13600136000"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_docx_paragraphs_tables_and_headers_are_placed() -> None:
    cells, unread = read(document(), "a.docx")
    assert codes(unread) == []
    found = places(cells)
    assert found["paragraph 2"] == "电话13800138000"
    assert found["paragraph 3"] == "尾"
    assert found["table 1!B2"] == "13900139000"
    assert [c.column for c in cells if c.text == "13700137000"] == ["电话"]
    assert any("13600136000" in text and place.startswith("header") for place, text in found.items())


def with_body(xml: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document())) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, xml.encode() if name == "word/document.xml" else old.read(name))
    return out.getvalue()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def test_a_text_box_is_read_once() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>13500135000</w:t></w:r></w:p></w:txbxContent>"
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    xml = (
        f'<w:document {W} xmlns:mc="{mc}"><w:body><w:p><w:r><w:t>甲</w:t><mc:AlternateContent><mc:Choice>{box}'
        f"</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p></w:body></w:document>"
    )
    cells, unread = read(with_body(xml), "a.docx")
    assert codes(unread) == []
    assert [c.text for c in cells if c.place.startswith("paragraph")] == ["13500135000", "甲"]


def test_entities_are_not_expanded() -> None:
    xml = f'<!DOCTYPE d [<!ENTITY a "13800138000">]><w:document {W}><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>'
    cells, unread = read(with_body(xml), "a.docx")
    assert codes(unread) == ["corrupt"]
    assert not any("13800138000" in c.text for c in cells)


def pdf() -> bytes:
    body = (
        "#table(columns: 2, [Name],[Tel],[Zhang],[13800138000],[Li],[13900139000])\n#pagebreak()\n"
        "#rect(width: 5cm, height: 5cm, fill: red)\n#pagebreak()\nend 13700137000"
    )
    return bytes(typst.compile(body.encode()))


def test_pdf_lines_are_records_and_a_page_without_text_needs_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ocr, "installed", lambda: False)
    cells, unread = read(pdf(), "a.pdf")
    lines = [(c.place, c.text) for c in cells]
    assert ("page 1", "Zhang 13800138000") in lines
    assert ("page 3", "end 13700137000") in lines
    assert len({c.record for c in cells}) == len(cells)
    assert codes(unread) == ["no-text-layer"]
    assert "pages 2" in unread[0].en


def test_pages_beyond_the_limit_are_named() -> None:
    cells, unread = read(pdf(), "a.pdf", max_pages=1)
    assert {c.place for c in cells} == {"page 1"}
    assert codes(unread) == ["too-many-pages"]


@pytest.mark.parametrize("cut", [20, 500])
def test_a_damaged_pdf_is_named(cut: int) -> None:
    cells, unread = read(pdf()[:cut], "a.pdf")
    assert (cells, codes(unread)) == ([], ["corrupt"])


PAGE = (
    '<html><head><meta charset="gb2312"><title>名单</title><script>var d = {"tel":"13500135000"};</script></head><body>'
    '<p>前<b>缀</b>13800138000</p>文本<div>块</div>后<a href="tel:13600136000">拨打</a>'
    '<table><tr><th>姓名<th colspan="2">电话<th>备注<tr><td>张三<td>13900139000<td>座机<td>内<table><tr><td>13700137000</table></table>'
    "<!-- 13400134000 --></body></html>"
)


@pytest.mark.parametrize("codec", ["gb18030", "utf-8"])
def test_html_tables_text_scripts_attributes_and_comments_are_read(codec: str) -> None:
    cells, unread = read(PAGE.encode(codec), "a.html")
    assert codes(unread) == []
    found = places(cells)
    assert found["table 1!B2"] == "13900139000"
    assert found["table 1!D1"] == "备注"
    assert found["table 2!A1"] == "13700137000"
    blocks = [c.text for c in cells if c.prose and not c.table]
    assert blocks[:4] == ["名单", "前缀13800138000", "文本", "块"]
    assert [c.text for c in cells if c.table == "script"] == ['var d = {"tel":"13500135000"};', "13400134000"]
    assert [c.text for c in cells if c.table == "attributes"] == ["tel:13600136000"]
    assert len({c.place for c in cells}) == len(cells)


def test_html_nested_ten_thousand_deep_is_read() -> None:
    raw = b"<html><body>" + b"<div>" * 10_000 + b"13800138000" + b"</div>" * 10_000
    cells, _ = read(raw, "a.html")
    assert [c.text for c in cells] == ["13800138000"]


def test_html_with_too_many_tags_is_read_as_text_and_named() -> None:
    cells, unread = read(b"<html>" + b"<p>x\n" * 400_001 + b"<p>13800138000", "a.html")
    assert codes(unread) == ["html-as-text"]
    assert (cells[-1].text, cells[-1].place) == ("<p>13800138000", "line 400002")


def test_what_a_template_holds_is_read() -> None:
    raw = "<html><body><template><p>电话 138<b>0013</b>8000</p></template></body></html>"
    assert [c.text for c in read(raw.encode(), "a.html")[0]] == ["电话 13800138000"]
