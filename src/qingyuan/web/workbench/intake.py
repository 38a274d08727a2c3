"""Taking material in: uploads, and the job that seals, scans and registers it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from starlette.responses import JSONResponse, Response, StreamingResponse

from qingyuan.cases import choice_lists
from qingyuan.errors import QingyuanError
from qingyuan.office.intake import Progress, Registration
from qingyuan.office.intake import intake as take_in
from qingyuan.office.sealing import Collector
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.jobs import Job, Report
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.works import PLACES, work

_NEWEST = 200
_LOOK = 0.4


#: What the form of an intake asks beside the files, with what it begins with.
_ASKED = {"title": "", "from": "", "source": "other-duty", "field": "personal-information", "summary": ""}


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
        jobs=[one for one in ask.desk.jobs.newest(_NEWEST, person=ask.person) if one.kind == "intake"][:20],
        sources=choice_lists()["lead-source"],
        fields=ask.desk.home.law.fields(),
        chunk=ask.desk.settings.max_chunk_bytes,
    )


@page("POST", "/intake/batches", "material.take")
def batch(ask: Ask) -> Response:
    """Begin a batch, for scripts."""
    return JSONResponse({"batch": ask.desk.uploads.batch()})


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
    given = {name: value for name in _ASKED if (value := ask.field(name))}
    try:
        batch = _batch(ask)
    except QingyuanError as error:
        return _show(ask, given, error)
    args = {**_ASKED, **given, "batch": batch}
    return ask.redirect(f"/jobs/{ask.desk.jobs.add('intake', ask.person, args)}")


def _batch(ask: Ask) -> str:
    """Return the batch that was sent before by a script, or a new one of the files of a plain form."""
    uploads = ask.desk.uploads
    if name := ask.field("batch"):
        if not uploads.complete(name, ask.person):
            raise bad_request("文件还没有传完", "not every file has arrived", code="web.not-complete")
        return name
    files = ask.uploads("files")
    if not files:
        raise bad_request("没有选择文件", "no file was chosen", code="web.no-files")
    name = uploads.batch()
    for file in files:
        uploads.put(name, file.filename or "", file.file)
    return name


@work("intake")
def intake_work(desk: Desk, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
    """Take a batch in; what an earlier run of it did is not done again."""
    batch = str(args["batch"])
    paths = sorted(desk.uploads.folder(batch).iterdir())
    registration = Registration(
        Collector(person, source=str(args["from"])),
        str(args["source"]),
        str(args["field"]),
        str(args["summary"]),
    )

    def tell(progress: Progress) -> None:
        report(
            {
                "stage": progress.stage,
                "done": progress.done,
                "total": progress.total,
                "bytes_done": progress.bytes_done,
                "bytes_total": progress.bytes_total,
                "left": progress.left,
                "speed": progress.bytes_done / progress.seconds if progress.seconds else 0,
            }
        )

    report(
        {"stage": "seal", "done": 0, "total": 0, "bytes_done": 0, "bytes_total": 0, "left": None, "speed": 0}
    )
    result = take_in(
        desk.home,
        [Path(path) for path in paths],
        title=str(args["title"]) or None,
        registration=registration,
        workers=desk.settings.job_workers,
        report=tell,
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


@page("GET", "/jobs/{job}", "material.take")
def show(ask: Ask, job: str) -> Response:
    """Show how far a job is; without scripts the page comes again by itself."""
    found = _job(ask, job)
    if found.kind in PLACES:
        return ask.redirect(f"{PLACES[found.kind]}/{found.id}")
    return ask.page("job.html", job=found)


@page("GET", "/jobs/{job}/events", "material.take")
def events(ask: Ask, job: str) -> Response:
    """Tell how far a job is, as it goes (server-sent events)."""
    _job(ask, job)
    jobs = ask.desk.jobs

    async def told() -> AsyncIterator[str]:
        """Yield an event when something changed, and end with the job."""
        last = ""
        while (found := await asyncio.to_thread(jobs.get, job)) is not None:
            now = json.dumps({"state": found.state, "progress": found.progress})
            if now != last:
                yield f"data: {now}\n\n"
                last = now
            if found.over:
                return
            await asyncio.sleep(_LOOK)

    return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@page("POST", "/jobs/{job}/cancel", "material.take")
def cancel(ask: Ask, job: str) -> Response:
    """Ask a job to stop."""
    ask.desk.jobs.cancel(_job(ask, job).id)
    return ask.redirect(f"/jobs/{job}")


@page("POST", "/jobs/{job}/resume", "material.take")
def resume(ask: Ask, job: str) -> Response:
    """Go on with a job."""
    ask.desk.jobs.resume(_job(ask, job).id)
    return ask.redirect(f"/jobs/{job}")


def _job(ask: Ask, identifier: str) -> Job:
    found = ask.desk.jobs.get(identifier)
    if found is None or found.person != ask.person:
        raise not_found(identifier)
    return found
