"""Delimited text: every cell once, with its line, column, record and bytes."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingyuan.pii import readers
from tests.pii.readers.reading import codes, read

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\x1a\x01;|\t"), max_size=12)
ROWS = st.lists(st.lists(TEXTS, min_size=2, max_size=5), min_size=1, max_size=12)
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def written(rows: list[list[str]], end: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


@QUIET
@given(rows=ROWS, end=st.sampled_from(["\n", "\r\n", "\r"]), block=st.sampled_from([1, 3, 7, 64, 4096]))
def test_any_table_reads_as_the_csv_module_reads_it_whatever_the_block_size(
    rows: list[list[str]], end: str, block: int
) -> None:
    cells, unread = read(written(rows, end).encode(), "t.csv", block_bytes=block)
    assert codes(unread) == []
    table: dict[int, list[str]] = {}
    for cell in cells:
        table.setdefault(cell.start or 0, []).append(cell.text)
    assert [c.text for c in cells] == [text for row in rows for text in row]


@QUIET
@given(text=st.text(st.sampled_from('ab1"",;\n\r 张'), max_size=60), block=st.sampled_from([1, 5, 4096]))
def test_no_character_of_a_broken_table_is_lost(text: str, block: int) -> None:
    cells, _ = read(text.encode(), "t.csv", block_bytes=block)
    kept = "".join(c.text for c in cells)
    for sign in "ab1 张":
        assert kept.count(sign) == text.count(sign) or not text.strip()


@QUIET
@given(
    rows=st.lists(
        st.tuples(st.text("张李王赵𠀀·", max_size=4), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)),
        max_size=20,
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]),
    block=st.sampled_from([2, 10, 50, 4096]),
)
def test_byte_offsets_lead_back_to_the_value_in_the_original_bytes(
    rows: list[tuple[str, str]], encoding: str, block: int
) -> None:
    text = written([["姓名", "手机号码"], *map(list, rows)])
    raw = text.encode(encoding)
    codec = "utf-16-le" if encoding == "utf-16" else encoding.removesuffix("-sig")
    cells, unread = read(raw, "t.csv", block_bytes=block)
    assert codes(unread) == []
    assert [c.text for c in cells if c.column == "手机号码" and c.record] == [tel for _, tel in rows]
    for cell in cells:
        assert raw[cell.start : cell.end].decode(codec) == cell.text


@pytest.mark.parametrize("block", range(1, 40))
def test_a_value_on_a_block_boundary_is_found_once(block: int) -> None:
    cells, _ = read("姓名,电话\n张三,13800138000\n李四,13900139000\n".encode(), "t.csv", block_bytes=block)
    assert [c.text for c in cells] == ["姓名", "电话", "张三", "13800138000", "李四", "13900139000"]


def test_offsets_step_over_doubled_quotes() -> None:
    raw = '姓名,电话,备注\n"李""四",13900139000,"a""13800138000"""\n'.encode()
    cells, _ = read(raw, "t.csv")
    name, tel, note = cells[3:]
    assert (name.text, note.text) == ('李"四', 'a"13800138000"')
    assert raw[tel.start : tel.end] == b"13900139000"
    assert raw[name.start : name.end] == '李""四'.encode()
    assert raw[note.start : note.end] == b'a""13800138000""'


def test_the_place_is_the_physical_line_of_the_cell() -> None:
    raw = '姓名,电话\r\n"张\r\n三",13800138000\r\n\r\n李四,13900139000\r\n'.encode()
    cells, _ = read(raw, "t.csv")
    assert {c.text: c.place for c in cells}["13800138000"] == "line 3"
    assert {c.text: c.place for c in cells}["13900139000"] == "line 5"


def test_a_header_below_a_title_names_the_columns_and_records_count_from_one() -> None:
    cells, _ = read("2026年度名单,,\n姓名,电话,地址\n张三,13800138000,杭州\n".encode(), "t.csv")
    assert [(c.column, c.record) for c in cells if c.text == "13800138000"] == [("电话", 1)]
    assert {c.record for c in cells if c.place in {"line 1", "line 2"}} == {0}


def test_a_table_without_a_header_keeps_its_first_record() -> None:
    cells, _ = read("张三,13800138000\n李四,13900139000\n王五,13700137000\n".encode(), "t.csv")
    assert [(c.record, c.column) for c in cells][:2] == [(1, ""), (1, "")]


@pytest.mark.parametrize("sign", ["\t", ";", "|", "\x01"])
def test_the_delimiter_is_found_without_a_telling_name(sign: str) -> None:
    raw = "\n".join(
        sign.join(row) for row in [["姓名", "电话"], ["张三", "13800138000"], ["李四", "13900139000"]]
    )
    assert readers.sniff(raw.encode(), "export") is readers.Format.DELIMITED
    cells, _ = read(raw.encode(), "export")
    assert [c.text for c in cells if c.column == "电话"] == ["电话", "13800138000", "13900139000"]


def test_ragged_rows_keep_their_extra_cells() -> None:
    cells, _ = read("姓名,电话\n张三\n李四,13900139000,多余,13800138000\n".encode(), "t.csv")
    assert [c.text for c in cells if c.record == 2] == ["李四", "13900139000", "多余", "13800138000"]


def test_an_opening_quote_that_never_closes_is_named_and_swallows_nothing() -> None:
    raw = '姓名,电话\n"张三,13800138000\n李四,13900139000\n'.encode()
    cells, unread = read(raw, "t.csv")
    assert codes(unread) == ["unclosed-quote"]
    assert "2" in unread[0].en
    assert [c.text for c in cells if c.column == "电话" and c.record] == ["13800138000", "13900139000"]


def test_five_thousand_columns_keep_their_names() -> None:
    names = ",".join(f"列{n}" for n in range(5000))
    values = ",".join(str(13800000000 + n) for n in range(5000))
    cells, unread = read(f"{names}\n{values}\n".encode(), "t.csv")
    assert codes(unread) == []
    assert (cells[-1].text, cells[-1].column, cells[-1].place) == ("13800004999", "列4999", "line 2")


def test_a_row_with_too_many_columns_is_read_as_text_and_named() -> None:
    raw = b"a,b\n" + b"1," * 50 + b"13800138000\n2,13900139000\n"
    cells, unread = read(raw, "t.csv", max_columns=20)
    assert codes(unread) == ["too-many-columns"]
    wide = [c for c in cells if "13800138000" in c.text]
    assert len(wide) == 1
    assert (wide[0].prose, wide[0].place) == (True, "line 2")
    assert [c.place for c in cells if c.text == "13900139000"] == ["line 3"]


def test_nul_bytes_survive() -> None:
    cells, _ = read("姓名,电话\n张\0三,13800138000\n".encode(), "t.csv")
    assert [c.text for c in cells if c.record == 1] == ["张\0三", "13800138000"]


def test_a_regular_csv_is_split_at_commas_whatever_else_its_cells_hold() -> None:
    cells, unread = read(b'"","\x01"\n"","\x01"\n', "t.csv")
    assert codes(unread) == []
    assert [c.text for c in cells] == ["", "\x01", "", "\x01"]


@pytest.mark.parametrize("name", ["t.csv", "t"])
@pytest.mark.parametrize("sign", ["\t", ";", "|"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_comma_within_the_cells_of_one_column_does_not_split_a_table(
    sign: str, place: int, name: str
) -> None:
    rows = [["13800138000", "李四", "1.5"], ["13900139000", "张三", "2.5"], ["13700137000", "王五", "3"]]
    for n, row in enumerate(rows):
        row.insert(place, f"39.7{n}4,114.98{n}")
    cells, _ = read("\n".join(map(sign.join, rows)).encode(), name)
    assert [c.text for c in cells] == [cell for row in rows for cell in row]


def test_a_sign_within_the_cells_of_one_column_does_not_split_a_csv() -> None:
    rows = [["李四", "a|b|c|d|e", "1.5"], ["张三", "x|y|z|u|v", "2.5"], ["王五", "k|l|m|n|o", "3"]]
    cells, _ = read("\n".join(map(",".join, rows)).encode(), "t.csv")
    assert [c.text for c in cells] == [cell for row in rows for cell in row]
