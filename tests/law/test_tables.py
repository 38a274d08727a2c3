"""Tables of the law data: complete, dated, cited, and extended by an overlay."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from qingyuan.law import Law, LawError, load

DAY = date(2026, 11, 1)


def test_every_row_speaks_two_languages_and_cites_a_provision() -> None:
    law = load()
    for named in law.tables():
        table = law.table(named.id)
        assert table.rows
        assert len({row.id for row in table.rows}) == len(table.rows)
        for row in table.rows:
            assert row.zh
            assert row.en
            assert "。" not in row.en
            assert row.citation.article
            assert set(row.cells) <= {column.id for column in table.columns}
            assert all(cell.zh and cell.en for cell in row.cells.values())


def test_the_necessary_information_of_39_kinds_of_app_of_which_13_need_none() -> None:
    rows = load().table("app-types", DAY).rows
    assert [row.id for row in rows] == [str(number) for number in range(1, 40)]
    none = [row for row in rows if row.cells["necessary"].zh == "不需要个人信息"]
    # Art. 5 of the rule: items 21 and 27 to 38.
    assert [row.id for row in none] == ["21", *(str(number) for number in range(27, 39))]
    parcel = rows[7]
    assert parcel.zh == "邮件快件寄递类"
    assert "寄件人姓名、证件类型和号码" in parcel.cells["necessary"].zh
    assert "注册手机号" not in parcel.cells["necessary"].zh


def test_the_situations_are_four_four_nine_six_three_and_five() -> None:
    rows = load().table("app-situations", DAY).rows
    groups = [row.id.split(".")[0] for row in rows]
    assert [groups.count(str(group)) for group in range(1, 7)] == [4, 4, 9, 6, 3, 5]
    unread = [row.id for row in rows if not row.verified]
    assert unread[0] == "4.1"
    assert {"1.3", "3.9"} & set(unread) == set()


def test_no_row_hides_that_its_text_was_not_read() -> None:
    law = load()
    for named in law.tables():
        for row in law.table(named.id).rows:
            assert row.verified <= row.citation.verified


def test_a_draft_is_shown_as_one_and_never_counts_on_a_day() -> None:
    law = load()
    assert all(not row.in_force for row in law.table("drafts").rows)
    assert law.table("drafts", DAY).rows == ()
    services = {row.id for row in law.table("minors-services").rows}
    assert services - {row.id for row in law.table("minors-services", DAY).rows} == {
        "draft-strangers",
        "draft-mode",
    }


def test_a_row_follows_the_day_of_the_act() -> None:
    law = load()
    ids = {row.id for row in law.table("penalties", date(2022, 6, 1)).rows}
    assert "wildlife-platform" not in ids
    assert "detention" not in ids
    assert "pipl-serious" in ids
    old = next(row for row in law.table("renumbering", date(2025, 3, 1)).rows if row.id == "express-2")
    assert (old.cells["old"].zh, old.cells["new"].zh, old.citation.article) == ("34", "35", "第三十四条")


def test_old_and_new_numbers_agree_with_the_versions_of_the_rules() -> None:
    law = load()
    for row in law.table("renumbering").rows:
        new = date.fromisoformat(row.cells["since"].zh)
        before = law.cite(row.citation.rule, new.replace(year=new.year - 1))
        now = law.cite(row.citation.rule, new)
        assert f"art. {row.cells['old'].zh}" in before.article_en.replace("arts.", "art.") or (
            row.cells["old"].zh in before.article_en
        )
        assert row.cells["new"].zh in now.article_en


def test_an_overlay_adds_rows_and_tables(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "earthworm-terms.yaml").write_text(
        "zh: 本地补充\nen: local\nrule: wildlife-tools\nrows:\n"
        "  - {id: local-1, zh: 土龙机, en: a local name, cells: {use: {zh: 名称, en: name}}}\n",
        encoding="utf-8",
    )
    (tmp_path / "tables" / "local-list.yaml").write_text(
        "zh: 本地清单\nen: local list\nrule: pil-rules-plan\nrows:\n  - {id: a, zh: 甲, en: first}\n",
        encoding="utf-8",
    )
    law = Law(tmp_path)
    assert law.table("earthworm-terms").rows[-1].zh == "土龙机"
    assert law.table("local-list").rows[0].citation.article == "第三十三条"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        pytest.param(
            "zh: 甲\nen: a\nrule: wildlife-tools\nrows:\n  - {id: n1, zh: 电蚯蚓机, en: again}\n",
            "law.duplicate-id",
            5,
            id="a row of the package again",
        ),
        pytest.param(
            "zh: 甲\nen: a\nrule: no-such-rule\nrows:\n  - {id: z, zh: 乙, en: b}\n",
            "law.dangling-reference",
            3,
            id="an unknown rule",
        ),
        pytest.param(
            "zh: 甲\nen: a\nrule: wildlife-tools\nrows:\n  - {id: z, zh: 乙, en: b, cells: {price: 3}}\n",
            "law.dangling-reference",
            5,
            id="an unknown column",
        ),
    ],
)
def test_a_wrong_row_is_refused_with_file_and_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    file = tmp_path / "tables" / "earthworm-terms.yaml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LawError) as caught:
        Law(tmp_path)
    assert caught.value.code == code
    assert f"{file}, line {line}" in str(caught.value.where)


def test_an_unknown_table_is_refused_with_those_known() -> None:
    with pytest.raises(LawError) as caught:
        load().table("no-such-table")
    assert caught.value.code == "law.unknown-table"
    assert "app-types" in caught.value.remedy_en


def test_a_site_that_read_the_original_says_so(tmp_path: Path) -> None:
    (tmp_path / "checks.yaml").write_text(
        "checks:\n  - {rule: hearing-rules-number, by: 某院法律政策研究室, date: 2026-12-01, source: 文件原文}\n",
        encoding="utf-8",
    )
    assert not load().cite("hearing-rules-number").verified
    law = Law(tmp_path)
    assert law.cite("hearing-rules-number").verified
    assert law.cite("hearing-rules-number").source == "文件原文（某院法律政策研究室，2026-12-01核对）"
    found = law.provision("hearing-rules-number")
    assert (found.checked_by_zh, found.checked_on) == ("某院法律政策研究室", date(2026, 12, 1))


def test_a_check_of_an_unknown_rule_is_refused(tmp_path: Path) -> None:
    (tmp_path / "checks.yaml").write_text(
        "checks:\n  - {rule: no-such-rule, by: 甲, date: 2026-12-01, source: 乙}\n", encoding="utf-8"
    )
    with pytest.raises(LawError) as caught:
        Law(tmp_path)
    assert caught.value.code == "law.dangling-reference"
    assert "line 2" in str(caught.value.where)


def test_what_was_read_says_when_and_by_whom() -> None:
    read = load().provision("pipl-minimum")
    assert (read.checked_on, read.checked_by_en) == (date(2026, 11, 22), "the compilers of this data")
    assert load().provision("hearing-rules-number").checked_on is None


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        pytest.param("面单 泄漏", "express-regulation-waybill-management", id="a word that people use"),
        pytest.param("个人信息泄漏应当通知", "pipl-breach", id="a sentence without spaces"),
        pytest.param("第四十七条 审查起诉", "pil-rules-suit-review-civil", id="an article"),
        pytest.param("电捕蚯蚓", "rural-2023-soil", id="a word of the text"),
    ],
)
def test_a_search_finds_the_rule(words: str, rule: str) -> None:
    assert rule in {found.rule for found in load().search(words)}


def test_a_search_of_tables_finds_the_row() -> None:
    assert ("app-situations", "1.3") in {
        (name, row.id) for name, row in load().search_rows("四次以上 主界面")
    }
    assert load().search_rows("") == ()
    assert load().search("🦀🦀") == ()
