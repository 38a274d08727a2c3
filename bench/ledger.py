"""The ledger: durable appends, proofs and their checks, each beside what the disk or the hash can do at all."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime

from bench._floors import Appender, Rows
from bench._harness import Context, Row, in_turns
from qingyuan.ledger import (
    Log,
    MemoryStorage,
    NoteSigner,
    TileCache,
    inclusion_path,
    leaf_hash,
    root_of,
    verify_inclusion,
)
from qingyuan.store import Database, EventDraft, Journal, SqlLogStorage

_ORIGIN = "bench.invalid/log"
_NOW = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
_BATCH = 1_024
_BLOCK = 8_192


def run(context: Context) -> Iterator[Row]:
    """Measure the journal on the disk, then the tree in memory."""
    yield from _appends(context)
    yield from _proofs(context)


def _drafts(count: int) -> list[EventDraft]:
    payload: dict[str, object] = {
        "exhibit": "X0123456789abcdef",
        "sha256": "ab" * 32,
        "sm3": "cd" * 32,
        "size": 1_048_576,
    }
    return [
        EventDraft(f"L2026-{at % 7 + 1:04}", "evidence.stored", {**payload, "n": at}) for at in range(count)
    ]


def _appends(context: Context) -> list[Row]:
    database = Database.at(context.folder / "journal.db")
    journal = Journal(Log(_ORIGIN, NoteSigner(_ORIGIN, bytes(range(32)))), os.urandom)

    def one_by_one() -> None:
        for _ in singles:
            bare.commit([entry])

    def append(drafts: list[EventDraft]) -> int:
        with database.write() as connection:
            return len(journal.append(connection, drafts, now=_NOW, actor="P001")[0].leaf)

    alone = Database.at(context.folder / "log.db")
    log = Log(_ORIGIN, NoteSigner(_ORIGIN, bytes(range(32))))

    def log_batch() -> None:
        with alone.write() as connection:
            log.append(SqlLogStorage(connection, _ORIGIN), entries)

    size = append(_drafts(1))
    file = Appender(context.folder / "floor.bin", _BLOCK)
    bare = Rows(context.folder / "floor.db")
    entry, batch = bytes(size), _drafts(_BATCH)
    entries = [entry] * _BATCH
    singles = [[draft] for draft in _drafts(context.pick(60, 10))]
    times = in_turns(
        {
            "single": lambda: [append(draft) for draft in singles],
            "fsync": lambda: file.append(len(singles)),
            "sqlite": one_by_one,
            "batch": lambda: append(batch),
            "log batch": log_batch,
            "sqlite batch": lambda: bare.commit(entries),
        },
        context.pick(11, 3),
    )
    database.close()
    alone.close()
    file.close()
    bare.close()
    single = "ledger: durable append, 1 event a commit"
    many = f"ledger: durable append, {_BATCH:,} events a commit"
    return [
        times.rate(
            single,
            "single",
            len(singles),
            "/s",
            against=f"`fsync` of an {_BLOCK // 1024} KiB append",
            peer="fsync",
        ),
        times.rate(
            single, "single", len(singles), "/s", against="bare SQLite, 1 row a commit", peer="sqlite"
        ),
        times.rate(
            many,
            "batch",
            _BATCH,
            "/s",
            against=f"bare SQLite, {_BATCH:,} rows a commit",
            peer="sqlite batch",
        ),
        times.rate(
            f"ledger: the log alone, {_BATCH:,} entries a commit",
            "log batch",
            _BATCH,
            "/s",
            against=f"bare SQLite, {_BATCH:,} rows a commit",
            peer="sqlite batch",
        ),
    ]


def _proofs(context: Context) -> list[Row]:
    depth = context.pick(18, 12)
    size = 1 << depth
    storage = MemoryStorage()
    log = Log(_ORIGIN, NoteSigner(_ORIGIN, bytes(range(32))))
    head = log.append(storage, [at.to_bytes(8, "big") * 32 for at in range(size)])
    leaves = storage.hashes[0]
    levels = _levels(leaves)
    cache = TileCache(storage, capacity=size // 256 + 16)
    chosen = random.Random(7).sample(range(size), 2_000)
    proofs = [(leaves[at], at, inclusion_path(cache, at, size)) for at in chosen]

    def check() -> None:
        for leaf, index, path in proofs:
            verify_inclusion(leaf, index, size, path, head.root)

    def hashes(count: int, block: bytes = bytes(65)) -> None:
        sha256 = hashlib.sha256
        [sha256(block).digest() for _ in range(count)]

    def lookups() -> None:
        for index in chosen:
            [levels[level][(index >> level) ^ 1] for level in range(depth)]

    times = in_turns(
        {
            "prove": lambda: [inclusion_path(cache, at, size) for at in chosen],
            "lookups": lookups,
            "check": check,
            "hashes": lambda: hashes(depth * len(chosen)),
            "root": lambda: root_of(leaves),
            "root hashes": lambda: hashes(size - 1),
            "leaf": lambda: [leaf_hash(entry) for entry in storage.entries],
            "leaf hashes": lambda: [hashlib.sha256(entry).digest() for entry in storage.entries],
        },
        context.pick(7, 2),
    )
    tree = f"2^{depth} entries"
    return [
        times.rate(
            f"ledger: inclusion paths from cached tiles, {tree}",
            "prove",
            len(chosen),
            "/s",
            against=f"{depth} list look-ups each",
            peer="lookups",
        ),
        times.rate(
            f"ledger: inclusion checks, {tree}",
            "check",
            len(chosen),
            "/s",
            against=f"{depth} SHA-256 of 65 bytes each",
            peer="hashes",
        ),
        times.rate(
            f"ledger: root of a whole log from its leaf hashes, {tree}",
            "root",
            size,
            "/s",
            against="one SHA-256 of 65 bytes an entry",
            peer="root hashes",
        ),
        times.rate(
            "ledger: leaf hashes, 256-byte entries",
            "leaf",
            size,
            "/s",
            against="SHA-256 of the same bytes",
            peer="leaf hashes",
        ),
    ]


def _levels(leaves: list[bytes]) -> list[list[bytes]]:
    """Return every level of the tree, held in lists: the fastest way to have a path."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append(
            [
                hashlib.sha256(b"\x01" + left + right).digest()
                for left, right in zip(row[::2], row[1::2], strict=True)
            ]
        )
    return levels
