"""The one ZIP byte form of the package format (section 1), written as a stream.

Source: PKWARE APPNOTE 6.3, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to 4.3.16 (end
records), 4.5.3 (ZIP64 extra field). Members are stored, so only the CRC-32 is unknown when a header is
written; it is filled in afterwards, and the target must therefore be seekable.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

import msgspec

from qingyuan.evidence.errors import PackageError
from qingyuan.evidence.names import check_distinct, check_member_name

#: Values from here on do not fit a 32-bit field.
LIMIT_32 = 0xFFFFFFFF
#: Counts from here on do not fit a 16-bit field.
LIMIT_16 = 0xFFFF

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR_64 = struct.Struct("<4sIQI")

_UTF8_FLAG = 0x0800
_DATE = 0x0021  # 1980-01-01
_UNIX = 0x0300
_PLAIN, _ZIP64 = 20, 45
_MODE = 0o100644 << 16
_CRC_AT = 14


class _Entry(msgspec.Struct):
    name: bytes
    size: int
    offset: int
    crc: int = 0


class ZipWriter:
    """Writes members in the order of the bytes of their names.

    Args:
        target: An empty, seekable binary file.
        limit: From this value on sizes and offsets are written as ZIP64; only tests lower it.
        count_limit: The same for the number of members.
    """

    def __init__(self, target: BinaryIO, *, limit: int = LIMIT_32, count_limit: int = LIMIT_16) -> None:
        """Start an archive at the start of ``target``."""
        self._target = target
        self._limit = limit
        self._count_limit = count_limit
        self._entries: list[_Entry] = []
        self._offset = 0

    def add(self, name: str, content: bytes) -> None:
        """Write a member that is at hand.

        Raises:
            PackageError: As for :meth:`add_stream`.
        """
        self.add_stream(name, len(content), (content,))

    def add_stream(self, name: str, size: int, blocks: Iterable[bytes]) -> None:
        """Write a member block by block.

        Args:
            name: Its name.
            size: Bytes of all blocks together.
            blocks: Its content.

        Raises:
            PackageError: The name is not allowed or not greater than the one before, or the blocks
                have another size.
        """
        check_member_name(name)
        entry = _Entry(name.encode(), size, self._offset)
        if self._entries and entry.name <= self._entries[-1].name:
            raise _writer_error(name, "成员未按名称排序", "members are not in the order of their names")
        header = self._local(entry)
        self._target.write(header)
        written = 0
        for block in blocks:
            written += len(block)
            if written > size:
                break
            entry.crc = zlib.crc32(block, entry.crc)
            self._target.write(block)
        if written != size:
            raise _writer_error(name, "内容长度与清单不符", "its content has another length than announced")
        self._target.seek(self._offset + _CRC_AT)
        self._target.write(struct.pack("<I", entry.crc))
        self._offset += len(header) + size
        self._target.seek(self._offset)
        self._entries.append(entry)

    def finish(self) -> int:
        """Write the directory and the end records, and return the bytes of the archive.

        Raises:
            PackageError: Two names fall together where case or normal forms are ignored.
        """
        check_distinct(entry.name.decode() for entry in self._entries)
        start = self._offset
        for entry in self._entries:
            record = self._central(entry)
            self._target.write(record)
            self._offset += len(record)
        tail = self._end(start, self._offset - start)
        self._target.write(tail)
        self._offset += len(tail)
        return self._target.seek(0, os.SEEK_END)

    def _small(self, value: int) -> int:
        return LIMIT_32 if value >= self._limit else value

    def _local(self, entry: _Entry) -> bytes:
        extra = b""
        if entry.size >= self._limit:
            extra = struct.pack("<2H2Q", 1, 16, entry.size, entry.size)
        size, needed = self._small(entry.size), _ZIP64 if extra else _PLAIN
        fixed = _LOCAL.pack(
            b"PK\x03\x04", needed, _UTF8_FLAG, 0, 0, _DATE,
            0, size, size, len(entry.name), len(extra),
        )  # fmt: skip
        return fixed + entry.name + extra

    def _central(self, entry: _Entry) -> bytes:
        values = [entry.size, entry.size, entry.offset]
        large = [value for value in values if value >= self._limit]
        extra = struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        size, needed = self._small(entry.size), _ZIP64 if extra else _PLAIN
        fixed = _CENTRAL.pack(
            b"PK\x01\x02", _UNIX | needed, needed, _UTF8_FLAG, 0, 0, _DATE,
            entry.crc, size, size, len(entry.name), len(extra), 0, 0, 0, _MODE, self._small(entry.offset),
        )  # fmt: skip
        return fixed + entry.name + extra

    def _end(self, start: int, length: int) -> bytes:
        count = len(self._entries)
        many = count >= self._count_limit
        before = b""
        if many or max(start, length) >= self._limit:
            before = _END_64.pack(
                b"PK\x06\x06", 44, _UNIX | _ZIP64, _ZIP64, 0, 0, count, count, length, start
            ) + _LOCATOR_64.pack(b"PK\x06\x07", 0, start + length, 1)
        shown = LIMIT_16 if many else count
        return before + _END.pack(
            b"PK\x05\x06", 0, 0, shown, shown, self._small(length), self._small(start), 0
        )


def _writer_error(name: str, zh: str, en: str) -> PackageError:
    return PackageError(
        "evidence.member",
        zh=zh,
        en=en,
        where=name,
        remedy_zh="请重新打包；若仍出现，请报告此问题",
        remedy_en="pack again; if it happens again, report it",
    )
