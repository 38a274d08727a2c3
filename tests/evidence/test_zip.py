"""The ZIP byte form, with ZIP64 reached by lowered limits instead of gigabytes."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.evidence import PackageError
from qingyuan.evidence._zip import ZipWriter

NAMES = st.text("abcé证/!", min_size=1, max_size=6).filter(lambda n: all(n.split("/")) and n.isprintable())


def written(members: dict[str, bytes], *, limit: int = 0xFFFFFFFF, count_limit: int = 0xFFFF) -> bytes:
    target = io.BytesIO()
    archive = ZipWriter(target, limit=limit, count_limit=count_limit)
    for name in sorted(members, key=str.encode):
        archive.add(name, members[name])
    assert archive.finish() == len(target.getvalue())
    return target.getvalue()


@given(st.dictionaries(NAMES, st.binary(max_size=90), max_size=6), st.integers(1, 400), st.integers(1, 9))
def test_zipfile_reads_every_archive_with_and_without_zip64(
    members: dict[str, bytes], limit: int, count_limit: int
) -> None:
    for data in (written(members), written(members, limit=limit, count_limit=count_limit)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            assert {name: archive.read(name) for name in archive.namelist()} == members
            assert all(i.compress_type == 0 and i.flag_bits == 0x800 for i in archive.infolist())
            assert all(i.date_time == (1980, 1, 1, 0, 0, 0) for i in archive.infolist())


def test_a_small_archive_is_exactly_the_bytes_of_the_format() -> None:
    name, content = "说".encode(), b"abc"
    crc = bytes.fromhex("c2412435")
    local = b"PK\x03\x04" + bytes.fromhex("1400 0008 0000 0000 2100") + crc + struct.pack("<II", 3, 3)
    local += struct.pack("<HH", 3, 0) + name + content
    central = b"PK\x01\x02" + bytes.fromhex("1403 1400 0008 0000 0000 2100") + crc + struct.pack("<II", 3, 3)
    central += struct.pack("<5H", 3, 0, 0, 0, 0) + struct.pack("<II", 0o100644 << 16, 0) + name
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, len(central), len(local), 0)
    assert written({"说": content}) == local + central + end


def test_a_large_member_a_far_member_and_a_large_archive_are_written_as_zip64() -> None:
    data = written({"a": bytes(100), "b": b"x"}, limit=100)
    assert data[:30] == b"PK\x03\x04" + bytes.fromhex("2d00 0008 0000 0000 2100") + data[
        14:18
    ] + b"\xff" * 8 + (struct.pack("<HH", 1, 20))
    assert data[31:51] == struct.pack("<HHQQ", 1, 16, 100, 100)
    far = 51 + 100
    assert data[far + 4 : far + 6] == b"\x14\x00", "a small member needs 2.0, however far away it lies"
    assert data[far + 18 : far + 30] == struct.pack("<IIHH", 1, 1, 1, 0)
    directory = far + 31 + 1
    first = data[directory : directory + 46 + 1 + 20]
    assert first[4:8] == bytes.fromhex("2d03 2d00")
    assert first[-20:] == struct.pack("<HHQQ", 1, 16, 100, 100)
    second = data[directory + 67 : directory + 67 + 46 + 1 + 12]
    assert second[4:8] == bytes.fromhex("2d03 2d00")
    assert second[42:46] == b"\xff" * 4
    assert second[-12:] == struct.pack("<HHQ", 1, 8, far)
    length = 67 + 59
    end64 = data[directory + length :]
    assert end64[:56] == b"PK\x06\x06" + struct.pack(
        "<QHHIIQQQQ", 44, 0x032D, 45, 0, 0, 2, 2, length, directory
    )
    assert end64[56:76] == b"PK\x06\x07" + struct.pack("<IQI", 0, directory + length, 1)
    assert end64[76:] == b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 2, 2, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def test_many_members_alone_overflow_only_the_counts() -> None:
    data = written({f"{n}": b"" for n in range(4)}, count_limit=4)
    assert data[-22:-10] == b"PK\x05\x06" + struct.pack("<4H", 0, 0, 0xFFFF, 0xFFFF)
    assert data[-10:-6] != b"\xff" * 4
    assert data[-42:-38] == b"PK\x06\x07"


def test_a_member_streamed_in_blocks_equals_one_written_whole() -> None:
    target = io.BytesIO()
    archive = ZipWriter(target)
    archive.add_stream("a", 6, iter([b"ab", b"", b"cdef"]))
    archive.finish()
    assert target.getvalue() == written({"a": b"abcdef"})


@pytest.mark.parametrize("blocks", [[b"abc"], [b"abcdefg"], []])
def test_a_stream_of_another_length_is_refused(blocks: list[bytes]) -> None:
    with pytest.raises(PackageError, match="length"):
        ZipWriter(io.BytesIO()).add_stream("a", 6, blocks)


def test_members_out_of_order_twice_or_equal_under_case_folding_are_refused() -> None:
    for first, second in (("b", "a"), ("a", "a")):
        archive = ZipWriter(io.BytesIO())
        archive.add(first, b"")
        with pytest.raises(PackageError, match="order"):
            archive.add(second, b"")
    with pytest.raises(PackageError, match="fall together"):
        written({"Straße": b"", "straSSE": b""})
