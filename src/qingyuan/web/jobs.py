"""Durable jobs: what takes longer than a page, with progress, to be cancelled, and gone on with after a kill.

The rows of jobs say what is wanted and how far it is; the work itself is resumable by its own state in the home (an
intake seals nothing twice), so that a job whose process was killed is simply run again.

Any number of processes may work on one queue. Who takes a job writes its name and a lease into the row, in one write
transaction, and renews the lease while it works. A job is free again when its lease ran out, or at once when its process, on this machine,
is gone. A job in which its process died goes behind the others, and is given up when that happened :data:`DEATHS` times: what
takes memory or ends a process must not keep the queue. Of those who wait, whoever was served longest ago comes next, each with their oldest
job. One job of a kind runs at a time. Whoever lost its lease stops at its next report and changes nothing any more; the lock of the home
keeps even a process that was only asleep from working beside its successor.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.office.errors import CancelledError
from qingyuan.store import AWAY
from qingyuan.web.state import JOB, State
from qingyuan.web.telling import tell

_EMPTY = b"{}"
#: Progress is written at most so often, in seconds.
_TELL = 0.3
#: A job belongs to its process for so many seconds after the last sign of life.
LEASE = 30
#: So many processes may die in one job, until somebody goes on with it.
DEATHS = 5
#: So long does a worker that finds nothing to do wait.
_LOOK = 2.0
#: And so long one that takes quick work only, which somebody waits for.
_GLANCE = 0.5
_BUSY = "office.busy"
_HOST = socket.gethostname()

#: So long between two rounds of tidying.
_TIDY = 600.0

#: What is told of a job that was given up.
_LOST = {
    "code": "web.job-lost",
    "zh": f"办理这项任务的进程已 {DEATHS} 次意外终止，不再自动重试；已办妥的部分不会丢失",
    "en": f"{DEATHS} processes died while they worked on it, so it is not tried again by itself; nothing that was done is lost",
    "remedy_zh": "请管理员查看日志和内存、磁盘，排除原因后点“继续”",
    "remedy_en": "let the administrator look at the log, memory and disk; when the cause is gone, go on with it",
}

#: What the system refuses when there is no room, and when nothing may be written there.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_WRITING = {errno.EROFS, errno.EACCES, errno.EPERM}

T = TypeVar("T")
Report = Callable[[Mapping[str, object]], None]
#: Does the work of one kind of job: its identifier, particulars, who wants it, where to report; returns what to show.
Work = Callable[[str, dict[str, object], str, Report], dict[str, object]]


class Job(msgspec.Struct, frozen=True):
    """One job.

    Attributes:
        id: Random identifier.
        kind: What it does.
        person: Who wants it.
        state: ``queued``, ``running``, ``stopping``, ``cancelled``, ``failed`` or ``done``.
        args: Its particulars.
        progress: How far it is.
        result: What came of it, or the error.
        created: Seconds since the epoch.
        updated: The same, of the newest change.
    """

    id: str
    kind: str
    person: str
    state: str
    args: dict[str, object]
    progress: dict[str, object]
    result: dict[str, object]
    created: int
    updated: int

    @property
    def over(self) -> bool:
        """Return whether nothing more happens by itself."""
        return self.state in {"done", "failed", "cancelled"}


class Jobs:
    """The jobs of a home, done one after the other in a thread of each process that works, beside it those that are quick.

    Args:
        state: Where they are kept.
        works: Work by kind.
        tidy: Called now and then between jobs.
        send: Called every few seconds, in a thread of its own, to tell others what was logged.
        quick: Kinds that do not wait for long work of other kinds: a second thread takes these only.
    """

    def __init__(
        self,
        state: State,
        works: Mapping[str, Work],
        tidy: Callable[[], None] | None = None,
        send: Callable[[], object] | None = None,
        quick: Collection[str] = (),
    ) -> None:
        """Name this worker; nothing is taken yet."""
        self._state = state
        self._works = works
        self._tidy = tidy
        self._send = send
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._quick = frozenset(quick)
        self._thread: threading.Thread | None = None
        self._second: threading.Thread | None = None
        self._sender: threading.Thread | None = None
        self.owner = f"{_HOST} {os.getpid()} {secrets.token_hex(4)}"

    @property
    def working(self) -> bool:
        """Whether this process works on jobs."""
        return self._thread is not None

    def start(self) -> None:
        """Begin to work."""
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()
        if self._quick:
            self._second = threading.Thread(target=self._run_quick, name="quick-jobs", daemon=True)
            self._second.start()
        if self._send is not None:
            self._sender = threading.Thread(target=self._tell, name="hooks", daemon=True)
            self._sender.start()

    def stop(self) -> None:
        """Stop after the present step; what was running is free for the next worker at once."""
        self._ended.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
            if self._second is not None:
                self._second.join(timeout=30)
            if self._sender is not None:
                self._sender.join(timeout=30)
            self._let_go()

    def add(self, kind: str, person: str, args: Mapping[str, object]) -> str:
        """Queue a job and return its identifier."""
        identifier = secrets.token_hex(8)
        now = int(time.time())
        with self._state.write() as connection:
            connection.execute(
                sa.insert(JOB).values(
                    id=identifier,
                    kind=kind,
                    person=person,
                    state="queued",
                    args=msgspec.json.encode(args),
                    progress=_EMPTY,
                    result=_EMPTY,
                    created=now,
                    updated=now,
                )
            )
        self._wake.set()
        return identifier

    def get(self, identifier: str) -> Job | None:
        """Return a job."""
        with self._state.read() as connection:
            row = connection.execute(sa.select(JOB).where(JOB.c.id == identifier)).first()
        return None if row is None else _job(row)

    def newest(self, limit: int = 20, *, person: str = "") -> list[Job]:
        """Return the newest jobs, those of one person when a person is named."""
        wanted = sa.select(JOB).order_by(JOB.c.created.desc(), JOB.c.id).limit(limit)
        with self._state.read() as connection:
            rows = connection.execute(wanted.where(JOB.c.person == person) if person else wanted)
            return [_job(row) for row in rows]

    def cancel(self, identifier: str) -> None:
        """Ask a job to stop; what it did so far stays, and it can be gone on with."""
        self._change(identifier, "queued", "cancelled")
        self._change(identifier, "running", "stopping")

    def resume(self, identifier: str) -> None:
        """Go on with a job that was cancelled or failed."""
        self._change(identifier, "cancelled", "queued", lost=0)
        self._change(identifier, "failed", "queued", lost=0)
        self._wake.set()

    def _change(self, identifier: str, before: str, after: str, **values: object) -> None:
        with self._state.write() as connection:
            connection.execute(
                sa.update(JOB)
                .where(JOB.c.id == identifier, JOB.c.state == before)
                .values(state=after, updated=int(time.time()), **values)
            )

    def _run(self) -> None:
        tidied = 0.0
        while not self._ended.is_set():
            if self._tidy is not None and time.monotonic() - tidied > _TIDY:
                tidied = time.monotonic()
                self._guarded(self._tidy)
            job = self._guarded(self._take)
            if job is None:
                self._wake.wait(timeout=_LOOK)
                self._wake.clear()
                continue
            self._do(job)

    def _run_quick(self) -> None:
        while not self._ended.is_set():
            job = self._guarded(lambda: self._take(self._quick))
            if job is None:
                self._ended.wait(_GLANCE)
            else:
                self._do(job)

    def _tell(self) -> None:
        assert self._send is not None
        while not self._ended.wait(_LOOK):
            self._guarded(self._send)

    @staticmethod
    def _guarded(step: Callable[[], T]) -> T | None:
        """Do a step; the worker must outlive whatever it may be, such as a database that is away for a while."""
        try:
            return step()
        except Exception as error:  # noqa: BLE001 - the log says it, and the step is tried again
            tell("jobs", error)
            return None

    def _take(self, only: Collection[str] = ()) -> Job | None:
        """Take a free job, in one write transaction; of some kinds only, when any are named.

        It is the oldest one of whoever was served longest ago, so that nobody waits for all that somebody else asked for.
        """
        now = int(time.time())
        with self._state.write() as connection:
            _note_deaths(connection, now)
            rows = connection.execute(
                sa.select(JOB)
                .where(JOB.c.state.in_(("queued", "running", "stopping")))
                .order_by(JOB.c.lost, JOB.c.created, JOB.c.id)
            ).all()
            taken = {row.kind for row in rows if row.state != "queued"}
            for row in _by_turns(connection, rows):
                if (only and row.kind not in only) or row.state != "queued":
                    continue
                if row.kind in taken or row.lease > now:
                    continue
                connection.execute(
                    sa.update(JOB)
                    .where(JOB.c.id == row.id)
                    .values(
                        state="running",
                        owner=self.owner,
                        lease=now + LEASE,
                        begun=now,
                        runs=row.runs + 1,
                        updated=now,
                    )
                )
                return _job(row)
        return None

    def _let_go(self) -> None:
        """Free what this process still holds."""
        with contextlib.suppress(sa.exc.SQLAlchemyError, QingyuanError), self._state.write() as connection:
            for before, after in (("running", "queued"), ("stopping", "cancelled")):
                connection.execute(
                    sa.update(JOB)
                    .where(JOB.c.owner == self.owner, JOB.c.state == before)
                    .values(state=after, owner="", lease=0)
                )

    def _touch(self, job: str, **values: object) -> str:
        """Renew the lease and return the state of the job, ``""`` when it is another's."""
        now = int(time.time())
        with self._state.write() as connection:
            row = connection.execute(sa.select(JOB.c.state, JOB.c.owner).where(JOB.c.id == job)).first()
            if row is None or row.owner != self.owner:
                return ""
            connection.execute(
                sa.update(JOB).where(JOB.c.id == job).values(lease=now + LEASE, updated=now, **values)
            )
        return str(row.state)

    def _do(self, job: Job) -> None:
        """Work on a job that was taken, its lease renewed by another thread."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(LEASE / 3):
                self._guarded(lambda: self._touch(job.id))

        renewing = threading.Thread(target=renew, name="lease", daemon=True)
        renewing.start()
        try:
            self._work(job)
        finally:
            over.set()
            renewing.join()

    def _work(self, job: Job) -> None:
        told = 0.0

        def report(progress: Mapping[str, object]) -> None:
            nonlocal told
            if self._ended.is_set():
                raise CancelledError
            if time.monotonic() - told < _TELL:
                return
            told = time.monotonic()
            if self._touch(job.id, progress=msgspec.json.encode(progress)) != "running":
                raise CancelledError

        try:
            result = self._works[job.kind](job.id, job.args, job.person, report)
        except CancelledError:
            if not self._ended.is_set():
                self._end(job.id, "cancelled", None)
        except QingyuanError as error:
            self._refused(job.id, error)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next job must run, and the log says it
            tell("job", error)
            self._end(job.id, "failed", _told(error))
        else:
            self._end(job.id, "done", result)

    def _refused(self, identifier: str, error: QingyuanError) -> None:
        if error.code == _BUSY:  # something else works on the home: this waits
            self._end(identifier, "queued", None, lease=int(time.time()) + LEASE)
        elif error.code in AWAY:  # what was done is done; the rest when the database is back
            tell("job", error)
            self._end(identifier, "queued", None)
        else:
            self._end(identifier, "failed", dict(error.as_dict()))

    def figures(self) -> list[tuple[str, str, int, float]]:
        """Return kind, state, number and seconds of work of all jobs, by kind and state."""
        spent = sa.func.sum(sa.case((JOB.c.begun > 0, JOB.c.updated - JOB.c.begun), else_=0))
        wanted = sa.select(JOB.c.kind, JOB.c.state, sa.func.count(), spent).group_by(JOB.c.kind, JOB.c.state)
        with self._state.read() as connection:
            return [(row[0], row[1], int(row[2]), float(row[3] or 0)) for row in connection.execute(wanted)]

    def _end(self, identifier: str, state: str, result: dict[str, object] | None, *, lease: int = 0) -> None:
        """Write how a job of this process came out, as soon as the database takes it; another's is left alone."""
        values: dict[str, object] = {} if result is None else {"result": msgspec.json.encode(result)}

        def write() -> bool:
            with self._state.write() as connection:
                connection.execute(
                    sa.update(JOB)
                    .where(JOB.c.id == identifier, JOB.c.owner == self.owner)
                    .values(state=state, owner="", lease=lease, updated=int(time.time()), **values)
                )
            return True

        while not self._guarded(
            write
        ):  # the lease runs on meanwhile; when it ended the job is another's, and nothing is written
            if self._ended.wait(_LOOK):
                break


def _by_turns(
    connection: sa.Connection, rows: Sequence[sa.Row[tuple[object, ...]]]
) -> Sequence[sa.Row[tuple[object, ...]]]:
    """Return jobs with those first whose people were served longest ago; what processes died of stays behind, and equals stay as they are."""
    people = {str(row.person) for row in rows if row.state == "queued"}
    if len(people) <= 1:
        return rows
    wanted = sa.select(JOB.c.person, sa.func.max(JOB.c.begun)).where(JOB.c.begun > 0).group_by(JOB.c.person)
    served = {str(person): int(begun) for person, begun in connection.execute(wanted)}
    return sorted(rows, key=lambda row: (row.lost, served.get(str(row.person), 0)))


def _note_deaths(connection: sa.Connection, now: int) -> None:
    """Free the jobs whose processes are gone: what somebody wanted to stop is stopped, what too many died of is given up, the rest waits."""
    for row in connection.execute(sa.select(JOB).where(JOB.c.state.in_(("running", "stopping")))).all():
        if not _is_free(row, now):
            continue
        values: dict[str, object] = {"state": "cancelled", "owner": "", "updated": now}
        if row.state == "running":
            values = {"state": "queued", "owner": "", "lease": 0, "lost": row.lost + 1}
            if row.lost + 1 >= DEATHS:
                values |= {"state": "failed", "updated": now, "result": msgspec.json.encode(_LOST)}
        connection.execute(sa.update(JOB).where(JOB.c.id == row.id).values(**values))


def _is_free(row: sa.Row[tuple[object, ...]], now: int) -> bool:
    """Return whether nobody works on a job that says it is running."""
    if row.lease <= now:
        return True
    host, number, *_ = (*str(row.owner).split(" "), "", "")
    if host != _HOST or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _job(row: sa.Row[tuple[object, ...]]) -> Job:
    args, progress, result = (msgspec.json.decode(raw) for raw in (row.args, row.progress, row.result))
    return Job(row.id, row.kind, row.person, row.state, args, progress, result, row.created, row.updated)


def _told(error: Exception) -> dict[str, object]:
    """Return what is told of a job that an error nobody foresaw ended: what the disk refused is for the administrator to mend."""
    if not isinstance(error, OSError) or error.errno not in _NO_ROOM | _NO_WRITING:
        return {"zh": "程序出错，已记入日志", "en": "the program failed; the log says how"}
    full = error.errno in _NO_ROOM
    return {
        "code": "web.job-no-room" if full else "web.job-not-writable",
        "zh": "磁盘空间不足，任务停止；已办妥的部分不会丢失"
        if full
        else "没有写入权限，任务停止；已办妥的部分不会丢失",
        "en": f"{'no space is left on the disk' if full else 'the disk may not be written to'}; the job stopped, and nothing that was done is lost",
        "remedy_zh": "请管理员检查磁盘空间和写入权限，然后点“继续”",
        "remedy_en": "let the administrator look at the space and the permissions of the disk, then go on with it",
    }
