"""Logs, forks of them, and requests to witnesses."""

from __future__ import annotations

from collections.abc import Sequence

from qingyuan.ledger import (
    SHA256,
    AddCheckpoint,
    Cosigner,
    HashSuite,
    Log,
    MemoryStorage,
    MemoryWitnessStorage,
    TextSigner,
    TileCache,
    VerifierKey,
    Witness,
    WitnessedLog,
    consistency_path,
)
from tests.ledger.support import ORIGIN, entry, seeded, signer

NOW = 1_790_000_000


class Grown:
    """A log with every checkpoint it ever signed.

    Args:
        sizes: The sizes at which it signed one.
        fork_at: From this index on its entries are others than those of a log without.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        fork_at: int | None = None,
        suite: HashSuite = SHA256,
        key: TextSigner | None = None,
    ) -> None:
        self.storage, self.suite = MemoryStorage(), suite
        self.signer = key or signer()
        self.log = Log(self.signer.name, self.signer, suite)
        self.notes = {0: self.log.create(self.storage).checkpoint_note}
        self.fork_at = fork_at
        for size in sizes:
            self.grow(size)

    def grow(self, size: int) -> bytes:
        start = max(self.notes)
        entries = [self.entry(index) for index in range(start, size)]
        self.notes[size] = self.log.append(self.storage, entries).checkpoint_note
        return self.notes[size]

    def entry(self, index: int) -> bytes:
        return entry(index) if self.fork_at is None or index < self.fork_at else b"other " + entry(index)

    @property
    def key(self) -> VerifierKey:
        return self.log.key

    @property
    def reader(self) -> TileCache:
        return TileCache(self.storage, self.suite)

    def path(self, old: int, new: int) -> tuple[bytes, ...]:
        return consistency_path(self.reader, old, new, self.suite)

    def request(self, old: int, new: int) -> bytes:
        return AddCheckpoint(old, self.path(old, new), self.notes[new]).encode()


def cosigner(number: int = 1) -> Cosigner:
    return Cosigner.generate(f"witness.example/w{number}", seeded(100 + number))


def witness(*logs: WitnessedLog, number: int = 1, storage: MemoryWitnessStorage | None = None) -> Witness:
    served = logs or (WitnessedLog((signer().key,)),)
    return Witness(cosigner(number), served, storage or MemoryWitnessStorage())


__all__ = ["NOW", "ORIGIN", "Grown", "cosigner", "witness"]
