"""Numbers and labels written character by character are found where they stand."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii import engine, readers
from qingyuan.pii._spaced import spaced
from qingyuan.pii.batch import Bytes
from tests.pii.generator import Maker

KEY = bytes(range(32))


def confirmed(text: str) -> list[tuple[str, str]]:
    hits = engine.scan(readers.read(io.BytesIO(text.encode()), "a.txt"), KEY, "a.txt").hits
    assert hits is not None
    rows = [row for row in hits.to_pylist() if row["state"] == "confirmed" and row["kind"] != "name"]
    return [(row["kind"], text.encode()[row["byte_start"] : row["byte_end"]].decode()) for row in rows]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("电话：1-3-8-0-0-1-3-8-0-0-0。", "mobile", "1-3-8-0-0-1-3-8-0-0-0"),
        ("手机 - 一 三 八 〇 〇 一 三 八 〇 〇 〇，谢谢", "mobile", "一 三 八 〇 〇 一 三 八 〇 〇 〇"),
        ("手机为159九三八三4701。", "mobile", "159九三八三4701"),
        ("宅电为[027]56602844，谢谢", "landline", "[027]56602844"),
        ("请核对，银 行 卡 号：6227009066652413704", "bank-card", "6227009066652413704"),
        ("联 系 电 话051285301332；", "landline", "051285301332"),
    ],
)
def test_a_value_is_found_in_its_place(text: str, kind: str, value: str) -> None:
    assert (kind, value) in confirmed(text)


@pytest.mark.parametrize(
    "text",
    [
        "第1-2-3-4-5-6-7-8-9-10-11页",
        "二 〇 二 六 年 三 月",
        "张 伟：来电",
        "共3三四页",
        "见[012]及[034]号文件",
    ],
)
def test_what_only_looks_so_stays(text: str) -> None:
    assert not spaced(_bytes(text * 3))
    assert not confirmed(text)


def _bytes(text: str) -> Bytes:

    return np.frombuffer(text.encode(), dtype=np.uint8)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.text("一三八〇 1-38手机联系电话：[]0571\n", max_size=60))
def test_nothing_moves(seed: int, around: str) -> None:
    """What is written is as long as what was there, lies within the text and overlaps nothing."""
    text = around + "-".join(Maker(seed).mobile()) + around + "联 系 电 话：" + "[0571]88123456 " + around
    data = _bytes(text)
    end = 0
    for at, new in sorted(spaced(data)):
        assert at >= end, text
        end = at + len(new)
        assert end <= len(data)
        (bytes(data[:at]) + new + bytes(data[end:])).decode()


@pytest.mark.parametrize("after", ["一直打不通，", "陆先生收", "三楼谢谢", "二十元运费"])
def test_a_number_ends_before_a_numeral_of_the_next_word(after: str) -> None:
    assert confirmed(f"请打13800138000{after}") == [("mobile", "13800138000")]
