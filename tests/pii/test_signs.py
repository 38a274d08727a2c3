"""Signs that hide characters, whatever they look like: which are made into stars, and that nothing else moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.pii._signs import starred
from tests.pii.material import prose, table


def _prose(text: str) -> str:
    return starred(prose([text])).data.tobytes().decode().rstrip("\n")


def _cell(text: str) -> str:
    return starred(table(["a"], [[text]])).data.tobytes().decode().rstrip("\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("手机138????1234", "手机138****1234"),
        ("手机138____1234", "手机138****1234"),
        ("手机138※※※※1234", "手机138∗∗∗∗1234"),
        ("卡号____ ____ ____ 3840", "卡号**** **** **** 3840"),
        ("卡号6222 ？？？？ ？？？？ 3840", "卡号6222 ∗∗∗∗ ∗∗∗∗ 3840"),
        ("户名：王〇〇", "户名：王∗∗"),
        ("户名：王☆杰", "户名：王∗杰"),
        ("发至zxxxxx@qq.com", "发至z*****@qq.com"),
    ],
)
def test_a_sign_at_digits_or_characters_hides(text: str, shown: str) -> None:
    assert _prose(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "真的吗？是的", "二〇二四年", "二〇〇八年", "第1..2页", "2024-01-02", "a--b", "3#楼", "C#开发", "foo__bar", "0xxabc", "x86",
        "是不是?", "XXX公司", "北京XX公司", "___签字___", "……", "https://a.cn/?a=1&b=2",
    ],
)  # fmt: skip
def test_what_means_something_else_stays(text: str) -> None:
    assert _prose(text) == text


def test_in_a_table_letters_and_question_marks_hide_too() -> None:
    assert _cell("西湖区xx路??") == "西湖区**路**"
    assert _prose("西湖区xx路??") == "西湖区xx路??"


@given(st.text(alphabet="*#?_-.xX〇？＃※☆×1２张路 @\n", max_size=90))
def test_only_signs_change_and_no_place_moves(text: str) -> None:
    batch = prose([text])
    before, after = batch.data.tobytes().decode(), starred(batch).data.tobytes().decode()
    assert len(before.encode()) == len(after.encode())
    for one, other in zip(before, after, strict=True):
        assert one == other or (other in "*∗×" and one not in "1２张路 @\n×")


@given(st.integers(0, 140), st.sampled_from("?#_※〇"))
def test_a_run_is_found_wherever_blocks_end(before: int, sign: str) -> None:
    star = "*" if len(sign.encode()) == 1 else "∗"
    filler = "天" * (before // 3) + "a" * (before % 3)
    assert _prose(f"{filler} 13{sign * 7}55{filler}") == f"{filler} 13{star * 7}55{filler}"
