"""What reports count of a docket, as the register keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from qingyuan.cases import Docket
from qingyuan.reports import COLUMNS, Event, Row, rows_of
from qingyuan.reports.rows import Value
from qingyuan.shapes import ready
from qingyuan.store.register import ReportLine

_DATES = ("on", "until")


class _Body(msgspec.Struct, array_like=True):
    values: list[str | int | None]
    events: tuple[int, ...]


_DECODER = msgspec.msgpack.Decoder(ready(_Body))


def lines_of(docket: Docket, behind: Sequence[Event], *, office: str) -> Iterator[ReportLine]:
    """Yield the rows of a docket.

    Args:
        docket: The folded docket.
        behind: Where its events of the cases room stand.
        office: Name of the home's office, for leads that name none.
    """
    title = docket.matter.title if docket.matter else ""
    for row in rows_of([(docket, behind)], office=office):
        values = [_plain(row.values[column]) for column in COLUMNS[row.kind]]
        day, field = row.values["on"], row.values["field"]
        body = msgspec.msgpack.encode(_Body(values, row.events))
        yield ReportLine(row.kind, row.id, title, str(day or ""), str(field or ""), body)


def row_of(line: ReportLine) -> Row:
    """Return the row that a line holds."""
    body = _DECODER.decode(line.body)
    values: dict[str, Value] = dict(zip(COLUMNS[line.kind], body.values, strict=True))
    for name in _DATES:
        if isinstance(text := values[name], str):
            values[name] = date.fromisoformat(text)
    return Row(line.kind, line.id, values, body.events)


def _plain(value: Value) -> str | int | None:
    return value.isoformat() if isinstance(value, date) else value
