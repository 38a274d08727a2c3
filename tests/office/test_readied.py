"""Types are found out before threads use them: msgspec dies when two threads find one out at the same time."""

from __future__ import annotations

import msgspec

from qingyuan.office.readied import ready_types

asked: list[int] = []


def kind() -> type[int]:
    """Return the type of the field below, and count how often it was asked for."""
    asked.append(1)
    return int


class Inner(msgspec.Struct):
    value: kind()  # type: ignore[valid-type]


def test_a_type_that_was_made_ready_is_not_found_out_again() -> None:
    assert ready_types() > 500
    assert asked == [1]
    assert msgspec.json.decode(b'{"value": 3}', type=Inner).value == 3
    assert asked == [1]
