"""What is called from outside compiled code: each takes numbers and addresses, all of 64 bits, and writes what it finds to memory.

Machine code of these needs nothing of Numba or Python, so a process that finds it on the disk
(:mod:`qingyuan.ledger._machine`) signs and hashes by it without importing either's compiler.
"""

from __future__ import annotations

from typing import Any

from qingyuan.ledger._compiled import sm2, tree
from qingyuan.ledger._compiled.blocks import HAS_SHA, SHA256, SM3
from qingyuan.ledger._compiled.local import bytes_at, entry, longs_at, signed_at
from qingyuan.ledger._compiled.sm3 import hash_each

#: Words of the table of the base point of SM2: 64 windows of 15 points of two coordinates.
TABLE = 64 * 15 * 8


@entry(1, called_from_python=True)
def table(out: int) -> None:
    """Write the table of the base point of SM2, 60 KiB; made once and kept with the code."""
    sm2.make_table(longs_at(out, TABLE))


@entry(5)
def sign(nonce: int, digest: int, inverse: int, points: int, out: int) -> None:
    """Write an SM2 signature by one nonce and whether the standard allows it, 65 bytes."""
    made = bytes_at(out, 65)
    known = longs_at(points, TABLE)
    made[64] = sm2.sign(bytes_at(nonce, 32), bytes_at(digest, 32), bytes_at(inverse, 32), known, made)


@entry(5)
def sign_first(private: int, digest: int, inverse: int, points: int, out: int) -> None:
    """Write an SM2 signature by the first nonce of RFC 6979 and whether there is one by it, 65 bytes."""
    made = bytes_at(out, 65)
    known = longs_at(points, TABLE)
    made[64] = sm2.sign_first(bytes_at(private, 32), bytes_at(digest, 32), bytes_at(inverse, 32), known, made)


@entry(7)
def add(kind: int, data: int, length: int, size: int, edge: int, count: int, out: int) -> None:
    """Write what :func:`qingyuan.ledger._compiled.tree.add` does: 64 bytes and the edge; then follows room for entry and padding."""
    made = 96 + 32 * count
    tree.add(
        kind,
        bytes_at(data, length),
        length,
        size,
        bytes_at(edge, 32 * count),
        count,
        bytes_at(out + made, length + 128),
        bytes_at(out, made),
    )


@entry(6)
def leaves(kind: int, data: int, ends: int, count: int, longest: int, out: int) -> None:
    """Write the leaf hash of each of at least one part, 32 bytes each; then follows room for eight parts and padding."""
    until = signed_at(ends, count)
    made, room = bytes_at(out, 32 * count), bytes_at(out + 32 * count, 8 * (longest + 128))
    if kind == SM3:
        hash_each(bytes_at(data, until[count - 1]), until, count, longest, 0, room, made)
    else:
        tree.each(SHA256, bytes_at(data, until[count - 1]), until, count, room, made)


@entry(4)
def parents(kind: int, row: int, count: int, out: int) -> None:
    """Write the node above each of ``count`` pairs, 32 bytes each; then follows room for ends and messages."""
    pairs = bytes_at(row, 64 * count)
    made = bytes_at(out, 32 * count)
    if kind == SM3:
        ends = signed_at(out + 32 * count, count)
        for pair in range(count):
            ends[pair] = 64 * (pair + 1)
        hash_each(pairs, ends, count, 64, 1, bytes_at(out + 40 * count, 8 * 192), made)
    else:
        tree.pairs(SHA256, pairs, count, made)


@entry(8)
def leads(kind: int, leaf: int, index: int, size: int, path: int, length: int, root: int, out: int) -> None:
    """Write one byte: whether a path leads from a leaf hash to the root."""
    bytes_at(out, 1)[0] = tree.leads(
        kind, bytes_at(leaf, 32), index, size, bytes_at(path, 32 * length), length, bytes_at(root, 32)
    )


#: By name.
ENTRIES: dict[str, Any] = {one.__name__: one for one in (sign, sign_first, add, leaves, parents, leads)}
#: Which hashes are quicker here than OpenSSL's.
SUITES = {"sha256": SHA256, "sm3": SM3} if HAS_SHA else {"sm3": SM3}
