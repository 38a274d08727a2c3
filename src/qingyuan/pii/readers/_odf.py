"""OpenDocument text, presentations and drawings (ISO/IEC 26300)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._docx import story_batches
from qingyuan.pii.readers._media import read_media
from qingyuan.pii.readers._rows import Reader
from qingyuan.pii.readers._source import DAMAGE, Source
from qingyuan.pii.readers._story import Story, Tags, named, parse
from qingyuan.pii.readers._table import listed_batch
from qingyuan.pii.readers._unread import Refused

_TAGS = Tags(
    frozenset({"p", "h"}),
    None,
    {"line-break": "\n", "tab": "\t", "s": " "},
    ("table", "table-row", "table-cell"),
)


def read_odf(source: Source, parts: zipfile.ZipFile, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield paragraphs (``paragraph 12``), tables (``table 1!B3``), headers and footers, and media as members.

    Raises:
        Refused: ``encrypted``.
    """
    try:
        if b"encryption-data" in parts.read("META-INF/manifest.xml")[: 1 << 20]:
            raise Refused("encrypted", format="OpenDocument")
    except (KeyError, *DAMAGE):
        pass  # the manifest is not needed for reading
    body = Story(_TAGS)
    yield from parse(source, parts, "content.xml", body, "OpenDocument")
    yield from story_batches(source, body)
    if "styles.xml" in parts.namelist():
        side = Story(_TAGS)
        yield from parse(source, parts, "styles.xml", side, "OpenDocument")
        if said := named(side, "header"):
            places, texts = zip(*said, strict=True)
            yield listed_batch(source, texts, places, range(1, len(said) + 1), "header")
    yield from read_media(source, parts, "", reader)
