"""Checking many inclusion paths against one root: what the last proof has shown, the next need not hash again.

A path that holds shows the hashes of all nodes on its way. The way of the next entry runs into it where both have the same
ancestor: it must arrive there from the other side, and go on with the same siblings. In order of index, that is the nearest way
there is. What is accepted is exactly what :func:`qingyuan.ledger.verify.verify_inclusion` accepts.
"""

from __future__ import annotations

from collections.abc import Sequence

from qingyuan.ledger.hashes import HASH_SIZE, QUICK, SHA256, HashSuite
from qingyuan.ledger.verify import verify_inclusion


class InclusionChecker:
    """Checks inclusion paths in one tree; in any order, and soonest in order of index.

    Args:
        size: Entries of the tree.
        root: Its root, from a verified checkpoint.
        suite: Its hash suite.
    """

    def __init__(self, size: int, root: bytes, suite: HashSuite = SHA256) -> None:
        """Begin with nothing shown."""
        self._size = size
        self._root = root
        self._suite = suite
        #: The last proof that held: its index, its path, and the nodes on its way up to the level of the right edge.
        self._index = -1
        self._path: Sequence[bytes] = ()
        self._nodes: list[bytes] = []

    def check(self, leaf_hash: bytes, index: int, path: Sequence[bytes]) -> None:
        """Check that the entry with ``leaf_hash`` is entry ``index`` of the tree.

        Raises:
            ProofError: As :func:`qingyuan.ledger.verify.verify_inclusion`.
        """
        if self._suite.name in QUICK:  # following the whole path costs less than remembering the last one
            verify_inclusion(leaf_hash, index, self._size, path, self._root, self._suite)
            return
        if not (
            0 <= index < self._size and len(leaf_hash) == HASH_SIZE and self._joins(leaf_hash, index, path)
        ):
            verify_inclusion(leaf_hash, index, self._size, path, self._root, self._suite)
            self._remember(leaf_hash, index, path)

    def _joins(self, leaf_hash: bytes, index: int, path: Sequence[bytes]) -> bool:
        """Say whether the path leads into that of the last proof, and remember it then."""
        meet = (index ^ self._index).bit_length() - 1  # the level below the common ancestor
        if self._index < 0 or meet >= len(self._nodes) or len(path) != len(self._path):
            return False
        if meet < 0:
            return leaf_hash == self._nodes[0] and tuple(path) == tuple(self._path)
        # At the right edge a path may be shorter than its height; one as long as the last is so only where no level is missing.
        nodes = self._climb(leaf_hash, index, path[:meet])
        if (
            nodes[meet] != self._path[meet]
            or path[meet] != self._nodes[meet]
            or path[meet + 1 :] != self._path[meet + 1 :]
        ):
            return False
        self._nodes[: meet + 1] = nodes
        self._index, self._path = index, path
        return True

    def _remember(self, leaf_hash: bytes, index: int, path: Sequence[bytes]) -> None:
        # Up to the level where index and last entry part, every level has its sibling; from there on paths are not joined.
        inner = (index ^ (self._size - 1)).bit_length()
        self._nodes = self._climb(leaf_hash, index, path[: max(inner - 1, 0)])
        self._index, self._path = index, path

    def _climb(self, node: bytes, index: int, path: Sequence[bytes]) -> list[bytes]:
        """Return the node and those above it, one for each sibling more."""
        start = self._suite.node_start
        nodes = [node]
        keep = nodes.append
        for sibling in path:
            computation = start()
            if index & 1:
                computation.update(sibling + node)
            else:
                computation.update(node + sibling)
            node = computation.digest()
            keep(node)
            index >>= 1
        return nodes
