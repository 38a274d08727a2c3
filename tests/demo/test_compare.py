"""A scanner's hits are held against the truth."""

from __future__ import annotations

from typing import TypedDict

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.demo import DemoError, compare
from tests.demo.conftest import Leak


class Figures(TypedDict):
    kind: str
    masked: bool
    planted: int
    found: int
    true_positives: int
    false_positives: int
    on_decoys: int
    missed: int
    suspected: int
    precision: float | None
    recall: float | None
    f1: float | None


STRINGS = ("file", "member", "place", "column", "kind", "state")
INTEGERS = ("start", "end", "byte_start", "byte_end")
SCHEMA = {s: pa.string() for s in STRINGS} | {i: pa.int64() for i in INTEGERS}


def row(place: str = "line 2", **changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "file": "a.csv",
        "member": None,
        "place": place,
        "column": "电话",
        "start": 0,
        "end": 11,
        "byte_start": None,
        "byte_end": None,
        "kind": "mobile",
        "masked": False,
        "state": "confirmed",
        "decoy": False,
    }
    return base | changes


def table(*rows: dict[str, object]) -> pa.Table:
    names = list(row())
    types = {n: SCHEMA.get(n, pa.bool_()) for n in names}
    return pa.table({n: pa.array([r[n] for r in rows], type=types[n]) for n in names})


def figures(hits: pa.Table, truth: pa.Table) -> dict[tuple[str, bool], Figures]:
    return {(r["kind"], r["masked"]): r for r in compare(hits, truth).to_pylist()}  # type: ignore[misc]


def mobile(hits: list[dict[str, object]], truth: list[dict[str, object]]) -> Figures:
    return figures(table(*hits), table(*truth))["mobile", False]


def test_a_perfect_scanner_misses_nothing_and_is_right_every_time(leak: Leak) -> None:
    truth = pq.read_table(leak.truth.path)
    real = truth.filter(pa.array([not r["decoy"] for r in leak.rows]))
    hits = real.append_column("state", pa.array(["confirmed"] * real.num_rows))
    for figure in figures(hits, truth).values():
        assert figure["true_positives"] == figure["planted"] == figure["found"] > 0
        assert figure["precision"] == figure["recall"] == figure["f1"] == 1.0


def test_decoys_taken_for_real_are_false_positives(leak: Leak) -> None:
    truth = pq.read_table(leak.truth.path)
    hits = truth.append_column("state", pa.array(["confirmed"] * truth.num_rows))
    found = figures(hits, truth)
    decoys = sum(leak.truth.decoys.values())
    assert sum(f["false_positives"] for f in found.values()) == decoys
    assert found["bank-card", False]["on_decoys"] == leak.truth.decoys["order-number-luhn"]
    assert all(f["recall"] == 1.0 for f in found.values())


@settings(deadline=None)
@given(st.data())
def test_recall_is_the_share_of_values_found(data: st.DataObject) -> None:
    planted = [row(f"line {n}") for n in range(2, 40)]
    found = data.draw(st.lists(st.sampled_from(planted), unique_by=lambda r: r["place"]))
    figure = mobile(found, planted)
    assert figure["true_positives"] == len(found)
    assert figure["missed"] == len(planted) - len(found)
    assert figure["recall"] == pytest.approx(len(found) / len(planted))
    assert figure["false_positives"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"place": "line 3"},
        {"member": "b.csv"},
        {"file": "c.csv"},
        {"start": 11, "end": 22},
        {"column": "备注"},
    ],
)
def test_a_hit_elsewhere_is_a_miss_and_a_false_positive(change: dict[str, object]) -> None:
    figure = mobile([row() | change], [row()])
    assert (figure["true_positives"], figure["false_positives"], figure["missed"]) == (0, 1, 1)
    assert figure["on_decoys"] == 0


def test_another_kind_or_masked_form_is_counted_under_its_own_name() -> None:
    found = figures(table(row(kind="landline"), row(masked=True)), table(row()))
    assert found["mobile", False]["missed"] == 1
    assert found["mobile", False]["precision"] is None
    assert found["landline", False]["false_positives"] == found["mobile", True]["false_positives"] == 1
    assert found["landline", False]["recall"] is None


def test_the_path_before_the_file_name_does_not_matter() -> None:
    assert mobile([row(file="/home/case/材料/a.csv")], [row()])["recall"] == 1.0


def test_bytes_decide_when_both_sides_know_them() -> None:
    planted = row(byte_start=100, byte_end=111)
    assert (
        mobile([row(byte_start=100, byte_end=111, start=40, end=51, column=None)], [planted])["recall"] == 1.0
    )
    assert mobile([row(byte_start=200, byte_end=211)], [planted])["recall"] == 0.0


def test_a_value_found_twice_counts_once() -> None:
    figure = mobile([row(), row(start=2)], [row()])
    assert (figure["found"], figure["true_positives"], figure["false_positives"]) == (2, 1, 0)


def test_on_a_page_values_are_matched_by_number() -> None:
    planted = [row("page 1", start=None, end=None, column=None) for _ in range(3)]
    figure = mobile([row("page 1", start=n * 20, end=n * 20 + 11) for n in range(2)], planted)
    assert (figure["true_positives"], figure["missed"], figure["false_positives"]) == (2, 1, 0)
    figure = mobile([row("page 1", start=n * 20, end=n * 20 + 11) for n in range(5)], planted)
    assert (figure["true_positives"], figure["missed"], figure["false_positives"]) == (3, 0, 2)


def test_suspected_hits_are_not_found_but_shown_and_rejected_ones_are_neither() -> None:
    figure = mobile([row(state="suspected"), row("line 3", state="rejected")], [row(), row("line 3")])
    assert (figure["found"], figure["true_positives"], figure["missed"], figure["suspected"]) == (0, 0, 2, 1)


def test_no_hits_at_all_are_all_missed() -> None:
    figure = mobile([], [row()])
    assert (figure["planted"], figure["missed"], figure["recall"]) == (1, 1, 0.0)


def test_a_table_without_the_needed_columns_is_refused_by_name() -> None:
    with pytest.raises(DemoError, match="state") as caught:
        compare(table(row()).drop_columns(["state"]), table(row()))
    assert caught.value.where == "hits"
