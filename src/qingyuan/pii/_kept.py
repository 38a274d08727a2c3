"""What is made of the catalogue's files kept beside the compiled kernels, so that a new process need not make it again.

What is kept is named after the contents of all files it can depend on, the data and the code of this room, and the
versions of Python and NumPy. A file is written whole or not at all,
and carries a digest of its body; one that is damaged, or cannot be written, costs the time of making it and nothing
else. It is trusted as the compiled kernels beside it are: who can write there can run code here.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from qingyuan.pii._kernel import _fresh

T = TypeVar("T")

_ROOM = Path(__file__).absolute().parent
_KERNELS = _ROOM / "_kernel"
_FOLDERS = (_ROOM, _KERNELS, _ROOM / "kinds", _ROOM / "data")
_ENDINGS = (".py", ".yaml")
_DIGEST = 32


def kept(name: str, make: Callable[[], T]) -> T:
    """Return what was kept under ``name``, or make and keep it.

    Args:
        name: A word of its own for each thing that is kept.
        make: Makes it from the files of this room alone; what it returns can be pickled and is never changed.
    """
    state = _state()
    file = f"{name}.{state[:32]}.kept"
    folders = _fresh.cache_folders(_KERNELS)
    for folder in folders:
        with contextlib.suppress(
            OSError, ValueError, EOFError, AttributeError, ImportError, pickle.PickleError
        ):
            content = (folder / file).read_bytes()
            if hashlib.sha256(content[_DIGEST:]).digest() == content[:_DIGEST]:
                found: T = pickle.loads(content[_DIGEST:])  # noqa: S301 - trusted as the machine code beside it
                return found
    made = make()
    body = pickle.dumps(made, protocol=5)
    for folder in folders:
        with contextlib.suppress(OSError):
            _write(folder, name, file, hashlib.sha256(body).digest() + body)
            break
    return made


def _write(folder: Path, name: str, file: str, content: bytes) -> None:
    """Put a file into the folder in one step, and take out what was kept under the name before."""
    partial = folder / f"{file}.{os.getpid()}"
    partial.write_bytes(content)
    partial.replace(folder / file)
    for old in folder.glob(f"{name}.*.kept"):
        if old.name != file:
            old.unlink(missing_ok=True)


@functools.cache
def _state() -> str:
    """Return the digest of all that anything kept is made of."""
    total = hashlib.sha256(f"{sys.implementation.cache_tag} {np.__version__}".encode())
    files = [path for folder in _FOLDERS for path in folder.glob("*.*") if path.suffix in _ENDINGS]
    for path in sorted(files):
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            total.update(f"{path.relative_to(_ROOM.parent)}\0{len(content)}\0".encode())
            total.update(content)
    return total.hexdigest()
