"""The intake: a user's material becomes sealed exhibits, a scan, and a lead with its findings.

It is a job of four stages whose progress is in the database, each step in one transaction with the events
it makes: plan, seal, scan, register. Whoever kills it at any moment loses nothing that was acknowledged;
the next run of the same paths says what is complete and does the rest, and nothing is sealed twice.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
import sqlalchemy as sa

from qingyuan.evidence import EvidenceError, Manifest, format_time
from qingyuan.findings import Finding, to_jsonl
from qingyuan.ledger import open_checkpoint
from qingyuan.office.casework import Argument, act, docket_streams
from qingyuan.office.collect import Found, Limits, Refused, logical_path, walk
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.scanning import Target, scan_all
from qingyuan.office.sealing import Collector, Prepared, Sealer
from qingyuan.office.summary import ExhibitRef, IntakeResult, findings_of, gather, readings_of, refused_of
from qingyuan.store import events
from qingyuan.store.intakes import (
    Intake,
    Item,
    ItemState,
    begin_intake,
    find_intake,
    items,
    plan_items,
    set_intake,
    set_items,
)
from qingyuan.store.registry import ExhibitRow, exhibits, next_id, parent

#: A batch of sealed files is committed when it holds this many files or bytes.
_BATCH_FILES = 256
_BATCH_BYTES = 64 << 20


class Progress(msgspec.Struct, frozen=True):
    """How far the job is.

    Attributes:
        stage: ``"plan"``, ``"seal"``, ``"scan"`` or ``"register"``.
        done: Files done.
        total: Files in all.
        bytes_done: Bytes done.
        bytes_total: Bytes in all.
        seconds: Since the stage began.
    """

    stage: str
    done: int
    total: int
    bytes_done: int
    bytes_total: int
    seconds: float

    @property
    def left(self) -> float | None:
        """Seconds left at the speed so far, or ``None`` before anything is known."""
        if not self.bytes_done or not self.seconds:
            return None
        return (self.bytes_total - self.bytes_done) * self.seconds / self.bytes_done


Report = Callable[[Progress], None]


class Job(msgspec.Struct, frozen=True):
    """One intake as planned.

    Attributes:
        lead: Identifier of the lead.
        resumed: Whether an earlier run began it.
        already_sealed: Files that an earlier run sealed.
        already_scanned: Files that an earlier run scanned.
        roots: The paths, absolute.
        given: The paths as the user gave them.
        title: Title of the lead.
    """

    lead: str
    resumed: bool
    already_sealed: int
    already_scanned: int
    roots: tuple[Path, ...]
    given: tuple[Path, ...]
    title: str


def plan(home: Home, paths: Sequence[Path], *, title: str | None, limits: Limits) -> Job:
    """Find what lies under ``paths`` and write the plan, joining an earlier intake of the same paths.

    Raises:
        OfficeError: No path was given, or none of them exists.
    """
    if not paths or not any(path.exists() or path.is_symlink() for path in paths):
        raise OfficeError(
            "office.nothing-to-take",
            zh="没有可收取的材料",
            en="there is nothing to take in",
            where="、".join(str(path) for path in paths) or None,
            remedy_zh="请给出存在的文件或目录",
            remedy_en="give files or folders that exist",
        )
    roots = tuple(Path(path).absolute() for path in paths)
    _refuse_home(home, roots)
    key = json.dumps([str(root) for root in roots], ensure_ascii=False)
    with home.database.write() as connection:
        known = find_intake(connection, key)
        if known is None:
            lead = next_id(connection, "L", home.clock.now().year)
            name = title or _title(roots)
            begin_intake(connection, Intake(lead, key, name, "open", format_time(home.clock.now())))
        else:
            lead, name = known.lead, title or known.title
        found: list[tuple[str, int, int]] = []
        refused: list[Refused] = []
        for one in walk(roots, limits):
            if isinstance(one, Found):
                found.append((one.path, one.size, one.mtime_ns))
            else:
                refused.append(one)
        plan_items(connection, lead, [*found, *((one.path, -1, 0) for one in refused)])
        _mark_refused(connection, lead, refused)
        held = items(connection, lead)
    return Job(
        lead=lead,
        resumed=known is not None,
        already_sealed=sum(item.exhibit is not None for item in held),
        already_scanned=sum(item.state == ItemState.SCANNED for item in held),
        roots=roots,
        given=tuple(paths),
        title=name,
    )


def seal_planned(home: Home, job: Job, collector: Collector, report: Report) -> None:
    """Seal every planned file that is not sealed yet, in batches; each batch is durable as a whole."""
    with home.database.read() as connection:
        waiting = items(connection, job.lead, ItemState.PLANNED)
    if not waiting:
        return
    sealer = Sealer(home, job.lead, collector)
    total = sum(item.size for item in waiting)
    began = time.monotonic()
    done = bytes_done = 0
    batch: list[tuple[Item, Prepared]] = []
    refused: list[Item] = []
    held = 0
    for item in waiting:
        try:
            prepared = sealer.file(Path(item.path), logical_path(item.path, job.roots))
        except EvidenceError as error:
            refused.append(_refuse(item, error))
        else:
            batch.append((item, prepared))
            held += prepared.sealed.size
        done += 1
        bytes_done += item.size
        if len(batch) >= _BATCH_FILES or held >= _BATCH_BYTES:
            _commit(home, sealer, batch, refused)
            batch, refused, held = [], [], 0
            report(Progress("seal", done, len(waiting), bytes_done, total, time.monotonic() - began))
    _commit(home, sealer, batch, refused)
    report(Progress("seal", done, len(waiting), bytes_done, total, time.monotonic() - began))


def _commit(
    home: Home, sealer: Sealer, batch: Sequence[tuple[Item, Prepared]], refused: Sequence[Item]
) -> None:
    if not batch and not refused:
        return
    kept = sealer.keep([prepared for _, prepared in batch])
    with home.database.write() as connection:
        rows = sealer.record(connection, kept) if kept else []
        sealed = [
            msgspec.structs.replace(item, state=ItemState.SEALED, exhibit=row.id)
            for (item, _), row in zip(batch, rows, strict=True)
        ]
        set_items(connection, [*sealed, *refused])


def _refuse(item: Item, error: EvidenceError) -> Item:
    why = Refused(
        item.path, error.code.partition(".")[2], error.zh, error.en, error.remedy_zh, error.remedy_en
    )
    return msgspec.structs.replace(item, state=ItemState.REFUSED, detail=msgspec.json.encode([why]))


def _mark_refused(connection: sa.Connection, lead: str, refused: Iterable[Refused]) -> None:
    why = {one.path: one for one in refused}
    set_items(
        connection,
        [
            msgspec.structs.replace(
                item, state=ItemState.REFUSED, detail=msgspec.json.encode([why[item.path]])
            )
            for item in items(connection, lead, ItemState.PLANNED)
            if item.size < 0 and item.path in why
        ],
    )


def scan_sealed(home: Home, job: Job, collector: Collector, *, workers: int, report: Report) -> None:
    """Scan every sealed file that is not scanned yet; each task's result is sealed and committed as a whole."""
    from qingyuan.pii.engine import ENGINE  # noqa: PLC0415 - heavy

    with home.database.read() as connection:
        waiting = {item.exhibit: item for item in items(connection, job.lead, ItemState.SEALED)}
        rows = {row.id: row for row in exhibits(connection, [job.lead])}
    if not waiting:
        return
    targets = [
        Target(name, rows[name].path, str(home.blobs.path(job.lead, rows[name].sha256)), rows[name].size)
        for name in waiting
        if name is not None
    ]
    sealer = Sealer(home, job.lead, collector)
    total = sum(target.size for target in targets)
    began = time.monotonic()
    done = bytes_done = 0
    for result in scan_all(
        targets, key=home.scope_key(job.lead).key, token_key=home.scope_key("tokens").key, workers=workers
    ):
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
                        waiting[target.exhibit],
                        state=ItemState.SCANNED,
                        scan=row.id,
                        detail=state.sealed.sha256.encode(),
                    )
                    for target in result.targets
                ],
            )
        done += len(result.targets)
        bytes_done += sum(target.size for target in result.targets)
        report(Progress("scan", done, len(targets), bytes_done, total, time.monotonic() - began))


def _refuse_home(home: Home, roots: Iterable[Path]) -> None:
    own = home.path.absolute()
    record = [own / name for name in ("blobs", "log", "qingyuan.db", "keyring.json", "office.json")]
    for root in roots:
        if root == own or root in own.parents or any(root == part or part in root.parents for part in record):
            raise OfficeError(
                "office.home-in-material",
                zh="材料目录与工作目录互相包含",
                en="the material and the home folder contain each other",
                where=str(root),
                remedy_zh="请把工作目录放在材料之外",
                remedy_en="keep the home folder outside the material",
            )


def _title(roots: Sequence[Path]) -> str:
    names = "、".join(root.name for root in roots[:3])
    return f"{names}等材料" if len(roots) > 3 else names  # noqa: PLR2004 - a title names three at most


def register(home: Home, job: Job, registration: Registration, *, seconds: float) -> IntakeResult:
    """Add the scans up, register or update the lead, and return the summary.

    The lead is registered once; a later run that found nothing new writes nothing.
    """
    scans, summary, held, rows = gather(home, job.lead)
    on = home.clock.now().date()
    findings = findings_of(scans)
    readings = readings_of(summary, home.law, on)
    first = readings[0]
    exhibits_of = [item.exhibit for item in held if item.exhibit is not None]
    persons = dataclasses.asdict(summary.persons)
    known = _registered(home, job.lead)
    if not known and not exhibits_of:
        raise _nothing_sealed(refused_of(held, scans))
    if not known:
        kinds = {kind: count.confirmed for kind, count in summary.kinds.items() if count.confirmed}
        args: dict[str, Argument] = {
            "lead": job.lead,
            "title": job.title,
            "source": registration.source,
            "field": registration.field,
            "received_on": on.isoformat(),
            "summary": registration.summary,
            "exhibits": exhibits_of,
            "kinds": kinds,
            "persons": summary.persons.distinct,
            "sensitive": first.sensitive,
            "important": first.important,
            "general": first.general,
            "masked": sum(count.masked for count in summary.kinds.values()),
        }
        act(home, "lead-register", job.lead, args, actor=registration.collector.by)
    fresh = not known or _findings_changed(home, job.lead, findings)
    if fresh:
        _seal_findings(home, job, registration.collector, findings, exhibits_of)
    with home.database.write() as connection:
        set_intake(connection, job.lead, state="complete", result=None)
    home.publish()
    with home.database.read() as connection:
        matter = parent(connection, job.lead)
    return IntakeResult(
        lead=job.lead,
        matter=matter,
        title=job.title,
        resumed=job.resumed,
        complete_before=job.already_scanned,
        exhibits=tuple(_reference(rows[name], job) for name in exhibits_of),
        kinds={kind: dataclasses.asdict(count) for kind, count in summary.kinds.items()},
        persons=persons,
        records=dataclasses.asdict(summary.records),
        thresholds=readings,
        findings=findings,
        columns=tuple(dataclasses.asdict(column) for column in summary.columns),
        unread=refused_of(held, scans),
        ledger=_ledger(home),
        seconds=round(seconds, 3),
        bytes=summary.bytes,
    )


class Registration(msgspec.Struct, frozen=True):
    """What the register needs to know beside what was found.

    Attributes:
        collector: Who collects.
        source: One of the six sources of leads.
        field: Field of the public interest.
        summary: What the lead says, in words.
    """

    collector: Collector = Collector()
    source: str = "other-duty"
    field: str = "personal-information"
    summary: str = ""


def intake(
    home: Home,
    paths: Sequence[Path],
    *,
    title: str | None = None,
    registration: Registration | None = None,
    limits: Limits | None = None,
    workers: int = 2,
    report: Report = lambda _: None,
) -> IntakeResult:
    """Take material in: seal, scan, register. Safe to kill and to run again at any moment.

    Args:
        home: The office.
        paths: Files and folders.
        title: Title of the lead; by default the names of the paths.
        registration: What the register needs to know.
        limits: How much to take.
        workers: Processes that scan.
        report: Told how far the job is.

    Raises:
        OfficeError: Nothing to take in, another intake is running, or nothing could be sealed.
    """
    what = registration or Registration()
    began = time.monotonic()
    with home.lock("intake"):
        home.blobs.sweep()
        job = plan(home, paths, title=title, limits=limits or Limits())
        seal_planned(home, job, what.collector, report)
        scan_sealed(home, job, what.collector, workers=workers, report=report)
        return register(home, job, what, seconds=time.monotonic() - began)


def seal_into(home: Home, scope: str, path: Path, collector: Collector) -> str:
    """Seal one file into a lead or matter, without a scan; return the exhibit's identifier.

    Raises:
        OfficeError: There is no such lead or matter.
        SourceError: The file cannot be read or changed while it was read.
    """
    with home.database.read() as connection:
        docket_streams(connection, scope)
    sealer = Sealer(home, scope, collector)
    kept = sealer.keep([sealer.file(path, path.name)])
    with home.database.write() as connection:
        return sealer.record(connection, kept)[0].id


def _registered(home: Home, lead: str) -> bool:
    with home.database.read() as connection:
        return any(event.type == "lead.registered" for event in events(connection, [lead]))


def _findings_changed(home: Home, lead: str, findings: Sequence[Finding]) -> bool:
    digest = hashlib.sha256(to_jsonl(findings)).hexdigest()
    with home.database.read() as connection:
        return all(row.sha256 != digest for row in exhibits(connection, [lead]))


def _seal_findings(
    home: Home, job: Job, collector: Collector, findings: Sequence[Finding], parents: Sequence[str]
) -> None:
    """Seal the findings as an exhibit derived from what was scanned."""
    from qingyuan.pii.engine import ENGINE  # noqa: PLC0415 - heavy

    sealer = Sealer(home, job.lead, collector)
    kept = sealer.keep(
        [
            sealer.derived(
                to_jsonl(findings),
                "扫描结果/findings.jsonl",
                kind="application/x-ndjson",
                parents=parents,
                engine=ENGINE,
            )
        ]
    )
    with home.database.write() as connection:
        sealer.record(connection, kept)


def _reference(row: ExhibitRow, job: Job) -> ExhibitRef:
    manifest = msgspec.json.decode(row.manifest, type=Manifest)
    path = _planned(row.path, job)
    return ExhibitRef(row.id, path, manifest.sha256, manifest.sm3, manifest.size)


def _planned(logical: str, job: Job) -> str:
    """Return the path of an exhibit the way the user wrote it."""
    for given, root in zip(job.given, job.roots, strict=True):
        if logical == root.name:
            return str(given)
        if logical.startswith(f"{root.name}/"):
            return str(given / logical[len(root.name) + 1 :])
    return logical


def _ledger(home: Home) -> dict[str, object]:
    head = home.head()
    if head is None:
        return {"size": 0, "root": ""}
    checkpoint = open_checkpoint(head.note, [home.log.key]).checkpoint
    return {"size": checkpoint.size, "root": base64.b64encode(checkpoint.root).decode()}


def _nothing_sealed(refused: Sequence[Refused]) -> OfficeError:
    why = refused[0] if refused else None
    return OfficeError(
        "office.nothing-sealed",
        zh="没有一个文件可以封存" + (f"：{why.zh}" if why else ""),
        en="not one file could be sealed" + (f": {why.en}" if why else ""),
        where=why.path if why else None,
        remedy_zh=why.remedy_zh if why else "请给出普通文件",
        remedy_en=why.remedy_en if why else "give plain files",
    )
