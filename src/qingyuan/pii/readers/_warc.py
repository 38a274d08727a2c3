"""Web archives (ISO 28500): every record is a member, answers and requests read as HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._fields import Fields
from qingyuan.pii.readers._http import add_target
from qingyuan.pii.readers._rows import Reader, inner
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import unread

_LARGEST_HEADER = 1 << 18
_VERSION = re.compile(rb"WARC/\d\.\d\r?\n")
_SKIPPED = {"warcinfo"}


class _Buffered:
    """A source read by line and by length."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._held = b""
        self.at = 0

    def header(self) -> bytes | None:
        """Return the lines up to the next empty one, ``None`` at the end."""
        while True:
            self._held = self._held.lstrip(b"\r\n")
            end = self._held.find(b"\r\n\r\n")
            if end >= 0:
                return self.take(end + 4)
            more = self._source.read(1 << 16)
            if not more or len(self._held) > _LARGEST_HEADER:
                rest, self._held = self._held, b""
                self.at += len(rest)
                return rest or None
            self._held += more

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes, fewer at the end."""
        parts = [self._held[:count]]
        self._held = self._held[count:]
        missing = count - len(parts[0])
        while missing > 0 and (more := self._source.read(min(missing, 1 << 20))):
            parts.append(more)
            missing -= len(more)
        out = b"".join(parts)
        self.at += len(out)
        return out


def read_warc(source: Source, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield the cells of every record, members ``record 3``; its URL is a field of its own."""
    stream = _Buffered(source)
    limits = source.limits
    number = 0
    while (head := stream.header()) is not None:
        number += 1
        if number > limits.max_members:
            yield unread("too-many-members", source.member, members=limits.max_members)
            return
        head = head.lstrip(b"\r\n")
        rows = head.decode("utf-8", errors="replace").splitlines()
        known = {
            name.strip().lower(): value.strip() for name, _, value in (row.partition(":") for row in rows[1:])
        }
        length = known.get("content-length", "")
        if not _VERSION.match(head) or not length.isdecimal() or len(length) > 18:  # noqa: PLR2004 -- an exabyte
            yield unread(
                "truncated", source.member, format="WARC", where=f"record {number}, {stream.at} bytes"
            )
            return
        size = int(length)
        where = f"record {number}"
        if size > limits.max_document_bytes:
            yield unread(
                "document-too-large", inner(source, b"", where).member, mib=limits.max_document_bytes >> 20
            )
            while size and (part := stream.take(min(size, 1 << 20))):
                size -= len(part)
            continue
        body = stream.take(size)
        yield from _record(source, known, body, number, reader)
        if len(body) < size:
            yield unread(
                "truncated", source.member, format="WARC", where=f"record {number}, {stream.at} bytes"
            )
            return


def _record(
    source: Source, known: dict[str, str], body: bytes, number: int, reader: Reader
) -> Iterator[Batch | Unread]:
    target = known.get("warc-target-uri", "").strip("<>")
    fields = Fields(source, "targets")
    if target and known.get("warc-type") != "request":
        add_target(fields, target, f"record {number} WARC-Target-URI", number)
        yield from fields.batches()
    if body.strip() and known.get("warc-type") not in _SKIPPED:
        name = target.partition("?")[0].rpartition("/")[2]
        yield from reader(inner(source, body, name, f"record {number}"))
