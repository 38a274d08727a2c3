"""A command as a process of its own: its environment, and the memory of it and all it starts."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_SECONDS = 0.2


@dataclass(slots=True)
class Peak:
    """Memory of the process tree, largest sample.

    Attributes:
        together: KiB of all processes, shared pages counted once.
        largest: KiB of the largest process, by its own high-water mark. Not ``ru_maxrss``: a child begins with
            that of the process it was forked from.
    """

    together: int = 0
    largest: int = 0


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of the child: its keys stay in the folder of the benchmark."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QINGYUAN_")}
    return {**kept, "XDG_DATA_HOME": str(folder / "data")}


def watched(process: subprocess.Popen[bytes]) -> Peak:
    """Wait for a process; return its peak memory, zeros where the system does not tell."""
    peak, done = Peak(), threading.Event()

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
