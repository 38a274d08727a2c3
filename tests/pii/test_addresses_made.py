"""Addresses of every county in many styles, against generated sentences with their truth."""

from __future__ import annotations

import random

from qingyuan.pii import parse_address, scan
from tests.pii.addresses_made import address, sentence
from tests.pii.material import KEY, prose


def test_addresses_stand_where_they_stand_to_the_character() -> None:
    r = random.Random(5107)
    made = [sentence(r) for _ in range(900)]
    hits = scan([prose([text for text, _, _ in made])], KEY, "a.txt").hits.to_pylist()
    found = {(h["place"], h["start"], h["end"]) for h in hits if h["kind"] == "address"}
    true = {(f"line {n}", a, z) for n, (_, a, z) in enumerate(made, start=1)}
    assert 2 * len(found & true) / (len(found) + len(true)) >= 0.95


def test_province_city_and_county_are_told() -> None:
    r = random.Random(5108)
    made = [address(r) for _ in range(900)]
    wrong = [
        text
        for text, county in made
        if parse_address(text)[:3] != (county.province, county.city, county.name)
    ]
    assert len(wrong) <= 0.015 * len(made), wrong[:8]
