"""``qingyuan scan`` in parts and processes says what it says at once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.running import run


def test_a_scan_in_processes_says_the_same(material: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    once = run(
        "scan", material, "--hits", tmp_path / "a.jsonl", "--out", tmp_path / "a.f.jsonl", "--json"
    ).json()
    parts = run(
        "scan", material, "--hits", tmp_path / "b.jsonl", "--out", tmp_path / "b.f.jsonl", "--jobs", "2",
        "--resume", state, "--json",
    ).json()  # fmt: skip
    assert isinstance(once, dict)
    assert isinstance(parts, dict)
    for name in once.keys() - {"seconds", "columns"}:
        assert parts[name] == once[name], name
    assert sorted(map(json.dumps, parts["columns"])) == sorted(map(json.dumps, once["columns"]))
    for end in ("jsonl", "f.jsonl"):
        assert (tmp_path / f"b.{end}").read_bytes() == (tmp_path / f"a.{end}").read_bytes()
    assert not state.exists()


def test_progress_is_told_without_a_terminal(material: Path, tmp_path: Path) -> None:
    done = run("scan", material, "--jobs", "1", "--lang", "en")
    assert done.code == 0
    assert "MB/s" in done.err
