"""What an intake found: persons, kinds, thresholds in both readings, findings, and what was not read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from qingyuan.findings import Finding
from qingyuan.law import Law, Threshold
from qingyuan.office.collect import Refused, from_text, shown
from qingyuan.office.home import Home
from qingyuan.office.scanning import unpack
from qingyuan.office.sealing import read_internal
from qingyuan.store.intakes import Item, ItemState, items
from qingyuan.store.registry import ExhibitRow, exhibits

if TYPE_CHECKING:
    import pyarrow as pa

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


class Reading(msgspec.Struct, frozen=True):
    """One reading of the counts and what the law says to it.

    Attributes:
        id: Identifier of the reading.
        zh: What it assumes, in Chinese.
        en: What it assumes, in English.
        sensitive: Pieces of tier A.
        important: Pieces of tier B.
        general: Pieces of tier C.
        unit: Unit of the counts.
        dedupe_zh: What counts as a duplicate, in Chinese.
        dedupe_en: What counts as a duplicate, in English.
        threshold: The law's answer.
    """

    id: str
    zh: str
    en: str
    sensitive: int
    important: int
    general: int
    unit: str
    dedupe_zh: str
    dedupe_en: str
    threshold: Threshold


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


def gather(home: Home, lead: str) -> tuple[dict[str, FileScan], Summary, list[Item], dict[str, ExhibitRow]]:
    """Read the scans of a lead and add them up.

    Returns:
        The scan of each file by exhibit in plan order, the sum, the items, the exhibits by identifier.
    """
    from qingyuan.pii import engine  # noqa: PLC0415 - heavy

    with home.database.read() as connection:
        held = items(connection, lead)
        rows = {row.id: row for row in exhibits(connection, [lead])}
    states: dict[str, dict[str, FileScan]] = {}
    scans: dict[str, FileScan] = {}
    for item in held:
        if item.state != ItemState.SCANNED or item.exhibit is None or item.detail is None:
            continue
        digest = item.detail.decode()
        if digest not in states:
            states[digest] = unpack(read_internal(home, lead, digest))
        scans[item.exhibit] = states[digest][item.exhibit]
    return scans, engine.merge(list(scans.values())), held, rows


def findings_of(scans: dict[str, FileScan]) -> tuple[Finding, ...]:
    """Return the findings of every file, in plan order."""
    from qingyuan.pii.report import to_findings  # noqa: PLC0415 - heavy

    return tuple(finding for name, scan in scans.items() for finding in to_findings(scan, name))


def read_hits(home: Home, lead: str) -> pa.Table:
    """Return every hit of a lead, from the sealed results of its scans."""
    import pyarrow as pa  # noqa: PLC0415 - heavy
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


def refused_of(held: Sequence[Item], scans: dict[str, FileScan]) -> tuple[Refused, ...]:
    """Return everything that was not taken or not fully read, in plan order."""
    out: list[Refused] = []
    said: set[str] = set()
    for item in held:
        if item.state == ItemState.REFUSED and item.detail is not None:
            out += msgspec.json.decode(item.detail, type=list[Refused])
        elif item.exhibit in scans and item.exhibit not in said:
            said.add(item.exhibit)
            out += [
                Refused(
                    shown(from_text(item.path)),
                    unread.code,
                    unread.zh,
                    unread.en,
                    unread.remedy_zh,
                    unread.remedy_en,
                    unread.member,
                )
                for unread in scans[item.exhibit].unread
            ]
    return tuple(out)


def readings_of(summary: Summary, law: Law, on: date | None) -> tuple[Reading, ...]:
    """Return both readings of the counts with the law's answer to each."""
    return tuple(
        Reading(
            r.reading_id,
            r.zh,
            r.en,
            r.sensitive,
            r.important,
            r.general,
            r.unit,
            r.dedupe_rule_zh,
            r.dedupe_rule_en,
            law.threshold(r.sensitive, r.important, r.general, on=on),
        )
        for r in summary.readings
    )
