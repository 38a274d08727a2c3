"""Material sent by programs: files by chunks that are gone on with after a failure, and the intake that makes them exhibits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from qingyuan.cases import choice_lists
from qingyuan.web.api.asking import Name, ask
from qingyuan.web.api.shapes import Batch, Begun, Sending, answers, written
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request
from qingyuan.web.uploads import Upload
from qingyuan.web.workbench._batch import other_collector, whole_batch
from qingyuan.web.workbench.material import order

Text = Annotated[str, Field(max_length=4000)]
Line = Annotated[str, Field(max_length=200)]


class FileWanted(BaseModel):
    """A file that will be sent.

    Attributes:
        path: Its path inside the batch; what leads out of it is taken away.
        size: Bytes in all.
    """

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, Field(min_length=1, max_length=4000)]
    size: Annotated[int, Field(ge=0, le=1 << 53)]


class IntakeWanted(BaseModel):
    """What a batch becomes: a lead of its own, or material of a record that exists.

    Attributes:
        batch: The batch; every file of it is whole.
        record: The lead, matter or case that it is added to; ``""`` registers a lead.
        title: Of the new lead; by default made of the names of the files.
        source: Where the lead came from, of the list ``lead-source``.
        field: The field of law.
        summary: What it is about.
        origin: Whom or what the material came from.
        second: The second collector.
    """

    model_config = ConfigDict(extra="forbid")

    batch: Line
    record: Line = ""
    title: Line = ""
    source: Line = "other-duty"
    field: Line = "personal-information"
    summary: Text = ""
    origin: Line = ""
    second: Line = ""


def taking(router: APIRouter, desk: Desk) -> None:
    """Add the routes that take material in."""
    uploads = desk.uploads

    @router.post("/batches", response_model=None, responses=answers(Batch))
    def begin_batch(request: Request) -> Response:
        """Begin a batch."""
        return written(Batch(uploads.batch(request.state.person)))

    @router.post("/batches/{batch}/files", response_model=None, responses=answers(Sending))
    def announce(request: Request, batch: Name, wanted: FileWanted) -> Response:
        """Announce a file of a batch; the answer says at which byte to begin or to go on."""
        return written(_told(uploads.announce(batch, wanted.path, wanted.size, request.state.person)))

    @router.get("/files/{upload}", response_model=None, responses=answers(Sending))
    def progress(request: Request, upload: Name) -> Response:
        """Return how much of a file of one's own is here."""
        return written(_told(uploads.get(upload, request.state.person)))

    chunk = {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }

    @router.put(
        "/files/{upload}",
        response_model=None,
        responses=answers(Sending),
        openapi_extra={"requestBody": chunk},
    )
    async def send(
        request: Request, upload: Name, offset: Annotated[int, Query(ge=0, le=1 << 53)]
    ) -> Response:
        """Append a chunk of at most 1 MiB; 409 says at which byte to go on."""
        person = request.state.person
        await uploads.append(upload, person, offset, request.stream())
        return written(_told(await run_in_threadpool(uploads.get, upload, person)))

    @router.post("/intakes", response_model=None, responses=answers(Begun))
    def intake(request: Request, wanted: IntakeWanted) -> Response:
        """Seal, scan and register a batch as a job; ``/jobs/{identifier}`` says how far it is and names the lead."""
        person = request.state.person
        if wanted.record:
            ask(desk, request, "material.take", wanted.record)
        other_collector(person, wanted.second)
        batch = whole_batch(desk, person, wanted.batch)
        if wanted.record:
            about = {"from": wanted.origin, "second": wanted.second, "remarks": wanted.summary}
            return written(Begun(order(desk, person, wanted.record, batch, about)))
        _check_listed("source", wanted.source, list(choice_lists()["lead-source"]))
        _check_listed("field", wanted.field, [one.id for one in desk.home.law.fields()])
        args = {**wanted.model_dump(exclude={"record", "origin"}), "from": wanted.origin}
        return written(Begun(desk.jobs.add("intake", person, args)))


def _check_listed(name: str, value: str, known: list[str]) -> None:
    if value not in known:
        listed = ", ".join(known)
        raise bad_request(f"{name} 应为：{listed}", f"{name} is one of: {listed}", code="web.misfit")


def _told(upload: Upload) -> Sending:
    return Sending(upload.id, upload.path, upload.size, upload.offset)
