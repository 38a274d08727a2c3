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


def test_a_measure_is_not_accepted_on_a_recheck_that_found_something(home: Path, files: Path) -> None:
    sealed = {
        name: run("seal", files / f"{name}.csv", "--matter", "M2026-0001", "--home", home, "--json").json()[
            "exhibits"
        ][0]["id"]
        for name in ("old", "good")
    }
    add = ("measure", "add", "C2026-0001", "text=整改", "owner=邮政", "due=2026-09-01", "test=复查")
    assert run(*add, "--home", home).code == 0
    words = ("--home", home, "--case", "C2026-0001", "--measure", "m01", "--json")
    bad = run("recheck", sealed["old"], sealed["old"], *words).json()
    assert bad["verdict"] == "remains"
    for act in (("start",), ("prove", "submitter=P101", f"after={sealed['good']}")):
        assert run("measure", act[0], "C2026-0001", "measure=m01", *act[1:], "--home", home).code == 0
    verify = (
        "measure",
        "verify",
        "C2026-0001",
        "measure=m01",
        "verifier=P002",
        "reason=复查",
        "--home",
        home,
    )
    for cited in ((), (f"exhibits={bad['cited']['exhibit']}",)):
        refused = run(*verify, "verdict=accepted", *cited, "--json")
        assert (refused.code, refused.json()["error"]["code"]) == (1, "cases.recheck-remains")
        assert bad["cited"]["exhibit"] in refused.json()["error"]["zh"]
    good = run("recheck", sealed["old"], sealed["good"], *words).json()
    assert good["verdict"] == "clean"
    assert run(*verify, "verdict=accepted", f"exhibits={good['cited']['exhibit']}").code == 0


def test_a_sample_calls_nothing_deleted_that_it_did_not_look_at(tmp_path: Path) -> None:
    rows = [f"李芳,1391234{number:04}" for number in range(200)]
    old, good = tmp_path / "old.csv", tmp_path / "good.csv"
    old.write_text("\n".join(["姓名,手机号", *rows, ""]), encoding="utf-8")
    masked = [row[:6] + "****" + row[10:] for row in rows[:150]]
    good.write_text("\n".join(["姓名,手机号", *masked, ""]), encoding="utf-8")
    asked = ("recheck", old, good, "--sample", "0.5", "--seed", "3")
    done = run(*asked, "--json")
    body = done.json()
    assert (done.code, body["verdict"], body["doubts"]) == (1, "remains", ["sampled"]), body["kinds"]
    assert 0 < body["sample"]["records"] < body["sample"]["of"]
    mobile = body["kinds"]["mobile"]
    assert (mobile["values"], mobile["masked"], mobile["deleted"], mobile["unseen"]) == (200, 0, 0, 200)
    said = run(*asked, "--lang", "en")
    assert "not seen in the" in said.out
    assert "deleted" not in said.out
    whole = run("recheck", old, good, "--json").json()["kinds"]["mobile"]
    assert (whole["masked"], whole["deleted"], whole["unseen"]) == (150, 50, 0)


def test_places_are_listed_in_the_order_of_the_material(tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    old.write_text(
        "\n".join(["姓名,手机号", *(f"李芳,1391234{number:04}" for number in range(120)), ""]),
        encoding="utf-8",
    )
    body = run("recheck", old, old, "--json").json()
    places = [place["place"] for place in body["places"] if place["outcome"] == "still-there"]
    assert len(places) == 50
    assert [int(place.removeprefix("line ")) for place in places[::2]] == list(range(2, 27))
    assert body["place_counts"]["still-there"] == 240
    said = run("recheck", old, old, "--lang", "en").out
    assert "230 more places still there" in said


def test_what_is_neither_file_nor_exhibit_is_named(files: Path) -> None:
    done = run("recheck", files / "old.csv", "E-nowhere", "--json")
    assert (done.code, done.json()["error"]["code"]) == (2, "office.no-material")
    done = run("recheck", files / "old.csv", files / "good.csv", "--case", "C2026-0001", "--json")
    assert done.json()["error"]["code"] == "cli.recheck-case"
