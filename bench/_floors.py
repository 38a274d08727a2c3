"""The floors: the least that any program would have to do."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from bench._harness import SkippedError

_BLOCK = 1 << 20


def two_hashes(streams: Iterable[BinaryIO]) -> None:
    """Read streams once through SHA-256 and SM3 of :mod:`hashlib`, in one thread."""
    for stream in streams:
        try:
            hashes = (hashlib.sha256(), hashlib.new("sm3"))
        except ValueError as error:
            raise SkippedError("this Python's OpenSSL has no SM3: there is no floor") from error
        while block := stream.read(_BLOCK):
            for each in hashes:
                each.update(block)
        for each in hashes:
            each.digest()


def two_hashes_of(paths: Iterable[Path]) -> None:
    """Read files through both hashes."""
    for path in paths:
        with path.open("rb") as file:
            two_hashes((file,))


class Appender:
    """A file that grows by a block and an ``fsync`` at a time."""

    def __init__(self, path: Path, block: int) -> None:
        """Make the file."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._block = bytes(block)

    def append(self, count: int) -> None:
        """Write and sync ``count`` blocks one by one."""
        for _ in range(count):
            os.write(self._file, self._block)
            os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class Rows:
    """A bare SQLite table of numbered blobs: WAL, full synchronisation."""

    def __init__(self, path: Path) -> None:
        """Make the database."""
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE entry (idx INTEGER PRIMARY KEY, data BLOB NOT NULL)")
        self._next = 0

    def commit(self, rows: Sequence[bytes]) -> None:
        """Insert rows in one durable transaction."""
        numbered = list(enumerate(rows, start=self._next))
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO entry VALUES (?, ?)", numbered)
        self._connection.execute("COMMIT")
        self._next += len(rows)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()
