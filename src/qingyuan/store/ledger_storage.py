"""The log's storage inside a database transaction."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from qingyuan.ledger import Head
from qingyuan.store.schema import LEDGER_ENTRY, LEDGER_HASH, LEDGER_HEAD


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
        self._origin = origin
        self._owns_entries = owns_entries

    def read_head(self) -> Head | None:
        """Return the head, or ``None`` when the log was never written."""
        row = self._connection.execute(
            sa.select(LEDGER_HEAD.c.size, LEDGER_HEAD.c.edge, LEDGER_HEAD.c.note).where(
                LEDGER_HEAD.c.origin == self._origin
            )
        ).first()
        return None if row is None else Head(row.size, row.edge, row.note)

    def write_head(self, head: Head) -> None:
        """Replace the head."""
        values = {"size": head.size, "edge": head.edge, "note": head.note}
        changed = self._connection.execute(
            sa.update(LEDGER_HEAD).where(LEDGER_HEAD.c.origin == self._origin).values(**values)
        )
        if changed.rowcount == 0:
            self._connection.execute(sa.insert(LEDGER_HEAD).values(origin=self._origin, **values))

    def insert_entries(
        self, first_index: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]
    ) -> None:
        """Store entries and their leaf hashes; the primary keys refuse an index that is taken."""
        if self._owns_entries:
            self._connection.execute(
                sa.insert(LEDGER_ENTRY),
                [{"idx": first_index + at, "data": entry} for at, entry in enumerate(entries)],
            )
        self.insert_hashes(0, first_index, leaf_hashes)

    def insert_hashes(self, level: int, first_index: int, hashes: Sequence[bytes]) -> None:
        """Store hashes of a tile level."""
        if hashes:
            self._connection.execute(
                sa.insert(LEDGER_HASH),
                [
                    {"origin": self._origin, "level": level, "idx": first_index + at, "hash": value}
                    for at, value in enumerate(hashes)
                ],
            )

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Return entries in order of index."""
        return self._connection.scalars(
            sa.select(LEDGER_ENTRY.c.data)
            .where(LEDGER_ENTRY.c.idx >= start, LEDGER_ENTRY.c.idx < stop)
            .order_by(LEDGER_ENTRY.c.idx)
        ).all()

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return hashes of a tile level in order of index."""
        return self._connection.scalars(
            sa.select(LEDGER_HASH.c.hash)
            .where(
                LEDGER_HASH.c.origin == self._origin,
                LEDGER_HASH.c.level == level,
                LEDGER_HASH.c.idx >= start,
                LEDGER_HASH.c.idx < stop,
            )
            .order_by(LEDGER_HASH.c.idx)
        ).all()
