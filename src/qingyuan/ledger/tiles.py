"""The published form of a log: a folder of tiles that any web server can serve (c2sp.org/tlog-tiles).

Tiles are derived from the stored log. They are written after the commit, each by an atomic rename and
without syncing: what a power cut takes away, :meth:`TileFolder.publish` writes again.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qingyuan.ledger.checkpoint import parse_checkpoint
from qingyuan.ledger.errors import FormatError, LogError
from qingyuan.ledger.hashes import HASH_SIZE, SHA256, HashSuite
from qingyuan.ledger.log import MAX_ENTRY_SIZE
from qingyuan.ledger.note import parse_note
from qingyuan.ledger.storage import Head, LogStorage
from qingyuan.ledger.tree import TILE_HEIGHT, TILE_WIDTH, TileCache, tree_root

#: Name of the signed checkpoint within the folder.
CHECKPOINT_NAME = "checkpoint"

#: Highest tile level a path may name.
MAX_TILE_LEVEL = 63

_LENGTH_SIZE = 2
_TILE_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True, order=True)
class TileName:
    """Which tile a file is.

    Attributes:
        level: Tile level, 0 for leaf hashes, or −1 for a bundle of entries.
        index: Index of the tile within its level.
        width: Hashes or entries in it, 256 for a full tile.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The path below the log's prefix, e.g. ``"tile/0/x001/x234/067.p/12"``."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level < 0 else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"

    @classmethod
    def parse(cls, path: str) -> TileName:
        """Read a path.

        Raises:
            FormatError: ``ledger.tile-path`` when it is not the one path of a tile.
        """
        match = _TILE_PATH.fullmatch(path)
        if match:
            level, index, width = match.groups()
            name = cls(
                -1 if level == "entries" else int(level),
                int(index.replace("x", "").replace("/", "")),
                int(width or TILE_WIDTH),
            )
            if name.path == path and name.level <= MAX_TILE_LEVEL:
                return name
        raise FormatError("ledger.tile-path", zh="不是瓦片路径", en="not the path of a tile", where=path)


def tile_names(size: int, since: int = 0) -> Iterator[TileName]:
    """Yield the tiles of a log of ``size`` entries that a log of ``since`` entries did not have."""
    for level in (-1, *range(MAX_TILE_LEVEL + 1)):
        shift = TILE_HEIGHT * max(level, 0)
        count, before = size >> shift, since >> shift
        if not count:
            return
        for index in range(before // TILE_WIDTH, -(-count // TILE_WIDTH)):
            width = min(TILE_WIDTH, count - index * TILE_WIDTH)
            if index * TILE_WIDTH + width > before:
                yield TileName(level, index, width)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries as a bundle: each after its length as big-endian uint16.

    Raises:
        FormatError: ``ledger.entry-size`` when an entry is longer than 65,535 bytes.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_SIZE:
            raise FormatError("ledger.entry-size", zh="条目过长", en="an entry is too long for a bundle")
        parts += (len(entry).to_bytes(_LENGTH_SIZE, "big"), entry)
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        FormatError: ``ledger.bundle`` when it is cut short or holds no or more than 256 entries.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) <= TILE_WIDTH:
        start = at + _LENGTH_SIZE
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data) or not 1 <= len(entries) <= TILE_WIDTH:
        raise FormatError(
            "ledger.bundle",
            zh="条目包残缺或条数不对",
            en="the bundle is cut short or has a wrong number of entries",
        )
    return entries


class TileFolder:
    """A folder of tiles: written from a storage, read as a source of hashes and entries.

    Args:
        folder: The folder; made when it is first written.
        suite: The hash suite of the log.
    """

    def __init__(self, folder: Path, suite: HashSuite = SHA256) -> None:
        """Name the folder; nothing is read or written."""
        self.folder = folder
        self.suite = suite

    def checkpoint(self) -> bytes | None:
        """Return the published checkpoint note, or ``None`` when there is none."""
        path = self.folder / CHECKPOINT_NAME
        return path.read_bytes() if path.is_file() else None

    def publish(
        self, storage: LogStorage, *, rebuild: bool = False, show: Callable[[Head], bytes] | None = None
    ) -> list[str]:
        """Write the tiles that are new since the published checkpoint, then the checkpoint.

        Call it after the commit. Every bundle is hashed before it is written, so that a folder never gets entries
        that contradict their leaf hashes.

        Args:
            storage: The committed log.
            rebuild: Look at every tile, and write those that are missing or differ.
            show: Gives the checkpoint to show for the head whose tiles were just written, such as an older one that has
                cosignatures; by default that of the head.

        Returns:
            Paths of the files written, in order.

        Raises:
            LogError: ``ledger.no-head`` when the log was never written, ``ledger.rolled-back`` when it does not
                continue what the folder published, ``ledger.hash-missing`` or ``ledger.leaf`` when the storage
                contradicts itself.
        """
        head = storage.read_head()
        if head is None:
            raise LogError("ledger.no-head", zh="日志尚未建立", en="the log was never written")
        published = self._published_size(storage, head.size)
        since = 0 if rebuild else published
        written = [path for name in tile_names(head.size, since) if (path := self._write_tile(storage, name))]
        self._drop_superseded(head.size, since)
        if self._write(CHECKPOINT_NAME, head.note if show is None else show(head)):
            written.append(CHECKPOINT_NAME)
        return written

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return hashes of a tile level in order of index, as far as the folder has them."""
        hashes: list[bytes] = []
        for index in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
            data = self._widest(level, index)
            whole = len(data) - len(data) % HASH_SIZE
            hashes += [data[at : at + HASH_SIZE] for at in range(0, whole, HASH_SIZE)]
            if whole != TILE_WIDTH * HASH_SIZE:
                break
        skip = start % TILE_WIDTH
        return hashes[skip : skip + stop - start]

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Return entries in order of index, as far as the folder has them.

        Raises:
            FormatError: ``ledger.bundle`` when a bundle is malformed.
        """
        entries: list[bytes] = []
        for index in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
            data = self._widest(-1, index)
            bundle = decode_bundle(data) if data else []
            entries += bundle
            if len(bundle) < TILE_WIDTH:
                break
        skip = start % TILE_WIDTH
        return entries[skip : skip + stop - start]

    def partial_widths(self, level: int, index: int) -> list[int]:
        """Return the widths of the partial files of a tile, ascending."""
        folder = self.folder / f"{TileName(level, index).path}.p"
        if not folder.is_dir():
            return []
        names = [each.name for each in folder.iterdir()]
        return sorted(
            int(name) for name in names if re.fullmatch("[1-9][0-9]{0,2}", name) and int(name) < TILE_WIDTH
        )

    def _widest(self, level: int, index: int) -> bytes:
        path = self.folder / TileName(level, index).path
        if path.is_file():
            return path.read_bytes()
        widths = self.partial_widths(level, index)
        return (self.folder / TileName(level, index, widths[-1]).path).read_bytes() if widths else b""

    def _published_size(self, storage: LogStorage, size: int) -> int:
        """Return the size already published, after checking that the log continues it."""
        note = self.checkpoint()
        if note is None:
            return 0
        try:
            published = parse_checkpoint(parse_note(note).text)
        except FormatError:  # cut short by a power cut: everything is looked at again
            return 0
        cache = TileCache(storage, self.suite)
        if published.size <= size and tree_root(cache, published.size, self.suite) == published.root:
            return published.size
        raise LogError(
            "ledger.rolled-back",
            zh=f"已公布的检查点（{published.size} 条）不是本日志的开头：日志可能被回退或替换",
            en=f"the published checkpoint ({published.size} entries) does not begin this log: "
            "the log was rolled back or replaced",
            where=str(self.folder / CHECKPOINT_NAME),
            remedy_zh="停止写入并查明原因；见证方保有较新的检查点",
            remedy_en="stop writing and find out why; the witnesses hold the newer checkpoint",
        )

    def _write_tile(self, storage: LogStorage, name: TileName) -> str | None:
        start = name.index * TILE_WIDTH
        stop = start + name.width
        hashes = storage.read_hashes(max(name.level, 0), start, stop)
        data = b"".join(hashes)
        if name.level < 0:
            entries = storage.read_entries(start, stop)
            if self.suite.leaf_hashes(entries) != list(hashes):
                raise _contradiction(
                    "ledger.leaf", "条目与所存叶哈希不符", "entries differ from their leaf hashes", name
                )
            data = encode_bundle(entries)
        if len(hashes) != name.width:
            raise _contradiction("ledger.hash-missing", "账本缺少哈希", "the log lacks hashes", name)
        return name.path if self._write(name.path, data) else None

    def _write(self, relative: str, data: bytes) -> bool:
        path = self.folder / relative
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        scratch.write_bytes(data)
        scratch.replace(path)
        return True

    def _drop_superseded(self, size: int, since: int) -> None:
        """Remove the partial files of tiles that became full, as the format allows."""
        for name in tile_names(size, since):
            partial = self.folder / f"{name.path}.p"
            if name.width == TILE_WIDTH and partial.is_dir():
                shutil.rmtree(partial)


def _contradiction(code: str, zh: str, en: str, name: TileName) -> LogError:
    return LogError(
        code,
        zh=zh,
        en=en,
        where=name.path,
        remedy_zh="运行账本自检，并从备份恢复",
        remedy_en="run the ledger check and restore from a backup",
    )
