"""Tables laid out like forms: the label of a value is the cell before it."""

from __future__ import annotations

import io

import pytest

from qingyuan.pii import scan
from qingyuan.pii.labelwords import exact, form, like
from qingyuan.pii.readers import read
from tests.pii.material import KEY

_PAIRS = "客户名称,李建国,联系电话,13912345678\n微信号,abcdefg12,性别,男\n"
_COLUMN = "姓名,李建国\n手机,13912345678\n微信号,abcdefg12\n"


def _found(name: str, text: str) -> list[tuple[str, str]]:
    file = scan(read(io.BytesIO(text.encode()), name), KEY, name)
    hits = [h for h in file.hits.to_pylist() if h["state"] == "confirmed"]
    raw = text.encode()
    return [
        (h["kind"], raw[h["byte_start"] : h["byte_end"]].decode() if h["byte_start"] is not None else "")
        for h in hits
    ]


@pytest.mark.parametrize("text", [_PAIRS, _COLUMN])
def test_the_cell_before_a_value_tells_what_it_is(text: str) -> None:
    assert sorted(_found("a.csv", text)) == [
        ("mobile", "13912345678"), ("name", "李建国"), ("wechat", "abcdefg12"),
    ]  # fmt: skip


def test_a_table_of_markup_laid_out_like_a_form_is_read_as_one() -> None:
    cells = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in line.split(",")) + "</tr>"
        for line in _PAIRS.splitlines()
    )
    found = _found("a.html", f"<table>{cells}</table>")
    assert sorted(kind for kind, _ in found) == ["mobile", "name", "wechat"]


def test_ways_to_pay_are_no_labels_of_the_numbers_behind_them() -> None:
    ways = ("微信", "支付宝", "现金")
    lines = "".join(f"{20 + n},{ways[n % 3]},abcde{n:03}xy,{n}.50\n" for n in range(30))
    assert _found("a.csv", lines) == []


def test_labels_are_whole_cells_and_headers_are_no_forms() -> None:
    assert exact("姓 名：")
    assert like("开户账号")
    assert not like("请打电话给我们的客服人员")
    assert not like("李建国")
    assert form([["姓名", "李建国"], ["电话", "13912345678"]])
    assert not form([["姓名", "电话"], ["李建国", "13912345678"]])
    assert not form([["姓名", "单位"], ["李建国", "某局"]])
