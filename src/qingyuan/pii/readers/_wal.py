"""A SQLite write-ahead log laid over its database (https://www.sqlite.org/fileformat2.html, section 4)."""

from __future__ import annotations

import struct

import numpy as np

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_MAGIC = 0x377F0682
_SMALLEST_PAGE, _LARGEST_PAGE = 512, 65_536
_PAGE_AT, _WRITE_VERSION, _READ_VERSION, _CHANGE_AT, _SIZE_AT, _VALID_AT = 16, 18, 19, 24, 28, 92


def _checksum(data: bytes, order: str, first: int, second: int) -> tuple[int, int]:
    """Return the running checksum over ``data``, a whole number of 8-byte pairs."""
    words = np.frombuffer(data, f"{order}u4").tolist()
    for at in range(0, len(words), 2):
        first = (first + words[at] + second) & 0xFFFFFFFF
        second = (second + words[at + 1] + first) & 0xFFFFFFFF
    return first, second


def _header(log: bytes) -> tuple[str, int, tuple[int, int], tuple[int, int]] | None:
    """Return byte order, page size, salts and checksum of a log, ``None`` if it is none."""
    if len(log) < _HEADER.size:
        return None
    magic, _, page, _, *rest = _HEADER.unpack_from(log)
    order = {_MAGIC: "<", _MAGIC | 1: ">"}.get(magic)
    if order is None or not _SMALLEST_PAGE <= page <= _LARGEST_PAGE or page & (page - 1):
        return None
    sums = _checksum(log[:24], order, 0, 0)
    return (order, page, (rest[0], rest[1]), sums) if sums == (rest[2], rest[3]) else None


def with_log(database: bytes, log: bytes) -> bytes | None:
    """Return the database with the committed pages of its log, ``None`` if the log is no log.

    Frames count up to the last one that ends a transaction and whose salt and checksum hold, as
    SQLite itself reads them.
    """
    found = _header(log)
    if found is None:
        return None
    order, page, salts, sums = found
    pages: dict[int, int] = {}
    pending: dict[int, int] = {}
    total = 0
    for at in range(_HEADER.size, len(log) - _FRAME.size - page + 1, _FRAME.size + page):
        number, size, one, two, sum_1, sum_2 = _FRAME.unpack_from(log, at)
        body = at + _FRAME.size
        if (one, two) != salts or not number:
            break
        sums = _checksum(log[at : at + 8], order, *sums)
        sums = _checksum(log[body : body + page], order, *sums)
        if sums != (sum_1, sum_2):
            break
        pending[number] = body
        if size:
            pages |= pending
            pending, total = {}, size
    if not pages or total * page > len(database) + len(log):
        return database
    out = bytearray(database[: total * page].ljust(total * page, b"\0"))
    for number, body in pages.items():
        if number <= total:
            out[(number - 1) * page : number * page] = log[body : body + page]
    return bytes(out)


def declared(header: bytes) -> int:
    """Return the length in bytes that the header of a database says it has, 0 when it does not say.

    The length counts only if the change counter is the one it was written with (SQLite file format, 1.3.7).

    Args:
        header: The first 96 bytes or more.
    """
    if (
        len(header) < _VALID_AT + 4
        or header[_CHANGE_AT : _CHANGE_AT + 4] != header[_VALID_AT : _VALID_AT + 4]
    ):
        return 0
    page = int.from_bytes(header[_PAGE_AT : _PAGE_AT + 2], "big")
    return int.from_bytes(header[_SIZE_AT : _SIZE_AT + 4], "big") * (_LARGEST_PAGE if page == 1 else page)


def for_memory(database: bytes, most: int) -> bytearray:
    """Return a copy that SQLite opens from memory: marked as having no log, and as long as its header says.

    Args:
        database: The bytes, possibly cut off.
        most: Length up to which missing pages are filled with zero bytes.
    """
    out = bytearray(database)
    if len(out) >= _SIZE_AT + 4:
        out[_WRITE_VERSION] = out[_READ_VERSION] = 1
        size = declared(database)
        if len(out) < size <= most:
            out.extend(bytes(size - len(out)))
    return out
