"""Taking material in: uploads, and the job that seals, scans and registers it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.responses import JSONResponse, Response

from qingyuan.cases import choice_lists
from qingyuan.errors import QingyuanError
from qingyuan.office.intake import Registration
from qingyuan.office.intake import intake as take_in
from qingyuan.office.sealing import Collector
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.jobs import Report
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.workbench._batch import batch_of, check_second
from qingyuan.web.workbench._progress import BEGUN, telling
from qingyuan.web.workbench.material import KIND
from qingyuan.web.workbench.material import begin as add
from qingyuan.web.works import work

_NEWEST = 200


#: What the form of an intake asks beside the files, with what it begins with.
_ASKED = {
    "title": "",
    "from": "",
    "source": "other-duty",
    "field": "personal-information",
    "summary": "",
    "second": "",
}


#: Jobs that the page lists.
_KINDS = frozenset({"intake", KIND})


@page("GET", "/intake", "material.take")
def form(ask: Ask) -> Response:
    """Show the form and the newest jobs."""
    return _show(ask, {})


def _show(ask: Ask, given: Mapping[str, str], error: QingyuanError | None = None) -> Response:
    return ask.page(
        "intake.html",
        400 if error else 200,
        given={**_ASKED, **given},
        error=error,
        jobs=[one for one in ask.desk.jobs.newest(_NEWEST, person=ask.person) if one.kind in _KINDS][:20],
        people=ask.desk.people.all(),
        sources=choice_lists()["lead-source"],
        fields=ask.desk.home.law.fields(),
        chunk=ask.desk.settings.max_chunk_bytes,
    )


@page("POST", "/intake/batches", "material.take")
def batch(ask: Ask) -> Response:
    """Begin a batch, for scripts."""
    return JSONResponse({"batch": ask.desk.uploads.batch(ask.person)})


@page("POST", "/intake/files", "material.take")
def announce(ask: Ask) -> Response:
    """Announce a file of a batch, for scripts; its identifier and the offset to go on from come back."""
    size = whole(ask.field("size"))
    made = ask.desk.uploads.announce(
        ask.field("batch"), ask.field("path"), -1 if size is None else size, ask.person
    )
    return JSONResponse({"id": made.id, "offset": made.offset})


@page("POST", "/intake", "material.take")
def begin(ask: Ask) -> Response:
    """Begin the intake of a batch, or of the files of a plain form; a refusal comes back with everything typed."""
    if record := ask.field("record"):
        return add(ask, record)
    given = {name: value for name in _ASKED if (value := ask.someone(name))}
    try:
        check_second(ask)
        batch = batch_of(ask)
    except QingyuanError as error:
        return _show(ask, given, error)
    args = {**_ASKED, **given, "batch": batch}
    return ask.redirect(f"/jobs/{ask.desk.jobs.add('intake', ask.person, args)}")


@work("intake")
def intake_work(desk: Desk, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
    """Take a batch in; what an earlier run of it did is not done again."""
    batch = str(args["batch"])
    paths = sorted(desk.uploads.folder(batch).iterdir())
    registration = Registration(
        Collector(person, str(args.get("second") or "") or None, source=str(args["from"])),
        str(args["source"]),
        str(args["field"]),
        str(args["summary"]),
    )

    report(dict(BEGUN))
    result = take_in(
        desk.home,
        [Path(path) for path in paths],
        title=str(args["title"]) or None,
        registration=registration,
        workers=desk.settings.job_workers,
        report=telling(report),
        opened=desk.uploads.content,
    )
    desk.posts.handle(result.lead, person)
    desk.uploads.drop(batch)
    return {
        "lead": result.lead,
        "exhibits": len(result.exhibits),
        "persons": result.distinct(),
        "unread": len(result.unread),
    }
