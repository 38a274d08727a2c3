"""What templates make of values."""

from __future__ import annotations

import pytest

from qingyuan.web.pages import parted


@pytest.mark.parametrize(
    ("place", "steps", "rest"),
    [
        ("line 22 $.sender.name", [("line", "22")], "sender.name"),
        ("page 3 row 7", [("page", "3"), ("row", "7")], ""),
        ("slide 2 notes", [("slide", "2")], "notes"),
        ("$[].tel", [], "[].tel"),
        ("$", [], ""),
        ("line up", [], "line up"),
        ("Sheet1!B3", [], "Sheet1!B3"),
        ("Sheet line 3", [], "Sheet line 3"),
    ],
)
def test_a_place_is_parted_into_its_steps_and_the_rest(
    place: str, steps: list[tuple[str, str]], rest: str
) -> None:
    assert parted(place) == (steps, rest)
