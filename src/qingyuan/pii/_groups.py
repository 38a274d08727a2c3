"""Candidates alike, numbered as they turn up, with counts and their first examples."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qingyuan.findings import Example
from qingyuan.pii._candidates import Candidates
from qingyuan.pii._kernel.grouping import group_candidates
from qingyuan.pii.batch import Batch, Ints, Longs

#: Examples kept of each group of candidates alike.
EXAMPLES = 3
#: Slots of a new table of groups, a power of two.
_SLOTS = 64
#: As in :func:`qingyuan.pii._kernel.grouping.group_candidates`.
_GOLDEN = 0x9E3779B97F4A7C15


@dataclass(slots=True)
class Group:
    """Candidates alike: same stream, column, kind and evidence.

    Attributes:
        stream: Number of the stream.
        column: Column, -1 for none.
        kind: Kind code.
        flags: Evidence bits.
        count: How many there are.
        examples: The first of them, each with its place in the order of all candidates.
    """

    stream: int
    column: int
    kind: int
    flags: int
    count: int = 0
    examples: list[tuple[int, Example]] = field(default_factory=list)


class Groups:
    """The groups of one stream, numbered from 0 as they turn up."""

    def __init__(self, stream: int) -> None:
        """Start without any."""
        self.groups: list[Group] = []
        self._stream = stream
        self._codes = np.full(_SLOTS, -1, dtype=np.int64)
        self._numbers = np.zeros(_SLOTS, dtype=np.int64)
        self._counts = np.zeros(_SLOTS // 2, dtype=np.int64)

    def add(self, batch: Batch, found: Candidates) -> tuple[Ints, Longs, list[tuple[int, int]]]:
        """Group the candidates of a batch.

        Returns:
            The group and the record of each, and ``(group, candidate)`` of those to keep as examples.
        """
        group = np.empty(len(found), dtype=np.int32)
        records = np.empty(len(found), dtype=np.int64)
        firsts = np.full((len(self._counts), EXAMPLES), -1, dtype=np.int64)
        done, known = 0, len(self.groups)
        while True:
            done, known = group_candidates(
                done, found.cell, found.kind, found.flags, batch.column, batch.record, self._codes,
                self._numbers, known, self._counts, firsts, group, records,
            )  # fmt: skip
            if done == len(found):
                break
            firsts = np.concatenate((firsts, np.full_like(firsts, -1)))
            self._grow()
        self._name(known)
        for number, one in enumerate(self.groups):
            one.count = int(self._counts[number])
        kept = [(int(g), int(firsts[g, k])) for g, k in np.argwhere(firsts[:known] >= 0)]
        return group, records, kept

    def _grow(self) -> None:
        """Double the table."""
        codes, numbers = self._codes, self._numbers
        size = 2 * len(codes)
        self._codes = np.full(size, -1, dtype=np.int64)
        self._numbers = np.zeros(size, dtype=np.int64)
        self._counts = np.concatenate((self._counts, np.zeros_like(self._counts)))
        shift = 64 - (size.bit_length() - 1)
        for at in np.flatnonzero(codes >= 0).tolist():
            slot = (int(codes[at]) * _GOLDEN & 0xFFFFFFFFFFFFFFFF) >> shift
            while self._codes[slot] >= 0:
                slot = (slot + 1) & (size - 1)
            self._codes[slot], self._numbers[slot] = codes[at], numbers[at]

    def _name(self, known: int) -> None:
        """Make the objects of the groups that turned up."""
        if known == len(self.groups):
            return
        new = np.flatnonzero((self._codes >= 0) & (self._numbers >= len(self.groups)))
        for at in new[np.argsort(self._numbers[new])].tolist():
            code = int(self._codes[at])
            self.groups.append(Group(self._stream, (code >> 40) - 1, code >> 32 & 0xFF, code & 0xFFFFFFFF))
