"""Cases: leads, matters and cases as folds of events; acts guarded by the law; every refusal explained.

Nothing here reads a clock, a database or the environment: events and time come in, drafts of events go out.
"""

from qingyuan.cases._assess import LeadFacts, Score, assess
from qingyuan.cases._data import Choice, Param, TrackName, Verb, rules_of
from qingyuan.cases._data import choices as choice_lists
from qingyuan.cases._data import label as choice_label
from qingyuan.cases._fold import advance, fold
from qingyuan.cases._procedure import Procedure, procedure_of
from qingyuan.cases.deadlines import DueDate, deadline_of, due_dates
from qingyuan.cases.duty_matrix import MatrixMeasure, MatrixRow, duty_matrix
from qingyuan.cases.errors import CasesError, Missing, Refused
from qingyuan.cases.events import (
    Approval,
    CaseEvent,
    EventDraft,
    Foreign,
    Payload,
    Timing,
    decode,
    encode,
    is_ours,
    read_event,
    read_stored,
)
from qingyuan.cases.evidence_matrix import (
    EvidenceGroup,
    EvidenceItem,
    EvidenceRow,
    evidence_groups,
    evidence_matrix,
)
from qingyuan.cases.hearing import Hearing, OfficerOpinion, hearings
from qingyuan.cases.property_record import PropertyRecord, PropertyRow, property_record
from qingyuan.cases.state import (
    EMPTY,
    Case,
    CaseStage,
    Docket,
    Lead,
    LeadStage,
    Matter,
    Measure,
    MeasureStatus,
    Rechecked,
    Suspension,
    Unread,
)
from qingyuan.cases.tasks import Task, handler_of, tasks
from qingyuan.cases.timeline import Line, describe, timeline
from qingyuan.cases.verbs import VERBS, Offer, available, decide

__all__ = [
    "EMPTY",
    "VERBS",
    "Approval",
    "Case",
    "CaseEvent",
    "CaseStage",
    "CasesError",
    "Choice",
    "Docket",
    "DueDate",
    "EventDraft",
    "EvidenceGroup",
    "EvidenceItem",
    "EvidenceRow",
    "Foreign",
    "Hearing",
    "Lead",
    "LeadFacts",
    "LeadStage",
    "Line",
    "MatrixMeasure",
    "MatrixRow",
    "Matter",
    "Measure",
    "MeasureStatus",
    "Missing",
    "Offer",
    "OfficerOpinion",
    "Param",
    "Payload",
    "Procedure",
    "PropertyRecord",
    "PropertyRow",
    "Rechecked",
    "Refused",
    "Score",
    "Suspension",
    "Task",
    "Timing",
    "TrackName",
    "Unread",
    "Verb",
    "advance",
    "assess",
    "available",
    "choice_label",
    "choice_lists",
    "deadline_of",
    "decide",
    "decode",
    "describe",
    "due_dates",
    "duty_matrix",
    "encode",
    "evidence_groups",
    "evidence_matrix",
    "fold",
    "handler_of",
    "hearings",
    "is_ours",
    "procedure_of",
    "property_record",
    "read_event",
    "read_stored",
    "rules_of",
    "tasks",
    "timeline",
]
