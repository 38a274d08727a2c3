"""What stands right beside a value: escapes left in the text, days that begin with 元, money behind a label."""

from __future__ import annotations

import pytest

from qingyuan.pii import scan
from tests.pii.material import KEY, prose


def _found(text: str) -> list[tuple[str, str, str]]:
    hits = scan([prose([text])], KEY, "a.txt").hits.to_pylist()
    return [(h["kind"], text[h["start"] : h["end"]], h["state"]) for h in hits if h["state"] != "rejected"]


@pytest.mark.parametrize("escape", ["\\n", "\\t", "\\r"])
@pytest.mark.parametrize(
    ("label", "kind", "value"),
    [
        ("imei=", "imei", "863603217636312"),
        ("passport=", "passport", "G59297599"),
        ("tel=", "mobile", "13912345678"),
    ],
)
def test_a_label_begins_behind_an_escape_left_in_the_text(
    escape: str, label: str, kind: str, value: str
) -> None:
    assert _found(f"a=1{escape}{label}{value}{escape}") == [(kind, value, "confirmed")]


def test_a_letter_before_a_label_that_is_no_escape_still_makes_another_word() -> None:
    assert [kind for kind, _, _ in _found("nimei=863603217636312")] == []


@pytest.mark.parametrize("behind", ["元旦前到货", "元宵节后联系", "，谢谢"])
def test_a_day_that_begins_with_the_sign_of_money_is_none(behind: str) -> None:
    assert _found(f"拨打13863270655{behind}") == [("mobile", "13863270655", "confirmed")]


def test_an_amount_without_a_label_is_no_number_of_a_person_and_one_behind_its_label_is() -> None:
    assert _found("共13863270655元") == []
    assert _found("电话：13863270655元") == [("mobile", "13863270655", "confirmed")]
