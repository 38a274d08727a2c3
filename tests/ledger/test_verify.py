"""Checking paths: every true one is accepted, every changed one is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import (
    MAX_SIZE,
    SHA256,
    SUITES,
    HashSuite,
    ProofError,
    consistency_path,
    inclusion_path,
    root_from_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger.support import LeafReader, entry, expect

SIZES = st.integers(1, 130)
ENTRIES = [entry(index) for index in range(130)]
TREES = {suite.name: suite.leaf_hashes(ENTRIES) for suite in SUITES.values()}
LEAVES = TREES["sha256"]
READER = LeafReader(LEAVES)
ROOTS = [root_of(LEAVES[:size]) for size in range(131)]


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
def test_every_proof_of_every_small_tree_verifies(suite: HashSuite) -> None:
    leaves = TREES[suite.name]
    reader = LeafReader(leaves, suite)
    roots = [root_of(leaves[:size], suite) for size in range(34)]
    for size in range(1, 34):
        for index in range(size):
            path = inclusion_path(reader, index, size, suite)
            verify_inclusion(leaves[index], index, size, path, roots[size], suite)
        for old in range(size + 1):
            verify_consistency(
                old, size, roots[old], roots[size], consistency_path(reader, old, size, suite), suite
            )


@settings(deadline=None)
@given(SIZES, st.data())
def test_any_change_to_an_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(READER, index, size)
    root = ROOTS[size]
    bit = 1 << data.draw(st.integers(0, 7))
    at = data.draw(st.integers(0, 31))

    def flip(value: bytes) -> bytes:
        return value[:at] + bytes((value[at] ^ bit,)) + value[at + 1 :]

    forged: list[tuple[bytes, int, tuple[bytes, ...], bytes]] = [
        (flip(LEAVES[index]), index, path, root),
        (LEAVES[index], index, path, flip(root)),
        (LEAVES[index], index, (*path, LEAVES[0]), root),
        (LEAVES[index], index, (LEAVES[0], *path), root),
        (LEAVES[index], index, (*path, b""), root),
        (LEAVES[index], index, path, b""),
        (LEAVES[index][:31], index, path, root),
    ]
    forged += [
        (LEAVES[index], other, path, root) for other in {index - 1, index + 1, index ^ 2} if other != index
    ]
    for place in range(len(path)):
        forged.append((LEAVES[index], index, (*path[:place], flip(path[place]), *path[place + 1 :]), root))
        forged.append((LEAVES[index], index, path[:place] + path[place + 1 :], root))
        forged.append((LEAVES[index], index, (*path[:place], path[place] + b"\0", *path[place + 1 :]), root))
    for leaf, position, changed, target in forged:
        with pytest.raises(ProofError):
            verify_inclusion(leaf, position, size, changed, target)
    for other_size in (size * 2, size // 2, size + 256):
        if root_shape(index, other_size) != root_shape(index, size):
            with pytest.raises(ProofError):
                verify_inclusion(LEAVES[index], index, other_size, path, root)


def root_shape(index: int, size: int) -> tuple[int, int] | None:
    """Return what of the size an inclusion path depends on: its two lengths."""
    if index >= size:
        return None
    inner = (index ^ (size - 1)).bit_length()
    return inner, (index >> inner).bit_count()


@settings(deadline=None)
@given(SIZES, st.data())
def test_any_change_to_a_consistency_proof_is_refused(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    path = consistency_path(READER, old, new)
    first, second = ROOTS[old], ROOTS[new]
    bad = bytes(32)
    forged: list[tuple[int, bytes, bytes, tuple[bytes, ...]]] = [
        (old, bad, second, path),
        (old, first, second, (*path, bad)),
        (old, first, second, (bad, *path)),
        (old, first[:31], second, path),
        (old, first, second + b"\0", path),
        (new + 1, first, second, path),
        (-1, first, second, path),
    ]
    if old:
        forged.append((old, first, bad, path))
    if first != second:
        forged.append((old, second, first, path))
    for place in range(len(path)):
        forged.append((old, first, second, (*path[:place], bad, *path[place + 1 :])))
        forged.append((old, first, second, path[:place] + path[place + 1 :]))
    for size, root1, root2, changed in forged:
        with pytest.raises(ProofError):
            verify_consistency(size, new, root1, root2, changed)


def test_a_path_of_the_wrong_shape_is_refused_before_it_is_hashed() -> None:
    with expect("ledger.proof-shape"):
        verify_inclusion(LEAVES[0], 0, 5, (LEAVES[1],), ROOTS[5])
    with expect("ledger.proof-shape"):
        verify_consistency(2, 5, ROOTS[2], ROOTS[5], (LEAVES[1],))
    with expect("ledger.proof-shape"):
        verify_consistency(0, 5, SHA256.empty_root, ROOTS[5], (LEAVES[1],))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (0, MAX_SIZE + 1)])
def test_a_position_outside_the_tree_is_refused(index: int, size: int) -> None:
    with expect("ledger.proof-range"):
        root_from_inclusion(LEAVES[0], index, size, ())


def test_the_empty_tree_begins_every_tree_but_only_with_its_own_root() -> None:
    verify_consistency(0, 0, SHA256.empty_root, SHA256.empty_root, ())
    verify_consistency(0, 7, SHA256.empty_root, ROOTS[7], ())
    with expect("ledger.proof-root"):
        verify_consistency(0, 7, ROOTS[7], ROOTS[7], ())
    with expect("ledger.proof-root"):
        verify_consistency(0, 0, ROOTS[1], ROOTS[1], ())


def test_a_fork_is_not_a_continuation() -> None:
    forked = root_of([*LEAVES[:4], LEAVES[7], *LEAVES[5:9]])
    with expect("ledger.proof-root"):
        verify_consistency(5, 9, ROOTS[5], forked, consistency_path(READER, 5, 9))
    with expect("ledger.proof-root"):
        verify_consistency(9, 9, ROOTS[9], forked, ())
    with expect("ledger.proof-range"):
        verify_consistency(9, 5, ROOTS[9], ROOTS[5], ())


def test_the_largest_tree_can_be_checked() -> None:
    path = (LEAVES[0],) * 63
    root = root_from_inclusion(LEAVES[1], MAX_SIZE - 1, MAX_SIZE, path[:62])
    assert len(root) == 32
    with expect("ledger.proof-shape"):
        root_from_inclusion(LEAVES[1], MAX_SIZE - 1, MAX_SIZE, path)
