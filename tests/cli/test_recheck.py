"""Re-checking on the command line, and citing the result for a measure."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingyuan.office.home import Home
from qingyuan.store import events
from tests.cli.running import run

OLD = "姓名,手机号\n王小明,13800138000\n李芳,13912345678\n"
HALF = "姓名,手机号\n王*,138****8000\n李芳,13912345678\n"
GOOD = "姓名,手机号\n王*,138****8000\n李*,139****5678\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in (("old", OLD), ("half", HALF), ("good", GOOD)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_exit_code_says_what_is_left(files: Path) -> None:
    hits = files / "hits.parquet"
    assert run("scan", files / "old.csv", "--hits", hits).code == 0
    for before in (hits, files / "old.csv"):
        half = run("recheck", before, files / "half.csv", "--json")
        assert (half.code, half.json()["verdict"], half.json()["remaining"]) == (1, "remains", 2)
        good = run("recheck", before, files / "good.csv")
        assert good.code == 0, good.err
        assert "备份" in good.out
        assert "13800138000" not in good.out + half.out
    sampled = run("recheck", hits, files / "good.csv", "--sample", "0.9", "--json")
    assert (sampled.code, sampled.json()["doubts"]) == (3, ["sampled"])


def test_hits_of_another_key_are_refused_and_of_an_unknown_one_never_clean(files: Path) -> None:
    key = files / "key"
    key.write_bytes(bytes(32))
    for suffix in (".parquet", ".jsonl"):
        assert run("scan", files / "old.csv", "--hits", files / f"hits{suffix}", "--token-key", key).code == 0
    done = run("recheck", files / "hits.parquet", files / "good.csv", "--json")
    assert (done.code, done.json()["error"]["code"]) == (2, "pii.other-key")
    done = run("recheck", files / "hits.jsonl", files / "old.csv", "--json")
    assert (done.code, done.json()["doubts"]) == (3, ["key-unknown"])
    assert run("recheck", files / "hits.parquet", files / "good.csv", "--token-key", key).code == 0


def test_a_measure_cites_the_sealed_result(home: Path, files: Path) -> None:
    sealed = {
        name: run("seal", files / f"{name}.csv", "--matter", "M2026-0001", "--home", home, "--json").json()[
            "exhibits"
        ][0]["id"]
        for name in ("old", "good")
    }
    add = ("measure", "add", "C2026-0001", "text=整改", "owner=邮政", "due=2026-09-01", "test=复查")
    assert run(*add, "--home", home).code == 0
    words = ("--home", home, "--case", "C2026-0001", "--measure", "m01")
    refused = run("recheck", sealed["old"], files / "good.csv", *words, "--json")
    assert refused.json()["error"]["code"] == "office.recheck-not-citable"
    done = run("recheck", sealed["old"], sealed["good"], *words, "--by", "P002", "--json")
    assert done.code == 0, done.out
    result = done.json()["cited"]["exhibit"]
    with Home.open(home) as opened, opened.database.read() as connection:
        (event,) = [e for e in events(connection, ["C2026-0001"]) if e.type == "pii.rechecked"]
    assert event.actor == "P002"
    assert event.payload["verdict"] == "clean"
    assert (event.payload["before"], event.payload["after"]) == ([sealed["old"]], [sealed["good"]])
    for act in (
        ("start", "measure=m01"),
        ("prove", "measure=m01", "submitter=P101", f"after={sealed['good']}"),
        (
            "verify",
            "measure=m01",
            "verifier=P002",
            "verdict=accepted",
            "reason=复查未再发现",
            f"exhibits={result}",
        ),
    ):
        acted = run("measure", act[0], "C2026-0001", *act[1:], "--home", home)
        assert acted.code == 0, acted.err
    assert run("exhibit", "verify", result, "--home", home).code == 0
    assert run("ledger", "fsck", "--home", home).code == 0


def test_what_is_neither_file_nor_exhibit_is_named(files: Path) -> None:
    done = run("recheck", files / "old.csv", "E-nowhere", "--json")
    assert (done.code, done.json()["error"]["code"]) == (2, "office.no-material")
    done = run("recheck", files / "old.csv", files / "good.csv", "--case", "C2026-0001", "--json")
    assert done.json()["error"]["code"] == "cli.recheck-case"
