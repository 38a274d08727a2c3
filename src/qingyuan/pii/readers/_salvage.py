"""Members of a ZIP file without its directory, found by their local headers (APPNOTE 4.3.7)."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

_SIGNATURE = b"PK\x03\x04"
_HEADER = struct.Struct("<4sHHHHHIIIHH")
_CHUNK = 1 << 20
_ZIP64 = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class LocalMember:
    """One local header.

    Attributes:
        name: Member name.
        method: Compression method.
        encrypted: Whether it is encrypted.
        offset: Where its data begins.
        packed: Size of its data, or ``None`` if only the directory knew it.
    """

    METHODS: ClassVar[frozenset[int]] = frozenset({0, 8})

    name: str
    method: int
    encrypted: bool
    offset: int
    packed: int | None

    def open(self, stream: BinaryIO) -> Body:
        """Return the member's data."""
        return Body(stream, self)


class Body(io.RawIOBase):
    """Data of a member, read forward and inflated.

    Args:
        stream: The archive; its position is set before every read.
        member: The local header.
    """

    def __init__(self, stream: BinaryIO, member: LocalMember) -> None:
        """Begin at the first byte."""
        super().__init__()
        self._stream = stream
        self._at = member.offset
        self._stop = None if member.packed is None else member.offset + member.packed
        self._inflate = zlib.decompressobj(-15) if member.method else None
        self.consumed = 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes.

        Raises:
            EOFError: The archive ends inside the member.
        """
        want = size if size >= 0 else _CHUNK
        while True:
            if self._inflate is None:
                return self._raw(want)
            if self._inflate.eof:
                return b""
            held = self._inflate.unconsumed_tail or self._raw(_CHUNK)
            if not held:
                raise EOFError
            data = self._inflate.decompress(held, want)
            if data:
                return data

    def _raw(self, want: int) -> bytes:
        if self._stop is not None:
            want = min(want, self._stop - self._at)
        self._stream.seek(self._at)
        data = self._stream.read(want)
        if want and not data:
            raise EOFError
        self._at += len(data)
        self.consumed += len(data)
        return data


def local_members(stream: BinaryIO) -> Iterator[LocalMember]:
    """Yield the members whose local headers are intact, in the order of the file."""
    position = 0
    while (found := _find(stream, position)) >= 0:
        stream.seek(found)
        head = stream.read(_HEADER.size)
        if len(head) < _HEADER.size:
            return
        _, _, flags, method, _, _, _, packed, _, name_size, extra_size = _HEADER.unpack(head)
        raw = stream.read(name_size)
        offset = found + _HEADER.size + name_size + extra_size
        known = not flags & 8 and packed != _ZIP64
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            name = raw.decode("gb18030", errors="replace")
        yield LocalMember(name, method, bool(flags & 1), offset, packed if known else None)
        position = offset + (packed if known else 0)


def _find(stream: BinaryIO, position: int) -> int:
    """Return the position of the next signature, or -1."""
    stream.seek(position)
    carry = b""
    while data := stream.read(_CHUNK):
        block = carry + data
        at = block.find(_SIGNATURE)
        if at >= 0:
            return position - len(carry) + at
        position += len(data)
        carry = block[-3:]
    return -1
