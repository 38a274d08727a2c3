"""Jobs about one exhibit: begun from its page, shown to who began them while they may see its docket."""

from __future__ import annotations

from collections.abc import Mapping

from qingyuan.office.handover import find_exhibit
from qingyuan.store.registry import ExhibitRow
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.jobs import Job, Report


def exhibit_of(ask: Ask, identifier: str) -> ExhibitRow:
    """Return an exhibit."""
    with ask.desk.home.database.read() as connection:
        return find_exhibit(connection, identifier)


def own_job(ask: Ask, kind: str, identifier: str) -> tuple[Job, ExhibitRow]:
    """Return a job of who asks and the exhibit it is about.

    Raises:
        WebError: There is no such job, or its docket may not be seen any more.
    """
    found = ask.desk.jobs.get(identifier)
    if found is None or found.kind != kind or found.person != ask.person:
        raise not_found(identifier)
    row = exhibit_of(ask, str(found.args["exhibit"]))
    ask.require("material.take", row.scope)
    return found, row


def begin(ask: Ask, kind: str, row: ExhibitRow, args: Mapping[str, object]) -> str:
    """Queue a job about an exhibit and return its identifier."""
    return ask.desk.jobs.add(kind, ask.person, {"exhibit": row.id, "title": row.path, **args})


def begun(report: Report) -> None:
    """Report that a job works, which also stops one that was cancelled."""
    report(
        {"stage": "scan", "done": 0, "total": 1, "bytes_done": 0, "bytes_total": 0, "left": None, "speed": 0}
    )
