"""Writes the one valid container, from the format alone."""

from __future__ import annotations

import struct
import zlib


def zip_bytes(members: dict[str, bytes], *, limit: int = 0xFFFFFFFF, most: int = 0xFFFF) -> bytes:
    """The one valid container of ``members``; ``limit`` and ``most`` lower the ZIP64 thresholds."""
    return zip_raw(
        [(n.encode(), members[n]) for n in sorted(members, key=str.encode)], limit=limit, most=most
    )


def zip_raw(entries: list[tuple[bytes, bytes]], *, limit: int = 0xFFFFFFFF, most: int = 0xFFFF) -> bytes:
    """As :func:`zip_bytes`, for names that need not be valid, in the order given."""
    body, directory, ones = bytearray(), bytearray(), 0xFFFFFFFF
    for name, data in entries:
        offset, size, crc = len(body), len(data), zlib.crc32(data)
        big, far = size >= limit, offset >= limit
        extra = struct.pack("<HHQQ", 1, 16, size, size) if big else b""
        body += b"PK\x03\x04" + struct.pack("<HHHHHI", 45 if big else 20, 0x800, 0, 0, 0x21, crc)
        body += (
            struct.pack("<IIHH", *([ones] * 2 if big else [size] * 2), len(name), len(extra))
            + name
            + extra
            + data
        )
        wide = (struct.pack("<QQ", size, size) if big else b"") + (struct.pack("<Q", offset) if far else b"")
        extra = struct.pack("<HH", 1, len(wide)) + wide if wide else b""
        directory += b"PK\x01\x02" + struct.pack("<HH", 0x32D if wide else 0x314, 45 if wide else 20)
        directory += struct.pack("<HHHHI", 0x800, 0, 0, 0x21, crc) + struct.pack(
            "<II", *([ones] * 2 if big else [size] * 2)
        )
        directory += struct.pack(
            "<HHHHHII", len(name), len(extra), 0, 0, 0, 0o100644 << 16, ones if far else offset
        )
        directory += name + extra
    count, size, offset = len(entries), len(directory), len(body)
    end = b""
    if count >= most or size >= limit or offset >= limit:
        end = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 0x32D, 45, 0, 0, count, count, size, offset)
        end += b"PK\x06\x07" + struct.pack("<IQI", 0, offset + size, 1)
    count16 = 0xFFFF if count >= most else count
    end += b"PK\x05\x06" + struct.pack("<HHHH", 0, 0, count16, count16)
    end += struct.pack("<IIH", ones if size >= limit else size, ones if offset >= limit else offset, 0)
    return bytes(body + directory + end)
