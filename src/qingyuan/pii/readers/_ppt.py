"""PowerPoint 97-2003 and the WPS files that follow it: the text atoms (MS-PPT 2.9)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import olefile

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._table import listed_batch
from qingyuan.pii.readers._unread import Refused

_SLIDE, _NOTES, _LIST, _PERSIST = 0x03EE, 0x03F0, 0x0FF0, 0x03F3
_WIDE, _NARROW, _STRING = 0x0FA0, 0x0FA8, 0x0FBA
_CONTAINER = 0xF
_ENCRYPTED = 0xF3D1C4DF
_MOST_DEPTH = 32


def read_ppt(source: Source, ole: olefile.OleFileIO) -> Iterator[Batch | Unread]:
    """Yield the text, places ``slide 3 paragraph 2``; what stands on no slide as ``text 4``.

    Raises:
        Refused: ``encrypted``.
    """
    if ole.exists("Current User"):
        user = ole.openstream("Current User").read(64)
        if len(user) >= 16 and struct.unpack_from("<I", user, 12)[0] == _ENCRYPTED:  # noqa: PLR2004 -- MS-PPT 2.3.2
            raise Refused("encrypted", format="PowerPoint 97-2003")
    data = ole.openstream("PowerPoint Document").read()
    texts: list[str] = []
    places: list[str] = []
    counts: dict[str, int] = {}
    for where, text in _walk(source, data):
        if text.startswith("___PPT"):  # the name of a program's own data
            continue
        for line in text.replace("\x0b", "\r").replace("\n", "\r").split("\r"):
            if line.strip():
                counts[where] = counts.get(where, 0) + 1
                texts.append(line)
                places.append(f"{where} paragraph {counts[where]}" if where else f"text {counts[where]}")
    if texts:
        yield listed_batch(source, texts, places, range(1, len(texts) + 1))


def _walk(source: Source, data: bytes) -> Iterator[tuple[str, str]]:  # noqa: C901 -- one case per record
    """Yield slide and text of every atom; records are followed as far as they are whole."""
    stack: list[tuple[int, str]] = []
    slides = notes = listed = 0
    kind_listed = "slide"
    at = 0
    where = ""
    while at + 8 <= len(data):
        while stack and at >= stack[-1][0]:
            where = stack.pop()[1]
        head, kind, size = struct.unpack_from("<HHI", data, at)
        at += 8
        if head & 0xF == _CONTAINER:
            if len(stack) >= _MOST_DEPTH:
                at += size
                continue
            source.budget.check_time()
            stack.append((at + size, where))
            if kind == _SLIDE:
                slides += 1
                where = f"slide {slides}"
            elif kind == _NOTES:
                notes += 1
                where = f"notes {notes}"
            elif kind == _LIST:
                listed, kind_listed = 0, {0: "slide", 2: "notes"}.get(head >> 4, "master")
            continue
        body = data[at : at + size]
        at += size
        if kind == _PERSIST and stack:
            listed += 1
            where = f"{kind_listed} {listed}"
        elif kind in {_WIDE, _STRING}:
            yield where, body[: len(body) // 2 * 2].decode("utf-16-le", errors="replace")
        elif kind == _NARROW:
            yield where, body.decode("latin-1")
