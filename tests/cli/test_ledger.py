"""The log on the command line: status, proofs, and a check that finds what was changed."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from tests.cli.running import run


def test_status_shows_the_signed_head(made: Path) -> None:
    body = run("ledger", "status", "--home", made, "--json").json()
    assert set(body) >= {"origin", "size", "root", "vkey", "checkpoint"}
    assert body["checkpoint"].startswith(f"{body['origin']}\n{body['size']}\n{body['root']}\n")
    assert "签名：有效" in run("ledger", "status", "--home", made).out


def test_a_proof_is_printed_or_written_and_checks_against_the_key(made: Path, tmp_path: Path) -> None:
    target = tmp_path / "3.tlog-proof"
    assert run("ledger", "prove", "3", "-o", target, "--home", made).code == 0
    printed = run("ledger", "prove", "3", "--home", made).out
    assert printed.encode() == target.read_bytes()
    assert run("ledger", "prove", "3", "--home", made, "--json").json() == {"index": 3, "proof": printed}
    assert printed.startswith("c2sp.org/tlog-proof@v1\nindex 3\n")


def test_a_home_in_order_passes_fsck(made: Path) -> None:
    done = run("ledger", "fsck", "--home", made, "--json")
    assert done.code == 0
    assert done.json()["ok"]
    assert done.json()["problems"] == []
    assert "全部一致" in run("ledger", "fsck", "--home", made).out


def test_a_changed_event_is_exit_code_one_and_its_index_and_its_docket_are_named(home: Path) -> None:
    assert run("office", "rebuild", "--home", home).code == 0
    with sqlite3.connect(home / "qingyuan.db") as database:
        database.execute(
            "UPDATE event SET payload = CAST(replace(payload, 'open', 'shut') AS BLOB) WHERE type = 'lead.assessed'"
        )
        (index,) = database.execute("SELECT idx FROM event WHERE type = 'lead.assessed'").fetchone()
    database.close()
    done = run("ledger", "fsck", "--home", home, "--json")
    assert done.code == 1
    assert not done.json()["ok"]
    assert [p["where"] for p in done.json()["problems"]] == [f"log index {index}", "register M2026-0001"]
    shown = run("ledger", "fsck", "--home", home)
    assert shown.code == 1
    assert f"log index {index}" in shown.out
    assert "发现 2 处问题" in shown.out


def test_a_changed_entry_of_the_log_is_named(home: Path) -> None:
    with sqlite3.connect(home / "qingyuan.db") as database:
        database.execute(
            "UPDATE ledger_entry SET data = CAST(replace(data, 'P001', 'P002') AS BLOB) WHERE idx = 5"
        )
    database.close()
    done = run("ledger", "fsck", "--home", home, "--json")
    assert done.code == 1
    assert any("5" in problem["where"] for problem in done.json()["problems"])


def test_a_changed_blob_is_named(home: Path) -> None:
    blob = max(
        (path for path in (home / "blobs").rglob("*") if path.is_file()), key=lambda p: p.stat().st_size
    )
    blob.chmod(0o600)
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.write_bytes(data)
    done = run("ledger", "fsck", "--home", home, "--json")
    assert done.code == 1
    assert len(done.json()["problems"]) >= 1


def test_publish_writes_the_tiles_again(home: Path) -> None:
    before = {p.relative_to(home): p.read_bytes() for p in (home / "log").rglob("*") if p.is_file()}
    shutil.rmtree(home / "log")
    assert run("ledger", "publish", "--home", home, "--json").json() == {"folder": str(home / "log")}
    after = {p.relative_to(home): p.read_bytes() for p in (home / "log").rglob("*") if p.is_file()}
    assert after.items() <= before.items()
    assert Path("log/checkpoint") in after
