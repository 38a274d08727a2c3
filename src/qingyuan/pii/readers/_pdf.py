"""PDF: the text layer, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers import _ocr
from qingyuan.pii.readers._addresses import Numbered
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._table import text_batch
from qingyuan.pii.readers._unread import Refused, unread

if TYPE_CHECKING:
    import pypdfium2 as pdfium

_LINES = re.compile(r"\r\n|\r|\n|\x0b|\x0c|\u2028|\u2029")
#: PDFium writes U+FFFE where it joined a hyphenated word.
_ODD = str.maketrans({"\ufffe": "-", "\x02": "-"})
_BATCH_PAGES = 200
#: A page of a picture is drawn at about 200 dots an inch, no side longer than this.
_SCALE, _LONGEST = 2.8, 4096
_MOST_ROWS = 10_000


def read_pdf(source: Source) -> Iterator[Batch | Unread]:
    """Yield the lines of every page, place ``page 2``; a line is a record, as lists are printed."""
    import pypdfium2 as pdfium  # noqa: PLC0415 - heavy

    try:
        document = pdfium.PdfDocument(source.whole())
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise Refused("encrypted", format="PDF") from error
        raise Refused("corrupt", format="PDF", where="PDFium") from error
    with document:
        yield from _pages(source, document)


def _pages(source: Source, document: pdfium.PdfDocument) -> Iterator[Batch | Unread]:
    import pypdfium2 as pdfium  # noqa: PLC0415 - heavy

    total = len(document)
    limit = min(total, source.limits.max_pages)
    texts: list[str] = []
    pages: list[int] = []
    without: list[int] = []
    bad: list[int] = []
    record = 0
    for number in range(1, limit + 1):
        source.budget.check_time()
        try:
            said, blank = _page_text(document, number - 1)
        except pdfium.PdfiumError:
            bad.append(number)
            continue
        lines = [line for line in _LINES.split(said) if line.strip()]
        if not lines and not blank:
            if _ocr.installed():
                yield from _recognised(source, document, number, record + len(texts))
                record += _MOST_ROWS
            else:
                without.append(number)
        texts += lines
        pages += [number] * len(lines)
        if texts and (number % _BATCH_PAGES == 0):
            yield _batch(source, texts, pages, record)
            record += len(texts)
            texts, pages = [], []
    if texts:
        yield _batch(source, texts, pages, record)
    for code, numbers in (("no-text-layer", without), ("bad-pages", bad)):
        if numbers:
            yield unread(code, source.member, pages=ranges(numbers))
    if total > limit:
        yield unread("too-many-pages", source.member, pages=total, limit=limit)


def _recognised(
    source: Source, document: pdfium.PdfDocument, number: int, record: int
) -> Iterator[Batch | Unread]:
    """Yield the text recognised in the picture of a page."""
    page = document[number - 1]
    try:
        width, height = page.get_size()
        scale = min(_SCALE, _LONGEST / max(width, height, 1.0))
        shown = page.render(scale=scale, fill_color=(255, 255, 255, 255)).to_numpy()
        yield from _ocr.batches(
            source, _ocr.lines(np.ascontiguousarray(shown[:, :, :3])), f"page {number} row ", record
        )
    finally:
        page.close()


def _page_text(document: pdfium.PdfDocument, index: int) -> tuple[str, bool]:
    """Return a page's text, and whether the page shows nothing at all."""
    page = document[index]
    try:
        layer = page.get_textpage()
        try:
            said = str(layer.get_text_bounded()).translate(_ODD)
            return said, not said and next(iter(page.get_objects(max_depth=1)), None) is None
        finally:
            layer.close()
    finally:
        page.close()


def _batch(source: Source, texts: list[str], pages: list[int], record: int) -> Batch:
    numbers = np.asarray(pages, np.int64)
    return text_batch(source, texts, Numbered("page ", numbers), range(record + 1, record + 1 + len(texts)))


def ranges(numbers: list[int]) -> str:
    """Return ``[1, 2, 3, 7]`` as ``"1-3, 7"``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
