"""Each trap really is what it says."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import zipfile
from pathlib import Path, PurePosixPath

import pypdfium2
import pytest

from qingyuan.demo import TRAP_MOBILE, hostile

SIZES = {"sparse_size": 1 << 34, "line_size": 1_000_003, "tiny_files": 50, "bomb_inner": 4 << 20}


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = hostile(tmp_path_factory.mktemp("hostile") / "陷阱", **SIZES)
    assert len({trap.code for trap in found}) == len(found)
    assert all(trap.zh and trap.en for trap in found)
    return {trap.code: trap.path for trap in found}


def unpacked(data: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return sum(info.file_size for info in archive.infolist())


def test_no_known_encoding_reads_the_unknown_one(traps: dict[str, Path]) -> None:
    data = traps["unknown-encoding"].read_bytes()
    for encoding in ("utf-8", "gb18030", "big5", "utf-16"):
        with pytest.raises(UnicodeDecodeError):
            data.decode(encoding)


def test_corrupt_files_are_refused_by_their_readers(traps: dict[str, Path]) -> None:
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(traps["corrupt-xlsx"])
    with zipfile.ZipFile(traps["corrupt-zip"]) as archive:
        assert archive.read("a.txt") == b"A" * 500
        with pytest.raises(zipfile.BadZipFile, match="CRC"):
            archive.read("b.txt")
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(traps["corrupt-pdf"])


def test_a_broken_line_stands_between_good_ones(traps: dict[str, Path]) -> None:
    good = 0
    for line in traps["corrupt-jsonl"].read_text(encoding="utf-8").splitlines():
        try:
            good += json.loads(line) == {"tel": TRAP_MOBILE}
        except json.JSONDecodeError:
            continue
    assert good == 2


def test_empty_files_are_empty(traps: dict[str, Path]) -> None:
    assert traps["zero-byte"].stat().st_size == 0
    assert traps["header-only"].read_text(encoding="utf-8").splitlines() == ["姓名,手机号"]


def test_links_loop_or_lead_nowhere(traps: dict[str, Path]) -> None:
    with pytest.raises(OSError, match="symbolic links"):
        os.stat(traps["self-link"])  # noqa: PTH116  Path.resolve would hide the loop
    assert traps["parent-link"].resolve() == traps["parent-link"].parent.parent.resolve()
    assert traps["dangling-link"].is_symlink()
    assert not traps["dangling-link"].exists()
    assert stat.S_ISFIFO(traps["pipe"].lstat().st_mode)


def test_one_name_cannot_be_written_as_utf8(traps: dict[str, Path]) -> None:
    with pytest.raises(UnicodeEncodeError):
        traps["odd-name"].name.encode()
    assert TRAP_MOBILE in traps["odd-name"].read_text(encoding="utf-8")


def test_deep_nesting_exhausts_a_recursive_parser(traps: dict[str, Path]) -> None:
    with pytest.raises(RecursionError):
        json.loads(traps["deep-json"].read_bytes())
    assert traps["deep-html"].read_bytes().count(b"<div>") == 50_000


def test_entities_would_expand_a_billion_times(traps: dict[str, Path]) -> None:
    with zipfile.ZipFile(traps["entity-bomb"]) as archive:
        text = archive.read("word/document.xml").decode()
    assert len(text) < 2000
    assert [text.count(f"&e{n};") for n in range(9)] == [10] * 9


def test_the_bomb_is_small_on_disk_and_huge_unpacked(traps: dict[str, Path]) -> None:
    data = traps["zip-bomb"].read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.namelist()
        total = sum(unpacked(archive.read(name)) for name in members)
    assert total == 64 * SIZES["bomb_inner"]
    assert total > 5000 * len(data)


def test_archives_nest_forty_deep(traps: dict[str, Path]) -> None:
    data, depth = traps["nested-zip"].read_bytes(), 0
    while data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = archive.read(archive.namelist()[0])
        depth += 1
    assert depth == 40
    assert TRAP_MOBILE in data.decode()


def test_member_names_leave_the_folder(traps: dict[str, Path]) -> None:
    with zipfile.ZipFile(traps["traversal"]) as archive:
        names = archive.namelist()
        link = archive.getinfo("link")
    assert any(PurePosixPath(name).is_absolute() for name in names)
    assert any(".." in PurePosixPath(name).parts for name in names)
    assert any("\\" in name for name in names)
    assert stat.S_ISLNK(link.external_attr >> 16)


def test_the_wide_table_holds_its_value_in_the_last_column(traps: dict[str, Path]) -> None:
    rows = list(csv.reader(io.StringIO(traps["wide-csv"].read_text(encoding="utf-8"))))
    assert [len(cells) for cells in rows] == [5000, 5000]
    assert rows[1][-1] == TRAP_MOBILE


def test_the_long_line_ends_in_its_value(traps: dict[str, Path]) -> None:
    data = traps["long-line"].read_bytes()
    assert len(data) == SIZES["line_size"]
    assert b"\n" not in data
    assert data.endswith(f" {TRAP_MOBILE}".encode())


def test_the_sparse_file_takes_no_room(traps: dict[str, Path]) -> None:
    status = traps["sparse"].stat()
    assert status.st_size == SIZES["sparse_size"]
    assert status.st_blocks * 512 < 1 << 20


def test_there_are_as_many_tiny_files_as_asked(traps: dict[str, Path]) -> None:
    assert len(list(traps["tiny-files"].iterdir())) == SIZES["tiny_files"]
