"""Hostile and huge archives: what the writer never makes, and what it makes of more than four gibibytes."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.evidence import PackageError, build_package
from qingyuan.evidence._zip import ZipWriter
from tests.evidence.packing import SmallOffice, small_office
from tests.evidence.repacking import findings, judge, trust_of

ZEROS = bytes(1 << 20)


@pytest.fixture(scope="module")
def office() -> SmallOffice:
    return small_office()


@pytest.fixture(scope="module")
def package(office: SmallOffice, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("package") / "p.evp"
    build_package(office.source(), path)
    return path.read_bytes()


def central(package: bytes, number: int) -> int:
    """Where the header of a member stands in the directory."""
    place = package.index(b"PK\x01\x02")
    for _ in range(number):
        place = package.index(b"PK\x01\x02", place + 4)
    return place


@pytest.mark.parametrize(
    "mode", [0o120777, 0o040755, 0o100755, 0o020644], ids=["link", "folder", "program", "device"]
)
def test_a_member_that_claims_to_be_no_plain_file_is_refused(
    office: SmallOffice, package: bytes, mode: int
) -> None:
    place = central(package, 3) + 38
    changed = package[:place] + struct.pack("<I", mode << 16) + package[place + 4 :]
    if mode == 0o120777:
        with zipfile.ZipFile(io.BytesIO(changed)) as archive:
            assert archive.infolist()[3].external_attr >> 28 == 0xA, "other readers see a link"
    report = judge(changed, trust_of(office))
    assert report.verdict == "fail"
    assert "container" in {code for code, _ in findings(report)}


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "data/X1/../../x",
        "/etc/passwd",
        "data\\x",
        "C:/x",
        "data/X1/e\u0301",
        "data/X1/a\x00b",
        "data//x",
    ],
)
def test_no_name_that_leads_elsewhere_is_ever_written(name: str) -> None:
    with pytest.raises(PackageError):
        ZipWriter(io.BytesIO()).add(name, b"")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("data/X1/A.txt", "data/X1/a.txt"),
        ("data/X1/\u00c5", "data/X1/\u00e5"),
        ("data/X1/\ufb01", "data/X1/fi"),
        ("a", "a"),
    ],
)
def test_names_that_fall_together_elsewhere_are_never_written(first: str, second: str) -> None:
    with pytest.raises(PackageError):
        _write(*sorted((first, second), key=str.encode))


def _write(*names: str) -> None:
    archive = ZipWriter(io.BytesIO())
    for name in names:
        archive.add(name, b"")
    archive.finish()


class Sparse(io.FileIO):
    """A file in which blocks of zeros take no room."""

    def write(self, data: object, /) -> int:
        if data is ZEROS:
            self.seek(len(ZEROS), os.SEEK_CUR)
            return len(ZEROS)
        return super().write(data)  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_member_of_more_than_four_gibibytes_and_one_behind_it_are_read_by_others(tmp_path: Path) -> None:
    count, tail = 4096, b"the last bytes"

    def blocks() -> Iterator[bytes]:
        for _ in range(count):
            yield ZEROS
        yield tail

    path = tmp_path / "large.zip"
    with Sparse(str(path), "wb+") as file:
        archive = ZipWriter(file)
        archive.add_stream("data/X1/large", count * len(ZEROS) + len(tail), blocks())
        archive.add("data/X2/behind", b"behind")
        size = archive.finish()
    assert path.stat().st_size == size > 4 << 30
    assert path.stat().st_blocks * 512 < 1 << 20, "the test must not fill the disk"
    with zipfile.ZipFile(path) as read:
        large, behind = read.infolist()
        assert (large.file_size, large.compress_size) == (count * len(ZEROS) + len(tail),) * 2
        assert behind.header_offset > 4 << 30
        assert read.read(behind) == b"behind"
    with path.open("rb") as raw:
        raw.seek(behind.header_offset - len(tail))
        assert raw.read(len(tail)) == tail
