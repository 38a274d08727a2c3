"""A capture job: a list of pages, taken one after the other, that can be killed and run again.

How far it is stands in the database; a page is done in the same transaction that records its exhibits, so
that it is either wholly there or will be taken again. Between two pages of one host there is a pause.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.evidence import format_time
from qingyuan.office.browser import Standby, TemporaryFolder
from qingyuan.office.capture.acquisition import Circumstances
from qingyuan.office.capture.bounds import Hit
from qingyuan.office.capture.exhibits import CaptureExhibit, seal_capture
from qingyuan.office.capture.settings import CaptureSettings
from qingyuan.office.capture.taken import Taken, check_url
from qingyuan.office.capture.taking import take
from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector
from qingyuan.office.streams import docket_streams
from qingyuan.shapes import from_json
from qingyuan.store.captures import (
    CaptureRow,
    CaptureState,
    captures,
    jobs_like,
    plan_captures,
    set_capture,
)

#: Times that a page is tried in one run.
MOST_ATTEMPTS = 3

#: Errors that another attempt may not meet.
_PASSING = ("capture.unreachable", "browser.timeout", "browser.gone", "browser.navigation", "browser.refused")


class Captured(msgspec.Struct, frozen=True):
    """A page that was captured and sealed.

    Attributes:
        url: Address that was asked for.
        final_url: Address that was arrived at.
        status: HTTP status of the document; 0 when unknown.
        title: Title of the page.
        mode: ``"raw"`` or ``"decoded"``.
        exhibits: What was sealed.
        resources: Answers on record.
        bytes: Bytes of their bodies, as recorded.
        bounds: Limits that were reached.
        replay: ``"same"``, ``"differs"`` or ``"unknown"``.
        replay_reason: Why, in Chinese.
        replay_reason_en: Why, in English.
        absent: Names of files that could not be made.
        seconds: From the start to the sealed exhibits.
    """

    url: str
    final_url: str
    status: int
    title: str
    mode: str
    exhibits: tuple[CaptureExhibit, ...]
    resources: int
    bytes: int
    bounds: tuple[Hit, ...]
    replay: str
    replay_reason: str
    replay_reason_en: str
    absent: tuple[str, ...]
    seconds: float


class Failed(msgspec.Struct, frozen=True):
    """A page that could not be captured.

    Attributes:
        url: Its address.
        code: Code of the error.
        reason: What is wrong, in Chinese.
        reason_en: What is wrong, in English.
        remedy: What to do, in Chinese.
        remedy_en: What to do, in English.
        attempts: How often it was tried.
    """

    url: str
    code: str
    reason: str
    reason_en: str
    remedy: str
    remedy_en: str
    attempts: int


class JobResult(msgspec.Struct, frozen=True):
    """The result of a job.

    Attributes:
        job: Its identifier.
        captures: Pages that are captured, in the order of the list.
        failed: Pages that are not.
        resumed: Pages that an earlier run had done.
    """

    job: str
    captures: tuple[Captured, ...]
    failed: tuple[Failed, ...]
    resumed: int


class CaptureProgress(msgspec.Struct, frozen=True):
    """How far a job is.

    Attributes:
        done: Pages captured or given up.
        total: Pages in all.
        url: The page that was last worked on.
        seconds: Since the start of this run.
        error: What was wrong with it, in Chinese and English; ``None`` when it was captured.
    """

    done: int
    total: int
    url: str
    seconds: float
    error: tuple[str, str] | None


def capture_all(
    home: Home,
    scope: str,
    urls: Sequence[str],
    collector: Collector,
    *,
    settings: CaptureSettings | None = None,
    circumstances: Circumstances | None = None,
    delay: float = 1.0,
    report: Callable[[CaptureProgress], None] = lambda _: None,
    standby: Standby | None = None,
) -> JobResult:
    """Capture pages; safe to kill and to run again with the same list.

    Args:
        home: The office.
        scope: Lead or matter.
        urls: Addresses; one that occurs twice is captured once.
        collector: Who collects.
        settings: How.
        circumstances: What people know.
        delay: Seconds between two pages of one host.
        report: Told how far the job is.
        standby: Browsers on their way for the first page.

    Raises:
        CaptureError: ``capture.bad-url``: nothing was captured.
        OfficeError: There is no such lead or matter, or another capture is running in this home.
        StoreError: The disk refused.
    """
    wanted = list(dict.fromkeys(urls))
    for url in wanted:
        check_url(url)
    how = settings or CaptureSettings()
    with home.lock("capture"):
        home.blobs.sweep()
        with home.database.write() as connection:
            docket_streams(connection, scope)
            job = _plan(connection, home, scope, wanted, how)
        run = _Run(home, scope, job, collector, how, circumstances or Circumstances(), delay, report, standby)
        return run.work()


class _Run:
    """One run of a job."""

    def __init__(
        self,
        home: Home,
        scope: str,
        job: str,
        collector: Collector,
        settings: CaptureSettings,
        circumstances: Circumstances,
        delay: float,
        report: Callable[[CaptureProgress], None],
        standby: Standby | None,
    ) -> None:
        self._home, self._scope, self._job = home, scope, job
        self._collector, self._settings, self._circumstances = collector, settings, circumstances
        self._delay, self._report, self._standby = delay, report, standby
        self._began = time.monotonic()
        self._visited: dict[str, float] = {}

    def work(self) -> JobResult:
        rows = self._rows()
        waiting = deque((row, 1) for row in rows if row.state != CaptureState.DONE)
        resumed = done = len(rows) - len(waiting)
        while waiting:
            row, attempt = waiting.popleft()
            self._pause(row.url)
            error = self._one(row)
            again = error is not None and error.code in _PASSING and attempt < MOST_ATTEMPTS
            if again:  # after all the others
                waiting.append((msgspec.structs.replace(row, attempts=row.attempts + 1), attempt + 1))
            else:
                done += 1
            said = (error.zh, error.en) if error is not None else None
            self._report(CaptureProgress(done, len(rows), row.url, time.monotonic() - self._began, said))
        return self._result(resumed)

    def _one(self, row: CaptureRow) -> QingyuanError | None:
        """Capture and seal one page; return why it could not be captured.

        What cannot be sealed is no fault of the page: that ends the job.
        """
        began = time.monotonic()
        with TemporaryFolder("capture") as folder:
            inner = folder.path / "page"
            inner.mkdir()
            standby, self._standby = (
                self._standby,
                None,
            )  # for one page: every other has an authority of its own
            try:
                taken = take(
                    row.url, inner, self._settings, self._home.clock, self._home.entropy, standby=standby
                )
            except QingyuanError as error:
                failed = Failed(
                    row.url,
                    error.code,
                    error.zh,
                    error.en,
                    error.remedy_zh,
                    error.remedy_en,
                    row.attempts + 1,
                )
                with self._home.database.write() as connection:
                    detail = msgspec.json.encode(failed)
                    set_capture(connection, self._changed(row, CaptureState.FAILED, detail))
                return error

            def note(connection: sa.Connection, exhibits: tuple[CaptureExhibit, ...]) -> None:
                captured = _captured(taken, exhibits, time.monotonic() - began)
                set_capture(connection, self._changed(row, CaptureState.DONE, msgspec.json.encode(captured)))

            seal_capture(self._home, self._scope, taken, self._collector, self._circumstances, note=note)
        return None

    def _changed(self, row: CaptureRow, state: CaptureState, detail: bytes) -> CaptureRow:
        at = format_time(self._home.clock.now())
        return msgspec.structs.replace(row, state=state, attempts=row.attempts + 1, detail=detail, at=at)

    def _pause(self, url: str) -> None:
        """Leave a host alone for a while between two pages."""
        host = urlsplit(url).hostname or ""
        before = self._visited.get(host)
        if before is not None:
            time.sleep(max(0.0, before + self._delay - time.monotonic()))
        self._visited[host] = time.monotonic()

    def _rows(self) -> list[CaptureRow]:
        with self._home.database.read() as connection:
            return captures(connection, self._job)

    def _result(self, resumed: int) -> JobResult:
        good: list[Captured] = []
        bad: list[Failed] = []
        for row in self._rows():
            if row.state == CaptureState.DONE:
                good.append(from_json(row.detail or b"", Captured))
            elif row.detail is not None:
                bad.append(from_json(row.detail, Failed))
        return JobResult(self._job, tuple(good), tuple(bad), resumed)


def _plan(
    connection: sa.Connection, home: Home, scope: str, urls: Sequence[str], settings: CaptureSettings
) -> str:
    """Return the job of this list that is not finished, or a new one."""
    text = "\n".join((scope, settings.mode, *urls))
    prefix = f"capture-{hashlib.sha256(text.encode()).hexdigest()[:16]}-"
    earlier = jobs_like(connection, prefix)
    if earlier and any(row.state != CaptureState.DONE for row in captures(connection, earlier[-1])):
        return earlier[-1]
    job = f"{prefix}{len(earlier) + 1}"
    plan_captures(connection, job, urls, at=format_time(home.clock.now()))
    return job


def _captured(taken: Taken, exhibits: tuple[CaptureExhibit, ...], seconds: float) -> Captured:
    return Captured(
        url=taken.url,
        final_url=taken.final_url,
        status=taken.status,
        title=taken.title,
        mode=taken.environment.mode,
        exhibits=exhibits,
        resources=taken.resources,
        bytes=taken.bytes,
        bounds=taken.hits,
        replay=taken.replay.result,
        replay_reason=taken.replay.zh,
        replay_reason_en=taken.replay.en,
        absent=tuple(name for name, _, _ in taken.absent),
        seconds=round(seconds, 3),
    )
