"""Numbers of lists, bars, arrows, hidden e-mail addresses, counts and paths in free text: what is found, exactly."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest

from qingyuan.pii import _listing, scan
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


def test_cards_and_dots_are_looked_for_only_at_their_signs_and_are_those_of_the_whole_text() -> None:
    r = random.Random(20261123)
    for _ in range(300):
        parts = []
        for _ in range(12):
            sign = r.choice((".", "_", "/", "~", "\t", "  ", "·", "-", " "))
            groups = [r.choice("3456") + f"{r.randrange(1000):03d}"]
            groups += [f"{r.randrange(10_000):04d}" for _ in range(r.choice((2, 3, 3, 4, 7)))]
            groups.append("12345"[: r.randrange(5)])
            tabs = f"1{r.randrange(100):02d}\t{r.randrange(10_000):04d}\t{r.randrange(10_000):04d}"
            word = r.choice(("tel", "Tel", "MOB", "mobile", "phone", "xtel", "ph", "cell", "fax"))
            dotted = word + "." + r.choice(("", " ", "  ")) + r.choice(("13812345678", "+86", "(0571)", "x"))
            parts.append(
                r.choice(("", " ", "x", ".", "1", "；")) + r.choice((sign.join(groups), tabs, dotted))
            )
        raw = "".join(parts).encode()[r.randrange(6) :]
        data = np.frombuffer(raw, dtype=np.uint8)
        assert _listing._cards(data) == [one.span() for one in _listing._CARD.finditer(raw)]
        assert _listing._short(data) == [one.start(1) for one in _listing._SHORT.finditer(raw)]
