"""Digits of other scripts, addresses in full-width signs, unusual groups: read, and nothing moves."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.pii import _scripts, scan
from tests.pii.material import KEY, prose, table

#: Ten digits of several scripts, some of two, three and four bytes, some of mixed lengths.
_SCRIPTS = ("٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⓪①②③④⑤⑥⑦⑧⑨", "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉", "๐๑๒๓๔๕๖๗๘๙")


def _said(text: str) -> str:
    """Return a text as the passes see it: without zero-width characters, with plain digits."""
    return unicodedata.normalize("NFKC", text.replace("\u200b", ""))


@given(st.sampled_from(_SCRIPTS), st.text("0123456789", min_size=3, max_size=24), st.text("-中 ", max_size=3))
def test_digits_of_other_scripts_become_plain_ones_in_as_many_bytes(
    script: str, digits: str, aside: str
) -> None:
    text = aside + "".join(script[int(d)] for d in digits) + aside
    before = prose([text])
    after = _scripts.plain(before)
    assert len(after.data) == len(before.data)
    assert _said(after.data.tobytes().decode()).strip("\n") == _said(aside + digits + aside)


@given(st.text(max_size=80))
def test_what_has_no_number_stays(text: str) -> None:
    batch = prose([text.replace("\n", " ")])
    plain = _scripts.plain(batch).data.tobytes()
    assert len(plain) == len(batch.data)
    plain.decode()


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("电话١٣٨٠٠١٣٨٠٠٠，谢谢", "mobile", "١٣٨٠٠١٣٨٠٠٠"),
        ("手机①③⑧⓪⓪①③⑧⓪⓪⓪", "mobile", "①③⑧⓪⓪①③⑧⓪⓪⓪"),
        ("身份证四四零三零八一九九九零一零一零零一二", "resident-id", "四四零三零八一九九九零一零一零零一二"),
        ("座机0571-\u200b87654321", "landline", "0571-\u200b87654321"),
        ("手机138−0013−8000", "mobile", "138−0013−8000"),
        ("邮箱zhang＠example.com。", "email", "zhang＠example.com"),
        ("发到ｌｉ．１＠ｅｘａｍｐｌｅ．ｃｏｍ吧", "email", "ｌｉ．１＠ｅｘａｍｐｌｅ．ｃｏｍ"),
        ("银行卡：6222.0212.3456.7890.128", "bank-card", "6222.0212.3456.7890.128"),
        ("Tel.139-305-28502", "mobile", "139-305-28502"),
        ("固话+86-571-87654321", "landline", "86-571-87654321"),
        ("名单：1.13812345678，2.13912345679", "mobile", "13912345679"),
    ],
)
def test_numbers_in_other_clothes_are_found_where_they_stand(text: str, kind: str, value: str) -> None:
    hits = scan([prose([text])], KEY, "a.txt").hits.to_pylist()
    assert (kind, value) in [
        (h["kind"], text[h["start"] : h["end"]]) for h in hits if h["state"] == "confirmed"
    ]


def test_a_number_in_another_script_is_the_same_number() -> None:
    rows = [["13800138000"], ["𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎"], ["１３８００１３８０００"]]
    hits = scan([table(["手机"], rows)], KEY, "a.csv").hits.to_pylist()
    assert len(hits) == len(rows)
    assert len({h["token"] for h in hits}) == 1


@pytest.mark.parametrize(
    "text", ["成都①②③环路", "面积30m²，2³=8", "二〇二四年一月", "比例1.13812345678", "圆周率3.14159265358"]
)
def test_lists_powers_years_and_decimals_are_no_numbers(text: str) -> None:
    assert not [h for h in scan([prose([text])], KEY, "a.txt").hits.to_pylist() if h["state"] == "confirmed"]


def test_where_a_block_ends_makes_no_difference() -> None:
    number = "١٣٨٠٠١٣٨٠٠٠"
    for pad in range(60, 70):
        data = ("a" * pad + number).encode()
        batch = prose(["x"])
        batch = replace(
            batch, data=np.frombuffer(data, np.uint8), starts=np.array([0]), ends=np.array([len(data)])
        )
        assert _said(_scripts.plain(batch).data.tobytes().decode()) == "a" * pad + "13800138000"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("%E6%B5%99G12345", "浙G12345"),
        ("%e6%b5%99G%c2%b7G26207", "浙GG26207"),
        ("%E7%B2%A4Z%E2%80%A21234%E6%B8%AF", "粤Z1234港"),
        ("%E7%B2%A4B%201234%E5%AD%A6", "粤B1234学"),
        ("zhang%40example.com", "zhang@example.com"),
    ],
)
def test_escaped_values_of_addresses_are_the_plain_ones_from_escape_to_escape(value: str, plain: str) -> None:
    text = f"GET https://a.cn/x?n=%E5%BC%A0&carNo={value}&t=1 200"
    batch = prose([text, f"carNo={plain}"])
    result = scan([batch], KEY, "a.log")
    hits = [h for h in result.hits.to_pylist() if h["kind"] in ("plate", "email")]
    assert [h["state"] for h in hits] == ["confirmed"] * 2
    assert text[hits[0]["start"] : hits[0]["end"]] == value
    assert hits[0]["token"] == hits[1]["token"]


def test_chinese_numerals_are_read_in_tables_too() -> None:
    number = "四四零三零八一九九九零一零一零零一二"
    for before in range(40):
        hits = scan(
            [table(["备注" + "甲" * before, "身份证"], [["乙" * before, number]])], KEY, "a.json"
        ).hits.to_pylist()
        assert [h["kind"] for h in hits] == ["resident-id"]


def test_an_id_of_a_year_to_come_is_suspected_at_most() -> None:
    def identity(year: int) -> str:
        body = f"110105{year}0101001"
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        return body + "10X98765432"[sum(w * int(c) for w, c in zip(weights, body, strict=True)) % 11]

    year = dt.datetime.now(tz=dt.UTC).year
    states = []
    for born in (year, year + 2, year + 9):
        value = identity(born)
        made = [
            prose([f"身份证号：{value}，"]),
            prose([f"看到{value}，"]),
            table(["身份证号", "甲"], [[value, "乙"]]),
        ]
        hits = [scan([batch], KEY, "a").hits.to_pylist() for batch in made]
        states.append([h["state"] for found in hits for h in found if h["kind"] == "resident-id"])
    assert states == [["confirmed"] * 3, *[["suspected", "rejected", "suspected"]] * 2]
