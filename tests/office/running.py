"""What the tests of the office room share: material, the command line as a process, and what a home holds."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.store import events
from qingyuan.store.registry import ExhibitRow, exhibits
from tests.warm import Process, run

PHONES = tuple(f"138000{number:05d}" for number in range(200))


def material(folder: Path, files: int = 12) -> Path:
    """Write ``files`` small texts with one mobile number each, half of them in a sub-folder."""
    (folder / "sub").mkdir(parents=True)
    for number in range(files):
        target = folder / ("sub" if number % 2 else ".") / f"{number:03d}.txt"
        target.write_text(f"联系电话 {PHONES[number]}\n", encoding="utf-8")
        os.utime(target, (1_700_000_000, 1_700_000_000))
    return folder


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "qingyuan", *map(str, args)]


def told(process: Process) -> dict[str, str]:
    """Return the first JSON object that a process prints, while it runs on."""
    assert process.stdout is not None
    text = ""
    while line := process.stdout.readline():
        text += line
        if line == "}\n":
            break
    found: dict[str, str] = json.loads(text)
    return found


def run_intake(source: Path, home: Path) -> dict[str, object]:
    done = run("intake", source, "--home", home, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    body: dict[str, object] = json.loads(done.stdout)
    return body


def collected(home: Home, lead: str) -> list[ExhibitRow]:
    with home.database.read() as connection:
        return [row for row in exhibits(connection, [lead]) if row.origin == "collected"]


def check_consistent(path: Path, lead: str, files: int) -> None:
    """Assert that the home is whole, every file sealed once, and the lead registered once."""
    with Home.open(path) as home:
        assert list(check_home(home)) == []
        rows = Counter((row.path, row.sha256) for row in collected(home, lead))
        assert len(rows) == files
        assert set(rows.values()) == {1}
        with home.database.read() as connection:
            kinds = Counter(event.type for event in events(connection, [lead]))
    assert kinds["lead.registered"] == 1
    assert not list((path / "blobs").rglob("*.part"))
