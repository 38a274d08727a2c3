"""What the waybills of a file show, by carrier, day and site: one scan beside the cells that say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from qingyuan.pii import engine
from qingyuan.pii._arrays import arrow, is_word, longs, truths
from qingyuan.pii._kernel import flags as f
from qingyuan.pii.batch import Batch, Longs, Unread
from qingyuan.pii.headers import read_header, roles
from qingyuan.pii.rates import Dimension, Shown, column_dimensions, label, levels, rate_rules, tally

#: The role of values in remarks, after those of the catalogue.
REMARK = "remark"


@dataclass(slots=True)
class _Table:
    """One table of parcels: its records and their labels."""

    columns: tuple[str, ...] = ()
    dimensions: dict[Dimension, int] = field(default_factory=dict)
    parcels: bool = False
    records: list[Longs] = field(default_factory=list)
    labels: dict[Dimension, dict[int, str]] = field(default_factory=dict)

    def add(self, batch: Batch) -> None:
        """Note the records and the labels of a batch."""
        if len(batch.columns) > len(self.columns):
            self.columns = batch.columns
            self.dimensions = column_dimensions(batch.columns)
            self.parcels = any(read_header(name).waybill for name in batch.columns)
        if not self.parcels:
            return
        self.records.append(np.unique(batch.record[batch.record > 0]))
        for dimension, column in self.dimensions.items():
            cells = np.flatnonzero(
                (batch.column == column) & (batch.record > 0) & (batch.ends > batch.starts)
            )
            held = self.labels.setdefault(dimension, {})
            for cell in cells.tolist():
                raw = batch.data[batch.starts[cell] : batch.ends[cell]].tobytes()
                held[int(batch.record[cell])] = label(dimension, raw.decode("utf-8", "replace"))


def waybills(batches: Iterable[Batch | Unread], key: bytes, name: str = "") -> Shown:
    """Return what the waybills of one file show, in every reading; nothing when no table of it holds parcels.

    Args:
        batches: What a reader yields.
        key: Token key, at least :data:`qingyuan.pii.tokens.MIN_KEY` bytes.
        name: File name as given.
    """
    tables: dict[tuple[str | None, str], _Table] = {}
    unread: list[Unread] = []
    scanned = engine.scan(_noting(batches, tables, unread), key, name)
    hits = scanned.hits
    out = Shown(unread=bool(unread))
    for number, table in enumerate(tables.values()):
        if table.parcels:
            out += _of_table(table, hits.filter(arrow(is_word(hits["member"], str(number)))))
    return out


def _noting(
    batches: Iterable[Batch | Unread], tables: dict[tuple[str | None, str], _Table], unread: list[Unread]
) -> Iterator[Batch | Unread]:
    """Pass the batches on, each table as a member of its own number, and note labels on the way."""
    for batch in batches:
        if isinstance(batch, Unread):
            unread.append(batch)
            continue
        key = (batch.member, batch.table)
        table = tables.setdefault(key, _Table())
        if not batch.prose:
            table.add(batch)
        yield replace(batch, member=str([*tables].index(key)))


def _of_table(table: _Table, hits: pa.Table) -> Shown:
    """Return what the waybills of one table show."""
    records = np.unique(np.concatenate(table.records)) if table.records else np.empty(0, dtype=np.int64)
    hits = hits.filter(arrow(~is_word(hits["state"], "rejected")))
    record = longs(hits["record"])
    inside = np.isin(record, records)
    names = (*roles(), REMARK)
    columns = hits["column"].cast(pa.string()).to_pylist()
    role = np.array([_role(column, names) for column in columns], dtype=np.int64)[inside]
    kind = np.array(
        [f.KINDS.index(k or "") for k in hits["kind"].cast(pa.string()).to_pylist()], dtype=np.uint8
    )[inside]
    masked = truths(hits["masked"])[inside]
    sure = is_word(hits["state"], "confirmed")[inside]
    row = np.searchsorted(records, record[inside])
    labels = {d: [held.get(r, "") for r in records.tolist()] for d, held in table.labels.items()}
    out = Shown()
    for reading in rate_rules().readings:
        shown = levels(row, len(records), kind, names, role, masked, sure, reading)
        out += tally(reading.id, shown, labels)
    return out


def _role(column: str | None, names: tuple[str, ...]) -> int:
    """Return the role of the values of a column."""
    header = read_header(column or "")
    return names.index(REMARK) if header.label == f.LABEL_TEXT else header.role
