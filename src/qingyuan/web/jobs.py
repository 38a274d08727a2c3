"""Durable jobs: what takes longer than a page, with progress, to be cancelled, and gone on with after a kill.

The rows of jobs say what is wanted and how far it is; the work itself is resumable by its own state in the home (an
intake seals nothing twice), so that a job found running when the server starts is simply run again.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping

import msgspec
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.web.state import JOB, State

_LOG = logging.getLogger("qingyuan.web")
_EMPTY = b"{}"
#: Progress is written at most so often, in seconds.
_TELL = 0.3

Report = Callable[[Mapping[str, object]], None]
#: Does the work of one kind of job: its identifier, particulars, who wants it, where to report; returns what to show.
Work = Callable[[str, dict[str, object], str, Report], dict[str, object]]


class CancelledError(Exception):
    """Somebody cancelled the job; raised from the report of its progress."""


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
    """The jobs of a home, done one after the other in a thread.

    Args:
        state: Where they are kept.
        works: Work by kind.
    """

    def __init__(self, state: State, works: Mapping[str, Work]) -> None:
        """Put what a killed server left back into the queue."""
        self._state = state
        self._works = works
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        with state.write() as connection:
            connection.execute(sa.update(JOB).where(JOB.c.state == "running").values(state="queued"))
            connection.execute(sa.update(JOB).where(JOB.c.state == "stopping").values(state="cancelled"))

    def start(self) -> None:
        """Begin to work."""
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the present step; what was running is gone on with at the next start."""
        self._ended.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

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
        self._change(identifier, "cancelled", "queued")
        self._change(identifier, "failed", "queued")
        self._wake.set()

    def _change(self, identifier: str, before: str, after: str, **values: object) -> None:
        with self._state.write() as connection:
            connection.execute(
                sa.update(JOB)
                .where(JOB.c.id == identifier, JOB.c.state == before)
                .values(state=after, updated=int(time.time()), **values)
            )

    def _run(self) -> None:
        while not self._ended.is_set():
            with self._state.read() as connection:
                row = connection.execute(
                    sa.select(JOB).where(JOB.c.state == "queued").order_by(JOB.c.created).limit(1)
                ).first()
            if row is None:
                self._wake.wait(timeout=5)
                self._wake.clear()
                continue
            self._do(_job(row))

    def _do(self, job: Job) -> None:
        self._change(job.id, "queued", "running")
        told = 0.0

        def report(progress: Mapping[str, object]) -> None:
            nonlocal told
            if self._ended.is_set():
                raise CancelledError
            if time.monotonic() - told < _TELL:
                return
            told = time.monotonic()
            with self._state.write() as connection:
                state = connection.execute(sa.select(JOB.c.state).where(JOB.c.id == job.id)).scalar()
                connection.execute(
                    sa.update(JOB)
                    .where(JOB.c.id == job.id)
                    .values(progress=msgspec.json.encode(progress), updated=int(time.time()))
                )
            if state == "stopping":
                raise CancelledError

        try:
            result = self._works[job.kind](job.id, job.args, job.person, report)
        except CancelledError:
            if not self._ended.is_set():
                self._change(job.id, "stopping", "cancelled")
        except QingyuanError as error:
            self._end(job.id, "failed", dict(error.as_dict()))
        except Exception:  # noqa: BLE001 - whatever it was, the next job must run, and the log says it
            _LOG.exception("job")
            self._end(
                job.id, "failed", {"zh": "程序出错，已记入日志", "en": "the program failed; the log says how"}
            )
        else:
            self._end(job.id, "done", result)

    def _end(self, identifier: str, state: str, result: dict[str, object]) -> None:
        for before in ("running", "stopping"):
            self._change(identifier, before, state, result=msgspec.json.encode(result))


def _job(row: sa.Row[tuple[object, ...]]) -> Job:
    args, progress, result = (msgspec.json.decode(raw) for raw in (row.args, row.progress, row.result))
    return Job(row.id, row.kind, row.person, row.state, args, progress, result, row.created, row.updated)
