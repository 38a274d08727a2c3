"""The whole engine on generated material: accuracy, places, nothing in clear, same bytes again."""

from __future__ import annotations

import json
import pickle
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from qingyuan.findings import Provision, State, to_jsonl
from qingyuan.pii import FileScan, PiiError, Unread, merge, scan, to_findings, write_hits
from qingyuan.pii.hits import SCHEMA
from qingyuan.pii.tokens import Tokenizer
from tests.pii.generator import Maker, Truth, prose_lines, waybill_rows
from tests.pii.material import KEY, prose, table

Span = tuple[str, str, int, int]


def scores(found: FileScan, truth: Truth) -> dict[tuple[str, bool], float]:
    """Return F1 by kind and form, exact spans, confirmed hits only."""
    got: dict[tuple[str, bool], set[Span]] = defaultdict(set)
    true: dict[tuple[str, bool], set[Span]] = defaultdict(set)
    for h in found.hits.to_pylist():
        if h["state"] == "confirmed":
            got[h["kind"], h["masked"]].add((h["place"], h["column"] or "", h["start"], h["end"]))
    for line, column, start, end, kind, masked in truth.spans:
        true[kind, masked].add((f"line {line}", column, start, end))
    return {k: 2 * len(got[k] & true[k]) / (len(got[k]) + len(true[k])) for k in true}


@pytest.mark.parametrize("seed", [101, 202, 303])
def test_numbers_in_free_text_are_found_exactly(seed: int) -> None:
    lines, truth = prose_lines(seed, 1500)
    by_kind = scores(scan([prose(lines)], KEY, "a.txt"), truth)
    assert len(by_kind) == 6
    assert min(by_kind.values()) >= 0.98, by_kind


@pytest.mark.parametrize("seed", [404, 505])
def test_values_of_a_waybill_table_are_found_exactly(seed: int) -> None:
    columns, rows, truth = waybill_rows(seed, 600)
    by_kind = scores(scan([table(columns, rows)], KEY, "a.csv"), truth)
    assert len(by_kind) == 10
    assert min(by_kind.values()) >= 0.98, by_kind


@pytest.mark.parametrize("seed", [606, 707])
def test_columns_without_names_are_told_by_their_values(seed: int) -> None:
    columns, rows, truth = waybill_rows(seed, 600, masked_share=0.0)
    truth.spans = [
        s for s in truth.spans if s[4] in ("mobile", "resident-id", "bank-card", "name", "address")
    ]
    truth.spans = [(line, "", s, e, kind, m) for line, _, s, e, kind, m in truth.spans]
    by_kind = scores(scan([table([""] * len(columns), rows)], KEY, "a.csv"), truth)
    assert min(by_kind.values()) >= 0.98, by_kind


def test_no_order_number_is_confirmed() -> None:
    maker = Maker(9)
    rows = [[maker.order_number(), f"1{maker.digits(10)}", "13" + maker.digits(9)] for _ in range(500)]
    found = scan([table(["订单号", "流水号", "order_no"], rows)], KEY, "a.csv")
    assert {h["state"] for h in found.hits.to_pylist()} == {"rejected"}
    assert found.tallies == ()
    nameless = scan(
        [table(["", "x", "y"], [[maker.digits(19), maker.digits(16), maker.digits(11)] for _ in range(800)])],
        KEY,
        "b.csv",
    )
    assert nameless.hits.num_rows > 0
    assert "confirmed" not in {h["state"] for h in nameless.hits.to_pylist()}


def test_an_identity_number_with_a_wrong_check_digit_is_never_confirmed() -> None:
    maker = Maker(10)
    rows = [[maker.resident_id(good=False)] for _ in range(200)]
    found = scan([table(["身份证号"], rows), prose(["身份证号：" + r[0] for r in rows])], KEY, "a")
    assert {(h["state"], h["reason"]) for h in found.hits.to_pylist()} == {("rejected", "bad-check-digit")}


def test_batches_of_one_table_are_judged_together() -> None:
    columns, rows, _ = waybill_rows(11, 200)
    once = scan([table(columns, rows)], KEY, "a.csv")
    parts = [table(columns, rows[i : i + 30], first=i + 1) for i in range(0, 200, 30)]
    pieces = scan(parts, KEY, "a.csv")
    drop = ["byte_start", "byte_end"]
    assert once.hits.drop_columns(drop).to_pylist() == pieces.hits.drop_columns(drop).to_pylist()
    assert once.kinds == pieces.kinds
    assert once.columns == pieces.columns


def test_offsets_lead_back_to_the_value() -> None:
    lines, _ = prose_lines(12, 200)
    raw = ("\n".join(lines) + "\n").encode()
    for h in scan([prose(lines)], KEY, "a.txt").hits.to_pylist():
        line = lines[int(h["place"].removeprefix("line ")) - 1]
        value = line[h["start"] : h["end"]]
        assert raw[h["byte_start"] : h["byte_end"]].decode() == value
        assert h["token"] == (None if h["masked"] else Tokenizer(KEY).token(h["kind"], value))


def test_nothing_leaves_in_clear(tmp_path: Path) -> None:
    columns, rows, truth = waybill_rows(13, 120)
    lines, spans = prose_lines(13, 120)
    found = scan([table(columns, rows), prose(lines, member="notes.txt")], KEY, "a.zip")
    write_hits(tmp_path / "h.jsonl", [found.hits])
    findings = to_findings(found, "X0000000000000000")
    out = to_jsonl(findings).decode() + (tmp_path / "h.jsonl").read_text("utf-8") + repr(found.tallies)
    values = [
        rows[line - 2][columns.index(c)] for line, c, _, _, kind, m in truth.spans if not m and kind != "name"
    ]
    values += [lines[line - 1][s:e] for line, _, s, e, _, m in spans.spans if not m]
    assert len(values) > 300
    assert [v for v in values if v in out] == []
    names = {
        rows[line - 2][columns.index(c)] for line, c, _, _, kind, m in truth.spans if kind == "name" and not m
    }
    assert [n for n in names if f'"{n}"' in out or f"'{n}'" in out] == []


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    columns, rows, _ = waybill_rows(14, 60)
    for name in ("a", "b"):
        write_hits(tmp_path / f"{name}.jsonl", [scan([table(columns, rows)], KEY, "a.csv").hits])
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_both_files_hold_the_same_rows(tmp_path: Path) -> None:
    columns, rows, _ = waybill_rows(15, 60)
    found = scan([table(columns, rows, member='in"ner\\名.csv'), prose(["电话13800138000"])], KEY, "a.zip")
    assert write_hits(tmp_path / "h.parquet", [found.hits, found.hits]) == 2 * found.hits.num_rows
    write_hits(tmp_path / "h.jsonl", [found.hits, found.hits])
    parquet = pq.read_table(tmp_path / "h.parquet")
    assert parquet.schema.equals(SCHEMA)
    lines = [json.loads(line) for line in (tmp_path / "h.jsonl").read_text("utf-8").splitlines()]
    assert parquet.to_pylist() == lines
    assert list(lines[0]) == SCHEMA.names


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PiiError, match=r"\.csv"):
        write_hits(tmp_path / "h.csv", [])


def test_findings_name_place_provision_and_refutation() -> None:
    columns, rows, _ = waybill_rows(16, 60)
    found = scan([table(columns, rows)], KEY, "a.csv")
    other = Provision(rule="pipl-definition", law="示例法", article="第一条", verified=True)
    findings = to_findings(found, "X0123456789abcdef", {"pipl-definition": other})
    assert {x.rule for x in findings} >= {"mobile", "resident-id", "bank-card", "name", "address"}
    for x in findings:
        assert 1 <= len(x.examples) <= 3
        assert x.refuted_by_zh
        assert x.state == (State.LEAD if x.distinct is not None else State.TO_VERIFY)
        assert x.count >= len(x.examples)
        if x.rule == "mobile":
            assert x.provisions[0] == other
    assert sum(x.count for x in findings) == sum(h["state"] != "rejected" for h in found.hits.to_pylist())


def test_results_travel_between_processes_and_add_up() -> None:
    columns, rows, _ = waybill_rows(17, 80)
    gone = Unread("x.bin", "encrypted", "已加密", "encrypted", "", "")
    one = pickle.loads(pickle.dumps(scan([table(columns, rows), gone], KEY, "a.csv")))
    two = scan([table(columns, rows)], KEY, "b.csv")
    both = merge([one, two])
    assert both.unread == (("a.csv", gone),)
    assert both.kinds["mobile"].confirmed == 2 * two.kinds["mobile"].confirmed
    assert both.persons.distinct == merge([two]).persons.distinct
    assert both.readings[0].raw == 2 * merge([two]).readings[0].raw
    assert both.readings[0].important == merge([two]).readings[0].important
    assert both.records.total == 160


def test_an_empty_file_gives_an_empty_result() -> None:
    found = scan([], KEY, "a.txt")
    assert found.hits.num_rows == 0
    assert to_findings(found) == []
    assert merge([found]).persons.distinct == 0
    assert merge([]).readings[0].raw == 0
