"""Numbers as logs, tables, waybills and pictures write them, and numbers beside words that say they are none."""

from __future__ import annotations

import io

import pytest

from qingyuan.pii import engine, headers, readers
from qingyuan.pii._kernel import flags
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
