"""What an intake found: persons, kinds, thresholds in both readings, findings, and what was not read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from qingyuan.findings import Finding
from qingyuan.office.collect import Refused, from_text, shown
from qingyuan.office.home import Home
from qingyuan.office.readings import Reading
from qingyuan.office.scanning import unpack
from qingyuan.office.sealing import read_internal
from qingyuan.shapes import from_json
from qingyuan.store.intakes import Item, ItemState, items
from qingyuan.store.registry import ExhibitRow, exhibits

if TYPE_CHECKING:
    import pyarrow as pa

    from qingyuan.pii.batch import Unread
    from qingyuan.pii.engine import Summary
    from qingyuan.pii.model import FileScan


class ExhibitRef(msgspec.Struct, frozen=True):
    """A sealed file.

    Attributes:
        id: Exhibit identifier.
        path: Where the user gave it.
        sha256: SHA-256 of the content.
        sm3: SM3 of the content.
        size: Bytes.
    """

    id: str
    path: str
    sha256: str
    sm3: str
    size: int


class IntakeResult(msgspec.Struct, frozen=True):
    """The summary of an intake.

    Attributes:
        lead: Identifier of the lead.
        matter: The matter it was opened into, or ``None``.
        title: Title of the lead.
        resumed: Whether this run went on with an earlier one.
        complete_before: Files that earlier runs had finished.
        exhibits: The sealed files.
        kinds: Counts by kind: confirmed, suspected, masked.
        persons: Distinct persons, by key, unkeyed and masked records, method.
        records: Records in all, with clear values, with masked values only.
        thresholds: Both readings.
        findings: One finding a file, member, kind and form.
        columns: Columns that hold personal information.
        unread: What was not taken or not fully read, with remedies.
        ledger: Size and root of the log.
        seconds: Time of this run.
        bytes: Bytes of text scanned.
    """

    lead: str
    matter: str | None
    title: str
    resumed: bool
    complete_before: int
    exhibits: tuple[ExhibitRef, ...]
    kinds: dict[str, dict[str, int]]
    persons: dict[str, object]
    records: dict[str, int]
    thresholds: tuple[Reading, ...]
    findings: tuple[Finding, ...]
    columns: tuple[dict[str, object], ...]
    unread: tuple[Refused, ...]
    ledger: dict[str, object]
    seconds: float
    bytes: int

    def distinct(self) -> int:
        """Return the number of distinct persons."""
        value = self.persons["distinct"]
        if not isinstance(value, int):
            raise TypeError(type(value))
        return value

    def hits(self, home: Home) -> pa.Table:
        """Return every hit of the lead, from the sealed results of its scans."""
        return read_hits(home, self.lead)


class Gathered(msgspec.Struct, frozen=True):
    """The scans of a lead, or of a matter with its leads, added up.

    Attributes:
        summary: All files together.
        findings: The findings of every file, in plan order.
        unread: What was not taken or not fully read, in plan order.
        exhibits: The sealed files, in plan order.
        rows: The exhibits by identifier.
    """

    summary: Summary
    findings: tuple[Finding, ...]
    unread: tuple[Refused, ...]
    exhibits: tuple[str, ...]
    rows: dict[str, ExhibitRow]


def gather(home: Home, *scopes: str) -> Gathered:
    """Read the scans of leads or matters and add them up, one task's scans in memory at a time; who stands in several is one person.

    Args:
        home: The office.
        scopes: What the material was sealed for.
    """
    from qingyuan.pii import engine  # noqa: PLC0415 - heavy
    from qingyuan.pii.report import to_findings  # noqa: PLC0415 - heavy

    with home.database.read() as connection:
        held = {scope: items(connection, scope) for scope in scopes}
        rows = {row.id: row for row in exhibits(connection, scopes)}
    sums: list[FileScan] = []
    findings: dict[str, list[Finding]] = {}
    refused: list[Refused] = []
    for scope, of in held.items():
        unread: dict[str, tuple[Unread, ...]] = {}
        for scans in task_scans(home, scope, of):
            sums.append(together([*scans.values()]))
            for name, scan in scans.items():
                findings[name] = to_findings(scan, name)
                if scan.unread:
                    unread[name] = scan.unread
        refused += _refused(of, unread)
    order = tuple(
        dict.fromkeys(item.exhibit for of in held.values() for item in of if item.exhibit is not None)
    )
    return Gathered(
        summary=engine.merge(sums),
        findings=tuple(finding for name in order for finding in findings.get(name, ())),
        unread=tuple(refused),
        exhibits=order,
        rows=rows,
    )


def task_scans(home: Home, lead: str, held: Sequence[Item]) -> Iterator[dict[str, FileScan]]:
    """Yield the scans of each task of a lead by exhibit, one task in memory at a time.

    Args:
        home: The office.
        lead: The lead.
        held: Its items.
    """
    tasks: dict[str, dict[str, None]] = {}
    for item in held:
        if item.state == ItemState.SCANNED and item.exhibit is not None and item.detail is not None:
            tasks.setdefault(item.detail.decode(), {})[item.exhibit] = None
    for digest, wanted in tasks.items():
        scans = unpack(read_internal(home, lead, digest))
        yield {name: scans[name] for name in wanted}


def together(scans: Sequence[FileScan]) -> FileScan:
    """Return one scan that adds up to the same as ``scans``; what belongs to single files is left out."""
    from qingyuan.pii import counting, persons  # noqa: PLC0415 - heavy
    from qingyuan.pii.model import KindCount, RecordCounts  # noqa: PLC0415 - heavy

    kinds: dict[str, KindCount] = {}
    for scan in scans:
        for kind, count in scan.kinds.items():
            kinds[kind] = kinds.get(kind, KindCount()) + count
    return dataclasses.replace(
        scans[0],
        columns=tuple(column for scan in scans for column in scan.columns),
        kinds=kinds,
        records=sum((scan.records for scan in scans), RecordCounts()),
        persons=persons.merge([scan.persons for scan in scans]),
        pieces=counting.merge([scan.pieces for scan in scans]),
        tallies=(),
        unread=(),
        bytes=sum(scan.bytes for scan in scans),
        cells=sum(scan.cells for scan in scans),
    )


def read_hits(home: Home, lead: str) -> pa.Table:
    """Return every hit of a lead, from the sealed results of its scans."""
    import pyarrow as pa  # noqa: PLC0415 - avoids a cycle at import
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    from qingyuan.office.sealing import open_exhibit  # noqa: PLC0415 - avoids a cycle at import

    with home.database.read() as connection:
        rows = {row.id: row for row in exhibits(connection, [lead])}
        results = sorted({item.scan for item in items(connection, lead) if item.scan})
    tables = []
    for name in results:
        with open_exhibit(home, rows[name]) as content:
            tables.append(pq.read_table(pa.BufferReader(content.read())))
    return pa.concat_tables(tables).unify_dictionaries() if tables else pa.table({})


def refusals(home: Home, lead: str, chosen: Callable[[Item], bool], *, whole: bool) -> tuple[Refused, ...]:
    """Return what was not taken of some material of a lead, or not fully read.

    Args:
        home: The office.
        lead: The lead or matter.
        chosen: Says which items are asked about.
        whole: Whether to look into the scans too.
    """
    with home.database.read() as connection:
        held = [item for item in items(connection, lead) if chosen(item)]
    unread: dict[str, tuple[Unread, ...]] = {}
    if whole:
        wanted = {item.exhibit for item in held}
        for digest in {item.detail for item in held if item.state == ItemState.SCANNED and item.detail}:
            scans = unpack(read_internal(home, lead, digest.decode()))
            unread |= {name: scan.unread for name, scan in scans.items() if name in wanted and scan.unread}
    return _refused(held, unread)


def _refused(held: Sequence[Item], unread: Mapping[str, tuple[Unread, ...]]) -> tuple[Refused, ...]:
    """Return everything that was not taken or not fully read, in plan order."""
    out: list[Refused] = []
    said: set[str] = set()
    for item in held:
        if item.state == ItemState.REFUSED and item.detail is not None:
            out += from_json(item.detail, list[Refused])
        elif item.exhibit is not None and item.exhibit in unread and item.exhibit not in said:
            said.add(item.exhibit)
            path = shown(from_text(item.path))
            out += [
                Refused(path, u.code, u.zh, u.en, u.remedy_zh, u.remedy_en, u.member)
                for u in unread[item.exhibit]
            ]
    return tuple(out)
