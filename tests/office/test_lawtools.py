"""Places by the names people use, on days when they bore them no more."""

from __future__ import annotations

from datetime import date

import pytest

from qingyuan.law import load
from qingyuan.office.errors import OfficeError
from qingyuan.office.lawtools import code_of


@pytest.mark.parametrize(
    ("name", "on", "code"),
    [
        ("江干区", date(2021, 4, 8), "330104"),  # its last day
        ("杭州市江干区", date(2021, 7, 5), "330104"),  # abolished: what asks with it follows it
        ("错那县", date(2024, 3, 1), "540530"),  # the newest of two codes, both now 540581
        ("崇川区", date(2022, 5, 1), "320613"),  # the name lives on under another code
    ],
)
def test_an_abolished_division_is_found_by_its_name(name: str, on: date, code: str) -> None:
    assert code_of(load(), name, on, "--harm") == code


def test_a_name_that_never_was_is_refused_where_it_was_given() -> None:
    with pytest.raises(OfficeError) as caught:
        code_of(load(), "不存在县", date(2022, 5, 1), "--harm")
    assert caught.value.code == "office.no-such-division"
    assert "--harm" in (caught.value.where or "")
