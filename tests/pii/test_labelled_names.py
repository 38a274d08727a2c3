"""Names hidden in part behind words for people, with and without a colon."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from qingyuan.pii import scan
from qingyuan.pii._labelled_names import _signs, find
from tests.pii.material import KEY, prose, table


def _names(text: str) -> list[tuple[str, bool]]:
    hits = scan([prose([text])], KEY, "a.txt").hits.to_pylist()
    return [(text[h["start"] : h["end"]], h["masked"]) for h in hits if h["kind"] == "name"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("户名鲁**、其他", "鲁**"),
        ("患者尉迟某某，请核对", "尉迟某某"),
        ("寄件人 伍*！", "伍*"),
        ("尊敬的诸葛█！", "诸葛█"),
        ("联系人 #国。", "#国"),
        ("车主：卜XX", "卜XX"),
        ("寄件人 •娜超）", "•娜超"),
        ("该用户客户：＃刚。", "＃刚"),
        ("尊敬的苏*思先生，您好", "苏*思"),
        ("尊敬的*天生女士，您好", "*天生"),
        ("尊敬的苏*先生，您好", "苏*"),
        ("客户方*老师", "方*"),
    ],
)
def test_a_name_hidden_in_part_is_found_behind_its_word(text: str, name: str) -> None:
    assert _names(text) == [(name, True)]


@pytest.mark.parametrize(
    "text",
    [
        "联系人#1",
        "联系人 # 见附件",
        "乘客某日乘车",
        "客户X先生",
        "客户X先生您好",
        "用户*必填",
        "客户xx公司",
        "客户：选填*",
        "收件人：必填*",
        "申请人xxx号",
        "用户名xxx",
        "收件人：*先生",
    ],
)
def test_signs_without_a_name_are_none(text: str) -> None:
    assert not [name for name in _names(text) if name[1]]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("收件人：李*先生，电话略", "李*"),
        ("客户李**女士来电", "李**"),
        ("患者王*元", "王*元"),
        ("联系人欧阳*老师", "欧阳*"),
    ],
)
def test_a_masked_name_ends_before_a_title(text: str, name: str) -> None:
    assert _names(text) == [(name, True)]


def test_words_beside_signs_are_no_names_in_remarks_either() -> None:
    rows = [["1", "必填*"], ["2", "收件人 李*先生"], ["3", "客户X先生来电"], ["4", "客户xx公司"]]
    batch = table(["序号", "备注"], rows)
    hits = scan([batch], KEY, "a.csv").hits.to_pylist()
    assert [h["end"] - h["start"] for h in hits if h["kind"] == "name"] == [2]


def test_in_a_column_of_remarks_too() -> None:
    rows = [["1", "货已收，收件人 毕某某"], ["2", "无"], ["3", "收件人 毕*"]]
    hits = scan([table(["序号", "备注"], rows)], KEY, "a.csv").hits.to_pylist()
    assert [h["masked"] for h in hits if h["kind"] == "name"] == [True, True]


def test_a_cell_as_long_as_a_file_takes_no_more_memory_than_a_piece_of_it() -> None:
    size = 24 << 20
    data = np.frombuffer(b"x" * (size - 32) + "姓名：张*三 xxxxxxxxx".encode().ljust(32), np.uint8)
    tracemalloc.start()
    try:
        cells, starts, ends = find(data, np.array([0]), np.array([size]), np.array([0]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [bytes(data[a:b]).decode() for a, b in zip(starts, ends, strict=True)] == ["张*三"]
    assert cells.tolist() == [0]
    assert peak < 150 << 20


def test_a_line_of_stars_is_passed_by_and_the_name_behind_it_found() -> None:
    text = "*" * 3000 + "，户名鲁**、其他" + "*" * 3000
    raw = np.frombuffer(text.encode(), dtype=np.uint8)
    low, high = np.array([0]), np.array([len(raw)])
    # A star is looked at where a 汉字 stands near: this line has four such places, not six thousand.
    assert len(list(_signs(raw, low, high))) < 40
    assert _names(text) == [("鲁**", True)]


def test_signs_between_the_cells_are_none_and_far_cells_are_read_alone() -> None:
    text = ("户名鲁**" + "王*" * 400) * 3
    raw = np.frombuffer(text.encode(), dtype=np.uint8)
    begins = np.array([k * len(raw) // 3 for k in range(3)])
    ends = begins + len("户名鲁**".encode())
    cell, start, end = find(raw, begins, ends, np.arange(3))
    assert cell.tolist() == [0, 1, 2]
    assert [raw[a:b].tobytes().decode() for a, b in zip(start, end, strict=True)] == ["鲁**"] * 3
    within = [place for place, _ in _signs(raw, begins, ends)]
    assert all(any(a <= p < b for a, b in zip(begins, ends, strict=True)) for p in within)
