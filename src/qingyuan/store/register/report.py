"""The rows of reports in the register, written in the transaction of their events; of each docket only those that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec
import sqlalchemy as sa

from qingyuan.store._driver import Driver


class ReportLine(msgspec.Struct, frozen=True):
    """One row of a report.

    Attributes:
        kind: What it is a row of: ``"lead"``, ``"case"``, ``"measure"`` or ``"payment"``.
        id: Its identifier, unique among its kind.
        title: Title of its docket.
        day: Day that places it in a year, ISO 8601, or ``""``.
        field: Field of casework, or ``""``.
        body: The rest, encoded.
    """

    kind: str
    id: str
    title: str
    day: str
    field: str
    body: bytes


_LINE = "kind, id, title, day, field, body"
_PUT = (
    "INSERT INTO register_report (kind, id, title, day, field, body, docket) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (kind, id) DO UPDATE SET title = excluded.title, day = excluded.day, field = excluded.field, "
    "body = excluded.body, docket = excluded.docket"
)


def put_report(
    driver: Driver, docket: str, members: Sequence[str], lines: Sequence[ReportLine], *, empty: bool = False
) -> None:
    """Bring the rows of a docket to what they are now.

    Args:
        driver: In the write transaction of the events.
        docket: The docket.
        members: It and every record in it: what was a docket of its own before is forgotten as such.
        lines: All its rows.
        empty: The register was cleared in this transaction: there is nothing to compare with.
    """
    # One docket at a time: of a table that was small when a server first planned it, `IN` would go on to be read from end to end.
    held = (
        {}
        if empty
        else {(line.kind, line.id): (line, top) for top in members for line in _lines_of(driver, top)}
    )
    changed = [line for line in lines if held.pop((line.kind, line.id), None) != (line, docket)]
    if held:
        driver.many("DELETE FROM register_report WHERE kind = ? AND id = ?", [*held])
    if changed:
        driver.many(_PUT, [(*msgspec.structs.astuple(line), docket) for line in changed])


def report_lines(
    connection: sa.Connection,
    kind: str,
    since: date | None = None,
    until: date | None = None,
    field: str = "",
) -> Iterator[ReportLine]:
    """Yield the rows of a kind by identifier: all, or those of some days and of one field."""
    wanted, values = ["kind = ?"], [kind]
    for clause, value in (
        ("day >= ?", since.isoformat() if since else ""),
        ("day <= ?", until.isoformat() if until else ""),
        ("field = ?", field),
    ):
        if value:
            wanted.append(clause)
            values.append(value)
    query = f"SELECT {_LINE} FROM register_report WHERE {' AND '.join(wanted)} ORDER BY kind, id"  # noqa: S608 - our own names
    return map(_line, Driver(connection).each(query, *values))


def report_of(connection: sa.Connection, docket: str) -> list[ReportLine]:
    """Return the rows of one docket, sorted."""
    return _lines_of(Driver(connection), docket)


def _lines_of(driver: Driver, docket: str) -> list[ReportLine]:
    query = f"SELECT {_LINE} FROM register_report WHERE docket = ? ORDER BY kind, id"  # noqa: S608 - our own names
    return [_line(row) for row in driver.all(query, docket)]


def _line(row: Sequence[object]) -> ReportLine:
    kind, id_, title, day, field, body = row
    return ReportLine(str(kind), str(id_), str(title), str(day), str(field), bytes(body))  # type: ignore[call-overload]
