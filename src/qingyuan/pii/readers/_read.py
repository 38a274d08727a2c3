"""From a source to the reader of its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers import _arrowfiles as arrow
from qingyuan.pii.readers._archive import read_packed, read_tar, read_zip
from qingyuan.pii.readers._cfb import read_cfb
from qingyuan.pii.readers._decode import TextStream
from qingyuan.pii.readers._delimited import read_delimited
from qingyuan.pii.readers._duckdb import read_duckdb
from qingyuan.pii.readers._har import NotHarError, read_har
from qingyuan.pii.readers._html import read_html
from qingyuan.pii.readers._http import read_http
from qingyuan.pii.readers._json import read_json, read_json_lines
from qingyuan.pii.readers._limits import Limits
from qingyuan.pii.readers._mail import read_eml, read_mbox
from qingyuan.pii.readers._ocr import read_picture
from qingyuan.pii.readers._pdf import read_pdf
from qingyuan.pii.readers._prose import read_prose
from qingyuan.pii.readers._rtf import read_rtf
from qingyuan.pii.readers._sevenzip import read_rar, read_sevenzip
from qingyuan.pii.readers._sniff import Format, Sniffed, sniff_source
from qingyuan.pii.readers._source import Source, of_file
from qingyuan.pii.readers._sql import read_sql
from qingyuan.pii.readers._sqlite import read_sqlite
from qingyuan.pii.readers._unfold import unfolded
from qingyuan.pii.readers._unread import Refused, unread
from qingyuan.pii.readers._warc import read_warc
from qingyuan.pii.readers._xml import read_xml

#: What a reader may raise about a file that is damaged in a way nobody has met yet.
_FAILURES = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
_Texts = Callable[[Source, TextStream], Iterator[Batch | Unread]]
_TEXTS: dict[Format, _Texts] = {
    Format.JSON: read_json,
    Format.JSON_LINES: read_json_lines,
    Format.SQL: read_sql,
    Format.XML: read_xml,
    Format.PROSE: read_prose,
}


def read(fp: BinaryIO, name: str, limits: Limits | None = None) -> Iterator[Batch | Unread]:
    """Yield the cells of a file, and what of it could not be read.

    Args:
        fp: The file, seekable, opened for reading bytes.
        name: Its name; the ending helps where the content leaves the format open.
        limits: Bounds; the defaults suit a work station.

    Yields:
        Batches of at most about twice ``limits.block_bytes`` (more only where one record is longer), in
        the order of the file; an :class:`~qingyuan.pii.batch.Unread` where something was not read.
    """
    yield from read_source(of_file(fp, name, limits or Limits()))


def read_source(source: Source) -> Iterator[Batch | Unread]:
    """Yield the cells of a file or member; a refusal ends it, not what stands beside it."""
    try:
        source = source.peeked()
        yield from _dispatch(source, sniff_source(source))
    except Refused as stop:
        yield stop.unread(source.member)
    except _FAILURES as error:
        # No file may bring down what stands beside it; what failed is named.
        yield unread("reader-failed", source.member, error=type(error).__name__)


def _dispatch(source: Source, found: Sniffed) -> Iterator[Batch | Unread]:
    match found.format:
        case Format.EMPTY:
            yield unread("empty", source.member)
        case Format.IMAGE:
            yield from read_picture(source, found.detail)
        case Format.BINARY:
            yield unread("unsupported-format", source.member, format=found.detail)
        case kind if kind in _FILES:
            yield from _FILES[kind](source)
        case _:
            stream = TextStream(source)
            if found.dialect is not None:
                yield from read_delimited(source, stream, found.dialect)
            else:
                yield from _TEXTS[found.format](source, stream)
            yield from stream.notes()


def _read_har(source: Source) -> Iterator[Batch | Unread]:
    """Yield the cells of a HAR file; one that is broken or too large is read as the JSON it is."""
    try:
        yield from read_har(source, read_source)
    except NotHarError:
        stream = TextStream(source)
        yield from unfolded(source, read_json(source, stream), read_source)
        yield from stream.notes()


#: Formats that are not plain text, by the reader of each.
_FILES: dict[Format, Callable[[Source], Iterator[Batch | Unread]]] = {
    Format.ZIP: lambda source: read_zip(source, read_source),
    Format.TAR: lambda source: read_tar(source, read_source),
    Format.GZIP: lambda source: read_packed(source, "gzip", read_source),
    Format.BZIP2: lambda source: read_packed(source, "bzip2", read_source),
    Format.XZ: lambda source: read_packed(source, "xz", read_source),
    Format.ZSTD: lambda source: read_packed(source, "zstd", read_source),
    Format.SEVENZIP: lambda source: read_sevenzip(source, read_source),
    Format.RAR: lambda source: read_rar(source, read_source),
    Format.CFB: lambda source: read_cfb(source, read_source),
    Format.RTF: read_rtf,
    Format.HAR: _read_har,
    Format.HTTP: lambda source: read_http(source, read_source),
    Format.WARC: lambda source: read_warc(source, read_source),
    Format.EML: lambda source: read_eml(source, read_source),
    Format.MBOX: lambda source: read_mbox(source, read_source),
    Format.DUCKDB: read_duckdb,
    Format.PDF: read_pdf,
    Format.HTML: read_html,
    Format.SQLITE: lambda source: read_sqlite(source, read_source),
    Format.PARQUET: arrow.read_parquet,
    Format.ORC: arrow.read_orc,
    Format.ARROW: lambda source: arrow.read_ipc(source, stream=False),
    Format.ARROW_STREAM: lambda source: arrow.read_ipc(source, stream=True),
}
