"""Rewriting xlsx: the cells by their places, every other part by the values found."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Mapping

from qingyuan.pii.deidentify._markup import Values, rewrite
from qingyuan.pii.readers._addresses import letters

_SHEET = re.compile(r"<(?:\w+:)?sheet\b([^>]*)/?>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b([^>]*)/?>")
_ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_ROW_OR_CELL = re.compile(
    r"<(?P<p>(?:\w+:)?)row\b(?P<row>[^>]*)>|<(?P<q>(?:\w+:)?)c\b(?P<cell>(?:[^>/]|/(?!>))*)(?:/>|>(?P<inner>.*?)</(?P=q)c>)",
    re.DOTALL,
)
_SHARED = re.compile(r"<(?:\w+:)?v\b[^>]*>\s*(\d+)\s*</")
_ITEM = re.compile(r"<((?:\w+:)?si)\b[^>]*?(?:/>|>.*?</\1>)", re.DOTALL)
_DATA = re.compile(r"<((?:\w+:)?sheetData)\b[^>]*>.*</\1>", re.DOTALL)
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})$")
#: How the place of a formula ends, as :mod:`qingyuan.pii.readers._bookparts` writes it.
FORMULA = " formula"
_STRINGS = "xl/sharedStrings.xml"
_CHAIN = re.compile(r"<(?:Override|Relationship)\b[^>]*calcChain[^>]*/>")


def rewrite_workbook(
    parts: Mapping[str, bytes], cells: Mapping[str, str], values: Values
) -> dict[str, bytes]:
    """Return the parts of the workbook rewritten.

    Args:
        parts: Name and content of every part.
        cells: New text by place, ``"sheet 名单!D7"``.
        values: Values and what stands for them, for comments, headers, caches and properties.

    Raises:
        KeyError, UnicodeError, ValueError: A part is missing or not what it should be.
    """
    out = dict(parts)
    names = _sheets(parts)
    used: set[int] = set()
    formulas = False
    for part, name in names.items():
        mine: dict[str, str] = {}
        for place, new in cells.items():
            if place.startswith(
                f"sheet {name}!"
            ):  # a formula that holds a value becomes a text; a value of the cell goes first
                where = place.rpartition("!")[2]
                if not where.endswith(FORMULA):
                    mine[where] = new
                else:
                    mine.setdefault(where.removesuffix(FORMULA), new)
        sheet = _Sheet(mine)
        text = sheet.rewrite(parts[part].decode())
        used |= sheet.used
        formulas |= sheet.formulas
        data = _DATA.search(text)
        first, last = data.span() if data else (0, 0)
        out[part] = (
            rewrite(text[:first], values, collapse=False)
            + text[first:last]
            + rewrite(text[last:], values, collapse=False)
        ).encode()
    if _STRINGS in parts:
        out[_STRINGS] = _unused_blanked(parts[_STRINGS].decode(), used).encode()
    for part, content in parts.items():
        if part not in names and part != _STRINGS and part.endswith((".xml", ".rels", ".vml")):
            out[part] = rewrite(content.decode(), values, collapse=False).encode()
    if (
        formulas and out.pop("xl/calcChain.xml", None) is not None
    ):  # it would name cells that compute nothing now
        for part in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
            out[part] = _CHAIN.sub("", out[part].decode()).encode()
    return out


def _attributes(text: str) -> dict[str, str]:
    return {name.rpartition(":")[2]: html.unescape(value[1:-1]) for name, value in _ATTRIBUTE.findall(text)}


def _sheets(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Return the sheet name of each worksheet part."""
    relations = {}
    for found in _RELATION.findall(parts["xl/_rels/workbook.xml.rels"].decode()):
        said = _attributes(found)
        target = said.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        relations[said.get("Id", "")] = path
    out = {}
    for found in _SHEET.findall(parts["xl/workbook.xml"].decode()):
        said = _attributes(found)
        path = relations.get(said.get("id", ""), "")
        if path in parts and "/worksheets/" in path:
            out[path] = said["name"]
    return out


class _Sheet:
    """One worksheet; remembers which shared strings are still used."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self._cells = cells
        self._row = self._column = 0
        self.used: set[int] = set()
        self.formulas = False

    def rewrite(self, text: str) -> str:
        """Return the XML with the cells replaced; a replaced cell becomes a text of its own."""
        return _ROW_OR_CELL.sub(self._one, text)

    def _one(self, found: re.Match[str]) -> str:
        if found["row"] is not None:
            said = _attributes(found["row"])
            self._row = int(said["r"]) if "r" in said else self._row + 1
            self._column = 0
            return found.group()
        said = _attributes(found["cell"])
        place = _CELL.match(said.get("r", ""))
        if place:
            self._column = _number(place[1])
            self._row = int(place[2])
        name = f"{letters(self._column)}{self._row}"
        self._column += 1
        inner = found["inner"] or ""
        if name not in self._cells:
            if said.get("t") == "s" and (shared := _SHARED.search(inner)):
                self.used.add(int(shared[1]))
            return found.group()
        self.formulas |= "<f" in inner or ":f" in inner
        p = found["q"]
        style = f' s="{said["s"]}"' if said.get("s", "").isdecimal() else ""
        new = html.escape(self._cells[name], quote=False)
        return f'<{p}c r="{name}"{style} t="inlineStr"><{p}is><{p}t xml:space="preserve">{new}</{p}t></{p}is></{p}c>'


def _number(name: str) -> int:
    value = 0
    for char in name:
        value = value * 26 + ord(char) - 64
    return value - 1


def _unused_blanked(text: str, used: set[int]) -> str:
    """Return the shared strings with those that no cell uses any more emptied; their numbers stay."""
    count = -1

    def one(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        prefix = found[1].removesuffix("si")
        return found.group() if count in used else f"<{prefix}si><{prefix}t/></{prefix}si>"

    return _ITEM.sub(one, text)
