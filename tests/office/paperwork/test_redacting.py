"""No planted value is left in the copy for the public: text, metadata, file parts."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pikepdf
import pytest
from msgspec.structs import replace

from qingyuan.cases.events.lead import LeadAssessed
from qingyuan.documents import Block, Document, DocumentError, Fact
from qingyuan.documents.docx import render_docx
from qingyuan.documents.pdf import render_pdf
from qingyuan.documents.redaction import LEFT_OUT, is_person, mask, redact
from qingyuan.office.paperwork.redacting import public_copy
from tests.cases._world import law
from tests.office.paperwork.rendered import docx_text, everything, letters, pdf_text
from tests.office.paperwork.told import document_of, world_of

#: Values that belong to nobody: numbers with check digits of no one, names put together by lot.
PLANTED = {
    "person": "欧阳澜心",
    "identity": "330106199003078411",
    "address": "浙江省清州市东湖区临水路88号3幢1201室，13800138777",
    "content": "问：请说明情况。\n答：面单由贺知秋打印，她的电话是13900139888，邮箱hezhiqiu@example.com。",
}
LEFT = (
    "欧阳澜心",
    "澜心",
    "330106199003078411",
    "临水路88号",
    "13800138777",
    "13900139888",
    "hezhiqiu",
    "贺知秋",
)


@pytest.fixture(scope="module")
def full() -> Document:
    return document_of("questioning-record", PLANTED)


@pytest.fixture(scope="module")
def public(full: Document) -> Document:
    return public_copy(full, world_of("questioning-record").docket, law=law())


def test_the_full_document_holds_what_the_copy_must_not(full: Document) -> None:
    assert all(value in full.text() for value in LEFT)


def test_no_planted_value_is_left_in_either_file(public: Document) -> None:
    word, pdf = render_docx(public), render_pdf(public)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        metadata = opened.Root.Metadata.read_bytes().decode() + str(dict(opened.docinfo))
        strings = "".join(_strings(opened))
    said = "\n".join((everything(word), pdf_text(pdf), letters(pdf_text(pdf)), metadata, strings))
    assert not [value for value in LEFT if value in said]
    assert letters(docx_text(word)) == letters(pdf_text(pdf)).replace("\ufffe", "")
    assert "公开版" in metadata


def _strings(opened: pikepdf.Pdf) -> Iterator[str]:
    """Yield every string of every object, bookmarks and alternative texts among them."""
    for item in opened.objects:
        if isinstance(item, pikepdf.Dictionary):
            yield from (str(value) for value in dict(item).values() if isinstance(value, pikepdf.String))


def test_what_is_not_personal_stays(public: Document) -> None:
    text = public.text()
    assert "清州市人民检察院" in text
    assert "询问笔录" in text
    assert "《人民检察院公益诉讼办案规则》第三十七条" in text
    assert public.redacted


def test_events_stay_named_in_the_copy(full: Document, public: Document) -> None:
    assert {index for _, index in public.sources()} == {index for _, index in full.sources()}


def test_a_natural_person_keeps_the_family_name_and_a_minor_nothing() -> None:
    assert mask("张三", "person") == "张某"
    assert mask("欧阳小明", "person") == "欧阳某某"
    assert mask("张三", "minor") == "某某"
    assert mask("13800138000", "mobile") == LEFT_OUT


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("张三", True),
        ("欧阳小明", True),
        ("王小园", True),  # ends as places do
        ("阿卜杜拉·买买提", True),
        ("买买提明江", True),
        ("Anna Berg", True),
        ("贺知秋（演示）", True),
        ("县邮政局", False),
        ("某云仓有限公司", False),
        ("教育部", False),
        ("知秋商行", False),
        ("Berg Ltd", False),
        ("北京市网信部门（演示）", False),
    ],
)
def test_a_party_is_a_person_or_a_body(name: str, person: bool) -> None:
    assert is_person(name) is person


def test_a_party_who_is_a_natural_person_is_masked_wherever_it_is_named() -> None:
    world = world_of("complaint-civil")
    case = world.docket.cases["C2026-0002"]
    renamed = {"C2026-0002": replace(case, respondents=("贺知秋",))}
    docket = replace(world.docket, cases=renamed)
    made = document_of("complaint-civil", {"claim_details": "贺知秋删除全部信息"}, world)
    text = public_copy(made, docket, law=law()).text()
    assert "贺知秋" not in text
    assert "贺某某删除全部信息" in text


def test_every_person_is_a_minor_when_the_affair_concerns_minors() -> None:
    world = world_of("questioning-record")
    lead = world.docket.leads["L2026-0001"]
    assessment = lead.assessment
    assert isinstance(assessment, LeadAssessed)
    minors = [replace(one, points=5) if one.id == "minors" else one for one in assessment.components]
    docket = replace(
        world.docket, leads={lead.id: replace(lead, assessment=replace(assessment, components=tuple(minors)))}
    )  # fmt: skip
    made = document_of("hearing-opinion", world=world_of("hearing-opinion"))
    told = redact(made, lambda lines: [(4, 5, 9, "person")], minors=True)
    assert told.text().split("\n")[4].startswith("听证日期：某某年6月")
    copy = public_copy(
        document_of("questioning-record", {"place": "询问室，联系人贺知秋"}), docket, law=law()
    )
    assert "贺" not in copy.text()


def test_a_copy_in_which_something_is_still_found_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = document_of("questioning-record", {"place": "电话13800138777处"})
    monkeypatch.setattr("qingyuan.office.paperwork.redacting.redact", lambda document, *_, **__: document)
    with pytest.raises(DocumentError, match="redaction") as caught:
        public_copy(made, world_of("questioning-record").docket, law=law())
    assert "13800138777" not in str(caught.value)


def test_a_hit_over_several_runs_is_masked_once() -> None:
    made = document_of("filing-decision")
    line = next(n for n, text in enumerate(made.text().split("\n")) if "认为" in text)
    told = redact(made, lambda lines: [(line, 0, len(lines[line]), "other")])
    assert told.text().split("\n")[line] == LEFT_OUT
    assert Fact("", 1).value == ""


def test_words_of_the_law_and_names_of_bodies_are_no_persons() -> None:
    world = world_of("complaint-civil")
    case = world.docket.cases["C2026-0002"]
    docket = replace(
        world.docket, cases={"C2026-0002": replace(case, respondents=("贺知秋商行", "龙岩青山厂"))}
    )
    stated = "督促云仓整改，贺知秋商行停止打印；龙岩青山厂赔偿；店主贺知秋到场。"
    made = document_of("complaint-civil", {"claim_details": stated}, world)
    text = public_copy(made, docket, law=law()).text()
    assert "督促云仓整改，贺知秋商行停止打印；龙岩青山厂赔偿；店主贺某某到场。" in text


def test_officers_of_the_office_are_named_and_others_are_not() -> None:
    docket = world_of("questioning-record").docket
    made = document_of("questioning-record", {"content": "问：我是检察官贺知秋。答：我叫欧阳澜心。"})
    body = next(block for block in made.blocks if isinstance(block, Block) and "贺知秋" in block.text)
    open_ = replace(made, blocks=(replace(body, private=False),))
    text = public_copy(open_, docket, law=law(), officers=["贺知秋"]).text()
    assert text == "问：我是检察官贺知秋。答：我叫欧阳某某。"


@pytest.mark.parametrize(
    "form", ["filing-decision", "suggestion", "measures-list", "closing-decision", "review-report"]
)
def test_a_document_that_names_nobody_stays_as_it_is(form: str) -> None:
    made = document_of(form)
    assert public_copy(made, world_of(form).docket, law=law()).text() == made.text()
