"""From a source to the reader of its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._archive import read_packed, read_tar, read_zip
from qingyuan.pii.readers._cfb import read_cfb
from qingyuan.pii.readers._decode import TextStream
from qingyuan.pii.readers._delimited import read_delimited
from qingyuan.pii.readers._html import read_html
from qingyuan.pii.readers._json import read_json, read_json_lines
from qingyuan.pii.readers._limits import Limits
from qingyuan.pii.readers._pdf import read_pdf
from qingyuan.pii.readers._prose import read_prose
from qingyuan.pii.readers._sniff import Format, Sniffed, sniff_source
from qingyuan.pii.readers._source import Source, of_file
from qingyuan.pii.readers._sql import read_sql
from qingyuan.pii.readers._unread import Refused, unread

_Texts = Callable[[Source, TextStream], Iterator[Batch | Unread]]
_TEXTS: dict[Format, _Texts] = {
    Format.JSON: read_json,
    Format.JSON_LINES: read_json_lines,
    Format.SQL: read_sql,
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


def _dispatch(source: Source, found: Sniffed) -> Iterator[Batch | Unread]:  # noqa: C901 -- one case per format
    match found.format:
        case Format.EMPTY:
            yield unread("empty", source.member)
        case Format.IMAGE:
            yield unread("needs-ocr", source.member, format=found.detail)
        case Format.BINARY:
            yield unread("unsupported-format", source.member, format=found.detail)
        case Format.ZIP:
            yield from read_zip(source, read_source)
        case Format.TAR:
            yield from read_tar(source, read_source)
        case Format.GZIP | Format.BZIP2 | Format.XZ:
            yield from read_packed(source, found.format.value, read_source)
        case Format.CFB:
            yield from read_cfb(source)
        case Format.PDF:
            yield from read_pdf(source)
        case Format.HTML:
            yield from read_html(source)
        case _:
            stream = TextStream(source)
            if found.dialect is not None:
                yield from read_delimited(source, stream, found.dialect)
            else:
                yield from _TEXTS[found.format](source, stream)
            yield from stream.notes()
