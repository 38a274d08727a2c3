"""What lies under given paths, and how paths are written down."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.office.collect import (
    Found,
    Limits,
    Refused,
    absolute,
    from_text,
    logical_path,
    root_names,
    shown,
    to_text,
    walk,
)

_NAMES = st.binary(min_size=1, max_size=20).filter(lambda b: b"/" not in b and b"\0" not in b)


@given(st.lists(_NAMES, min_size=1, max_size=4))
def test_any_path_becomes_text_and_comes_back(parts: list[bytes]) -> None:
    path = os.fsdecode(b"/" + b"/".join(parts))
    to_text(path).encode("utf-8")
    assert from_text(to_text(path)) == path
    shown(path).encode("utf-8")


def test_links_pipes_large_and_sparse_files_are_named_and_the_order_is_fixed(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("x", encoding="utf-8")
    (tmp_path / "a.txt").write_text("xy" * 50, encoding="utf-8")
    (tmp_path / "link").symlink_to("a.txt")
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 30)
    seen = list(walk([tmp_path], Limits(max_file_bytes=99)))
    assert [Path(one.path).name for one in seen] == ["a.txt", "b.txt", "link", "pipe", "sparse"]
    codes = [one.code if isinstance(one, Refused) else "" for one in seen]
    assert codes == ["too-large", "", "symlink", "not-a-file", "sparse"]
    assert all(one.remedy_zh and one.remedy_en for one in seen if isinstance(one, Refused))


def test_sparse_files_are_taken_when_asked_for(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 30)
    (one,) = walk([tmp_path], Limits(allow_sparse=True))
    assert isinstance(one, Found)
    assert one.size == 1 << 30


def test_names_do_not_depend_on_where_a_folder_lay(tmp_path: Path) -> None:
    for base in (tmp_path / "x", tmp_path / "y" / "z"):
        names = root_names([base / "data"])
        assert logical_path(str(base / "data" / "a" / "b.txt"), names) == "data/a/b.txt"


def test_roots_of_the_same_name_are_told_apart() -> None:
    roots = [Path("/a/d"), Path("/b/d"), Path("/c/d (2)"), Path("/e/d")]
    assert len(set(root_names(roots).values())) == 4


@pytest.mark.parametrize("given_path", ["a/../a", "a", "./a", "b/../../here/a"])
def test_ways_to_say_a_path_come_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given_path: str
) -> None:
    here = tmp_path / "here"
    (here / "a").mkdir(parents=True)
    (here / "b").mkdir()
    monkeypatch.chdir(here)
    assert absolute(Path(given_path)) == here / "a"
