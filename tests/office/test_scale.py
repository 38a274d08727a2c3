"""Large and hostile input in bounded memory; the whole demonstration twice, byte for byte."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from qingyuan.demo import hostile
from tests.office.running import command
from tests.warm import run

_PAGE = os.sysconf("SC_PAGE_SIZE")


def _resident(leader: int, above: int) -> int:
    """Return the bytes that all processes of a session hold, a page that several share counted once (proc_pid_smaps(5), Pss).

    That is slow to count, and never more than what they hold with shared pages counted again: when that is no more than
    ``above``, it is what is returned.
    """
    found: list[tuple[Path, int]] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == leader:
                    found.append((entry, int(fields[21]) * _PAGE))
    total = sum(held for _, held in found)
    if total <= above:
        return total
    total = 0
    for entry, _ in found:
        with contextlib.suppress(OSError):
            lines = (entry / "smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
    return total


@pytest.mark.slow
def test_a_long_line_a_sparse_file_and_a_bomb_take_bounded_memory(tmp_path: Path) -> None:
    hostile(tmp_path / "material", sparse_size=10 << 30, line_size=50_000_000, tiny_files=5)
    args = command("intake", tmp_path / "material", "--home", tmp_path / "home", "--json")
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        process = subprocess.Popen(args, stdout=out, stderr=err, start_new_session=True)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident(process.pid, peak))
            time.sleep(0.05)
    assert process.returncode == 0
    assert 0 < peak < 1_350_000_000
    assert "Traceback" not in (tmp_path / "err").read_text(encoding="utf-8")
    files = {Path(one["file"]).name for one in json.loads((tmp_path / "out").read_bytes())["findings"]}
    assert "超长单行.txt" in files


@pytest.mark.slow
def test_the_demonstration_gives_the_same_package_each_time(tmp_path: Path) -> None:
    digests = set()
    for name in ("one", "two"):
        done = run("demo", "--rows", 600, "--home", tmp_path / name)
        assert done.returncode == 0, done.stderr
        digests.add(hashlib.sha256((tmp_path / name / "yiwu.evp").read_bytes()).hexdigest())
    assert len(digests) == 1
