"""Arrow record batches from memory to counts: a row is a record."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from bench._harness import Context, Row, Times, in_turns, one_core
from bench._material import waybill_csv
from qingyuan.pii import assemble, finish, judge, merge_outlines, scan_batch, warm

_KEY = bytes(range(32))
#: Rows of a batch.
_ROWS = 65_536
#: The simplest pattern of a mobile, for a peer that finds and does nothing else.
_MOBILE = "(^|[^0-9])1[3-9][0-9]{9}([^0-9]|$)"


def run(context: Context) -> list[Row]:
    """Scan one column of mobiles, and all 15 columns of waybills."""
    warm()
    rows = context.pick(200_000, 20_000)
    every = pyarrow.csv.read_csv(
        io.BytesIO(waybill_csv(rows)),
        convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(_names(rows), pa.string())),
    )
    out = []
    with one_core():
        for what, table in (
            ("one column of mobiles", every.select(["收方手机"])),
            ("15 columns of waybills", every),
        ):
            times = _times(table.combine_chunks(), context.pick(5, 2))
            peer = "pyarrow `match_substring_regex`, one pattern"
            out.append(
                times.rate(
                    f"arrow: {what}, found, not yet counted",
                    "scan",
                    rows,
                    "records/s",
                    against=peer,
                    peer="re",
                )
            )
            out.append(times.rate(f"arrow: {what}, with counts and persons", "count", rows, "records/s"))
    return out


def _names(rows: int) -> list[str]:
    return waybill_csv(rows)[:4096].decode(errors="ignore").split("\n", 1)[0].split(",")


def _times(table: pa.Table, rounds: int) -> Times:
    batches = table.to_batches(max_chunksize=_ROWS)
    firsts = [sum(b.num_rows for b in batches[:n]) + 1 for n in range(len(batches))]

    def scan() -> list[object]:
        return [scan_batch(batch, _KEY, first=first) for batch, first in zip(batches, firsts, strict=True)]

    def count() -> object:

        parts = [scan_batch(batch, _KEY, first=first) for batch, first in zip(batches, firsts, strict=True)]
        decisions = judge(merge_outlines(part.outline for part in parts))
        return assemble("arrow", decisions, [finish(part, decisions) for part in parts])

    def expressions() -> int:
        return sum(
            pc.sum(pc.match_substring_regex(column, _MOBILE)).as_py() or 0
            for batch in batches
            for column in batch.columns
        )

    return in_turns({"scan": scan, "count": count, "re": expressions}, rounds)
