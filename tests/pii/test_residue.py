"""What a masked value still tells."""

from __future__ import annotations

import pytest

from qingyuan.pii.residue import residue


@pytest.mark.parametrize(
    ("kind", "value", "level"),
    [
        ("resident-id", "330***********1234", "with-name"),
        ("resident-id", "33078219900101****", "with-name"),
        ("resident-id", "330782********1234", "with-name"),
        ("resident-id", "3307821990010112**", "alone"),
        ("resident-id", "3****************4", "weak"),
        ("resident-id", "******************", "nobody"),
        ("mobile", "138****1234", "with-name"),
        ("mobile", "138********", "weak"),
        ("bank-card", "622202*********1234", "with-name"),
        ("passport", "E1234****", "weak"),
        ("name", "张*", "weak"),
    ],
)
def test_a_masked_value_is_judged_by_how_many_fit(kind: str, value: str, level: str) -> None:
    assert residue(kind, value).level == level


def test_the_reason_names_the_kind_and_never_the_value() -> None:
    found = residue("mobile", "138****1234")
    assert "手机号码" in found.zh
    assert "去标识化" in found.zh
    assert "1234" not in found.zh + found.en


def test_showing_more_never_makes_more_people_fit() -> None:
    value = "330782199001011234"
    counts = [residue("resident-id", value[:n] + "*" * (18 - n)).fitting for n in range(1, 18)]
    assert counts == sorted(counts, reverse=True)
