"""Archives: every member by the reader of its own format, whatever its neighbours are like."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import stat
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, cast

import pyarrow as pa

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._bookparts import read_bookparts, read_properties
from qingyuan.pii.readers._docx import read_docx
from qingyuan.pii.readers._media import read_media
from qingyuan.pii.readers._odf import read_odf
from qingyuan.pii.readers._pptx import read_pptx
from qingyuan.pii.readers._salvage import LocalMember, local_members
from qingyuan.pii.readers._sheets import read_workbook
from qingyuan.pii.readers._source import DAMAGE, Source
from qingyuan.pii.readers._unread import Refused, unread

_Reader = Callable[[Source], Iterator[Batch | Unread]]
_OPENERS: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    "gzip": lambda raw: cast("IO[bytes]", gzip.GzipFile(fileobj=raw)),
    "bzip2": lambda raw: cast("IO[bytes]", bz2.BZ2File(raw)),
    "zstd": lambda raw: cast(
        "IO[bytes]", pa.CompressedInputStream(pa.PythonFile(cast("io.IOBase", raw), mode="r"), "zstd")
    ),
    "xz": lambda raw: cast("IO[bytes]", lzma.LZMAFile(raw)),  # noqa: SIM115 -- opened by the caller's with
}
#: Bytes of a local header without name and extra field.
_LOCAL_HEAD = 30
_DRIVE = re.compile(r"^[A-Za-z]:")


class _Forward(io.RawIOBase):
    """A source as a file object that is only read forward."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        return self._source.read(size if size >= 0 else 1 << 20)


class _Member(io.RawIOBase):
    """An open member whose damage becomes a refusal."""

    def __init__(self, stream: IO[bytes], kind: str) -> None:
        super().__init__()
        self._stream = stream
        self._kind = kind
        self._read = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes.

        Raises:
            Refused: The member is damaged or cut off.
        """
        try:
            data = self._stream.read(size)
        except DAMAGE as error:
            code = "truncated" if isinstance(error, EOFError) else "corrupt"
            why = "CRC-32" if "CRC" in str(error) else type(error).__name__
            raise Refused(code, format=self._kind, where=f"{why}, {self._read} bytes read") from error
        self._read += len(data)
        return data


class Names:
    """Member paths of one archive: unique, and checked."""

    def __init__(self, outer: str | None) -> None:
        self._outer = outer
        self._seen: Counter[str] = Counter()

    def path(self, name: str) -> tuple[str, list[str]]:
        """Return the member path and the codes of what is wrong with the name."""
        wrong = []
        parts = re.split(r"[/\\]", name)
        if name.startswith(("/", "\\")) or ".." in parts or _DRIVE.match(name) or "\0" in name:
            wrong.append("unsafe-name")
        self._seen[name] += 1
        if self._seen[name] > 1:
            wrong.append("duplicate-name")
            name = f"{name}#{self._seen[name]}"
        return (f"{self._outer}/{name}" if self._outer else name), wrong


def _inner(
    source: Source, stream: IO[bytes], name: str, member: str, packed: Callable[[], int] | None
) -> Source:
    return Source(cast("BinaryIO", stream), name, member, source.depth + 1, source.budget, packed=packed)


def check_depth(source: Source) -> None:
    """Stop where archives are nested too deep.

    Raises:
        Refused: ``archive-too-deep``.
    """
    if source.depth >= source.limits.max_archive_depth:
        raise Refused("archive-too-deep", depth=source.limits.max_archive_depth)


def _office_kind(names: set[str]) -> str | None:
    if "[Content_Types].xml" in names:
        if "word/document.xml" in names:
            return "docx"
        if names & {"xl/workbook.xml", "xl/workbook.bin"}:
            return "xlsx"
        if "ppt/presentation.xml" in names:
            return "pptx"
    if "content.xml" in names and "mimetype" in names:
        return "odf"
    return None


def zip_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; names without the UTF-8 flag are tried as UTF-8 and GB18030, as Chinese tools write them."""
    if info.flag_bits & 0x800:
        return info.filename
    raw = info.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def read_zip(source: Source, reader: _Reader) -> Iterator[Batch | Unread]:
    """Yield the cells of a ZIP archive's members, or of the document the ZIP is."""
    stream = source.random_access()
    try:
        archive = zipfile.ZipFile(stream)
    except DAMAGE as error:
        yield from _read_salvaged(source, stream, reader, error)
        return
    with archive:
        kind = _office_kind(set(archive.namelist()))
        if kind is not None:
            yield from _read_office(source, archive, kind, stream, reader)
            return
        check_depth(source)
        names = Names(source.member)
        shared = _overlapping(archive.infolist())
        if shared:
            first = next(info for info in archive.infolist() if id(info) in shared)
            yield unread(
                "overlapping-members",
                source.member,
                count=len(shared),
                name=zip_name(first).replace("\0", "?")[:80],
            )
        for count, info in enumerate(archive.infolist()):
            if count >= source.limits.max_members:
                raise Refused("too-many-members", members=source.limits.max_members)
            if id(info) not in shared:
                yield from _read_zip_member(source, archive, info, names, reader)


def _overlapping(members: list[zipfile.ZipInfo]) -> set[int]:
    """Return the members, by identity, whose stored bytes begin within those of one before: what unpacks to more than it may."""
    end, out = 0, set()
    for info in sorted(members, key=lambda one: (one.header_offset, -one.compress_size)):
        if info.header_offset < end:
            out.add(id(info))
        else:
            end = info.header_offset + _LOCAL_HEAD + info.compress_size
    return out


def _read_office(
    source: Source, archive: zipfile.ZipFile, kind: str, stream: BinaryIO, reader: _Reader
) -> Iterator[Batch | Unread]:
    """Yield the cells of the document a ZIP file is."""
    if kind == "xlsx" or (kind == "odf" and b"spreadsheet" in _mimetype(archive)):
        stream.seek(0)
        raw = stream.read(source.limits.max_document_bytes + 1)
        if len(raw) > source.limits.max_document_bytes:
            raise Refused("document-too-large", mib=source.limits.max_document_bytes >> 20)
        yield from read_workbook(source, raw, "xlsx" if kind == "xlsx" else "ods")
        yield from read_bookparts(source, archive, "xlsx" if kind == "xlsx" else "ods")
        yield from read_media(source, archive, "xl/", reader)
    else:
        yield from {"docx": read_docx, "pptx": read_pptx, "odf": read_odf}[kind](source, archive, reader)
    yield from read_properties(source, archive)


def _mimetype(archive: zipfile.ZipFile) -> bytes:
    try:
        with archive.open("mimetype") as stream:
            return stream.read(256)
    except DAMAGE:
        return b""


def _read_zip_member(
    source: Source, archive: zipfile.ZipFile, info: zipfile.ZipInfo, names: Names, reader: _Reader
) -> Iterator[Batch | Unread]:
    if info.is_dir():
        return
    name = zip_name(info)
    member, wrong = names.path(name)
    for code in wrong:
        yield unread(code, member)
    if stat.S_ISLNK(info.external_attr >> 16):
        yield unread("symlink", member)
        return
    if info.flag_bits & 1:
        yield unread("encrypted", member, format="ZIP")
        return
    try:
        opened = archive.open(info)
    except NotImplementedError:
        yield unread("unsupported-compression", member, method=info.compress_type)
        return
    except DAMAGE as error:
        yield unread("corrupt", member, format="ZIP", where=type(error).__name__)
        return
    with opened:
        yield from reader(
            _inner(
                source, cast("IO[bytes]", _Member(opened, "ZIP")), name, member, lambda: info.compress_size
            )
        )


def _read_salvaged(
    source: Source, stream: BinaryIO, reader: _Reader, error: Exception
) -> Iterator[Batch | Unread]:
    """Read what can be found of an archive whose directory is missing."""
    check_depth(source)
    yield unread("truncated", source.member, format="ZIP", where=f"directory: {type(error).__name__}")
    names = Names(source.member)
    for count, local in enumerate(local_members(stream)):
        if count >= source.limits.max_members:
            raise Refused("too-many-members", members=source.limits.max_members)
        member, wrong = names.path(local.name)
        for code in wrong:
            yield unread(code, member)
        if local.encrypted:
            yield unread("encrypted", member, format="ZIP")
        elif local.method not in LocalMember.METHODS:
            yield unread("unsupported-compression", member, method=local.method)
        elif not local.name.endswith("/"):
            body = local.open(stream)
            opened = cast("IO[bytes]", _Member(cast("IO[bytes]", body), "ZIP"))
            yield from reader(_inner(source, opened, local.name, member, lambda body=body: body.consumed))  # type: ignore[misc]


def read_packed(source: Source, kind: str, reader: _Reader) -> Iterator[Batch | Unread]:
    """Yield the cells of the one file inside a gzip, bzip2 or xz file."""
    check_depth(source)
    name = re.sub(r"\.(gz|gzip|bz2|xz|zst|zstd)$", "", source.name, flags=re.IGNORECASE)
    name = (
        re.sub(r"\.(tgz|tbz2?|txz|tzst)$", ".tar", name, flags=re.IGNORECASE)
        .replace("\\", "/")
        .rpartition("/")[2]
    )
    member = f"{source.member}/{name}" if source.member else name
    with _OPENERS[kind](io.BufferedReader(_ForwardInto(source), 1 << 16)) as opened:
        body = cast("IO[bytes]", _Member(opened, kind))
        yield from reader(_inner(source, body, name, member, lambda: source.taken))


class _ForwardInto(_Forward):
    """The same for :class:`io.BufferedReader`, which reads into its buffer."""

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill ``buffer`` and return how far."""
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def read_tar(source: Source, reader: _Reader) -> Iterator[Batch | Unread]:
    """Yield the cells of a tar archive's members, read in one pass."""
    check_depth(source)
    names = Names(source.member)
    count = 0
    try:
        with tarfile.open(fileobj=_Forward(source), mode="r|", errorlevel=0) as archive:
            for info in archive:
                count += 1
                if count > source.limits.max_members:
                    raise Refused("too-many-members", members=source.limits.max_members)
                if info.isdir():
                    continue
                member, wrong = names.path(info.name)
                for code in wrong:
                    yield unread(code, member)
                opened = archive.extractfile(info) if info.isfile() else None
                if opened is None:
                    yield unread("symlink", member)
                    continue
                packed = (lambda: source.taken) if info.issparse() else None
                yield from reader(
                    _inner(source, cast("IO[bytes]", _Member(opened, "tar")), info.name, member, packed)
                )
    except (tarfile.TarError, EOFError) as error:
        yield unread(
            "truncated", source.member, format="tar", where=f"{type(error).__name__}, {source.taken} bytes"
        )
