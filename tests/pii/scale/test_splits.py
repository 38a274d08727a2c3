"""A file read in parts gives the cells, lines, records and offsets of the file read at once."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers import Limits, read
from qingyuan.pii.scale.splits import plan_splits, read_split
from tests.pii.generator import Maker

Cell = tuple[str, int, int, str, int]
LIMITS = Limits(block_bytes=1 << 10)


def cells(parts: Iterable[Batch | Unread]) -> list[Cell]:
    out = []
    for batch in parts:
        assert isinstance(batch, Batch)
        numbers = np.arange(len(batch))
        places = batch.places(numbers).to_pylist()
        offsets = batch.byte_offsets(batch.starts)
        assert offsets is not None
        for n in range(len(batch)):
            value = batch.data[batch.starts[n] : batch.ends[n]].tobytes().decode()
            out.append((value, int(batch.column[n]), int(batch.record[n]), str(places[n]), int(offsets[n])))
    return out


def check(data: bytes, name: str, *, parts: int = 2, part_bytes: int = 2000) -> None:
    splits = plan_splits(io.BytesIO(data), name, LIMITS, part_bytes)
    assert len(splits) >= parts
    assert [s.start for s in splits[1:]] == [s.end for s in splits[:-1]]
    assert splits[-1].end == len(data)
    whole = cells(read(io.BytesIO(data), name, LIMITS))
    found: list[Cell] = []
    for split in splits:
        part = cells(read_split(io.BytesIO(data), name, split, LIMITS))
        assert max((c[2] for c in found), default=0) == split.before
        found += part
    assert found == whole


def table(rows: int, *, quoted: bool, end: str = "\n", seed: int = 5) -> str:
    maker, r = Maker(seed), random.Random(seed)
    lines = ["姓名,手机号,备注"]
    for _ in range(rows):
        note = r.choice(['"多行\n备注，含""引号"""', '"a,b"', "无"]) if quoted else "无"
        lines.append(f"{maker.name()},{maker.mobile()},{note}")
        if r.random() < 0.05:
            lines.append("")
    return end.join(lines) + end


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("quoted", [False, True])
def test_a_table_in_parts_is_the_table(encoding: str, quoted: bool) -> None:
    check(table(400, quoted=quoted).encode(encoding), "a.csv", parts=3)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_other_systems_are_counted(end: str) -> None:
    check(table(300, quoted=False, end=end).encode(), "a.csv")


def test_a_table_without_a_header_and_without_a_last_line_end() -> None:
    maker = Maker(6)
    data = "\n".join(f"{maker.name()},{maker.mobile()},{maker.digits(4)}" for _ in range(400)).encode()
    check(data, "a.csv", parts=3)


def test_free_text_in_parts_is_the_text() -> None:
    maker = Maker(7)
    lines = [f"第{n}行，电话{maker.mobile()}。" if n % 7 else "" for n in range(600)]
    check("\n".join(lines).encode(), "a.txt", parts=3)


def test_a_text_that_is_ascii_for_long_is_read_in_its_encoding() -> None:
    maker = Maker(8)
    head = "name,tel,note\n" + "".join(f"x,{maker.mobile()},y\n" for _ in range(300))
    data = (head + "".join(f"{maker.name()},{maker.mobile()},备注内容\n" for _ in range(900))).encode(
        "gb18030"
    )
    check(data, "a.csv", parts=3)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b'{"a": 1}\n' * 2000, "a.json"),
        (b"PK\x03\x04" + bytes(9000), "a.zip"),
        (b"a,b\n" * 900, "small.csv"),
        (b"", "empty.csv"),
    ],
)
def test_what_is_small_or_no_text_is_not_cut(data: bytes, name: str) -> None:
    assert plan_splits(io.BytesIO(data), name, LIMITS, 2000) == ()


def test_a_line_longer_than_a_window_is_not_cut() -> None:
    maker = Maker(9)
    rows = [f"{maker.name()},{maker.mobile()},{'长' * (9000 if n == 100 else 3)}" for n in range(400)]
    check(("姓名,电话,备注\n" + "\n".join(rows) + "\n").encode(), "a.csv")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a,b\n", '"x', 'y"', '",', "\n", "\r\n", ",", "号,码\n", '""', "1,2\n"]),
        max_size=120,
    )
)
def test_wild_quoting_is_cut_only_where_records_end(pieces: list[str]) -> None:
    data = ("a,b\n" * 60 + "".join(pieces) + "c,d\n" * 60).encode()
    limits = Limits(block_bytes=64)
    splits = plan_splits(io.BytesIO(data), "a.csv", limits, 100)
    if not splits:
        return
    whole = [b for b in read(io.BytesIO(data), "a.csv", limits) if isinstance(b, Batch)]
    parts = [
        b
        for split in splits
        for b in read_split(io.BytesIO(data), "a.csv", split, limits)
        if isinstance(b, Batch)
    ]
    assert cells(parts) == cells(whole)
