r"""Cells of tables that hold values written inside them: JSON, ``%E5%BC%A0``, ``\u5f20``, read as free text with labels.

Where one stands in a column, what it is called stands in the cell itself (``{"name": "张三"}``, ``?name=%E5%BC%A0…``). Such cells
are read apart from their table, and what is found is put back to the bytes it was written with, so that places, offsets and
rewriting know nothing of it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

import numpy as np

from qingyuan.pii._candidates import Candidates, take
from qingyuan.pii._kernel import flags as f
from qingyuan.pii.batch import Batch, Longs
from qingyuan.pii.headers import read_header

#: How often a value is opened again.
_DEEPEST = 4
_OPENING, _CLOSING = np.frombuffer(b"{[", np.uint8), np.frombuffer(b"}]", np.uint8)
#: Escapes of the Web that make a character beyond ASCII, or a text written with nothing else (``%31%33%38…``).
_BEYOND = re.compile(
    rb"(?:%[0-9A-Fa-f]{2})*%[89A-Fa-f][0-9A-Fa-f](?:%[0-9A-Fa-f]{2})+|(?:%[0-9A-Fa-f]{2}){6,}"
)
_ESCAPES = re.compile(rb"(?:\\u[0-9A-Fa-f]{4})+")
_TOKEN = re.compile(
    rb'"(?P<double>(?:[^"\\]|\\.)*+)"|\'(?P<single>(?:[^\'\\]|\\.)*+)\'|(?P<bare>[^\s,:{}\[\]"\']+)',
    re.DOTALL,
)
_SIMPLE = re.compile(rb'\\["\'\\/bfnrt]')
_SAID = {b"b": b" ", b"f": b" ", b"n": b"\n", b"r": b" ", b"t": b" "}
_COLON = re.compile(rb"\s*:")
_FIELD = re.compile(rb"(?<![^?&#;\s])([^\s=&?#;{}<>\"':/]{1,100})=")
_LABELS = {f.LABEL_NAME: "姓名：".encode(), f.LABEL_ADDRESS: "地址：".encode()}


@dataclass(frozen=True, slots=True)
class _Text:
    """Text with the first and one past the last byte each of its bytes was written with."""

    data: bytes
    first: Longs
    last: Longs

    def part(self, start: int, end: int) -> _Text:
        """Return a stretch of it."""
        return _Text(self.data[start:end], self.first[start:end], self.last[start:end])

    def said(self, start: int, end: int, data: bytes) -> _Text:
        """Return ``data``, which a stretch stands for, each of its bytes by all of that stretch."""
        size = len(data)
        return _Text(data, np.repeat(self.first[start], size), np.repeat(self.last[end - 1], size))


@dataclass(frozen=True, slots=True)
class Nested:
    """Cells of a batch opened.

    Attributes:
        left: Numbers of the cells that are as they are.
        cells: Numbers of the cells opened.
        text: The opened ones as free text, in a table without columns.
        first: First byte in the batch that each byte of ``text`` was written with.
        last: One past the last.
    """

    left: Longs
    cells: Longs
    text: Batch
    first: Longs
    last: Longs

    def joined(
        self, shown: Batch, plain: Candidates, placed: Candidates, inside: Candidates
    ) -> tuple[Batch, Candidates, Candidates]:
        """Return all candidates together, in the order of the file.

        Args:
            shown: The batch as the passes saw it.
            plain: Candidates of the cells that are as they are.
            placed: Where these stand.
            inside: Candidates of the cells opened, in ``text``.

        Returns:
            The batch with the opened text behind its buffer, the candidates in it, and where they were written.
        """
        base = len(shown.data)
        data = np.concatenate((shown.data, self.text.data))
        data.flags.writeable = False
        moved, at = take(inside, slice(None)), take(inside, slice(None))
        moved.cell = at.cell = self.cells[inside.cell]
        moved.start, moved.end = inside.start + base, inside.end + base
        at.start, at.end = self.first[inside.start], self.last[inside.end - 1]
        written = [np.concatenate((getattr(placed, n), getattr(at, n))) for n in ("start", "kind")]
        order = np.lexsort(written[::-1])
        every, where = (
            Candidates(*(np.concatenate((getattr(one, n), getattr(two, n)))[order] for n in _FIELDS))
            for one, two in ((plain, moved), (placed, at))
        )
        return replace(shown, data=data), every, where


_FIELDS = ("cell", "start", "end", "kind", "flags")


def nested(batch: Batch) -> Nested | None:
    """Return the cells of a table that hold values inside them, opened; ``None`` if there are none."""
    if batch.prose or not len(batch):
        return None
    cells = _suspects(batch)
    opened: list[tuple[int, _Text]] = []
    for cell in cells.tolist():
        low, high = int(batch.starts[cell]), int(batch.ends[cell])
        at = np.arange(low, high)
        text = _opened(_Text(batch.data[low:high].tobytes(), at, at + 1), 0)
        if text is not None and len(text.data):
            column = int(batch.column[cell])
            name = batch.columns[column].encode() if 0 <= column < len(batch.columns) else b""
            if (label := _label(name)) and batch.data[low] not in _OPENING and b"=" not in text.data:
                text = _joined([text.said(0, len(text.data), label), text])
            opened.append((cell, text))
    if not opened:
        return None
    numbers = np.array([cell for cell, _ in opened], dtype=np.int64)
    sizes = np.array([len(text.data) for _, text in opened], dtype=np.int64)
    # A line feed stands between two, so that none is read on into the next.
    ends = np.cumsum(sizes + 1) - 1
    data = np.frombuffer(b"".join(text.data + b"\n" for _, text in opened), dtype=np.uint8)
    none = np.zeros(1, dtype=np.int64)
    told = replace(
        batch, columns=(), data=data, starts=ends - sizes, ends=ends, column=np.full(len(numbers), -1, np.int32),
        record=batch.record[numbers], origin=None, kinds=(),
    )  # fmt: skip
    first, last = (
        np.concatenate([part for _, t in opened for part in (getattr(t, side), none)])
        for side in ("first", "last")
    )
    return Nested(np.delete(np.arange(len(batch)), numbers), numbers, told, first, last)


def _suspects(batch: Batch) -> Longs:
    """Return the cells that may hold something, by a look at the buffer and then at their ends."""
    raw = batch.data.tobytes()
    found = [np.empty(0, dtype=np.int64)]
    if raw.find(b"{") >= 0 or raw.find(b"[") >= 0:
        size = batch.ends - batch.starts
        last = len(batch.data) - 1
        begin = batch.data[np.minimum(batch.starts, last)]
        end = batch.data[np.maximum(batch.ends - 1, 0)]
        found.append(
            np.flatnonzero(np.isin(begin, _OPENING) & np.isin(end, _CLOSING) & (size > len('{"":""}')))
        )
    for sign, wanted in ((b"%", _BEYOND), (b"\\", _ESCAPES)):
        if raw.find(sign) >= 0:
            places = np.array([one.start() for one in wanted.finditer(raw)], dtype=np.int64)
            cell = np.searchsorted(batch.starts, places, side="right") - 1
            found.append(cell[(cell >= 0) & (places < batch.ends[cell])])
    return np.unique(np.concatenate(found))


def _joined(parts: list[_Text]) -> _Text:
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return _Text(b"", none, none)
    return _Text(
        b"".join(part.data for part in parts),
        np.concatenate([part.first for part in parts]),
        np.concatenate([part.last for part in parts]),
    )


def _opened(text: _Text, depth: int) -> _Text | None:
    """Return a text with the values inside it written out, ``None`` if there are none."""
    if depth == _DEEPEST:
        return None
    for step in (_json, _escaped, _unquoted):
        found = step(text, depth)
        if found is not None:
            return _opened(found, depth + 1) or found
    return None


@functools.lru_cache(maxsize=4096)
def _label(key: bytes) -> bytes:
    """Return the label free text has for a key, what is called a name or an address by its plain word."""
    said = unquote_to_bytes(key).decode("utf-8", "ignore")
    return _LABELS.get(read_header(said).label, b"")


def _json(text: _Text, depth: int) -> _Text | None:
    data = text.data.strip()
    if data[:1] + data[-1:] not in {b"{}", b"[]"}:
        return None
    parts: list[_Text] = []
    quoted = False
    for one in _TOKEN.finditer(text.data):
        group = one.lastgroup or ""
        low, high = one.span(group)
        quoted |= group != "bare"
        if low == high:
            continue
        colon = _COLON.match(text.data, one.end())
        value = text.part(low, high)
        if group != "bare":
            value = _plain(value)
        if colon:
            label = _label(value.data)
            parts.append(text.said(low, high, label) if label else value)
            if not label:
                parts.append(text.said(colon.end() - 1, colon.end(), b":"))
        else:
            parts.append(_opened(value, depth + 1) or value)
            parts.append(text.said(one.end() - 1, one.end(), b"\n"))
    return _joined(parts) if quoted else None


def _plain(text: _Text) -> _Text:
    """Return a string of JSON without its escapes."""
    if b"\\" not in text.data:
        return text
    text = _replaced(text, _SIMPLE, lambda found: _SAID.get(found[1:], found[1:]))
    return _escaped(text, 0) or text


def _sixteen(found: bytes) -> bytes:
    r"""Return what ``\u`` escapes stand for."""
    raw = bytes.fromhex(found.replace(b"\\u", b"").decode())
    return raw.decode("utf-16-be", "replace").encode()


def _eight(found: bytes) -> bytes:
    """Return what percent escapes stand for, in UTF-8 or GB 18030; as they are where they are neither."""
    raw = unquote_to_bytes(found)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding).encode()
        except UnicodeDecodeError:
            continue
    return found


def _escaped(text: _Text, _: int) -> _Text | None:
    return _replaced(text, _ESCAPES, _sixteen) if _ESCAPES.search(text.data) else None


def _unquoted(text: _Text, _: int) -> _Text | None:
    """Return a text with escapes of the Web undone and the names of its fields as labels."""
    if not _BEYOND.search(text.data):
        return None
    labelled: list[_Text] = []
    at = 0
    for one in _FIELD.finditer(text.data):
        if label := _label(one[1]):
            labelled += [text.part(at, one.start()), text.said(one.start(), one.end(), label)]
            at = one.end()
    return _replaced(_joined([*labelled, text.part(at, len(text.data))]), _BEYOND, _eight)


def _replaced(text: _Text, pattern: re.Pattern[bytes], made: Callable[[bytes], bytes]) -> _Text:
    """Return a text with what fits a pattern written otherwise."""
    parts: list[_Text] = []
    at = 0
    for one in pattern.finditer(text.data):
        parts += [text.part(at, one.start()), _spread(text, one.start(), one.end(), made(one[0]))]
        at = one.end()
    return _joined([*parts, text.part(at, len(text.data))])


def _spread(text: _Text, start: int, end: int, data: bytes) -> _Text:
    r"""Return ``data``, which the escapes of a stretch stand for, each byte by its own escape where they are as many.

    ``%E5%BC%A0`` has an escape a byte; ``\u5f20`` one a UTF-16 unit, each character by its own.
    """
    size, stretch = len(data), end - start
    if 3 * size == stretch:
        return _Text(data, text.first[start:end:3], text.last[start + 2 : end : 3])
    said = data.decode()
    units = [len(c.encode("utf-16-be")) // 2 for c in said]
    if 6 * sum(units) == stretch:
        bounds = start + 6 * np.cumsum([0, *units])
        wide = [len(c.encode()) for c in said]
        return _Text(
            data, np.repeat(text.first[bounds[:-1]], wide), np.repeat(text.last[bounds[1:] - 1], wide)
        )
    return text.said(start, end, data)
