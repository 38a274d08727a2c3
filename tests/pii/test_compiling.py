"""All kernels are compiled ahead of use, in processes of their own, and that is remembered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qingyuan.pii import _kernel, compiling
from qingyuan.pii._kernel import _fresh

#: Compiles the kernels of two small modules instead of all, into the cache that the environment names.
SMALL = """
from qingyuan.pii import compiling
from qingyuan.pii._kernel import _compile, skim, unions

every = compiling._kernels()
chosen = [k for k in every if k.py_func.__module__.endswith((".skim", ".unions"))]
_compile.KERNELS[:] = chosen
assert not compiling.complete()
told = []
missing = compiling.compile_all(lambda done, total: told.append((done, total)), jobs=2)
print(missing, len(chosen), all(total == len(chosen) for _, total in told), compiling.complete())
print(compiling.compile_all(jobs=2))
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; none of the kernels that are loaded is in it."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    (folder,) = (p for p in _fresh.cache_folders(Path(_kernel.__file__).parent) if tmp_path in p.parents)
    return folder


def test_an_empty_cache_is_not_complete(cache: Path) -> None:
    cache.mkdir()
    assert not compiling.complete()
    (cache / "compiled.sha256").write_text("something else", "ascii")
    assert not compiling.complete()


def test_a_cache_is_complete_for_the_sources_it_was_filled_from(cache: Path) -> None:
    cache.mkdir()
    names = [
        f"{k.py_func.__module__.rpartition('.')[2]}.{k.py_func.__qualname__}" for k in compiling._kernels()
    ]
    for name in names:
        (cache / f"{name}-1.py311.nbi").write_bytes(b"")
    assert compiling.compile_all() == 0
    assert compiling.complete()
    assert (
        (cache / "compiled.sha256").read_text("ascii").endswith(_fresh.digest(Path(_kernel.__file__).parent))
    )


def test_what_is_missing_is_compiled_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SMALL],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    first, again = done.stdout.splitlines()
    missing, chosen, told, complete = first.split()
    assert (missing, told, complete, again) == (chosen, "True", "True", "0")
    assert len(list(tmp_path.rglob("*.nbi"))) >= int(chosen)
