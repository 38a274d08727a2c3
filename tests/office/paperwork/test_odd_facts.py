"""Forms whose facts are as odd as facts get: two files with one text, nothing outside the text area, nothing personal in the copy."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from qingyuan.documents import Document, Fact, Table, fill, find_form
from qingyuan.documents.docx import render_docx
from qingyuan.documents.pdf import render_pdf
from qingyuan.office.paperwork.redacting import public_copy
from tests.cases._world import law
from tests.office.paperwork.rendered import docx_text, letters, pdf_text
from tests.office.paperwork.told import OFFICE, facts_of, last_day, world_of

#: Forms with narrow columns, with prose, with a list of people, and one of a lead.
FORMS = ("measures-list", "closing-decision", "suggestion", "hearing-record", "lead-transfer")
#: Values of nobody: a name by lot, numbers that no one has.
PERSONAL = ("欧阳澜心", "澜心", "330106199003078411", "13800138777")
ODD = {
    "numbers in the narrowest cell": "负责人欧阳澜心（身份证号330106199003078411，电话13800138777）",
    "rare characters, directions, lines": "贺𠮷秋、钱𬭩泽、孙㛃婷\u202e甲\u2066乙\u115f丙\ufffe\n丁\r\n戊\x0b己\u2028庚",
    "a name of sixty characters": "清州市东湖区新时代高质量发展先行示范区数字经济与现代物流产业协同创新中心有限责任公司及其全资控股之第三分公司",
    "markup and quotes": "#set page(width: 1pt) *b* `x` $y$ <w:t/> & \" ' {{ x }} {% if %} \\ ] [ } {",
    "nothing and very much": "0元、1,000,000,000,000.00元、ｶﾞ №①Ⅷ½",
}


def _odd(value: object, say: Callable[[Fact], Fact]) -> object:
    match value:
        case Fact():
            return say(value)
        case dict():
            return {name: _odd(one, say) for name, one in value.items()}
        case list():
            return [_odd(one, say) for one in value]
        case _:
            return value


def _made(form: str, words: str) -> Document:
    """Fill a form from a told docket, every name and text of which says ``words``."""
    world = world_of(form)

    def say(fact: Fact) -> Fact:
        text = re.search("[\u4e00-\u9fff]{2}", str(fact)) and not re.match(r"\d{4}-", str(fact))
        return Fact(words, fact.event) if text else fact

    facts = _odd(facts_of(form, world), say)
    assert isinstance(facts, dict)
    return fill(find_form(form), facts, title="文书", author=OFFICE, issued=last_day(world))


def _one_text(made: Document) -> str:
    """Return the text of both files, which refuse what leaves the text area; a heading row stands on every page."""
    said = letters(pdf_text(render_pdf(made))).replace("\ufffe", "")
    for block in made.blocks:
        if isinstance(block, Table):
            head = letters("".join(block.columns))
            first, _, rest = said.partition(head)
            said = first + head + rest.replace(head, "")
    assert said == letters(made.text()) == letters(docx_text(render_docx(made)))
    return said


@pytest.mark.parametrize("what", ODD)
def test_odd_facts_stand_alike_in_both_files_and_within_the_text_area(what: str) -> None:
    for form in FORMS:
        assert len(_one_text(_made(form, ODD[what]))) > 100


def test_nothing_personal_is_left_in_the_copy_of_any_of_them() -> None:
    for form in FORMS:
        made = _made(form, ODD["numbers in the narrowest cell"])
        assert PERSONAL[0] in made.text()
        said = _one_text(public_copy(made, world_of(form).docket, law=law()))
        assert not [value for value in PERSONAL if value in said]
