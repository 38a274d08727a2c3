"""What a log needs of the place it is stored in, and a storage in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from qingyuan.ledger.errors import LogError


@dataclass(frozen=True, slots=True)
class Head:
    """The state of a log, stored as one record with its last append.

    Attributes:
        size: Number of entries.
        edge: Right edge of the tree, 32 bytes for each bit set in ``size``
            (:meth:`qingyuan.ledger.tree.Frontier.encode`).
        note: The signed checkpoint at that size.
    """

    size: int
    edge: bytes
    note: bytes


class LogStorage(Protocol):
    """A transaction on the stored log, owned by the caller.

    The log reads and writes through it; the caller commits or rolls back. Whoever holds it must be the
    only writer. All ranges are half open, ``[start, stop)``; a range that reaches beyond what is stored
    gives what there is.
    """

    def read_head(self) -> Head | None:
        """Return the head, or ``None`` when the log was never written."""

    def write_head(self, head: Head) -> None:
        """Replace the head."""

    def insert_entries(
        self, first_index: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]
    ) -> None:
        """Store entries and their leaf hashes at ``first_index`` and the following indexes."""

    def insert_hashes(self, level: int, first_index: int, hashes: Sequence[bytes]) -> None:
        """Store hashes of tile level 1 and above at ``first_index`` and the following indexes.

        One of 256 entries brings one of them; with them a proof reads a few tiles, not the whole log.
        """

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Return entries in order of index."""

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return hashes of a tile level in order of index; level 0 are the leaf hashes."""


class MemoryStorage:
    """A log in memory, for tests and small tools. It is its own transaction and never rolls back."""

    def __init__(self) -> None:
        """Start without anything."""
        self.head: Head | None = None
        self.entries: list[bytes] = []
        self.hashes: dict[int, list[bytes]] = {0: []}

    def read_head(self) -> Head | None:
        """Return the head, or ``None`` when the log was never written."""
        return self.head

    def write_head(self, head: Head) -> None:
        """Replace the head."""
        self.head = head

    def insert_entries(
        self, first_index: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]
    ) -> None:
        """Store entries and their leaf hashes.

        Raises:
            LogError: ``ledger.index-taken`` when ``first_index`` is not the next one.
        """
        self.insert_hashes(0, first_index, leaf_hashes)
        self.entries.extend(entries)

    def insert_hashes(self, level: int, first_index: int, hashes: Sequence[bytes]) -> None:
        """Store hashes of a tile level.

        Raises:
            LogError: ``ledger.index-taken`` when ``first_index`` is not the next one.
        """
        stored = self.hashes.setdefault(level, [])
        if first_index != len(stored):
            raise LogError(
                "ledger.index-taken",
                zh=f"下一个序号应为 {len(stored)}",
                en=f"the next index is {len(stored)}",
                where=f"level {level} index {first_index}",
            )
        stored.extend(hashes)

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Return entries in order of index."""
        return self.entries[start:stop]

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return hashes of a tile level in order of index; level 0 are the leaf hashes."""
        return self.hashes.get(level, [])[start:stop]
