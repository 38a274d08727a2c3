"""De-identifying on the command line: with the office's key, on the record, and back again."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from qingyuan.office.home import Home
from qingyuan.store import events
from tests.cli.running import run

LIST = "姓名,手机号\n王小明,13800138000\n李芳,13912345678\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def test_the_default_policy_needs_neither_key_nor_home(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "clean.csv"
    done = run("deidentify", source, "-o", target, "--home", tmp_path / "none")
    assert done.code == 0, done.err
    assert target.read_text(encoding="utf-8") == "姓名,手机号\n王**,138****8000\n李*,139****5678\n"
    assert target.stat().st_mode & 0o077 == 0
    assert "13800138000" not in done.out
    again = run("deidentify", source, "-o", target, "--lang", "en")
    assert (again.code, "exists" in again.err) == (2, True)
    assert run("deidentify", source, "-o", source, "--force").code == 2
    assert source.read_text(encoding="utf-8") == LIST
    assert run("deidentify", source, "-o", target, "--force", "--json").json()["replaced"]["mobile"] == {
        "mask": 2
    }


def test_what_was_encrypted_for_a_matter_is_reversed_on_the_record(
    home: Path, source: Path, tmp_path: Path
) -> None:
    clean, asked, back = tmp_path / "clean.csv", tmp_path / "asked.txt", tmp_path / "back.csv"
    words = ("--policy", "reversible", "--matter", "M2026-0001", "--home", home)
    body = run("deidentify", source, "-o", clean, *words, "--by", "P002", "--json").json()
    assert body["key"]
    with clean.open(encoding="utf-8", newline="") as file:
        numbers = [row[1] for row in csv.reader(file)][1:]
    asked.write_text("\n".join(numbers), encoding="utf-8")
    which = ("--kind", "mobile", "--matter", "M2026-0001", "--by", "P003", "--home", home)
    done = run("reidentify", asked, "-o", back, *which, "--reason", "核对被害人陈述")
    assert done.code == 0, done.err
    assert back.read_text(encoding="utf-8").splitlines() == [
        "pseudonym,value",
        f"{numbers[0]},13800138000",
        f"{numbers[1]},13912345678",
    ]
    assert back.stat().st_mode & 0o077 == 0
    assert "13800138000" not in done.out
    with Home.open(home) as opened, opened.database.read() as connection:
        mine = {e.type: e for e in events(connection, ["M2026-0001"]) if e.type.startswith("pii.")}
    assert mine["pii.deidentified"].actor == "P002"
    assert mine["pii.deidentified"].payload["after"] == body["sha256_after"]
    assert mine["pii.reversed"].actor == "P003"
    assert mine["pii.reversed"].payload == {
        "kind": "mobile",
        "key": body["key"],
        "asked": 2,
        "found": 2,
        "reason": "核对被害人陈述",
    }
    assert run("ledger", "fsck", "--home", home).code == 0


def test_a_reversal_needs_a_reason_and_leaves_no_file_without_one(home: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked.txt"
    asked.write_text("13800138000\n", encoding="utf-8")
    which = ("--matter", "M2026-0001", "--by", "P003", "--home", home)
    for extra in (["--kind", "mobile", "--reason", " "], ["--kind", "moblie", "--reason", "核对"]):
        done = run("reidentify", asked, "-o", tmp_path / "back.csv", *which, *extra, "--json")
        assert (done.code, done.json()["error"]["code"]) == (2, "office.reversal-refused")
    assert not (tmp_path / "back.csv").exists()


def test_a_list_to_reverse_that_is_no_text_is_refused_with_its_name(home: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked.txt"
    asked.write_bytes("13800138000\n".encode("utf-16"))
    which = ("--kind", "mobile", "--matter", "M2026-0001", "--by", "P003", "--home", home)
    done = run("reidentify", asked, "-o", tmp_path / "back.csv", *which, "--reason", "核对", "--json")
    assert (done.code, done.json()["error"]["code"]) == (2, "deidentify.list-encoding")
    assert not (tmp_path / "back.csv").exists()


def test_after_the_key_of_a_lead_is_destroyed_nothing_can_be_reversed(
    home: Path, source: Path, tmp_path: Path
) -> None:
    words = ("--policy", "reversible", "--matter", "L2026-0001", "--home", home)
    assert run("deidentify", source, "-o", tmp_path / "clean.csv", *words).code == 0
    destroy = ("--basis", "保存期满", "--approved-by", "P009", "--yes", "--home", home)
    assert run("key", "destroy", "L2026-0001", *destroy).code == 0
    asked = tmp_path / "asked.txt"
    asked.write_text("13800138000\n", encoding="utf-8")
    which = ("--kind", "mobile", "--matter", "L2026-0001", "--by", "P003", "--reason", "核对", "--home", home)
    done = run("reidentify", asked, "-o", tmp_path / "back.csv", *which, "--json")
    assert (done.code, done.json()["error"]["code"]) == (1, "evidence.key-destroyed")


def test_a_key_file_of_ones_own_gives_the_same_pseudonyms_each_time(source: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    shutil.copy(source, tmp_path / "other.csv")
    for name in ("list.csv", "other.csv"):
        words = (tmp_path / name, "-o", tmp_path / f"out-{name}", "--policy", "linkable", "--key", key)
        assert run("deidentify", *words).code == 0
    assert (tmp_path / "out-list.csv").read_bytes() == (tmp_path / "out-other.csv").read_bytes()
    done = run("deidentify", source, "-o", tmp_path / "x.csv", "--policy", "linkable", "--json")
    assert done.json()["error"]["code"] == "pii.no-key"
    assert not (tmp_path / "x.csv").exists()
