"""Groups that are not customary need a word that says what the number is."""

from __future__ import annotations

import io

import pytest

from qingyuan.pii import engine, readers
from tests.pii.generator import Maker
from tests.pii.material import KEY

_CARDS = [Maker(71).card(size) for size in (16, 19)]
_FIVES = [sep.join(card[i : i + 5] for i in range(0, len(card), 5)) for card in _CARDS for sep in " -"]


def confirmed(text: str) -> list[tuple[str, str]]:
    """Return kind and text of what is confirmed in a line."""
    hits = engine.scan(readers.read(io.BytesIO(text.encode()), "a.txt"), KEY, "a.txt").hits.to_pylist()
    return [(hit["kind"], text[hit["start"] : hit["end"]]) for hit in hits if hit["state"] == "confirmed"]


@pytest.mark.parametrize(
    ("kind", "label", "value"),
    [
        *(("bank-card", "银行卡号：", one) for one in _FIVES),
        ("landline", "电话：", "0572-2345-678"),
        ("landline", "固话 ", "0572 2345 678"),
        ("landline", "电话：", "0755-2312-8436-3476"),
    ],
)
def test_a_number_in_odd_groups_is_one_behind_its_label_only(kind: str, label: str, value: str) -> None:
    assert confirmed(f"{label}{value}，请核对") == [(kind, value)]
    assert confirmed(f"尺寸 {value}，请核对") == []


@pytest.mark.parametrize("value", ["0755-2312-8436-3476", "0755-2312-8436", "0755-23128436"])
def test_the_number_of_a_part_is_no_telephone(value: str) -> None:
    assert confirmed(f"零件号{value}") == confirmed(f"料号：{value}") == []
