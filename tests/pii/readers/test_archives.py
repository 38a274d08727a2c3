"""Archives: every member is read or named, whatever its neighbours are like."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import warnings
import zipfile
import zlib

import pyarrow as pa
import pytest

from tests.pii.readers.reading import codes, read

CSV = "姓名,电话\n张三,13800138000\n".encode("gb18030")


def zstd(data: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(data)
    return bytes(out.getvalue())


def zipped(members: list[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(out, "w", method) as archive:
            for name, data in members:
                archive.writestr(name, data)
    return out.getvalue()


def test_members_are_read_by_their_own_format_with_offsets_in_the_member() -> None:
    raw = zipped([("目录/名单.csv", CSV), ("b.json", b'{"tel":"13900139000"}'), ("c/", b""), ("d.txt", b"")])
    cells, unread = read(raw, "outer.zip")
    tel = next(c for c in cells if c.text == "13800138000")
    assert (tel.member, tel.column, tel.place) == ("目录/名单.csv", "电话", "line 2")
    assert CSV[tel.start : tel.end] == b"13800138000"
    assert [(c.member, c.place) for c in cells if c.text == "13900139000"] == [("b.json", "$.tel")]
    assert [(u.member, u.code) for u in unread] == [("d.txt", "empty")]


def test_archives_inside_archives_are_followed_to_the_limit() -> None:
    raw = CSV
    name = "x.csv"
    for depth in range(4):
        raw, name = zipped([(name, raw)]), f"{depth}.zip"
    cells, unread = read(raw, "outer.zip", max_archive_depth=4)
    assert {c.member for c in cells} == {"2.zip/1.zip/0.zip/x.csv"}
    assert codes(unread) == []
    cells, unread = read(raw, "outer.zip", max_archive_depth=3)
    assert [(u.member, u.code) for u in unread] == [("2.zip/1.zip/0.zip", "archive-too-deep")]


def test_a_bomb_is_refused_by_ratio_and_its_neighbour_is_read() -> None:
    raw = zipped([("bomb.txt", b"0" * (3 << 20)), ("x.csv", CSV)])
    cells, unread = read(raw, "z.zip", ratio_from_bytes=1 << 20, block_bytes=1 << 16)
    assert [(u.member, u.code) for u in unread] == [("bomb.txt", "archive-ratio")]
    assert "13800138000" in {c.text for c in cells}


def test_the_expanded_size_is_bounded_over_all_members_and_levels() -> None:
    inner = zipped([("a.txt", b"13800138000\n" * 50_000)], zipfile.ZIP_STORED)
    raw = zipped([("in.zip", inner), ("b.txt", b"13900139000\n" * 50_000)], zipfile.ZIP_STORED)
    _, unread = read(raw, "z.zip", max_expanded_bytes=1 << 20)
    assert "archive-expands-too-far" in codes(unread)


def test_hostile_names_are_named_and_their_content_is_still_read() -> None:
    raw = zipped([("../../etc/x.csv", CSV), ("/abs.csv", CSV), ("C:\\w.csv", CSV), ("ok.csv", CSV)])
    cells, unread = read(raw, "z.zip")
    assert codes(unread) == ["unsafe-name"] * 3
    assert len({c.member for c in cells}) == 4


def test_members_of_the_same_name_are_told_apart() -> None:
    cells, unread = read(zipped([("a.csv", CSV), ("a.csv", CSV.replace(b"138", b"139"))]), "z.zip")
    assert codes(unread) == ["duplicate-name"]
    assert {(c.member, c.text) for c in cells if c.text[0] == "1"} == {
        ("a.csv", "13800138000"),
        ("a.csv#2", "13900139000"),
    }


def test_links_are_not_followed() -> None:
    link = zipfile.ZipInfo("link")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    cells, unread = read(zipped([(link, b"/etc/passwd"), ("a.csv", CSV)]), "z.zip")
    assert codes(unread) == ["symlink"]
    assert {c.member for c in cells} == {"a.csv"}


def patched(raw: bytes, name: bytes, local: tuple[int, int], value: int) -> bytes:
    """Set a 16-bit field of the local and the central header of ``name``."""
    data = bytearray(raw)
    for signature, field, at_name in ((b"PK\3\4", local[0], 30), (b"PK\1\2", local[1], 46)):
        at = data.find(signature)
        while data[at + at_name : at + at_name + len(name)] != name:
            at = data.find(signature, at + 1)
        struct.pack_into("<H", data, at + field, value)
    return bytes(data)


def test_an_encrypted_member_is_named_and_the_rest_is_read() -> None:
    raw = patched(zipped([("s.csv", CSV), ("a.csv", CSV)]), b"s.csv", (6, 8), 1)
    cells, unread = read(raw, "z.zip")
    assert [(u.member, u.code) for u in unread] == [("s.csv", "encrypted")]
    assert {c.member for c in cells} == {"a.csv"}


def test_an_unknown_compression_is_named() -> None:
    raw = patched(zipped([("s.csv", CSV), ("a.csv", CSV)]), b"s.csv", (8, 10), 98)
    cells, unread = read(raw, "z.zip")
    assert [(u.member, u.code) for u in unread] == [("s.csv", "unsupported-compression")]
    assert {c.member for c in cells} == {"a.csv"}


def test_a_wrong_checksum_is_named_after_what_was_read() -> None:
    raw = bytearray(zipped([("a.txt", b"13800138000\n" * 100_000), ("b.csv", CSV)], zipfile.ZIP_STORED))
    raw[raw.index(b"13800138000") + 900_000] ^= 1
    cells, unread = read(bytes(raw), "z.zip", block_bytes=1 << 16)
    assert [(u.member, u.code) for u in unread] == [("a.txt", "corrupt")]
    assert "CRC-32" in unread[0].en
    assert {"a.txt", "b.csv"} == {c.member for c in cells}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_truncated_archive_gives_the_members_that_are_left(method: int) -> None:
    raw = zipped([("a.csv", CSV), ("b.csv", CSV.replace(b"138", b"139")), ("c.csv", CSV * 50)], method)
    cells, unread = read(raw[: raw.index(b"PK\1\2") - 10], "z.zip")
    assert {"13800138000", "13900139000"} <= {c.text for c in cells}
    assert codes(unread) == ["truncated", "truncated"]
    assert unread[1].member == "c.csv"


def test_names_in_gb18030_are_read_as_chinese_tools_write_them() -> None:
    raw = zipped([("qingdan.csv", CSV)])
    gb = "清单名册.csv".encode("gb18030")[:11].ljust(11, b"x")
    cells, _ = read(raw.replace(b"qingdan.csv", gb), "z.zip")
    assert {c.member for c in cells} == {gb.decode("gb18030")}


@pytest.mark.parametrize(
    ("pack", "ending"), [(gzip.compress, "gz"), (bz2.compress, "bz2"), (lzma.compress, "xz"), (zstd, "zst")]
)
def test_single_file_packings_are_opened(pack: object, ending: str) -> None:
    assert callable(pack)
    cells, unread = read(pack(CSV), f"dir/x.csv.{ending}")
    assert codes(unread) == []
    assert {c.member for c in cells} == {"x.csv"}
    cells, unread = read(pack(CSV * 5000)[:-12], f"x.csv.{ending}")
    assert codes(unread) in (["truncated"], ["corrupt"])


def test_tar_members_are_read_in_one_pass_and_a_cut_is_named() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("a.csv", "../b.csv"):
            info = tarfile.TarInfo(name)
            info.size = len(CSV)
            archive.addfile(info, io.BytesIO(CSV))
        link = tarfile.TarInfo("l")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    cells, unread = read(gzip.compress(out.getvalue()), "x.tgz")
    assert {c.member for c in cells} == {"x.tar/a.csv", "x.tar/../b.csv"}
    assert codes(unread) == ["unsafe-name", "symlink"]
    cells, unread = read(out.getvalue()[:520], "x.tar")
    assert set(codes(unread)) & {"truncated", "corrupt"}


def test_too_many_members_are_named() -> None:
    raw = zipped([(f"{n}.txt", b"13800138000") for n in range(6)])
    cells, unread = read(raw, "z.zip", max_members=4)
    assert len(cells) == 4
    assert codes(unread) == ["too-many-members"]


def test_members_that_share_their_data_are_read_once_and_named() -> None:
    held = b"13800138000\n" * 2000
    packed = zlib.compress(held, 9, -15)
    out = io.BytesIO()
    for name in (b"a.txt", b"z.txt"):
        at = out.tell()
        body = packed if name == b"a.txt" else zlib.compress(b"13900139000", 9, -15)
        size, crc = (len(held), zlib.crc32(held)) if name == b"a.txt" else (11, zlib.crc32(b"13900139000"))
        out.write(
            struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0x5821, crc, len(body), size, 5, 0) + name + body
        )
    last = at
    start = out.tell()
    crc = zlib.crc32(held)
    for offset, sizes in [
        *[(0, (crc, len(packed), len(held)))] * 300,
        (last, (zlib.crc32(b"13900139000"), len(body), 11)),
    ]:
        name = b"z.txt" if offset else b"a.txt"
        out.write(
            struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0x5821, *sizes, 5, 0, 0, 0, 0, 0, offset)
            + name
        )
    out.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 301, 301, out.tell() - start, start, 0))
    cells, unread = read(out.getvalue(), "a.zip")
    assert sorted((c.member, c.text) for c in cells if c.member == "z.txt") == [("z.txt", "13900139000")]
    assert sum(c.member == "a.txt" for c in cells) == 2000
    assert codes(unread) == ["overlapping-members"]
    assert "300" not in unread[0].en
    assert "299" in unread[0].en
