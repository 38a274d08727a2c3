"""Compiling all kernels ahead of use, in several processes, and telling whether that was done.

What is compiled is cached beside the package (see :mod:`qingyuan.pii._kernel`), so this is needed once for an
installation. Without it each kernel is compiled when it is first needed, one after the other.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from qingyuan.pii import _kernel
from qingyuan.pii._kernel import _fresh

#: Called with how many kernels are compiled, and of how many.
Progress = Callable[[int, int], None]

_FOLDER = Path(_kernel.__file__).absolute().parent
#: File beside the cached code: the stamp of the sources when all of them had been compiled.
_WHOLE = "compiled.sha256"
#: Begins that file: what else was made of the compiled code then.
_MADE = "image 1"
_SECONDS = 0.5
#: More processes than this wait for each other's kernels.
_MOST = 4


def complete() -> bool:
    """Tell whether all kernels were compiled ahead of use, by this Python and Numba."""
    if _kernel.NATIVE is not None and _kernel.NATIVE.folder in _fresh.readable_folders(_FOLDER):
        return True
    cache = _cache()
    try:
        return cache is not None and (cache / _WHOLE).read_text("ascii") == _state()
    except (OSError, UnicodeError):
        return False


def compile_all(progress: Progress | None = None, jobs: int | None = None) -> int:
    """Compile all kernels that are not in the cache; return how many those were.

    Args:
        progress: Told the number of compiled kernels and of all, twice a second while it changes.
        jobs: Processes; by default one a core, at most four.
    """
    kernels = _kernels()
    cache = _cache()
    if cache is None:
        return 0
    total = len(kernels)
    missing = total - _compiled(kernels)
    if missing:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        with tempfile.TemporaryDirectory(prefix="qingyuan-") as claims:
            done = {path.stem for path in _FOLDER.glob("*.py")} - {_stem(k) for k in _missing(kernels)}
            for stem in done:
                (Path(claims) / stem).touch()
            for _ in _working(Path(claims), min(jobs or cores, _MOST)):
                if progress:
                    progress(_compiled(kernels), total)
    if _compiled(kernels) < total:
        for kernel in kernels:
            kernel.prepare()
    with contextlib.suppress(OSError):
        _image(cache, kernels)
        (cache / _WHOLE).write_text(_state(), "ascii")
    return missing


def _image(cache: Path, kernels: list[Any]) -> None:
    """Make what lets other processes call the kernels without Numba, where that can be done."""
    from qingyuan.pii._kernel import _image, _native  # noqa: PLC0415 - loads Numba

    functions = {_name(kernel): kernel.py_func.__code__.co_firstlineno for kernel in kernels}
    with contextlib.suppress(_image.Unsuited):
        _native.save(_image.make(cache, _FOLDER, functions), cache, os.getpid())


def work(claims: str) -> None:
    """Compile module by module what no other process has claimed in the folder; run in processes of its own."""
    for stem, kernels in _by_module().items():
        try:
            (Path(claims) / stem).touch(exist_ok=False)
        except FileExistsError:
            continue
        except FileNotFoundError:
            return  # the others are done, and the folder is gone
        for kernel in kernels:
            kernel.prepare()


def _working(claims: Path, count: int) -> Iterator[None]:
    """Yield now and then while ``count`` processes compile; what a failed one leaves is compiled when needed."""
    call = f"from qingyuan.pii.compiling import work; work({str(claims)!r})"
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # Ctrl-C is for this process to hear
    try:
        processes = [subprocess.Popen([sys.executable, "-c", call]) for _ in range(count)]  # noqa: S603 - this Python
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        while any(process.poll() is None for process in processes):
            yield
            time.sleep(_SECONDS)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _by_module() -> dict[str, list[Any]]:
    """Return the kernels of each module, those that others call before their callers."""
    found: dict[str, list[Any]] = {}
    for kernel in _kernels():
        found.setdefault(_stem(kernel), []).append(kernel)
    return found


def _kernels() -> list[Any]:
    """Import all modules of kernels and return the kernels, those that others call before their callers."""
    for path in sorted(_FOLDER.glob("[a-z]*.py")):
        importlib.import_module(f"{_kernel.__name__}.{path.stem}")
    from qingyuan.pii._kernel._compile import KERNELS  # noqa: PLC0415 - loads Numba unless all is compiled

    return KERNELS


def _stem(kernel: Any) -> str:
    """Return the name of the kernel's module."""
    return str(kernel.py_func.__module__).rpartition(".")[2]


def _name(kernel: Any) -> str:
    """Return the names of the kernel's module and of the kernel."""
    return f"{_stem(kernel)}.{kernel.py_func.__qualname__}"


def _compiled(kernels: list[Any]) -> int:
    """Return how many of the kernels are in the cache."""
    return len(kernels) - len(_missing(kernels))


def _missing(kernels: list[Any]) -> list[Any]:
    """Return the kernels that are not in the cache."""
    cache = _cache()
    names = set() if cache is None else {path.name.rpartition("-")[0] for path in cache.glob("*.nbi")}
    return [kernel for kernel in kernels if _name(kernel) not in names]


def _cache() -> Path | None:
    """Return the folder that Numba fills, ``None`` if there is none."""
    return next((p for p in _fresh.cache_folders(_FOLDER) if os.access(p, os.W_OK)), None)


def _state() -> str:
    """Return what the cached code depends on: sources, Python, Numba."""
    from numba import __version__ as numba_version  # noqa: PLC0415 - heavy

    return f"{_MADE} {sys.implementation.cache_tag} {numba_version}\n{_fresh.digest(_FOLDER)}"
