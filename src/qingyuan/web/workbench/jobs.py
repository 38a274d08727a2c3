"""The page of a job: how far it is, cancelling it, going on with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from qingyuan.web.asking import Ask
from qingyuan.web.errors import WebError, not_found
from qingyuan.web.jobs import Job
from qingyuan.web.routing import page
from qingyuan.web.works import NEEDS, PLACES, WORKS

_LOOK = 0.4


@page("GET", "/jobs/{job}", "signed-in")
def show(ask: Ask, job: str) -> Response:
    """Show how far a job is; without scripts the page comes again by itself."""
    found = _job(ask, job)
    if found.kind in PLACES:
        return ask.redirect(f"{PLACES[found.kind]}/{found.id}")
    return ask.page("job.html", job=found)


@page("GET", "/jobs/{job}/events", "signed-in")
def events(ask: Ask, job: str) -> Response:
    """Tell how far a job is, as it goes (server-sent events), as long as whoever asked is signed in and may see it."""
    _job(ask, job)

    def look() -> Job | None:
        account = ask.desk.sessions.account(ask.session, used=False)
        if account is None or account.person != ask.person:
            return None
        ask.anew()
        try:
            return _job(ask, job)
        except WebError:
            return None

    async def told() -> AsyncIterator[str]:
        """Yield an event when something changed, and end with the job."""
        last = ""
        while (found := await asyncio.to_thread(look)) is not None:
            now = json.dumps({"state": found.state, "progress": found.progress})
            if now != last:
                yield f"data: {now}\n\n"
                last = now
            if found.over:
                return
            await asyncio.sleep(_LOOK)

    return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@page("POST", "/jobs/{job}/cancel", "signed-in")
def cancel(ask: Ask, job: str) -> Response:
    """Ask a job to stop."""
    ask.desk.jobs.cancel(_job(ask, job).id)
    return ask.redirect(f"/jobs/{job}")


@page("POST", "/jobs/{job}/resume", "signed-in")
def resume(ask: Ask, job: str) -> Response:
    """Go on with a job."""
    ask.desk.jobs.resume(_job(ask, job).id)
    return ask.redirect(f"/jobs/{job}")


def _job(ask: Ask, identifier: str) -> Job:
    """Return a job of whoever asks, who may still do what it does.

    Raises:
        WebError: There is none, or the policies do not permit it any more.
    """
    found = ask.desk.jobs.get(identifier)
    if found is None or found.person != ask.person or found.kind not in WORKS:
        raise not_found(identifier)
    need = NEEDS[found.kind]
    if not ask.may(need):
        raise ask.desk.guard.refusal(need)
    ask.desk.guard.require_job(ask.person, need, found.args)
    return found
