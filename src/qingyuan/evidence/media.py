"""Media types by content: what a file is, whatever its name claims."""

from __future__ import annotations

import codecs
import os
import re
import struct
from typing import BinaryIO

#: Bytes looked at from the start and from the end.
WINDOW = 64 << 10

_OCTETS = "application/octet-stream"

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "application/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1aE\xdf\xa3", "video/x-matroska"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"ARROW1", "application/vnd.apache.arrow.file"),
    (0, b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (0, b"\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"),
    (0, b"\x0a\x0d\x0d\x0a", "application/x-pcapng"),
    (0, b"dex\n", "application/vnd.android.dex"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"QYSEAL", "application/x-qingyuan-sealed"),
)

_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_HEIF = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis"})

_ZIP_KINDS: tuple[tuple[str, str], ...] = (
    ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroenabled.12"),
    ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("AndroidManifest.xml", "application/vnd.android.package-archive"),
    ("OFD.xml", "application/ofd"),
    ("META-INF/MANIFEST.MF", "application/java-archive"),
    ("evidence/package.json", "application/vnd.qingyuan.evp"),
    ("datapackage.json", "application/wacz"),
)

_OLE_KINDS: tuple[tuple[str, str], ...] = (
    ("EncryptedPackage", "application/x-ole-encrypted"),
    ("Workbook", "application/vnd.ms-excel"),
    ("WordDocument", "application/msword"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
)

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_BITMAP = re.compile(rb"(?s)BM.{4}\0{4}.{4}")
# Layers II and III only: the header of layer I may look like a UTF-16 byte order mark.
_MPEG_FRAME = re.compile(rb"\xff[\xe2-\xe5\xf2-\xf5\xfa-\xfd](?!\xff)")
# Possessive and atomic throughout: content is hostile, and these must stay linear in its length.
_PREFIX = r"(?is)\A\s*+(<\?xml[^>]*+>\s*+)?+(?><!--(?>.*?-->)\s*+)*+"
#: Kinds of text by pattern; the first that is found counts.
_TEXT_KINDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\AWARC/1\."), "application/warc"),
    (re.compile(_PREFIX + r"<(!doctype\s+html|html|head|body|title|meta|table|div|script)\b"), "text/html"),
    (re.compile(_PREFIX + r"(<!doctype\s+svg[^>]*+>\s*+)?+<svg\b"), "image/svg+xml"),
    (re.compile(r"\A\s*<\?xml\b"), "application/xml"),
    (re.compile(r"\A\s*[\[{]\s*([\]}\"\[{]|-?\d|true\b|false\b|null\b)"), "application/json"),
    (
        re.compile(
            r"(?im)^[ \t]*+(insert\s+into|create\s+(table|database)|drop\s+table|lock\s+tables|begin\s+transaction)\b"
        ),
        "application/sql",
    ),
    (
        re.compile(
            r"(?is)\A(from|received|date|subject|mime-version|message-id|return-path|to): (.*\n)?(mime-version|message-id|subject):? "
        ),
        "message/rfc822",
    ),
)
#: Lines looked at to tell a table or a sequence of JSON objects.
_LINES = 20
_PRINTABLE_CONTROLS = frozenset("\t\n\r\f")


def media_type(stream: BinaryIO) -> str:
    """Return the media type of the content of ``stream``, a seekable binary file.

    At most 64 KiB from the start and 64 KiB from the end are read. Text of no known kind is
    ``text/plain``; anything else unknown is ``application/octet-stream``; nothing at all is
    ``application/x-empty``. The stream is left at its start.
    """
    length = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    head = _read(stream, WINDOW)
    tail = b""
    if length > WINDOW:
        stream.seek(max(WINDOW, length - WINDOW))
        tail = _read(stream, WINDOW)
    stream.seek(0)
    return sniff(head, tail)


def sniff(head: bytes, tail: bytes = b"") -> str:
    """Return the media type of content of which these are the start and, if it is longer, the end."""
    if not head:
        return "application/x-empty"
    kind = _container_kind(head, tail) or next(
        (kind for offset, magic, kind in _MAGIC if head.startswith(magic, offset)), None
    )
    if kind is None:
        text = _as_text(head, whole=not tail)
        kind = _OCTETS if text is None else _text_kind(text)
    return kind


def _container_kind(head: bytes, tail: bytes) -> str | None:
    """Return the kind of content whose first bytes are not enough to tell it, if it is of such a kind."""
    kind: str | None = None
    if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        kind = _zip_kind(head, tail)
    elif head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        kind = _ole_kind(head + tail)
    elif head[:4] == b"RIFF":
        kind = _RIFF.get(head[8:12])
    elif head[4:8] == b"ftyp":
        kind = _iso_media_kind(head[8:12])
    elif _BITMAP.match(head):
        kind = "image/bmp"
    elif head[:2] == b"MZ" and b"PE\0\0" in head:
        kind = "application/vnd.microsoft.portable-executable"
    elif _MPEG_FRAME.match(head):
        kind = "audio/mpeg"
    return kind


def _read(stream: BinaryIO, count: int) -> bytes:
    parts = []
    while count and (part := stream.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _zip_names(head: bytes, tail: bytes) -> set[str]:
    """Return the member names that local headers in ``head`` and directory entries in either tell."""
    names = set()
    for data, magic, fixed, at in (
        (head, b"PK\x03\x04", 30, 26),
        (head, b"PK\x01\x02", 46, 28),
        (tail, b"PK\x01\x02", 46, 28),
    ):
        start = data.find(magic)
        while start >= 0:
            if start + fixed <= len(data):
                (length,) = struct.unpack_from("<H", data, start + at)
                names.add(data[start + fixed : start + fixed + length].decode("utf-8", "replace"))
            start = data.find(magic, start + 4)
    return names


def _zip_kind(head: bytes, tail: bytes) -> str:
    if head[26:28] == b"\x08\x00" and head[30:38] == b"mimetype":  # OpenDocument and EPUB say it themselves
        extra, size = struct.unpack_from("<H", head, 28)[0], struct.unpack_from("<I", head, 18)[0]
        said = head[38 + extra : 38 + extra + min(size, 100)]
        if re.fullmatch(rb"[a-z]+/[a-z0-9.+-]+", said):
            return said.decode("ascii")
    names = _zip_names(head, tail)
    return next((kind for name, kind in _ZIP_KINDS if name in names), "application/zip")


def _ole_kind(data: bytes) -> str:
    for name, kind in _OLE_KINDS:
        if name.encode("utf-16-le") in data:
            return kind
    return "application/x-ole-storage"


def _iso_media_kind(brand: bytes) -> str:
    if brand in _HEIF:
        return "image/heic"
    if brand == b"avif":
        return "image/avif"
    if brand.startswith(b"M4A"):
        return "audio/mp4"
    return "video/quicktime" if brand == b"qt  " else "video/mp4"


def _as_text(head: bytes, *, whole: bool) -> str | None:
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return _decode(head, encoding, whole=whole)
    if b"\0" in head:
        return None
    return _decode(head, "utf-8", whole=whole) or _decode(head, "gb18030", whole=whole)


def _decode(head: bytes, encoding: str, *, whole: bool) -> str | None:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head, whole)
    except UnicodeDecodeError:
        return None
    odd = sum(1 for c in text if (c < " " and c not in _PRINTABLE_CONTROLS) or "\x7f" <= c <= "\x9f")
    return text if odd * 100 <= len(text) else None


def _text_kind(text: str) -> str:
    text = text.removeprefix("\ufeff")
    kind = next((kind for pattern, kind in _TEXT_KINDS if pattern.search(text)), None) or _table_kind(text)
    if kind == "application/json":
        kind = _json_kind(text)
    elif kind == "message/rfc822" and "multipart/related" in text.lower():
        kind = "multipart/related"
    return kind


def _json_kind(text: str) -> str:
    lines = [line for line in text.splitlines()[:_LINES] if line.strip()]
    complete = lines[:-1] if len(lines) > 1 else []
    if complete and all(line.strip()[:1] + line.strip()[-1:] == "{}" for line in complete):
        return "application/x-ndjson"
    return "application/json"


def _table_kind(text: str) -> str:
    """Return CSV or TSV when the first lines hold the same, non-zero number of separators."""
    lines = [line for line in text.splitlines()[:_LINES] if line.strip()]
    if len(lines) == _LINES:
        lines.pop()  # may be cut off
    for separator, kind in (
        ("\t", "text/tab-separated-values"),
        (",", "text/csv"),
        (";", "text/csv"),
        ("|", "text/csv"),
    ):
        counts = {re.sub(r'"[^"]*"', "", line).count(separator) for line in lines}
        if len(lines) > 1 and len(counts) == 1 and counts != {0}:
            return kind
    return "text/plain"
