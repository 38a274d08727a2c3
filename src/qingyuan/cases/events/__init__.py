"""Events: what happened to leads, matters, cases and measures, one typed payload each."""

from qingyuan.cases.events._base import Approval, CaseEvent, EventDraft, Foreign, Payload, Timing
from qingyuan.cases.events.act import Particular
from qingyuan.cases.events.codec import TYPES, decode, draft, encode, is_ours, read_event, read_stored

__all__ = [
    "TYPES",
    "Approval",
    "CaseEvent",
    "EventDraft",
    "Foreign",
    "Particular",
    "Payload",
    "Timing",
    "decode",
    "draft",
    "encode",
    "is_ours",
    "read_event",
    "read_stored",
]
