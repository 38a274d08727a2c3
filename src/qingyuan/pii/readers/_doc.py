"""Word 97-2003 and the WPS files that follow it: the text behind the piece table (MS-DOC 2.4.1)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import olefile

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._table import listed_batch, numbered_batch, table_batches
from qingyuan.pii.readers._unread import Refused, unread

_IDENT = 0xA5EC
_ENCRYPTED, _WHICH_TABLE = 0x0100, 0x0200
_CCP_AT, _CLX_AT = 76, 0x1A2
_COMPRESSED = 0x40000000
#: The stories in the order in which their texts follow one another; ``None`` is no longer used.
_STORIES = ("", "footnote", "header", None, "comment", "endnote", "text box", "header text box")
_ODD = str.maketrans(
    {
        "\x0b": "\n",
        "\x0c": "\r",
        "\x0e": "\r",
        "\x13": " ",
        "\x14": " ",
        "\x15": " ",
        "\x1e": "-",
        "\x1f": "",
        "\x01": " ",
        "\x08": " ",
        "\x05": "",
        "\x02": "",
    }
)
_MARK = "\x07"
_MOST_COLUMNS = 64


def read_doc(source: Source, ole: olefile.OleFileIO) -> Iterator[Batch | Unread]:
    """Yield paragraphs (``paragraph 12``), tables (``table 1!B3``) and the other stories by name.

    Raises:
        Refused: ``encrypted`` or ``corrupt``.
    """
    whole = ole.openstream("WordDocument").read()
    if len(whole) < _CLX_AT + 8 or struct.unpack_from("<H", whole)[0] != _IDENT:
        raise Refused("corrupt", format="Word 97-2003", where="FIB")
    flags = struct.unpack_from("<H", whole, 10)[0]
    if flags & _ENCRYPTED:
        raise Refused("encrypted", format="Word 97-2003")
    table = "1Table" if flags & _WHICH_TABLE else "0Table"
    if not ole.exists(table):
        raise Refused("corrupt", format="Word 97-2003", where=table)
    at, size = struct.unpack_from("<II", whole, _CLX_AT)
    text, missing = _text(whole, ole.openstream(table).read()[at : at + size])
    lengths = struct.unpack_from("<8i", whole, _CCP_AT)
    if missing:
        yield unread("truncated", source.member, format="Word 97-2003", where=f"{missing} characters missing")
    begin = 0
    for name, length in zip(_STORIES, lengths, strict=True):
        said = text[begin : begin + max(length, 0)]
        begin += max(length, 0)
        if name is not None and said.strip():
            yield from _story(source, said, name)


def _text(whole: bytes, clx: bytes) -> tuple[str, int]:
    """Return the text of all stories, and how many characters lie outside the file."""
    at = 0
    while at + 3 <= len(clx) and clx[at] == 1:
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if at + 5 > len(clx) or clx[at] != 2:  # noqa: PLR2004 -- Pcdt, MS-DOC 2.9.178
        raise Refused("corrupt", format="Word 97-2003", where="Clx")
    size = struct.unpack_from("<I", clx, at + 1)[0]
    body = clx[at + 5 : at + 5 + size]
    count = (len(body) - 4) // 12
    if count < 1:
        raise Refused("corrupt", format="Word 97-2003", where="PlcPcd")
    ends = struct.unpack_from(f"<{count + 1}I", body)
    parts: list[str] = []
    missing = total = 0
    for piece in range(count):
        length = ends[piece + 1] - ends[piece]
        place = struct.unpack_from("<I", body, 4 * (count + 1) + 8 * piece + 2)[0]
        wide = not place & _COMPRESSED
        start = place if wide else (place & ~_COMPRESSED) // 2
        if length < 0 or total > 2 * len(whole):
            raise Refused("corrupt", format="Word 97-2003", where="PlcPcd")
        raw = whole[start : start + (2 * length if wide else length)]
        said = raw.decode("utf-16-le", errors="replace") if wide else raw.decode("cp1252", errors="replace")
        missing += max(0, length - len(raw) // (1 + wide))
        total += len(said)
        parts.append(said)
    return "".join(parts), missing


def _story(source: Source, said: str, name: str) -> Iterator[Batch]:
    pieces = re.findall(r"([^\r\x07]*)([\r\x07]|$)", said.translate(_ODD))
    paragraphs: list[tuple[int, str]] = []
    marks: list[str] = []
    tables: list[list[str]] = []
    inside: list[str] = []
    for text, end in pieces:
        if end == _MARK:
            marks.append("\n".join([*inside, text]).strip() if marks else text.strip())
            inside = []
            continue
        if marks and text and len(inside) < 2:  # noqa: PLR2004 -- it may be a paragraph inside the next cell
            inside.append(text)
            continue
        paragraphs += [(0, one) for one in inside]
        inside = []
        if marks:
            tables.append(marks)
            marks = []
        paragraphs.append((0, text))
    paragraphs += [(0, one) for one in inside]
    if marks:
        tables.append(marks)
    kept = [(number, text.strip()) for number, (_, text) in enumerate(paragraphs, start=1) if text.strip()]
    if kept and not name:
        yield numbered_batch(source, [text for _, text in kept], "paragraph ", [number for number, _ in kept])
    elif kept:
        places = [f"{name} paragraph {number}" for number, _ in kept]
        yield listed_batch(source, [text for _, text in kept], places, range(1, len(kept) + 1), name)
    for number, cells in enumerate(tables, start=1):
        where = f"{name} table {number}".strip()
        width = _width(cells)
        rows = [
            (
                row // (width + 1),
                [(column, text) for column, text in enumerate(cells[row : row + width]) if text],
            )
            for row in range(0, len(cells), width + 1)
        ]
        yield from table_batches(source, where, f"{where}!", [row for row in rows if row[1]])


def _width(cells: list[str]) -> int:
    """Return the columns of a table from its marks: every row ends with an empty one of its own."""
    count = len(cells)
    for width in range(1, min(count, _MOST_COLUMNS)):
        if count % (width + 1) == 0 and not any(cells[width :: width + 1]):
            filled = sum(bool(text) for text in cells)
            if filled * 2 >= count * width // (width + 1) or width == count - 1:
                return width
    return next((k for k, text in enumerate(cells) if not text and k), count)
