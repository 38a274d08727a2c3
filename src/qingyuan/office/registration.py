"""Registering what an intake found: the scans added up, one lead, the findings sealed, the summary."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from collections.abc import Sequence

import msgspec

from qingyuan.evidence import Manifest
from qingyuan.findings import Finding, to_jsonl
from qingyuan.ledger import open_checkpoint
from qingyuan.office.casework import Argument, act
from qingyuan.office.collect import Refused
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.planning import Job
from qingyuan.office.readings import readings_of
from qingyuan.office.sealing import Collector, Sealer
from qingyuan.office.summary import ExhibitRef, IntakeResult, gather
from qingyuan.shapes import from_json
from qingyuan.store import has_event
from qingyuan.store.intakes import set_intake
from qingyuan.store.registry import ExhibitRow, exhibits, parent

_FINDINGS = "扫描结果/findings.jsonl"


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


def register(home: Home, job: Job, registration: Registration, *, seconds: float) -> IntakeResult:
    """Add the scans up, register or update the lead, and return the summary.

    The lead is registered once; a later run that found nothing new writes nothing.

    Raises:
        OfficeError: Not one file could be sealed.
    """
    found = gather(home, job.lead)
    summary, findings, exhibits_of = found.summary, found.findings, list(found.exhibits)
    on = home.clock.now().date()
    readings = readings_of(summary, home.law, on)
    first = readings[0]
    known = _registered(home, job.lead)
    if not known and not exhibits_of:
        raise _nothing_sealed(found.unread)
    if not known:
        args: dict[str, Argument] = {
            "lead": job.lead,
            "title": job.title,
            "source": registration.source,
            "field": registration.field,
            "received_on": on.isoformat(),
            "summary": registration.summary,
            "exhibits": exhibits_of,
            "kinds": {kind: count.confirmed for kind, count in summary.kinds.items() if count.confirmed},
            "persons": summary.persons.distinct,
            "sensitive": first.sensitive,
            "important": first.important,
            "general": first.general,
            "masked": sum(count.masked for count in summary.kinds.values()),
        }
        act(home, "lead-register", job.lead, args, actor=registration.collector.by)
    seal_findings(home, job, registration.collector, findings, exhibits_of)
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
        exhibits=tuple(_reference(found.rows[name], job) for name in exhibits_of),
        kinds={kind: dataclasses.asdict(count) for kind, count in summary.kinds.items()},
        persons=dataclasses.asdict(summary.persons),
        records=dataclasses.asdict(summary.records),
        thresholds=readings,
        findings=findings,
        columns=tuple(dataclasses.asdict(column) for column in summary.columns),
        unread=found.unread,
        ledger=_ledger(home),
        seconds=round(seconds, 3),
        bytes=summary.bytes,
    )


def _registered(home: Home, lead: str) -> bool:
    with home.database.read() as connection:
        return has_event(connection, lead, "lead.registered")


def seal_findings(
    home: Home, job: Job, collector: Collector, findings: Sequence[Finding], parents: Sequence[str]
) -> None:
    """Seal the findings as an exhibit derived from what was scanned, unless the newest ones are the same.

    Args:
        home: The office.
        job: The intake, which names the record.
        collector: Who collects.
        findings: The findings of the whole record.
        parents: Exhibits that were scanned.
    """
    from qingyuan.pii.engine import ENGINE  # noqa: PLC0415 - heavy

    data = to_jsonl(findings)
    with home.database.read() as connection:
        before = [
            row.sha256
            for row in exhibits(connection, [job.lead])
            if row.origin == "derived" and row.path == _FINDINGS
        ]
    if before and before[-1] == hashlib.sha256(data).hexdigest():
        return
    sealer = Sealer(home, job.lead, collector)
    kept = sealer.keep(
        [sealer.derived(data, _FINDINGS, kind="application/x-ndjson", parents=parents, engine=ENGINE)]
    )
    with home.database.write() as connection:
        sealer.record(connection, kept)


def _reference(row: ExhibitRow, job: Job) -> ExhibitRef:
    manifest = from_json(row.manifest, Manifest)
    return ExhibitRef(row.id, job.where(row.path), manifest.sha256, manifest.sm3, manifest.size)


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
