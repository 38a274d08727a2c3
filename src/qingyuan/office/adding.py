"""Adding material to a record that exists: sealed into it, scanned when that is wanted, with the record of how it was collected.

The same durable steps as an intake (:mod:`qingyuan.office.intake`), without a new lead: whoever kills it loses nothing that was
acknowledged, and the next run of the same paths does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from qingyuan.evidence import Manifest, MissingFact, missing_facts, open_source
from qingyuan.office.collect import Limits, Refused
from qingyuan.office.home import Home
from qingyuan.office.intake import Report, scan_sealed, seal_planned
from qingyuan.office.planning import Job, plan_addition
from qingyuan.office.receiving import receiving
from qingyuan.office.recording import RECORDER, Facts, acquisition_record
from qingyuan.office.registration import seal_findings
from qingyuan.office.sealing import Collector, Opened, Sealer
from qingyuan.office.summary import gather, refusals
from qingyuan.office.workers import prepare
from qingyuan.shapes import from_json
from qingyuan.store.intakes import items
from qingyuan.store.registry import ExhibitRow, exhibits


class Added(msgspec.Struct, frozen=True):
    """What was added.

    Attributes:
        record: The lead, matter or case that was named.
        scope: The lead or matter it was sealed for.
        exhibits: Identifier and path of each exhibit, in plan order; what the record held already is among them, once.
        refused: What was not taken, or of which not everything could be read.
        persons: Distinct persons in all material of that lead or matter that was scanned; ``None`` without a scan.
        acquisition: The sealed record of the collection; ``""`` when nothing was said about it.
        missing: What that record lacks.
    """

    record: str
    scope: str
    exhibits: tuple[tuple[str, str], ...]
    refused: tuple[Refused, ...]
    persons: int | None
    acquisition: str
    missing: tuple[MissingFact, ...]


def add_material(
    home: Home,
    record: str,
    paths: Sequence[Path],
    collector: Collector,
    facts: Facts | None = None,
    *,
    scan: bool = True,
    limits: Limits | None = None,
    workers: int = 2,
    report: Report = lambda _: None,
    opened: Opened = open_source,
) -> Added:
    """Seal material into a record, and scan it. Safe to kill and to run again at any moment.

    Args:
        home: The office.
        record: A lead, matter or case.
        paths: Files and folders.
        collector: Who collects, unless ``facts`` says otherwise.
        facts: What is known about the collection; sealed as a record of its own.
        scan: Whether to look for personal information.
        limits: How much to take.
        workers: Processes that scan; 0 scans in this one, for material that is known to be harmless.
        report: Told how far the job is.
        opened: How the files are read; what was uploaded waits sealed.

    Raises:
        OfficeError: As for :func:`receiving`; there is nothing to take, or another intake is running.
        KeyringError: ``evidence.key-destroyed``.
        StoreError: The disk refused.
    """
    who = collector if facts is None else facts.collector(collector)
    with home.lock("intake"):
        into = receiving(home, record)
        home.blobs.sweep()
        job = plan_addition(home, into.scope, paths, title=into.title, limits=limits or Limits())
        if workers and scan:
            prepare()
        seal_planned(home, job, who, report, opened)
        acquisition, missing = _describe(home, job, who, facts)
        persons = None
        if scan:
            scan_sealed(home, job, who, workers=workers, report=report)
            found = gather(home, into.scope)
            seal_findings(home, job, who, found.findings, list(found.exhibits))
            persons = found.summary.persons.distinct
        home.publish()
        return Added(
            record,
            into.scope,
            tuple((row.id, row.path) for row in _sealed(home, job)),
            refusals(home, into.scope, job.covers, whole=scan),
            persons,
            acquisition,
            missing,
        )


def _sealed(home: Home, job: Job) -> list[ExhibitRow]:
    """Return the exhibits of the material, in plan order."""
    with home.database.read() as connection:
        wanted = [item.exhibit for item in items(connection, job.lead) if item.exhibit and job.covers(item)]
        rows = {row.id: row for row in exhibits(connection, [job.lead])}
    return [rows[name] for name in dict.fromkeys(wanted)]


def _describe(
    home: Home, job: Job, who: Collector, facts: Facts | None
) -> tuple[str, tuple[MissingFact, ...]]:
    """Seal the record of the collection, once, when there is something to say; return it and what it lacks."""
    rows = _sealed(home, job)
    if not rows:
        return "", ()
    collected = [from_json(row.manifest, Manifest).collected for row in rows]
    made = acquisition_record(
        facts or Facts(),
        who,
        min(one.started for one in collected),
        max(one.ended for one in collected),
        sum(one.mono_ns for one in collected),
    )
    missing = missing_facts(made)
    if facts is None:
        return "", missing
    name, data = f"取证记录-{rows[0].id}.json", made.as_bytes()
    with home.database.read() as connection:
        before = [
            row.id for row in exhibits(connection, [job.lead]) if row.origin == "derived" and row.path == name
        ]
    if before:
        return before[-1], missing
    sealer = Sealer(home, job.lead, who)
    kept = sealer.keep(
        [
            sealer.derived(
                data, name, kind="application/json", parents=[row.id for row in rows], engine=RECORDER
            )
        ]
    )
    with home.database.write() as connection:
        return sealer.record(connection, kept)[0].id, missing
