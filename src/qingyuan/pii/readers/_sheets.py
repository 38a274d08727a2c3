"""Workbooks: xlsx, xlsm, xlsb, xls and ods, hidden sheets included."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from xml.parsers import expat

import python_calamine as calamine

from qingyuan.pii._kernel.sheetrange import used_range
from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._source import DAMAGE, Source
from qingyuan.pii.readers._table import table_batches
from qingyuan.pii.readers._unread import Refused, unread

_Value = float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta | int | None
_ODS_TAG = re.compile(rb"<(/?)table:(table-row|table-cell|covered-table-cell|table)\b([^>]*?)(/?)>")
_REPEATED = re.compile(rb'table:number-(?:columns|rows)-repeated="(\d{1,9})"')


def read_workbook(source: Source, raw: bytes, kind: str) -> Iterator[Batch | Unread]:
    """Yield the cells of every sheet, places ``sheet 名单!D7``.

    Args:
        source: The file or member.
        raw: Its bytes.
        kind: ``"xlsx"``, ``"xls"`` or ``"ods"``, for messages and guards.
    """
    try:
        if kind != "xls":
            _guard_size(raw, kind, source)
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
        names = book.sheet_names
    except calamine.PasswordError as error:
        raise Refused("encrypted", format=kind) from error
    except (calamine.CalamineError, *DAMAGE) as error:
        raise Refused("corrupt", format=kind, where=type(error).__name__) from error
    for name in names:
        source.budget.check_time()
        try:
            sheet = book.get_sheet_by_name(name)
        except calamine.WorksheetNotFound:
            continue  # a chart sheet has no cells
        except (calamine.CalamineError, *DAMAGE) as error:
            yield unread("corrupt", source.member, format=kind, where=f"sheet {name}: {type(error).__name__}")
            continue
        if sheet.start is None:
            continue
        yield from table_batches(source, name, f"sheet {name}!", _rows(sheet, sheet.start[1]))


def _rows(sheet: calamine.CalamineSheet, first: int) -> Iterator[tuple[int, Sequence[tuple[int, str]]]]:
    for number, row in enumerate(sheet.iter_rows()):
        cells = [(first + column, text(value)) for column, value in enumerate(row) if value not in {"", None}]
        if cells:
            yield number, cells


def text(value: _Value) -> str:
    """Return a cell's value as a person reads it: numbers in full, no exponent, no trailing ``.0``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value)


def _guard_size(raw: bytes, kind: str, source: Source) -> None:
    """Refuse a workbook that would fill memory: by expansion, or by two cells far apart.

    Raises:
        Refused: ``archive-ratio``, ``document-too-large`` or ``sheet-too-large``.
    """
    limits = source.limits
    total = 0
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        for info in parts.infolist():
            if info.flag_bits & 1:
                raise Refused("encrypted", format=kind)
            size, carry, corners = 0, b"", [-1, -1, -1, -1]
            sheet = "/worksheets/" in info.filename
            kept: list[bytes] = []
            with parts.open(info) as stream:
                while data := stream.read(1 << 20):
                    source.budget.check_time()
                    size += len(data)
                    total += len(data)
                    if size > limits.ratio_from_bytes and size > limits.max_ratio * max(
                        1, info.compress_size
                    ):
                        raise Refused("archive-ratio", ratio=limits.max_ratio)
                    if total > 2 * limits.max_document_bytes:
                        raise Refused("document-too-large", mib=2 * limits.max_document_bytes >> 20)
                    if sheet:
                        corners = used_range(carry + data, corners)
                        carry = data[-64:]
                    elif kind == "ods" and info.filename.endswith(".xml"):
                        kept.append(data)
            if kept:
                _check_xml(b"".join(kept))
            cells = (
                _ods_cells(b"".join(kept))
                if info.filename == "content.xml"
                else (corners[2] - corners[0] + 1) * (corners[3] - corners[1] + 1)
            )
            if cells > limits.max_cells:
                raise Refused("sheet-too-large", sheet=info.filename, cells=cells, limit=limits.max_cells)


def _check_xml(content: bytes) -> None:
    """Refuse XML that breaks off: the ODS parser waits for its end for ever.

    Raises:
        Refused: ``corrupt``.
    """
    try:
        expat.ParserCreate().Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise Refused("corrupt", format="ods", where=f"XML: {type(error).__name__}") from error


def _ods_cells(content: bytes) -> int:
    """Return the largest rectangle of cells a sheet of ``content.xml`` spans, repetitions counted."""
    rows = width = column = pending = best = 0
    repeat, filled = 1, False
    for closing, name, attributes, empty in _ODS_TAG.findall(content):
        found = _REPEATED.search(attributes)
        times = int(found.group(1)) if found else 1
        if name == b"table":
            rows = width = pending = 0
        elif name == b"table-row" and not closing:
            repeat, column, filled = times, 0, False
        if name in {b"table-cell", b"covered-table-cell"} and not closing:
            column += times
            if not empty or b"office:value" in attributes:
                filled, width = True, max(width, column)
        if name == b"table-row" and (closing or empty):
            pending += repeat
            if filled:
                rows, pending = rows + pending, 0
                best = max(best, rows * width)
    return best
