"""The words of a document of the office's own making: .docx, PDF, HTML or plain text."""

from __future__ import annotations

import html
import re
from pathlib import Path

from qingyuan.office.errors import OfficeError

_MOST = 64 << 20


def plain_text(file: Path) -> str:
    """Return the words of ``file``.

    Raises:
        OfficeError: The format is not one of these, or the file is damaged or too big.
    """
    if file.stat().st_size > _MOST:
        raise _refuse(file, "文件过大", "the file is too big")
    suffix = file.suffix.lower()
    try:
        if suffix == ".docx":
            return _docx(file)
        if suffix == ".pdf":
            return _pdf(file)
        if suffix in {".txt", ".md", ".html", ".htm"}:
            raw = file.read_text(encoding="utf-8", errors="replace")
            return raw if suffix in {".txt", ".md"} else html.unescape(re.sub(r"<[^>]*>", "", raw))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise _refuse(file, f"无法读取：{error}", f"cannot be read: {error}") from error
    raise _refuse(file, "格式不支持", "the format is not supported")


def _docx(file: Path) -> str:
    import docx  # noqa: PLC0415 - only such a file needs it

    opened = docx.Document(str(file))
    lines = [paragraph.text for paragraph in opened.paragraphs]
    for table in opened.tables:
        lines += [cell.text for row in table.rows for cell in row.cells]
    return "\n".join(lines)


def _pdf(file: Path) -> str:
    from qingyuan.pii.readers import (  # noqa: PLC0415 - only such a file needs it
        Pdf,
        PdfDamagedError,
        PdfLockedError,
        PdfTooHeavyError,
    )

    try:
        with Pdf(file.read_bytes()) as opened:
            pages = [opened.words(number) for number in range(1, opened.pages + 1)]
    except PdfTooHeavyError as error:
        raise _refuse(
            file, "展开后占用的内存或者时间超过上限", "it takes more memory or time than it may"
        ) from error
    except PdfLockedError as error:
        raise _refuse(file, "文件已加密", "the file asks for a password") from error
    except PdfDamagedError as error:
        raise _refuse(file, "文件已损坏", "the file is damaged") from error
    # A citation that runs over the end of a line is one citation.
    return re.sub(r"(?<=[\u3000-\u9fff])\s*\r?\n\s*(?=[\u3000-\u9fff])", "", "\n".join(pages))


def _refuse(file: Path, zh: str, en: str) -> OfficeError:
    return OfficeError(
        "office.unreadable-document",
        zh=zh,
        en=en,
        where=str(file),
        remedy_zh="请给出 .docx、.pdf、.txt、.md 或 .html",
        remedy_en="give .docx, .pdf, .txt, .md or .html",
    )
