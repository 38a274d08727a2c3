"""What a file is: by its content first, by its name only where the content leaves it open."""

from __future__ import annotations

import enum
import io
import re
from dataclasses import dataclass

import numpy as np

from qingyuan.pii.readers import _har, _http, _json, _mail, _sql, _xml
from qingyuan.pii.readers._decode import TextStream
from qingyuan.pii.readers._delimited import Dialect, find_dialect
from qingyuan.pii.readers._limits import Limits
from qingyuan.pii.readers._source import Source, of_file


class Format(enum.StrEnum):
    """The formats the readers tell apart."""

    EMPTY = "empty"
    DELIMITED = "delimited"
    PROSE = "prose"
    JSON = "json"
    JSON_LINES = "jsonl"
    SQL = "sql"
    HTML = "html"
    XML = "xml"
    HAR = "har"
    HTTP = "http"
    WARC = "warc"
    EML = "eml"
    MBOX = "mbox"
    RTF = "rtf"
    ZIP = "zip"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    TAR = "tar"
    ZSTD = "zstd"
    CFB = "cfb"
    SEVENZIP = "7z"
    RAR = "rar"
    DUCKDB = "duckdb"
    SQLITE = "sqlite"
    PARQUET = "parquet"
    ORC = "orc"
    ARROW = "arrow"
    ARROW_STREAM = "arrow-stream"
    PDF = "pdf"
    IMAGE = "image"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A format and what was found out on the way.

    Attributes:
        format: The format.
        detail: The magic recognised, for images and binaries.
        dialect: How a delimited text is written.
    """

    format: Format
    detail: str = ""
    dialect: Dialect | None = None


_MAGICS: list[tuple[bytes, Format, str]] = [
    (b"PK\x03\x04", Format.ZIP, "ZIP"),
    (b"PK\x05\x06", Format.ZIP, "ZIP"),
    (b"PK\x07\x08", Format.ZIP, "ZIP"),
    (b"\x1f\x8b", Format.GZIP, "gzip"),
    (b"BZh", Format.BZIP2, "bzip2"),
    (b"\xfd7zXZ\x00", Format.XZ, "xz"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format.CFB, "CFB"),
    (b"\x89PNG\r\n\x1a\n", Format.IMAGE, "PNG"),
    (b"\xff\xd8\xff", Format.IMAGE, "JPEG"),
    (b"GIF87a", Format.IMAGE, "GIF"),
    (b"GIF89a", Format.IMAGE, "GIF"),
    (b"II*\x00", Format.IMAGE, "TIFF"),
    (b"MM\x00*", Format.IMAGE, "TIFF"),
    (b"7z\xbc\xaf\x27\x1c", Format.SEVENZIP, "7-Zip"),
    (b"Rar!\x1a\x07", Format.RAR, "RAR"),
    (b"\x28\xb5\x2f\xfd", Format.ZSTD, "Zstandard"),
    (b"SQLite format 3\x00", Format.SQLITE, "SQLite"),
    (b"\x37\x7f\x06\x82", Format.BINARY, "SQLite WAL"),
    (b"\x37\x7f\x06\x83", Format.BINARY, "SQLite WAL"),
    (b"PAR1", Format.PARQUET, "Parquet"),
    (b"PARE", Format.PARQUET, "Parquet"),
    (b"ORC\n", Format.ORC, "ORC"),
    (b"ORC\x08", Format.ORC, "ORC"),
    (b"ARROW1\x00\x00", Format.ARROW, "Arrow IPC"),
    (b"{\\rtf", Format.RTF, "RTF"),
    (b"WARC/1.", Format.WARC, "WARC"),
    (b"\x7fELF", Format.BINARY, "ELF"),
    (b"\xca\xfe\xba\xbe", Format.BINARY, "Java class or Mach-O"),
    (b"dex\n", Format.BINARY, "DEX"),
    (b"OggS", Format.BINARY, "Ogg"),
    (b"ID3", Format.BINARY, "MP3"),
    (b"fLaC", Format.BINARY, "FLAC"),
    (b"\x1aE\xdf\xa3", Format.BINARY, "Matroska"),
]
_HTML = re.compile(
    rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
#: A tag of a page anywhere: what is named as a page need not begin like one (bodies of letters, parts of pages).
_TAG = re.compile(
    rb"</?(?:div|p|br|span|b|i|a|td|tr|table|font|ul|li|h[1-6]|strong|em|img|body|html|script|input)\b[^<>]*>",
    re.IGNORECASE,
)
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x08\x01\x1a\x1b")
_TAR_AT = 257


def _magic(head: bytes) -> Sniffed | None:  # noqa: C901, PLR0911 -- one return per magic
    for magic, kind, detail in _MAGICS:
        if head.startswith(magic):
            return Sniffed(kind, detail)
    if head[_TAR_AT : _TAR_AT + 5] == b"ustar":
        return Sniffed(Format.TAR, "tar")
    if head[:4] == b"\xff\xff\xff\xff" and head[8:12] == b"\x10\0\0\0":
        return Sniffed(Format.ARROW_STREAM, "Arrow IPC")
    if head[8:12] == b"DUCK":
        return Sniffed(Format.DUCKDB, "DuckDB")
    if _http.probe(head):
        return Sniffed(Format.HTTP, "HTTP")
    if mail := _mail.probe(head):
        return Sniffed(Format(mail), "e-mail")
    if b"%PDF-" in head[:1024]:
        return Sniffed(Format.PDF, "PDF")
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return Sniffed(Format.IMAGE, "BMP")
    if head[:4] == b"RIFF":
        return Sniffed(Format.IMAGE, "WebP") if head[8:12] == b"WEBP" else Sniffed(Format.BINARY, "RIFF")
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return (
            Sniffed(Format.IMAGE, "HEIF")
            if brand in {b"heic", b"mif1", b"avif"}
            else Sniffed(Format.BINARY, "MP4")
        )
    if head[:2] == b"MZ" and (b"PE\0\0" in head[:4096] or b"\0" in head[:64]):
        return Sniffed(Format.BINARY, "Windows program")
    return None


def _is_binary(head: bytes, encoding: str) -> bool:
    """Return whether control characters say this is no text."""
    if encoding.startswith("utf-16"):
        return False
    sample = head[: 1 << 16]
    controls = sum(
        n
        for b, n in enumerate(np.bincount(np.frombuffer(sample, np.uint8), minlength=32)[:32])
        if b not in _TEXT_CONTROLS
    )
    return bool(controls * 10 > len(sample) * 3 or (encoding == "?" and controls * 50 > len(sample)))


def sniff_source(source: Source) -> Sniffed:  # noqa: PLR0911 -- one return per format
    """Return the format of a source whose head has been looked at; nothing is taken from it."""
    head = source.head
    if not head:
        return Sniffed(Format.EMPTY)
    if found := _magic(head):
        return found
    complete = source.size is not None and source.size <= len(head)
    peek = TextStream(of_file(io.BytesIO(head), source.name, Limits()).peeked())
    if _is_binary(head, peek.encoding):
        return Sniffed(Format.BINARY, "unknown " + head[:8].hex(" "))
    data = peek.window().data
    text = bytes(data)
    if not text.strip(b" \t\r\n\x00\x1a\xef\xbb\xbf"):
        return Sniffed(Format.EMPTY) if complete else Sniffed(Format.PROSE)
    if _HTML.match(text[:65536]) or (
        source.name.lower().endswith((".html", ".htm")) and _TAG.search(text[:65536])
    ):
        return Sniffed(Format.HTML)
    if _xml.probe(text, source.name):
        return Sniffed(Format.XML)
    if _har.probe(text, source.name):
        return Sniffed(Format.HAR)
    if kind := _json.probe(data, source.name, final=complete):
        return Sniffed(Format(kind))
    if _sql.probe(text, source.name):
        return Sniffed(Format.SQL)
    dialect = find_dialect(data, source.name, final=complete, reach=source.limits.max_quoted_bytes)
    return Sniffed(Format.DELIMITED, dialect=dialect) if dialect else Sniffed(Format.PROSE)


def sniff(head: bytes, name: str = "") -> Format:
    """Return the format of a file from its first bytes (256 KiB are enough) and its name."""
    return sniff_source(of_file(io.BytesIO(head), name, Limits()).peeked()).format
