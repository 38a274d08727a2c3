"""PDFs are opened where they can do no harm: bombs end their own process, and what stands beside them is read."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Iterator

import pytest

from qingyuan.pii.readers import Pdf, PdfDamagedError, PdfTooHeavyError, _ocr, _pdfium
from tests.pii.readers.pdfs import pdf
from tests.pii.readers.reading import codes, read


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the processes of a test 128 MiB, so that a bomb takes a moment."""
    _pdfium.end_kept()
    monkeypatch.setattr(_pdfium, "ROOM", 128 << 20)
    yield
    _pdfium.end_kept()


def test_a_page_of_forms_without_end_is_named_and_the_rest_is_read() -> None:
    raw = pdf(["13800138000", "*", "13900139000"])
    assert len(raw) < 8192
    cells, unread = read(raw, "a.pdf")
    assert [(c.place, c.text, c.record) for c in cells] == [
        ("page 1", "13800138000", 1),
        ("page 3", "13900139000", 2),
    ]
    assert codes(unread) == ["heavy-pages"]
    assert "第 2 页" in unread[0].zh
    assert "pages 2" in unread[0].en


@pytest.mark.usefixtures("small")
def test_beside_a_bomb_in_an_archive_the_next_file_is_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("1.pdf", pdf(["*"]))
        archive.writestr("2.pdf", pdf(["13800138000"]))
        archive.writestr("3.csv", "电话\n13900139000\n")
    cells, unread = read(out.getvalue(), "a.zip")
    assert {("2.pdf", "13800138000"), ("3.csv", "13900139000")} <= {(c.member, c.text) for c in cells}
    assert [(one.member, one.code) for one in unread] == [("1.pdf", "heavy-pages")]


@pytest.mark.usefixtures("small")
def test_bombs_in_an_archive_are_bounded_together() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(4):
            archive.writestr(f"{number}.pdf", pdf(["*"]))
        archive.writestr("9.csv", "电话\n13900139000\n")
    cells, unread = read(out.getvalue(), "a.zip", max_heavy=2)
    assert ("9.csv", "13900139000") in {(c.member, c.text) for c in cells}
    assert [(one.member, one.code) for one in unread] == [
        ("0.pdf", "heavy-pages"),
        ("1.pdf", "heavy-pages"),
        ("2.pdf", "pdf-not-tried"),
        ("3.pdf", "pdf-not-tried"),
    ]


@pytest.mark.usefixtures("small")
def test_after_three_such_pages_the_rest_is_named_without_trying() -> None:
    cells, unread = read(pdf(["13800138000", *"***", "13900139000", "*"]), "a.pdf")
    assert [c.place for c in cells] == ["page 1"]
    assert codes(unread) == ["heavy-pages"]
    assert "pages 2-6 " in unread[0].en


def test_the_time_of_a_file_holds_while_a_page_is_waited_for() -> None:
    began = time.monotonic()
    _, unread = read(pdf(["*"], levels=40, calls=2), "a.pdf", seconds=0.2)
    assert codes(unread) == ["time-budget"]
    assert time.monotonic() - began < 20


def test_one_process_opens_one_pdf_after_another_and_damaged_ones_leave_it_be() -> None:
    _pdfium.end_kept()
    seen = set()
    for _ in range(3):
        with Pdf(pdf(["a", "b"])) as opened:
            assert opened.pages == 2
            assert opened.text(2) == ("b", False)
            assert opened.words(1) == "a"
            process = opened._process
            assert process is not None
            seen.add(process._popen.pid)
        with pytest.raises(PdfDamagedError):
            Pdf(b"%PDF-1.7\nnothing")
    assert len(seen) == 1


def test_two_that_are_open_at_once_keep_apart() -> None:
    with Pdf(pdf(["a"])) as one, Pdf(pdf(["b"])) as other:
        assert (one.text(1), other.text(1)) == (("a", False), ("b", False))


@pytest.mark.usefixtures("small")
def test_a_page_can_be_asked_for_after_one_that_was_too_heavy() -> None:
    with Pdf(pdf(["*", "b"])) as opened:
        with pytest.raises(PdfTooHeavyError):
            opened.text(1)
        assert opened.text(2) == ("b", False)


def test_the_picture_of_a_page_is_as_large_as_asked_for_and_no_larger() -> None:
    with Pdf(pdf(["13800138000"])) as opened:
        shown = opened.picture(1, 2.0)
        assert shown.shape == (800, 800, 3)
        assert int(shown.min()) < 64
        assert int(shown.max()) == 255
        assert opened.picture(1, 1000.0).shape == (4096, 4096, 3)


def test_a_process_that_died_unseen_is_replaced() -> None:
    with Pdf(pdf(["a"])) as opened:
        process = opened._process
    assert process is not None
    os.kill(process._popen.pid, 9)
    process._popen.wait()
    with Pdf(pdf(["b"])) as opened:
        assert opened.text(1) == ("b", False)


@pytest.mark.usefixtures("small")
def test_pages_beside_a_bomb_that_need_recognition_are_named_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ocr, "installed", lambda: False)
    raw = pdf(["*", "*"], levels=1)
    assert codes(read(raw, "a.pdf")[1]) == ["no-text-layer"]
