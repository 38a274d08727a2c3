"""Merkle trees of RFC 6962 in compiled code: an entry added, a path followed, a row of nodes paired.

Source: RFC 6962, 2.1; RFC 9162, 2.1.3.2. ``kind`` is a number of :mod:`qingyuan.ledger._compiled.blocks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

from qingyuan.ledger._compiled.blocks import SHA256, SM3, copy, hash_blocks
from qingyuan.ledger._compiled.sm3 import Bytes, Longs, Words, hash_each

#: Leaf hash and root, then one hash for each bit that a size may have.
_OUT = 32 * (2 + 64)


@njit(cache=True, nogil=True)
def _node_buffer() -> Bytes:
    """Return the two blocks of a node's message: prefix, room for both children, padding."""
    buffer = np.zeros(128, np.uint8)
    buffer[0] = 1
    buffer[65] = 0x80
    buffer[126] = 2  # 65 bytes are 520 bits
    buffer[127] = 8
    return buffer


@njit(cache=True, nogil=True)
def _leaf(
    kind: int, data: Any, start: int, length: int, padded: Bytes, state: Words, out: Bytes, at: int
) -> None:
    """Write the leaf hash of a part of ``data``."""
    blocks = (length + 9) // 64 + 1
    end = 64 * blocks
    for i in range(end - 72 if end > 72 else 0, end):
        padded[i] = 0
    padded[0] = 0
    copy(padded, 1, data, start, length)
    padded[length + 1] = 0x80
    size = 8 * (length + 1)
    for i in range(4):
        padded[end - 4 + i] = size >> (24 - 8 * i) & 255
    hash_blocks(kind, padded, blocks, state, out, at)


@njit(cache=True, nogil=True)
def _add(kind: int, entry: bytes, size: int, edge: bytes, out: Bytes) -> int:
    """Add an entry at the right edge; write leaf hash, root and new edge, and return how many nodes this has."""
    state = np.empty(8, np.uint32)
    padded = np.empty(len(entry) + 128, np.uint8)
    _leaf(kind, entry, 0, len(entry), padded, state, out, 0)
    node = _node_buffer()
    count = len(edge) // 32
    place = size
    here = 64 + 32 * count  # where the node under way stands; the edge before it is copied below
    copy(out, 64, edge, 0, 32 * count)
    copy(out, here, out, 0, 32)
    while place & 1:
        copy(node, 1, out, here - 32, 32)
        copy(node, 33, out, here, 32)
        here -= 32
        hash_blocks(kind, node, 2, state, out, here)
        place >>= 1
    copy(out, 32, out, here, 32)
    for at in range(here - 32, 32, -32):
        copy(node, 1, out, at, 32)
        copy(node, 33, out, 32, 32)
        hash_blocks(kind, node, 2, state, out, 32)
    return (here - 32) // 32


@njit(cache=True, nogil=True)
def _leads(kind: int, leaf: bytes, index: int, size: int, path: bytes, root: bytes) -> bool:
    """Say whether a path leads from a leaf hash to the root and has the length for its place."""
    inner = 0
    rest = index ^ (size - 1)
    while rest:
        inner += 1
        rest >>= 1
    left = 0
    above = index >> inner
    while above:
        left += above & 1
        above >>= 1
    if len(leaf) != 32 or len(root) != 32 or len(path) != 32 * (inner + left):
        return False
    state = np.empty(8, np.uint32)
    found = np.empty(32, np.uint8)
    node = _node_buffer()
    copy(found, 0, leaf, 0, 32)
    for level in range(inner + left):
        if level >= inner or index >> level & 1:
            copy(node, 1, path, 32 * level, 32)
            copy(node, 33, found, 0, 32)
        else:
            copy(node, 1, found, 0, 32)
            copy(node, 33, path, 32 * level, 32)
        hash_blocks(kind, node, 2, state, found, 0)
    for i in range(32):
        if found[i] != root[i]:
            return False
    return True


@njit(cache=True, nogil=True)
def _each(kind: int, data: bytes, ends: Longs) -> Bytes:
    """Return the leaf hash of each part of ``data``, one after the other in 32 bytes each."""
    count = ends.shape[0]
    out = np.empty(32 * count, np.uint8)
    state = np.empty(8, np.uint32)
    longest = ends[0] if count else 0
    for part in range(1, count):
        longest = max(longest, ends[part] - ends[part - 1])
    padded = np.empty(longest + 128, np.uint8)
    for part in range(count):
        start = ends[part - 1] if part else 0
        _leaf(kind, data, start, ends[part] - start, padded, state, out, 32 * part)
    return out


@njit(cache=True, nogil=True)
def _pairs(kind: int, row: bytes) -> Bytes:
    """Return the node above each pair of a row."""
    count = len(row) // 64
    out = np.empty(32 * count, np.uint8)
    state = np.empty(8, np.uint32)
    node = _node_buffer()
    for pair in range(count):
        copy(node, 1, row, 64 * pair, 64)
        hash_blocks(kind, node, 2, state, out, 32 * pair)
    return out


class Tree:
    """What a hash suite asks of compiled code.

    Args:
        kind: Number of its hash function.
    """

    def __init__(self, kind: int) -> None:
        """Take the number."""
        self._kind = kind

    def leaf_row(self, entries: Sequence[bytes]) -> bytes:
        """Return the leaf hash of each entry, one after the other; there is at least one."""
        ends = np.fromiter(map(len, entries), np.int64, len(entries)).cumsum()
        data = b"".join(entries)
        return (hash_each(data, ends, 0) if self._kind == SM3 else _each(SHA256, data, ends)).tobytes()

    def parent_row(self, row: bytes) -> bytes:
        """Return the hash above each pair of a row; an odd last node has none."""
        if self._kind == SM3:
            pairs = len(row) // 64
            return hash_each(row, np.arange(64, 64 * pairs + 1, 64), 1).tobytes()
        return _pairs(SHA256, row).tobytes()

    def add(self, entry: bytes, size: int, edge: bytes) -> tuple[bytes, bytes, bytes]:
        """Return leaf hash, new edge and root of a tree with one entry more.

        Args:
            entry: The entry.
            size: Entries before it.
            edge: The right edge of the tree before it.
        """
        out = np.empty(_OUT, np.uint8)
        count = _add(self._kind, entry, size, edge, out)
        made = out.tobytes()
        return made[:32], made[64 : 64 + 32 * count], made[32:64]

    def leads(self, leaf: bytes, index: int, size: int, path: bytes, root: bytes) -> bool:
        """Say whether a path, its hashes one after the other, leads from entry ``index`` of ``size`` to the root."""
        return bool(_leads(self._kind, leaf, index, size, path, root))
