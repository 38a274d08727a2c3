"""Digesting the browser's program file, which is large: SHA-256 every time, SM3 once for each content.

SM3 takes six times as long as SHA-256. What one content's SM3 is does not change, so it is remembered by SHA-256 in
the user's cache folder; the file itself is read again by every process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
from concurrent.futures import Future
from pathlib import Path

import msgspec

from qingyuan.evidence import Digests, digest_stream, format_time
from qingyuan.evidence.sources import open_source
from qingyuan.office.clock import Clock

_BLOCK = 1 << 20
_HEX = re.compile(r"[0-9a-f]{64}\Z")
_LOCK = threading.Lock()


class Digesting(msgspec.Struct):
    """Digests on their way.

    Attributes:
        begun: When reading began.
        result: The digests, or why there are none.
    """

    begun: str
    result: Future[Digests]


_KNOWN: dict[tuple[str, int, int, int, int], Digesting] = {}


def begin_digest(path: Path, clock: Clock) -> Digesting:
    """Begin to digest the browser in a thread of its own; a file that has not changed is read once a process."""
    status = path.stat()
    key = (str(path), status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    with _LOCK:
        known = _KNOWN.get(key)
        if known is None:
            known = _KNOWN[key] = Digesting(format_time(clock.now()), Future())
            threading.Thread(target=_digest, args=(path, known.result), name="digest", daemon=True).start()
        return known


def _digest(path: Path, result: Future[Digests]) -> None:
    try:
        with open_source(path) as source:
            sha256 = hashlib.sha256()
            while block := source.stream.read(_BLOCK):
                sha256.update(block)
            size, name = source.stream.tell(), sha256.hexdigest()
            sm3 = _remembered(name)
            if sm3 is None:
                source.stream.seek(0)
                found = digest_stream(source.stream)
                _remember(found)
            else:
                found = Digests(size, name, sm3)
    except BaseException as error:  # noqa: BLE001 - handed on to whoever waits for the result
        result.set_exception(error)
    else:
        result.set_result(found)


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qingyuan" / "sm3-of-sha256"


def _remembered(sha256: str) -> str | None:
    try:
        text = (_folder() / sha256).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError, RuntimeError):  # no such file, or no home folder
        return None
    return text if _HEX.match(text) else None


def _remember(found: Digests) -> None:
    # A cache that cannot be written costs a second the next time and nothing else.
    with contextlib.suppress(OSError, RuntimeError):
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        scratch = folder / f".{found.sha256}.{os.getpid()}"
        scratch.write_text(found.sm3, encoding="ascii")
        scratch.replace(folder / found.sha256)
