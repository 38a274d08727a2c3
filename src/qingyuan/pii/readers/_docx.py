"""WordprocessingML: paragraphs, tables, text boxes, headers, footers, notes, comments and what is embedded."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._media import read_media
from qingyuan.pii.readers._rows import Reader
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._story import Story, Tags, named, parse
from qingyuan.pii.readers._table import listed_batch, numbered_batch, table_batches

_SIDE = re.compile(r"word/(header\d*|footer\d*|footnotes|endnotes|comments)\.xml")
#: ``Fallback`` holds the same text box again, for old readers.
_TAGS = Tags(
    frozenset({"p"}),
    frozenset({"t", "delText", "instrText"}),
    {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"},
    ("tbl", "tr", "tc"),
    frozenset({"Fallback"}),
)


def read_docx(source: Source, parts: zipfile.ZipFile, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield paragraphs (``paragraph 12``), tables (``table 1!B3``), the other stories by name, and media as members."""
    body = Story(_TAGS)
    yield from parse(source, parts, "word/document.xml", body, "docx")
    yield from story_batches(source, body)
    for name in parts.namelist():
        side = _SIDE.fullmatch(name)
        if side is None:
            continue
        story = Story(_TAGS)
        yield from parse(source, parts, name, story, "docx")
        if said := named(story, side.group(1)):
            places, texts = zip(*said, strict=True)
            yield listed_batch(source, texts, places, range(1, len(said) + 1), side.group(1))
    yield from read_media(source, parts, "word/", reader)


def story_batches(source: Source, body: Story) -> Iterator[Batch]:
    """Yield the paragraphs and tables of the main story."""
    if body.paragraphs:
        numbers, texts = zip(*body.paragraphs, strict=True)
        yield numbered_batch(source, texts, "paragraph ", numbers)
    for table in body.tables:
        yield from table_batches(source, f"table {table.number}", f"table {table.number}!", table.rows)
