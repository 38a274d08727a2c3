"""What stands right beside a value: escapes left in the text, days that begin with 元, money behind a label."""

from __future__ import annotations

import pytest

from qingyuan.pii import scan
from tests.pii.material import KEY, prose


def _found(text: str) -> list[tuple[str, str, str]]:
    hits = scan([prose([text])], KEY, "a.txt").hits.to_pylist()
    return [(h["kind"], text[h["start"] : h["end"]], h["state"]) for h in hits if h["state"] != "rejected"]


@pytest.mark.parametrize("escape", ["\\n", "\\t", "\\r"])
@pytest.mark.parametrize(
    ("label", "kind", "value"),
    [
        ("imei=", "imei", "863603217636312"),
        ("passport=", "passport", "G59297599"),
        ("tel=", "mobile", "13912345678"),
    ],
)
def test_a_label_begins_behind_an_escape_left_in_the_text(
    escape: str, label: str, kind: str, value: str
) -> None:
    assert _found(f"a=1{escape}{label}{value}{escape}") == [(kind, value, "confirmed")]


def test_a_letter_before_a_label_that_is_no_escape_still_makes_another_word() -> None:
    assert [kind for kind, _, _ in _found("nimei=863603217636312")] == []


@pytest.mark.parametrize("behind", ["元旦前到货", "元宵节后联系", "，谢谢"])
def test_a_day_that_begins_with_the_sign_of_money_is_none(behind: str) -> None:
    assert _found(f"拨打13863270655{behind}") == [("mobile", "13863270655", "confirmed")]


def test_an_amount_without_a_label_is_no_number_of_a_person_and_one_behind_its_label_is() -> None:
    assert _found("共13863270655元") == []
    assert _found("电话：13863270655元") == [("mobile", "13863270655", "confirmed")]


@pytest.mark.parametrize("behind", ["万斌湖北省", "万一打不通", "万女士"])
def test_ten_thousand_behind_a_mobile_begins_the_next_word(behind: str) -> None:
    assert ("mobile", "13863270655", "confirmed") in _found(f"13863270655{behind}")


@pytest.mark.parametrize("behind", ["万", "万元", "万人次", "万 件"])
def test_ten_thousand_of_something_is_a_count(behind: str) -> None:
    assert _found(f"共13863270655{behind}") == []


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("QQ，12945678，备注", "qq", "12945678"),
        ("姓名，QQ，12945678", "qq", "12945678"),
        ("备注；微信，abc_123x", "wechat", "abc_123x"),
        ("| 台胞证 | 82445890 |", "tw-permit", "82445890"),
        ("IMSI | 460078244116744", "imsi", "460078244116744"),
        ("82445890（台胞证）", "tw-permit", "82445890"),
        ("yang-93kfu916(微信)", "wechat", "yang-93kfu916"),
        ("460079398845567（IMSI）", "imsi", "460079398845567"),
    ],
)
def test_a_label_stands_in_the_cell_before_or_in_brackets_behind(text: str, kind: str, value: str) -> None:
    assert (kind, value, "confirmed") in _found(text)


@pytest.mark.parametrize(
    "text",
    [
        "如需帮助请加微信，iphone15送你",
        "微信，登录密码，说明",
        "abc12345（微信小程序）",
        "请填写QQ，微信，密码",
    ],
)
def test_a_comma_in_a_sentence_joins_no_label_to_what_follows(text: str) -> None:
    assert _found(text) == []


def test_a_label_in_brackets_is_that_of_its_own_line() -> None:
    lines = ["89860008093953605324（ICCID）", "40097206（QQ号码）"]
    hits = scan([prose(lines)], KEY, "a.txt").hits.to_pylist()
    assert [(h["kind"], h["place"]) for h in hits] == [("iccid", "line 1"), ("qq", "line 2")]


def test_a_plate_takes_its_province_from_no_name() -> None:
    assert _found("买家: 车鲁C12764停在楼下") == [("plate", "鲁C12764", "confirmed")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("卡号 370246491203171", "bank-card"),
        ("账号 3702-4621-7120-279", "bank-card"),
        ("账号 370246 217120279", "bank-card"),
        ("身份证号 370246491203171", "resident-id"),
    ],
)
def test_fifteen_digits_that_may_be_both_are_what_their_label_says(text: str, kind: str) -> None:
    assert _found(text) == [(kind, text.split(" ", 1)[1], "confirmed")]


@pytest.mark.parametrize(
    "text",
    [
        "Message-ID: <2026.ab12@mail.example.com>",
        "References: <1.a@mail.example.com> <2.b@mail.example.com>",
        '{"in-reply-to": "<2.b@mail.example.com>"}',
    ],
)
def test_the_number_of_a_message_is_no_address(text: str) -> None:
    assert _found(text) == []


def test_an_address_in_angle_brackets_is_one() -> None:
    assert [value for _, value, _ in _found("From: <zhang.san@example.com>")] == ["zhang.san@example.com"]
