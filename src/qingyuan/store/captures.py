"""The state of capture jobs: which addresses a job holds and how far each has come."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from qingyuan.store.schema import CAPTURE


class CaptureState(enum.StrEnum):
    """How far a page has come."""

    PLANNED = "planned"
    DONE = "done"
    FAILED = "failed"


class CaptureRow(msgspec.Struct, frozen=True):
    """One page of a job.

    Attributes:
        job: Identifier of the job.
        n: Its place in the job, from 0.
        url: Its address.
        state: See :class:`CaptureState`.
        attempts: How often it was tried.
        detail: JSON: the result, or why it failed.
        at: When the state was set, as the format writes times.
    """

    job: str
    n: int
    url: str
    state: str
    attempts: int
    detail: bytes | None
    at: str


def plan_captures(connection: sa.Connection, job: str, urls: Sequence[str], *, at: str) -> None:
    """Add a job with its addresses, in their order."""
    connection.execute(
        sa.insert(CAPTURE),
        [
            {
                "job": job,
                "n": n,
                "url": url,
                "state": CaptureState.PLANNED,
                "attempts": 0,
                "detail": None,
                "at": at,
            }
            for n, url in enumerate(urls)
        ],
    )


def captures(connection: sa.Connection, job: str) -> list[CaptureRow]:
    """Return the pages of a job, in their order."""
    query = sa.select(CAPTURE).where(CAPTURE.c.job == job).order_by(CAPTURE.c.n)
    return [CaptureRow(*row) for row in connection.execute(query)]


def jobs_like(connection: sa.Connection, prefix: str) -> list[str]:
    """Return the identifiers of the jobs that begin with ``prefix``, oldest first by their number."""
    query = sa.select(CAPTURE.c.job).where(CAPTURE.c.job.startswith(prefix, autoescape=True)).distinct()
    found = [str(row[0]) for row in connection.execute(query)]
    return sorted(found, key=lambda job: (len(job), job))


def set_capture(connection: sa.Connection, row: CaptureRow) -> None:
    """Write state, attempts, detail and time of one page."""
    connection.execute(
        sa.update(CAPTURE)
        .where(CAPTURE.c.job == row.job, CAPTURE.c.n == row.n)
        .values(state=row.state, attempts=row.attempts, detail=row.detail, at=row.at)
    )
