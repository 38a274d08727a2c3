"""An intake stage by stage, in a process of its own: ``python -m bench._stages LEAK HOME``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qingyuan.office.intake import Progress

#: The first one is importing the program and making a home with its keys, database and log.
STAGES = ("open", "plan", "seal", "scan", "register")


def staged(leak: Path, home: Path) -> dict[str, float]:
    """Do an intake in this process and return the seconds of each stage."""
    began = time.perf_counter()
    from qingyuan.office.home import Home  # noqa: PLC0415 - part of the first stage
    from qingyuan.office.intake import intake  # noqa: PLC0415

    ends: dict[str, float] = {}

    def report(progress: Progress) -> None:
        """Note when a stage was last heard of, and at the first word from sealing, when planning ended."""
        now = time.perf_counter()
        if progress.stage == "seal":
            ends.setdefault("plan", now - progress.seconds)
        ends[progress.stage] = now

    with Home.open(home, create=True) as office:
        ends["open"] = time.perf_counter()
        intake(office, [leak], report=report)
        ends["register"] = time.perf_counter()
    marks = [began, *(ends[name] for name in STAGES)]
    return {name: marks[at + 1] - marks[at] for at, name in enumerate(STAGES)}


if __name__ == "__main__":
    print(json.dumps(staged(Path(sys.argv[1]), Path(sys.argv[2]))))
