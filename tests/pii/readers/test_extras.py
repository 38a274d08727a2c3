"""What needs an extra: 7-Zip, RAR, DuckDB and text recognition."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import duckdb
import py7zr
import pylopdf_fonts_zh_cn
import pytest
import typst

from qingyuan.pii import readers
from qingyuan.pii.batch import Unread
from qingyuan.pii.readers import _duckdb, _ocr
from tests.pii.readers.fuzz import survives
from tests.pii.readers.reading import codes, places, read

CSV = "姓名,电话\n张三,13800138000\n".encode("gb18030")


def sevenzip(members: dict[str, bytes], password: str | None = None) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password) as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return out.getvalue()


def test_seven_zip_members_are_read_by_their_own_format() -> None:
    inner = sevenzip({"b.txt": b"13900139000"})
    cells, unread = read(sevenzip({"目录/名单.csv": CSV, "inner.7z": inner}), "a.7z")
    assert codes(unread) == []
    at = {c.text: (c.member, c.place) for c in cells}
    assert at["13800138000"] == ("目录/名单.csv", "line 2")
    assert at["13900139000"] == ("inner.7z/b.txt", "line 1")


def test_encrypted_and_exploding_seven_zip_archives_are_named() -> None:
    assert codes(read(sevenzip({"a.txt": b"1"}, "secret"), "a.7z")[1]) == ["encrypted"]
    bomb = sevenzip({"a.txt": b"0" * (8 << 20)})
    assert codes(read(bomb, "a.7z", ratio_from_bytes=1 << 20)[1]) == ["archive-ratio"]


def number(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return out + bytes((value,))


def block(body: bytes) -> bytes:
    framed = number(len(body)) + body
    return struct.pack("<I", zlib.crc32(framed)) + framed


def rar(members: dict[str, bytes], *, flags: int = 0) -> bytes:
    """Return a RAR 5 archive whose members are stored, not packed (RAR 5.0 archive format)."""
    out = b"Rar!\x1a\x07\x01\x00" + block(number(1) + number(0) + number(0))
    for name, data in members.items():
        said = name.encode()
        held = number(4) + number(len(data)) + number(0o644) + struct.pack("<I", zlib.crc32(data))
        body = (
            number(2)
            + number(2 | flags)
            + number(len(data))
            + held
            + number(0)
            + number(1)
            + number(len(said))
            + said
        )
        out += block(body) + data
    return out + block(number(5) + number(0) + number(0))


def test_rar_members_are_read_by_their_own_format() -> None:
    raw = rar({"目录/名单.csv": CSV, "b.txt": b"13900139000"})
    cells, unread = read(raw, "a.rar")
    assert codes(unread) == []
    at = {c.text: (c.member, c.place) for c in cells}
    assert at["13800138000"] == ("目录/名单.csv", "line 2")
    assert at["13900139000"] == ("b.txt", "line 1")
    broken = raw.replace(b"13900139000", b"13900139001")
    cells, unread = read(broken, "a.rar")
    assert codes(unread) == ["corrupt"]
    assert "13800138000" in {c.text for c in cells}


@pytest.mark.parametrize("raw", [sevenzip({"a": b"1"}), rar({"a": b"1"})], ids=["7z", "rar"])
def test_without_the_extra_the_remedy_is_named(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    _, unread = read(raw, "a")
    assert codes(unread) == ["needs-archives"]
    assert "qingyuan[archives]" in unread[0].remedy_en


def database(folder: Path) -> Path:
    path = folder / "a.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE TABLE users (姓名 VARCHAR, tel BIGINT, more STRUCT(t VARCHAR)[])")
        made.execute(
            "INSERT INTO users VALUES ('张三', 13800138000, [{'t': '13700137000'}]), ('李四', 13900139000, NULL)"
        )
        made.execute(
            "CREATE SCHEMA s; CREATE TABLE s.t AS SELECT '13600136000' AS x; CREATE VIEW v AS SELECT * FROM users"
        )
    return path


@pytest.mark.parametrize("member", [False, True])
def test_duckdb_tables_are_read_in_place_and_inside_archives(tmp_path: Path, member: bool) -> None:
    path = database(tmp_path)
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    if member:
        cells, unread = read(path.read_bytes(), "a.duckdb")
        assert codes(unread) == []
        found = places(cells)
        assert found["users.tel#1"] == "13800138000"
        assert found["users.more[0].t#1"] == "13700137000"
        assert found["s.t.x#1"] == "13600136000"
        assert "v" not in {c.table for c in cells}
    else:
        with path.open("rb") as stream:
            got = list(readers.read(stream, str(path)))
        assert sum(len(one) for one in got if not isinstance(one, Unread)) == 6
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before


def test_a_damaged_duckdb_file_or_a_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = database(tmp_path).read_bytes()
    assert codes(read(raw[:5000], "a")[1]) == ["corrupt"]
    monkeypatch.setattr(_duckdb, "_installed", lambda: False)
    assert codes(read(raw, "a")[1]) == ["needs-duckdb"]


def test_damaged_archives_end_in_cells_or_sentences() -> None:
    survives(sevenzip({"名单.csv": CSV * 20, "b.txt": b"13900139000"}), "a.7z", times=40)
    survives(rar({"名单.csv": CSV * 20, "b.txt": b"13900139000"}), "a.rar", times=60)


def drawn(body: str) -> bytes:
    fonts: Any = [str(Path(pylopdf_fonts_zh_cn.__file__).parent)]
    source = (
        f'#set page(width: 12cm, height: 6cm, margin: 8mm)\n#set text(14pt, font: "Noto Sans SC")\n{body}'
    )
    made = typst.compile(source.encode(), format="png", ppi=144, font_paths=fonts)
    assert isinstance(made, bytes)
    return made


@pytest.mark.slow
def test_pictures_are_recognised_and_doubtful_digits_are_to_be_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = drawn("姓名：张三 #h(3cm) 手机：13800138000\n\n住址：北京市海淀区")
    cells, unread = read(raw, "a.png")
    assert codes(unread) == []
    texts = {c.text.replace(" ", ""): c for c in cells}
    tel = next(c for text, c in texts.items() if "13800138000" in text)
    name = next(c for text, c in texts.items() if "张三" in text)
    assert (tel.place, tel.record) == (name.place, name.record) == ("row 1", 1)
    assert next(c for text, c in texts.items() if "北京市海淀区" in text).place == "row 2"
    monkeypatch.setattr(_ocr, "SURE", 1.1)
    _, unread = read(raw, "a.png")
    assert codes(unread) == ["ocr-reread"]
    assert "row 1" in unread[0].en


@pytest.mark.slow
def test_a_page_that_is_a_picture_and_a_picture_without_text_are_told_apart() -> None:
    picture = drawn("电话：13900139000")
    page = typst.compile(
        b'#image(bytes(sys.inputs.at("hex").clusters().chunks(2).map(p => int(eval("0x" + p.join())))))\n#pagebreak()\ntext 13700137000',
        sys_inputs={"hex": picture.hex()},
    )
    assert isinstance(page, bytes)
    cells, unread = read(page, "a.pdf")
    assert codes(unread) == []
    assert [c.place for c in cells if "13900139000" in c.text] == ["page 1 row 1"]
    assert [c.place for c in cells if "13700137000" in c.text] == ["page 2"]
    blank = drawn("#rect(width: 3cm, height: 2cm, fill: red)")
    assert codes(read(blank, "a.png")[1]) == ["ocr-nothing"]
    assert codes(read(blank[: len(blank) // 2], "a.png")[1]) in (["corrupt"], ["ocr-nothing"])
