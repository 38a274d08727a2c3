"""``qingyuan scan --jobs --resume`` killed at a moment nobody chose goes on to the same answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.pii.generator import Maker
from tests.warm import start


def _material(folder: Path) -> Path:
    folder.mkdir()
    maker = Maker(7)
    for number in range(24):
        rows = [f"{maker.name()},{maker.mobile()},{maker.written_id()}" for _ in range(4_000)]
        text = "\n".join(["姓名,手机号,身份证号", *rows, ""])
        (folder / f"{number:02}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_command_killed_with_nine_goes_on_to_the_same_answer(tmp_path: Path) -> None:
    folder, state = _material(tmp_path / "in"), tmp_path / "state"
    once = run("scan", folder, "--json", "--no-waybills", "--no-ages").json()
    told = state / "progress.jsonl"
    words = ("scan", folder, "--jobs", "2", "--resume", state, "--json", "--no-waybills", "--no-ages")
    killed = 0
    for lines in (1, 2, 3):
        process = start(*words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + 300
        while process.poll() is None and time.monotonic() < until:
            if told.exists() and told.read_bytes().count(b"\n") > lines:
                break
            time.sleep(0.01)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.communicate()
    assert killed
    kept = [path for path in state.rglob("*") if path.is_file()]
    assert kept
    assert not any(
        "张" in path.read_bytes().decode("utf-8", "ignore") for path in kept if path.suffix == ".jsonl"
    )
    done = run("scan", folder, "--jobs", "2", "--resume", state, "--json", "--no-waybills", "--no-ages")
    assert done.code == 0, done.err
    body = done.json()
    for name in ("kinds", "persons", "records", "thresholds", "counts"):
        assert json.dumps(body[name], sort_keys=True) == json.dumps(once[name], sort_keys=True), name
    assert not state.exists()
