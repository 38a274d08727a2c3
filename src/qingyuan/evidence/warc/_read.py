"""Reading a WARC file record by record, refusing whatever is not whole.

Every gzip member must end (its checksum is then right) and unpack to no more than the limits; one record a member is the rule, yet
compression is left to who writes (ISO 28500, annex D), so that records may share members. What is inside is record after record and nothing else.
The block must be as long as its header says, it and its payload must have the digests that it names, in base32 or hex, and no two records
one identifier (ISO 28500, 5.2).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

import msgspec

from qingyuan.evidence.warc._rules import Digesting, check_fields
from qingyuan.evidence.warc.errors import WarcError, damaged, too_large
from qingyuan.evidence.warc.model import Record

_READ = 1 << 16
_GZIP = 31
_GZIP_BEGINS = b"\x1f\x8b"
_HEADER_LIMIT = 1 << 20
_LENGTH = re.compile(r"[0-9]{1,15}")
_END = b"\r\n\r\n"
#: A field name: a token (RFC 9110, 5.6.2).
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: What a file that is not compressed begins with.
_PLAIN = b"WARC/"
_VERSIONS = (b"WARC/1.1\r\n", b"WARC/1.0\r\n")


class Limits(msgspec.Struct, frozen=True):
    """How much an archive may unpack to.

    Attributes:
        record: Bytes of one record.
        total: Bytes of all records together.
        records: Records.
        ratio: Most bytes that one byte of a member may unpack to, on average, past the first MiB.
    """

    record: int = 2 << 30
    total: int = 16 << 30
    records: int = 1_000_000
    ratio: int = 1100


class Reading(msgspec.Struct, frozen=True):
    """A record and its block.

    Attributes:
        record: Its headers and place.
        block: Its block.
    """

    record: Record
    block: bytes


def read_records(stream: BinaryIO, limits: Limits, *, where: str = "") -> Iterator[Reading]:
    """Yield every record of a WARC file with its block in memory; see :func:`scan_records`.

    Raises:
        WarcError: The file is not whole, or larger than the limits.
    """
    for record, parts in scan_records(stream, limits, where=where):
        yield Reading(record, b"".join(parts))


def scan_records(
    stream: BinaryIO, limits: Limits, *, where: str = "", keep: bool = True
) -> Iterator[tuple[Record, list[bytes]]]:
    """Yield every record of a WARC file, whole and with the digest that it names.

    Args:
        stream: The file, at its start.
        limits: How much it may unpack to.
        where: Its name, for error messages.
        keep: Give the parts of the block too; otherwise the list is empty and memory stays constant.

    Raises:
        WarcError: ``warc.damaged`` or ``warc.too-large``; the place is named.
    """
    total = 0
    seen: set[str] = set()
    start = stream.read(len(_PLAIN))
    source = _Given(stream, start) if start == _PLAIN else _Unpacked(stream, start, limits, where)
    for count, one in enumerate(_records(source, limits, where)):
        if count >= limits.records:
            raise too_large(where, "档案的记录数超过上限", "the archive holds more records than the limit")
        parser = _Parser(one.where, keep=keep)
        for part in one.parts():
            total += len(part)
            if total > limits.total:
                raise too_large(where, "档案解压后超过总量上限", "the archive unpacks to more than the limit")
            parser.feed(part)
        record, parts = parser.finish(one)
        identifier = record.header("WARC-Record-ID")
        if identifier in seen:
            raise damaged(one.where, "两条记录的标识相同", "two records have one identifier (WARC-Record-ID)")
        seen.add(identifier)
        yield record, parts


class _Source(Protocol):
    """What records are read from, in parts that do not reach beyond the end of a gzip member."""

    def read(self) -> bytes | None:
        """Return the next part, perhaps empty; ``None`` at the end."""

    def place(self, left: int) -> int | None:
        """Return where in the file that is which stands ``left`` bytes before the end of what was read; ``None`` inside a gzip member."""

    def in_member(self) -> bool:
        """Say whether the gzip member that the last part is of goes on."""


class _Given:
    """A file that is not compressed."""

    def __init__(self, stream: BinaryIO, start: bytes) -> None:
        self._stream, self._start, self._at = stream, start, 0

    def read(self) -> bytes | None:
        part, self._start = self._start or self._stream.read(_READ), b""
        self._at += len(part)
        return part or None

    def place(self, left: int) -> int | None:
        return self._at - left

    def in_member(self) -> bool:
        return False


class _Unpacked:
    """A gzip file, unpacked in small parts."""

    def __init__(self, stream: BinaryIO, start: bytes, limits: Limits, where: str) -> None:
        self._stream, self._data, self._limits, self._where = stream, start, limits, where
        self._unpacker = zlib.decompressobj(_GZIP)
        self._at = self._begun = self._unpacked = 0
        self._ended = True
        if start and not start.startswith(_GZIP_BEGINS):
            raise damaged(where, "既不是 WARC 也不是 gzip 文件", "is neither a WARC nor a gzip file")

    def read(self) -> bytes | None:
        while self._data or (data := self._stream.read(_READ)):
            self._data = self._data or data
            part = self._some()
            if part or self._ended:
                return part
        if not self._ended:
            raise _cut_off(f"{self._where}@{self._begun}")
        return None

    def place(self, left: int) -> int | None:
        return self._at if self._ended and not left else None

    def in_member(self) -> bool:
        return not self._ended

    def _some(self) -> bytes:
        """Return what the data at hand unpacks to, at most so many bytes, and to the end of a member at most."""
        if self._ended:
            self._unpacker = zlib.decompressobj(_GZIP)
            self._begun, self._unpacked, self._ended = self._at, 0, False
        where = f"{self._where}@{self._begun}"
        try:
            part = self._unpacker.decompress(self._data, _READ)
        except zlib.error as error:
            raise damaged(
                where, f"压缩数据损坏：{error}", f"the compressed data is damaged: {error}"
            ) from error
        self._ended = self._unpacker.eof
        left = self._unpacker.unused_data if self._ended else self._unpacker.unconsumed_tail
        self._at += len(self._data) - len(left)
        self._data = left
        self._unpacked += len(part)
        if self._unpacked > 1 << 20 and self._unpacked > self._limits.ratio * max(self._at - self._begun, 1):
            raise too_large(where, "压缩比异常，疑为压缩炸弹", "the compression ratio is that of a bomb")
        return part


def _records(source: _Source, limits: Limits, where: str) -> Iterator[_One]:
    """Yield one record after the other; :meth:`_One.parts` of each is to be read to its end before the next."""
    rest, unpacked = b"", 0
    while True:
        start = source.place(len(rest))
        while not rest:
            start = source.place(0)
            part = source.read()
            if part is None:
                return
            rest = part
        one = _One(source, rest, limits, where, start, unpacked)
        yield one
        rest = one.rest
        unpacked += one.size


class _One:
    """One record, in small parts: where it ends is what its own header says.

    Attributes:
        where: The file and the place, for error messages.
        rest: What was read and is not of it, once its parts are.
        size: Its bytes, unpacked.
    """

    def __init__(
        self, source: _Source, rest: bytes, limits: Limits, where: str, start: int | None, unpacked: int
    ) -> None:
        self._source, self._limits = source, limits
        self._start, self._unpacked = start, unpacked
        self.where = f"{where}@{unpacked if start is None else start}"
        self.rest = rest
        self.size = 0

    def parts(self) -> Iterator[bytes]:
        """Yield its bytes."""
        head = self.rest
        while (end := head.find(_END)) < 0:
            part = self._source.read()
            if part is None or len(head) > _HEADER_LIMIT:
                raise damaged(self.where, "记录头没有结束", "the header of a record does not end")
            head += part
        length = _length_in(_parse_headers(head[: end + 2], self.where), self.where)
        left = end + len(_END) + length + len(_END)
        if left > self._limits.record:
            raise too_large(self.where, "一条记录超过上限", "a record is larger than the limit")
        data = head
        while True:
            part, self.rest = data[:left], data[left:]
            left -= len(part)
            self.size += len(part)
            yield part
            if not left:
                break
            more = self._source.read()
            if more is None:
                raise _cut_off(self.where)
            data = more
        while (
            not self.rest and self._source.in_member()
        ):  # the end of a member is told by what follows its data
            self.rest = self._source.read() or b""

    def place(self) -> tuple[int, int, bool]:
        """Return where it begins and how long it is there, and whether that is in the file itself."""
        end = self._source.place(len(self.rest))
        if self._start is None or end is None:
            return self._unpacked, self.size, False
        return self._start, end - self._start, True


def _cut_off(where: str) -> WarcError:
    return damaged(where, "档案在一条记录中间被截断", "the archive is cut off inside a record")


class _Parser:
    """One record, fed in parts."""

    def __init__(self, where: str, *, keep: bool) -> None:
        self._where = where
        self._keep = keep
        self._head = b""
        self._headers: tuple[tuple[str, str], ...] | None = None
        self._left = 0
        self._size = 0
        self._tail = b""
        self._kept: list[bytes] = []
        self._digesting: Digesting | None = None

    def feed(self, part: bytes) -> None:
        if self._headers is None:
            self._head += part
            end = self._head.find(_END)
            if end < 0:
                if len(self._head) > _HEADER_LIMIT:
                    raise damaged(self._where, "记录头过长", "the header of a record is too long")
                return
            part = self._head[end + len(_END) :]
            self._begin(self._head[: end + 2])
        block, after = part[: self._left], part[self._left :]
        if block:
            self._left -= len(block)
            if self._digesting is not None:
                self._digesting.update(block)
            if self._keep:
                self._kept.append(block)
        self._tail += after[: len(_END) + 1 - len(self._tail)]

    def _begin(self, head: bytes) -> None:
        self._headers = _parse_headers(head, self._where)
        self._left = self._size = _length_in(self._headers, self._where)
        self._digesting = Digesting(self._headers, self._where)

    def finish(self, one: _One) -> tuple[Record, list[bytes]]:
        if self._headers is None or self._left or self._tail != _END:
            raise damaged(self._where, "记录的长度与其声明不符", "a record is not as long as it says it is")
        if self._digesting is not None:
            self._digesting.finish()
        offset, length, apart = one.place()
        return Record(offset, length, self._headers, self._size, apart), self._kept


def _length_in(headers: tuple[tuple[str, str], ...], where: str) -> int:
    lengths = [value for name, value in headers if name.lower() == "content-length"]
    if len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
        raise damaged(where, "记录没有有效的长度", "a record has no valid length")
    return int(lengths[0])


def _parse_headers(head: bytes, where: str) -> tuple[tuple[str, str], ...]:
    if not head.startswith(_VERSIONS):
        raise damaged(where, "不是 WARC 1.0 或 1.1 记录", "is no WARC 1.0 or 1.1 record")
    try:
        lines = head.decode("utf-8").split("\r\n")[1:-1]
    except UnicodeDecodeError as error:
        raise damaged(where, "记录头不是 UTF-8 文本", "the header of a record is no UTF-8 text") from error
    fields: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"} and fields:  # a value that goes on
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        elif colon and _NAME.fullmatch(name):
            fields.append((name, value.strip()))
        else:
            raise damaged(where, "记录头格式有误", "the header of a record is malformed")
    check_fields(fields, where, old=head.startswith(_VERSIONS[1]))
    return tuple(fields)


__all__ = ["Limits", "Reading", "WarcError", "read_records", "scan_records"]
