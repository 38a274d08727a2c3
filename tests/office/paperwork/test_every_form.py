"""Every instrument, made from a told docket: two files with one text, on the page of GB/T 9704-2012, tagged and archival."""

from __future__ import annotations

import io
import re
from itertools import combinations, pairwise, product

import docx
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from docx.oxml.ns import qn

from qingyuan.cases import VERBS, choice_lists
from qingyuan.cases.events import TYPES
from qingyuan.documents import Table, forms
from qingyuan.documents.geometry import CHARACTERS, LINES, Page, read_pages
from qingyuan.documents.pdf import EVENT_URN, URN, embedded_fonts
from qingyuan.evidence.custody import ABANDONED, COMPLETED, STAGES
from qingyuan.office.paperwork import _tables
from tests.cases._world import law
from tests.office.paperwork.rendered import document, docx_text, letters, pdf, pdf_text, word
from tests.office.paperwork.told import last_day, logged, stories, world_of

FORMS = sorted(forms())
#: Marks that must not begin a line, and marks that must not end one (GB/T 15834-2011).
NOT_FIRST, NOT_LAST = set("，。；：、！？）》”】"), set("（《“【")
#: What is linked beside events.
LINKED = ("law:", "period:")
each_form = pytest.mark.parametrize("form", FORMS)


def test_there_are_at_least_24_instruments_and_a_docket_for_each() -> None:
    assert len(FORMS) >= 24
    assert set(FORMS) == set(stories())


def test_every_step_of_custody_has_words_of_its_own() -> None:
    assert set(_tables.CUSTODY) == {*STAGES, ABANDONED, COMPLETED}


@each_form
def test_rules_verbs_and_events_of_a_form_exist(form: str) -> None:
    made = forms()[form]
    day = last_day(world_of(form))
    assert made.rules
    assert not made.verified
    for rule in (*made.rules, *(need.rule for need in made.requires if need.rule)):
        assert law().cite(rule, day).article
    acts = choice_lists()["act"]
    for verb in made.act.verbs if made.act else ():
        assert verb in VERBS
    for event in made.act.events if made.act else ():
        assert event in TYPES or event.removeprefix("act:") in acts


@each_form
def test_docx_and_pdf_say_the_same(form: str) -> None:
    assert letters(docx_text(word(form))) == letters(document(form).text()) != ""
    # A heading row of a table is repeated on every page of the PDF.
    said = letters(pdf_text(pdf(form))).replace("\ufffe", "")
    for block in document(form).blocks:
        if isinstance(block, Table):
            head = letters("".join(block.columns))
            first, found, rest = said.partition(head)
            assert found
            said = first + head + rest.replace(head, "")
    assert said == letters(document(form).text())


@each_form
def test_the_page_is_that_of_the_standard(form: str) -> None:
    pages = read_pages(pdf(form))
    for number, page in enumerate(pages, start=1):
        assert page.width == pytest.approx(210, abs=0.2)
        assert page.height == pytest.approx(297, abs=0.2)
        assert min(line.left for line in page.lines) >= 28 - 0.6
        assert max(line.right for line in page.lines) <= 210 - 26 + 0.6
        assert min(line.top for line in page.lines) >= 37 - 0.6
        assert max(line.base for line in page.lines) <= 297 - 35 + 0.6
        assert len([line for line in page.lines if line.size > 15]) <= LINES
        _page_number(page, number)
    body = [line for page in pages for line in page.lines if line.size == pytest.approx(15.8, abs=0.1)]
    assert body
    for line in body:
        if re.fullmatch(r"[\u4e00-\u9fff]+", line.text):
            assert len(line.text) <= CHARACTERS
            # A line is stretched when a mark that may not begin the next one moves there with the character before it.
            cells = (line.right - line.left) / (156 / CHARACTERS)
            assert len(line.text) - 0.1 <= cells <= len(line.text) + 2.1


def _page_number(page: Page, number: int) -> None:
    """The number stands outside, one character in, its dash 7 mm below the text area."""
    (foot,) = page.foot
    assert foot.text == f"—{number}—"
    assert foot.size == pytest.approx(14, abs=0.1)
    one = 14 / 72 * 25.4
    if number % 2:
        assert foot.right == pytest.approx(210 - 26 - one, abs=0.8)
    else:
        assert foot.left == pytest.approx(28 + one, abs=0.8)
    # The dash stands 0.36 of the type's size above the base line.
    assert foot.base - 0.36 * one == pytest.approx(297 - 35 + 7, abs=0.6)


@each_form
def test_lines_stand_on_the_pitch_of_22_a_page(form: str) -> None:
    pitch = 225 / LINES
    for page in read_pages(pdf(form)):
        lines = [line for line in page.lines if line.size == pytest.approx(15.8, abs=0.1)]
        for above, below in pairwise(lines):
            between = [line for line in page.lines if above.base < line.base < below.base]
            if not between and below.base - above.base < 1.5 * pitch:
                assert below.base - above.base == pytest.approx(pitch, abs=0.15)


@each_form
def test_no_line_begins_or_ends_with_a_mark_that_may_not_stand_there(form: str) -> None:
    tables = any(isinstance(block, Table) for block in document(form).blocks)
    for page in read_pages(pdf(form)):
        for line in page.lines:
            if tables and line.size < 15:
                continue
            assert line.text[0] not in NOT_FIRST, line.text
            assert line.text[-1] not in NOT_LAST, line.text


@each_form
def test_fonts_are_the_named_ones_and_embedded(form: str) -> None:
    fonts = embedded_fonts(pdf(form))
    assert fonts
    assert all(fonts.values())
    assert all("NotoSerifSC" in name or "NotoSansSC" in name for name in fonts)


@each_form
def test_the_pdf_is_tagged_titled_and_claims_its_standards(form: str) -> None:
    with pikepdf.open(io.BytesIO(pdf(form))) as opened:
        root = opened.Root
        assert bool(root.MarkInfo.Marked)
        assert str(root.Lang).startswith("zh")
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert "/StructTreeRoot" in root
        metadata = root.Metadata.read_bytes().decode()
        assert "pdfaid:part>2<" in metadata
        assert "pdfaid:conformance>A<" in metadata
        assert "pdfuaid:part>1<" in metadata
        assert document(form).title in metadata
        assert str(opened.docinfo["/Title"]) == document(form).title
        assert "/OutputIntents" in root
        assert not opened.is_encrypted
        for page in opened.pages:
            if notes := page.obj.get("/Annots"):
                assert page.obj.Tabs == "/S"
                assert all(str(note.Contents) and "/StructParent" in note for note in notes)
            for font in page.resources.Font.values():
                assert "/ToUnicode" in font
        tags = {str(item.S) for item in opened.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item and item.get("/Type") == "/StructElem"}  # fmt: skip
        assert {"/Document", "/H1"} <= tags
        if any(isinstance(block, Table) for block in document(form).blocks):
            assert {"/Table", "/TR", "/TH", "/TD"} <= tags


@each_form
def test_no_words_stand_on_others_or_on_a_rule_of_a_table(form: str) -> None:
    opened = pypdfium2.PdfDocument(pdf(form))
    try:
        for page in opened:
            text = page.get_textpage()
            boxes = [text.get_rect(at) for at in range(text.count_rects())]
            drawn = [item.get_bounds() for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH])]
            rules = [box for box in drawn if box[2] - box[0] < 2 < box[3] - box[1]]
            for one, other in [*combinations(boxes, 2), *product(boxes, rules)]:
                high = min(one[3], other[3]) - max(one[1], other[1])
                wide = min(one[2], other[2]) - max(one[0], other[0])
                least = 0.2 if other in rules else 1.5
                assert wide < least or high < 3, (one, other)
            assert (
                bool(rules) is any(isinstance(block, Table) for block in document(form).blocks)
                or len(opened) > 1
            )
    finally:
        opened.close()


@each_form
def test_the_pdf_holds_nothing_that_an_archive_refuses(form: str) -> None:
    with pikepdf.open(io.BytesIO(pdf(form))) as opened:
        assert len(opened.trailer.ID) == 2
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(opened.Root.keys())
        assert "/JavaScript" not in opened.Root.get("/Names", {})
        metadata = opened.Root.Metadata
        assert "/Filter" not in metadata
        assert opened.Root.OutputIntents[0].S == "/GTS_PDFA1"
        for item in opened.objects:
            if not isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
                continue
            kind = item.get("/Type")
            if kind == "/Annot":
                assert int(item.F) & 4, "an annotation that is not printed"
                assert item.A.S == "/URI"
            if kind == "/FontDescriptor":
                assert {"/FontFile2", "/FontFile3"} & set(item.keys())
            assert item.get("/Filter") != "/LZWDecode"
            assert item.get("/SMask", "/None") == "/None"


@each_form
def test_every_fact_links_to_its_event_in_both_files(form: str) -> None:
    made = document(form)
    stated = {index for _, index in made.sources()}
    assert stated
    assert stated <= {event.index for event in logged(world_of(form))}
    with pikepdf.open(io.BytesIO(pdf(form))) as opened:
        links = {str(note.A.URI) for page in opened.pages for note in page.obj.get("/Annots", [])}
    shown = [run for run in made.runs() if run.text.strip()]
    assert links == {
        *(f"{EVENT_URN}{run.event}" for run in shown if run.event is not None),
        *(f"{URN}{run.origin}" for run in shown if run.event is None and run.origin.startswith(LINKED)),
    }
    names = [
        str(node.get(qn("w:name"))) for node in docx.Document(io.BytesIO(word(form))).element.body.iter(qn("w:bookmarkStart"))
    ]  # fmt: skip
    assert [int(name.split("_")[1]) for name in names] == [index for _, index in made.sources()]
    assert len(set(names)) == len(names)


@each_form
def test_every_blank_is_marked_and_listed(form: str) -> None:
    made = document(form)
    blanks = [run.blank for run in made.runs() if run.blank]
    assert list(dict.fromkeys(blanks)) == [blank.name for blank in made.missing]
    tags = [
        str(node.get(qn("w:val"))) for node in docx.Document(io.BytesIO(word(form))).element.body.iter(qn("w:tag"))
    ]  # fmt: skip
    assert tags == [f"blank:{name}" for name in blanks]
    assert "None" not in made.text()
    assert "Undefined" not in made.text()
