"""Rewriting text in place: only the bytes of values change, every other byte is copied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from qingyuan.pii.deidentify._cells import Cell
from qingyuan.pii.deidentify._input import Input
from qingyuan.pii.deidentify.treat import GONE
from qingyuan.pii.readers import Format
from qingyuan.pii.readers._decode import sniff_encoding

_COPY = 1 << 22
_QUOTES = {Format.JSON: '"', Format.JSON_LINES: '"', Format.SQL: "'"}
#: Encodings tried, in order, where the beginning of the file does not tell.
_TRIED = ("utf-8", "gb18030", "cp950")


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes that take the place of others.

    Attributes:
        start: First byte replaced.
        end: One past the last.
        data: What is written; ``None`` leaves the bytes and says that the policy keeps them.
        tokens: Tokens of the original values.
    """

    start: int
    end: int
    data: bytes | None = field(repr=False)
    tokens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """Where the replacements stand in the output.

    Attributes:
        edits: The edits, in order.
        starts: ``int64[n]``, first byte of each in the output.
        ends: ``int64[n]``, one past the last.
    """

    edits: tuple[Edit, ...]
    starts: np.ndarray[tuple[int], np.dtype[np.int64]]
    ends: np.ndarray[tuple[int], np.dtype[np.int64]]

    def holds(self, start: int, end: int) -> Edit | None:
        """Return the edit that a stretch of the output lies in whole, or ``None``."""
        at = int(np.searchsorted(self.starts, start, "right")) - 1
        return self.edits[at] if at >= 0 and end <= self.ends[at] else None

    def before(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the input that a stretch of the output comes from."""
        return self._before(start, last=False), self._before(end, last=True)

    def _before(self, position: int, *, last: bool) -> int:
        at = int(np.searchsorted(self.starts, position, "right")) - 1
        if at < 0:
            return position
        edit = self.edits[at]
        if position < self.ends[at] or (last and position == self.ends[at]):
            return edit.end if last else edit.start
        return edit.end + position - int(self.ends[at])


def edits_of(
    source: Input, form: Format, cells: Iterable[Cell], hidden: Iterable[tuple[int, int]] = ()
) -> list[Edit]:
    """Return the edits of the cells, in order, and of stretches that are hidden whole.

    Args:
        source: The file.
        form: Its format.
        cells: What is to be rewritten; all with offsets.
        hidden: Stretches of bytes that earlier rounds left something in.
    """
    writer = _Writer(source, form)
    edits = [edit for cell in cells for edit in writer.edits(cell)]
    edits += [Edit(start, end, writer.ascii(GONE)) for start, end in hidden]
    edits.sort(key=lambda e: (e.start, e.end))
    out: list[Edit] = []
    for edit in edits:
        if out and edit.start < out[-1].end:
            held = out[-1]
            out[-1] = Edit(held.start, max(held.end, edit.end), writer.ascii(GONE), held.tokens + edit.tokens)
        else:
            out.append(edit)
    return out


def splice(source: Input, edits: Sequence[Edit], target: BinaryIO) -> Written:
    """Write the file with the edits made and return where they stand in the output."""
    at = written = 0
    starts, ends = np.empty(len(edits), np.int64), np.empty(len(edits), np.int64)
    for number, edit in enumerate(edits):
        written += _copy(source, at, edit.start, target)
        data = source.data[edit.start : edit.end] if edit.data is None else edit.data
        target.write(data)
        starts[number], ends[number] = written, written + len(data)
        written += len(data)
        at = edit.end
    _copy(source, at, len(source.data), target)
    return Written(tuple(edits), starts, ends)


def _copy(source: Input, start: int, end: int, target: BinaryIO) -> int:
    target.writelines(source.data[at : min(at + _COPY, end)] for at in range(start, end, _COPY))
    return end - start


class _Writer:
    """Knows how a format and an encoding write a value."""

    def __init__(self, source: Input, form: Format) -> None:
        self._data = source.data
        self._encoding, _ = sniff_encoding(source.head)
        self._unit = 2 if self._encoding.startswith("utf-16") else 1
        self._quote = _QUOTES.get(form, "")
        self._json = form in {Format.JSON, Format.JSON_LINES}
        self._delimited = form == Format.DELIMITED

    def ascii(self, text: str) -> bytes:
        """Return ASCII text in the file's encoding."""
        return text.encode(self._encoding if self._unit == 2 else "ascii")  # noqa: PLR2004

    def edits(self, cell: Cell) -> list[Edit]:
        """Return the edits of one cell; a bare number that is no number any more becomes a quoted text."""
        if self._bare(cell):
            new = cell.new
            tokens = tuple(t for span in cell.spans for t in span.tokens)
            if not (new.isdecimal() and new.isascii() and (new[0] != "0" or new == "0")):
                level = cell.place.count("::")
                quote = "\\" * (2**level - 1) + self._quote if self._json else self._quote
                return [
                    Edit(
                        cell.byte_start,
                        cell.byte_end,
                        self.ascii(quote) + self._encoded(new, cell) + self.ascii(quote),
                        tokens,
                    )
                ]
            return [Edit(cell.byte_start, cell.byte_end, self.ascii(new), tokens)]
        doubled = self._delimited and self._before(cell) == '"'
        news = [s.new.replace('"', '""') if doubled and s.new is not None else s.new for s in cell.spans]
        return [
            Edit(s.byte_start, s.byte_end, None if new is None else self._encoded(new, cell), s.tokens)
            for s, new in zip(cell.spans, news, strict=True)
        ]

    def _bare(self, cell: Cell) -> bool:
        """Say whether the cell is a literal without quotes in a format that needs them around text."""
        if not self._quote or not any(span.new is not None for span in cell.spans) or " " in cell.text:
            return False
        return self._before(cell) not in {'"', "'", "`"} and cell.text[:1] in set("0123456789-+.")

    def _before(self, cell: Cell) -> str:
        """Return the character that stands before a cell, if it is ASCII."""
        before = bytes(self._data[max(0, cell.byte_start - self._unit) : cell.byte_start])
        return before.decode("latin-1").strip("\0")

    def _encoded(self, text: str, cell: Cell) -> bytes:
        raw = bytes(self._data[cell.byte_start : cell.byte_end])
        if self._unit == 1 and text.isascii():
            return text.encode()
        if self._json and self._unit == 1 and raw.isascii():
            for _ in range(cell.place.count("::") + 1):
                text = json.dumps(text)[1:-1]
            return text.encode()
        for encoding in _TRIED if self._encoding in {"ascii?", "?"} else (self._encoding,):
            try:
                raw.decode(encoding)
                return text.encode(encoding)
            except UnicodeError:
                continue
        return "".join(c if c.isascii() else "*" for c in text).encode()
