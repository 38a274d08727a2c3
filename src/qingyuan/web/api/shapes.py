"""The forms of answers: errors, and values of the rooms below, described from their own types and written without a detour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi.responses import Response
from pydantic import BaseModel

from qingyuan.cases import DueDate
from qingyuan.cases.state import Docket
from qingyuan.law.model import Deadline, Threshold
from qingyuan.office.custody import CustodyRecord
from qingyuan.office.register import Deadlines, TimelinePage
from qingyuan.store.register import Page
from qingyuan.web.hooks import Hook
from qingyuan.web.jobs import Job


class Problem(BaseModel):
    """What went wrong.

    Attributes:
        code: Stable name.
        zh: What is the matter, Chinese.
        en: The same in English.
        where: Which record, field or policy.
        remedy_zh: What to do, Chinese.
        remedy_en: The same in English.
        missing: What an act lacks.
        citations: The articles that say so.
    """

    code: str
    zh: str
    en: str
    where: str | None = None
    remedy_zh: str = ""
    remedy_en: str = ""
    missing: list[Any] | None = None
    citations: list[Any] | None = None


class Failed(BaseModel):
    """The body of every answer that is no success."""

    error: Problem


class DocketAnswer(msgspec.Struct, frozen=True):
    """A lead, matter or case with all that belongs to it.

    Attributes:
        docket: The fold of its events.
        deadlines: Its open dates.
    """

    docket: Docket
    deadlines: tuple[DueDate, ...]


class Written(msgspec.Struct, frozen=True):
    """An event that was written.

    Attributes:
        index: Its index in the log.
        stream: The lead, matter or case.
        n: Its number there.
        type: Its type.
        payload: What it says.
    """

    index: int
    stream: str
    n: int
    type: str
    payload: dict[str, Any]


class Done(msgspec.Struct, frozen=True):
    """What an act wrote.

    Attributes:
        events: The events, in their order.
    """

    events: tuple[Written, ...]


class HookList(msgspec.Struct, frozen=True):
    """The subscriptions of other systems.

    Attributes:
        rows: All of them, the oldest first.
    """

    rows: tuple[Hook, ...]


class HookMade(msgspec.Struct, frozen=True):
    """A new subscription.

    Attributes:
        id: Its identifier.
        secret: What its messages are signed with; never shown again.
    """

    id: str
    secret: str


class HookDropped(msgspec.Struct, frozen=True):
    """A subscription that ended.

    Attributes:
        id: Its identifier.
    """

    id: str


class Batch(msgspec.Struct, frozen=True):
    """A new batch of files.

    Attributes:
        batch: Its identifier.
    """

    batch: str


class Sending(msgspec.Struct, frozen=True):
    """A file that is being sent.

    Attributes:
        id: Its identifier.
        path: Its path inside the batch.
        size: Bytes in all.
        offset: Bytes that are here; the next chunk begins there.
    """

    id: str
    path: str
    size: int
    offset: int


class Begun(msgspec.Struct, frozen=True):
    """A job that was begun.

    Attributes:
        job: Its identifier.
    """

    job: str


_TYPES: tuple[type, ...] = (
    *(Page, Deadlines, TimelinePage, DocketAnswer, CustodyRecord, Job, Deadline, Threshold, Done),
    *(HookList, HookMade, HookDropped, Batch, Sending, Begun),
)
_SCHEMAS, COMPONENTS = msgspec.json.schema_components(
    _TYPES, schema_hook=lambda _: {"description": "Any value"}, ref_template="#/components/schemas/{name}"
)
_OF = dict(zip(_TYPES, _SCHEMAS, strict=True))

Described = dict[int | str, dict[str, Any]]


def answers(kind: type) -> Described:
    """Return the description of the answer of a route.

    Args:
        kind: What it answers with, one of those that are listed here.
    """
    return {200: {"description": "Done", "content": {"application/json": {"schema": _OF[kind]}}}}


def written(value: object) -> Response:
    """Return a value as the answer of a route."""
    return Response(msgspec.json.encode(value, enc_hook=_rest), media_type="application/json")


def _rest(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _failed(words: str, **more: object) -> dict[str, Any]:
    return {"model": Failed, "description": words, **more}


#: Statuses of errors, described for everyone who asks.
ERRORS: Described = {
    400: _failed("Something that was given cannot be read, or does not fit"),
    401: _failed("No token, or one that is not good"),
    403: _failed("The token lacks the scope, or a policy forbids it; it is named"),
    422: _failed("A parameter or the body is not of the type described"),
    429: _failed(
        "Too many requests in a short time",
        headers={"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}},
    ),
    503: _failed(
        "The database is away: nothing was done, or the code says that it cannot be told",
        headers={"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}},
    ),
}
ABSENT: Described = {404: _failed("There is no such record")}
REFUSED: Described = {409: _failed("The act is not possible yet; what is missing and the articles are named")}
TAKEN: Described = {413: _failed("The body is too large")}
