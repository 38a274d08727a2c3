"""PDF: the text layer, line by line."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers import _ocr
from qingyuan.pii.readers._addresses import Numbered
from qingyuan.pii.readers._pdfium import Pdf, PdfDamagedError, PdfLockedError, PdfTooHeavyError
from qingyuan.pii.readers._source import Budget, Source
from qingyuan.pii.readers._table import text_batch
from qingyuan.pii.readers._unread import Refused, unread

_LINES = re.compile(r"\r\n|\r|\n|\x0b|\x0c|\u2028|\u2029")
#: PDFium writes U+FFFE where it joined a hyphenated word.
_ODD = str.maketrans({"\ufffe": "-", "\x02": "-"})
_BATCH_PAGES = 200
#: A page of a picture is drawn at about 200 dots an inch.
_SCALE = 2.8
_MOST_ROWS = 10_000
#: Pages that take too much, after which the rest of the document is not tried.
_MOST_HEAVY = 3


def read_pdf(source: Source) -> Iterator[Batch | Unread]:
    """Yield the lines of every page, place ``page 2``; a line is a record, as lists are printed."""
    budget = source.budget
    if budget.heavy >= budget.limits.max_heavy:
        raise Refused("pdf-not-tried", heavy=budget.heavy)
    try:
        document = Pdf(source.whole(), budget.check_time)
    except PdfLockedError as error:
        raise Refused("encrypted", format="PDF") from error
    except PdfDamagedError as error:
        raise Refused("corrupt", format="PDF", where="PDFium") from error
    except PdfTooHeavyError as error:
        budget.heavy += 1
        raise Refused("pdf-too-heavy") from error
    with document:
        yield from _pages(source, document)


@dataclass(slots=True)
class _Missing:
    """Pages that were not read, by the code of the reason."""

    budget: Budget
    without: list[int] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)
    heavy: list[int] = field(default_factory=list)

    @contextlib.contextmanager
    def noted(self, number: int) -> Iterator[None]:
        """Keep a page that cannot be read from ending the rest."""
        try:
            yield
        except PdfDamagedError:
            self.bad.append(number)
        except PdfTooHeavyError:
            self.budget.heavy += 1
            self.heavy.append(number)

    def told(self, member: str | None) -> Iterator[Unread]:
        for code, numbers in (
            ("no-text-layer", self.without),
            ("bad-pages", self.bad),
            ("heavy-pages", self.heavy),
        ):
            if numbers:
                yield unread(code, member, pages=ranges(numbers))


def _pages(source: Source, document: Pdf) -> Iterator[Batch | Unread]:
    total = document.pages
    limit = min(total, source.limits.max_pages)
    texts: list[str] = []
    pages: list[int] = []
    missing = _Missing(source.budget)
    record = 0
    for number in range(1, limit + 1):
        source.budget.check_time()
        if len(missing.heavy) == _MOST_HEAVY:  # each took its time, and whoever made these made more
            missing.heavy += range(number, limit + 1)
            break
        lines, blank = list[str](), True
        with missing.noted(number):
            lines, blank = _lines(document, number)
        if not lines and not blank:
            if _ocr.installed():
                with missing.noted(number):
                    yield from _recognised(source, document, number, record + len(texts))
                record += _MOST_ROWS
            else:
                missing.without.append(number)
        texts += lines
        pages += [number] * len(lines)
        if texts and (number % _BATCH_PAGES == 0):
            yield _batch(source, texts, pages, record)
            record += len(texts)
            texts, pages = [], []
    if texts:
        yield _batch(source, texts, pages, record)
    yield from missing.told(source.member)
    if total > limit:
        yield unread("too-many-pages", source.member, pages=total, limit=limit)


def _lines(document: Pdf, number: int) -> tuple[list[str], bool]:
    """Return the lines of a page, and whether the page shows nothing at all."""
    said, blank = document.text(number)
    return [line for line in _LINES.split(said.translate(_ODD)) if line.strip()], blank


def _recognised(source: Source, document: Pdf, number: int, record: int) -> Iterator[Batch | Unread]:
    """Yield the text recognised in the picture of a page."""
    found = _ocr.lines(document.picture(number, _SCALE))
    yield from _ocr.batches(source, found, f"page {number} row ", record)


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
