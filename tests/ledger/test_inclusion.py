"""Many proofs against one root: accepted and refused exactly as one by one."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import (
    SHA256,
    SM3,
    HashSuite,
    InclusionChecker,
    ProofError,
    inclusion_path,
    root_of,
    verify_inclusion,
)
from tests.ledger.support import LeafReader, entry

LEAVES = SHA256.leaf_hashes(entry(at) for at in range(70))


@pytest.mark.parametrize("suite", [SHA256, SM3], ids=["sha256", "sm3"])
def test_every_proof_of_every_small_tree_holds_in_any_order(suite: HashSuite) -> None:
    leaves = suite.leaf_hashes(entry(at) for at in range(34))
    reader = LeafReader(leaves, suite)
    for size in range(1, 34):
        for order in (range(size), reversed(range(size))):
            checker = InclusionChecker(size, root_of(leaves[:size], suite), suite)
            for index in order:
                for _ in range(2):
                    checker.check(leaves[index], index, inclusion_path(reader, index, size, suite))


def test_no_proof_of_another_entry_or_size_passes_after_any_other() -> None:
    reader = LeafReader(LEAVES)
    for size in range(1, 10):
        root = root_of(LEAVES[:size])
        for before in range(size):
            for entry_at, claimed, of in itertools.product(range(size), range(size), range(1, 10)):
                if entry_at >= of:
                    continue
                checker = InclusionChecker(size, root)
                checker.check(LEAVES[before], before, inclusion_path(reader, before, size))
                path = inclusion_path(reader, entry_at, of)
                if (claimed, path) == (entry_at, inclusion_path(reader, entry_at, size)):
                    checker.check(LEAVES[entry_at], claimed, path)
                else:
                    with pytest.raises(ProofError):
                        checker.check(LEAVES[entry_at], claimed, path)


@settings(deadline=None)
@given(st.integers(1, 70), st.data())
def test_a_changed_proof_is_refused_whatever_was_shown_before(size: int, data: st.DataObject) -> None:
    reader = LeafReader(LEAVES)
    root = root_of(LEAVES[:size])
    checker = InclusionChecker(size, root)
    indexes = st.integers(0, size - 1)
    for index in data.draw(st.lists(indexes, max_size=12)):
        checker.check(LEAVES[index], index, inclusion_path(reader, index, size))
    index = data.draw(indexes)
    whole = [LEAVES[index], *inclusion_path(reader, index, size)]
    at, byte = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 31))
    bent = bytearray(whole[at])
    bent[byte] ^= 1 << data.draw(st.integers(0, 7))
    other = (index + 1) % size
    forged = [
        (index, [*whole[:at], bytes(bent), *whole[at + 1 :]]),
        (index, [*whole[:at], whole[at][:-1], *whole[at + 1 :]]),
        (index, [*whole, bytes(32)]),
        (size, whole),
        (-1, whole),
    ]
    if len(whole) > 1:
        forged += [(index, whole[:-1]), (other, whole), (index, [whole[0], *whole[2:]])]
    for place, (leaf, *path) in forged:
        with pytest.raises(ProofError) as together:
            checker.check(leaf, place, path)
        with pytest.raises(ProofError) as alone:
            verify_inclusion(leaf, place, size, path, root)
        assert together.value.code == alone.value.code
    checker.check(whole[0], index, whole[1:])
