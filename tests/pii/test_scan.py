"""The compiled pass against the slow reading, and across cells."""

from __future__ import annotations

import base64
import io
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii import engine
from qingyuan.pii._candidates import Candidates, scan_numbers
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._tables import tables
from qingyuan.pii.readers import read
from tests.pii.generator import Maker, luhn_digit
from tests.pii.reference import good_check, numbers_in

SEEDED = Maker(7)
VALUES = (
    [SEEDED.mobile() for _ in range(8)]
    + [SEEDED.resident_id() for _ in range(8)]
    + [SEEDED.resident_id(good=False) for _ in range(4)]
    + [SEEDED.card() for _ in range(8)]
    + [SEEDED.order_number() for _ in range(4)]
    + ["86" + SEEDED.mobile(), "0086" + SEEDED.mobile(), "057187654321", "02087654321", "9501312345678"]
    + ["11010119900101", "110101900101123", "340000000000009", "1700000000000"]
)
PIECES = st.one_of(
    st.sampled_from(VALUES),
    st.text("0123456789", max_size=20),
    st.sampled_from([",", "汉", "a", "字，", "X", ";"]),
)


def scan(text: str) -> list[tuple[int, int, str, int]]:
    """Return ``(start, end, kind, flags)`` with code-point positions."""
    raw = text.encode()
    found = scan_cells_of(raw, [(0, len(raw))])
    return [
        (len(raw[:s].decode()), len(raw[:e].decode()), f.KINDS[k], fl)
        for s, e, k, fl in zip(
            found.start.tolist(), found.end.tolist(), found.kind.tolist(), found.flags.tolist(), strict=True
        )
    ]


def scan_cells_of(raw: bytes, cells: list[tuple[int, int]]) -> Candidates:
    bounds = np.array(cells, dtype=np.int64).reshape(-1, 2)
    data = np.frombuffer(raw, dtype=np.uint8)
    return scan_numbers(data, bounds[:, 0].copy(), bounds[:, 1].copy(), tables())


@settings(max_examples=600, deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join).filter(lambda s: "XX" not in s))
def test_the_pass_finds_what_the_slow_reading_finds(text: str) -> None:
    found = scan(text)
    assert [(s, e, k) for s, e, k, _ in found] == numbers_in(text)
    for s, e, kind, flags in found:
        if kind == "resident-id" and e - s == 18:
            assert bool(flags & f.CHECKED) == good_check(text[s:e])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=3).map("".join), min_size=1, max_size=6))
def test_cells_are_read_as_if_each_stood_alone(cells: list[str]) -> None:
    raw = "".join(cells).encode()
    bounds, at = [], 0
    for cell in cells:
        bounds.append((at, at + len(cell.encode())))
        at = bounds[-1][1]
    together = scan_cells_of(raw, bounds)
    alone = [
        (number, s + bounds[number][0], k, fl)
        for number, cell in enumerate(cells)
        for one in [scan_cells_of(cell.encode(), [(0, len(cell.encode()))])]
        for s, k, fl in zip(one.start.tolist(), one.kind.tolist(), one.flags.tolist(), strict=True)
    ]
    columns = (together.cell, together.start, together.kind, together.flags)
    assert list(zip(*(c.tolist() for c in columns), strict=True)) == alone


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60).map(lambda b: b.decode("utf-8", "replace")))
def test_any_text_is_read_without_stepping_outside(text: str) -> None:
    raw = text.encode()
    found = scan_cells_of(raw, [(0, len(raw))])
    assert all(0 <= s < e <= len(raw) for s, e in zip(found.start.tolist(), found.end.tolist(), strict=True))


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789 -*+()xX×.@a汉", max_size=80))
def test_hits_never_overlap_and_ascend(text: str) -> None:
    found = scan(text)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("电话+86 138-1234-5678。", "+86 138-1234-5678", "mobile"),
        ("0086 138 1234 5678", "0086 138 1234 5678", "mobile"),
        ("１３８１２３４５６７８", "１３８１２３４５６７８", "mobile"),
        ("tel13812345678", "13812345678", "mobile"),
        ("138 12345 678", "138 12345 678", "mobile"),
        ("1381-2345-678", "1381-2345-678", "mobile"),
        ("电话013812345678", "013812345678", "mobile"),
        ("**13812345678**", "13812345678", "mobile"),
        ("13812345678.0", "13812345678", "mobile"),
        ("%E8%AF%9D%3A13812345678", "13812345678", "mobile"),
        ("6222 0200 1234 5678 90" + luhn_digit("622202001234567890"), None, "bank-card"),
        ("138××××1234", "138××××1234", "mobile"),
        ("330***********1234", "330***********1234", "resident-id"),
        ("6222 **** **** 1234", "6222 **** **** 1234", "bank-card"),
        ("**** **** **** 1234", "**** **** **** 1234", "bank-card"),
        ("9501312345678转1234", "9501312345678转1234", "privacy-number"),
        ("13812345678转4321", "13812345678转4321", "privacy-number"),
        ("(0571)88223344", "(0571)88223344", "landline"),
        ("(+86)13812345678", "(+86)13812345678", "mobile"),
        ("电话（+86）13812345678。", "（+86）13812345678", "mobile"),
        ("(86)13812345678", "(86)13812345678", "mobile"),
        ("13812345678@139.com", "13812345678@139.com", "email"),
    ],
)
def test_written_forms_are_found_whole(text: str, value: str | None, kind: str) -> None:
    assert [(text[s:e], k) for s, e, k, _ in scan(text)] == [(value or text, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "d41d8cd98f00b204e9800998ecf8427e",
        "550e8400-e29b-41d4-a716-446655440000",
        "SF1381234567890",
        "a13812345678",
        "P13812345678",
        "0.13812345678",
        "1700000000000",
        "138123456789",
        "400-820-8820",
        "20240101-13812345678",
        "1-138-1234-5678-9",
        "2026-03-11 12:30:00",
        "192.168.138.123",
        "icon@2x.png",
    ],
)
def test_look_alikes_are_not_candidates(text: str) -> None:
    assert scan(text) == []


def test_a_long_line_of_short_numbers_is_read_to_its_end() -> None:
    text = " ".join(str(n % 90 + 10) for n in range(400)) + " 138 1234 5678"
    assert [text[s:e] for s, e, _, _ in scan(text)] == ["138 1234 5678"]


def test_names_in_elements_and_in_the_subject_of_a_mail_are_found() -> None:
    xml = "<users><user><id>1</id><name>张小明</name><phone>13812345678</phone></user></users>".encode()
    subject = base64.b64encode("关于王建国的退款申请".encode()).decode()
    mail = f"From: a@example.com\nTo: b@example.com\nSubject: =?utf-8?b?{subject}?=\nMIME-Version: 1.0\nContent-Type: text/plain\n\nhello\n".encode()
    for name, raw in (("a.xml", b'<?xml version="1.0"?>' + xml), ("a.eml", mail)):
        found = engine.scan(read(io.BytesIO(raw), name), bytes(32), name)
        assert "name" in {h["kind"] for h in found.hits.to_pylist() if h["state"] == "confirmed"}, name
