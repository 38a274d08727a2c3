"""Archives with the same bytes every time: plain ZIP and ZIP with the traditional encryption."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable

_DOS_DATE = 0x0021  # 1980-01-01, the earliest a ZIP can say
_UTF8_NAME = 0x0800
_ENCRYPTED = 0x0001


def zip_bytes(members: Iterable[tuple[str, bytes]], *, stored: bool = False) -> bytes:
    """Return a ZIP of ``members`` in the order given, all dated 1980-01-01."""
    buffer = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, data, compress_type=method, compresslevel=1)
    return buffer.getvalue()


class _Cipher:
    """The traditional PKWARE encryption (APPNOTE 6.1): weak, and still what many offices use."""

    def __init__(self, password: bytes) -> None:
        self.keys = [0x12345678, 0x23456789, 0x34567890]
        for byte in password:
            self._update(byte)

    def _update(self, byte: int) -> None:
        one, two, three = self.keys
        one = _crc_step(one, byte)
        two = (two + (one & 0xFF)) * 134_775_813 + 1 & 0xFFFFFFFF
        self.keys = [one, two, _crc_step(three, two >> 24)]

    def encrypt(self, data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            mix = (self.keys[2] | 2) & 0xFFFF
            out.append(byte ^ ((mix * (mix ^ 1)) >> 8 & 0xFF))
            self._update(byte)
        return bytes(out)


def _crc_step(crc: int, byte: int) -> int:
    # zlib complements the state before and after; the cipher uses the bare table step.
    return zlib.crc32(bytes((byte,)), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def encrypted_zip(name: str, data: bytes, *, password: bytes, header: bytes) -> bytes:
    """Return a ZIP whose one stored member is encrypted.

    Args:
        name: Name of the member.
        data: Its content.
        password: The password.
        header: Eleven bytes that take the place of the random encryption header.
    """
    crc = zlib.crc32(data)
    body = _Cipher(password).encrypt(header[:11] + bytes((crc >> 24,)) + data)
    raw = name.encode()
    flags = _UTF8_NAME | _ENCRYPTED
    common = struct.pack("<HHHHHIIIHH", 20, flags, 0, 0, _DOS_DATE, crc, len(body), len(data), len(raw), 0)
    local = b"PK\x03\x04" + common + raw + body
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + raw
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end
