"""Papers with sixty measures, exhibits, duties or people: no row is lost, heads are repeated, no page holds signatures only."""

from __future__ import annotations

import re

import pytest

from qingyuan.documents import Block, Document, Fact, Role, Table, fill, find_form, forms
from qingyuan.documents.docx import render_docx
from qingyuan.documents.geometry import read_pages
from qingyuan.documents.pdf import render_pdf
from qingyuan.documents.spelling import spelled
from tests.office.paperwork.rendered import docx_text, letters, pdf_text
from tests.office.paperwork.told import OFFICE, facts_of, last_day, world_of

MANY = 60
#: Every form with a table, and of the others the longest lists: of duties, of claims, of people, of exhibits.
TABLED = sorted(name for name, form in forms().items() if any(block.table for block in form.blocks))
PROSE = ("complaint-administrative", "settlement-agreement", "attendance-notice", "inspection-record")
_CLOSING = {Role.SIGNATURE, Role.SIGN, Role.DATE, Role.COPIES}


def _many(value: object) -> object:
    """Make every list sixty long; each text in it says which it is."""
    match value:
        case dict():
            return {name: _many(one) for name, one in value.items()}
        case list() if value:
            return [_numbered(value[at % len(value)], at + 1) for at in range(MANY)]
        case _:
            return value


def _numbered(value: object, number: int) -> object:
    match value:
        case dict():
            told = {"text", "name", "what", "path"}
            return {name: _numbered(one, number) if name in told else one for name, one in value.items()}
        case Fact() if re.search("[\u4e00-\u9fff]{2}", str(value)):
            return Fact(f"{str(value).rstrip('；。')}（第{number}项）", value.event)
        case _:
            return value


def _made(form: str) -> Document:
    world = world_of(form)
    facts = _many(facts_of(form, world))
    assert isinstance(facts, dict)
    return fill(find_form(form), facts, title="文书", author=OFFICE, issued=last_day(world))


@pytest.mark.parametrize("form", [*TABLED, *PROSE])
def test_sixty_rows_go_on_over_pages_and_none_is_lost(form: str) -> None:
    made = _made(form)
    pdf = render_pdf(made)  # it refuses what leaves the text area
    tables = [block for block in made.blocks if isinstance(block, Table)]
    assert (MANY in {len(table.rows) for table in tables}) == (form in TABLED)
    said = letters(pdf_text(pdf)).replace("\ufffe", "")
    for table in tables:
        head = letters("".join(table.columns))
        assert said.count(head) > (len(table.rows) > 30)
        first, _, rest = said.partition(head)
        said = first + head + rest.replace(head, "")
    assert said == letters(made.text()) == letters(docx_text(render_docx(made)))
    pages = read_pages(pdf)
    closing = "".join(
        letters(one.text) for one in made.blocks if isinstance(one, Block) and one.role in _CLOSING
    )
    assert len(pages) > 1
    assert letters("".join(line.text for line in pages[-1].lines)) not in closing


def test_a_pictograph_that_no_face_has_is_written_as_its_code_in_both_files() -> None:
    world = world_of("filing-decision")
    facts = facts_of("filing-decision", world)
    shop = "小花🌸旗舰店❤\ufe0f★①"
    facts["organ"] = {"name": Fact(shop, 3)}
    form = find_form("filing-decision")
    made = fill(form, facts, title="文书", author=OFFICE, issued=last_day(world))
    assert shop.replace("\ufe0f", "") in made.text().replace("\ufe0f", "")
    told = spelled(made)
    assert "小花〔U+1F338〕旗舰店〔U+2764〕★①" in told.text()
    assert (
        letters(pdf_text(render_pdf(told))) == letters(told.text()) == letters(docx_text(render_docx(told)))
    )
    assert {run.event for run in told.runs() if "U+1F338" in run.text} == {3}


def test_a_paper_without_pictographs_is_left_as_it_is() -> None:
    made = _made("closing-decision")
    assert spelled(made) is made
