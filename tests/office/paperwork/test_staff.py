"""Names of the office's people in documents: from its list, else a blank that says whose name is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingyuan.documents import Fact, Unknown, sentence
from qingyuan.documents._template import folded, render
from qingyuan.office.errors import OfficeError
from qingyuan.office.paperwork.staff import Person, naming, read_staff
from tests.office.paperwork.told import document_of


def test_a_name_keeps_the_event_that_states_the_identifier() -> None:
    who = naming({"P001": Person("周演示", "检察官")})
    assert who(Fact("P001", 7)) == [Fact("周演示", 7, origin="staff:P001")]
    assert who([Fact("P001", 7), Fact("某检察长", 8)], True) == [
        Fact("周演示（检察官）", 7, origin="staff:P001"),
        Fact("某检察长", 8),
    ]
    (blank,) = who(Fact("P002", 7))
    assert blank == Unknown("staff:P002", "【P002的姓名】")


def test_who_is_not_in_the_list_is_a_blank_with_its_reason() -> None:
    made = document_of("attendance-notice")
    assert "【P001的姓名】、【P002的姓名】" in made.text()
    blanks = {blank.name: (blank.zh, blank.en) for blank in made.missing}
    assert blanks["staff:P001"] == (
        "P001的姓名（人员名册 staff.yaml 未载）",
        "name of P001 (not in staff.yaml)",
    )


def test_the_list_is_a_file_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    assert read_staff(tmp_path) == {}
    (tmp_path / "staff.yaml").write_text("P001: {name: 周演示, title: 检察官}\n", encoding="utf-8")
    assert read_staff(tmp_path) == {"P001": Person("周演示", "检察官")}
    for bad in ("P001: 周演示\n", "P001: {nam: 周演示}\n", "{", "- 1\n"):
        (tmp_path / "staff.yaml").write_text(bad, encoding="utf-8")
        with pytest.raises(OfficeError) as caught:
            read_staff(tmp_path)
        assert caught.value.code == "office.bad-staff"
        assert "周演示" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("《甲法》第一条、《甲法》第二条", "《甲法》第一条、第二条"),
        ("《甲法》第一条、第二条、《甲法》第三条", "《甲法》第一条、第二条、第三条"),
        ("《甲法》第一条、《乙法》第二条", "《甲法》第一条、《乙法》第二条"),
        ("《甲法》第七条第二款、《甲法》第七条第三款", "《甲法》第七条第二款、第三款"),
        ("《甲法》第七条第一款、《甲法》第七条第二款、第七条第三款", "《甲法》第七条第一款、第二款、第三款"),
        ("《甲法》第七条第二款、《甲法》第八条第三款", "《甲法》第七条第二款、第八条第三款"),
    ],
)
def test_a_law_is_named_once_where_its_articles_follow_one_another(written: str, printed: str) -> None:
    assert folded(written) == printed


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("某公司（演示）", "某公司（演示）。"),
        ("已整改。", "已整改。"),
        ("已整改。（见附件。）", "已整改。（见附件。）"),
        ("依《甲法》", "依《甲法》。"),
        ("", ""),
    ],
)
def test_a_sentence_ends_with_a_full_stop(written: str, printed: str) -> None:
    assert sentence(written) == printed
    assert "".join(run.text for run in render("{{ x | sentence }}", {"x": written}, "t")) == printed
