"""Sealed files that grow: what arrives piece by piece lies sealed from its first byte on, and is gone on with after a kill.

Layout, all integers big-endian::

    magic "QYGROW"  layout 0x00
    algorithm       1 byte: 0x01 AES-256-GCM, 0x02 SM4-GCM
    salt            32 bytes
    check           16 bytes
    key id length   1 byte, then the key id in ASCII
    pieces          each: length of its content (4 bytes), nonce (12 bytes), ciphertext, 16-byte tag

The file key and the check value follow from the scope's key and the salt as in :mod:`~qingyuan.evidence.sealing`. A piece
is encrypted under a random nonce, with the header and its place in the content as associated data, so that a changed or
moved piece does not open. A piece that a killed process left half written is cut off. Unlike a sealed file, one that grows
does not say where it ends: whoever waits for it knows how long it has to become.
"""

from __future__ import annotations

import fcntl
import io
import os
import struct
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag

from qingyuan.evidence._ciphers import NUMBERED, SUITES, TAG, ChunkCipher, SealAlgorithm
from qingyuan.evidence._entropy import Entropy, draw
from qingyuan.evidence.errors import SourceError
from qingyuan.evidence.keys import ScopeKey
from qingyuan.evidence.sources import Source, open_source

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: Most content bytes of a piece.
PIECE = 1 << 20

_MAGIC = b"QYGROW\x00"
_FIXED = struct.Struct(">7sB32s16sB")
_HEAD = struct.Struct(">I12s")
_PLACE = struct.Struct(">Q")
_NONCE = 12


class _Index:
    """Where the pieces of a file lie, those that are there whole."""

    def __init__(self, file: BinaryIO, key: bytes, where: str) -> None:
        header = file.read(_FIXED.size)
        if len(header) < _FIXED.size or not header.startswith(_MAGIC) or header[7] not in NUMBERED:
            raise _unusable(where)
        _, number, salt, check, length = _FIXED.unpack(header)
        key_id = file.read(length)
        self.cipher: ChunkCipher
        self.cipher, found = NUMBERED[number].derive(key, key_id.decode("ascii", "replace"), salt)
        if found != check:
            raise _unusable(where)
        self.header = header + key_id
        #: Place of each piece in the content, and in the file.
        self.starts: list[int] = []
        self.places: list[int] = []
        self.size, self.end = 0, file.tell()
        self._find(file)
        while self.starts and not self._opens(
            file
        ):  # after a power cut a length can be there without its content
            self.size, self.end = self.starts.pop(), self.places.pop()

    def _find(self, file: BinaryIO) -> None:
        descriptor, length = file.fileno(), os.fstat(file.fileno()).st_size
        while len(head := os.pread(descriptor, _HEAD.size, self.end)) == _HEAD.size:
            content = int.from_bytes(head[:4], "big")
            end = self.end + _HEAD.size + content + TAG
            if not 0 < content <= PIECE or end > length:
                return
            self.starts.append(self.size)
            self.places.append(self.end)
            self.size += content
            self.end = end

    def _opens(self, file: BinaryIO) -> bool:
        try:
            return bool(self.piece(file, len(self.places) - 1))
        except InvalidTag:
            return False

    def piece(self, file: BinaryIO, number: int) -> bytes:
        """Return the content of a piece; raises ``InvalidTag`` when it was altered."""
        end = self.places[number + 1] if number + 1 < len(self.places) else self.end
        raw = os.pread(file.fileno(), end - self.places[number], self.places[number])
        nonce, box = raw[4 : _HEAD.size], raw[_HEAD.size :]
        return self.cipher.decrypt(nonce, box, self.header + _PLACE.pack(self.starts[number]))


def begin_growing(
    path: Path, key: ScopeKey, entropy: Entropy, *, algorithm: SealAlgorithm = "aes-256-gcm"
) -> None:
    """Begin an empty file at ``path``, readable by its owner only; there must be none.

    Args:
        path: Where.
        key: The scope key.
        entropy: Source of randomness.
        algorithm: Which cipher.
    """
    salt, suite = draw(entropy, 32), SUITES[algorithm]
    _, check = suite.derive(key.key, key.id, salt)
    key_id = key.id.encode("ascii")
    with path.open("xb") as file:
        path.chmod(0o600)
        file.write(_FIXED.pack(_MAGIC, suite.number, salt, check, len(key_id)) + key_id)


class Growing:
    """A file that grows, open for more; one writer at a time.

    Args:
        path: Where it lies.
        key: The scope key, 32 bytes.
        entropy: Source of randomness.

    Attributes:
        size: Bytes of content that are there.

    Raises:
        SourceError: It is no such file, or of another key.
        BlockingIOError: Somebody else, in this process or another, has it open for more.
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path, key: bytes, entropy: Entropy) -> None:
        """Open it, and cut off a piece that was left half written."""
        self._entropy = entropy
        self._file = path.open("r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._index = _Index(self._file, key, str(path))
            self._file.truncate(self._index.end)
        except BaseException:
            self._file.close()
            raise
        self.size = self._index.size
        self._file.seek(self._index.end)

    def append(self, content: bytes) -> None:
        """Append what came: up to :data:`PIECE` bytes are one piece, which is there whole or not at all."""
        index = self._index
        for at in range(0, len(content), PIECE):
            part = content[at : at + PIECE]
            nonce = draw(self._entropy, _NONCE)
            box = index.cipher.encrypt(nonce, part, index.header + _PLACE.pack(self.size))
            rest = memoryview(_HEAD.pack(len(part), nonce) + box)
            while rest:
                rest = rest[self._file.write(rest) :]
            self.size += len(part)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def grown(path: Path, key: bytes) -> int:
    """Return how many bytes of content are there; a last piece that does not open is not.

    Args:
        path: Where the file lies.
        key: The scope key, 32 bytes.

    Raises:
        SourceError: It is no such file, or of another key.
        OSError: It cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        return _Index(file, key, str(path)).size


class _Reader(io.RawIOBase):
    """The content of a file that has grown; the file below it belongs to somebody else."""

    def __init__(self, file: BinaryIO, index: _Index, where: str) -> None:
        super().__init__()
        self._file, self._index, self._where = file, index, where
        self._position = 0
        self._kept: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._index.size}[whence]
        if base + offset < 0:
            raise ValueError("invalid seek")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        index, done = self._index, 0
        while done < len(view) and self._position < index.size:
            number = bisect_right(index.starts, self._position) - 1
            skip = self._position - index.starts[number]
            part = self._piece(number)[skip : skip + len(view) - done]
            view[done : done + len(part)] = part
            done += len(part)
            self._position += len(part)
        return done

    def _piece(self, number: int) -> bytes:
        if self._kept[0] != number:
            try:
                self._kept = number, self._index.piece(self._file, number)
            except InvalidTag:
                raise _unusable(self._where) from None
        return self._kept[1]


@contextmanager
def open_grown(path: Path, key: bytes) -> Iterator[Source]:
    """Yield the content of a file that has grown, as :func:`~qingyuan.evidence.sources.open_source` does of a plain one.

    Args:
        path: Where the file lies.
        key: The scope key, 32 bytes.

    Raises:
        SourceError: It is no such file, ends in the middle of a piece, was altered, or changed meanwhile.
    """
    with open_source(path) as source:
        index = _Index(source.stream, key, path.name)
        if index.end != os.fstat(source.stream.fileno()).st_size:
            raise _unusable(path.name)
        yield source.read_as(io.BufferedReader(_Reader(source.stream, index, path.name)), index.size)


def _unusable(where: str) -> SourceError:
    return SourceError(
        "evidence.upload-damaged",
        zh="暂存的上传文件被改动或不完整，不予收取",
        en="the upload that waited here was altered or is not whole; it is not taken",
        where=where,
        remedy_zh="请重新上传该文件",
        remedy_en="send the file again",
    )
