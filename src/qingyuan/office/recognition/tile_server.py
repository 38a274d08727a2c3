"""The published logs of an office over HTTP, for any client of c2sp.org/tlog-tiles; read-only.

``/log/`` serves the folder ``log``, ``/log-sm3/`` its twin. Only the paths of the format are served: there is no other
file, no listing, and no way out of the folder, since a path is read into numbers and written again.

A log signs more heads than it publishes, and may write a tile anew when it grew: the partial tile of every smaller size is the
beginning of the one that is there, and is answered from it.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path

from qingyuan.ledger import (
    CHECKPOINT_NAME,
    TILE_WIDTH,
    LedgerError,
    TileFolder,
    TileName,
    decode_bundle,
    encode_bundle,
)
from qingyuan.ledger.hashes import HASH_SIZE
from qingyuan.office.serving import TEXT_TYPE, Reply, Request

_TILE_TYPE = "application/octet-stream"
_OPEN_TO_ALL = ("Access-Control-Allow-Origin", "*")  # public data; a page in a browser may check it too
_NEVER_KEPT = ("Cache-Control", "no-store")
_KEPT = ("Cache-Control", "public, max-age=31536000, immutable")


class TileSite:
    """Folders of tiles as something to serve.

    Args:
        folders: Prefix, such as ``"/log"``, to folder.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        """Keep the folders; nothing is read."""
        self._folders = dict(folders)

    @classmethod
    def of_home(cls, home: Path) -> TileSite:
        """Return the site of both logs of a home folder; neither has to be there yet."""
        return cls({"/log": home / "log", "/log-sm3": home / "log-sm3"})

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods a path takes."""
        return () if self._find(path) is None else ("GET", "HEAD")

    def answer(self, request: Request) -> Reply:
        """Answer with a file, or 404 when the log does not have it."""
        found = self._find(request.path)
        folder, tile = found or (Path(), None)
        data = (
            None
            if found is None
            else _read(folder / CHECKPOINT_NAME)
            if tile is None
            else _tile(folder, tile)
        )
        if data is None:
            return Reply(404, b"no such tile\n", headers=(_NEVER_KEPT, _OPEN_TO_ALL))
        if tile is None:
            return Reply(200, data, TEXT_TYPE, (_NEVER_KEPT, _OPEN_TO_ALL))
        headers: tuple[tuple[str, str], ...] = (_KEPT, _OPEN_TO_ALL)
        if tile.level < 0:
            headers = (*headers, ("Vary", "Accept-Encoding"))
            if request.gzip:
                data = gzip.compress(data, mtime=0)
                headers = (*headers, ("Content-Encoding", "gzip"))
        return Reply(200, data, _TILE_TYPE, headers)

    def _find(self, path: str) -> tuple[Path, TileName | None] | None:
        """Return the folder of the log a path is in, and which tile it stands for; ``None`` for the checkpoint."""
        for prefix, folder in self._folders.items():
            if not path.startswith(f"{prefix}/"):
                continue
            rest = path.removeprefix(f"{prefix}/")
            if rest == CHECKPOINT_NAME:
                return folder, None
            try:
                return folder, TileName.parse(rest)
            except LedgerError:
                return None
        return None


def _tile(folder: Path, name: TileName) -> bytes | None:
    """Return a tile, or the beginning of the next wider one that is there."""
    data = _read(folder / name.path)
    if data is not None or name.width == TILE_WIDTH:
        return data
    widths = [*TileFolder(folder).partial_widths(name.level, name.index), TILE_WIDTH]
    for width in (each for each in widths if each > name.width):
        data = _read(folder / TileName(name.level, name.index, width).path)
        if data is not None:
            return _beginning(data, name)
    return None


def _beginning(data: bytes, name: TileName) -> bytes | None:
    if name.level >= 0:
        size = name.width * HASH_SIZE
        return data[:size] if len(data) >= size else None
    try:
        entries = decode_bundle(data)
    except LedgerError:  # cut short by a power cut
        return None
    return encode_bundle(entries[: name.width]) if len(entries) >= name.width else None


def _read(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:  # not there, or not a file of ours
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
