"""Reference implementations, written straight from RFC 6962 section 2.1, and small builders."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence

import pytest

from qingyuan.ledger import SHA256, Appended, HashSuite, LedgerError, Log, MemoryStorage, NoteSigner

ORIGIN = "jcy.example/ledger"


@contextlib.contextmanager
def expect(code: str) -> Iterator[None]:
    """Expect an error of the room with exactly this code, in both languages."""
    with pytest.raises(LedgerError) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.zh
    assert caught.value.en


def seeded(number: int) -> Callable[[int], bytes]:
    """Return a source of bytes that is the same in every run."""
    return lambda count: hashlib.shake_256(b"seed %d" % number).digest(count)


def signer(name: str = ORIGIN, number: int = 1) -> NoteSigner:
    return NoteSigner.generate(name, seeded(number))


def entry(index: int) -> bytes:
    return b"entry %d" % index


def build_log(size: int, suite: HashSuite = SHA256) -> tuple[Log, MemoryStorage, Appended]:
    """Return a log of ``size`` entries written in uneven batches."""
    storage = MemoryStorage()
    log = Log(ORIGIN, signer(), suite)
    last = log.create(storage)
    at, step = 0, 1
    while at < size:
        stop = min(at + step, size)
        last = log.append(storage, [entry(index) for index in range(at, stop)])
        at, step = stop, step * 3 % 701 + 1
    return log, storage, last


def split(count: int) -> int:
    """Return the largest power of two smaller than ``count``."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_root(leaves: Sequence[bytes], suite: HashSuite = SHA256) -> bytes:
    if not leaves:
        return suite.empty_root
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return suite.node_hash(naive_root(leaves[:k], suite), naive_root(leaves[k:], suite))


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*naive_path(index, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(index - k, leaves[k:]), naive_root(leaves[:k])]


def naive_consistency(old: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*naive_consistency(old, leaves[:k], whole=whole), naive_root(leaves[k:])]
    return [*naive_consistency(old - k, leaves[k:], whole=False), naive_root(leaves[:k])]


class LeafReader:
    """A ``NodeReader`` that hashes every subtree anew from the leaf hashes."""

    def __init__(self, leaves: Sequence[bytes], suite: HashSuite = SHA256) -> None:
        self._leaves = leaves
        self._suite = suite

    def node(self, level: int, index: int) -> bytes:
        start, stop = index << level, (index + 1) << level
        assert stop <= len(self._leaves)
        return naive_root(self._leaves[start:stop], self._suite)
