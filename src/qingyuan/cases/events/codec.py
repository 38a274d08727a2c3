"""Between the JSON of the journal and typed payloads."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime
from typing import cast

import msgspec

from qingyuan.cases.errors import CasesError
from qingyuan.cases.events import act, closing, filing, lead, measure, review
from qingyuan.cases.events._base import CaseEvent, EventDraft, Foreign, Payload
from qingyuan.shapes import convert, ready

#: Every event type of this room and its payload.
TYPES: Mapping[str, type[Payload]] = {
    cls.TYPE: cls
    for cls in (
        lead.LeadRegistered,
        lead.LeadAmended,
        lead.LeadAssessed,
        lead.LeadTransferred,
        lead.LeadDeclined,
        lead.MatterOpened,
        lead.LeadJoined,
        lead.LeadParted,
        lead.MatterMerged,
        lead.MatterSplit,
        lead.MatterTaken,
        lead.MatterReturned,
        filing.CaseFiled,
        filing.RespondentIdentified,
        filing.FilingServed,
        filing.Consulted,
        filing.FactsConfirmed,
        filing.Investigated,
        review.SuggestionIssued,
        review.SuggestionServed,
        review.SuggestionRecorded,
        review.ReplyReceived,
        review.HearingHeld,
        review.Suspended,
        review.Resumed,
        review.FollowedUp,
        review.ReviewExtended,
        review.NoticePublished,
        review.SuitFiled,
        review.ComplaintRecorded,
        act.CaseActed,
        act.LeadActed,
        closing.CaseClosed,
        closing.ClosingServed,
        closing.CaseTransferred,
        closing.LookBackScheduled,
        closing.LookedBack,
        measure.MeasureEntered,
        measure.MeasureStarted,
        measure.ProofSubmitted,
        measure.MeasureVerified,
        measure.MeasureReopened,
        measure.MeasureWithdrawn,
    )
}

_OURS = ("lead.", "matter.", "case.", "measure.")


def is_ours(type_: str) -> bool:
    """Return whether ``type_`` lies in a namespace of this room, known to this version or not."""
    return type_.startswith(_OURS)


def decode(type_: str, payload: Mapping[str, object]) -> Payload:
    """Return the typed payload of an event.

    Raises:
        CasesError: The type is unknown (``cases.unknown-event``) or the payload does not fit it
            (``cases.bad-payload``).
    """
    cls = TYPES.get(type_)
    if cls is None:
        raise CasesError(
            "cases.unknown-event",
            zh=f"不认识的事件类型“{type_}”",
            en=f"unknown event type {type_!r}",
            where=type_,
            remedy_zh="该事件可能由更新的版本写入，请升级后再读",
            remedy_en="it may come from a later version; upgrade and read again",
        )
    try:
        return convert(payload, cls)
    except msgspec.ValidationError as error:
        raise CasesError(
            "cases.bad-payload",
            zh=f"事件内容与类型不符：{error}",
            en=f"the payload does not fit the type: {error}",
            where=type_,
            remedy_zh="请核对写入该事件的程序版本",
            remedy_en="check the version of the program that wrote it",
        ) from error


def decode_json(type_: str, payload: bytes) -> Payload | Foreign:
    """Return the payload of an event from the JSON of the journal; of a type of another room or a later version as it is.

    Raises:
        CasesError: ``cases.bad-payload``.
    """
    cls = TYPES.get(type_)
    if cls is None:
        return Foreign(msgspec.json.decode(payload))
    try:
        return _decoder(cls).decode(payload)
    except msgspec.DecodeError:
        return decode(type_, msgspec.json.decode(payload))  # says what does not fit


@functools.cache
def _decoder(cls: type[Payload]) -> msgspec.json.Decoder[Payload]:
    return msgspec.json.Decoder(ready(cls))


def encode(payload: Payload) -> dict[str, object]:
    """Return the JSON builtins of a payload; defaults are left out, dates are ISO 8601."""
    # Through JSON, so that tuples become lists as in the journal.
    return cast("dict[str, object]", msgspec.json.decode(msgspec.json.encode(payload)))


def draft(stream: str, payload: Payload) -> EventDraft:
    """Return the draft of an event of ``stream``."""
    return EventDraft(stream, payload.TYPE, encode(payload))


def read_event(
    stream: str, n: int, type_: str, at: datetime | str, actor: str, payload: Mapping[str, object]
) -> CaseEvent:
    """Return the event of one journal row, tolerant of other rooms and later versions.

    A type this version does not know becomes :class:`Foreign`, which the fold names; a known type whose
    payload does not fit is an error.

    Raises:
        CasesError: The payload of a known type does not fit, or ``at`` is not a time with an offset.
    """
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    _aware(when, stream, n)
    body = decode(type_, payload) if type_ in TYPES else Foreign(dict(payload))
    return CaseEvent(stream, n, type_, when, actor, body)


def read_stored(stream: str, n: int, type_: str, at: str, actor: str, payload: bytes) -> CaseEvent:
    """Return the event of one journal row as it is stored; see :func:`read_event`."""
    when = datetime.fromisoformat(at)
    _aware(when, stream, n)
    return CaseEvent(stream, n, type_, when, actor, decode_json(type_, payload))


def _aware(when: datetime, stream: str, n: int) -> None:
    if when.tzinfo is None:
        raise CasesError(
            "cases.naive-time",
            zh="事件时间没有时区",
            en="the time of the event has no offset",
            where=f"{stream} {n}",
            remedy_zh="请写成带 +08:00 的时间",
            remedy_en="write it with +08:00",
        )
