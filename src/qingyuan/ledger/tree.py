"""The Merkle tree of RFC 6962: growing it, and proving things about it.

``Frontier`` is the right edge of a tree: the roots of its complete subtrees, which is all that an
append needs. Paths are built by a ``NodeReader``, which gives the hash of any complete subtree.
Checking a path is in :mod:`qingyuan.ledger.verify`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from qingyuan.ledger.errors import LogError, ProofError
from qingyuan.ledger.hashes import HASH_SIZE, QUICK, SHA256, HashSuite, split

#: Largest tree size and index: C2SP counts in uint64, common stores in int64.
MAX_SIZE = 2**63 - 1

#: Levels of the tree that one tile spans (C2SP tlog-tiles).
TILE_HEIGHT = 8
#: Hashes in a full tile.
TILE_WIDTH = 1 << TILE_HEIGHT


@dataclass(frozen=True, slots=True)
class TileRun:
    """Consecutive hashes of one tile level that an append completed.

    Attributes:
        level: Tile level: 1 holds roots of 256 entries, 2 of 65,536, and so on.
        first_index: Index of the first hash within its level.
        hashes: The hashes, 32 bytes each.
    """

    level: int
    first_index: int
    hashes: tuple[bytes, ...]


class Frontier:
    """The right edge of a Merkle tree: its size and the roots of its complete subtrees.

    The roots stand from the largest subtree (left) to the smallest (right), one for each bit that is
    set in the size. Also known as a compact range.
    """

    __slots__ = ("_edge", "_root", "size", "suite")

    def __init__(self, suite: HashSuite = SHA256) -> None:
        """Start with the empty tree."""
        self.suite = suite
        self.size = 0
        self._edge = b""
        #: The root, once it is known.
        self._root: bytes | None = None

    @classmethod
    def decode(cls, size: int, edge: bytes, suite: HashSuite = SHA256) -> Frontier:
        """Return the frontier of a tree of ``size`` entries from the bytes of :meth:`encode`.

        Raises:
            LogError: ``ledger.edge`` when the length does not fit the size.
        """
        if not 0 <= size <= MAX_SIZE or len(edge) != HASH_SIZE * size.bit_count():
            raise LogError(
                "ledger.edge",
                zh=f"右边缘共 {len(edge)} 字节，与日志条数 {size} 不符",
                en=f"a right edge of {len(edge)} bytes does not fit a tree of {size} entries",
                remedy_zh="运行账本自检，并从备份恢复",
                remedy_en="run the ledger check and restore from a backup",
            )
        frontier = cls(suite)
        frontier.size, frontier._edge = size, edge
        return frontier

    def encode(self) -> bytes:
        """Return the roots one after the other, the largest subtree first."""
        return self._edge

    def copy(self) -> Frontier:
        """Return an independent frontier of the same tree."""
        twin = Frontier(self.suite)
        twin.size, twin._edge, twin._root = self.size, self._edge, self._root
        return twin

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf hash of 32 bytes."""
        self._climb(leaf_hash)

    def add(self, entry: bytes) -> tuple[bytes, list[TileRun]]:
        """Add one entry.

        Returns:
            Its leaf hash, and what :meth:`extend` returns.
        """
        quick = QUICK.get(self.suite.name)
        if quick is None or not (self.size + 1) % TILE_WIDTH:  # a tile that becomes full has a root to tell
            leaf_hash = self.suite.leaf_hash(entry)
            return leaf_hash, self._climb(leaf_hash)
        leaf_hash, self._edge, self._root = quick.add(entry, self.size, self._edge)
        self.size += 1
        return leaf_hash, []

    def extend(self, leaf_hashes: Iterable[bytes]) -> list[TileRun]:
        """Add leaf hashes, in order.

        Returns:
            The hashes of tile level 1 and above that are now complete and were not before.
        """
        return self.extend_row(b"".join(leaf_hashes))

    def extend_row(self, row: bytes) -> list[TileRun]:
        """Add leaf hashes that stand one after the other, as :meth:`extend`.

        Works level by level over the whole batch, so that the cost of an entry is about one node hash.
        """
        if len(row) == HASH_SIZE:
            return self._climb(row)
        parent_row = self.suite.parent_row
        added, start, level = len(row) // HASH_SIZE, self.size, 0
        edge, tail = self._edge, b""
        runs: list[TileRun] = []
        while row:
            if level and not level % TILE_HEIGHT:
                runs.append(TileRun(level // TILE_HEIGHT, start, tuple(split(row))))
            if start & 1:
                row, edge = edge[-HASH_SIZE:] + row, edge[:-HASH_SIZE]
            if len(row) // HASH_SIZE & 1:
                row, tail = row[:-HASH_SIZE], row[-HASH_SIZE:] + tail
            row = parent_row(row)
            start >>= 1
            level += 1
        self._edge, self._root = edge + tail, None
        self.size += added
        return runs

    def _climb(self, node: bytes) -> list[TileRun]:
        """Add one leaf hash, without the rows of a batch."""
        start = self.suite.node_start
        place, level, edge = self.size, 0, self._edge
        runs: list[TileRun] = []
        end = len(edge)
        while place & 1:
            computation = start()
            computation.update(edge[end - HASH_SIZE : end] + node)
            node = computation.digest()
            end -= HASH_SIZE
            place >>= 1
            level += 1
            if not level % TILE_HEIGHT:
                runs.append(TileRun(level // TILE_HEIGHT, place, (node,)))
        self._edge, self._root = edge[:end] + node, None
        self.size += 1
        return runs

    def root(self) -> bytes:
        """Return the root of the tree, 32 bytes; of the empty tree the hash of nothing."""
        if self._root is None:
            self._root = self._joined()
        return self._root

    def _joined(self) -> bytes:
        edge = self._edge
        if not edge:
            return self.suite.empty_root
        start = self.suite.node_start
        root = edge[-HASH_SIZE:]
        for end in range(len(edge) - HASH_SIZE, 0, -HASH_SIZE):
            computation = start()
            computation.update(edge[end - HASH_SIZE : end] + root)
            root = computation.digest()
        return root


def root_of(leaf_hashes: Iterable[bytes], suite: HashSuite = SHA256) -> bytes:
    """Return the root over ``leaf_hashes`` (RFC 6962 section 2.1)."""
    frontier = Frontier(suite)
    frontier.extend(leaf_hashes)
    return frontier.root()


class NodeReader(Protocol):
    """Gives the hash of any complete subtree."""

    def node(self, level: int, index: int) -> bytes:
        """Return the root over the entries ``[index · 2**level, (index + 1) · 2**level)``."""


class HashSource(Protocol):
    """Where stored hashes come from: a storage or a folder of tiles."""

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return the hashes ``[start, stop)`` of a tile level; level 0 are the leaf hashes.

        Returns fewer when not all of them are stored.
        """


class TileCache:
    """A ``NodeReader`` over stored hashes that keeps the tiles it used, hashed through.

    Args:
        source: The stored hashes.
        suite: The hash suite of the tree.
        capacity: Tiles kept; a full one takes about 17 KiB.
    """

    def __init__(self, source: HashSource, suite: HashSuite = SHA256, *, capacity: int = 512) -> None:
        """Start with an empty cache."""
        self._source = source
        self._suite = suite
        self._capacity = capacity
        #: By tile level and index: the hashes of each of the eight tree levels in it, one after the other.
        self._tiles: dict[tuple[int, int], tuple[bytes, ...]] = {}
        self._edges: dict[tuple[int, int], bytes] = {}

    def node(self, level: int, index: int) -> bytes:
        """Return the root over the entries ``[index · 2**level, (index + 1) · 2**level)``.

        Raises:
            LogError: ``ledger.hash-missing`` when the source does not hold what is needed.
        """
        inner = level % TILE_HEIGHT
        key = (level // TILE_HEIGHT, index >> (TILE_HEIGHT - inner))
        at = (index & ((TILE_WIDTH >> inner) - 1)) * HASH_SIZE
        rows = self._tiles.get(key)
        if rows is None or at >= len(rows[inner]):  # not read yet, or grown since
            rows = self._load(*key)
        if at >= len(rows[inner]):
            raise _hash_missing(level, index)
        return rows[inner][at : at + HASH_SIZE]

    def siblings(self, tile_level: int, index: int) -> list[bytes]:
        """Return the eight siblings on the way from a hash of a tile level up through its tile, which must be full.

        Raises:
            LogError: ``ledger.hash-missing`` when the source does not hold the whole tile.
        """
        key = (tile_level, index >> TILE_HEIGHT)
        rows = self._tiles.get(key)
        if rows is None or len(rows[0]) != TILE_WIDTH * HASH_SIZE:
            rows = self._load(*key)
        if len(rows[0]) != TILE_WIDTH * HASH_SIZE:
            raise _hash_missing(tile_level * TILE_HEIGHT, index)
        at = index & (TILE_WIDTH - 1)
        found = []
        for row in rows:
            start = (at ^ 1) * HASH_SIZE
            found.append(row[start : start + HASH_SIZE])
            at >>= 1
        return found

    def edge(self, start: int, size: int) -> bytes:
        """Return the root over the entries ``[start, size)`` at the right edge of a tree; many proofs share the few there are.

        Raises:
            LogError: ``ledger.hash-missing`` when the source does not hold what is needed.
        """
        root = self._edges.get((start, size))
        if root is None:
            root = range_root(self, start, size, self._suite)
            if len(self._edges) >= self._capacity:
                self._edges.clear()
            self._edges[start, size] = root
        return root

    def _load(self, tile_level: int, tile_index: int) -> tuple[bytes, ...]:
        start = tile_index * TILE_WIDTH
        rows = [b"".join(self._source.read_hashes(tile_level, start, start + TILE_WIDTH))]
        for _ in range(1, TILE_HEIGHT):
            rows.append(self._suite.parent_row(rows[-1]))
        self._tiles.pop((tile_level, tile_index), None)
        while len(self._tiles) >= self._capacity:
            self._tiles.pop(next(iter(self._tiles)))
        self._tiles[tile_level, tile_index] = tuple(rows)
        return self._tiles[tile_level, tile_index]


def _hash_missing(level: int, index: int) -> LogError:
    return LogError(
        "ledger.hash-missing",
        zh="账本缺少计算证明所需的哈希",
        en="the log lacks a hash that the proof needs",
        where=f"level {level} index {index}",
        remedy_zh="运行账本自检；瓦片目录可以重建",
        remedy_en="run the ledger check; a tile folder can be rebuilt",
    )


def range_root(reader: NodeReader, start: int, stop: int, suite: HashSuite = SHA256) -> bytes:
    """Return the root over the entries ``[start, stop)``, a subtree that may be incomplete.

    Args:
        reader: Gives the complete subtrees.
        start: A multiple of the smallest power of two that is at least ``stop - start``.
        stop: One past the last entry; greater than ``start``.
        suite: The hash suite of the tree.
    """
    parts = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        parts.append(reader.node(level, start >> level))
        start += 1 << level
    root = parts.pop()
    while parts:
        root = suite.node_hash(parts.pop(), root)
    return root


def tree_root(reader: NodeReader, size: int, suite: HashSuite = SHA256) -> bytes:
    """Return the root of the tree of the first ``size`` entries."""
    return range_root(reader, 0, size, suite) if size else suite.empty_root


def inclusion_path(reader: NodeReader, index: int, size: int, suite: HashSuite = SHA256) -> tuple[bytes, ...]:
    """Return the audit path of the entry ``index`` in the tree of ``size`` entries.

    Source: RFC 6962 section 2.1.1; from the leaf's sibling up to the child of the root.

    Raises:
        ProofError: ``ledger.proof-range`` when the tree has no such entry.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise _out_of_range(f"index {index}", size)
    path: list[bytes] = []
    level, height = 0, (size - 1).bit_length()
    if isinstance(reader, TileCache):  # through each full tile in one step
        while (
            level + TILE_HEIGHT <= height
            and ((index >> (level + TILE_HEIGHT)) + 1) << (level + TILE_HEIGHT) <= size
        ):
            path += reader.siblings(level // TILE_HEIGHT, index >> level)
            level += TILE_HEIGHT
    while level < height:
        sibling = (index >> level) ^ 1
        start, stop = sibling << level, (sibling + 1) << level
        if stop <= size:
            path.append(reader.node(level, sibling))
        elif start < size:
            path.append(
                reader.edge(start, size)
                if isinstance(reader, TileCache)
                else range_root(reader, start, size, suite)
            )
        level += 1
    return tuple(path)


def consistency_path(reader: NodeReader, old: int, new: int, suite: HashSuite = SHA256) -> tuple[bytes, ...]:
    """Return the proof that the tree of ``new`` entries begins with the tree of ``old`` entries.

    Source: RFC 6962 section 2.1.2. For ``old`` = 0 or ``old`` = ``new`` the proof is empty.

    Raises:
        ProofError: ``ledger.proof-range`` when ``old`` is greater than ``new``, or one is negative.
    """
    if not 0 <= old <= new <= MAX_SIZE:
        raise _out_of_range(f"size {old}", new)
    if not old:
        return ()
    parts = []
    start, stop = 0, new
    while old != stop:
        split = start + (1 << ((stop - start - 1).bit_length() - 1))
        if old <= split:
            parts.append((split, stop))
            stop = split
        else:
            parts.append((start, split))
            start = split
    if start:  # the old tree ends in a subtree whose root the verifier cannot know
        parts.append((start, stop))
    return tuple(range_root(reader, a, b, suite) for a, b in reversed(parts))


def _out_of_range(what: str, size: int) -> ProofError:
    return ProofError(
        "ledger.proof-range",
        zh=f"所求位置不在 {size} 条的日志之内",
        en=f"not inside a log of {size} entries",
        where=what,
    )
