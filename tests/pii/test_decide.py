"""Decisions: the same number is accepted or refused by what stands around it."""

from __future__ import annotations

import pytest

from qingyuan.pii import scan
from tests.pii.generator import Maker
from tests.pii.material import KEY, prose, table

M = Maker(51)
CARD = M.card()
MOBILE = M.mobile()
ID = M.resident_id()


def in_text(text: str) -> list[tuple[str, str, str]]:
    return [(h["kind"], h["state"], h["reason"]) for h in scan([prose([text])], KEY, "a").hits.to_pylist()]


def in_column(header: str, *values: str) -> list[tuple[str, str, str]]:
    hits = scan([table([header], [[v] for v in values])], KEY, "a").hits.to_pylist()
    return [(h["kind"], h["state"], h["reason"]) for h in hits]


@pytest.mark.parametrize(
    ("text", "state", "reason"),
    [
        (f"卡号：{CARD}", "confirmed", "luhn+bin+context"),
        (f"订单号：{CARD}", "rejected", "order-number-label"),
        (f"订单号 123，打款到{CARD}", "confirmed", "luhn+bin+context"),
        (f"见附件 {CARD} 说明", "suspected", "luhn+bin"),
    ],
)
def test_a_card_needs_its_context(text: str, state: str, reason: str) -> None:
    assert in_text(text) == [("bank-card", state, reason)]


@pytest.mark.parametrize(
    ("header", "state", "reason"),
    [
        ("银行卡号", "confirmed", "luhn+bin+column"),
        ("运单号", "rejected", "order-number-column"),
        ("orderNo", "rejected", "order-number-column"),
        ("", "suspected", "luhn+bin"),
    ],
)
def test_a_card_follows_its_column(header: str, state: str, reason: str) -> None:
    assert in_column(header, CARD) == [("bank-card", state, reason)]


def test_a_nameless_column_of_cards_is_overwhelming() -> None:
    assert set(in_column("", *[M.card() for _ in range(30)])) <= {
        ("bank-card", "confirmed", "luhn+bin+profile"),
        ("bank-card", "confirmed", "luhn+network+profile"),
    }


@pytest.mark.parametrize(
    ("text", "state"),
    [(MOBILE, "confirmed"), (f"订单号{MOBILE}", "rejected"), (f"运单号 SF123 收件人 {MOBILE}", "confirmed")],
)
def test_a_mobile_is_refused_only_right_after_an_order_label(text: str, state: str) -> None:
    assert [(k, s) for k, s, _ in in_text(text)] == [("mobile", state)]


def test_an_id_is_confirmed_by_its_check_digit_and_says_by_what_else() -> None:
    assert in_text(ID) == [("resident-id", "confirmed", "checksum")]
    assert in_text(f"身份证{ID}") == [("resident-id", "confirmed", "checksum+context")]
    assert in_column("证件号码", ID) == [("resident-id", "confirmed", "checksum+column")]


def test_an_old_id_needs_its_column() -> None:
    assert in_column("身份证号", "110101900101123") == [("resident-id", "confirmed", "date+column")]
    assert in_column("流水号", "110101900101123") == [("resident-id", "rejected", "order-number-column")]


def test_an_ambiguous_mask_follows_its_column() -> None:
    assert in_column("身份证号", "6222****1234")[0][0] == "resident-id"
    assert in_column("卡号", "6222****1234")[0][0] == "bank-card"


def test_goods_and_companies_are_not_names() -> None:
    assert in_column("商品名称", *["金属", "方便面", "文具"] * 10) == []
    assert in_column("", *["金属", "方便面", "文具"] * 10) == []


def test_names_and_addresses_are_found_by_header_and_in_text_by_label() -> None:
    assert in_column("姓名", "张三", "欧阳*", "买买提·艾力") == [
        ("name", "confirmed", "surname+column"),
        ("name", "confirmed", "masked-shape+column"),
        ("name", "confirmed", "surname+column"),
    ]
    assert in_text("收件人：张小明 地址：浙江省义乌市江东街道青口路12号") == [
        ("name", "confirmed", "label+surname"),
        ("address", "confirmed", "label+levels"),
    ]
