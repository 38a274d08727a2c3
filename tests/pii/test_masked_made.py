"""Masked values of every kind, whatever sign hides them, against generated sentences with their truth."""

from __future__ import annotations

import pytest

from qingyuan.pii import scan
from tests.pii.masked_made import LABELS, masked
from tests.pii.material import KEY, prose


@pytest.mark.parametrize("kind", LABELS)
def test_masked_values_are_found_as_masked(kind: str) -> None:
    made = masked(3103, kind, 600)
    hits = scan([prose([m.text for m in made])], KEY, "a.txt").hits.to_pylist()
    found = {
        (h["place"], max(h["start"], m.start), min(h["end"], m.end))
        for h in hits
        for m in [made[int(h["place"].split()[1]) - 1]]
        if h["kind"] == kind and h["masked"] and h["state"] != "rejected"
    }
    seen = {
        place
        for place, a, b in found
        for m in [made[int(place.split()[1]) - 1]]
        if b - a >= 0.8 * (m.end - m.start)
    }
    missed = [m.text for i, m in enumerate(made, start=1) if f"line {i}" not in seen]
    assert len(missed) <= 0.01 * len(made), missed[:8]
