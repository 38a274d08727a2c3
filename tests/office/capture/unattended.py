"""Many captures in one process, and what the process holds between them.

``python -m tests.office.capture.unattended --pages 200`` says how processes, open files, threads, folders and memory go.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import msgspec

from qingyuan.office.capture import CaptureSettings, JobResult, capture_all
from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector
from qingyuan.store import EventDraft
from tests.office.capture.site import serving
from tests.office.capture.taking import QUICK

LEAD = "L2026-0001"


class Held(msgspec.Struct, frozen=True):
    """What a process holds.

    Attributes:
        processes: Its children, and theirs.
        files: Open files.
        threads: Threads.
        left: What lies in the folder of temporary files.
    """

    processes: int
    files: int
    threads: int
    left: tuple[str, ...]


@contextmanager
def temporary() -> Iterator[Path]:
    """Have temporary files put into a folder of our own; its name is short, as a browser's socket lies there."""
    folder = Path(tempfile.mkdtemp(prefix="q", dir="/tmp"))
    try:
        with patch.object(tempfile, "tempdir", str(folder)), patch.dict(os.environ, TMPDIR=str(folder)):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def held(folder: Path) -> Held:
    """Return what this process holds once its children that have ended are gone from the list."""
    deadline = time.monotonic() + 20
    while _descendants(os.getpid()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return Held(
        len(_descendants(os.getpid())),
        len([*Path("/proc/self/fd").iterdir()]),
        threading.active_count(),
        tuple(sorted(each.name for each in folder.iterdir())),
    )


def _descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            children = [int(each) for each in (task / "children").read_text().split()]
        except OSError:  # it has ended meanwhile
            continue
        found += children
        for child in children:
            if Path(f"/proc/{child}").exists():
                found += _descendants(child)
    return found


def opened(folder: Path) -> Home:
    """Return a new home with a lead."""
    home = Home.open(folder, create=True)
    home.append([EventDraft(LEAD, "lead.registered", {"title": "x"})], actor="P001")
    return home


def captured(home: Home, urls: Sequence[str], *, replay: bool = True) -> JobResult:
    """Capture pages one after the other."""
    settings = CaptureSettings(allow_private=True, replay=replay, bounds=QUICK)
    return capture_all(home, LEAD, urls, Collector(second="P002"), settings=settings, delay=0)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def _each_kind() -> int:
    """Capture pages that end well and badly; return 0 when the process holds afterwards what it held after the first one."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with temporary() as folder, tempfile.TemporaryDirectory(dir="/var/tmp") as place, serving() as site:
        home = opened(Path(place) / "home")
        captured(home, [f"{site.url}/?n=0"])
        first = held(folder)
        done = captured(home, [f"{site.url}/?n=1", f"{site.url}/file", f"{site.url}/rude"], replay=False)
        refused = captured(home, [closed], replay=False)
        after = held(folder)
        home.close()
    failed = len(done.failed) + len(refused.failed)
    sys.stdout.write(
        f"{len(done.captures)} captured, {failed} failed, {after.processes} processes left, {first}, {after}\n"
    )
    return int(after != first or (after.processes, after.left) != (0, ()))


def _many(pages: int) -> int:
    """Capture pages in twenties; return 0 when nothing was held longer than the first twenty left it."""
    began, seen = time.monotonic(), []
    with temporary() as folder, tempfile.TemporaryDirectory(dir="/var/tmp") as place, serving() as site:
        home = opened(Path(place) / "home")
        for start in range(0, pages, 20):
            urls = [f"{site.url}/?images=5&n={n}" for n in range(start, min(start + 20, pages))]
            done = captured(home, urls)
            seen.append(held(folder))
            sys.stdout.write(
                f"{start + len(urls)} pages, {len(done.failed)} failed, {time.monotonic() - began:.0f} s, {seen[-1]}, {_resident()} MiB\n"
            )
            sys.stdout.flush()
        home.close()
    return int(len(set(seen)) != 1)


def main() -> int:
    """Capture a page of each kind, or as many as asked for; return 0 when nothing was left behind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, help="so many pages, in twenties")
    pages = parser.parse_args().pages
    return _each_kind() if pages is None else _many(pages)


if __name__ == "__main__":
    sys.exit(main())
