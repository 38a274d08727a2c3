"""Libraries that read seekable files read sealed ones without a copy in clear."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from qingyuan.evidence import SealedReader, SealError, SourceError, seal
from tests.evidence.making import counter_entropy, pattern

KEY = bytes(range(32))


def reader_of(content: bytes, *, chunk: int = 512) -> SealedReader:
    target = io.BytesIO()
    seal(io.BytesIO(content), target, KEY, "k01", counter_entropy(), chunk=chunk)
    return SealedReader(io.BytesIO(target.getvalue()), KEY)


def test_zipfile_opens_a_sealed_archive() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(40):
            archive.writestr(f"名单{number}.csv", pattern(900, str(number)))
    with reader_of(target.getvalue()) as reader, zipfile.ZipFile(reader) as archive:
        assert archive.testzip() is None
        assert archive.read("名单7.csv") == pattern(900, "7")


def test_calamine_opens_a_sealed_workbook() -> None:
    target, book = io.BytesIO(), openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(200):
        sheet.cell(row + 1, 1, f"第{row}行")
    book.save(target)
    with reader_of(target.getvalue()) as reader:
        rows = CalamineWorkbook.from_filelike(reader).get_sheet_by_index(0).to_python()
    assert rows[199] == ["第199行"]


def test_pypdfium2_opens_a_sealed_document() -> None:
    plain = pypdfium2.PdfDocument.new()
    for _ in range(3):
        plain.new_page(200, 300)
    target = io.BytesIO()
    plain.save(target)
    plain.close()
    reader = reader_of(target.getvalue(), chunk=64)
    document = pypdfium2.PdfDocument(reader)
    assert len(document) == 3
    assert document[1].get_size() == (200, 300)
    document.close()
    reader.close()


def test_a_buffered_text_file_can_stand_on_it() -> None:
    content = "".join(f"{n},证\n" for n in range(3000))
    with io.TextIOWrapper(io.BufferedReader(reader_of(content.encode())), "utf-8") as text:
        assert list(text) == content.splitlines(keepends=True)


def test_it_is_read_only_and_closes_what_is_below(tmp_path: Path) -> None:
    with (tmp_path / "sealed").open("wb") as target:
        seal(io.BytesIO(b"abc"), target, KEY, "k01", counter_entropy())
    with SealedReader.open(tmp_path / "sealed", KEY) as reader:
        assert (reader.readable(), reader.seekable(), reader.writable()) == (True, True, False)
        assert reader.key_id == "k01"
        with pytest.raises(io.UnsupportedOperation):
            reader.write(b"x")
    assert reader.closed


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="absent"):
        SealedReader.open(tmp_path / "absent", KEY)
    (tmp_path / "other").write_bytes(b"QYSEAL\x00\x01")
    with pytest.raises(SealError) as caught:
        SealedReader.open(tmp_path / "other", KEY)
    assert (caught.value.code, caught.value.where) == ("evidence.sealed-truncated", str(tmp_path / "other"))
