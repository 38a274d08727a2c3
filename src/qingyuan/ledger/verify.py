"""Checking Merkle paths, strictly: RFC 6962 section 2.1, by the algorithms of RFC 9162 section 2.1.

Every path has exactly one length for its index and sizes; another length, another hash length or a
position outside the tree is refused by its name.
"""

from __future__ import annotations

from collections.abc import Sequence

from qingyuan.ledger.errors import ProofError
from qingyuan.ledger.hashes import HASH_SIZE, QUICK, SHA256, HashSuite
from qingyuan.ledger.tree import MAX_SIZE


def verify_inclusion(
    leaf_hash: bytes,
    index: int,
    size: int,
    path: Sequence[bytes],
    root: bytes,
    suite: HashSuite = SHA256,
) -> None:
    """Check that the entry with ``leaf_hash`` is entry ``index`` of the tree with ``size`` and ``root``.

    Raises:
        ProofError: ``ledger.proof-range``, ``ledger.proof-shape`` or ``ledger.proof-root``.
    """
    if 0 <= index < size <= MAX_SIZE:
        quick = QUICK.get(suite.name)
        if quick is None:
            if _climb(leaf_hash, index, size, path, suite) == root:
                return  # with a sibling of another length it would take a collision to come out here
        elif [*map(len, path)] == [HASH_SIZE] * len(path) and quick.leads(
            leaf_hash, index, size, b"".join(path), root
        ):
            return
    root_from_inclusion(leaf_hash, index, size, path, suite)  # names what is malformed
    raise _wrong_root(f"index {index}")


def root_from_inclusion(
    leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], suite: HashSuite = SHA256
) -> bytes:
    """Return the root that an inclusion path leads to (RFC 9162 section 2.1.3.2).

    Raises:
        ProofError: ``ledger.proof-range`` or ``ledger.proof-shape``.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError(
            "ledger.proof-range",
            zh=f"序号不在 {size} 条的日志之内",
            en=f"not inside a log of {size} entries",
            where=f"index {index}",
        )
    inner = (index ^ (size - 1)).bit_length()
    _check_shape((leaf_hash, *path), inner + (index >> inner).bit_count() + 1, f"index {index}")
    root = _climb(leaf_hash, index, size, path, suite)
    if root is None:
        raise AssertionError  # the shape was just checked
    return root


def _climb(node: bytes, index: int, size: int, path: Sequence[bytes], suite: HashSuite) -> bytes | None:
    """Return where a path leads, or ``None`` when it or the leaf hash has another length than this place gives it.

    Up to the level where index and last entry part, the sides of the siblings are the bits of the index. Above it the subtree
    is at the right edge and only has siblings on its left, one for each set bit.
    """
    inner = (index ^ (size - 1)).bit_length()
    above = index >> inner
    left = above.bit_count()
    if len(path) != inner + left or len(node) != HASH_SIZE:
        return None
    if above.bit_length() != left:
        index = index & ((1 << inner) - 1) | ((1 << left) - 1) << inner
    # This loop is what checking a proof costs: one started computation copied and one pair joined, each level.
    start = suite.node_start
    for sibling in path:
        computation = start()
        if index & 1:
            computation.update(sibling + node)
        else:
            computation.update(node + sibling)
        node = computation.digest()
        index >>= 1
    return node


def verify_consistency(
    old: int,
    new: int,
    old_root: bytes,
    new_root: bytes,
    path: Sequence[bytes],
    suite: HashSuite = SHA256,
) -> None:
    """Check that the tree with ``new`` entries begins with the tree of ``old`` entries.

    The empty tree begins every tree: then the path must be empty and ``old_root`` the hash of nothing.

    Args:
        old: Size of the earlier tree.
        new: Size of the later tree, not less than ``old``.
        old_root: Root of the earlier tree.
        new_root: Root of the later tree.
        path: The proof of RFC 6962 section 2.1.2.
        suite: The hash suite of the tree.

    Raises:
        ProofError: ``ledger.proof-range``, ``ledger.proof-shape`` or ``ledger.proof-root``.
    """
    where = f"size {old} to {new}"
    if not 0 <= old <= new <= MAX_SIZE:
        raise ProofError(
            "ledger.proof-range",
            zh="较早的日志不能比较晚的更长",
            en="the earlier log cannot be longer than the later one",
            where=where,
        )
    if old in (0, new):
        _check_shape((old_root, new_root, *path), 2, where)
        expected_old = old_root if old else suite.empty_root
        expected_new = old_root if old == new else new_root
    else:
        expected_old, expected_new = roots_from_consistency(old, new, old_root, path, suite)
        _check_shape((old_root, new_root), 2, where)
    if (expected_old, expected_new) != (old_root, new_root):
        raise _wrong_root(where)


def roots_from_consistency(
    old: int, new: int, old_root: bytes, path: Sequence[bytes], suite: HashSuite
) -> tuple[bytes, bytes]:
    """Return the old and the new root that a consistency path leads to, for ``0 < old < new``.

    Args:
        old: Size of the earlier tree.
        new: Size of the later tree.
        old_root: Root of the earlier tree; only used when ``old`` is a power of two, where the path leaves it
            out and everything is computed from it.
        path: The proof of RFC 6962 section 2.1.2.
        suite: The hash suite of the tree.

    Raises:
        ProofError: ``ledger.proof-shape``.
    """
    where = f"size {old} to {new}"
    # Start from the last complete subtree of the old tree; if that is the whole old tree, its root is
    # known and not part of the path.
    shift = (old & -old).bit_length() - 1
    index, last = (old - 1) >> shift, (new - 1) >> shift
    inner = (index ^ last).bit_length()
    whole = not index
    expected = inner + (index >> inner).bit_count() + (0 if whole else 1)
    _check_shape(path, expected, where)
    seed = old_root if whole else path[0]
    rest = path if whole else path[1:]
    old_node = new_node = seed
    for sibling in rest[:inner]:
        if index & 1:
            old_node = suite.node_hash(sibling, old_node)
            new_node = suite.node_hash(sibling, new_node)
        else:
            new_node = suite.node_hash(new_node, sibling)
        index >>= 1
    for sibling in rest[inner:]:
        old_node = suite.node_hash(sibling, old_node)
        new_node = suite.node_hash(sibling, new_node)
    return old_node, new_node


def _check_shape(hashes: Sequence[bytes], count: int, where: str) -> None:
    if [*map(len, hashes)] != [HASH_SIZE] * count:
        raise ProofError(
            "ledger.proof-shape",
            zh="证明路径的长度与序号、条数不符，或哈希不是 32 字节",
            en="the path has not the one length that fits, or a hash is not 32 bytes",
            where=where,
        )


def _wrong_root(where: str) -> ProofError:
    return ProofError(
        "ledger.proof-root",
        zh="证明路径算出的根与所给的根不一致",
        en="the path does not lead to the given root",
        where=where,
    )
