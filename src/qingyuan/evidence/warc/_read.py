"""Reading a WARC file record by record, refusing whatever is not whole.

Every gzip member must end (its checksum is then right), hold exactly one record, and unpack to no more
than the limits; a file that is not compressed holds record after record and nothing else. The block must be as long as its header
says, it and its payload must have the digests that it names, in base32 or hex, and no two records one identifier (ISO 28500, 5.2).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from qingyuan.evidence.warc._rules import Digesting, check_fields
from qingyuan.evidence.warc.errors import WarcError, damaged, too_large
from qingyuan.evidence.warc.model import Record

_READ = 1 << 16
_GZIP = 31
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
    members = (
        _plain(stream, start, limits, where) if start == _PLAIN else _members(stream, start, limits, where)
    )
    for count, (offset, member) in enumerate(members):
        if count >= limits.records:
            raise too_large(where, "档案的记录数超过上限", "the archive holds more records than the limit")
        parser = _Parser(f"{where}@{offset}", keep=keep)
        length = 0
        for packed, part in member:
            length = packed
            total += len(part)
            if total > limits.total:
                raise too_large(where, "档案解压后超过总量上限", "the archive unpacks to more than the limit")
            parser.feed(part)
        record, parts = parser.finish(offset, length)
        identifier = record.header("WARC-Record-ID")
        if identifier in seen:
            raise damaged(
                f"{where}@{offset}", "两条记录的标识相同", "two records have one identifier (WARC-Record-ID)"
            )
        seen.add(identifier)
        yield record, parts


def _plain(
    stream: BinaryIO, rest: bytes, limits: Limits, where: str
) -> Iterator[tuple[int, Iterator[tuple[int, bytes]]]]:
    """Yield the records of a file that is not compressed: offset, and its bytes with how many were given."""
    offset = 0
    while rest or (rest := stream.read(_READ)):
        record = _Plain(stream, rest, limits, f"{where}@{offset}")
        yield offset, record.parts()
        rest = record.rest
        offset += record.size


class _Plain:
    """One record that is not compressed, in small parts: where it ends is what its own header says."""

    def __init__(self, stream: BinaryIO, rest: bytes, limits: Limits, where: str) -> None:
        self._stream = stream
        self._limits = limits
        self._where = where
        self.rest = rest
        self.size = 0

    def parts(self) -> Iterator[tuple[int, bytes]]:
        head = self.rest
        while (end := head.find(_END)) < 0:
            part = self._stream.read(_READ)
            if not part or len(head) > _HEADER_LIMIT:
                raise damaged(self._where, "记录头没有结束", "the header of a record does not end")
            head += part
        left = (
            end
            + len(_END)
            + _length_in(_parse_headers(head[: end + 2], self._where), self._where)
            + len(_END)
        )
        if left > self._limits.record:
            raise too_large(self._where, "一条记录超过上限", "a record is larger than the limit")
        data = head
        while True:
            part, self.rest = data[:left], data[left:]
            left -= len(part)
            self.size += len(part)
            yield self.size, part
            if not left:
                return
            if not (data := self._stream.read(_READ)):
                raise damaged(
                    self._where, "档案在一条记录中间被截断", "the archive is cut off inside a record"
                )


def _members(
    stream: BinaryIO, rest: bytes, limits: Limits, where: str
) -> Iterator[tuple[int, Iterator[tuple[int, bytes]]]]:
    offset = 0
    while rest or (rest := stream.read(_READ)):
        member = _Member(stream, rest, limits, f"{where}@{offset}")
        yield offset, member.parts()
        rest = member.rest
        offset += member.packed


class _Member:
    """One gzip member, unpacked in small parts."""

    def __init__(self, stream: BinaryIO, rest: bytes, limits: Limits, where: str) -> None:
        self._stream = stream
        self._limits = limits
        self._where = where
        self.rest = rest
        self.packed = 0

    def parts(self) -> Iterator[tuple[int, bytes]]:
        unpacker = zlib.decompressobj(_GZIP)
        data, unpacked = self.rest, 0
        while not unpacker.eof:
            if not data and not (data := self._stream.read(_READ)):
                raise damaged(
                    self._where, "档案在一条记录中间被截断", "the archive is cut off inside a record"
                )
            try:
                part = unpacker.decompress(data, _READ)
            except zlib.error as error:
                raise damaged(
                    self._where, f"压缩数据损坏：{error}", f"the compressed data is damaged: {error}"
                ) from error
            left = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            self.packed += len(data) - len(left)
            data = left
            unpacked += len(part)
            self._check(unpacked)
            if part or unpacker.eof:
                yield self.packed, part
        self.rest = data

    def _check(self, unpacked: int) -> None:
        if unpacked > self._limits.record:
            raise too_large(self._where, "一条记录解压后超过上限", "a record unpacks to more than the limit")
        if unpacked > 1 << 20 and unpacked > self._limits.ratio * max(self.packed, 1):
            raise too_large(
                self._where, "压缩比异常，疑为压缩炸弹", "the compression ratio is that of a bomb"
            )


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

    def finish(self, offset: int, length: int) -> tuple[Record, list[bytes]]:
        if self._headers is None or self._left or self._tail != _END:
            raise damaged(self._where, "记录的长度与其声明不符", "a record is not as long as it says it is")
        if self._digesting is not None:
            self._digesting.finish()
        return Record(offset, length, self._headers, self._size), self._kept


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
    check_fields(fields, where)
    return tuple(fields)


__all__ = ["Limits", "Reading", "WarcError", "read_records", "scan_records"]
