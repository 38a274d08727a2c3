"""Backups: of a home that is written to meanwhile, restored and checked byte by byte; altered ones, old ones, PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from qingyuan.office.backup import backup, check_backup, restore
from qingyuan.office.errors import OfficeError
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.store import EventDraft
from qingyuan.store.errors import StoreError
from tests.evidence.test_faults import largest_file
from tests.office.running import material, told
from tests.store.postgres import Cluster
from tests.warm import run, start


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("QINGYUAN_CLOCK", "2026-07-01T09:00:00+08:00")
    with Home.open(tmp_path / "home", create=True) as made:
        intake(made, [material(tmp_path / "material", 2)], title="面单", workers=0)
        made.publish()
    return tmp_path / "home"


def grow(path: Path) -> int:
    """Add an event, publish, and return the size of the log."""
    with Home.open(path) as home:
        home.append([EventDraft("office", "test.event", {})], actor="P001")
        home.publish()
        head = home.head()
        assert head is not None
        return head.size


def test_a_backup_restored_elsewhere_is_the_same_home_and_whole(home: Path, tmp_path: Path) -> None:
    (home / "policy.txt").write_text("quorum none\n", encoding="utf-8")
    (home / "uploads").mkdir()
    (home / "uploads" / "clear.txt").write_text("13800000000", encoding="utf-8")
    made = backup(home, tmp_path / "copy")
    assert check_backup(tmp_path / "copy") == made
    names = {file.path for file in made.files}
    assert {"home/policy.txt", "home/keyring.json", "database/qingyuan.db"} <= names
    assert not [name for name in names if "uploads" in name]
    done = restore(tmp_path / "copy", tmp_path / "again")
    assert done.troubles == ()
    assert done.stop is None
    with Home.open(tmp_path / "again") as opened, Home.open(home) as original:
        assert opened.head() == original.head()
    assert grow(tmp_path / "again") == made.size + 1
    for path in (tmp_path / "copy").rglob("*"):  # sealed, or without personal data
        if path.is_file():
            assert b"13800000000" not in path.read_bytes(), path


def test_a_backup_needs_no_secret(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "nothing-here"))
    assert backup(home, tmp_path / "copy").size > 0
    with pytest.raises(OfficeError, match="key that opens"):
        restore(tmp_path / "copy", tmp_path / "again")
    assert not (tmp_path / "again").exists()  # it can be done again as soon as the key is there
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert restore(tmp_path / "copy", tmp_path / "again").troubles == ()


def test_a_backup_that_was_altered_restores_nothing(home: Path, tmp_path: Path) -> None:
    backup(home, tmp_path / "copy")
    blob = next(path for path in (tmp_path / "copy" / "blobs").rglob("*") if path.is_file())
    good = blob.read_bytes()
    for bad in (good[:-1], good[:-1] + bytes([good[-1] ^ 1]), None):
        blob.unlink()
        if bad is not None:
            blob.write_bytes(bad)
        with pytest.raises(OfficeError, match=r"incomplete or was altered"):
            restore(tmp_path / "copy", tmp_path / "again")
        assert not (tmp_path / "again").exists()
        blob.write_bytes(good)
    with pytest.raises(OfficeError, match="written over"):
        backup(home, tmp_path / "copy")


def test_a_backup_reaches_nothing_outside_itself(home: Path, tmp_path: Path) -> None:
    made = tmp_path / "copy"
    backup(home, made)
    file = next(path for path in made.iterdir() if path.is_file() and path.suffix == ".json")
    listed = json.loads(file.read_bytes())
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"x")
    (made / "home" / "link").symlink_to(tmp_path / "outside")
    (made / "home" / "name").symlink_to(tmp_path / "outside" / "secret")
    (made / "blobs" / "short").write_bytes(b"x")
    os.mkfifo(made / "home" / "pipe")
    outside = (str(tmp_path / "outside" / "secret"), "../outside/secret", "home/../../outside/secret")
    for name in (
        *outside,
        "home/link/secret",
        "home/name",
        "home/pipe",
        "home//name",
        "/dev/zero",
        "blobs/short",
        "",
    ):
        entry = {"path": name, "size": 1, "sha256": hashlib.sha256(b"x").hexdigest()}
        file.write_text(json.dumps({**listed, "files": [*listed["files"], entry]}), encoding="utf-8")
        with pytest.raises(OfficeError, match=r"incomplete or was altered"):
            restore(made, tmp_path / "again")
        assert not (tmp_path / "again").exists()


def test_a_backup_whose_list_contradicts_itself_restores_nothing(home: Path, tmp_path: Path) -> None:
    made = tmp_path / "copy"
    backup(home, made)
    file = made / "manifest.json"
    listed = json.loads(file.read_bytes())
    for name in (
        "log/checkpoint",
        "home/log/checkpoint",
        "home/qingyuan.db",
        "home/qingyuan.db-wal",
        "plain",
    ):
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_bytes(b"x")
    (made / "database" / "deep").mkdir()
    (made / "database" / "deep" / "x").write_bytes(b"x")
    known = listed["files"]
    x = {"size": 1, "sha256": hashlib.sha256(b"x").hexdigest()}
    names = (
        "log/checkpoint",
        "home/log/checkpoint",
        "home/qingyuan.db",
        "home/qingyuan.db-wal",
        "plain",
        "database/deep/x",
    )
    bad = [[*known, {"path": name, **x}] for name in names]
    bad.append([*known, known[0]])
    bad += [
        [each for each in known if each["path"] != f"home/{name}"] for name in ("office.json", "keyring.json")
    ]
    for files in bad:
        assert files != known
        file.write_text(json.dumps({**listed, "files": files}), encoding="utf-8")
        with pytest.raises(OfficeError, match=r"incomplete or was altered"):
            restore(made, tmp_path / "again")
        assert not (tmp_path / "again").exists()
    file.write_text(json.dumps(listed), encoding="utf-8")
    assert restore(made, tmp_path / "again").troubles == ()


def test_a_full_disk_leaves_no_half_backup_and_the_home_that_stood_there(home: Path, tmp_path: Path) -> None:
    made = tmp_path / "copy"
    with pytest.raises((OSError, sqlite3.Error, sa.exc.DatabaseError)), largest_file(40_000):
        backup(home, made)
    assert not [path for path in tmp_path.iterdir() if "copy" in path.name]
    backup(home, made)
    size = grow(home)
    with pytest.raises(OSError, match="too large"), largest_file(40_000):
        restore(made, home, over=True)
    assert not [path for path in tmp_path.iterdir() if "replaced" in path.name]
    assert grow(home) == size + 1
    with pytest.raises(OSError, match="too large"), largest_file(40_000):
        restore(made, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert restore(made, tmp_path / "again").troubles == ()


def test_an_old_backup_over_a_newer_log_stops_the_log_and_says_so(home: Path, tmp_path: Path) -> None:
    old = backup(home, tmp_path / "copy")
    newer = grow(home)
    with pytest.raises(OfficeError, match="home here already"):
        restore(tmp_path / "copy", home)
    done = restore(tmp_path / "copy", home, over=True)
    assert done.stop is not None
    assert (done.stop.size, done.stop.claimed, done.stop.reason) == (old.size, newer, "rolled-back")
    assert done.replaced is not None
    with pytest.raises(OfficeError, match="the log is stopped"):
        grow(home)
    with Home.open(done.replaced) as before:  # nothing of the newer state was lost
        head = before.head()
        assert head is not None
        assert head.size == newer
    newest = run("restore", tmp_path / "copy", "--home", home, "--over", "--json")
    assert newest.returncode == 1
    assert json.loads(newest.stdout)["stopped"]["claimed"] == newer


def test_another_home_is_never_written_over(home: Path, tmp_path: Path) -> None:
    backup(home, tmp_path / "copy")
    with Home.open(tmp_path / "other", create=True):
        pass
    with pytest.raises(OfficeError):
        restore(tmp_path / "copy", tmp_path / "other", over=True)


@pytest.mark.slow
def test_a_served_home_under_writes_is_backed_up_whole(home: Path, tmp_path: Path) -> None:
    served = start("serve", "--home", home, "--port", "0", "--json", stdout=subprocess.PIPE)
    try:
        assert told(served)["url"].startswith("http")
        many = material(tmp_path / "many", 8)
        writing = start("intake", many, "--home", home, "--json", stdout=subprocess.DEVNULL)
        number, sizes = 0, []
        while writing.poll() is None and number < 6:
            number += 1
            copy = tmp_path / f"copy-{number}"
            made = run("backup", copy, "--home", home, "--json")
            assert made.returncode == 0, made.stdout
            sizes.append(json.loads(made.stdout)["entries"])
            time.sleep(0.2)
        assert writing.wait(120) == 0
    finally:
        served.terminate()
        served.communicate(timeout=300)
    assert sizes == sorted(sizes)
    chosen = {1, (number + 1) // 2, number}
    for n in chosen:
        done = restore(tmp_path / f"copy-{n}", tmp_path / f"again-{n}")
        assert done.troubles == (), n
        assert done.manifest.size == sizes[n - 1]


@pytest.mark.slow
def test_a_home_on_postgresql_is_backed_up_and_restored_into_an_empty_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qingyuan.web.state import METADATA, State

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    cluster = Cluster()
    try:
        url = cluster.new_database()
        with Home.open(tmp_path / "home", create=True, database_url=url) as made:
            intake(made, [material(tmp_path / "material", 2)], title="面单", workers=0)
            made.publish()
            size = made.head()
        State(url).close()
        copied = backup(tmp_path / "home", tmp_path / "copy", volatile=("session",))
        assert "database/event.copy" in {file.path for file in copied.files}
        target = cluster.new_database()
        with pytest.raises(StoreError, match="not empty"):
            restore(tmp_path / "copy", tmp_path / "taken", more=(METADATA,))
        done = restore(tmp_path / "copy", tmp_path / "again", database=target, more=(METADATA,))
        assert done.troubles == ()
        with Home.open(tmp_path / "again") as opened:
            assert opened.head() == size
            intake(opened, [material(tmp_path / "more", 1)], title="又一条", workers=0)
            assert list(check_home(opened)) == []
        State(target).close()
    finally:
        cluster.stop()


def test_both_commands_say_what_they_did(home: Path, tmp_path: Path) -> None:
    made = run("backup", tmp_path / "copy", "--home", home, "--lang", "en")
    assert made.returncode == 0
    assert "passphrase or key file" in made.stdout
    done = run("restore", tmp_path / "copy", "--home", tmp_path / "again", "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["ok"] is True
