"""A form is data; a missing fact is an error, never an empty space on a served page."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from qingyuan.documents import Document, DocumentError, Fact, Table, fill, find_form, forms, missing
from tests.documents.facts import suggestion_facts

DAY = date(2026, 3, 12)


def make(facts: dict[str, object]) -> Document:
    return fill(find_form("检察建议书"), facts, title="检察建议书", author="清州市人民检察院", issued=DAY)


def test_every_form_that_ships_loads_and_names_its_provisions() -> None:
    shipped = forms()
    assert {"suggestion", "filing-decision", "closing-decision"} <= set(shipped)
    assert all(form.rules and form.requires for form in shipped.values())


def test_the_eight_items_of_article_75_are_required() -> None:
    assert len([need for need in find_form("suggestion").requires if "项）" in need.zh]) == 7
    absent = missing(find_form("suggestion"), {})
    assert {need.fact for need in absent} >= {
        "organ.name",
        "origin",
        "harms",
        "failures",
        "bases",
        "proposals",
        "rectify_within",
    }


@pytest.mark.parametrize("name", ["origin", "harms", "failures", "bases", "proposals", "rectify_within"])
def test_a_suggestion_without_one_of_its_items_is_refused_by_name(name: str) -> None:
    facts = suggestion_facts() | {name: [] if isinstance(suggestion_facts()[name], list) else ""}
    with pytest.raises(DocumentError, match="missing") as caught:
        make(facts)
    assert caught.value.where == "检察建议书"


def test_a_fact_carries_its_event_into_the_text() -> None:
    sources = make(suggestion_facts()).sources()
    assert ("清州市邮政管理局", 3) in sources
    assert ("寄递面单个人信息泄露案", 2) in sources


def test_a_list_of_one_is_not_numbered_and_a_list_of_two_is() -> None:
    text = make(suggestion_facts()).text()
    assert "（一）检出" in text
    assert "（二）信息足以" in text
    assert "（一）未对" not in text


def test_a_mapping_key_wins_over_a_method_of_the_same_name() -> None:
    tables = [block for block in make(suggestion_facts()).blocks if isinstance(block, Table)]
    assert tables[0].rows[0] == ("居民身份证号", "40,210", "明文")


def test_words_of_a_fact_are_never_read_as_template_or_markup() -> None:
    facts = suggestion_facts() | {"origin": Fact("{{ 7 * 6 }} #strong[x] $a$", 1)}
    assert "{{ 7 * 6 }} #strong[x] $a$" in make(facts).text()


def test_an_unknown_form_lists_the_forms_there_are() -> None:
    with pytest.raises(DocumentError, match="suggestion"):
        find_form("no such form")


def test_a_form_is_added_by_a_yaml_file_alone(tmp_path: Path) -> None:
    (tmp_path / "memo.yaml").write_text(
        "id: memo\nname: 工作记录\nname_en: memo\nrules: [lead_assessment]\n"
        "requires: [{fact: what, zh: 内容, en: content}]\nblocks: [{text: '记录：{{ what }}'}]\n",
        encoding="utf-8",
    )
    form = find_form("工作记录", tmp_path)
    assert fill(form, {"what": "甲"}, title="t", author="a", issued=DAY).text() == "记录：甲"


@pytest.mark.parametrize(
    ("yaml_text", "complaint"),
    [
        ("id: x\nname: [", "malformed"),
        (
            "id: x\nname: y\nname_en: z\nrules: []\nrequires: []\nblocks: [{role: nonsense, text: a}]",
            r"blocks\[0\]",
        ),
        ("id: x\nname: y\nname_en: z\nrules: []\nrequires: []\nblocks: []\ncolour: red", "colour"),
    ],
)
def test_a_malformed_form_is_named_with_its_place(tmp_path: Path, yaml_text: str, complaint: str) -> None:
    (tmp_path / "bad.yaml").write_text(yaml_text, encoding="utf-8")
    with pytest.raises(DocumentError, match=complaint) as caught:
        forms(tmp_path)
    assert "bad.yaml" in (caught.value.where or "")


def test_a_text_that_names_an_unknown_fact_names_form_and_block(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(
        "id: f\nname: 甲\nname_en: f\nrules: []\nrequires: []\nblocks: [{text: '{{ nothing }}'}]\n",
        encoding="utf-8",
    )
    with pytest.raises(DocumentError, match="f block 1"):
        fill(find_form("f", tmp_path), {}, title="t", author="a", issued=DAY)
