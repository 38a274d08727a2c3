"""Every further kind on generated material with fresh seeds: labelled in text, in columns, among look-alikes."""

from __future__ import annotations

from collections import defaultdict

import pytest

from qingyuan.pii import FileScan, scan
from tests.pii.adversary import Adversary, decoy, prose_lines, rows
from tests.pii.generator import Truth
from tests.pii.material import KEY, prose, table

Span = tuple[str, str, int, int]


def spans(found: FileScan, truth: Truth) -> tuple[dict[str, set[Span]], dict[str, set[Span]], float]:
    """Return clear confirmed spans found and true by kind, and the recall of masked ones."""
    got: dict[str, set[Span]] = defaultdict(set)
    true: dict[str, set[Span]] = defaultdict(set)
    hidden, seen = set(), set()
    for h in found.hits.to_pylist():
        span = (h["place"], h["column"] or "", h["start"], h["end"])
        if h["masked"] and h["state"] != "rejected":
            seen.add((h["kind"], span))
        elif h["state"] == "confirmed":
            got[h["kind"]].add(span)
    for line, column, start, end, kind, masked in truth.spans:
        span = (f"line {line}", column, start, end)
        if masked:
            hidden.add((kind, span))
        else:
            true[kind].add(span)
    return got, true, len(seen & hidden) / max(1, len(hidden))


def check(found: FileScan, truth: Truth) -> None:
    got, true, recall = spans(found, truth)
    scores = {
        kind: 2 * len(got[kind] & true[kind]) / max(1, len(got[kind]) + len(true[kind]))
        for kind in got.keys() | true.keys()
    }
    assert len(true) >= 21
    assert {kind: round(s, 4) for kind, s in scores.items() if s < 0.995} == {}
    assert recall >= 0.99


@pytest.mark.parametrize("seed", [20261, 20262, 20263])
def test_labelled_values_in_text_are_found_exactly(seed: int) -> None:
    lines, truth = prose_lines(seed, 1500)
    check(scan([prose(lines)], KEY, "a.txt"), truth)


@pytest.mark.parametrize("seed", [20264, 20265])
def test_values_of_named_columns_are_found_exactly(seed: int) -> None:
    columns, values, truth = rows(seed, 300)
    check(scan([table(columns, values)], KEY, "a.csv"), truth)


def test_look_alikes_alone_confirm_nothing() -> None:
    m = Adversary(20266)
    lines = [decoy(m) + "。" for _ in range(1500)]
    found = scan([prose(lines)], KEY, "a.txt").hits.to_pylist()
    assert [(h["kind"], h["place"]) for h in found if h["state"] == "confirmed"] == []


def test_a_wrong_check_character_is_never_confirmed() -> None:
    m = Adversary(20267)
    lines = [f"统一社会信用代码：{m.credit_code(good=False)}" for _ in range(300)]
    found = scan([prose(lines), table(["信用代码"], [[x[9:]] for x in lines])], KEY, "a").hits.to_pylist()
    assert {h["state"] for h in found} <= {"rejected"}
