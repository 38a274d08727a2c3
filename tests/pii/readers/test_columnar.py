"""Parquet, ORC and Arrow files: columns and nested values with their rows."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather, orc

from tests.pii.readers.fuzz import survives
from tests.pii.readers.reading import codes, places, read

TABLE = pa.table(
    {
        "姓名": pa.array(["张三", "李四", None]),
        "tel": pa.array([13800138000, 13900139000, None], pa.int64()),
        "卡": pa.array([6.2e15, 1.5, None]),
        "货": [
            [{"t": "13700137000", "标签": ["甲", "乙"]}, {"t": "x", "标签": []}],
            None,
            [{"t": "z", "标签": ["丙"]}],
        ],
        "址": [{"city": "北京", "z": {"k": "v1"}}] * 3,
        "m": pa.array([[("手机", "13600136000")], [], None], pa.map_(pa.string(), pa.string())),
        "旧号": [["13500135000", "13400134000"], ["13300133000"], None],
        "b": [b"abc", "王五".encode("gb18030"), b"\xff\x00\x01\x02"],
    }
)


def written(kind: str, table: pa.Table = TABLE, rows: int = 2) -> bytes:
    out = io.BytesIO()
    if kind == "parquet":
        pq.write_table(table, out, row_group_size=rows)
    elif kind == "orc":
        orc.write_table(table, out)
    elif kind == "arrow":
        feather.write_feather(table, out, compression="zstd", chunksize=rows)
    else:
        with pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table, max_chunksize=rows)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["parquet", "orc", "arrow", "arrows"])
def test_values_nested_values_and_rows_are_placed(kind: str) -> None:
    cells, unread = read(written(kind), f"a.{kind}")
    found = places(cells)
    assert found["姓名#1"] == "张三"
    assert found["tel#2"] == "13900139000"
    assert found["卡#1"] == "6200000000000000"
    assert found["址.z.k#3"] == "v1"
    assert found["货[0].t#1"] == "13700137000"
    assert found["货[0].标签[1]#1"] == "乙"
    assert found["货[0].标签[0]#3"] == "丙"
    assert found["m[0].value#1"] == "13600136000"
    assert found["旧号[1]#1"] == "13400134000"
    assert found["旧号[0]#2"] == "13300133000"
    assert found["b#2"] == "王五"
    assert len(found) == len(cells)
    assert codes(unread) == ["binary-values"]
    column = {c.text: (c.table, c.column, c.record) for c in cells}
    assert column["13500135000"] == ("", "旧号[]", 1)
    assert column["张三"][0] == ""
    assert column["z"] == ("货[]", "货[].t", 3)
    assert column["丙"] == ("货[]", "货[].标签[]", 3)


def test_every_kind_of_type_becomes_text() -> None:
    import datetime as dt
    import decimal

    when = dt.datetime.fromisoformat("2026-01-02 03:04:05")
    table = pa.table(
        {
            "a": pa.array([when.date()]),
            "b": pa.array([when]),
            "c": pa.array([decimal.Decimal("13800138000.00")]),
            "d": pa.array(["甲"]).dictionary_encode(),
            "e": pa.array(["乙"], pa.large_string()),
            "f": pa.array(["丙"], pa.string_view()),
            "g": pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array(["丁"])),
            "h": pa.array([[b"x" * 16]], pa.list_(pa.binary(16), 1)),
            "i": pa.array([True]),
            "j": pa.nulls(1),
        }
    )
    cells, unread = read(written("arrows", table), "a")
    assert [c.text for c in cells] == [
        "2026-01-02",
        "2026-01-02 03:04:05.000000",
        "13800138000.00",
        "甲",
        "乙",
        "丙",
        "丁",
        "x" * 16,
    ]
    assert codes(unread) == []


def test_rows_are_numbered_across_row_groups_and_slices() -> None:
    tels = [f"138{k:08d}" for k in range(5000)]
    raw = written("parquet", pa.table({"n": np.arange(5000), "tel": tels}), 1700)
    cells, _ = read(raw, "a.parquet", block_bytes=4096)
    assert [(c.place, c.record) for c in cells if c.column == "tel"] == [
        (f"tel#{k}", k) for k in range(1, 5001)
    ]
    assert [c.text for c in cells if c.column == "tel"] == tels


def test_bytes_that_are_no_utf8_cannot_join_digits() -> None:
    bad = pa.array([b"138\xff00138000"]).view(pa.string())
    cells, _ = read(written("parquet", pa.table({"t": bad})), "a.parquet")
    assert [c.text for c in cells] == ["138\x1a00138000"]


def test_a_dictionary_that_expands_without_end_is_refused_in_bounded_memory() -> None:
    words = pa.DictionaryArray.from_arrays(np.zeros(60_000, np.int32), pa.array(["1380013800" * 1000]))
    raw = written("parquet", pa.table({"t": words, "n": np.arange(60_000)}), 60_000)
    assert len(raw) < 1 << 20
    import tracemalloc

    before = pa.total_allocated_bytes()
    tracemalloc.start()
    _, unread = read(raw, "a.parquet", ratio_from_bytes=1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert codes(unread) == ["archive-ratio"]
    assert peak < 300 << 20
    assert pa.total_allocated_bytes() - before < 300 << 20


@pytest.mark.parametrize("kind", ["parquet", "orc", "arrow", "arrows"])
def test_damaged_files_end_in_cells_or_sentences(kind: str) -> None:
    survives(written(kind), f"a.{kind}")
