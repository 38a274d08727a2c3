"""Paths of JSON leaves: the arrays of the tokenizer, and their words."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from qingyuan.pii._kernel import jsontext as kernel

Longs = npt.NDArray[np.int64]

_SLOTS = 1 << 17
_PLAIN = re.compile(r"[^\W\d][\w-]*")


class Paths:
    """The patterns met so far, and where the tokenizer stands.

    Args:
        max_patterns: Distinct paths that are told apart.
        max_depth: Nesting that is followed.
    """

    def __init__(self, max_patterns: int, max_depth: int) -> None:
        """Begin before the first value."""
        self.state = np.zeros(kernel.STATE_SIZE, np.int64)
        self.state[[kernel.RECORD, kernel.PATTERNS, kernel.LINE, kernel.DEPTH]] = 1
        self.state[kernel.EXPECT] = kernel.BETWEEN
        self.table = np.full((max_patterns + kernel.RESERVE, 4), -1, np.int32)
        self.table[0] = (-1, kernel.ROOT, 0, 0)
        self.keys = np.empty(len(self.table) * kernel.LONGEST_KEY, np.uint8)
        self.slots = np.full(_SLOTS, -1, np.int32)
        self.stack = np.zeros((max_depth + 1, 5), np.int64)
        self.stack[0, 0] = 2
        self._texts = ["$"]
        #: Steps of object members by pattern: the same few for every record.
        self._keys_text: dict[int, str] = {}
        self._kept: dict[int, tuple[int, int, int]] = {}

    def nodes(self, room: int) -> Longs:
        """Return a node table with the open containers in it, renumbered, and space for ``room`` more."""
        depth = int(self.state[kernel.DEPTH])
        kept = self._kept
        fresh = np.empty((room + depth + 1, 3), np.int64)
        number: dict[int, int] = {-1: -1}
        for d in range(depth):
            old = int(self.stack[d, 1])
            if old not in number:
                parent, pattern, index = kept.get(old, (-1, 0, 0))
                number[old] = len(number) - 1
                fresh[number[old]] = number.get(parent, -1), pattern, index
            self.stack[d, 1] = number[old]
        self.state[kernel.NODES] = len(number) - 1
        return fresh

    def keep(self, nodes: Longs) -> None:
        """Remember the open containers of ``nodes`` for the next window."""
        depth = int(self.state[kernel.DEPTH])
        open_nodes = {int(n) for n in self.stack[:depth, 1]}
        self._kept = {n: (int(nodes[n, 0]), int(nodes[n, 1]), int(nodes[n, 2])) for n in open_nodes}

    def segment(self, pattern: int, number: int) -> str:
        """Return the last step of a place."""
        parent, kind, start, end = self.table[pattern].tolist()
        if kind == kernel.KEY:
            return self._keys_text.get(pattern) or self._key_text(pattern, bytes(self.keys[start:end]))
        if kind == kernel.ITEM:
            return f"[{number}]" if number >= 0 else "[]"
        if kind == kernel.MEMBER:
            return f"{{{number}}}" if number >= 0 else "{}"
        if kind == kernel.MEMBER_NAME:
            return f"{{{number}}}.name" if number >= 0 else "{name}"
        if kind == kernel.INSIDE:
            return self.segment(parent, number) + "::$" if number >= 0 else "::$"
        return "$"

    def _key_text(self, pattern: int, raw: bytes) -> str:
        """Return the step of an object member: ``.tel``, or ``["家 址"]`` where a dot would mislead."""
        try:
            name = str(json.loads(b'"' + raw + b'"', strict=False))
        except ValueError:
            name = raw.decode(errors="replace")
        name = name.encode("utf-8", errors="replace").decode()
        text = f".{name}" if _PLAIN.fullmatch(name) else f"[{json.dumps(name, ensure_ascii=False)}]"
        self._keys_text[pattern] = text
        return text

    def columns(self) -> tuple[str, ...]:
        """Return the text of every pattern, e.g. ``"$.items[].tel"``."""
        for pattern in range(len(self._texts), int(self.state[kernel.PATTERNS])):
            self._texts.append(self._texts[int(self.table[pattern, 0])] + self.segment(pattern, -1))
        return tuple(self._texts)


@dataclass(frozen=True, slots=True)
class JsonPlaces:
    """Places such as ``"line 5 $.items[3].tel"``, written out of the node table when asked for."""

    paths: Paths
    nodes: Longs
    parents: Longs
    patterns: Longs
    numbers: Longs

    def text(self, cells: Longs) -> pa.StringArray:
        """Return one place per cell number."""
        heads: dict[int, str] = {-1: ""}
        places = []
        parents, patterns, numbers = (
            column[cells].tolist() for column in (self.parents, self.patterns, self.numbers)
        )
        for parent, pattern, number in zip(parents, patterns, numbers, strict=True):
            head = heads.get(parent)
            if head is None:
                head = self._head(parent, heads)
            last = self.paths.segment(pattern, number)
            places.append(head if last == "$" else head + last)
        return pa.array(places, type=pa.string())

    def _head(self, node: int, heads: dict[int, str]) -> str:
        """Return the place of a container, remembering those above it."""
        above: list[int] = []
        while node not in heads:
            above.append(node)
            node = int(self.nodes[node, 0])
        for container in reversed(above):
            parent, pattern, number = self.nodes[container].tolist()
            if parent < 0 and self.paths.table[pattern, 1] == kernel.ROOT:
                step = f"line {number} $" if number else "$"
            else:
                step = self.paths.segment(pattern, number)
            heads[container] = heads[parent] + step
            node = container
        return heads[node]
