"""Tables cut into parts: however they are cut, the counts are those of the whole."""

from __future__ import annotations

import itertools
import pickle
import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii import (
    FileScan,
    Partial,
    PiiError,
    Unread,
    assemble,
    finish,
    judge,
    merge,
    merge_outlines,
    scan,
    scan_batch,
    scan_part,
)
from qingyuan.pii.partial import SAMPLE, sample
from tests.pii.generator import Maker, waybill_rows
from tests.pii.material import KEY, table

COLUMNS, ROWS, _ = waybill_rows(31, 240)


def chaos(seed: int, count: int) -> tuple[list[str], list[list[str]]]:
    """Return a table in which any kind of value stands in any column, named or not."""
    maker, r = Maker(seed), random.Random(seed)
    columns = ["姓名", "手机号", "备注", "", "收货地址", "联系人电话", "卡号", ""]
    phones = [maker.mobile() for _ in range(20)]
    cards = [maker.card() for _ in range(20)]
    rows = []
    for _ in range(count):
        values = [
            maker.name(), r.choice(phones), r.choice(cards), maker.resident_id(), "", maker.digits(r.randint(1, 20)),
            r.choice(phones)[:3] + "****" + maker.digits(4), "*******" + maker.digits(4),
            "电话：" + r.choice(phones) + " 姓名：" + maker.name(), "浙江省杭州市西湖区文三路12号",
        ]  # fmt: skip
        rows.append([r.choice(values) for _ in columns[:-1]] + [maker.name()])
    return columns, rows


def facts(found: FileScan) -> list[object]:
    """Return all that must not depend on how a table was cut."""
    whole = merge([found])
    tallies = [(t.member, t.kind, t.state, t.masked, t.count, t.distinct) for t in found.tallies]
    examples = [[e.excerpt for e in t.examples] for t in found.tallies]
    return [
        found.kinds, found.columns, found.records, whole.persons, whole.readings, tallies, examples, found.bytes,
        found.cells,
    ]  # fmt: skip


def whole_of(parts: list[Partial]) -> FileScan:
    """Return the scan of parts that went through pickle on every way."""
    parts = pickle.loads(pickle.dumps(parts))
    decisions = pickle.loads(pickle.dumps(judge(merge_outlines(p.outline for p in parts))))
    return assemble(
        "a.csv", decisions, pickle.loads(pickle.dumps([finish(p, decisions, "a.csv") for p in parts]))
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 240), max_size=12), st.sampled_from(["waybills", "chaos", "nameless"]))
def test_a_table_cut_anywhere_counts_as_one(cuts: list[int], what: str) -> None:
    columns, rows = chaos(5, 240) if what == "chaos" else (COLUMNS, ROWS)
    columns = [""] * len(columns) if what == "nameless" else columns
    at = [0, *sorted(cuts), 240]
    parts = [
        scan_part([table(columns, rows[a:b], first=a + 1)] if b > a else [], KEY, hits=True, before=a)
        for a, b in itertools.pairwise(at)
    ]
    once = scan([table(columns, rows)], KEY, "a.csv")
    several = whole_of(parts)
    assert facts(several) == facts(once)
    drop = ["byte_start", "byte_end"]
    assert several.hits.drop_columns(drop).to_pylist() == once.hits.drop_columns(drop).to_pylist()


@pytest.mark.parametrize("cut", [1, 7, 100, 1000])
def test_arrow_batches_count_as_the_table(cut: int) -> None:
    columns, rows = chaos(6, 300)
    arrays = [pa.array([row[n] for row in rows]) for n in range(len(columns))]
    batch = pa.RecordBatch.from_arrays(arrays, names=columns)
    parts = [scan_batch(batch.slice(a, cut), KEY, first=a + 1, hits=True) for a in range(0, 300, cut)]
    found = whole_of(parts)
    once = scan([table(columns, rows)], KEY, "a.csv")
    assert facts(found)[:6] == facts(once)[:6]
    if cut == 1000:
        places = {(h["column"], h["place"], h["record"]) for h in found.hits.to_pylist()}
        assert ("手机号", f"手机号#{rows.index(next(r for r in rows if r[1])) + 1}") in {
            p[:2] for p in places
        }
        key = ["record", "column", "start", "end", "kind", "state", "token", "reason", "masked"]
        rows_found, rows_once = (sorted(map(repr, f.hits.select(key).to_pylist())) for f in (found, once))
        assert rows_found == rows_once


def test_every_form_of_arrow_text_is_read() -> None:
    values = ["13800138000", None, "", "收件人13900139000", "x"]
    forms: list[Any] = [pa.array(values, kind) for kind in (pa.string(), pa.large_string(), pa.string_view())]
    forms += [forms[0].dictionary_encode(), pa.array(["?"] * 2 + values)[2:]]
    rows = pa.array([0, None, 1, 2, 3], pa.int32())
    words = pa.array(["13800138000", None, "收件人13900139000", "x"], pa.string_view())
    forms.append(pa.DictionaryArray.from_arrays(rows, words))
    forms.append(pa.DictionaryArray.from_arrays(pa.concat_arrays([rows[:2], rows]), words)[2:])
    forms.append(
        pa.RunEndEncodedArray.from_arrays(pa.array([1, 3, 4, 5], pa.int32()), words.cast(pa.string()))
    )
    forms.append(pa.ExtensionArray.from_storage(pa.json_(), forms[0]))
    for form in forms:
        batch = pa.RecordBatch.from_arrays([form, pa.array(range(5))], names=["手机", "n"])
        found = whole_of([scan_batch(batch, KEY, hits=True)])
        assert [h["place"] for h in found.hits.to_pylist()] == ["手机#1", "手机#4"]
        assert found.records.total == 5


def test_columns_of_other_types_are_passed_by() -> None:
    numbers = [13800138000] * 3
    others: list[Any] = [
        pa.nulls(3), pa.array([{"t": "13800138000"}] * 3), pa.array([["13800138000"]] * 3), pa.array(numbers),
        pa.array([b"13800138000"] * 3), pa.array(numbers).cast(pa.timestamp("us", "UTC")), pa.array([True] * 3),
        pa.RunEndEncodedArray.from_arrays(pa.array([3], pa.int32()), pa.array([1])), pa.array(numbers).dictionary_encode(),
    ]  # fmt: skip
    for other in others:
        batch = pa.RecordBatch.from_arrays([other, pa.array(["13900139000"] * 3)], names=["a", "手机"])
        found = whole_of([scan_batch(batch, KEY, hits=True)])
        assert [h["place"] for h in found.hits.to_pylist()] == ["手机#1", "手机#2", "手机#3"]


def test_rows_out_of_order_count_the_same() -> None:
    columns, rows = chaos(9, 150)
    part = scan_part([table(columns, rows)], KEY)
    decisions = judge(part.outline)
    shuffled = np.random.default_rng(9).permutation(len(part))
    mixed = Partial(
        part.outline, part.group[shuffled], part.record[shuffled], part.key[shuffled], part.chunks
    )
    one, other = (assemble("a.csv", decisions, [finish(p, decisions)]) for p in (part, mixed))
    assert facts(other) == facts(one)


def test_text_that_is_no_utf8_is_read_around_the_damage() -> None:
    raw = [b"13800138000", b"\xed\xa0\x80 13900139000", b"\xe6\xb1", b"1380013\xff8000", b"13700137000\x00"]
    column = pa.array(raw, pa.binary()).view(pa.string())
    found = whole_of([scan_batch(pa.RecordBatch.from_arrays([column], names=["t"]), KEY, hits=True)])
    assert [h["place"] for h in found.hits.to_pylist()] == ["t#1", "t#2", "t#5"]


def test_a_batch_without_text_has_records() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([1, 2, 3])], names=["n"])
    assert whole_of([scan_batch(batch, KEY)]).records.total == 3
    assert whole_of([scan_batch(batch.slice(0, 0), KEY)]).records.total == 0


def test_hits_that_were_not_kept_are_not_none_found() -> None:
    found = scan([table(COLUMNS, ROWS)], KEY, "a.csv", hits=False)
    assert facts(found) == facts(scan([table(COLUMNS, ROWS)], KEY, "a.csv"))
    for one in (found, pickle.loads(pickle.dumps(found)), whole_of([scan_part([table(COLUMNS, ROWS)], KEY)])):
        with pytest.raises(PiiError, match="hits"):
            _ = one.hits


def test_what_was_not_read_is_told_of_every_part() -> None:
    gone = [
        Unread("x", "encrypted", "已加密", "encrypted", "", ""),
        Unread("y", "damaged", "损坏", "damaged", "", ""),
    ]
    assert whole_of([scan_part([one], KEY) for one in gone]).unread == tuple(gone)


def test_nothing_in_clear_is_in_a_part() -> None:
    maker = Maker(12)
    values = [(maker.resident_id(), maker.mobile(), maker.card()) for _ in range(50)]
    part = scan_part([table(["身份证号", "手机", "卡号"], [list(v) for v in values])], KEY, hits=True)
    raw = pickle.dumps([part, finish(part, judge(part.outline))])
    numbers = set(part.key.tolist())
    for row in values:
        for value in row:
            assert value.encode() not in raw
            digits = int(value.rstrip("X"))
            assert digits not in numbers
            assert digits.to_bytes(8, "little") not in raw


def test_a_sample_does_not_depend_on_the_cut() -> None:
    keys = np.random.default_rng(3).integers(1, 5000, 20000).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    whole = sample(keys)
    few = sample(np.tile(keys[:10], 2000))
    assert len(whole.keys) == SAMPLE
    assert whole.variety == pytest.approx(0.95, abs=0.02)
    assert few.variety == pytest.approx(10 / SAMPLE, abs=0.001)
    assert sample(keys[:100]).variety == len(set(keys[:100].tolist())) / 100
    assert sample(keys[:0]).variety == 1.0
