"""Where a bag lies: in a folder, or in a ZIP archive that is read as it is, in bounded memory, with nothing unpacked (RFC 8493, section 4)."""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, Protocol

from qingyuan.evidence.errors import BagError

#: Longest text file of a folder, in bytes.
MAX_TEXT = 256 << 20
#: Of an archive: its directory, all its text files together, and lines of all its manifests.
MAX_DIRECTORY, MAX_TEXTS, MAX_LISTED = 8 << 20, 24 << 20, 200_000
#: What an archive may hold unpacked, unless somebody says otherwise.
MAX_EXPANDED = 64 << 30

_DECLARATION, _OWN = "bagit.txt", "evidence/package.json"
_LOCAL = b"PK\x03\x04"
#: What may go wrong while a file is read.
UNREADABLE = (OSError, EOFError, zipfile.BadZipFile, zlib.error)
_UTF8, _ENCRYPTED, _UNIX = 0x0800, 0x1, 3
#: Names without the mark of UTF-8 are tried as these, the last as it is.
_OTHER_NAMES = ("utf-8", "gb18030")


class Holder(Protocol):
    """Where a bag lies.

    Attributes:
        listed: Most lines of manifests; ``None`` without a bound.
    """

    listed: int | None

    def found(self) -> tuple[dict[str, int], list[tuple[str, str]]]:
        """Return every plain file with its size by its name in the bag, and the faults (code, name) of what is none."""

    def has_payload(self) -> bool:
        """Return whether there is a folder ``data``."""

    def opened(self, name: str) -> BinaryIO:
        """Open a plain file."""

    def text(self, name: str, size: int) -> bytes:
        """Return the bytes of a text file.

        Raises:
            OSError: It is too long.
        """


class FolderBag:
    """A bag in a folder; nothing outside is read, and no link is followed.

    Args:
        folder: The base directory.
    """

    listed: int | None = None

    def __init__(self, folder: Path) -> None:
        """Keep where it is."""
        self._folder = folder

    def found(self) -> tuple[dict[str, int], list[tuple[str, str]]]:
        """Return files and faults; see :class:`Holder`."""
        files: dict[str, int] = {}
        faults: list[tuple[str, str]] = []
        self._walk("", files, faults)
        return files, faults

    def _walk(self, inside: str, files: dict[str, int], faults: list[tuple[str, str]]) -> None:
        for each in sorted(os.scandir(self._folder / inside), key=lambda found: found.name):
            name = f"{inside}{each.name}"
            if each.is_dir(follow_symlinks=False):
                self._walk(f"{name}/", files, faults)
            elif each.is_file(follow_symlinks=False):
                files[name] = each.stat(follow_symlinks=False).st_size
            else:
                faults.append(("link", name))

    def has_payload(self) -> bool:
        """Return whether there is a folder ``data``, and no link in its place."""
        folder = self._folder / "data"
        return folder.is_dir() and not folder.is_symlink()

    def opened(self, name: str) -> BinaryIO:
        """Open a plain file; a link that took its place since is refused."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(self._folder / name, flags), "rb")

    def text(self, name: str, size: int) -> bytes:
        """Return the bytes of a text file; see :class:`Holder`."""
        if size > MAX_TEXT:
            raise OSError
        with self.opened(name) as file:
            return file.read()


class ZipBag:
    """A bag in a ZIP archive: its base directory is the one entry at the top.

    Args:
        stream: The archive, at any place.
        most_bytes: Most bytes of all its files unpacked.

    Attributes:
        closed: Names of files that are encrypted or packed in another way than *stored* and *deflated*.

    Raises:
        BagError: It is no ZIP archive, holds no bag, or is too large to be read here.
    """

    listed: int | None = MAX_LISTED

    def __init__(self, stream: BinaryIO, most_bytes: int = MAX_EXPANDED) -> None:
        """Read the directory of the archive."""
        self._zip = _directory(stream)
        self._texts = MAX_TEXTS
        infos = self._zip.infolist()
        if sum(one.file_size for one in infos) > most_bytes:
            raise too_large()
        named = [(_name(one), one) for one in infos]
        self._base = _base({name for name, _ in named})
        self._infos: dict[str, zipfile.ZipInfo] = {}
        self._faults: list[tuple[str, str]] = [] if self._base else [("serialization", _DECLARATION)]
        self._payload = False
        self.closed: list[str] = []
        for name, one in named:
            self._enter(name, one)

    def _enter(self, name: str, one: zipfile.ZipInfo) -> None:
        inside = name.removeprefix(self._base)
        if inside.startswith("data/"):
            self._payload = True
        if name.endswith("/"):
            return
        if one.create_system == _UNIX and stat.S_IFMT(one.external_attr >> 16) not in {0, stat.S_IFREG}:
            self._faults.append(("link", inside))
            return
        if inside in self._infos or "\\" in name or {"", ".", ".."} & {*name.split("/")}:
            self._faults.append(("name", inside))
            return
        if one.flag_bits & _ENCRYPTED or one.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            self.closed.append(inside)
        self._infos[inside] = one

    def found(self) -> tuple[dict[str, int], list[tuple[str, str]]]:
        """Return files and faults; see :class:`Holder`."""
        files = {name: self._infos[name].file_size for name in sorted(self._infos)}
        return files, [*self._faults, *(("closed", name) for name in self.closed)]

    def has_payload(self) -> bool:
        """Return whether there is a folder ``data``."""
        return self._payload

    def opened(self, name: str) -> BinaryIO:
        """Open a plain file, to be read once from its start."""
        return self._zip.open(self._infos[name])  # type: ignore[return-value] # it reads and closes as one does

    def text(self, name: str, size: int) -> bytes:
        """Return the bytes of a text file, which count against those of all text files; see :class:`Holder`."""
        self._texts -= size
        if self._texts < 0:
            raise too_large()
        with self.opened(name) as file:
            return file.read()


def holds_bag(stream: BinaryIO) -> bool:
    """Return whether a file is a ZIP archive with somebody's bag in it, and no package of ours; the stream is at its start afterwards.

    Raises:
        BagError: Its directory is too long to say.
    """
    try:
        stream.seek(0)
        start = stream.read(64)
        if not start.startswith(_LOCAL):
            return False
        try:
            names = {_name(one) for one in _directory(stream).infolist()}
            return bool(names) and _OWN not in names and _base(names) is not None
        except BagError as error:
            # A package of ours begins with this member, and has a verifier of its own.
            if error.code == "evidence.bag-too-large" and not start[30:].startswith(b"bag-info.txt"):
                raise
            return False
    finally:
        stream.seek(0)


class _Bounded(io.RawIOBase):
    """An archive of which no more than its longest directory is read at a time."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        if size > MAX_DIRECTORY:
            raise too_large()
        return self._stream.read(MAX_DIRECTORY if size < 0 else size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _directory(stream: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(_Bounded(stream))
    except BagError:
        raise
    except Exception as error:  # zipfile has no one error for archives that are made to mislead it
        raise BagError(
            "evidence.bag-archive",
            zh="ZIP 文件不完整或者不合规定，不能读取",
            en="the ZIP archive is not whole or not as it must be, and cannot be read",
            remedy_zh="请提供方重新交付，或者解包后用 qingyuan verify 核对目录",
            remedy_en="ask for it again, or unpack it and check the folder with qingyuan verify",
        ) from error


def _name(one: zipfile.ZipInfo) -> str:
    """Return the name of a member; without the mark of UTF-8 it is in whatever its maker used."""
    if one.flag_bits & _UTF8 or one.orig_filename.isascii():
        return one.orig_filename
    raw = one.orig_filename.encode("cp437", "surrogateescape")
    for encoding in _OTHER_NAMES:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return one.orig_filename


def _base(names: set[str]) -> str:
    """Return the base directory with its slash, ``""`` when the bag lies at the top.

    Raises:
        BagError: There is no bag.
    """
    if _DECLARATION in names:
        return ""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) == 1 and f"{(top := next(iter(tops)))}/{_DECLARATION}" in names:
        return f"{top}/"
    raise BagError(
        "evidence.no-bag",
        zh="ZIP 文件中没有 BagIt 包：顶层应当只有一个目录，其中有 bagit.txt",
        en="there is no bag in the ZIP archive: its top has to be one folder with bagit.txt in it",
        remedy_zh="请核对提供方交付的是否为 BagIt 包",
        remedy_en="check whether what was delivered is a bag",
    )


def too_large() -> BagError:
    """Return the error of an archive that is too large to be checked here."""
    return BagError(
        "evidence.bag-too-large",
        zh="ZIP 文件展开后过大或者文件过多，没有核对",
        en="the ZIP archive is too large when unpacked, or holds too many files; it was not checked",
        remedy_zh="请解包后用 qingyuan verify 核对目录，目录不限大小",
        remedy_en="unpack it and check the folder with qingyuan verify, which takes any size",
    )
