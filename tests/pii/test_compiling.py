"""All kernels are compiled ahead of use, in processes of their own, and that is remembered."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qingyuan.pii import _kernel, compiling
from qingyuan.pii._kernel import _fresh, _image, _native

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


#: Calls them in a process of its own, and tells who answered.
CALL = """
import sys
import numpy as np
from qingyuan.pii import _kernel, compiling
from qingyuan.pii._kernel.unions import join


def refused(*args):
    try:
        join(*args)
    except TypeError:
        return True
    return False


def parents():
    found = np.arange(4)
    join(found, ends, ends + 2)
    return found.tolist()


ends, fixed = np.array([1]), np.arange(4)
fixed.flags.writeable = False
print(
    _kernel.NATIVE is not None, "numba" in sys.modules, compiling.complete(), parents(),
    [refused(np.arange(4, dtype=kind), ends, ends) for kind in (np.uint64, np.int32)],
    [refused(one, ends, ends) for one in (np.arange(8)[::2], np.arange(4).reshape(2, 2), fixed, [0, 1, 2, 3])],
    [refused(np.arange(4), ends), refused(np.arange(4), ends, ends, ends), refused(np.arange(4), 1, 3)],
)
"""


def process(code: str, cache: Path) -> str:
    """Return what a new process prints whose cache is the folder."""
    run = [sys.executable, "-c", code]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    return subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The cache of two small modules, and what was told when they were compiled."""
    cache = tmp_path_factory.mktemp("small")
    return cache, process(SMALL, cache)


def test_what_is_missing_is_compiled_once(small: tuple[Path, str]) -> None:
    cache, told = small
    first, again = told.splitlines()
    missing, chosen, seen, complete = first.split()
    assert (missing, seen, complete, again) == (chosen, "True", "True", "0")
    assert len(list(cache.rglob("*.nbi"))) >= int(chosen)


def test_what_was_compiled_is_called_without_numba_and_looks_at_its_arrays(small: tuple[Path, str]) -> None:
    if not _native.supported():
        pytest.skip("code is put into memory on Linux on x86-64 only")
    expected = "True False True [0, 1, 2, 1] [True, True] [True, True, True, True] [True, True, True]\n"
    assert process(CALL, small[0]) == expected


def test_a_damaged_image_is_left_alone(small: tuple[Path, str], tmp_path: Path) -> None:
    shutil.copytree(small[0], tmp_path, dirs_exist_ok=True)
    for image in tmp_path.rglob(_native.FILE):
        image.write_bytes(image.read_bytes()[:-1] + b"x")
    assert process(CALL, tmp_path).startswith("False True True [0, 1, 2, 1]")


def test_code_that_a_process_compiled_from_an_earlier_source_is_not_put_into_an_image(
    small: tuple[Path, str], tmp_path: Path
) -> None:
    if not _native.supported():
        pytest.skip("code is put into memory on Linux on x86-64 only")
    (index,) = small[0].rglob("unions.join-*.nbi")
    name = index.name.split(".py")[0]
    source = Path(_kernel.__file__).with_name("unions.py")
    assert _image._cached(index.parent, name, source)
    later = tmp_path / "unions.py"
    later.write_bytes(source.read_bytes() + b"#")
    with pytest.raises(_image.Unsuited, match="of another source"):
        _image._cached(index.parent, name, later)
