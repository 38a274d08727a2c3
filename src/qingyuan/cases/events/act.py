"""An act that the data declares: what was done, on which day, with which particulars."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import msgspec

from qingyuan.cases.events._base import Approval, Payload, Timing

#: A particular as the journal holds it; dates are ISO 8601.
Particular = str | int | bool | tuple[str, ...]


class CaseActed(Payload, frozen=True):
    """办案事项（``acts.yaml``）: one act of a case that needs no calculation of its own.

    Attributes:
        act: Name of the act in the closed list ``act``, e.g. ``"judgment"``.
        on: Day of the act.
        fields: Its particulars by name.
        approval: Decision of the chief procurator, where the act needs one.
        timing: How it stood to its time limit, where there is one that had begun.
        moves: Stage the case moved to, or ``""``.
    """

    TYPE: ClassVar[str] = "case.acted"
    act: str
    on: date
    fields: dict[str, Particular] = msgspec.field(default_factory=dict)
    approval: Approval | None = None
    timing: Timing | None = None
    moves: str = ""
