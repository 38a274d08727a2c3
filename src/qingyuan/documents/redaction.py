"""The copy for the public (公开版): persons by rule, minors and everything else personal taken out.

A natural person keeps the family name (``张某某``), a minor nothing (``某某``); numbers, addresses and what the form calls
private become ``×××``. The rule is this program's own reading of how procuratorates publish; no official rule was read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import resources

import msgspec
from msgspec.structs import replace

from qingyuan.documents.model import Block, Document, Picture, Run, Runs, Table, words
from qingyuan.plainyaml import read_yaml
from qingyuan.shapes import convert

#: Stands for a value that is left out.
LEFT_OUT = "×××"
_MINOR = "某某"
_LONG_NAME = 3
_LONGEST_PERSON, _LONGEST_HAN, _MARKED_LENGTH = 40, 6, 4
_REMARK = re.compile(r"（[^（）]*）\Z")
_FIRM = re.compile(r"(?i)\b(inc|ltd|limited|llc|co|corp|company|gmbh)\b")

#: Line of the text, first character, character after the last one, and what stands there.
Hit = tuple[int, int, int, str]
Find = Callable[[tuple[str, ...]], Iterable[Hit]]


class _Lists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    compound: str
    bodies: str
    marks: str


@cache
def _lists() -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    """Return the family names of two characters, and the ends of names of organs and companies: sure ones, and single marks."""
    data = resources.files("qingyuan.documents").joinpath("redaction.yaml").read_bytes()
    lists = convert(read_yaml(data), _Lists)
    return frozenset(lists.compound.split()), tuple(lists.bodies.split()), tuple(lists.marks.split())


def mask(text: str, kind: str) -> str:
    """Return what stands for a personal value in the copy for the public."""
    if kind == "minor":
        return _MINOR
    if kind != "person" or not text:
        return LEFT_OUT
    family = 2 if len(text) >= _LONG_NAME and text[:2] in _lists()[0] else 1
    return text[:family] + "某" * max(1, len(text) - family)


def is_person(name: str) -> bool:
    """Say whether the name of a party may be that of a natural person: whatever does not end as names of bodies do."""
    compound, bodies, marks = _lists()
    plain = _REMARK.sub("", name.strip())
    if not plain or len(plain) > _LONGEST_PERSON or _FIRM.search(plain):
        return False
    if "·" in plain or plain.isascii():
        return not any(letter.isdigit() for letter in plain)
    if plain.endswith(bodies) or len(plain) > _LONGEST_HAN or len(plain) == 1:
        return False
    return plain[:2] in compound or len(plain) < _MARKED_LENGTH or not plain.endswith(marks)


def redact(
    document: Document,
    find: Find,
    private: Iterable[tuple[str, str]] = (),
    *,
    minors: bool = False,
    vocabulary: str = "",
    bodies: Iterable[str] = (),
) -> Document:
    """Return the copy of ``document`` for the public.

    Args:
        document: The document in full.
        find: Finds personal values in lines of text; what it calls ``person`` keeps the family name.
        private: Further values that are known to be personal, with what they are.
        minors: Whether every person of the affair is to be treated as a minor.
        vocabulary: Text of the law and of forms: what ``find`` takes for a name and is a word there is none.
        bodies: Names of organs, firms and officers in their office, which stay; a name ``find`` sees inside one is none.

    The form's own words hold no name either: only what events or a person stated is looked at for names.
    """
    known = [(kind, value) for kind, value in (*document.private, *private) if value.strip()]
    known.sort(key=lambda one: -len(one[1]))
    lines = [*_lines(document)]
    treated = [_left_out(runs) if hidden else runs for runs, hidden in lines]
    hits = _hits(treated, known, _Names(treated, find, vocabulary, tuple(filter(None, bodies))))
    if minors:
        hits = [(line, start, end, "minor" if kind == "person" else kind) for line, start, end, kind in hits]
    of_line: dict[int, list[tuple[int, int, str]]] = {}
    for line, start, end, kind in hits:
        of_line.setdefault(line, []).append((start, end, kind))
    done = iter([_masked(runs, of_line.get(number, [])) for number, runs in enumerate(treated)])
    blocks: list[Block | Table | Picture] = []
    for block in document.blocks:
        if isinstance(block, Block):
            blocks.append(replace(block, runs=next(done)))
        elif isinstance(block, Picture):
            blocks.append(block)
        else:
            blocks.append(replace(block, cells=tuple(tuple(next(done) for _ in row) for row in block.cells)))
    return replace(
        document, title=f"{document.title}（公开版）", blocks=tuple(blocks), private=(), redacted=True
    )


class _Names:
    """Finds personal values, and leaves out what only looks like the name of a person."""

    def __init__(self, lines: Sequence[Runs], find: Find, vocabulary: str, bodies: Sequence[str]) -> None:
        self._lines = lines
        self._find = find
        self._vocabulary = vocabulary
        self._bodies = bodies

    def __call__(self, texts: tuple[str, ...]) -> Iterable[Hit]:
        for line, start, end, kind in self._find(texts):
            if kind != "person" or self._personal(texts[line], line, start, end):
                yield line, start, end, kind

    def _personal(self, text: str, line: int, start: int, end: int) -> bool:
        if text[start:end] in self._vocabulary or not self._stated(line, start, end):
            return False
        return not any(
            at <= start and end <= at + len(body) for body in self._bodies for at in _places(text, body)
        )

    def _stated(self, line: int, start: int, end: int) -> bool:
        position = 0
        for run in self._lines[line]:
            stop = position + len(run.text)
            if (run.event is not None or run.given) and start < stop and position < end:
                return True
            position = stop
        return False


def _places(text: str, part: str) -> Iterable[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _lines(document: Document) -> Iterable[tuple[Runs, bool]]:
    """Yield every paragraph and cell, in order, and whether it is left out as a whole."""
    for block in document.blocks:
        if isinstance(block, Block):
            yield block.runs, block.private
        elif isinstance(block, Table):
            for row in block.cells:
                for number, cell in enumerate(row):
                    yield cell, number in block.private


def _left_out(runs: Runs) -> Runs:
    return tuple(
        replace(run, text=LEFT_OUT) if (run.event is not None or run.given) and run.text else run
        for run in runs
    )


def _hits(lines: Sequence[Runs], known: Sequence[tuple[str, str]], find: Find) -> list[Hit]:
    texts = tuple(words(runs) for runs in lines)
    found: list[Hit] = []
    for number, text in enumerate(texts):
        for kind, value in known:
            found += [(number, at, at + len(value), kind) for at in _places(text, value)]
    return [*found, *find(texts)]


def _masked(runs: Runs, hits: Sequence[tuple[int, int, str]]) -> Runs:
    """Return runs with the hits masked; a hit over several runs is shown in the first of them."""
    if not hits:
        return runs
    text = words(runs)
    taken: list[tuple[int, int, str]] = []
    for start, end, kind in hits:
        if all(end <= other or start >= stop for other, stop, _ in taken):
            taken.append((start, end, kind))
    taken.sort()
    done: list[Run] = []
    position = 0
    for run in runs:
        stop = position + len(run.text)
        done.append(replace(run, text=_part(text, position, stop, taken)))
        position = stop
    return tuple(done)


def _part(text: str, start: int, stop: int, hits: Sequence[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    at = start
    for first, last, kind in hits:
        if last <= start or first >= stop:
            continue
        if first >= at:
            parts.append(text[at:first])
            parts.append(mask(text[first:last], kind))
        at = max(at, min(last, stop))
    parts.append(text[at:stop])
    return "".join(parts)
