"""One big table as a person scans it: a process, several workers, exact counts of people."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench import _crowd
from bench._child import Peak, environment, watched
from bench._harness import Context, Row, SkippedError
from bench.start import command
from qingyuan.pii import compiling

#: Number of records, instead of the usual million.
ROWS = "BENCH_SCALE_ROWS"
_SEED = 20260722
_JOBS = 2


def run(context: Context) -> Iterator[Row]:
    """Scan parcels of a known number of people and compare the count."""
    compiling.compile_all()
    rows = int(os.environ.get(ROWS, context.pick(1_000_000, 100_000)))
    path = context.folder / "parcels.csv"
    people = _crowd.write(path, rows, _SEED)
    size = path.stat().st_size / 1e6
    began = time.perf_counter()
    peak, result = _scan(context.folder, path)
    seconds = time.perf_counter() - began
    path.unlink()
    found = result["persons"]["distinct"]
    if found != people:
        raise SkippedError(f"{found:,} people were counted, but there are {people:,}")
    what = f"scale: {rows:,} records, {size:,.0f} MB, {people:,} people counted exactly, {_JOBS} processes"
    yield Row(what, seconds, "s")
    yield Row("scale: the same as a rate of records", rows / seconds, "records/s")
    yield Row("scale: the same as a rate of bytes", size / seconds, "MB/s")
    if peak.together:
        yield Row("scale: peak memory, all processes, shared pages once", peak.together / 1024, "MiB")


def _scan(folder: Path, path: Path) -> tuple[Peak, dict[str, dict[str, int]]]:
    """Run the command and watch its memory."""
    arguments = [*command(), "scan", str(path), "--json", "--no-waybills", "--jobs", str(_JOBS)]
    arguments += ["--resume", str(folder / "parts"), "--max-file-bytes", str(1 << 40)]
    with (folder / "scan.json").open("w+b") as out, (folder / "scan.log").open("w+b") as log:
        process = subprocess.Popen(arguments, stdout=out, stderr=log, env=environment(folder))
        peak = watched(process)
        for file in (out, log):
            file.seek(0)
        text = out.read()
        if process.returncode not in (0, 1):
            said = (log.read() or text).decode(errors="replace").strip()[-400:]
            raise SkippedError(f"`qingyuan scan` ended with exit code {process.returncode}: {said}")
    return peak, json.loads(text)
