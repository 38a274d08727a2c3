"""Masks that only a column or a label explains, codes and amounts that look like mobiles, contacts."""

from __future__ import annotations

import pytest

from qingyuan.pii import scan
from qingyuan.pii.persons import count
from tests.pii.generator import Maker
from tests.pii.material import KEY, prose, table

M = Maker(88)
MOBILE = "13912345678"
CARD = M.card()


def in_text(text: str) -> list[tuple[str, str, str, str]]:
    hits = scan([prose([text])], KEY, "a").hits.to_pylist()
    return [(text[h["start"] : h["end"]], h["kind"], h["state"], h["reason"]) for h in hits]


def in_column(header: str, *values: str) -> list[tuple[str, str, str]]:
    hits = scan([table([header], [[v] for v in values])], KEY, "a").hits.to_pylist()
    return [(h["kind"], h["state"], h["reason"]) for h in hits]


@pytest.mark.parametrize("value", ["330***199001******", "330102****0101****"])
@pytest.mark.parametrize("before", ["", "身份证号：", "idcard="])
def test_an_id_with_two_hidden_parts_is_plain_by_its_date(value: str, before: str) -> None:
    assert [h[:3] for h in in_text(before + value)] == [(value, "resident-id", "confirmed")]


@pytest.mark.parametrize("value", ["999***199001******", "330***999901******", "330102****9901****"])
def test_two_hidden_parts_without_region_or_date_are_nothing(value: str) -> None:
    assert in_text(value) == []


@pytest.mark.parametrize(
    ("header", "label", "value", "kind"),
    [
        ("身份证号", "身份证号：", "**************1234", "resident-id"),
        ("idNo", "idcard=", "**************123X", "resident-id"),
        ("手机号", "手机：", "*******1234", "mobile"),
        ("phone", "mobile=", "1*********4", "mobile"),
        ("联系电话", "电话", "****1234", "mobile"),
        ("银行卡号", "卡号：", "****1234", "bank-card"),
        ("cardNo", "bankCardNo=", "***************1234", "bank-card"),
    ],
)
def test_a_tail_is_read_by_its_column_or_label_and_not_without(
    header: str, label: str, value: str, kind: str
) -> None:
    assert in_column(header, value) == [(kind, "confirmed", "masked-shape+column")]
    assert in_text(label + value) == [(value, kind, "confirmed", "masked-shape+context")]
    assert kind not in [h[1] for h in in_text("密码" + value)]
    assert in_column("备用", value) == []


def test_a_number_sign_hides_like_a_star() -> None:
    assert in_text("139####1234")[0][:3] == ("139####1234", "mobile", "confirmed")
    assert in_text("A139####1234") == []


@pytest.mark.parametrize(
    ("text", "kind", "state"),
    [
        ("622908********3643", "bank-card", "confirmed"),  # a listed issuer and no region code
        ("622901********3643", "resident-id", "suspected"),  # both a listed issuer and a region code
        ("622923********3643", "resident-id", "confirmed"),
        ("6229**********3643", "resident-id", "suspected"),
        ("622***********3643", "resident-id", "confirmed"),
        ("cardNo=6229**********3643", "bank-card", "confirmed"),
        ("身份证622908********3643", "resident-id", "confirmed"),
    ],
)
def test_a_masked_form_of_card_and_id_follows_its_label_then_its_digits(
    text: str, kind: str, state: str
) -> None:
    assert [h[1:3] for h in in_text(text)] == [(kind, state)]


@pytest.mark.parametrize("header", ["余额", "amt", "", "库存金额"])
def test_an_amount_with_decimals_is_no_mobile(header: str) -> None:
    assert {h[1] for h in in_column(header, *["15214897991.00"] * 12)} <= {"rejected"}


def test_a_number_cell_of_a_spreadsheet_stays_a_mobile_unless_its_column_says_otherwise() -> None:
    assert in_column("手机", f"{MOBILE}.0") == [("mobile", "confirmed", "number-plan+column")]
    assert in_column("订单号", f"{MOBILE}.0") == [("mobile", "rejected", "order-number-column")]


@pytest.mark.parametrize("code", [f"{MOBILE}-B2", f"{MOBILE}-01", f"SKU-{MOBILE}", f"NO{MOBILE}"])
def test_a_product_code_is_no_mobile(code: str) -> None:
    assert {h[1] for h in in_column("产品型号", code)} <= {"rejected"}
    assert {h[2] for h in in_text("规格 " + code)} <= {"suspected"}
    assert {h[2] for h in in_text("型号" + code)} <= {"rejected", "suspected"}


def test_an_unassigned_prefix_is_at_most_suspected() -> None:
    assert (
        in_column("联系电话", *["16912345678"] * 20)
        == [("mobile", "suspected", "unassigned-prefix+column")] * 20
    )


def test_a_key_that_says_only_number_leaves_a_mobile_suspected() -> None:
    assert in_column("num", MOBILE) == [("mobile", "suspected", "number-plan")]


@pytest.mark.parametrize(
    "text", [f"cardNo={CARD}", f"bankCardNo={CARD}", f"card_no: {CARD}", f"acct={CARD}", f"打到这张卡 {CARD}"]
)
def test_a_card_in_a_log_or_chat_is_known_by_the_word_before_it(text: str) -> None:
    assert [h[:3] for h in in_text(text)] == [(CARD, "bank-card", "confirmed")]


def test_an_order_number_beside_a_card_stays_one() -> None:
    other = M.card()
    assert [h[::2] for h in in_text(f"pay orderNo={other} cardNo={CARD}")] == [
        (other, "rejected"),
        (CARD, "confirmed"),
    ]


@pytest.mark.parametrize(
    "header", ["会员卡号", "就诊卡号", "SIM卡号", "社保卡号", "lsh", "ddbh", "shddh", "ref"]
)
def test_cards_of_other_kinds_and_order_words_are_no_bank_cards(header: str) -> None:
    assert {h[1] for h in in_column(header, *[M.card() for _ in range(20)])} == {"rejected"}


@pytest.mark.parametrize(
    ("columns", "persons"),
    [
        (("患者姓名", "身份证号码", "联系人", "联系人电话"), 2),
        (("xm", "sfzh", "lxrxm", "lxrdh"), 2),
        (("户名", "身份证号", "对方户名", "对方电话"), 2),
        (("acct_name", "cert_no", "opp_name", "opp_phone"), 2),
        (("公司名称", "身份证号", "联系人", "联系人电话"), 1),
        (("name", "id_card", "contact_name", "contact_phone"), 2),
        (("姓名", "身份证号", "备用", "联系电话"), 1),
    ],
)
def test_contacts_and_counterparties_are_other_people(columns: tuple[str, ...], persons: int) -> None:
    found = scan([table(list(columns), [["张三", M.resident_id(), "李四", MOBILE]])], KEY, "a")
    assert count(found.persons).distinct == persons
