"""Pictures and files embedded in office documents."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers import _ocr
from qingyuan.pii.readers._rows import Reader, inner
from qingyuan.pii.readers._source import DAMAGE, Source
from qingyuan.pii.readers._story import Bounded
from qingyuan.pii.readers._unread import Refused, unread

#: Smaller pictures are lines, bullets and logos.
_SMALLEST = 1024


def read_media(
    source: Source, parts: zipfile.ZipFile, folder: str, reader: Reader
) -> Iterator[Batch | Unread]:
    """Yield the cells of embedded files, and of pictures where text recognition is installed.

    Args:
        source: The document.
        parts: Its parts.
        folder: ``"word/"``, ``"ppt/"``, ``"xl/"`` or ``""``.
        reader: Reads a file of any format.
    """
    pictures = 0
    folders = (f"{folder}media/", f"{folder}embeddings/", "Pictures/", "Object ")
    for info in parts.infolist():
        name = info.filename
        if not name.startswith(folders) or info.is_dir() or name.endswith((".emf", ".wmf", ".svm", ".xml")):
            continue
        picture = "/media/" in name or name.startswith("Pictures/")
        if picture and (info.file_size < _SMALLEST or not _ocr.installed()):
            pictures += info.file_size >= _SMALLEST
            continue
        own = inner(source, b"", name)
        if source.depth >= source.limits.max_archive_depth:
            yield unread("archive-too-deep", own.member, depth=source.limits.max_archive_depth)
            continue
        try:
            with parts.open(info) as stream:
                bounded = Bounded(source, stream, info.compress_size)
                raw = b"".join(iter(lambda: bounded.read(1 << 20), b""))  # noqa: B023 -- used up at once
        except Refused as stop:
            yield stop.unread(own.member)
        except DAMAGE as error:
            yield unread("corrupt", own.member, format="ZIP", where=type(error).__name__)
        else:
            yield from reader(inner(source, raw, name))
    if pictures:
        yield unread("pictures-inside", source.member, count=pictures)
