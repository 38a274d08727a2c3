"""Checking a stored log from its bytes up, and naming what is wrong.

Comparing roots is not enough: every entry is read and hashed again, so that an edited entry is found even if all
hashes were left alone. The check streams; it holds a few tiles at a time, whatever the size of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qingyuan.ledger._tilecheck import TileCheck
from qingyuan.ledger.checkpoint import Checkpoint
from qingyuan.ledger.errors import LedgerError
from qingyuan.ledger.hashes import HASH_SIZE, SHA256, HashSuite
from qingyuan.ledger.keys import VerifierKey
from qingyuan.ledger.problems import Problem
from qingyuan.ledger.signed import open_checkpoint
from qingyuan.ledger.storage import Head, LogStorage
from qingyuan.ledger.tiles import TileFolder
from qingyuan.ledger.tree import TILE_WIDTH, Frontier, TileRun


@dataclass(slots=True)
class _Pass:
    """What one pass over the entries leaves behind."""

    from_entries: Frontier
    from_hashes: Frontier
    levels: int = 0


def fsck(
    storage: LogStorage,
    origin: str,
    keys: Iterable[VerifierKey],
    suite: HashSuite = SHA256,
    tiles: TileFolder | None = None,
) -> Iterator[Problem]:
    """Yield every problem of a stored log, and of its tile folder if one is given.

    Re-reads each entry, recomputes its leaf hash, the stored tile hashes, the right edge and the root, verifies
    the signed head, and compares every tile byte for byte.

    Args:
        storage: The stored log, not written to meanwhile.
        origin: The origin the log must have.
        keys: Keys of the log that are trusted.
        suite: The hash suite of the log.
        tiles: The published folder, or ``None`` not to look at it.
    """
    keys = tuple(keys)
    head = storage.read_head()
    if head is None:
        if storage.read_entries(0, 1) or storage.read_hashes(0, 0, 1):
            yield Problem("no-head", "head", zh="有条目而没有日志头", en="there are entries but no head")
        return
    signed = None
    try:
        signed = open_checkpoint(head.note, keys).checkpoint
    except LedgerError as error:
        yield Problem("head-note", "head", zh=error.text("zh"), en=error.text("en"))
    size = signed.size if signed else head.size
    tile_check = TileCheck(tiles, keys, size) if tiles else None
    if tile_check:
        yield from tile_check.begin()
    state = _Pass(Frontier(suite), Frontier(suite))
    for start in range(0, size, TILE_WIDTH):
        span = range(start, min(start + TILE_WIDTH, size))
        if signed is None and _is_empty(storage, span):  # a size that nobody signed may be any number
            yield Problem(
                "entries-end",
                f"index {start}",
                start,
                zh=f"自此起没有条目，而日志头称有 {size} 条",
                en=f"there are no entries from here on, and the head says {size}",
            )
            break
        yield from _chunk(storage, suite, state, span, tile_check)
    yield from _beyond(storage, size, state.levels)
    yield from _compare_head(head, signed, origin, state)
    if tile_check:
        yield from tile_check.finish()


def _is_empty(storage: LogStorage, span: range) -> bool:
    return not storage.read_entries(span.start, span.stop) and not storage.read_hashes(
        0, span.start, span.stop
    )


def _chunk(
    storage: LogStorage, suite: HashSuite, state: _Pass, span: range, tile_check: TileCheck | None
) -> Iterator[Problem]:
    entries = dict(zip(span, storage.read_entries(span.start, span.stop), strict=False))
    hashes = dict(zip(span, storage.read_hashes(0, span.start, span.stop), strict=False))
    if len(entries) != len(span):  # a hole shifts what a range gives: ask for each
        entries = {index: found[0] for index in span if (found := storage.read_entries(index, index + 1))}
    if len(hashes) != len(span):
        hashes = {index: found[0] for index in span if (found := storage.read_hashes(0, index, index + 1))}
    leaves, stored = [], []
    for index in span:
        leaf = suite.leaf_hash(entries[index]) if index in entries else None
        if leaf is None:
            yield Problem("entry-missing", f"index {index}", index, zh="条目缺失", en="the entry is missing")
        if index not in hashes:
            yield Problem(
                "leaf-missing", f"index {index}", index, zh="叶哈希缺失", en="the leaf hash is missing"
            )
        elif leaf and leaf != hashes[index]:
            yield Problem(
                "leaf",
                f"index {index}",
                index,
                zh="条目与所存叶哈希不符：二者之一被改动",
                en="the entry does not have the stored leaf hash: one of the two was changed",
            )
        leaves.append(leaf or hashes.get(index) or bytes(HASH_SIZE))
        stored.append(hashes.get(index) or leaf or bytes(HASH_SIZE))
    state.from_hashes.extend(stored)
    before = state.from_entries.copy()
    runs = state.from_entries.extend(leaves)
    for run in runs:
        state.levels = max(state.levels, run.level)
        yield from _compare_run(storage, run)
    if tile_check:
        yield from tile_check.chunk(span, [entries.get(index) for index in span], leaves, runs, before)


def _compare_run(storage: LogStorage, run: TileRun) -> Iterator[Problem]:
    for offset, expected in enumerate(run.hashes):
        index = run.first_index + offset
        stored = storage.read_hashes(run.level, index, index + 1)
        if list(stored) == [expected]:
            continue
        width = TILE_WIDTH**run.level
        covered = f"{index * width}–{(index + 1) * width - 1}"
        yield Problem(
            "tile-hash",
            f"level {run.level} index {index}",
            index * width,
            zh=f"瓦片哈希与条目不符或缺失（条目 {covered}）",
            en=f"the tile hash is missing or differs from the entries (entries {covered})",
        )


def _beyond(storage: LogStorage, size: int, levels: int) -> Iterator[Problem]:
    where = f"index {size}"
    if storage.read_entries(size, size + 1):
        yield Problem(
            "beyond-head", where, size, zh="条目超出日志头的条数", en="an entry beyond the size of the head"
        )
    for level in range(levels + 2):
        index = size // TILE_WIDTH**level
        if storage.read_hashes(level, index, index + 1):
            yield Problem(
                "beyond-head",
                f"level {level} index {index}",
                size,
                zh="哈希超出日志头的条数",
                en="a hash beyond the size of the head",
            )


def _compare_head(head: Head, signed: Checkpoint | None, origin: str, state: _Pass) -> Iterator[Problem]:
    if signed and signed.origin != origin:
        yield Problem("head-origin", "head", zh="日志头的来源不符", en="the head is of another origin")
    if signed and signed.size != head.size:
        yield Problem(
            "head-size", "head", zh="日志头的条数与签名不符", en="the size of the head is not the signed one"
        )
    if head.edge != state.from_entries.encode():
        yield Problem("edge", "edge", zh="右边缘与条目不符", en="the right edge differs from the entries")
    if signed and signed.root != state.from_entries.root():
        if signed.root == state.from_hashes.root():
            zh, en = (
                "叶哈希与已签名的根一致：被改动的是条目",
                "the leaf hashes give the signed root: entries were changed",
            )
        else:
            zh, en = "条目算出的根与已签名的根不一致", "the entries do not give the signed root"
        yield Problem("root", "head", zh=zh, en=en)
