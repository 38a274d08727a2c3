"""Standard streams that are absent, full or unread, and Ctrl-C: one clear end, no traceback, the right exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.warm import Process, start

FULL = Path("/dev/full")


def test_absent_streams_are_the_null_device_and_no_file_gets_their_numbers(tmp_path: Path) -> None:
    told = (
        "import os, sys\nfrom qingyuan.cli import _streams\n_streams.take()\n"
        "print('lost'); print('lost', file=sys.stderr); sys.stdout.flush()\n"
        "kinds = [os.fstat(n).st_rdev == os.stat(os.devnull).st_rdev for n in (0, 1, 2)]\n"
        f"open({str(tmp_path / 'kinds')!r}, 'w').write(str(kinds))\n"
    )
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" <&- >&- 2>&-', sys.executable, told], check=False, timeout=120
    )
    assert done.returncode == 0
    assert (tmp_path / "kinds").read_text() == "[True, True, True]"


@pytest.mark.parametrize("words", [("law", "table"), ("law", "table", "--json")])
def test_a_full_disk_is_said_and_a_reader_who_left_ends_it_as_a_shell_shows(words: tuple[str, ...]) -> None:
    if not FULL.exists():
        pytest.skip("no /dev/full here")
    with FULL.open("wb") as full:
        process = start(*words, "--lang", "en", stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(120)
    assert process.returncode == 2
    assert err.startswith("error: stdout: the result could not be written out (no space is left on the disk)")
    reader, writer = os.pipe()
    os.close(reader)
    process = start(*words, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert process.communicate(120)[1] == ""
    assert process.returncode == 141


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_group_ends_a_scan_and_its_workers_without_a_traceback(
    number: signal.Signals, tmp_path: Path
) -> None:
    material = tmp_path / "名单.csv"
    material.write_text(
        "姓名,电话\n" + "".join(f"张三,138{n:08d}\n" for n in range(2_000_000)), encoding="utf-8"
    )
    process: Process = start(
        "scan",
        material,
        "--jobs",
        "2",
        "--hits",
        tmp_path / "hits.parquet",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    begun = process.stderr.readline()  # the first word of progress: handlers are there, workers begin
    os.killpg(process.pid, number)
    _, err = process.communicate(120)
    assert process.returncode == 128 + number, begun + err
    assert "Traceback" not in err
    assert "已中断" in err


def test_ctrl_c_in_the_terminal_of_a_server_ends_it_well_and_is_heard_by_it_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "qingyuan", "serve", "--home", str(tmp_path / "home"), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--workers", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    with process:
        assert process.stdout is not None
        while b"/setup?code=" not in (line := process.stdout.readline()):
            assert line
        try:
            assert all(_deaf(pid) for pid in _begun(process.pid, 3))
        finally:
            os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert b"Traceback" not in err
    assert "已中断".encode() not in err


def _begun(parent: int, wanted: int) -> list[int]:
    """Return the processes that one started, once there are so many with programs of their own."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    for _ in range(600):
        found = [int(pid) for pid in children.read_text().split()]
        if len([pid for pid in found if b"--home" in Path(f"/proc/{pid}/cmdline").read_bytes()]) >= wanted:
            return found
        time.sleep(0.1)
    raise TimeoutError


def _deaf(pid: int) -> bool:
    """Tell whether a process has Ctrl-C blocked."""
    status = Path(f"/proc/{pid}/status").read_text()
    return bool(int(status.split("SigBlk:")[1].split()[0], 16) & 1 << signal.SIGINT - 1)
