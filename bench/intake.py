"""The whole job on the demonstration material, as a person runs it: one process, from files to a lead.

The compiled passes are in the cache of the installation, as after ``qingyuan warm``; everything else
starts cold: interpreter, imports, keys, database, scanning processes.
"""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench._child import Peak, environment, watched
from bench._floors import two_hashes_of
from bench._harness import Context, Row, SkippedError, in_turns, run_process
from bench._stages import STAGES
from bench.start import command
from qingyuan.demo import generate
from qingyuan.pii import warm


def run(context: Context) -> Iterator[Row]:
    """Take the demonstration material in, and hash the same files as the floor."""
    warm()
    importlib.import_module("qingyuan.pii.readers")  # importing them compiles their passes
    records = context.pick(200_000, 5_000)
    leak = context.folder / "leak"
    generate(leak, rows=records)
    files = sorted(path for path in leak.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files) / 1e6
    peaks: list[Peak] = []
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


def _take(folder: Path, leak: Path) -> tuple[Peak, dict[str, object]]:
    """Run the command once into a new home and watch its memory."""
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    arguments = [*command(), "intake", str(leak), "--home", str(home), "--json"]
    output = folder / "intake.json"
    with output.open("wb") as out, (folder / "intake.log").open("w+b") as log:
        process = subprocess.Popen(arguments, stdout=out, stderr=log, env=environment(folder))
        peak = watched(process)
        if process.returncode:
            log.seek(0)
            said = (log.read() or output.read_bytes()).decode(errors="replace").strip()[-400:]
            raise SkippedError(f"`qingyuan intake` ended with exit code {process.returncode}: {said}")
    result: dict[str, object] = json.loads(output.read_bytes())
    return peak, result


def _number(result: dict[str, object], name: str) -> float:
    value = result.get(name)
    if not isinstance(value, int | float):
        raise SkippedError(f"the result of `qingyuan intake` has no number {name!r}")
    return float(value)


def _stages(folder: Path, leak: Path) -> list[tuple[str, float]]:
    """Run the stages once more in a process that says how long each took."""
    arguments = [sys.executable, "-m", "bench._stages", str(leak), str(folder / "staged")]
    seconds: dict[str, float] = json.loads(run_process(arguments, env=environment(folder)))
    return [(name, seconds[name]) for name in STAGES]
