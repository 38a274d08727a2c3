"""An independent reader of the leak, built on ordinary libraries, for the tests."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import docx
import openpyxl
import pypdfium2
from selectolax.lexbor import LexborHTMLParser


class Row(TypedDict):
    """A row of the truth table."""

    file: str
    member: str | None
    place: str
    column: str
    start: int | None
    end: int | None
    byte_start: int | None
    byte_end: int | None
    kind: str
    masked: bool
    decoy: bool
    decoy_type: str | None
    person: int
    record: int
    role: str


#: (file, member, place, column or "") to the text of the cell; the column only where a place is a line.
Cells = dict[tuple[str, str | None, str, str], str]
_Found = Iterator[tuple[str, str, str]]


def cell_key(row: Row) -> tuple[str, str | None, str, str]:
    """Return the key of the cell a truth row speaks of."""
    line_only = re.fullmatch(r"line \d+", row["place"]) is not None
    return row["file"], row["member"], row["place"], row["column"] if line_only else ""


def read_folder(folder: Path) -> Cells:
    """Return every cell of every readable file."""
    cells: Cells = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if not info.flag_bits & 1:
                        _put(cells, path.name, info.filename, archive.read(info))
        elif not path.name.startswith("加密"):
            _put(cells, path.name, None, path.read_bytes())
    return cells


def _put(cells: Cells, file: str, member: str | None, data: bytes) -> None:
    name = member or file
    reader = _READERS.get(name.rsplit(".", 1)[-1])
    if reader is not None:
        for place, column, value in reader(data):
            assert (file, member, place, column) not in cells
            cells[file, member, place, column] = value


def _csv(data: bytes) -> _Found:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for number, cells in enumerate(rows[1:], start=2):
        for column, value in zip(rows[0], cells, strict=True):
            yield f"line {number}", column, value


def _walk(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(f"{path}.{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(f"{path}[{index}]", inner)
    else:
        yield path, str(value)


def _jsonl(data: bytes) -> _Found:
    for number, line in enumerate(data.decode().splitlines(), start=1):
        for path, value in _walk("$", json.loads(line)):
            yield f"line {number} {path}", "", value


_SQL_VALUE = re.compile(r"'((?:[^'\\]|\\.)*)'|([^',()]+)")


def _sql(data: bytes) -> _Found:
    names = re.findall(r"^  `(\w+)` ", data.decode(), re.MULTILINE)
    number = 0
    for line in data.decode().splitlines():
        body = line.removeprefix("INSERT INTO `t_waybill` VALUES ")
        if not body.startswith("("):
            continue
        number += 1
        values = _SQL_VALUE.findall(body.rstrip(",;")[1:-1])
        for name, (quoted, bare) in zip(names, values, strict=True):
            yield f"t_waybill.{name}#{number}", "", bare or re.sub(r"\\(.)", r"\1", quoted)


def _xlsx(data: bytes) -> _Found:
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in book.worksheets:
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                yield f"sheet {sheet.title}!{cell.coordinate}", "", str(cell.value or "")


def _table(rows: list[list[str]]) -> _Found:
    for number, cells in enumerate(rows[1:], start=2):
        for index, value in enumerate(cells):
            yield f"table 1!{'ABCDEFGH'[index]}{number}", "", value


def _docx(data: bytes) -> _Found:
    table = docx.Document(io.BytesIO(data)).tables[0]
    yield from _table([[cell.text for cell in row.cells] for row in table.rows])


def _html(data: bytes) -> _Found:
    rows = LexborHTMLParser(data.decode()).css("table tr")
    yield from _table([[cell.text() for cell in row.css("th,td")] for row in rows])


def _pdf(data: bytes) -> _Found:
    document = pypdfium2.PdfDocument(data)
    for number, page in enumerate(document, start=1):
        text = page.get_textpage()
        yield f"page {number}", "", text.get_text_bounded()
        text.close()
        page.close()
    document.close()


_READERS = {
    "csv": _csv,
    "jsonl": _jsonl,
    "sql": _sql,
    "xlsx": _xlsx,
    "docx": _docx,
    "html": _html,
    "pdf": _pdf,
}
