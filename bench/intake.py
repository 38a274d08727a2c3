"""The whole job on the demonstration material, as a person runs it: one process, from files to a lead.

The compiled passes are in the cache of the installation, as after ``qingyuan warm``; everything else
starts cold: interpreter, imports, keys, database, scanning processes.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench._floors import two_hashes_of
from bench._harness import Context, Row, SkippedError, in_turns, run_process
from bench._stages import STAGES
from bench.start import command
from qingyuan.demo import generate
from qingyuan.pii import warm

_SAMPLE_SECONDS = 0.2


@dataclass(slots=True)
class _Peak:
    """Memory of the process tree, largest sample.

    Attributes:
        together: KiB of all processes, shared pages counted once.
        largest: KiB of the largest process, by its own high-water mark. Not ``ru_maxrss``: a child begins with
            that of the process it was forked from.
    """

    together: int = 0
    largest: int = 0


def run(context: Context) -> Iterator[Row]:
    """Take the demonstration material in, and hash the same files as the floor."""
    warm()
    importlib.import_module("qingyuan.pii.readers")  # importing them compiles their passes
    records = context.pick(200_000, 5_000)
    leak = context.folder / "leak"
    generate(leak, rows=records)
    files = sorted(path for path in leak.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files) / 1e6
    peaks: list[_Peak] = []
    texts: list[float] = []

    def take() -> None:
        peak, result = _take(context.folder, leak)
        peaks.append(peak)
        texts.append(_number(result, "bytes") / 1e6)

    times = in_turns({"intake": take, "hashes": lambda: two_hashes_of(files)}, context.pick(3, 1), warm=False)
    floor = "SHA-256 + SM3 of the same files, one thread"
    whole = f"intake: {records:,} records, {len(files)} files, {size:.0f} MB"
    yield times.duration(f"{whole}, whole process", "intake", against=floor, peer="hashes")
    yield times.rate("intake: the same as a rate of file bytes", "intake", size, "MB/s")
    yield times.rate(
        f"intake: the same as a rate of the text inside ({texts[-1]:.0f} MB)", "intake", texts[-1], "MB/s"
    )
    runs = len(peaks)
    together = max(peak.together for peak in peaks) / 1024
    largest = max(peak.largest for peak in peaks) / 1024
    if together and largest:
        yield Row("intake: peak memory, all processes, shared pages once", together, "MiB", runs=runs)
        yield Row("intake: peak memory of the largest process", largest, "MiB", runs=runs)
    for name, seconds in _stages(context.folder, leak):
        yield Row(f"intake: stage {name}", seconds, "s")


def _take(folder: Path, leak: Path) -> tuple[_Peak, dict[str, object]]:
    """Run the command once into a new home and watch its memory."""
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    arguments = [*command(), "intake", str(leak), "--home", str(home), "--json"]
    output = folder / "intake.json"
    with output.open("wb") as out, (folder / "intake.log").open("w+b") as log:
        process = subprocess.Popen(arguments, stdout=out, stderr=log, env=_environment(folder))
        peak = _watched(process)
        if process.returncode:
            log.seek(0)
            said = (log.read() or output.read_bytes()).decode(errors="replace").strip()[-400:]
            raise SkippedError(f"`qingyuan intake` ended with exit code {process.returncode}: {said}")
    result: dict[str, object] = json.loads(output.read_bytes())
    return peak, result


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of the child: its keys stay in the folder of the benchmark."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QINGYUAN_")}
    return {**kept, "XDG_DATA_HOME": str(folder / "data")}


def _number(result: dict[str, object], name: str) -> float:
    value = result.get(name)
    if not isinstance(value, int | float):
        raise SkippedError(f"the result of `qingyuan intake` has no number {name!r}")
    return float(value)


def _watched(process: subprocess.Popen[bytes]) -> _Peak:
    """Wait for a process; return its peak memory, zeros where the system does not tell."""
    peak, done = _Peak(), threading.Event()

    def watch() -> None:
        while not done.wait(_SAMPLE_SECONDS):
            tree = _tree(process.pid)
            shares = (_kilobytes(pid, "smaps_rollup", "Pss:") for pid in tree)
            peak.together = max(peak.together, sum(shares))
            marks = (_kilobytes(pid, "status", "VmHWM:") for pid in tree)
            peak.largest = max(peak.largest, *marks)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        process.wait()
    finally:
        done.set()
        watcher.join()
    return peak


def _tree(pid: int) -> list[int]:
    """Return a process and its descendants."""
    every = [pid]
    for each in every:
        try:
            for task in Path(f"/proc/{each}/task").iterdir():
                every += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return every


def _kilobytes(pid: int, file: str, key: str) -> int:
    """Return a figure of a process from its files in ``/proc``; 0 when it is gone."""
    try:
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1])
    except OSError:
        return 0
    return 0


def _stages(folder: Path, leak: Path) -> list[tuple[str, float]]:
    """Run the stages once more in a process that says how long each took."""
    arguments = [sys.executable, "-m", "bench._stages", str(leak), str(folder / "staged")]
    seconds: dict[str, float] = json.loads(run_process(arguments, env=_environment(folder)))
    return [(name, seconds[name]) for name in STAGES]
