"""Findings beside their source: the records around a place with values hidden, and showing one record in clear, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.access import unmask
from qingyuan.office.handover import find_exhibit
from qingyuan.office.sources import Source, SourceRecord, record_of, source
from qingyuan.pii.catalog import catalog
from qingyuan.store.intakes import ItemState, scanned
from qingyuan.store.register import record
from qingyuan.web.asking import Ask, kept
from qingyuan.web.errors import bad_request
from qingyuan.web.guard import denied
from qingyuan.web.readying import require_ready
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.workbench._grounds import MOST_REASON, grounds

_AROUND = 8
#: Material of at most so many bytes is shown from its beginning to its end.
_SHORT, _WHOLE = 1 << 16, 400
#: What a column of the members of a list has in its name.
_LISTED = "[]"


class Row(msgspec.Struct, frozen=True):
    """A row of the page: a record, and the members of its lists, which are records of their own.

    Attributes:
        record: The record.
        parts: The members, in order.
    """

    record: SourceRecord
    parts: tuple[SourceRecord, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the record and of its members."""
        return (self.record.number, *(one.number for one in self.parts))


def rows(records: Sequence[SourceRecord]) -> list[Row]:
    """Return records as rows: members of a list stand with the record before them that has the list."""
    found: list[Row] = []
    for one in records:
        member = bool(one.cells) and all(_LISTED in cell.column for cell in one.cells)
        if member and found:
            found[-1] = Row(found[-1].record, (*found[-1].parts, one))
        else:
            found.append(Row(one))
    return found


@page("GET", "/exhibits/{identifier}/source", "material.read", slow=True)
def show(ask: Ask, identifier: str) -> Response:
    """Show the records around a place; what the scan found is hidden, and that somebody looked is written down first."""
    if not _known(ask, identifier):
        require_ready()
    asked = {name: ask.query(name) for name in ("member", "table", "place", "at")}
    at = _number(asked["at"]) if asked["at"] else record_of(
        ask.desk.home, identifier, asked["place"], asked["member"] or None
    )  # fmt: skip
    ask.desk.note_reading("excerpt", [identifier], actor=ask.person)
    return _show(ask, identifier, _read(ask, identifier, asked, at))


@page("POST", "/exhibits/{identifier}/unmask", "material.unmask")
def clear(ask: Ask, identifier: str) -> Response:
    """Show one record in clear, once: who, why and on which ground is an event of the docket before the answer is made."""
    home = ask.desk.home
    asked = {name: ask.field(name) for name in ("member", "table", "place", "at")}
    at = _number(asked["at"])
    ground, reason = ask.field("ground"), ask.field("reason")
    if ground not in grounds(ask) or not reason or len(reason) > MOST_REASON:
        error = bad_request(
            "请写明理由并选择法律依据", "state the reason and choose the legal ground", code="web.no-reason"
        )
        ask.desk.note_reading("excerpt", [identifier], actor=ask.person)
        return _show(ask, identifier, _read(ask, identifier, asked, at), error=error)
    with home.database.read() as connection:
        scope = find_exhibit(connection, identifier).scope
        row = record(connection, scope)
    decision = unmask(
        home,
        ask.desk.posts.gate.policies,
        ask.person,
        f"{identifier}#{at}",
        scope,
        minor=row is None or row.shielded,
        reason=f"{ground}: {reason}",
        on=home.clock.now().date(),
    )
    if not decision.allowed:
        raise denied(decision)
    return _show(ask, identifier, _read(ask, identifier, asked, at, clear=at), cleared=at)


def _read(ask: Ask, identifier: str, asked: Mapping[str, str], at: int, clear: int | None = None) -> Source:
    return source(
        ask.desk.home,
        identifier,
        at,
        member=asked["member"] or None,
        table=asked["table"],
        place=asked["place"],
        around=_around(ask, identifier),
        clear=clear,
    )


def _around(ask: Ask, identifier: str) -> int:
    """Return how many records before and after the one asked for are shown."""
    with ask.desk.home.database.read() as connection:
        return _WHOLE if find_exhibit(connection, identifier).size <= _SHORT else _AROUND


def _known(ask: Ask, identifier: str) -> bool:
    """Say whether an exhibit was scanned when it was taken in; else it is scanned to be shown."""
    with ask.desk.home.database.read() as connection:
        row = find_exhibit(connection, identifier)
        return any(one.state == ItemState.SCANNED for one in scanned(connection, row.scope, [identifier]))


def _show(
    ask: Ask,
    identifier: str,
    found: Source,
    cleared: int | None = None,
    error: QingyuanError | None = None,
) -> Response:
    known = _known(ask, identifier)
    with ask.desk.home.database.read() as connection:
        row = find_exhibit(connection, identifier)
    where = {"member": found.member or "", "table": found.table}
    around = _around(ask, identifier)
    return ask.page(
        "source.html",
        400 if error else 200,
        error=error,
        given={name: ask.field(name) for name in ("at", "ground", "reason")} if error else {},
        row=row,
        scanned=known,
        source=found,
        rows=rows(found.records),
        kinds=catalog().kinds,
        cleared=cleared,
        before=kept({**where, "at": str(found.at - 2 * around)}) if found.at > 2 * around else "",
        after=kept({**where, "at": str(found.at + 2 * around)})
        if found.records[-1].number >= found.at + around
        else "",
        grounds=grounds(ask),
        most=MOST_REASON,
    )


def _number(text: str) -> int:
    if (found := whole(text)) is None:
        raise bad_request("没有这条记录", "there is no such record")
    return found
