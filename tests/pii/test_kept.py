"""What is made of the catalogue and kept, and arrays that are made without pandas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.pii import _kept
from qingyuan.pii._arrays import arrow, is_word, longs, texts, truths
from qingyuan.pii._kernel import _fresh


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder that is used to keep anything."""
    monkeypatch.setattr(_fresh, "cache_folders", lambda _: [tmp_path])
    return tmp_path


def test_kept_is_made_once_and_again_when_damaged(folder: Path) -> None:
    made = []

    def make() -> list[int]:
        made.append(1)
        return [1, 2, 3]

    assert [_kept.kept("thing", make) for _ in range(3)] == [[1, 2, 3]] * 3
    assert len(made) == 1
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert _kept.kept("thing", make) == [1, 2, 3]
    assert len(made) == 2
    assert _kept.kept("thing", make) == [1, 2, 3]
    assert len(made) == 2


def test_of_other_sources_nothing_is_taken_and_the_old_is_dropped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _kept.kept("thing", lambda: 1)
    monkeypatch.setattr(_kept, "_state", lambda: "0" * 64)
    assert _kept.kept("thing", lambda: 2) == 2
    assert [path.name for path in folder.iterdir()] == [f"thing.{'0' * 32}.kept"]


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").write_bytes(b"")
    monkeypatch.setattr(_fresh, "cache_folders", lambda _: [folder / "file"])
    assert _kept.kept("thing", lambda: 5) == 5


@given(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=4)), max_size=20))
def test_texts_are_those_of_arrow(values: list[str | None]) -> None:
    assert texts(values).to_pylist() == values
    texts(values).validate(full=True)


@given(st.lists(st.tuples(st.integers(-9, 9), st.booleans()), max_size=20), st.integers(0, 5))
def test_arrays_are_those_of_arrow(rows: list[tuple[int, bool]], skip: int) -> None:
    numbers = np.array([n for n, _ in rows], dtype=np.int64)
    flags = np.array([b for _, b in rows], dtype=np.bool_)
    assert arrow(numbers, flags).to_pylist() == [None if b else n for n, b in rows]
    assert longs(pa.chunked_array([arrow(numbers)[skip:]])).tolist() == numbers[skip:].tolist()
    assert truths(pa.chunked_array([arrow(flags)[skip:]])).tolist() == flags[skip:].tolist()


def test_words_are_found_in_dictionaries_of_their_own() -> None:
    parts = [pa.array(["a", None, "b"]).dictionary_encode(), pa.array(["b", "c"]).dictionary_encode()[1:]]
    column = pa.chunked_array(parts)
    assert is_word(column, "b", "c").tolist() == [False, False, True, True]


def test_a_scan_loads_neither_pandas_nor_pdfium(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("姓名,手机号,备注\n张三,13800138000,联系李四 139****9000\n", "utf-8")
    code = (
        "import sys\nfrom qingyuan.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'pandas', 'pypdfium2'} & set(sys.modules)), file=sys.stderr)"
    )
    key = tmp_path / "key"
    key.write_bytes(bytes(32))
    run = [sys.executable, "-c", code, "scan", str(tmp_path / "a.csv"), "--json", "--token-key", str(key)]
    done = subprocess.run(run, capture_output=True, check=True)
    assert done.stderr.decode().splitlines()[-1] == "[]"
