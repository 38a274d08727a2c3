"""Compiled code is never older than the sources of what it calls."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from numba.core import caching

from qingyuan.pii._kernel import _fresh, unions

CALLEE = """
from numba import njit


@njit("int64(int64)", cache=True)
def inner(x):
    return x + {added}
"""
CALLER = """
from numba import njit

from kernels.callee import inner


@njit("int64(int64)", cache=True)
def outer(x):
    return inner(x) * 10
"""
#: Loads the module by its file: the package would bring all its kernels along.
START = """
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

spec = spec_from_file_location("fresh", {file!r})
fresh = module_from_spec(spec)
spec.loader.exec_module(fresh)
HERE = Path(__file__).absolute().parent
{check}
"""


def run(folder: Path, **environment: str) -> int:
    """Return ``outer(1)`` as a new process computes it."""
    done = subprocess.run(
        [sys.executable, "-c", "from kernels.caller import outer; print(outer(1))"],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def write(folder: Path, added: int, *, check: bool = True) -> Path:
    package = folder / "kernels"
    package.mkdir(exist_ok=True)
    call = "fresh.drop_stale(HERE, fresh.cache_folders(HERE))" if check else ""
    (package / "__init__.py").write_text(START.format(check=call, file=_fresh.__file__), "utf-8")
    (package / "callee.py").write_text(CALLEE.format(added=added), "utf-8")
    if not (package / "caller.py").exists():
        (package / "caller.py").write_text(CALLER, "utf-8")
    return package


@pytest.mark.parametrize("where", ["beside", "configured"])
def test_a_change_of_a_called_kernel_reaches_its_callers(tmp_path: Path, where: str) -> None:
    environment = {"NUMBA_CACHE_DIR": str(tmp_path / "cache") if where == "configured" else ""}
    write(tmp_path, 1)
    assert run(tmp_path, **environment) == 20
    write(tmp_path, 2)
    assert run(tmp_path, **environment) == 30
    (index,) = tmp_path.rglob("caller.outer-*.nbi")
    filled = index.stat().st_mtime_ns
    assert run(tmp_path, **environment) == 30
    assert index.stat().st_mtime_ns == filled
    assert len(list(tmp_path.rglob("caller.outer-*.nbi"))) == 1


def test_without_the_check_the_change_would_be_missed(tmp_path: Path) -> None:
    write(tmp_path, 1, check=False)
    assert run(tmp_path, NUMBA_CACHE_DIR="") == 20
    write(tmp_path, 2, check=False)
    assert run(tmp_path, NUMBA_CACHE_DIR="") == 20


def cached(tmp_path: Path) -> tuple[Path, Path]:
    source, cache = tmp_path / "source", tmp_path / "cache"
    source.mkdir()
    cache.mkdir()
    (source / "a.py").write_text("A = 1\n", "utf-8")
    for name in ("a.f-1.py311.nbi", "a.f-1.py311.1.nbc", "a.cpython-311.pyc"):
        (cache / name).write_bytes(b"code")
    return source, cache


def test_only_cached_kernels_are_dropped_and_only_once(tmp_path: Path) -> None:
    source, cache = cached(tmp_path)
    _fresh.drop_stale(source, [cache, tmp_path / "absent"])
    assert sorted(p.name for p in cache.iterdir()) == ["a.cpython-311.pyc", _fresh.STAMP]
    (cache / "a.f-1.py311.nbi").write_bytes(b"new")
    _fresh.drop_stale(source, [cache])
    assert (cache / "a.f-1.py311.nbi").read_bytes() == b"new"
    (source / "a.py").write_text("A = 2\n", "utf-8")
    _fresh.drop_stale(source, [cache])
    assert not (cache / "a.f-1.py311.nbi").exists()


@pytest.mark.parametrize(
    "line",
    [
        "from pack.a import A",
        "from pack import (\n    a,\n)",
        "if A:\n    import pack.a",
        "from pack import a as other",
    ],
)
def test_a_change_drops_the_kernels_of_those_who_import_it_and_no_others(tmp_path: Path, line: str) -> None:
    source, cache = cached(tmp_path)
    (source / "b.py").write_text(f"{line}\n", "utf-8")
    (source / "c.py").write_text("from pack.b import A\n", "utf-8")
    (source / "d.py").write_text("A = 'pack.a'\n", "utf-8")
    _fresh.drop_stale(source, [cache])
    kept = {f"{name}.f-1.py311.nbi" for name in "abcd"}
    for name in kept:
        (cache / name).write_bytes(b"code")
    (source / "a.py").write_text("A = 2\n", "utf-8")
    _fresh.drop_stale(source, [cache])
    assert {p.name for p in cache.glob("*.nbi")} == {"d.f-1.py311.nbi"}
    (source / "e.py").write_text("", "utf-8")
    _fresh.drop_stale(source, [cache])
    assert {p.name for p in cache.glob("*.nbi")} == {"d.f-1.py311.nbi"}


def test_processes_that_start_at_once_do_not_hinder_each_other(tmp_path: Path) -> None:
    source, cache = cached(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _fresh.drop_stale(source, [cache]), range(32)))
    assert (cache / _fresh.STAMP).read_text("ascii") == _fresh.digest(source)
    assert [p for p in cache.iterdir() if p.suffix in (".nbi", ".nbc")] == []


def test_a_folder_that_cannot_be_written_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, cache = cached(tmp_path)

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "read-only", str(self), missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    _fresh.drop_stale(source, [cache])
    assert (cache / "a.f-1.py311.nbi").read_bytes() == b"code"
    assert not (cache / _fresh.STAMP).exists()


def test_the_folders_are_those_numba_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    folder = Path(unions.__file__).resolve().parent
    function: Callable[..., object] = vars(unions.join)["py_func"]
    theirs = [
        Path(str(vars(locator(function, unions.__file__))["_cache_path"]))
        for locator in (
            caching.UserProvidedCacheLocator,
            caching.InTreeCacheLocator,
            caching.UserWideCacheLocator,
        )
    ]
    assert _fresh.cache_folders(folder) == theirs
