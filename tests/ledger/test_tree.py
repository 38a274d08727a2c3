"""Growing the tree and building paths, against the recursive definitions of RFC 6962."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import (
    MAX_SIZE,
    SHA256,
    SM3,
    SUITES,
    Frontier,
    HashSuite,
    MemoryStorage,
    TileCache,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_of,
    tree_root,
)
from tests.ledger.support import LeafReader, entry, expect, naive_consistency, naive_path, naive_root

LEAVES = [leaf_hash(entry(index)) for index in range(700)]


def stored(leaves: Sequence[bytes]) -> MemoryStorage:
    storage = MemoryStorage()
    storage.insert_entries(0, [], leaves)
    for run in Frontier().extend(leaves):
        storage.insert_hashes(run.level, run.first_index, run.hashes)
    return storage


@given(st.lists(st.integers(0, 90), max_size=8))
def test_the_root_of_every_prefix_equals_the_definition_whatever_the_batches(batches: list[int]) -> None:
    frontier, size = Frontier(), 0
    for count in batches:
        if size + count > len(LEAVES):
            break
        frontier.extend(LEAVES[size : size + count])
        size += count
        assert frontier.size == size
        assert frontier.root() == naive_root(LEAVES[:size])


def test_appending_one_by_one_gives_every_root_up_to_three_hundred() -> None:
    frontier = Frontier()
    for size in range(301):
        assert frontier.root() == naive_root(LEAVES[:size])
        frontier.append(LEAVES[size])


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
def test_a_frontier_survives_encoding(suite: HashSuite) -> None:
    leaves = suite.leaf_hashes(entry(index) for index in range(77))
    frontier = Frontier(suite)
    frontier.extend(leaves[:50])
    again = Frontier.decode(50, frontier.encode(), suite)
    assert again.encode() == frontier.encode()
    again.extend(leaves[50:])
    assert again.root() == naive_root(leaves, suite)
    assert frontier.root() == naive_root(leaves[:50], suite)


def test_a_copied_frontier_grows_alone() -> None:
    frontier = Frontier()
    frontier.extend(LEAVES[:9])
    twin = frontier.copy()
    twin.extend(LEAVES[9:20])
    assert (frontier.size, twin.size) == (9, 20)
    assert frontier.root() == naive_root(LEAVES[:9])
    assert twin.root() == naive_root(LEAVES[:20])


@pytest.mark.parametrize(
    ("size", "length"), [(3, 32), (3, 65), (0, 32), (-1, 64), (1, 0), (MAX_SIZE + 1, 32)]
)
def test_an_edge_that_does_not_fit_its_size_is_refused(size: int, length: int) -> None:
    with expect("ledger.edge"):
        Frontier.decode(size, bytes(length))


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=4))
def test_completed_tile_hashes_come_out_once_and_in_order(batches: list[int]) -> None:
    leaves = [LEAVES[index % len(LEAVES)] for index in range(sum(batches))]
    frontier, at = Frontier(), 0
    found: dict[int, list[bytes]] = {}
    for count in batches:
        for run in frontier.extend(leaves[at : at + count]):
            row = found.setdefault(run.level, [])
            assert run.first_index == len(row)
            row.extend(run.hashes)
        at += count
    assert len(found.get(1, [])) == at // 256
    assert len(found.get(2, [])) == at // 65_536
    for index in range(0, at // 256, 40):
        assert found[1][index] == naive_root(leaves[index * 256 : index * 256 + 256])
    if 2 in found:
        assert found[2][0] == naive_root(leaves[:65_536])


@settings(deadline=None)
@given(st.integers(1, len(LEAVES)), st.data())
def test_every_path_equals_the_definition(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    cache = TileCache(stored(LEAVES))
    assert list(inclusion_path(cache, index, size)) == naive_path(index, LEAVES[:size])
    assert list(consistency_path(cache, old, size)) == naive_consistency(old, LEAVES[:size])
    assert tree_root(cache, size) == naive_root(LEAVES[:size])


def test_a_consistency_path_from_nothing_or_to_itself_is_empty() -> None:
    reader = LeafReader(LEAVES)
    assert (
        consistency_path(reader, 0, 0)
        == consistency_path(reader, 0, 9)
        == consistency_path(reader, 9, 9)
        == ()
    )
    assert tree_root(reader, 0) == SHA256.empty_root


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (6, 5), (0, MAX_SIZE + 1)])
def test_a_path_outside_the_tree_is_refused(index: int, size: int) -> None:
    with expect("ledger.proof-range"):
        inclusion_path(LeafReader(LEAVES), index, size)


@pytest.mark.parametrize(("old", "new"), [(6, 5), (-1, 5), (1, MAX_SIZE + 1)])
def test_a_consistency_path_back_in_time_is_refused(old: int, new: int) -> None:
    with expect("ledger.proof-range"):
        consistency_path(LeafReader(LEAVES), old, new)


def test_the_cache_sees_a_tile_grow() -> None:
    storage = stored(LEAVES[:10])
    cache = TileCache(storage)
    assert tree_root(cache, 10) == naive_root(LEAVES[:10])
    with expect("ledger.hash-missing"):
        cache.node(0, 10)
    storage.insert_hashes(0, 10, LEAVES[10:200])
    assert tree_root(cache, 200) == naive_root(LEAVES[:200])


def test_the_cache_stays_within_its_capacity_and_right() -> None:
    cache = TileCache(stored(LEAVES), capacity=1)
    for index in (0, 699, 1, 300, 698, 2):
        assert cache.node(0, index) == LEAVES[index]
        assert len(cache._tiles) == 1


def test_a_source_read_through_the_cache_is_asked_once_a_tile() -> None:
    asked = []

    class Counting(MemoryStorage):
        def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
            asked.append((level, start))
            return super().read_hashes(level, start, stop)

    storage = Counting()
    storage.hashes = stored(LEAVES).hashes
    cache = TileCache(storage)
    for index in range(256):
        inclusion_path(cache, index, 512)
    assert sorted(set(asked)) == sorted(asked) == [(0, 0), (1, 0)]


def test_the_trees_of_the_two_suites_differ() -> None:
    entries = [entry(index) for index in range(5)]
    assert root_of(SHA256.leaf_hashes(entries)) != root_of(SM3.leaf_hashes(entries), SM3)
    assert root_of(SM3.leaf_hashes(entries), SM3) == naive_root(SM3.leaf_hashes(entries), SM3)
