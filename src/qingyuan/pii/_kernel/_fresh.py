"""Keeping compiled kernels no older than their sources.

Numba's cache notices a change of a kernel's own file, not of the files of the kernels it calls, whose
code it has built in. So all files of this folder count together: when any of them changed since the
cache was filled, the whole cache is dropped and filled anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

#: File beside the cached code that names the sources it was made of.
STAMP = "kernels.sha256"
_ENDINGS = ("*.nbi", "*.nbc")


def digest(folder: Path) -> str:
    """Return the SHA-256 of the names and contents of all Python files of ``folder``."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        content = path.read_bytes()
        total.update(f"{path.name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def cache_folders(folder: Path) -> list[Path]:
    """Return where Numba may cache the code of ``folder``: as configured, beside it, for the user."""
    name = f"{folder.name}_{hashlib.sha1(str(folder).encode(), usedforsecurity=False).hexdigest()}"
    found = [folder / "__pycache__", _user_cache() / name]
    configured = os.environ.get("NUMBA_CACHE_DIR")
    return [Path(configured) / name, *found] if configured else found


def _user_cache() -> Path:
    """Return Numba's cache folder of the user on this system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "numba" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/numba"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "numba"


def drop_stale(folder: Path, caches: Iterable[Path]) -> None:
    """Empty those ``caches`` that were filled from other sources than those of ``folder``.

    Several processes may do this at once: each file goes once, the stamp is replaced in one step after
    the files are gone, and code cached by another process in between is at worst compiled again.
    A folder that cannot be written is left alone: Numba does not use such a folder either.
    """
    current = digest(folder)
    usable = False
    for cache in caches:
        stamp = cache / STAMP
        with contextlib.suppress(OSError):
            if not usable:
                # Numba fills the first folder it can write: stamped now, it is not dropped at the next start.
                cache.mkdir(parents=True, exist_ok=True)
            if cache.is_dir() and not (stamp.is_file() and stamp.read_text("ascii", "replace") == current):
                _empty(cache)
                _write(stamp, current)
            usable = True


def _empty(cache: Path) -> None:
    """Remove the cached code, indices first."""
    for ending in _ENDINGS:
        for path in cache.glob(ending):
            path.unlink(missing_ok=True)


def _write(stamp: Path, text: str) -> None:
    """Write the stamp in one step."""
    partial = stamp.with_name(f"{STAMP}.{os.getpid()}")
    partial.write_text(text, "ascii")
    partial.replace(stamp)
