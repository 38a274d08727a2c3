"""PresentationML: slides, their tables, notes and comments, in the order of the presentation."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._media import read_media
from qingyuan.pii.readers._rows import Reader
from qingyuan.pii.readers._source import DAMAGE, Source
from qingyuan.pii.readers._story import Story, Tags, named, parse
from qingyuan.pii.readers._table import listed_batch, table_batches

_TAGS = Tags(
    frozenset({"p", "cm"}),
    frozenset({"t", "text"}),
    {"br": "\n"},
    ("tbl", "tr", "tc"),
    frozenset({"Fallback"}),
)
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(r'\b(Id|Target|Type)="([^"]*)"')
_SLIDE = re.compile(r'<(?:\w+:)?sldId\b[^>]*?\br:id="([^"]+)"')
_SIDES = ("notesSlide", "comments", "chart", "diagramData")
_LARGEST = 1 << 24


def _part(parts: zipfile.ZipFile, name: str) -> str:
    try:
        with parts.open(name) as stream:
            return stream.read(_LARGEST).decode("utf-8", errors="replace")
    except (KeyError, *DAMAGE):
        return ""


def _relations(parts: zipfile.ZipFile, name: str) -> dict[str, tuple[str, str]]:
    """Return the relations of a part: identifier to kind and target part."""
    folder, _, file = name.rpartition("/")
    out = {}
    for found in _RELATION.finditer(_part(parts, f"{folder}/_rels/{file}.rels")):
        held = dict(_ATTRIBUTE.findall(found.group()))
        target = posixpath.normpath(posixpath.join(folder, held.get("Target", ""))).lstrip("/")
        out[held.get("Id", "")] = (held.get("Type", "").rpartition("/")[2], target)
    return out


def read_pptx(source: Source, parts: zipfile.ZipFile, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield slides (``slide 3 paragraph 2``, ``slide 3 table 1!B3``), their notes and comments, and media."""
    present = set(parts.namelist())
    related = _relations(parts, "ppt/presentation.xml")
    listed = [
        related.get(found, ("", ""))[1] for found in _SLIDE.findall(_part(parts, "ppt/presentation.xml"))
    ]
    others = sorted(
        name for name in present if re.fullmatch(r"ppt/slides/[^/]+\.xml", name) and name not in listed
    )
    for number, name in enumerate([one for one in listed if one in present] + others, start=1):
        source.budget.check_time()
        slide = Story(_TAGS)
        yield from parse(source, parts, name, slide, "pptx")
        tables, slide.tables = slide.tables, []
        yield from _texts(source, slide, f"slide {number}")
        for table in tables:
            where = f"slide {number} table {table.number}"
            yield from table_batches(source, where, f"{where}!", table.rows)
        for kind, target in _relations(parts, name).values():
            if kind in _SIDES and target in present:
                side = Story(_TAGS)
                yield from parse(source, parts, target, side, "pptx")
                yield from _texts(source, side, f"slide {number} {'notes' if kind == 'notesSlide' else kind}")
    yield from read_media(source, parts, "ppt/", reader)


def _texts(source: Source, story: Story, prefix: str) -> Iterator[Batch]:
    if said := named(story, prefix):
        places, texts = zip(*said, strict=True)
        yield listed_batch(source, texts, places, range(1, len(said) + 1), prefix)
