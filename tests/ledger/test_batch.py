"""An append in steps, and holding a log against a checkpoint from outside."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.ledger import (
    SUITES,
    Checkpoint,
    HashSuite,
    Log,
    MemoryStorage,
    TileCache,
    check_continues,
    fsck,
    inclusion_path,
    open_checkpoint,
    root_of,
    tree_root,
    verify_inclusion,
)
from tests.ledger.support import ORIGIN, build_log, entry, expect, signer


@given(st.lists(st.integers(1, 400), min_size=1, max_size=5), st.sampled_from(list(SUITES.values())))
def test_an_append_in_steps_gives_what_one_append_gives(counts: list[int], suite: HashSuite) -> None:
    entries = [entry(index) for index in range(sum(counts))]
    whole, stepwise = MemoryStorage(), MemoryStorage()
    expected = Log(ORIGIN, signer(), suite).append(whole, entries)
    log, at = Log(ORIGIN, signer(), suite), 0
    batch = log.begin(stepwise)
    for count in counts:
        batch.take(entries[at : at + count])
        if count % 2:
            batch.store(stepwise)
        at += count
    assert (batch.first, batch.size) == (0, len(entries))
    note = log.sign(batch.checkpoint())
    batch.store(stepwise)
    assert batch.finish(stepwise, note) == expected
    assert (stepwise.head, stepwise.entries, stepwise.hashes) == (whole.head, whole.entries, whole.hashes)


def test_a_head_can_be_signed_in_another_thread_while_rows_are_stored() -> None:
    log, storage, _ = build_log(10)
    batch = log.begin(storage)
    batch.take([entry(10), entry(11)])
    notes: list[bytes] = []
    thread = threading.Thread(target=lambda: notes.append(log.sign(batch.checkpoint())))
    thread.start()
    batch.store(storage)
    thread.join()
    done = batch.finish(storage, notes[0])
    assert (done.first_index, done.size) == (10, 12)
    assert open_checkpoint(done.checkpoint_note, [log.key]).checkpoint.root == done.root
    assert list(fsck(storage, ORIGIN, [log.key])) == []
    assert log.append(storage, [entry(12)]).first_index == 12


def test_a_batch_refuses_what_an_append_refuses() -> None:
    log, storage, _ = build_log(3)
    batch = log.begin(storage)
    with expect("ledger.no-entries"):
        batch.take([])
    with expect("ledger.entry-size"):
        batch.take([b"x" * 65_536])
    assert batch.size == 3
    storage.head = None
    with expect("ledger.no-head"):
        log.begin(storage)


def test_a_log_continues_every_checkpoint_it_had_and_no_other() -> None:
    log, storage, _ = build_log(700)
    hashes = storage.hashes[0]
    for size in (0, 1, 255, 256, 300, 700):
        check_continues(storage, Checkpoint(ORIGIN, size, root_of(hashes[:size])))
    with expect("ledger.rolled-back"):
        check_continues(storage, Checkpoint(ORIGIN, 701, bytes(32)))
    with expect("ledger.diverged"):
        check_continues(storage, Checkpoint(ORIGIN, 300, bytes(32)))
    with expect("ledger.rolled-back"):
        check_continues(MemoryStorage(), Checkpoint(ORIGIN, 1, bytes(32)))
    check_continues(MemoryStorage(), Checkpoint(ORIGIN, 0, log.suite.empty_root))


@pytest.mark.parametrize("size", [65_536, 66_000, 131_073])
def test_paths_through_two_levels_of_full_tiles_lead_to_the_root(size: int) -> None:
    storage = MemoryStorage()
    Log(ORIGIN, signer()).append(storage, [entry(index) for index in range(size)])
    cache = TileCache(storage)
    root = root_of(storage.hashes[0])
    for index in (0, 255, 256, 65_535, 40_000, size - 1, size - 2):
        path = inclusion_path(cache, index, size)
        verify_inclusion(storage.hashes[0][index], index, size, path, root)
        assert path == inclusion_path(_Plain(cache), index, size)


class _Plain:
    """A reader that is no cache: paths are built hash by hash."""

    def __init__(self, cache: TileCache) -> None:
        self._cache = cache

    def node(self, level: int, index: int) -> bytes:
        return self._cache.node(level, index)


def test_a_full_tile_that_lacks_a_hash_is_named() -> None:
    _, storage, _ = build_log(600)
    del storage.hashes[0][200:]
    with expect("ledger.hash-missing"):
        inclusion_path(TileCache(storage), 7, 600)


def test_the_right_edge_is_remembered_for_each_size() -> None:
    _, storage, _ = build_log(700)
    cache = TileCache(storage, capacity=2)
    for size in (513, 600, 601, 700, 513):
        for index in (0, 300, 511):
            assert inclusion_path(cache, index, size) == inclusion_path(_Plain(cache), index, size)
        assert tree_root(cache, size) == root_of(storage.hashes[0][:size])
