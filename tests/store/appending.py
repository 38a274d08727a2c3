"""A process that appends until it is killed, and what starts many of them quickly.

Run as a program it is the *nursery*: it has everything imported, and forks a child for each line it is given. A child opens
the database anew, appends and publishes in a loop, and says what was acknowledged only once it was: ``a INDEX LEAF-HASH``.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from qingyuan.ledger import SM3, Batch, TileFolder, leaf_hash
from qingyuan.ledger.log import Log
from qingyuan.store import (
    Database,
    EventDraft,
    GroupCommitter,
    Journal,
    SqlLogStorage,
    StoredEvent,
    StoreError,
)
from qingyuan.store._driver import Driver
from qingyuan.store.ledger_storage import Held
from tests.store.making import NOW, ORIGIN, TWIN, log, twin

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Job:
    """What a child does.

    Attributes:
        url: The database.
        tiles: Folder to publish to, or ``""``.
        callers: Threads that append through a group committer; 0 for the journal itself.
        point: Where the child kills itself (see ``POINTS``), or ``""`` to be killed from outside.
        visit: On which visit of the point.
        fault: ``"disk-full"``, ``"file-limit"`` or ``"sync"`` to break the write-ahead log half-way, or ``""``.
        count: How many appends, 0 for no end.
    """

    url: str
    tiles: str = ""
    callers: int = 0
    point: str = ""
    visit: int = 1
    fault: str = ""
    count: int = 0


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def acknowledge(stored: list[StoredEvent]) -> None:
    say("\n".join(f"a {event.index} {leaf_hash(event.leaf).hex()}" for event in stored))


def publish(database: Database, folder: Path) -> None:
    with database.read() as connection:
        TileFolder(folder / "log").publish(SqlLogStorage(connection, ORIGIN))
        TileFolder(folder / "log-sm3", SM3).publish(SqlLogStorage(connection, TWIN))


def _drafts(choose: random.Random) -> list[EventDraft]:
    return [
        EventDraft(f"L{choose.randrange(3)}", "lead.a", {"n": at})
        for at in range(choose.choice((1, 1, 2, 40)))
    ]


def work(job: Job) -> None:
    """Append until killed, or as often as the job says."""
    choose = random.Random(os.getpid())
    database = Database(job.url)
    journal = Journal(log(), os.urandom, twin=twin())
    say("r")
    if job.callers:
        with GroupCommitter(database, journal) as committer:
            threads = [
                threading.Thread(target=_call, args=(committer, job, random.Random(choose.random())))
                for _ in range(job.callers)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return
    done = 0
    while not job.count or done < job.count:
        with database.write() as connection:
            stored = journal.append(connection, _drafts(choose), now=NOW, actor="P001")
        acknowledge(stored)
        done += 1
        if job.tiles:
            publish(database, Path(job.tiles))


def _call(committer: GroupCommitter, job: Job, choose: random.Random) -> None:
    done = 0
    while not job.count or done < job.count:
        acknowledge(committer.append(_drafts(choose), now=NOW, actor="P001"))
        done += 1


def _wal_files() -> list[int]:
    return [
        int(entry.name)
        for entry in Path("/proc/self/fd").iterdir()
        if entry.exists() and entry.readlink().name.endswith("-wal")
    ]


def _break(fault: str) -> None:
    """Break the write-ahead log under the running program, with nothing but what the kernel really does."""
    if fault == "file-limit":  # writes beyond the present length fail with EFBIG
        length = max(os.fstat(each).st_size for each in _wal_files())
        resource.setrlimit(resource.RLIMIT_FSIZE, (length + 1_000, resource.RLIM_INFINITY))
        return
    # /dev/full refuses every write with ENOSPC; /dev/null takes writes, loses them, and cannot be synced.
    broken = os.open({"disk-full": "/dev/full", "sync": "/dev/null"}[fault], os.O_RDWR)
    for each in _wal_files():
        os.dup2(broken, each)


def work_with_fault(job: Job) -> None:
    """Append through a committer, break the log, say what callers are told, mend it and go on."""
    choose = random.Random(7)
    database = Database(job.url)
    journal = Journal(log(), os.urandom, twin=twin())
    committer = GroupCommitter(database, journal)
    for _ in range(20):
        acknowledge(committer.append(_drafts(choose), now=NOW, actor="P001"))
    _break(job.fault)
    for _ in range(3):
        try:
            acknowledge(committer.append(_drafts(choose) * 20, now=NOW, actor="P001"))
        except StoreError as error:
            say(f"e {error.code}")
    committer.close()
    database.close()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    database = Database(job.url)
    with GroupCommitter(database, Journal(log(), os.urandom, twin=twin())) as again:
        acknowledge(again.append(_drafts(choose), now=NOW, actor="P001"))
    say("m")
    database.close()


def _around(owner: type, name: str, point: str, job: Job) -> None:
    """Make the process kill itself before or after a function, on the given visit."""
    inner: Callable[..., object] = getattr(owner, name)
    visits = 0

    def outer(*args: object, **kwargs: object) -> object:
        nonlocal visits
        visits += 1
        now = visits == job.visit
        if now and point == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = inner(*args, **kwargs)
        if now and point == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, outer)


#: Between which steps a child may kill itself: name to class and method.
POINTS: dict[str, tuple[type, str]] = {
    "sign": (Log, "sign"),
    "store": (Batch, "store"),
    "head": (Held, "write"),
    "commit": (Driver, "commit"),
    "tile": (TileFolder, "_write"),
}


def nursery() -> None:
    """Fork a child for each job read, say its number, wait for its end and say so."""
    for line in sys.stdin:
        job = Job(**json.loads(line))
        child = os.fork()
        if not child:
            try:
                if job.point:
                    when, name = job.point.split(" ")
                    _around(*POINTS[name], when, job)
                (work_with_fault if job.fault else work)(job)
            except BaseException as error:  # noqa: BLE001 - told to the test, which fails on it
                say(f"! {type(error).__name__}: {error}")
            os._exit(0)
        say(f"pid {child}")
        os.waitpid(child, 0)
        say("end")


@dataclass
class Outcome:
    """What a child said before its end: acknowledged leaf hashes by index, and error codes."""

    acknowledged: dict[int, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    mended: bool = False


class Nursery:
    """The nursery as a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.store.appending"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(self, job: Job) -> int:
        """Start a child and return its number."""
        assert self._process.stdin is not None
        self.outcome = Outcome()
        self._process.stdin.write(json.dumps({name: getattr(job, name) for name in Job.__slots__}) + "\n")
        self._process.stdin.flush()
        word, number = self._line().split()
        assert word == "pid"
        return int(number)

    def listen(self, answers: int) -> None:
        """Wait until the child has begun and said at least so many lines of answers."""
        while self._take():
            answers -= 1
            if answers < 0:
                return

    def finish(self, *, may_fail: bool = False) -> Outcome:
        """Wait for the end of the child and return what it said; an error it did not expect fails the test."""
        while self._take(may_fail=may_fail):
            pass
        return self.outcome

    def run(self, job: Job) -> Outcome:
        """Run a child to its end."""
        self.start(job)
        return self.finish()

    def kill(self, job: Job, choose: random.Random, *, crash: Callable[[], None] | None = None) -> Outcome:
        """Kill a child at a random moment after it began, now and then after some answers."""
        child = self.start(job)
        self.listen(choose.choice((0, 0, 1, 5)))
        time.sleep(choose.uniform(0, 0.02))
        if crash:
            crash()  # then the child ends by itself, or waits to be killed
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        return self.finish(may_fail=crash is not None)

    def _take(self, *, may_fail: bool = False) -> bool:
        """Read one line of the child; false at its end."""
        line = self._line()
        word, *rest = line.split(" ")
        if word == "a" and len(rest) == 2 and len(rest[1]) == 64:
            self.outcome.acknowledged[int(rest[0])] = rest[1]
        elif word == "e":
            self.outcome.errors.append(rest[0])
        elif word == "m":
            self.outcome.mended = True
        elif word == "!":
            assert may_fail, line
        elif word != "r":
            assert line == "end"
            return False
        return True

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery died"
        return line.rstrip("\n")


if __name__ == "__main__":
    nursery()
