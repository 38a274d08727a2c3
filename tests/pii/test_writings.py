"""Numbers as logs, tables, waybills and pictures write them, and numbers beside words that say they are none."""

from __future__ import annotations

import io

import numpy as np
import pytest

from qingyuan.pii import engine, headers, readers
from qingyuan.pii._kernel import flags
from qingyuan.pii._spaced import spaced
from qingyuan.pii.grammar import grammar
from tests.pii.generator import Maker
from tests.pii.material import KEY

_ID = Maker(83).resident_id()


def confirmed(text: str, name: str = "a.txt") -> list[tuple[str, str]]:
    """Return kind and text of what is confirmed."""
    raw = text.encode()
    hits = engine.scan(readers.read(io.BytesIO(raw), name), KEY, name).hits.to_pylist()
    return [
        (hit["kind"], raw[hit["byte_start"] : hit["byte_end"]].decode())
        for hit in hits
        if hit["state"] == "confirmed"
    ]


@pytest.mark.parametrize("at", [3, 5, 9, 13, 17])
def test_an_identity_number_with_a_blank_anywhere_is_one(at: int) -> None:
    split = f"{_ID[:at]} {_ID[at:]}"
    assert ("resident-id", split) in confirmed(f"前面有一行文字\n公民身份号码 {split}\n后面还有一行")


def test_names_of_fields_are_labels_in_logs() -> None:
    line = "10:22 INFO c.e.UserController - wxh=lihua97117, tbz=63982182, gatxz=CB8565277, cost=12ms\n"
    assert confirmed(line) == [
        ("wechat", "lihua97117"),
        ("tw-permit", "63982182"),
        ("hkmo-permit", "CB8565277"),
    ]


def test_what_is_inside_an_item_is_not_the_name_of_the_item() -> None:
    assert headers.read_header("/list/item/position").label == 0
    assert headers.read_header("/list/item/ipv6").label not in {0, flags.LABEL_OTHER}
    text = "<list><item><position>116.0495,29.0172</position></item><item><position>104.5357,22.1313</position></item></list>"
    assert [kind for kind, _ in confirmed(text, "a.xml")] == ["geo", "geo"]


def test_a_full_width_at_sign_is_read_in_tables_too() -> None:
    table = "编号,邮箱\n1,wang＠example.com\n2,li.wei＠example.com\n"
    assert confirmed(table, "a.csv") == [("email", "wang＠example.com"), ("email", "li.wei＠example.com")]


@pytest.mark.parametrize("label", ["浏览量：", "pv=", "materialNo=", "物料号：", "检验号"])
def test_counts_and_item_numbers_are_no_mobiles(label: str) -> None:
    assert confirmed(f"今天的数据 {label}13523456789 已更新") == []


def test_a_mere_parcel_number_needs_a_carrier() -> None:
    assert confirmed("单号：773012345678901（申通）") == [("waybill", "773012345678901")]
    assert confirmed("单号：773012345678901") == []


def test_a_form_with_a_cell_of_json_is_still_a_form() -> None:
    table = (
        '姓名,张三丰,护照号,E12345678\n性别,男,微信号,lihua97117\n备注,"{""a"": ""1""}",台胞证号,63982182\n'
    )
    found = confirmed(table, "a.csv")
    assert {("passport", "E12345678"), ("wechat", "lihua97117"), ("tw-permit", "63982182")} <= set(found)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("快递员19712684450，单号300230502087放门口了", "300230502087"),
        ("单号：660985835457（天天）", "660985835457"),
        ("单号：1234567890（DHL）", "1234567890"),
        ("苏宁-SN528036443855", "SN528036443855"),
    ],
)
def test_a_number_of_any_range_is_a_parcels_beside_a_carrier(text: str, number: str) -> None:
    assert ("waybill", number) in confirmed(text)


@pytest.mark.parametrize(
    "text",
    [
        "快递已发，订单号300230502087",
        "交易单号：1247726947350，快递费10元",
        "退款单号300230502087 圆通",
        "物料单号300230502087，快递员已取",
        "快递退款成功，单号300230502087",
        "单号300230502087",
    ],
)
def test_other_numbers_beside_a_carrier_are_no_parcels(text: str) -> None:
    assert confirmed(text) == []


def test_a_table_of_blanks_is_read_by_the_names_of_its_columns() -> None:
    text = "三年级2班\n序号  姓名 性别 出生日期 入学日期\n1 李娟洋 女 2014-08-14 2021-09-01\n2 高建国 男 2018.01.12 2021-09-01\n"
    assert [value for kind, value in confirmed(text) if kind == "birth-date"] == ["2014-08-14", "2018.01.12"]
    assert not [1 for kind, _ in confirmed(text.replace("出生日期", "签发日期")) if kind == "birth-date"]


def test_a_label_with_blanks_is_read_at_the_begin_of_a_text() -> None:
    data = np.frombuffer("姓 名：陆某某，其他文字其他文字".encode(), dtype=np.uint8)
    assert spaced(data) == [(0, " 姓名".encode())]


def test_a_character_one_form_names_is_still_one_for_the_others() -> None:
    made = grammar()
    steps = {sign: made.steps[:, made.classes[ord(sign)]] for sign in "东林"}
    # 东经: the automata that take any 汉字 (林) take 东 as well.
    assert ((steps["林"] == 0) | (steps["东"] > 0)).all()
    assert ("name", "东*林") in confirmed("姓名：东*林")
