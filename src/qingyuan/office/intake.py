"""The intake: a user's material becomes sealed exhibits, a scan, and a lead with its findings.

It is a job of four stages whose progress is in the database, each step in one transaction with the events
it makes: plan, seal, scan, register. Whoever kills it at any moment loses nothing that was acknowledged;
the next run of the same paths says what is complete and does the rest, and nothing is sealed twice.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from qingyuan.evidence import EvidenceError, SourceError, open_source
from qingyuan.office.casework import docket_streams
from qingyuan.office.collect import Limits, Refused, from_text, logical_path, shown
from qingyuan.office.home import Home
from qingyuan.office.planning import Job, plan
from qingyuan.office.progress import Progress, Report
from qingyuan.office.registration import Registration, register
from qingyuan.office.scanning import Done, Target, scan_all
from qingyuan.office.sealing import Collector, Opened, Prepared, Sealer
from qingyuan.office.summary import IntakeResult
from qingyuan.office.workers import prepare
from qingyuan.store.intakes import Item, ItemState, items, set_items
from qingyuan.store.registry import ExhibitRow, exhibits

#: A batch of sealed files is committed when it holds this many files or bytes.
_BATCH_FILES = 512
_BATCH_BYTES = 64 << 20


class _Stage:
    """Counts what a stage has done and tells it."""

    def __init__(self, name: str, sizes: Sequence[int], report: Report) -> None:
        self._name, self._total, self._bytes_total = name, len(sizes), sum(sizes)
        self._report = report
        self._began = time.monotonic()
        self._done = self._bytes_done = 0

    def count(self, sizes: Sequence[int]) -> None:
        self._done += len(sizes)
        self._bytes_done += sum(sizes)

    def tell(self) -> None:
        seconds = time.monotonic() - self._began
        self._report(
            Progress(self._name, self._done, self._total, self._bytes_done, self._bytes_total, seconds)
        )


def intake(
    home: Home,
    paths: Sequence[Path],
    *,
    title: str | None = None,
    registration: Registration | None = None,
    limits: Limits | None = None,
    workers: int = 2,
    report: Report = lambda _: None,
    opened: Opened = open_source,
) -> IntakeResult:
    """Take material in: seal, scan, register. Safe to kill and to run again at any moment.

    Args:
        home: The office.
        paths: Files and folders.
        title: Title of the lead; by default the names of the paths.
        registration: What the register needs to know.
        limits: How much to take.
        workers: Processes that scan; 0 scans in this one, for material that is known to be harmless.
        report: Told how far the job is.
        opened: How the files are read; what was uploaded waits sealed.

    Raises:
        OfficeError: Nothing to take in, another intake is running, or nothing could be sealed.
        StoreError: The disk refused.
    """
    what = registration or Registration()
    began = time.monotonic()
    with home.lock("intake"):
        home.blobs.sweep()
        job = plan(home, paths, title=title, limits=limits or Limits())
        if workers:
            prepare()
        seal_planned(home, job, what.collector, report, opened)
        scan_sealed(home, job, what.collector, workers=workers, report=report)
        return register(home, job, what, seconds=time.monotonic() - began)


def seal_planned(
    home: Home, job: Job, collector: Collector, report: Report, opened: Opened = open_source
) -> None:
    """Seal every planned file that is not sealed yet, in batches; each batch is durable as a whole."""
    with home.database.read() as connection:
        waiting = [item for item in items(connection, job.lead, ItemState.PLANNED) if job.covers(item)]
        batch = (
            _Batch(home, Sealer(home, job.lead, collector), exhibits(connection, [job.lead]), opened)
            if waiting
            else None
        )
    if batch is None:
        return
    stage = _Stage("seal", [item.size for item in waiting], report)
    for item in waiting:
        batch.add(item, logical_path(from_text(item.path), job.names))
        stage.count([item.size])
        if batch.is_full():
            batch.commit()
            stage.tell()
    batch.commit()
    stage.tell()


class _Batch:
    """Files sealed together: one sync, one transaction."""

    def __init__(self, home: Home, sealer: Sealer, held: Sequence[ExhibitRow], opened: Opened) -> None:
        self._home = home
        self._sealer = sealer
        self._opened = opened
        self._known = {(row.path, row.sha256): row.id for row in held if row.origin == "collected"}
        self._clear()

    def _clear(self) -> None:
        self._sealed: list[tuple[Item, Prepared]] = []
        self._others: list[Item] = []
        self._bytes = 0

    def is_full(self) -> bool:
        return len(self._sealed) >= _BATCH_FILES or self._bytes >= _BATCH_BYTES

    def add(self, item: Item, name: str) -> None:
        """Seal one file; what cannot be read, or is no longer the file that was planned, is refused."""
        path = Path(from_text(item.path))
        try:
            prepared = self._sealer.file(path, name, self._opened, size=item.size, mtime_ns=item.mtime_ns)
        except SourceError as error:
            self._others.append(_refuse(item, error))
            return
        manifest = prepared.signed.manifest
        known = self._known.get((manifest.path, manifest.sha256))
        if known is not None:  # only its time stamp is new
            prepared.temporary.unlink()
            self._others.append(msgspec.structs.replace(item, state=ItemState.SEALED, exhibit=known))
            return
        self._sealed.append((item, prepared))
        self._bytes += prepared.sealed.size

    def commit(self) -> None:
        """Make everything durable and write it down."""
        if not self._sealed and not self._others:
            return
        kept = self._sealer.keep([prepared for _, prepared in self._sealed])
        with self._home.database.write() as connection:
            rows = self._sealer.record(connection, kept) if kept else []
            sealed = [
                msgspec.structs.replace(item, state=ItemState.SEALED, exhibit=row.id)
                for (item, _), row in zip(self._sealed, rows, strict=True)
            ]
            set_items(connection, [*sealed, *self._others])
        self._known |= {(row.path, row.sha256): row.id for row in rows}
        self._clear()


def _refuse(item: Item, error: EvidenceError) -> Item:
    why = Refused(
        shown(from_text(item.path)),
        error.code.partition(".")[2],
        error.zh,
        error.en,
        error.remedy_zh,
        error.remedy_en,
    )
    return msgspec.structs.replace(item, state=ItemState.REFUSED, detail=msgspec.json.encode([why]))


def scan_sealed(home: Home, job: Job, collector: Collector, *, workers: int, report: Report) -> None:
    """Scan every sealed file that is not scanned yet; each task's result is sealed and committed as a whole."""
    waiting: dict[str, list[Item]] = {}
    with home.database.read() as connection:
        held = items(connection, job.lead)
        rows = {row.id: row for row in exhibits(connection, [job.lead])}
    scanned = {item.exhibit: item for item in held if item.state == ItemState.SCANNED}
    for item in held:
        if item.state == ItemState.SEALED and item.exhibit is not None and job.covers(item):
            waiting.setdefault(item.exhibit, []).append(item)
    for same in waiting.keys() & scanned.keys():
        _join(home, waiting.pop(same), scanned[same])
    if not waiting:
        return
    targets = [
        Target(name, rows[name].path, str(home.blobs.file(job.lead, rows[name].sha256)), rows[name].size)
        for name in waiting
    ]
    sealer = Sealer(home, job.lead, collector)
    stage = _Stage("scan", [target.size for target in targets], report)
    keys = home.scope_key(job.lead).key, home.scope_key("tokens").key
    for result in scan_all(targets, key=keys[0], token_key=keys[1], workers=workers):
        _keep_scan(home, job, sealer, result, waiting)
        stage.count([target.size for target in result.targets])
        stage.tell()


def _join(home: Home, same: Sequence[Item], done: Item) -> None:
    """Let items whose exhibit was scanned for another item share its result."""
    with home.database.write() as connection:
        set_items(
            connection,
            [
                msgspec.structs.replace(item, state=done.state, scan=done.scan, detail=done.detail)
                for item in same
            ],
        )


def _keep_scan(home: Home, job: Job, sealer: Sealer, result: Done, waiting: dict[str, list[Item]]) -> None:
    """Seal the result of a task and note it with its items, in one transaction."""
    from qingyuan.pii.engine import ENGINE  # noqa: PLC0415 - heavy

    first = result.targets[0]
    label = first.name if len(result.targets) == 1 else f"{first.exhibit}等{len(result.targets)}个文件"
    prepared = sealer.derived(
        result.hits,
        f"扫描结果/{label}.parquet",
        kind="application/vnd.apache.parquet",
        parents=[target.exhibit for target in result.targets],
        engine=ENGINE,
    )
    state = sealer.internal(result.scans)
    kept = sealer.keep([prepared])
    home.blobs.keep([(state.temporary, job.lead, state.sealed.sha256)])
    with home.database.write() as connection:
        row = sealer.record(connection, kept)[0]
        set_items(
            connection,
            [
                msgspec.structs.replace(
                    item, state=ItemState.SCANNED, scan=row.id, detail=state.sealed.sha256.encode()
                )
                for target in result.targets
                for item in waiting[target.exhibit]
            ],
        )


def seal_into(home: Home, scope: str, path: Path, collector: Collector) -> str:
    """Seal one file into a lead or matter, without a scan; return the exhibit's identifier.

    Raises:
        OfficeError: There is no such lead or matter.
        SourceError: The file cannot be read or changed while it was read.
    """
    with home.database.read() as connection:
        docket_streams(connection, scope)
    sealer = Sealer(home, scope, collector)
    kept = sealer.keep([sealer.file(path, shown(path.name))])
    with home.database.write() as connection:
        return sealer.record(connection, kept)[0].id


__all__ = [
    "Job",
    "Progress",
    "Registration",
    "Report",
    "intake",
    "plan",
    "register",
    "scan_sealed",
    "seal_into",
    "seal_planned",
]
