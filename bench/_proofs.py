"""Proofs and their checks: from the disk, from memory, and the hashing they are made of."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from bench._harness import Context, Row, in_turns
from bench._merkle import Peer
from qingyuan.ledger import (
    InclusionChecker,
    Log,
    MemoryStorage,
    NoteSigner,
    TileCache,
    inclusion_path,
    leaf_hash,
    root_of,
    verify_inclusion,
)
from qingyuan.store import Database, SqlLogStorage

_ORIGIN = "bench.invalid/log"
_CHUNK = 8_192
#: Proofs of the peer in one round; they are slow.
_FEW = 10


def _log() -> Log:
    return Log(_ORIGIN, NoteSigner(_ORIGIN, bytes(range(32))))


def _entry(index: int) -> bytes:
    return index.to_bytes(8, "big") * 4


def from_disk(context: Context) -> Iterator[Row]:
    """Prove inclusion from a database of a million entries, with an empty and with a full cache of tiles."""
    size, smaller = context.pick(1_000_000, 20_000), context.pick(100_000, 5_000)
    database, log = Database.at(context.folder / "million.db"), _log()
    peer = Peer(context.folder / "peer-proofs.db")
    for start in range(0, smaller, _CHUNK):
        peer.append_all([_entry(at) for at in range(start, min(start + _CHUNK, smaller))])
    with database.write() as connection:
        storage = SqlLogStorage(connection, _ORIGIN)
        batch = log.begin(storage)
        for start in range(0, size, _CHUNK):
            batch.take([_entry(at) for at in range(start, min(start + _CHUNK, size))])
            batch.store(storage)
        batch.finish(storage, log.sign(batch.checkpoint()))
    choose = random.Random(5)
    chosen = choose.sample(range(size), context.pick(5_000, 500))
    theirs = iter(lambda: choose.randrange(smaller) + 1, 0)  # each once: pymerkle remembers what it proved
    with database.read() as connection:
        storage = SqlLogStorage(connection, _ORIGIN)
        warm = TileCache(storage, capacity=size // 256 + 64)
        for index in range(0, size, 256):
            inclusion_path(warm, index, size)

        def cold() -> None:
            cache = TileCache(storage)
            for index in chosen[:300]:
                inclusion_path(cache, index, size)

        def their_cold() -> None:
            peer.tree.cache_clear()
            for _ in range(_FEW):
                peer.tree.prove_inclusion(next(theirs), smaller)

        for _ in range(5 * _FEW):
            peer.tree.prove_inclusion(next(theirs), smaller)
        times = in_turns(
            {
                "warm": lambda: [inclusion_path(warm, index, size) for index in chosen],
                "cold": cold,
                "peer warm": lambda: [peer.tree.prove_inclusion(next(theirs), smaller) for _ in range(_FEW)],
                "peer cold": their_cold,
            },
            context.pick(5, 2),
        )
    database.close()
    peer.close()
    what = f"ledger: inclusion proofs from disk, {size:,} entries"
    for name, amount, state in (("warm", len(chosen), "cached"), ("cold", 300, "cache empty")):
        yield times.rate(
            f"{what}, {state}",
            name,
            amount,
            "/s",
            against=f"pymerkle from disk, {smaller:,} entries, {state}",
            peer=f"peer {name}",
            peer_amount=_FEW,
        )


def checks(context: Context) -> list[Row]:
    """Check inclusion proofs that were just made, beside the bare hashes and beside the peer."""
    depth = context.pick(18, 12)
    size = 1 << depth
    storage, peer = MemoryStorage(), Peer(context.folder / "peer-checks.db")
    entries = [_entry(at) for at in range(size)]
    head = _log().append(storage, entries)
    leaves, few = storage.hashes[0], 4_096
    peer.append_all(entries[:few])
    levels = _levels(leaves)
    cache = TileCache(storage, capacity=size // 256 + 16)
    # As many as fit the processor's cache, again and again: a proof is checked when it has just been read.
    chosen, again = random.Random(7).sample(range(size), 200), context.pick(10, 1)
    proofs = [(leaves[at], at, inclusion_path(cache, at, size)) for at in chosen]
    in_order = sorted(proofs, key=lambda proof: proof[1])
    root = peer.tree.get_state(few)
    theirs = [(peer.tree.get_leaf(at + 1), peer.tree.prove_inclusion(at + 1, few)) for at in range(50)]

    def check() -> None:
        for _ in range(again):
            _check_each(size, head.root, proofs)

    def check_together() -> None:
        for _ in range(again):
            _check_together(InclusionChecker(size, head.root), in_order)

    def their_check() -> None:
        from pymerkle import verify_inclusion as verify  # noqa: PLC0415

        for leaf, proof in theirs:
            verify(leaf, root, proof)

    def lookups() -> None:
        for _ in range(again):
            for index in chosen:
                [levels[level][(index >> level) ^ 1] for level in range(depth)]

    count = len(chosen) * again
    times = in_turns(
        {
            "prove": lambda: [inclusion_path(cache, at, size) for _ in range(again) for at in chosen],
            "lookups": lookups,
            "check": check,
            "together": check_together,
            "hashes": lambda: _hashes(depth * count),
            "peer": their_check,
        },
        context.pick(11, 2),
    )
    peer.close()
    tree, what = f"2^{depth} entries", "ledger: inclusion checks"
    return [
        times.rate(
            f"ledger: inclusion paths from cached tiles, {tree}",
            "prove",
            count,
            "/s",
            against=f"{depth} list look-ups each",
            peer="lookups",
        ),
        times.rate(
            f"{what}, {tree}",
            "check",
            count,
            "/s",
            against=f"{depth} SHA-256 of 65 bytes each",
            peer="hashes",
        ),
        times.rate(
            f"{what}, {len(chosen)} in order against one root, {tree}",
            "together",
            count,
            "/s",
            against=f"{depth} SHA-256 of 65 bytes each",
            peer="hashes",
        ),
        times.rate(
            f"{what}, {tree}",
            "check",
            count,
            "/s",
            against=f"pymerkle, {few:,} entries",
            peer="peer",
            peer_amount=len(theirs),
        ),
    ]


def _check_together(checker: InclusionChecker, proofs: list[tuple[bytes, int, tuple[bytes, ...]]]) -> None:
    for leaf, index, path in proofs:
        checker.check(leaf, index, path)


def _check_each(size: int, root: bytes, proofs: list[tuple[bytes, int, tuple[bytes, ...]]]) -> None:
    for leaf, index, path in proofs:
        verify_inclusion(leaf, index, size, path, root)


def hashing(context: Context) -> list[Row]:
    """Hash a whole log, beside the bare hashes."""
    depth = context.pick(18, 12)
    entries = [at.to_bytes(8, "big") * 32 for at in range(1 << depth)]
    leaves = [leaf_hash(entry) for entry in entries]
    times = in_turns(
        {
            "root": lambda: root_of(leaves),
            "root hashes": lambda: _hashes(len(leaves) - 1),
            "leaf": lambda: [leaf_hash(entry) for entry in entries],
            "leaf hashes": lambda: [hashlib.sha256(entry).digest() for entry in entries],
        },
        context.pick(7, 2),
    )
    return [
        times.rate(
            f"ledger: root of a whole log from its leaf hashes, 2^{depth} entries",
            "root",
            len(leaves),
            "/s",
            against="one SHA-256 of 65 bytes an entry",
            peer="root hashes",
        ),
        times.rate(
            "ledger: leaf hashes, 256-byte entries",
            "leaf",
            len(leaves),
            "/s",
            against="SHA-256 of the same bytes",
            peer="leaf hashes",
        ),
    ]


def _hashes(count: int, block: bytes = bytes(65)) -> None:
    sha256 = hashlib.sha256
    [sha256(block).digest() for _ in range(count)]


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
