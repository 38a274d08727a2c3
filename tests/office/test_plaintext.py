"""The words of documents that are handed in, hostile ones among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingyuan.office.errors import OfficeError
from qingyuan.office.plaintext import plain_text
from qingyuan.pii.readers import _pdfium
from tests.pii.readers.pdfs import pdf


def test_the_words_of_a_pdf_are_read_page_by_page(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf(["art. 69", "art. 70"]))
    assert plain_text(file) == "art. 69\nart. 70"


def test_a_pdf_that_expands_without_end_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pdfium.end_kept()
    monkeypatch.setattr(_pdfium, "ROOM", 128 << 20)
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf(["art. 69", "*"]))
    with pytest.raises(OfficeError) as caught:
        plain_text(file)
    _pdfium.end_kept()
    assert caught.value.code == "office.unreadable-document"
    assert caught.value.where == str(file)
    assert "memory" in caught.value.en
    assert "内存" in caught.value.zh


def test_a_damaged_pdf_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(OfficeError) as caught:
        plain_text(file)
    assert caught.value.en == "the file is damaged"
