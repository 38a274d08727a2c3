"""Merkle trees of RFC 6962 in compiled code: an entry added, a path followed, a row of nodes paired.

Source: RFC 6962, 2.1; RFC 9162, 2.1.3.2. ``kind`` is a number of :mod:`qingyuan.ledger._compiled.blocks`.
"""

from __future__ import annotations

from qingyuan.ledger._compiled.blocks import copy, hash_blocks
from qingyuan.ledger._compiled.local import kernel, local_bytes, local_words
from qingyuan.ledger._compiled.sm3 import Bytes, Longs, Words


@kernel
def _begin_node(buffer: Bytes) -> None:
    """Write the two blocks of a node's message: prefix, room for both children, padding."""
    for i in range(128):
        buffer[i] = 0
    buffer[0] = 1
    buffer[65] = 0x80
    buffer[126] = 2  # 65 bytes are 520 bits
    buffer[127] = 8


@kernel
def leaf(
    kind: int, data: Bytes, start: int, length: int, padded: Bytes, state: Words, out: Bytes, at: int
) -> None:
    """Write the leaf hash of a part of ``data``; ``padded`` has room for 128 bytes more than it."""
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


@kernel
def add(
    kind: int, entry: Bytes, length: int, size: int, edge: Bytes, count: int, padded: Bytes, out: Bytes
) -> None:
    """Add an entry at the right edge; write leaf hash, root and new edge.

    Args:
        kind: The hash.
        entry: The entry.
        length: Its length.
        size: How many entries there are before it.
        edge: The right edge before it.
        count: How many nodes this has.
        padded: Room for the entry and 128 bytes.
        out: Takes 32 bytes of leaf hash, 32 of root, and the edge; room for one node more than the edge had.
    """
    state, node = local_words(8), local_bytes(128)
    leaf(kind, entry, 0, length, padded, state, out, 0)
    _begin_node(node)
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


@kernel
def leads(kind: int, first: Bytes, index: int, size: int, path: Bytes, length: int, root: Bytes) -> bool:
    """Say whether a path of ``length`` nodes leads from a leaf hash to the root and has the length for its place."""
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
    if length != inner + left:
        return False
    state, found, node = local_words(8), local_bytes(32), local_bytes(128)
    _begin_node(node)
    copy(found, 0, first, 0, 32)
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


@kernel
def each(kind: int, data: Bytes, ends: Longs, count: int, padded: Bytes, out: Bytes) -> None:
    """Write the leaf hash of each part of ``data``, one after the other in 32 bytes each."""
    state = local_words(8)
    for part in range(count):
        start = ends[part - 1] if part else 0
        leaf(kind, data, start, ends[part] - start, padded, state, out, 32 * part)


@kernel
def pairs(kind: int, row: Bytes, count: int, out: Bytes) -> None:
    """Write the node above each of ``count`` pairs of a row."""
    state, node = local_words(8), local_bytes(128)
    _begin_node(node)
    for pair in range(count):
        copy(node, 1, row, 64 * pair, 64)
        hash_blocks(kind, node, 2, state, out, 32 * pair)
