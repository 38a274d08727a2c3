"""Where bytes are cut, long or broken: a value is found once, and the same as elsewhere."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii import FileScan, scan
from qingyuan.pii._candidates import scan_numbers
from qingyuan.pii._kernel import csv as kernel
from qingyuan.pii._kernel.context import read_bins
from qingyuan.pii._kernel.refine import refine, shared_prefix
from qingyuan.pii._kernel.scan import scan_cells
from qingyuan.pii._kernel.utf8 import well_formed
from qingyuan.pii._tables import tables
from qingyuan.pii.batch import Batch
from qingyuan.pii.readers import Limits, read
from tests.pii.generator import Maker
from tests.pii.material import KEY


def scanned(data: bytes, name: str, block: int) -> FileScan:
    """Return the scan of a file read in blocks."""
    return scan(read(io.BytesIO(data), name, Limits(block_bytes=block)), KEY, name)


def rows(found: FileScan) -> list[dict[str, object]]:
    """Return the hits without what a cut between lines of text may change: the context of the line before."""
    return [{k: v for k, v in h.items() if k not in ("state", "reason")} for h in found.hits.to_pylist()]


@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_value_at_the_edge_of_a_block_is_found_once(name: str, encoding: str) -> None:
    maker = Maker(3)
    lines = [
        f"{maker.name()},{maker.mobile()},{maker.resident_id()},收件人：{maker.card()}" for _ in range(40)
    ]
    data = ("姓名,手机,证件,备注\n" + "\n".join(lines)).encode(encoding)
    once = scanned(data, name, 1 << 20)
    assert once.hits.num_rows >= 120
    for block in range(60, 180, 7):
        assert rows(scanned(data, name, block)) == rows(once)


def test_a_line_longer_than_any_record_is_read_in_pieces_and_no_value_twice() -> None:
    maker = Maker(4)
    mobiles = [maker.mobile() for _ in range(4000)]
    data = "，".join(f"电话{m}" for m in mobiles).encode()
    small = Limits(block_bytes=1 << 12, max_record_bytes=1 << 14)
    found = scan(read(io.BytesIO(data), "a.txt", small), KEY, "a.txt")
    at = [(h["byte_start"], h["byte_end"]) for h in found.hits.to_pylist()]
    assert [data[a:b].decode() for a, b in at] == mobiles


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.json"])
def test_a_file_of_one_line_is_never_held_as_a_whole(name: str) -> None:
    """A line of 1 GB takes no more memory than one of a few records' length."""
    value = "电话13812345678，" if name == "a.txt" else '"13812345678",'
    data = (value * 60_000).encode() if name != "a.json" else f"[{value * 60_000}0]".encode()
    small = Limits(block_bytes=1 << 12, max_record_bytes=1 << 14)
    sizes = [len(one.data) for one in read(io.BytesIO(data), name, small) if isinstance(one, Batch)]
    assert len(data) > 50 * (1 << 14)
    assert max(sizes) <= 4 * (1 << 14)


def test_nul_bytes_and_broken_text_hide_nothing_around_them() -> None:
    lone = b"\xed\xa0\x80"
    plain = "甲公司,乙公司\n".encode() * 300
    data = (
        b"a\x0013800138000\x00,b\n"
        + lone
        + b"13900139000"
        + lone
        + b",\xff13700137000\n"
        + b"x\x00" * 9
        + b"\n"
    )
    for name in ("a.csv", "a.txt"):
        found = scanned(plain + data + plain, name, 1 << 20)
        assert len({h["token"] for h in found.hits.to_pylist()}) == 3
        assert [u.code for u in found.unread] == ["bad-bytes"]
    # Mostly NUL: no text of any kind we know, which is said.
    assert [u.code for u in scanned(data + b"\x00" * 4000, "a.csv", 1 << 20).unread] == ["unsupported-format"]


TEXT = st.text(st.sampled_from("ab1,，;\t\n\r é中😀0139*"), max_size=300)


@settings(max_examples=300, deadline=None)
@given(TEXT, st.booleans(), st.sampled_from(b",;\t"), st.integers(2, 9))
def test_text_without_quotes_is_cut_at_every_delimiter(
    text: str, final: bool, delimiter: int, most: int
) -> None:
    data = np.frombuffer(bytearray(text.encode()), np.uint8)
    cut = kernel.tokenize(data, delimiter, final, 5, 7, 100, most, kernel.count_cells(data, delimiter), 0)
    cells, used, line, record, status = _cut(text.encode(), delimiter, final, most)
    assert list(zip(*(part.tolist() for part in cut[:5]), strict=True)) == cells
    assert cut[7:] == (used, line, record, status)


_Cell = tuple[int, int, int, int, int]


def _cut(raw: bytes, delimiter: int, final: bool, most: int) -> tuple[list[_Cell], int, int, int, int]:
    """Cut text without quotes, byte by byte."""
    done: tuple[list[_Cell], int, int, int] = [], 0, 5, 7
    cells: list[_Cell] = []
    begin, column, line, record, p = 0, 0, 5, 7, 0
    while p < len(raw):
        if raw[p] == delimiter:
            cells.append((begin, p, column, record, line))
            begin, column = p + 1, column + 1
            if column >= most:
                return *done, kernel.TOO_WIDE
        elif raw[p] in b"\r\n":
            if raw[p] == 13 and p + 1 == len(raw) and not final:
                return *done, kernel.DONE
            if column or p > begin:
                cells.append((begin, p, column, record, line))
                record += 1
            p += raw[p : p + 2] == b"\r\n"
            begin, column, line = p + 1, 0, line + 1
            done = cells.copy(), begin, line, record
        p += 1
    if final and (column or len(raw) > begin):
        cells.append((begin, len(raw), column, record, line))
        done = cells, len(raw), line, record + 1
    return *done, kernel.DONE


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.one_of(
            TEXT.map(str.encode),
            st.binary(max_size=4),
            st.sampled_from([b"\xe4\xb8", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80"]),
        ),
        max_size=8,
    )
)
def test_utf8_is_told_as_python_tells_it(parts: list[bytes]) -> None:
    raw = b"".join(parts)
    try:
        raw.decode()
        good = True
    except UnicodeDecodeError:
        good = False
    assert well_formed(np.frombuffer(raw, np.uint8)) == good


PIECES = st.one_of(
    st.sampled_from(
        [
            "13800138000",
            "138****1234",
            "１３８００１３８０００",
            "a@b.cn",
            "4367 4200 0000 0000",
            "110101199003071233",
            "(+86)13800138000",
            "*******1234",
        ]
    ),
    st.text("0123456789*xX-", max_size=12),
    st.sampled_from(
        [",", "，", "。", "tel", "转", "汉字", "；", "“", "\t", "|", ";", " ", "中" * 30, "x" * 70]
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_sifting_leaves_out_nothing(text: str) -> None:
    raw = text.encode()
    t = tables()
    data = np.frombuffer(raw + b"\n" * 80, np.uint8)
    starts, ends = np.array([0], np.int64), np.array([len(raw)], np.int64)
    room = len(data)
    cell, start, end = (np.empty(room, np.int64) for _ in range(3))
    kind, flags = np.empty(room, np.uint8), np.empty(room, np.uint32)
    n = scan_cells(data, starts, ends, t.plan, t.provinces, t.glued, cell, start, end, kind, flags)
    cell, start, end, kind, flags = cell[:n], start[:n], end[:n], kind[:n], flags[:n]
    refine(data, starts, ends, cell, start, end, kind, flags)
    read_bins(data, start, end, kind, flags, t.issuers)
    shared_prefix(data, start, end, kind, flags, t.issuers)
    found = scan_numbers(data, starts, ends, t)
    assert found.start.tolist() == start.tolist()
    assert found.end.tolist() == end.tolist()
    assert found.kind.tolist() == kind.tolist()
    assert found.flags.tolist() == flags.tolist()
