"""The log's storage inside a database transaction.

A row of ``ledger_hash`` holds one or more hashes of consecutive indexes of one tile: what one append added to it. Rows are
only ever inserted. A tile written by a batch is one row of 256.

The newest leaf hashes of a log written entry by entry wait beside its head, in ``recent``, until there are sixteen of them: a page of
the database that a lone append changes costs as much of its time as what is computed for it, and the head changes at every append anyway.
Whoever reads hashes sees no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar, cast

import sqlalchemy as sa

from qingyuan.ledger import HASH_SIZE, TILE_WIDTH, Hashes, Head, Problem
from qingyuan.store._driver import Driver, Values
from qingyuan.store.errors import StoreError
from qingyuan.store.schema import LEDGER_HASH, LEDGER_HEAD
from qingyuan.store.typed import misfits, said

_Read = TypeVar("_Read")

#: Leaf hashes that wait beside the head go to a row of their own when the log passes a multiple of so many entries.
_RECENT = 16

_READ_HEAD = "SELECT size, edge, note, recent FROM ledger_head WHERE origin = ?"
_WRITE_HEAD = (
    "INSERT INTO ledger_head (origin, size, edge, note, recent) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (origin) DO UPDATE SET "
    "size = excluded.size, edge = excluded.edge, note = excluded.note, recent = excluded.recent"
)
#: There are no more than two; choosing them would take SQLite longer than reading them.
_READ_HEADS = "SELECT origin, size, edge, note, recent FROM ledger_head"
_READ_RECENT = "SELECT size, recent FROM ledger_head WHERE origin = ?"
_INSERT_ENTRY = "INSERT INTO ledger_entry (idx, data) VALUES (?, ?)"
_INSERT_HASH = "INSERT INTO ledger_hash (origin, level, idx, hash) VALUES (?, ?, ?, ?)"
_READ_ENTRIES = "SELECT data FROM ledger_entry WHERE idx >= ? AND idx < ? ORDER BY idx"
_READ_HASHES = (
    "SELECT idx, hash FROM ledger_hash WHERE origin = ? AND level = ? AND idx >= ? AND idx < ? ORDER BY idx"
)
_ALL_HASHES = "SELECT level, idx, hash FROM ledger_hash WHERE origin = :origin ORDER BY level, idx"
_READ_AT_ONCE = 1_000
#: The largest number the database takes.
_MOST = 2**63 - 1
_NEWEST = "SELECT max(idx) FROM ledger_entry"
_HASH_COLUMNS = (LEDGER_HASH.c.level, LEDGER_HASH.c.idx, LEDGER_HASH.c.hash)
_HEAD_COLUMNS = (LEDGER_HEAD.c.size, LEDGER_HEAD.c.edge, LEDGER_HEAD.c.note, LEDGER_HEAD.c.recent)


class Kept(NamedTuple):
    """A head as it is stored.

    Attributes:
        head: The head.
        recent: The leaf hashes of its last entries that are in no row of ``ledger_hash``, one after the other.
    """

    head: Head
    recent: bytes


class SqlLogStorage:
    """A :class:`qingyuan.ledger.LogStorage` over one open transaction.

    Args:
        connection: The caller's transaction; nothing is committed here.
        origin: Which log. Logs of other origins over the same entries share the entry rows.
        owns_entries: Whether this log writes the entry rows (a twin log does not).
        driver: The cursor to use, when the caller has one within the transaction.
    """

    def __init__(
        self,
        connection: sa.Connection,
        origin: str,
        *,
        owns_entries: bool = True,
        driver: Driver | None = None,
    ) -> None:
        """Bind to a transaction and a log."""
        self._connection = connection
        self._driver = Driver(connection) if driver is None else driver
        self._origin = origin
        self._owns_entries = owns_entries

    def read_head(self) -> Head | None:
        """Return the head, or ``None`` when the log was never written.

        Raises:
            StoreError: ``store.no-table`` when there is no table of heads, ``store.head-row`` when the row holds values
                of a wrong type.
        """
        kept = self.read_kept()
        return None if kept is None else kept.head

    def read_kept(self) -> Kept | None:
        """Return the head and the leaf hashes that wait beside it.

        Raises:
            StoreError: As :meth:`read_head`.
        """
        row = _reading(self._origin, lambda: self._driver.one(_READ_HEAD, self._origin))
        return None if row is None else _kept(self._origin, row)

    def write_head(self, head: Head) -> None:
        """Replace the head; leaf hashes that waited beside the one before it get their row."""
        before = self.read_kept()
        if before is not None and before.recent:
            first = before.head.size - len(before.recent) // HASH_SIZE
            self._write_hashes(_tile_rows(self._origin, 0, first, before.recent))
        self._driver.run(_WRITE_HEAD, self._origin, head.size, head.edge, head.note, b"")

    def insert_entries(
        self, first_index: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]
    ) -> None:
        """Store entries and their leaf hashes; the primary keys refuse an index that is taken."""
        if self._owns_entries:
            if len(entries) == 1:
                self._driver.run(_INSERT_ENTRY, first_index, entries[0])
            else:
                self._driver.many(_INSERT_ENTRY, list(enumerate(entries, first_index)))
        self.insert_hashes(0, first_index, leaf_hashes)

    def insert_hashes(self, level: int, first_index: int, hashes: Sequence[bytes]) -> None:
        """Store hashes of a tile level, one row for each tile they belong to."""
        row = hashes.row if isinstance(hashes, Hashes) else b"".join(hashes)
        if row:
            self._write_hashes(_tile_rows(self._origin, level, first_index, row))

    def _write_hashes(self, rows: Sequence[Values]) -> None:
        self._driver.many(_INSERT_HASH, rows)

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Return entries in order of index."""
        return [cast("bytes", data) for (data,) in self._driver.all(_READ_ENTRIES, start, stop)]

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return hashes of a tile level in order of index."""
        rows = self._hash_rows(level, start - start % TILE_WIDTH, stop)
        hashes = _between(rows, start, stop)
        if not level and len(hashes) < stop - start and (recent := self._recent())[1]:
            hashes = _between(sorted((*rows, recent)), start, stop)
        return hashes

    def _recent(self) -> tuple[int, bytes]:
        """Return the leaf hashes that wait beside the head, and the index of the first."""
        row = cast("tuple[int, bytes] | None", self._driver.one(_READ_RECENT, self._origin))
        return (0, b"") if row is None else (row[0] - len(row[1]) // HASH_SIZE, row[1])

    def _hash_rows(self, level: int, start: int, stop: int) -> list[tuple[int, bytes]]:
        found = self._driver.all(_READ_HASHES, self._origin, level, start, stop)
        return cast("list[tuple[int, bytes]]", found)

    def check_rows(self) -> Iterator[Problem]:
        """Yield every row of hashes that no append could have written.

        What the hashes are is for :func:`qingyuan.ledger.fsck` to say; this looks at rows that reading would pass over.
        """
        rows = self._connection.execute(
            sa.text(_ALL_HASHES), {"origin": self._origin}, execution_options={"yield_per": _READ_AT_ONCE}
        )
        level = due = leaves = 0
        for at, index, hashes in rows:
            where = f"level {at} index {index}"
            if type(at) is not int or type(index) is not int or type(hashes) is not bytes:
                zh, en = said(misfits(_HASH_COLUMNS, (at, index, hashes)))
                yield Problem("hash-row", f"ledger_hash {where}", None, zh=zh, en=en)
                continue
            if at != level:
                level, due = at, 0
            count, rest = divmod(len(hashes), HASH_SIZE)
            first = index * TILE_WIDTH ** max(level, 0)
            if rest or not count or level < 0 or index % TILE_WIDTH + count > TILE_WIDTH:
                yield Problem(
                    "hash-row",
                    where,
                    first,
                    zh="哈希行的长度不对，或跨越两个瓦片",
                    en="a row of hashes has a wrong length or reaches into the next tile",
                )
            elif index < due:
                yield Problem(
                    "hash-row",
                    where,
                    first,
                    zh="哈希行与前一行重叠",
                    en="a row of hashes overlaps the one before",
                )
            due = max(due, index + count)
            if not level:
                leaves = due
        first, recent = self._recent()
        if recent and (len(recent) % HASH_SIZE or first < leaves):
            yield Problem(
                "hash-row",
                f"recent index {first}",
                max(first, 0),
                zh="日志头所附最近叶哈希的长度不对，或与哈希行重叠",
                en="the newest leaf hashes beside the head have a wrong length or overlap the rows of hashes",
            )


class HeldStorage(SqlLogStorage):
    """The same for one append to one or two logs: what goes to a table that both share goes there in one statement.

    Args:
        connection: The caller's transaction.
        origin: Which log.
        driver: The cursor within the transaction.
        kept: Its head, read already.
        held: Takes the rows of hashes and heads; written by :meth:`Held.write`.
        owns_entries: As for :class:`SqlLogStorage`.
    """

    def __init__(
        self,
        connection: sa.Connection,
        origin: str,
        driver: Driver,
        kept: Kept | None,
        held: Held,
        *,
        owns_entries: bool,
    ) -> None:
        """Bind to a transaction, a log and the rows that are held."""
        super().__init__(connection, origin, owns_entries=owns_entries, driver=driver)
        self._head = None if kept is None else kept.head
        self._leaves = [b"" if kept is None else kept.recent]
        self._held = held

    def read_head(self) -> Head | None:
        """Return the head as it was read."""
        return self._head

    def insert_hashes(self, level: int, first_index: int, hashes: Sequence[bytes]) -> None:
        """Hold hashes; those of leaves follow one another."""
        if level:
            super().insert_hashes(level, first_index, hashes)
        else:
            self._leaves += (hashes.row,) if isinstance(hashes, Hashes) else hashes

    def write_head(self, head: Head) -> None:
        """Hold the head and the leaf hashes; they wait beside it until it passes the next multiple of sixteen.

        That of the first entry never waits: a log with entries whose head is gone must not look like one that was never begun.
        """
        recent = b"".join(self._leaves)
        first = head.size - len(recent) // HASH_SIZE
        if recent and (not first or first // _RECENT != head.size // _RECENT):
            self._write_hashes(_tile_rows(self._origin, 0, first, recent))
            recent = b""
        self._leaves = [recent]
        self._held.heads.append((self._origin, head.size, head.edge, head.note, recent))

    def _write_hashes(self, rows: Sequence[Values]) -> None:
        self._held.hashes += rows


class Held:
    """Rows that an append to one or two logs gives to the tables they share."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.hashes: list[Values] = []
        self.heads: list[Values] = []

    def write(self, driver: Driver) -> None:
        """Write them."""
        if self.hashes:
            driver.many(_INSERT_HASH, self.hashes)
        if self.heads:
            driver.many(_WRITE_HEAD, self.heads)


def read_heads(driver: Driver, origin: str, twin: str) -> tuple[Kept | None, Kept | None]:
    """Return the heads of two logs, read in one statement.

    Raises:
        StoreError: As :meth:`SqlLogStorage.read_head`.
    """
    first = second = None
    for name, *row in _reading(origin, lambda: driver.all(_READ_HEADS)):
        if name == origin:
            first = _kept(origin, row)
        elif name == twin:
            second = _kept(twin, row)
    return first, second


def _between(rows: Sequence[tuple[int, bytes]], start: int, stop: int) -> list[bytes]:
    """Return the hashes from ``start`` to before ``stop`` in rows of hashes, each with the index of its first."""
    hashes = []
    for index, data in rows:
        if len(data) == HASH_SIZE:
            if start <= index < stop:
                hashes.append(data)
            continue
        first = max(start - index, 0) * HASH_SIZE
        last = min(len(data) - len(data) % HASH_SIZE, (stop - index) * HASH_SIZE)
        hashes += [data[at : at + HASH_SIZE] for at in range(first, last, HASH_SIZE)]
    return hashes


def _tile_rows(origin: str, level: int, first: int, row: bytes) -> list[Values]:
    """Return hashes of a tile level as rows, one for each tile they belong to."""
    rows: list[Values] = []
    at, count = 0, len(row) // HASH_SIZE
    while at < count:
        index = first + at
        stop = min(count, at + TILE_WIDTH - index % TILE_WIDTH)
        rows.append((origin, level, index, row[HASH_SIZE * at : HASH_SIZE * stop]))
        at = stop
    return rows


def _reading(origin: str, read: Callable[[], _Read]) -> _Read:
    """Return what ``read`` does, or say that there is no table of heads."""
    try:
        return read()
    except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
        if "no such table" not in str(error.orig):
            raise
        raise StoreError(
            "store.no-table",
            zh="数据库缺少日志头的表",
            en="the database has no table of heads",
            where=f"ledger_head {origin}",
            remedy_zh="停止写入，并从备份恢复数据库",
            remedy_en="stop writing and restore the database from a backup",
        ) from error


def _kept(origin: str, row: Sequence[object]) -> Kept:
    size, edge, note, recent = row
    typed = type(size) is int and type(edge) is bytes and type(note) is bytes and type(recent) is bytes
    if typed and not len(recent) % HASH_SIZE and len(recent) <= HASH_SIZE * size:  # type: ignore[arg-type, operator]
        return Kept(Head(size, edge, note), recent)  # type: ignore[arg-type]
    zh, en = ("长度", "length") if typed else ("值类型", "type")
    raise StoreError(
        "store.head-row",
        zh=f"日志头的行被改动：列的{zh}不对",
        en=f"the row of the head was changed: it holds values of a wrong {en}",
        where=f"ledger_head {origin}",
        remedy_zh="停止写入，并从备份恢复数据库",
        remedy_en="stop writing and restore the database from a backup",
    )


class CheckedLogStorage(SqlLogStorage):
    """The same for a check: rows of a wrong type are not there, and neither is what a missing table held.

    :meth:`check_rows` and :meth:`check_head` name such rows.

    Args:
        connection: A read transaction.
        origin: Which log.
        missing: Tables that the database does not have.
        owns_entries: As for :class:`SqlLogStorage`.
    """

    def __init__(
        self, connection: sa.Connection, origin: str, missing: frozenset[str], *, owns_entries: bool = True
    ) -> None:
        """Bind to a transaction and a log."""
        super().__init__(connection, origin, owns_entries=owns_entries)
        self._missing = missing

    def read_head(self) -> Head | None:
        """Return the head with nothing in the place of a value of a wrong type, for the size the entries there are."""
        if "ledger_head" in self._missing:
            return None
        row = self._driver.one(_READ_HEAD, self._origin)
        if row is None:
            return None
        size, edge, note, _ = row
        return Head(
            size if type(size) is int else self._stored(),
            edge if type(edge) is bytes else b"",
            note if type(note) is bytes else b"",
        )

    def _recent(self) -> tuple[int, bytes]:
        row = None if "ledger_head" in self._missing else self._driver.one(_READ_RECENT, self._origin)
        if row is None or type(row[1]) is not bytes:
            return 0, b""
        size, recent = row[0] if type(row[0]) is int else self._stored(), row[1]
        return size - len(recent) // HASH_SIZE, recent

    def _stored(self) -> int:
        newest = None if "ledger_entry" in self._missing else self._driver.one(_NEWEST)
        return newest[0] + 1 if newest and type(newest[0]) is int else 0

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the entries that are bytes, in order of index."""
        if "ledger_entry" in self._missing:
            return []
        found = self._driver.all(_READ_ENTRIES, start, min(stop, _MOST))
        return [data for (data,) in found if type(data) is bytes]

    def _hash_rows(self, level: int, start: int, stop: int) -> list[tuple[int, bytes]]:
        if "ledger_hash" in self._missing:
            return []
        found = self._driver.all(_READ_HASHES, self._origin, level, start, min(stop, _MOST))
        return [(index, data) for index, data in found if type(index) is int and type(data) is bytes]

    def check_rows(self) -> Iterator[Problem]:
        """Yield every row of hashes that no append could have written."""
        if "ledger_hash" not in self._missing:
            yield from super().check_rows()

    def check_head(self) -> Iterator[Problem]:
        """Yield the columns of the head that hold a value of a wrong type."""
        row = None if "ledger_head" in self._missing else self._driver.one(_READ_HEAD, self._origin)
        if row is not None and (wrong := misfits(_HEAD_COLUMNS, row)):
            zh, en = said(wrong)
            yield Problem("head-row", "head", None, zh=zh, en=en)
