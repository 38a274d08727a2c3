"""Random access into sealed files, for whatever reads seekable files: zipfile, calamine, pypdfium2."""

from __future__ import annotations

import hashlib
import io
import os
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from qingyuan.evidence._ciphers import TAG
from qingyuan.evidence.errors import SealError
from qingyuan.evidence.sealing import open_chunk, open_chunk_cipher, read_header
from qingyuan.evidence.sources import unreadable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

#: Opened chunks kept in memory: a reader that jumps between a directory at the end and members
#: elsewhere stays fast, and memory stays bounded.
_KEPT = 4
_READ = 1 << 20


class SealedReader(io.RawIOBase, BinaryIO):
    """The content of a sealed file as a seekable, read-only binary file.

    The end of the file is authenticated on opening, so content that was cut off or added to never
    opens; every other chunk is authenticated when it is first read. A read returns fewer bytes
    than asked for only at the end of the content.
    """

    def __init__(self, stream: BinaryIO, key: bytes, *, where: str = "sealed file") -> None:
        """Open the sealed file in ``stream``, which is closed together with this reader.

        Args:
            stream: A seekable binary file that holds nothing but the sealed file.
            key: The 32-byte key it was sealed with.
            where: Its name, for error messages.

        Raises:
            SealError: It is no sealed file, the key is another one, or its end is missing or changed.
        """
        super().__init__()
        self._stream = stream
        self._where = where
        self._position = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        length = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        self._header = read_header(stream, where=where)
        self._start = stream.tell()
        self._cipher = open_chunk_cipher(self._header, key, where=where)
        box = self._header.chunk + TAG
        self._count = max(1, -(-(length - self._start) // box))
        self._size = length - self._start - TAG * self._count
        self._check_end()

    @classmethod
    def open(cls, path: Path, key: bytes) -> Self:
        """Return a reader of the sealed file at ``path``.

        Raises:
            SourceError: The file cannot be opened.
            SealError: As for the constructor.
        """
        try:
            stream = path.open("rb", buffering=0)
        except OSError as error:
            raise unreadable(path, error) from error
        try:
            return cls(stream, key, where=str(path))
        except BaseException:
            stream.close()
            raise

    @property
    def size(self) -> int:
        """Return the bytes of the content."""
        return self._size

    @property
    def key_id(self) -> str:
        """Return the identifier of the key that opens the file."""
        return self._header.key_id

    def sealed_sha256(self) -> str:
        """Return the SHA-256 of the sealed file, read to its end; the position in the content stays."""
        digest = hashlib.sha256()
        self._stream.seek(0)
        while block := self._stream.read(_READ):
            digest.update(block)
        return digest.hexdigest()

    def readable(self) -> bool:
        """Return ``True``."""
        return True

    def seekable(self) -> bool:
        """Return ``True``."""
        return True

    def tell(self) -> int:
        """Return the position in the content."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to ``offset`` from the start, the position or the end, and return the new position.

        Raises:
            ValueError: The place lies before the start, or ``whence`` is unknown.
        """
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}.get(whence)
        if base is None or base + offset < 0:
            raise ValueError("invalid seek")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill ``buffer`` with content and return how many bytes that were; fewer only at the end.

        Raises:
            SealError: A chunk was changed; its number is named.
        """
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and (piece := self._piece(len(view) - done)):
            view[done : done + len(piece)] = piece
            done += len(piece)
        return done

    def read(self, size: int | None = -1, /) -> bytes:
        """Return ``size`` bytes of content, or all that follow when ``size`` is negative or ``None``.

        Raises:
            SealError: A chunk was changed; its number is named.
        """
        rest = max(0, self._size - self._position)
        wanted = rest if size is None or size < 0 else min(size, rest)
        pieces = []
        while wanted and (piece := self._piece(wanted)):
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def readall(self) -> bytes:
        """Return all content that follows."""
        return self.read(-1)

    def write(self, _data: ReadableBuffer, /) -> int:
        """Refuse: what is sealed is never written to.

        Raises:
            io.UnsupportedOperation: Always.
        """
        raise io.UnsupportedOperation("not writable")

    def close(self) -> None:
        """Close the reader and the file below it, and forget the opened chunks."""
        if not self.closed:
            self._kept.clear()
            self._stream.close()
        super().close()

    def _piece(self, wanted: int) -> memoryview:
        """Return what follows inside one chunk, at most ``wanted`` bytes, and move behind it."""
        if self.closed:
            raise ValueError("read of a closed file")
        if self._position >= self._size:
            return memoryview(b"")
        number, skip = divmod(self._position, self._header.chunk)
        piece = memoryview(self._chunk(number))[skip : skip + wanted]
        self._position += len(piece)
        return piece

    def _chunk(self, number: int) -> bytes:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        last = number == self._count - 1
        content = open_chunk(self._cipher, self._header, number, self._box(number), last=last)
        if content is None:
            raise self._damaged(number)
        self._keep(number, content)
        return content

    def _keep(self, number: int, content: bytes) -> None:
        self._kept[number] = content
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _box(self, number: int) -> bytes:
        size = self._header.chunk + TAG
        self._stream.seek(self._start + number * size)
        box = b""
        while len(box) < size and (more := self._stream.read(size - len(box))):
            box += more
        return box

    def _check_end(self) -> None:
        number = self._count - 1
        box = self._box(number)
        content = open_chunk(self._cipher, self._header, number, box, last=True)
        if content is not None:
            self._keep(number, content)
        elif open_chunk(self._cipher, self._header, number, box, last=False) is not None or len(box) < TAG:
            raise SealError(
                "evidence.sealed-truncated",
                zh=f"封存文件被截断：第 {number} 块之后的内容缺失",
                en=f"the sealed file is cut off: what follows chunk {number} is missing",
                where=self._where,
                remedy_zh="请从备份恢复该封存文件",
                remedy_en="restore the sealed file from a backup",
            )
        else:
            raise self._damaged(number)

    def _damaged(self, number: int) -> SealError:
        at_end = number == self._count - 1
        return SealError(
            "evidence.sealed-tampered",
            zh=f"封存文件第 {number} 块（自 0 起，共 {self._count} 块）被改动、移位"
            + ("、截断或追加" if at_end else ""),
            en=f"chunk {number} of the sealed file (from 0, of {self._count}) was changed or moved"
            + (", or the file was cut off or added to" if at_end else ""),
            where=self._where,
            remedy_zh="该封存件不能再作为原物使用，请从备份恢复，并记录此事",
            remedy_en="this sealed file cannot stand for the original any more: restore it from a backup and record it",
        )
