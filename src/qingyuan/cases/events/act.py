"""An act that the data declares: what was done, on which day, with which particulars."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import msgspec

from qingyuan.cases.events._base import Approval, Payload, Timing

#: A particular as the journal holds it; dates are ISO 8601.
Particular = str | int | bool | tuple[str, ...]


class LeadActed(Payload, frozen=True):
    """线索办理事项（``acts-lead.yaml``）: one act on a lead that needs no calculation of its own.

    Attributes:
        act: Name of the act in the closed list ``act``.
        on: Day of the act.
        fields: Its particulars by name.
        approval: Decision of the chief procurator, where the act needs one.
        moves: Stage the lead moved to, or ``""``.
        office: The office that handles the lead from then on, by name, identifier or division; ``""`` when it stays.
        zh: What the act is called, Chinese, for acts that a site added; ``""`` else.
        en: The same in English.
    """

    TYPE: ClassVar[str] = "lead.acted"
    act: str
    on: date
    fields: dict[str, Particular] = msgspec.field(default_factory=dict)
    approval: Approval | None = None
    moves: str = ""
    office: str = ""
    zh: str = ""
    en: str = ""


class CaseActed(Payload, frozen=True):
    """办案事项（``acts.yaml``）: one act of a case that needs no calculation of its own.

    Attributes:
        act: Name of the act in the closed list ``act``, e.g. ``"judgment"``.
        on: Day of the act.
        fields: Its particulars by name.
        approval: Decision of the chief procurator, where the act needs one.
        timing: How it stood to its time limit, where there is one that had begun.
        moves: Stage the case moved to, or ``""``.
        office: The office that handles the case from then on, by name, identifier or division; ``""`` when it stays.
        zh: What the act is called, Chinese, for acts that a site added, so that others can read them; ``""`` else.
        en: The same in English.
    """

    TYPE: ClassVar[str] = "case.acted"
    act: str
    on: date
    fields: dict[str, Particular] = msgspec.field(default_factory=dict)
    approval: Approval | None = None
    timing: Timing | None = None
    moves: str = ""
    office: str = ""
    zh: str = ""
    en: str = ""
