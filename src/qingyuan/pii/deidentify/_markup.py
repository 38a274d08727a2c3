"""Rewriting marked-up text (HTML, the XML of documents): tags stay, values in text and attributes change.

A value may stand in several pieces (``138<b>0013</b>8000``, runs of a document, character references). The text of each
block is put together with where each character comes from, the values are found in it, and each is replaced where it
begins; what else it took is removed. Everything outside values stays as it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<[!?/]?[A-Za-z_](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>|<[?!][^>]*>", re.DOTALL
)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|\s+|.", re.DOTALL)
_NAME = re.compile(r"</?(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
#: Tags inside running text: what they part belongs together.
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp small span strike strong sub sup tt u "
    "var wbr r t rpr lang rfonts sz color proofErr bookmarkStart bookmarkEnd hyperlink smarttag noProof lastRenderedPageBreak "
    "bCs szCs rStyle delText kern hint highlight vertAlign".lower().split()
)
_PREFIX = 2


class Values:
    """Clear values and what stands for each, to be found at any position of a text."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """Index them by their first characters; values that are too short to be told apart are left out."""
        self._by_prefix: dict[str, list[tuple[str, str]]] = {}
        for value, new in sorted(values.items(), key=lambda pair: -len(pair[0])):
            if len(value) >= _PREFIX:
                self._by_prefix.setdefault(value[:_PREFIX], []).append((value, new))

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """Return ``(start, end, replacement)`` of every value, the longest first, not overlapping."""
        out, at, known = [], 0, self._by_prefix
        while at < len(text):
            for value, new in known.get(text[at : at + _PREFIX], ()):
                end = at + len(value)
                if text.startswith(value, at) and _stands_alone(text, at, end):
                    out.append((at, end, new))
                    at = end - 1
                    break
            at += 1
        return out


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Say whether a value is not a part of a longer number or word."""
    return not (
        (start and _joins(text[start - 1], text[start]))
        or (end < len(text) and _joins(text[end - 1], text[end]))
    )


def _joins(one: str, other: str) -> bool:
    return one.isascii() and other.isascii() and one.isalnum() and other.isalnum()


def rewrite(text: str, values: Values, *, collapse: bool) -> str:
    """Return the marked-up text with every value replaced.

    Args:
        text: HTML or XML.
        values: What to replace.
        collapse: Whether white space of any length counts as one blank, as in HTML.
    """
    edits: list[tuple[int, int, str]] = []
    block = _Block(values, edits, collapse=collapse)
    at = 0
    for tag in _TOKEN.finditer(text):
        block.add(text, at, tag.start())
        at = tag.end()
        name = _NAME.match(tag.group())
        if name is None or name.group(1).lower() not in _INLINE:
            block.end()
        alone = _Block(values, edits, collapse=collapse)
        alone.add(text, tag.start(), tag.end())
        alone.end()
    block.add(text, at, len(text))
    block.end()
    out, at = [], 0
    for start, end, new in sorted(edits):
        if start >= at:
            out += [text[at:start], new]
            at = end
    return "".join([*out, text[at:]])


class _Block:
    """The characters of one block and where each comes from."""

    def __init__(self, values: Values, edits: list[tuple[int, int, str]], *, collapse: bool) -> None:
        self._values, self._edits, self._collapse = values, edits, collapse
        self._clear()

    def _clear(self) -> None:
        self._chars: list[str] = []
        self._from: list[tuple[int, int]] = []

    def add(self, text: str, start: int, end: int) -> None:
        """Add a stretch of the text."""
        for part in _REFERENCE.finditer(text, start, end):
            raw = part.group()
            said = html.unescape(raw) if raw[0] == "&" and len(raw) > 1 else raw
            if raw[0].isspace():
                if not self._collapse and "\n" in raw:
                    continue  # between the tags of XML
                said = " " if self._collapse else raw
            for char in said:
                self._chars.append(char)
                self._from.append(part.span())

    def end(self) -> None:
        """Find the values of the block and begin another."""
        said = "".join(self._chars)
        for start, end, new in self._values.find(said):
            spans = list(dict.fromkeys(self._from[start:end]))
            # Only a reference or a run of white space gives several characters one origin; it goes as a whole.
            self._edits.append((*spans[0], html.escape(new, quote=False)))
            self._edits += [(*span, "") for span in spans[1:]]
        self._clear()
