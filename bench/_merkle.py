"""pymerkle, a Merkle tree over SQLite in Python: the peer of the log. It signs nothing and writes no tiles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench._harness import SkippedError


class Peer:
    """A tree of pymerkle in a database of its own, under the settings of ours: write-ahead log, full synchronisation."""

    def __init__(self, path: Path) -> None:
        """Make the tree."""
        try:
            from pymerkle import SqliteTree  # noqa: PLC0415
        except ImportError as error:
            raise SkippedError("pymerkle is not installed: there is no peer") from error
        self.tree = SqliteTree(str(path))
        self.tree.con.execute("PRAGMA journal_mode=WAL")
        self.tree.con.execute("PRAGMA synchronous=FULL")

    def append(self, entry: bytes) -> None:
        """Append one entry in a transaction of its own."""
        self.tree.append_entry(entry)

    def append_all(self, entries: Sequence[bytes]) -> None:
        """Append entries in one transaction."""
        self.tree.append_entries(entries, len(entries))

    def close(self) -> None:
        """Close the database."""
        self.tree.close()
