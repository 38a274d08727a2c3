"""The log's storage inside a database transaction.

A row of ``ledger_hash`` holds one or more hashes of consecutive indexes of one tile: what one append added to it. Rows are
only ever inserted. A tile written entry by entry is 256 rows of one hash; one written by a batch is one row of 256.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import sqlalchemy as sa

from qingyuan.ledger import HASH_SIZE, TILE_WIDTH, Head, Problem
from qingyuan.store._driver import Driver

_READ_HEAD = "SELECT size, edge, note FROM ledger_head WHERE origin = ?"
_WRITE_HEAD = (
    "INSERT INTO ledger_head (origin, size, edge, note) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (origin) DO UPDATE SET size = excluded.size, edge = excluded.edge, note = excluded.note"
)
_INSERT_ENTRY = "INSERT INTO ledger_entry (idx, data) VALUES (?, ?)"
_INSERT_HASH = "INSERT INTO ledger_hash (origin, level, idx, hash) VALUES (?, ?, ?, ?)"
_READ_ENTRIES = "SELECT data FROM ledger_entry WHERE idx >= ? AND idx < ? ORDER BY idx"
_READ_HASHES = (
    "SELECT idx, hash FROM ledger_hash WHERE origin = ? AND level = ? AND idx >= ? AND idx < ? ORDER BY idx"
)
_ALL_HASHES = "SELECT level, idx, hash FROM ledger_hash WHERE origin = :origin ORDER BY level, idx"
_READ_AT_ONCE = 1_000


class SqlLogStorage:
    """A :class:`qingyuan.ledger.LogStorage` over one open transaction.

    Args:
        connection: The caller's transaction; nothing is committed here.
        origin: Which log. Logs of other origins over the same entries share the entry rows.
        owns_entries: Whether this log writes the entry rows (a twin log does not).
    """

    def __init__(self, connection: sa.Connection, origin: str, *, owns_entries: bool = True) -> None:
        """Bind to a transaction and a log."""
        self._connection = connection
        self._driver = Driver(connection)
        self._origin = origin
        self._owns_entries = owns_entries

    def read_head(self) -> Head | None:
        """Return the head, or ``None`` when the log was never written."""
        row = cast("tuple[int, bytes, bytes] | None", self._driver.one(_READ_HEAD, self._origin))
        return None if row is None else Head(*row)

    def write_head(self, head: Head) -> None:
        """Replace the head."""
        self._driver.run(_WRITE_HEAD, self._origin, head.size, head.edge, head.note)

    def insert_entries(
        self, first_index: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]
    ) -> None:
        """Store entries and their leaf hashes; the primary keys refuse an index that is taken."""
        if self._owns_entries:
            self._driver.many(_INSERT_ENTRY, list(enumerate(entries, first_index)))
        self.insert_hashes(0, first_index, leaf_hashes)

    def insert_hashes(self, level: int, first_index: int, hashes: Sequence[bytes]) -> None:
        """Store hashes of a tile level, one row for each tile they belong to."""
        rows = []
        at, count = 0, len(hashes)
        while at < count:
            index = first_index + at
            stop = min(count, at + TILE_WIDTH - index % TILE_WIDTH)
            rows.append((self._origin, level, index, b"".join(hashes[at:stop])))
            at = stop
        if rows:
            self._driver.many(_INSERT_HASH, rows)

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Return entries in order of index."""
        return [cast("bytes", data) for (data,) in self._driver.all(_READ_ENTRIES, start, stop)]

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return hashes of a tile level in order of index."""
        tile = start - start % TILE_WIDTH
        found = self._driver.all(_READ_HASHES, self._origin, level, tile, stop)
        hashes = []
        for index, data in cast("list[tuple[int, bytes]]", found):
            if len(data) == HASH_SIZE:
                if index >= start:
                    hashes.append(data)
                continue
            first = max(start - index, 0) * HASH_SIZE
            last = min(len(data) - len(data) % HASH_SIZE, (stop - index) * HASH_SIZE)
            hashes += [data[at : at + HASH_SIZE] for at in range(first, last, HASH_SIZE)]
        return hashes

    def check_rows(self) -> Iterator[Problem]:
        """Yield every row of hashes that no append could have written.

        What the hashes are is for :func:`qingyuan.ledger.fsck` to say; this looks at rows that reading would pass over.
        """
        rows = self._connection.execute(
            sa.text(_ALL_HASHES), {"origin": self._origin}, execution_options={"yield_per": _READ_AT_ONCE}
        )
        level = due = 0
        for row in rows:
            if row.level != level:
                level, due = row.level, 0
            count, rest = divmod(len(row.hash), HASH_SIZE)
            where = f"level {level} index {row.idx}"
            if rest or not count or row.idx % TILE_WIDTH + count > TILE_WIDTH:
                yield Problem(
                    "hash-row",
                    where,
                    row.idx * TILE_WIDTH**level,
                    zh="哈希行的长度不对，或跨越两个瓦片",
                    en="a row of hashes has a wrong length or reaches into the next tile",
                )
            elif row.idx < due:
                yield Problem(
                    "hash-row",
                    where,
                    row.idx * TILE_WIDTH**level,
                    zh="哈希行与前一行重叠",
                    en="a row of hashes overlaps the one before",
                )
            due = max(due, row.idx + count)
