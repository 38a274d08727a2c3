"""The law room: provisions, periods, thresholds, jurisdiction, duties and the calendar as dated data.

Pure: no clock, no network; it reads its own packaged YAML and, where the caller gives one, an overlay
folder of local rules. Every answer cites article and version, says how it was found, and says when it is
provisional (暂定) or rests on a text that was not read.
"""

from __future__ import annotations

from qingyuan.law._files import Document
from qingyuan.law._service import Service
from qingyuan.law._titles import titled
from qingyuan.law.conduct import Conduct, Span
from qingyuan.law.damages import Amounts, Damages, DamagesOver, DamagesSpan, Head, Precedent, Sale
from qingyuan.law.errors import LawError
from qingyuan.law.model import (
    Candidate,
    Citation,
    Day,
    Deadline,
    Division,
    Duty,
    Exclusion,
    Facts,
    Level,
    Move,
    Named,
    Office,
    Organ,
    Period,
    Proposal,
    Provision,
    Step,
    Threshold,
    Track,
)
from qingyuan.law.service import Law, load
from qingyuan.law.tables import Cell, LawTable, TableRow

__all__ = [
    "Amounts",
    "Candidate",
    "Cell",
    "Citation",
    "Conduct",
    "Damages",
    "DamagesOver",
    "DamagesSpan",
    "Day",
    "Deadline",
    "Division",
    "Document",
    "Duty",
    "Exclusion",
    "Facts",
    "Head",
    "Law",
    "LawError",
    "LawTable",
    "Level",
    "Move",
    "Named",
    "Office",
    "Organ",
    "Period",
    "Precedent",
    "Proposal",
    "Provision",
    "Sale",
    "Service",
    "Span",
    "Step",
    "TableRow",
    "Threshold",
    "Track",
    "load",
    "titled",
]
