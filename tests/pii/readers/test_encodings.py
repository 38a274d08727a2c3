"""Encodings: recognised by content, decoded without losing an offset, damage named."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii import engine, readers
from qingyuan.pii.readers._decode import guess, sniff_encoding
from tests.pii.readers.reading import codes, read

SIMPLE = "当事人张三，联系电话为13800138000，住址浙江省杭州市西湖区文三路一百号。\n"
TRADITIONAL = "當事人張三，聯絡電話為13800138000，住址臺北市信義區忠孝東路。\n"


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (SIMPLE, "utf-8", "utf-8"),
        (SIMPLE, "gb18030", "gb18030"),
        (SIMPLE, "gbk", "gb18030"),
        (TRADITIONAL, "big5", "cp950"),
        (SIMPLE, "utf-16-le", "utf-16-le"),
        (SIMPLE, "utf-16-be", "utf-16-be"),
        (SIMPLE, "utf-8-sig", "utf-8"),
    ],
)
def test_chinese_text_is_recognised_and_its_offsets_are_exact(text: str, codec: str, encoding: str) -> None:
    raw = (text * 3).encode(codec)
    assert sniff_encoding(raw)[0] == encoding
    cells, unread = read(raw, "a.txt")
    assert codes(unread) == []
    assert [c.text for c in cells] == [text.strip()] * 3
    for cell in cells:
        assert raw[cell.start : cell.end].decode(codec.removesuffix("-sig")) == text.strip()


def test_ascii_for_megabytes_and_then_gb18030_is_still_decoded() -> None:
    raw = b"13800138000 plain ascii line\n" * 20_000 + SIMPLE.encode("gb18030")
    cells, unread = read(raw, "a.txt", block_bytes=1 << 16)
    assert codes(unread) == []
    assert cells[-1].text == SIMPLE.strip()
    assert raw[cells[-1].start : cells[-1].end].decode("gb18030") == SIMPLE.strip()


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
@pytest.mark.parametrize("block", [5, 64, 1 << 20])
def test_broken_bytes_are_named_by_line_and_everything_else_is_read(codec: str, block: int) -> None:
    good = SIMPLE.encode(codec)
    raw = good * 4 + b"\xff 13900139000\n" + good
    cells, unread = read(raw, "a.txt", block_bytes=block)
    assert codes(unread) == ["bad-bytes"]
    assert "5" in unread[0].en
    assert str(4 * len(good)) in unread[0].en
    assert cells[4].text == "\x1a 13900139000"
    assert raw[cells[4].start : cells[4].end] == b"\xff 13900139000"
    assert cells[5].text == SIMPLE.strip()
    assert cells[5].start == raw.index(b"\n", raw.index(b"\xff")) + 1


def test_a_real_substitute_character_is_not_called_broken() -> None:
    _, unread = read((SIMPLE + "a\x1ab\n").encode("gb18030"), "a.txt")
    assert codes(unread) == []


def test_an_unknown_encoding_is_named_with_its_offset_and_numbers_are_still_scanned() -> None:
    raw = "téléphone 13800138000 à Besançon\n".encode("latin-1") * 3
    cells, unread = read(raw, "a.txt")
    assert codes(unread) == ["unknown-encoding"]
    assert "offset 1" in unread[0].en
    assert all("13800138000" in c.text for c in cells)
    assert len(cells) == 3


def test_lone_surrogates_of_utf16_become_replacement_characters_in_place() -> None:
    raw = "\ufeffa".encode("utf-16-le") + b"\x00\xd8" + "13800138000\n".encode("utf-16-le") * 4
    cells, _ = read(raw, "a.txt")
    assert cells[0].text == "a\ufffd13800138000"
    assert (cells[0].start, cells[0].end) == (2, 2 + 2 * 13)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([1, 4, 64]))
def test_no_bytes_at_all_make_a_reader_fail(raw: bytes, block: int) -> None:
    cells, unread = read(raw, "a.txt", block_bytes=block)
    assert cells or unread or not raw.strip()


@settings(max_examples=50, deadline=None)
@given(st.text("的一是不了在人有我他这中大来上国", min_size=4, max_size=60))
def test_everyday_hanzi_in_gb18030_are_never_taken_for_something_else(text: str) -> None:
    assert guess(text.encode("gb18030")) in {"gb18030", "utf-8"}
    assert guess(text.encode()) == "utf-8"


@pytest.mark.parametrize("block", [1 << 8, 1 << 20])
def test_lines_in_gb18030_inside_utf8_are_read_as_such_and_named(block: int) -> None:
    lines = [f"{n} {SIMPLE.strip()} 末尾".encode("gb18030" if n % 7 == 3 else "utf-8") for n in range(60)]
    raw = b"\n".join(lines) + b"\n"
    cells, unread = read(raw, "a.txt", block_bytes=block)
    assert [c.text for c in cells] == [f"{n} {SIMPLE.strip()} 末尾" for n in range(60)]
    for number, cell in enumerate(cells):
        assert raw[cell.start : cell.end] == lines[number]
    assert codes(unread) == ["mixed-encoding"]
    assert "4, 11, 18, 25, 32, 39, 46, 53, 60" in unread[0].zh


def test_a_line_that_is_neither_is_not_guessed_at() -> None:
    raw = SIMPLE.encode() * 4 + b"\xff\xfe\x81 13800138000\n" + SIMPLE.encode() * 4
    cells, unread = read(raw, "a.txt")
    assert codes(unread) == ["bad-bytes"]
    assert [c.text for c in cells if "住址" in c.text] == [SIMPLE.strip()] * 8


def test_a_table_with_rows_in_two_encodings_keeps_its_places() -> None:
    rows = [
        f"{name},1380013800{n},浙江省杭州市西湖区文三路{n}号"
        for n, name in enumerate(("张小明", "李红", "王建国", "赵敏"))
    ]
    raw = "姓名,手机号,地址\n".encode() + b"".join(
        (row + "\n").encode("gb18030" if n % 2 else "utf-8") for n, row in enumerate(rows)
    )
    found = engine.scan(readers.read(io.BytesIO(raw), "a.csv"), bytes(32), "a.csv")
    held = {(h["kind"], raw[h["byte_start"] : h["byte_end"]]) for h in found.hits.to_pylist()}
    for n, row in enumerate(rows):
        codec = "gb18030" if n % 2 else "utf-8"
        for kind, value in zip(("name", "mobile", "address"), row.split(","), strict=True):
            assert (kind, value.encode(codec)) in held
