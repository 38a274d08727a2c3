"""WACZ 1.1.1: a WARC file with index, list of pages and digests in one ZIP, which replay tools open.

Source: Web Archive Collection Zipped, version 1.1.1 (webrecorder specifications). Everything is stored
uncompressed, so that a player can read single records out of it.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, BinaryIO, TypeVar

import msgspec

from qingyuan.evidence._zip import ZipWriter
from qingyuan.evidence.warc._cdxj import read_index
from qingyuan.evidence.warc._check import check
from qingyuan.evidence.warc._read import Limits
from qingyuan.evidence.warc.errors import WarcError, damaged
from qingyuan.evidence.warc.model import Checked
from qingyuan.shapes import from_json

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

T = TypeVar("T", bound=msgspec.Struct)

#: Version of the specification.
WACZ_VERSION = "1.1.1"

ARCHIVE = "archive/data.warc.gz"
INDEX = "indexes/index.cdx"
PAGES = "pages/pages.jsonl"
_PACKAGE = "datapackage.json"
_DIGEST = "datapackage-digest.json"

_BLOCK = 1 << 20
_LOCAL_HEADER = 30
_BUFFER = 1 << 16
#: Members other than the archive are small.
_SMALL = 64 << 20


class WaczPage(msgspec.Struct, frozen=True):
    """A page that the archive holds.

    Attributes:
        id: Any identifier.
        url: Address that was asked for.
        title: Title.
        at: When it was captured.
    """

    id: str
    url: str
    title: str
    at: datetime


class WaczChecked(msgspec.Struct, frozen=True):
    """A WACZ file that was found whole.

    Attributes:
        warc: What the readers found in its archive.
        pages: Addresses of its pages.
        entries: Lines of its index.
    """

    warc: Checked
    pages: tuple[str, ...]
    entries: int


class _Resource(msgspec.Struct, frozen=True):
    name: str
    path: str
    hash: str
    bytes: int


class _Package(msgspec.Struct, frozen=True):
    profile: str
    wacz_version: str
    resources: list[_Resource]


class _PackageDigest(msgspec.Struct, frozen=True):
    path: str
    hash: str


class _PageLine(msgspec.Struct, frozen=True):
    url: str = ""
    format: str = ""


def write_wacz(
    target: BinaryIO,
    *,
    warc: BinaryIO,
    index: bytes,
    pages: Sequence[WaczPage],
    created: datetime,
    software: str,
    title: str,
) -> None:
    """Write a WACZ file.

    Args:
        target: An empty, seekable binary file.
        warc: The gzip-compressed WARC file, at its start.
        index: Its CDXJ index.
        pages: Its pages; the first is the main page.
        created: When it was made.
        software: Name and version of what made it.
        title: Title of the collection.
    """
    lines = [{"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": False}]
    page_list = b"".join(msgspec.json.encode(line) + b"\n" for line in lines + [_page_line(p) for p in pages])
    digest, size = hashlib.sha256(), 0
    for block in _blocks(warc):
        digest.update(block)
        size += len(block)
    warc.seek(0)
    resources = [
        {"name": "data.warc.gz", "path": ARCHIVE, "hash": f"sha256:{digest.hexdigest()}", "bytes": size},
        _described("index.cdx", INDEX, index),
        _described("pages.jsonl", PAGES, page_list),
    ]
    package = {
        "profile": "data-package",
        "wacz_version": WACZ_VERSION,
        "title": title,
        "created": _iso(created),
        "software": software,
        "resources": resources,
    }
    if pages:
        package |= {"mainPageUrl": pages[0].url, "mainPageDate": _iso(pages[0].at)}
    package_bytes = msgspec.json.format(msgspec.json.encode(package), indent=2)
    writer = ZipWriter(target)
    writer.add_stream(ARCHIVE, size, _blocks(warc))
    writer.add(_DIGEST, msgspec.json.encode(_PackageDigest(_PACKAGE, _sha256(package_bytes))))
    writer.add(_PACKAGE, package_bytes)
    writer.add(INDEX, index)
    writer.add(PAGES, page_list)
    writer.finish()


def check_wacz(stream: BinaryIO, *, limits: Limits | None = None, where: str = "WACZ") -> WaczChecked:
    """Check that a WACZ file is whole: digests, both WARC readers, and that the index tells the truth.

    Raises:
        WarcError: ``warc.bad-wacz``, ``warc.bad-index``, or as for :func:`check`.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            return _check(archive, limits or Limits(), where)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise _bad(where, f"不是完整的 ZIP：{error}", f"is no whole ZIP file: {error}") from error


def open_archive(wacz: zipfile.ZipFile, *, where: str = "WACZ") -> BinaryIO:
    """Return the WARC file inside an open WACZ file, seekable at no cost; it shares the position of that file.

    Raises:
        WarcError: ``warc.bad-wacz``: there is none, or it is compressed or cut off.
    """
    member = _member(wacz, ARCHIVE, where)
    if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
        raise _bad(where, "档案成员未以存储方式保存", "the archive member is not stored")
    if wacz.fp is None:
        raise _bad(where, "文件已关闭", "the file is closed")
    wacz.fp.seek(member.header_offset)
    header = wacz.fp.read(_LOCAL_HEADER)
    if len(header) != _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
        raise _bad(where, "成员头损坏", "the header of a member is damaged")
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    start = member.header_offset + _LOCAL_HEADER + lengths
    return io.BufferedReader(_Span(wacz.fp, start, member.file_size), _BUFFER)


class _Span(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, target: Buffer, /) -> int:
        view = memoryview(target).cast("B")
        self._file.seek(self._start + self._at)
        data = self._file.read(min(len(view), max(0, self._size - self._at)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def _check(archive: zipfile.ZipFile, limits: Limits, where: str) -> WaczChecked:
    names = archive.namelist()
    if len(names) != len(set(names)):
        raise _bad(where, "成员重名", "two members have the same name")
    package_bytes = _small(archive, _PACKAGE, where)
    package = _decode(package_bytes, _Package, f"{where}/{_PACKAGE}")
    named = _decode(_small(archive, _DIGEST, where), _PackageDigest, f"{where}/{_DIGEST}")
    if named.path != _PACKAGE or named.hash != _sha256(package_bytes):
        raise _bad(where, "datapackage.json 与其摘要不符", "datapackage.json has another digest than named")
    if package.profile != "data-package" or not package.wacz_version.startswith("1."):
        raise _bad(where, "不是 WACZ 1.x", "is no WACZ 1.x")
    listed = {resource.path for resource in package.resources}
    if len(listed) != len(package.resources) or set(names) - {_PACKAGE, _DIGEST} != listed:
        raise _bad(where, "成员与 datapackage.json 不一致", "members and datapackage.json differ")
    for resource in package.resources:
        _check_resource(archive, resource, where)
    with open_archive(archive, where=where) as warc:
        checked = check(warc, limits=limits, where=f"{where}/{ARCHIVE}")
    if not checked.apart:
        raise _bad(where, "记录未逐条压缩，索引无从指向", "its records are not compressed one by one")
    entries = read_index(_small(archive, INDEX, where), where=f"{where}/{INDEX}")
    with open_archive(archive, where=where) as warc:
        size = _member(archive, ARCHIVE, where).file_size
        for number, (_, entry) in enumerate(entries, 1):
            offset, length = int(entry.offset), int(entry.length)
            warc.seek(min(offset, size))
            if offset + length > size or warc.read(2) != b"\x1f\x8b":
                raise _bad(
                    f"{where}/{INDEX}:{number}", "索引指向错误的位置", "the index points to a wrong place"
                )
    return WaczChecked(checked, _pages(_small(archive, PAGES, where), where), len(entries))


def _check_resource(archive: zipfile.ZipFile, resource: _Resource, where: str) -> None:
    digest, size = hashlib.sha256(), 0
    with archive.open(_member(archive, resource.path, where)) as member:
        for block in _blocks(member):
            size += len(block)
            if size > resource.bytes:
                break
            digest.update(block)
    if size != resource.bytes or resource.hash != f"sha256:{digest.hexdigest()}":
        raise _bad(f"{where}/{resource.path}", "成员与其摘要不符", "a member has another digest than named")


def _pages(data: bytes, where: str) -> tuple[str, ...]:
    lines = [_decode(line, _PageLine, f"{where}/{PAGES}") for line in data.splitlines()]
    if not lines or lines[0].format != "json-pages-1.0" or not all(line.url for line in lines[1:]):
        raise _bad(f"{where}/{PAGES}", "页面列表格式有误", "the list of pages is malformed")
    return tuple(line.url for line in lines[1:])


def _member(archive: zipfile.ZipFile, name: str, where: str) -> zipfile.ZipInfo:
    try:
        return archive.getinfo(name)
    except KeyError as error:
        raise _bad(where, f"缺少成员 {name}", f"the member {name} is missing") from error


def _small(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    member = _member(archive, name, where)
    with archive.open(member) as file:
        data = file.read(_SMALL + 1)
    if len(data) > _SMALL:
        raise _bad(f"{where}/{name}", "成员过大", "a member is too large")
    return data


def _decode(data: bytes, into: type[T], where: str) -> T:
    try:
        return from_json(data, into)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _bad(where, f"JSON 格式有误：{error}", f"malformed JSON: {error}") from error


def _page_line(page: WaczPage) -> dict[str, object]:
    return {"id": page.id, "url": page.url, "title": page.title, "ts": _iso(page.at)}


def _described(name: str, path: str, data: bytes) -> dict[str, object]:
    return {"name": name, "path": path, "hash": _sha256(data), "bytes": len(data)}


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def _bad(where: str, zh: str, en: str) -> WarcError:
    return damaged(where, f"WACZ 档案有误：{zh}", f"the WACZ file is faulty: {en}", code="warc.bad-wacz")
