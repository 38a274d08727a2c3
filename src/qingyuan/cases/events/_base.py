"""The envelope of an event and the base of every payload."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar

import msgspec


class Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all typed payloads; a subclass is one type of event.

    Attributes:
        TYPE: Name of the event type in the journal, e.g. ``"lead.registered"``.
    """

    TYPE: ClassVar[str]


class Foreign(msgspec.Struct, frozen=True):
    """The payload of an event that this room does not interpret, kept as it was read.

    Attributes:
        data: The payload as JSON builtins.
    """

    data: Mapping[str, object]


class CaseEvent(msgspec.Struct, frozen=True):
    """One event of a stream, ready to be folded.

    Attributes:
        stream: Identifier of the lead, matter or case, e.g. ``"C2026-0001"``.
        n: Number of the event in its stream, from 0.
        type: Name of the event type.
        at: When it was recorded (aware).
        actor: Identifier of who recorded it, e.g. ``"P001"``; never a name.
        payload: The typed payload, or :class:`Foreign` for a type of another room or a later version.
    """

    stream: str
    n: int
    type: str
    at: datetime
    actor: str
    payload: Payload | Foreign


class EventDraft(msgspec.Struct, frozen=True):
    """An event that a verb wants to be written; the journal adds number, time and chain.

    Attributes:
        stream: The stream it belongs to.
        type: Name of the event type.
        payload: JSON builtins (no floats), as the journal commits to them.
    """

    stream: str
    type: str
    payload: dict[str, object]


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A decision of the chief procurator as it was recorded.

    Attributes:
        by: Actor identifier of who decided.
        on: Date of the decision.
        document: Identifier of the document that records it; empty when none was named.
    """

    by: str
    on: date
    document: str = ""


class Timing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How an act stood to its time limit when it was recorded; lateness is recorded, not refused.

    Attributes:
        period: Identifier of the period in the law room, e.g. ``"suggestion-service"``.
        due: Last day of the period as computed then.
        firm: ``False`` while the holiday calendar of the due date was not published.
        late_days: Days after ``due``; 0 when in time.
        due_at: End of a period in hours; ``None`` for periods in days.
        late_hours: Begun hours after ``due_at``; 0 when in time, or when no time of day was recorded.
    """

    period: str
    due: date
    firm: bool = True
    late_days: int = 0
    due_at: datetime | None = None
    late_hours: int = 0
