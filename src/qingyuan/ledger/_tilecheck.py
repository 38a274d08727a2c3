"""The part of the check that looks at the tile folder, fed by the one pass over the entries."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from qingyuan.ledger.errors import FormatError, LedgerError
from qingyuan.ledger.keys import VerifierKey
from qingyuan.ledger.problems import Problem
from qingyuan.ledger.signed import open_checkpoint
from qingyuan.ledger.tiles import CHECKPOINT_NAME, TileFolder, TileName, encode_bundle
from qingyuan.ledger.tree import TILE_HEIGHT, TILE_WIDTH, Frontier, TileRun


class TileCheck:
    """Compares a tile folder with the log as its entries go by.

    The folder may lag behind the log: what must be there follows from the checkpoint published in it. What is
    there beyond that must still agree with the log.

    Args:
        tiles: The folder.
        keys: Keys of the log that are trusted.
        size: Size of the log.
    """

    def __init__(self, tiles: TileFolder, keys: Sequence[VerifierKey], size: int) -> None:
        self._tiles = tiles
        self._keys = keys
        self._size = size
        self._published = size
        self._root: bytes | None = None
        self._upper: dict[int, list[bytes]] = {}

    def begin(self) -> Iterator[Problem]:
        """Read the published checkpoint."""
        note = self._tiles.checkpoint()
        if note is None:
            yield _problem("tile-checkpoint", CHECKPOINT_NAME, "没有检查点", "there is no checkpoint")
            return
        try:
            checkpoint = open_checkpoint(note, self._keys).checkpoint
        except LedgerError as error:
            yield Problem("tile-checkpoint", CHECKPOINT_NAME, None, error.text("zh"), error.text("en"))
            return
        if checkpoint.size > self._size:
            yield _problem(
                "tile-checkpoint",
                CHECKPOINT_NAME,
                "已公布的检查点比日志更新：日志被回退",
                "the published checkpoint is ahead of the log: the log was rolled back",
            )
            return
        self._published, self._root = checkpoint.size, checkpoint.root
        if not checkpoint.size:
            yield from self._compare_root(Frontier(self._tiles.suite))

    def chunk(
        self,
        span: range,
        entries: Sequence[bytes | None],
        leaves: Sequence[bytes],
        runs: Sequence[TileRun],
        before: Frontier,
    ) -> Iterator[Problem]:
        """Compare the bundle and the tiles that the entries of ``span`` complete.

        Args:
            span: Indexes of at most 256 entries, from a multiple of 256.
            entries: The entries; ``None`` for one that is missing.
            leaves: Their leaf hashes.
            runs: The tile hashes they complete.
            before: The frontier before them.
        """
        index = span.start // TILE_WIDTH
        present = [entry for entry in entries if entry is not None]
        if len(present) == len(entries):
            yield from self._tile(-1, index, [encode_bundle((entry,)) for entry in present])
        yield from self._tile(0, index, leaves)
        for run in runs:
            row = self._upper.setdefault(run.level, [])
            row.extend(run.hashes)
            if len(row) == TILE_WIDTH:
                yield from self._tile(run.level, run.first_index // TILE_WIDTH, row)
                row.clear()
        if span.start < self._published <= span.stop:  # the tree as it was when it was published
            before.extend(leaves[: self._published - span.start])
            yield from self._compare_root(before)

    def finish(self) -> Iterator[Problem]:
        """Compare the partial tiles of the upper levels and look for files that are no tiles of the log."""
        for level, row in sorted(self._upper.items()):
            if row:
                count = self._size >> (TILE_HEIGHT * level)
                yield from self._tile(level, count // TILE_WIDTH, row)
        for folder, _, names in os.walk(self._tiles.folder):
            for name in sorted(names):
                relative = (Path(folder) / name).relative_to(self._tiles.folder).as_posix()
                if not name.startswith(".") and relative != CHECKPOINT_NAME and not self._belongs(relative):
                    yield _problem(
                        "tile-stray", relative, "不属于本日志的文件", "a file that is no tile of this log"
                    )

    def _compare_root(self, frontier: Frontier) -> Iterator[Problem]:
        if self._root is not None and frontier.root() != self._root:
            yield _problem(
                "tile-checkpoint",
                CHECKPOINT_NAME,
                "已公布的检查点与条目算出的根不一致",
                "the published checkpoint is not the root of the entries",
            )

    def _tile(self, level: int, index: int, parts: Sequence[bytes]) -> Iterator[Problem]:
        """Compare every file of one tile with ``parts``, its hashes or entries as far as the log has them."""
        full = (self._tiles.folder / TileName(level, index).path).is_file()
        widths = self._tiles.partial_widths(level, index) + ([TILE_WIDTH] if full else [])
        published = (self._published >> (TILE_HEIGHT * max(level, 0))) - index * TILE_WIDTH
        needed = min(published, TILE_WIDTH)
        if needed > 0 and needed not in widths and not full:
            yield _problem(
                "tile-missing", TileName(level, index, needed).path, "瓦片缺失", "the tile is missing"
            )
        for width in widths:
            if width <= len(parts):  # a wider one is reported as a stray
                yield from self._compare(TileName(level, index, width), parts[:width])

    def _compare(self, name: TileName, parts: Sequence[bytes]) -> Iterator[Problem]:
        expected = b"".join(parts)
        with (self._tiles.folder / name.path).open("rb") as file:
            found = file.read(len(expected) + 1)
        if found == expected:
            return
        at, first = 0, name.width - 1
        for position, part in enumerate(parts):
            if found[at : at + len(part)] != part:
                first = position
                break
            at += len(part)
        index = (name.index * TILE_WIDTH + first) * TILE_WIDTH ** max(name.level, 0)
        yield Problem(
            "tile",
            name.path,
            index,
            zh=f"瓦片与日志不符，自条目 {index} 起",
            en=f"the tile differs from the log, from entry {index} on",
        )

    def _belongs(self, relative: str) -> bool:
        try:
            name = TileName.parse(relative)
        except FormatError:
            return False
        return name.index * TILE_WIDTH + name.width <= self._size >> (TILE_HEIGHT * max(name.level, 0))


def _problem(code: str, where: str, zh: str, en: str) -> Problem:
    return Problem(code, where, None, zh, en)
