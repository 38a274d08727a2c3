"""An OCSP answer with a changed byte says nothing, whoever made the package whole again around it.

``python -m tests.evidence.verify_page.answers`` changes everything.
"""

from __future__ import annotations

import random

import pytest

from tests.evidence.verify_page.answers import (
    ANSWERS,
    Packages,
    at_the_door,
    believed,
    every_bit,
    every_byte,
)
from tests.evidence.verify_page.node import Node

#: What no signature covers comes first: status, type and lengths around the signed answer.
_OUTSIDE = 45


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_with_a_changed_byte_is_believed_by_nobody(name: str, node: Node) -> None:
    data, chance, packages = ANSWERS[name], random.Random(26), Packages()
    places = chance.sample([*every_byte(data)], 12)
    for judge in (at_the_door, packages.by_program, packages.by_page(node)):
        assert believed(data, places, judge) == []


@pytest.mark.parametrize("name", ["by the issuer", "bare"])
def test_what_stands_around_a_signed_answer_is_written_in_one_way(name: str) -> None:
    data = ANSWERS[name]
    around = [place for place in every_bit(data) if place[0] < 8]
    around += random.Random(26).sample([place for place in every_bit(data) if place[0] < _OUTSIDE], 24)
    assert believed(data, around, at_the_door) == []
