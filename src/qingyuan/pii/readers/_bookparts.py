"""What a workbook says outside the values of its cells: comments, formulas, links, headers, text boxes, lists, names, properties."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._addresses import letters
from qingyuan.pii.readers._source import DAMAGE, Source
from qingyuan.pii.readers._story import Bounded
from qingyuan.pii.readers._table import listed_batch
from qingyuan.pii.readers._unread import Refused, unread

_P = r"(?:\w+:)?"
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_RELATION = re.compile(rf"<{_P}Relationship\b([^>]*)>")
_SHEET = re.compile(rf"<{_P}sheet\b([^>]*)>")
_DEFINED = re.compile(rf"<{_P}definedName\b([^>]*)>([^<]*)<")
#: A formula that holds a text or a long number, and the value it last had.
_FORMULA = re.compile(
    rf"<{_P}c\b([^>]*)>\s*<{_P}f\b[^>]*>([^<]*(?:\"|&quot;|&#34;|\d{{7}})[^<]*)</{_P}f>\s*(?:<{_P}v>([^<]*)<)?"
)
_LITERAL = re.compile(r"\"((?:[^\"]|\"\")*)\"|(\d{7,})")
_LINK = re.compile(rf"<{_P}hyperlink\b([^>]*)>")
_RULE = re.compile(
    rf"<{_P}dataValidation\b([^>]*?)(/?)>(.*?)(?=<{_P}dataValidation\b|</{_P}dataValidations>|\Z)", re.DOTALL
)
_LIST = re.compile(rf"<{_P}formula[12]>([^<]*)<")
_HEAD = re.compile(rf"<{_P}((?:odd|even|first)(?:Header|Footer))\b[^>]*>([^<]*)<")
_COMMENT = re.compile(
    rf"<{_P}(?:comment|threadedComment)\b([^>]*)>(.*?)</{_P}(?:comment|threadedComment)>", re.DOTALL
)
_TEXT = re.compile(rf"<{_P}(?:t|text)\b[^>]*>([^<]*)(?=<)")
_PARAGRAPH = re.compile(rf"<{_P}p\b[^>]*>(.*?)</{_P}p>", re.DOTALL)
_LEAF = re.compile(r"<(?:\w+:)?([\w-]+)\b[^>]*>([^<>]*[^\s<>][^<>]*)</")
_PROPERTIES = ("docProps/core.xml", "docProps/app.xml", "docProps/custom.xml", "meta.xml")
#: What programs write about themselves, and numbers of pages and words.
_MACHINE = frozenset(
    {
        *(
            "Application",
            "AppVersion",
            "generator",
            "Template",
            "DocSecurity",
            "revision",
            "created",
            "modified",
        ),
        *(
            "creation-date",
            "date",
            "editing-cycles",
            "editing-duration",
            "TotalTime",
            "ScaleCrop",
            "SharedDoc",
        ),
        *(
            "LinksUpToDate",
            "HyperlinksChanged",
            "Pages",
            "Words",
            "Characters",
            "CharactersWithSpaces",
            "Lines",
        ),
        *(
            "Paragraphs",
            "Slides",
            "Notes",
            "HiddenSlides",
            "MMClips",
            "lpstr",
            "i4",
            "bool",
            "PresentationFormat",
        ),
        *("lastPrinted", "print-date", "version"),
    }
)
_ODS = re.compile(r"<(/?)(?:\w+:)(table-row|table-cell|covered-table-cell|table|annotation)\b([^>]*?)(/?)>")
_TAG = re.compile(r"<[^>]*>")


@dataclass(slots=True)
class _Said:
    """Texts with their places."""

    texts: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def add(self, place: str, text: str) -> None:
        """Take a text as it stands in XML."""
        said = html.unescape(text).encode("utf-8", errors="replace").decode().strip()
        if said:
            self.texts.append(said)
            self.places.append(place)


def read_properties(source: Source, parts: zipfile.ZipFile) -> Iterator[Batch | Unread]:
    """Yield who made a document and what its properties say, places ``properties creator``."""
    said = _Said()
    for name in _PROPERTIES:
        text = yield from _part(source, parts, name)
        for tag, value in _LEAF.findall(text):
            if tag not in _MACHINE:
                said.add(f"properties {tag}", value)
    yield from _batch(source, said, "properties")


def read_bookparts(source: Source, parts: zipfile.ZipFile, kind: str) -> Iterator[Batch | Unread]:
    """Yield what stands outside the values of cells.

    Places are ``sheet 名单!D7 comment``, ``… formula``, ``… link``, ``… list``, ``sheet 名单 oddHeader``,
    ``sheet 名单 drawing 2`` and ``name 热线``.

    Args:
        source: The workbook.
        parts: Its parts.
        kind: ``"xlsx"`` or ``"ods"``.
    """
    said = _Said()
    if kind == "ods":
        _annotations((yield from _part(source, parts, "content.xml")), said)
    else:
        book = yield from _part(source, parts, "xl/workbook.xml")
        for head, text in _DEFINED.findall(book):
            if '"' in html.unescape(text):
                said.add(f"name {_attributes(head).get('name', '')}", text)
        related = _relations((yield from _part(source, parts, "xl/_rels/workbook.xml.rels")), "xl")
        for head in _SHEET.findall(book):
            held = _attributes(head)
            target = related.get(held.get("r:id", ""), ("", ""))[1]
            if target.endswith(".xml"):
                yield from _sheet(source, parts, target, f"sheet {held.get('name', '')}", said)
    yield from _batch(source, said, "beside cells")


def _batch(source: Source, said: _Said, table: str) -> Iterator[Batch]:
    if said.texts:
        yield listed_batch(source, said.texts, said.places, range(1, len(said.texts) + 1), table)


def _sheet(source: Source, parts: zipfile.ZipFile, name: str, where: str, said: _Said) -> Iterator[Unread]:
    """Take what one sheet and the parts it refers to say."""
    source.budget.check_time()
    text = yield from _part(source, parts, name)
    for cell, formula, value in _FORMULA.findall(text):
        literals = ["".join(found) for found in _LITERAL.findall(html.unescape(formula))]
        shown = html.unescape(value)
        if any(literal.strip() and literal not in shown for literal in literals):
            said.add(f"{where}!{_attributes(cell).get('r', '')} formula", formula)
    folder, _, file = name.rpartition("/")
    related = _relations((yield from _part(source, parts, f"{folder}/_rels/{file}.rels")), folder)
    _tail(text[text.rfind("sheetData") :], related, where, said)
    for kind, target in related.values():
        if kind in {"comments", "threadedComment"}:
            for head, inside in _COMMENT.findall((yield from _part(source, parts, target))):
                said.add(
                    f"{where}!{_attributes(head).get('ref', '')} comment", "".join(_TEXT.findall(inside))
                )
        elif kind == "drawing":
            drawn = yield from _part(source, parts, target)
            for number, inside in enumerate(_PARAGRAPH.findall(drawn), start=1):
                said.add(f"{where} drawing {number}", "".join(_TEXT.findall(inside)))


def _tail(tail: str, related: dict[str, tuple[str, str]], where: str, said: _Said) -> None:
    """Take links, lists of allowed values, headers and footers from what stands behind the cells of a sheet."""
    for head in _LINK.findall(tail):
        held = _attributes(head)
        link = related.get(held.get("r:id", ""), ("", ""))[1]
        said.add(f"{where}!{held.get('ref', '')} link", " ".join((link, held.get("tooltip", ""))))
    for head, _, inside in _RULE.findall(tail):
        held = _attributes(head)
        listed = [one for one in _LIST.findall(inside) if '"' in html.unescape(one)]
        words = (held.get("prompt", ""), held.get("error", ""), *listed)
        said.add(f"{where}!{held.get('sqref', '')} list", " ".join(words))
    for head, words in _HEAD.findall(tail):
        said.add(f"{where} {head}", words)


def _annotations(content: str, said: _Said) -> None:
    """Take the annotations of the cells of an OpenDocument sheet."""
    if ":annotation" not in content:
        return
    name, row, column, wide, high, begin = "", -1, -1, 1, 1, -1
    for found in _ODS.finditer(content):
        closing, tag, head = found.group(1), found.group(2), found.group(3)
        held = _attributes(head) if not closing else {}
        if tag == "annotation":
            if closing and begin >= 0:
                said.add(
                    f"sheet {name}!{letters(column)}{row + 1} comment",
                    "\n".join(
                        _TAG.sub("", one) for one in _PARAGRAPH.findall(content[begin : found.start()])
                    ),
                )
            begin = -1 if closing else found.end()
        elif closing:
            continue
        elif tag == "table":
            name, row, high = held.get("table:name", ""), -1, 1
        elif tag == "table-row":
            row, column, wide = row + high, -1, 1
            high = _times(held.get("table:number-rows-repeated", ""))
        else:
            column, wide = column + wide, _times(held.get("table:number-columns-repeated", ""))


def _times(said: str) -> int:
    return int(said) if said.isdecimal() and len(said) < 10 else 1  # noqa: PLR2004 - more than any sheet has


def _attributes(head: str) -> dict[str, str]:
    return {name: html.unescape(one or other) for name, one, other in _ATTRIBUTE.findall(head)}


def _relations(text: str, folder: str) -> dict[str, tuple[str, str]]:
    """Return kind and target of the relations of a part, by their identifier."""
    out = {}
    for head in _RELATION.findall(text):
        held = _attributes(head)
        target = held.get("Target", "")
        if held.get("TargetMode") != "External":
            steps: list[str] = []
            for step in (target if target.startswith("/") else f"{folder}/{target}").split("/"):
                if step == "..":
                    steps = steps[:-1]
                elif step not in {"", "."}:
                    steps.append(step)
            target = "/".join(steps)
        out[held.get("Id", "")] = (held.get("Type", "").rpartition("/")[2], target)
    return out


def _part(source: Source, parts: zipfile.ZipFile, name: str) -> Generator[Unread, None, str]:
    """Return a part as text, ``""`` when there is none; yield what is damaged."""
    try:
        info = parts.getinfo(name)
    except KeyError:
        return ""
    try:
        with parts.open(info) as stream:
            bounded = Bounded(source, stream, info.compress_size)
            raw = b"".join(iter(lambda: bounded.read(1 << 20), b""))
    except Refused as stop:
        yield stop.unread(source.member)
        return ""
    except DAMAGE as error:
        yield unread("corrupt", source.member, format="ZIP", where=f"{name}: {type(error).__name__}")
        return ""
    return raw.decode("utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", errors="replace")
