"""White paper and class-case report: both formats say the same, every picture names its query."""

from __future__ import annotations

import io
import re
from datetime import date

import docx
import pypdfium2
from msgspec.structs import replace

from qingyuan.documents import Document
from qingyuan.documents.docx import render_docx
from qingyuan.documents.model import Picture
from qingyuan.documents.pdf import render_pdf
from qingyuan.law import load
from qingyuan.reports import Listed, figure, load_queries, needed, paper
from qingyuan.reports.charts import chart
from qingyuan.reports.figures import Group
from tests.reports.test_rows import told_rows

QUERIES = load_queries()


def made(name: str = "white-paper", lang: str = "zh") -> Document:
    rows = told_rows()
    figures = {one: figure(QUERIES, one, rows, law=load()) for one in needed(name, lang)}
    listed = Listed(
        ("案件", "立案日期", "总案"), ((("C2026-0001", 7), ("2026-03-05", 7), ("某案", None)),), (3, 3, 8)
    )
    return paper(
        name,
        figures,
        QUERIES,
        author="某县人民检察院",
        issued=date(2026, 12, 1),
        lists={"matters": listed},
        lang=lang,
    )


def test_every_picture_is_followed_by_its_query_and_the_records_behind_it() -> None:
    document = made()
    text = document.text()
    pictures = [block for block in document.blocks if isinstance(block, Picture)]
    assert len(pictures) >= 8
    assert "数据来源：计入1项，依据账本中2条签名记录（查询编号 leads-by-source）。" in text
    assert [f"图{number}　" in picture.caption for number, picture in enumerate(pictures, start=1)]


def test_a_sentence_whose_figures_counted_nothing_is_left_out() -> None:
    text = made().text()
    assert "共立案1件" in text
    assert "赔偿金" not in text
    assert "{" not in text


def test_the_pdf_and_the_docx_say_the_same_and_repeat() -> None:
    document = made("class-case")
    pdf = render_pdf(document)
    assert pdf == render_pdf(document)
    pages = pypdfium2.PdfDocument(pdf)
    read = "".join(page.get_textpage().get_text_range() for page in pages)
    word = docx.Document(io.BytesIO(render_docx(document)))
    for line in ("一、个案", "二、类案", "三、系统治理", "C2026-0001"):
        assert line in read
    body = "\n".join(paragraph.text for paragraph in word.paragraphs)
    assert "三、系统治理" in body
    assert len(word.inline_shapes) == len([b for b in document.blocks if isinstance(b, Picture)])


def test_every_number_of_a_paper_names_its_query_or_its_event() -> None:
    for name in ("white-paper", "class-case"):
        *runs, day = made(name).runs()
        assert day.text == "2026年12月1日"
        assert [
            run.text for run in runs if run.event is None and not run.origin and re.search(r"\d", run.text)
        ] == []
        named = {run.origin.removeprefix("query:") for run in runs if run.origin}
        assert named <= set(QUERIES.by_id)
        assert named


def test_a_sentence_may_depend_on_a_figure_being_zero() -> None:
    query = figure(QUERIES, "measures-open", told_rows(), law=load())
    for value, said in (("0", "期末没有尚未完成的措施。"), ("1234", "期末尚未完成的措施1,234项")):
        rows = told_rows()
        figures = {one: figure(QUERIES, one, rows, law=load()) for one in needed("class-case")}
        figures["measures-open"] = replace(query, counted=1, total=replace(query.total, value=value))
        text = paper("class-case", figures, QUERIES, author="某院", issued=date(2026, 12, 1)).text()
        assert said in text
        assert ("期末没有" in text) is (value == "0")


def test_a_listed_record_links_to_its_event() -> None:
    document = made("class-case")
    assert ("C2026-0001", 7) in document.sources()


def test_a_paper_is_the_same_in_english() -> None:
    for name in ("white-paper", "class-case"):
        assert needed(name, "en") == needed(name)
        zh, en = made(name), made(name, "en")
        assert [type(block) for block in en.blocks] == [type(block) for block in zh.blocks]
        mine = [run for run in en.runs() if run.event is None and run.text not in {"某县人民检察院", "某案"}]
        assert [run.text for run in mine if re.search("[\u3000-\u9fff]", run.text)] == []
        assert en.lang == "en"
        assert b"pdfuaid:part>1<" in render_pdf(en)


def test_a_long_label_of_a_chart_is_broken_between_words_and_never_cut() -> None:
    name = "Referred by organs, associations, deputies or members of the political consultative conference"
    group = Group(key=("a",), zh=("甲",), en=(name,), value="3", rows=(), events=())
    found = replace(figure(QUERIES, "leads-by-source", told_rows(), law=load()), groups=(group,))
    svg = chart(found, kind="bars", lang="en")
    lines = re.findall(r"<text[^>]*text-anchor=.end.[^>]*>([^<]*)</text>", svg)
    assert "…" not in svg
    assert len(lines) > 1
    assert " ".join(lines) == name


def test_the_name_of_a_query_breaks_behind_a_hyphen_and_nowhere_else() -> None:
    for lang in ("zh", "en"):
        pages = pypdfium2.PdfDocument(render_pdf(made(lang=lang)))
        text = "\n".join(page.get_textpage().get_text_range() for page in pages)
        names = re.findall(r"(?:查询编号|query) ([a-z\ufffe-]+)(\r?\n)?", text)
        assert names
        whole = set(needed("white-paper", lang))
        for name, cut in names:
            said = name.replace("\ufffe", "-").rstrip("-")
            assert said in whole or (cut and name[-1] in "-\ufffe"), name
