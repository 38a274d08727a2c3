"""The published logs of an office over HTTP, for any client of c2sp.org/tlog-tiles; read-only.

``/log/`` serves the folder ``log``, ``/log-sm3/`` its twin. Only the paths of the format are served: there is no other
file, no listing, and no way out of the folder, since a path is read into numbers and written again.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path

from qingyuan.ledger import CHECKPOINT_NAME, LedgerError, TileName
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
        data = None if found is None else _read(found[0])
        if found is None or data is None:
            return Reply(404, b"no such tile\n", headers=(_NEVER_KEPT, _OPEN_TO_ALL))
        _, tile = found
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
        """Return the file a path stands for, and which tile it is; ``None`` for the checkpoint."""
        for prefix, folder in self._folders.items():
            if not path.startswith(f"{prefix}/"):
                continue
            rest = path.removeprefix(f"{prefix}/")
            if rest == CHECKPOINT_NAME:
                return folder / CHECKPOINT_NAME, None
            try:
                name = TileName.parse(rest)
            except LedgerError:
                return None
            return folder / name.path, name
        return None


def _read(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:  # not there, or not a file of ours
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
