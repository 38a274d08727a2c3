"""Keeping compiled kernels no older than their sources.

Numba's cache notices a change of a kernel's own file, not of the files of the kernels it calls, whose
code it has built in. So a file of this folder counts together with those it imports, and those they
import: when any of them changed since the cache was filled, its kernels are dropped and compiled anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

#: File beside the cached code that names the sources it was made of.
STAMP = "kernels.sha256"
_ENDINGS = ("*.nbi", "*.nbc")
#: An import and the names in it.
_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t][^(\n]*(?:\([^)]*\))?", re.MULTILINE)
_NAME = re.compile(rb"\w+")


def digest(folder: Path) -> str:
    """Return a line for each Python file of ``folder``: its name and the SHA-256 of it and all it imports there."""
    contents = {path.stem: path.read_bytes() for path in folder.glob("*.py")}
    imports = {
        stem: {name.decode() for line in _IMPORT.findall(content) for name in _NAME.findall(line)}
        & contents.keys()
        for stem, content in contents.items()
    }
    return "".join(f"{stem} {_total(_reached(stem, imports), contents)}\n" for stem in sorted(contents))


def _reached(stem: str, imports: Mapping[str, set[str]]) -> set[str]:
    """Return the file, the files it imports, the files they import, and so on."""
    found: set[str] = set()
    ahead = {stem}
    while ahead:
        found |= ahead
        ahead = set().union(*(imports[one] for one in ahead)) - found
    return found


def _total(stems: Iterable[str], contents: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of the names and contents of files."""
    total = hashlib.sha256()
    for stem in sorted(stems):
        total.update(f"{stem}\0{len(contents[stem])}\0".encode())
        total.update(contents[stem])
    return total.hexdigest()


def cache_folders(folder: Path) -> list[Path]:
    """Return where Numba may cache the code of ``folder``: as configured, beside it, for the user."""
    name = f"{folder.name}_{hashlib.sha1(str(folder).encode(), usedforsecurity=False).hexdigest()}"
    found = [folder / "__pycache__", _user_cache() / name]
    configured = os.environ.get("NUMBA_CACHE_DIR")
    return [Path(configured) / name, *found] if configured else found


def readable_folders(folder: Path) -> list[Path]:
    """Return where code of ``folder`` that was compiled before may be: as configured, else beside it or for the user."""
    found = cache_folders(folder)
    return found[:1] if os.environ.get("NUMBA_CACHE_DIR") else found


def _user_cache() -> Path:
    """Return Numba's cache folder of the user on this system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "numba" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/numba"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "numba"


def drop_stale(folder: Path, caches: Iterable[Path]) -> None:
    """Drop from ``caches`` what was compiled from other sources than those of ``folder``.

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
            if cache.is_dir():
                known = stamp.read_text("ascii", "replace") if stamp.is_file() else ""
                if known != current:
                    _drop(cache, set(current.splitlines()) & set(known.splitlines()))
                    _write(stamp, current)
            usable = True


def _drop(cache: Path, good: set[str]) -> None:
    """Remove the cached code of all files that have no line in ``good``, indices first."""
    stems = {line.split(" ", 1)[0] for line in good}
    for ending in _ENDINGS:
        for path in cache.glob(ending):
            if path.name.split(".", 1)[0] not in stems:
                path.unlink(missing_ok=True)


def _write(stamp: Path, text: str) -> None:
    """Write the stamp in one step."""
    partial = stamp.with_name(f"{STAMP}.{os.getpid()}")
    partial.write_text(text, "ascii")
    partial.replace(stamp)
