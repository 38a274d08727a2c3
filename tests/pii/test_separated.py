"""Numbers of lists, bars, arrows, hidden e-mail addresses, counts and paths in free text: what is found, exactly."""

from __future__ import annotations

import io

import pytest

from qingyuan.pii import scan
from qingyuan.pii.readers import read

ID = "11010519491231002X"


def found(text: str, name: str = "a.txt") -> list[tuple[str, str]]:
    """Return kind and value of everything that is not rejected, with the values cut from the text by the bytes."""
    raw = text.encode()
    rows = scan(read(io.BytesIO(raw), name), bytes(32), name).found.table().to_pylist()
    return [
        (row["kind"], raw[row["byte_start"] : row["byte_end"]].decode())
        for row in rows
        if row["state"] != "rejected"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"1.{ID}", [("resident-id", ID)]),
        ("3.13812345678，请回电", [("mobile", "13812345678")]),
        ("1.13812345678\n2.13987654321", [("mobile", "13812345678"), ("mobile", "13987654321")]),
        ("  12.138****5678", [("mobile", "138****5678")]),
        ("1.13812345678", []),
        ("0.13812345678，请回电", []),
        ("120.13812345678，请回电", []),
        ("生日→1990-03-07", [("birth-date", "1990-03-07")]),
        ("QQ号→3141592653，在线", [("qq", "3141592653")]),
        ("登录密码|Qwe@9769aB\n", [("secret", "Qwe@9769aB")]),
        ("联系 zha●●●@example.com。", [("email", "zha●●●@example.com")]),
        ("联系 ××××8@example.com。", [("email", "××××8@example.com")]),
        ("●●●@例子", []),
        ("累计播放13812345678次", []),
        ("13812345678次日回电", [("mobile", "13812345678")]),
        ("https://a.example.cn/p/13812345678.html", []),
        ("永久居留证号：USA403047184499", [("foreign-permanent-id", "USA403047184499")]),
    ],
)
def test_what_is_written_beside_signs(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_a_table_is_read_as_it_stands() -> None:
    """A decimal of a table is no number of a list, whatever stands in the line before."""
    assert found("值,备注\n1.13812345678,甲\n2.13987654321,乙\n", "a.csv") == []
