"""Events that end a case or hand it on, and the visits after closing."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from qingyuan.cases.events._base import Approval, Payload

#: What a look-back found.
LookBackOutcome = Literal["holds", "partly", "rebounded"]


class CaseClosed(Payload, frozen=True):
    """终结案件（第七十四、八十、九十、九十五条）.

    Attributes:
        on: Day of the decision.
        ground: Choice ``closing-administrative`` or ``closing-civil``.
        reason: Why the ground is met.
        approval: Decision of the chief procurator.
        document: Identifier of the decision to close.
    """

    TYPE: ClassVar[str] = "case.closed"
    on: date
    ground: str
    reason: str
    approval: Approval
    document: str = ""


class ClosingServed(Payload, frozen=True):
    """送达终结案件决定书（第七十四条）.

    Attributes:
        on: Day of service, from which periods run.
        mode: Choice ``service-mode``.
        receipt: Exhibit or document of the proof of service.
        done_on: Day of the act where it is not the day of service: a public notice was published; ``None`` else.
        note: Refusal, consent, or why it was served by public notice.
    """

    TYPE: ClassVar[str] = "case.closing_served"
    on: date
    mode: str
    receipt: str = ""
    done_on: date | None = None
    note: str = ""


class CaseTransferred(Payload, frozen=True):
    """移送其他人民检察院（第十六、七十九、九十四条）: the case leaves this office.

    Attributes:
        to: Receiving office.
        on: Day of the transfer.
        reason: Why, for example that filing and suit belong to different offices.
        document: Identifier of the instrument.
    """

    TYPE: ClassVar[str] = "case.transferred"
    to: str
    on: date
    reason: str
    document: str = ""


class LookBackScheduled(Payload, frozen=True):
    """安排回头看: the day on which a closed case is visited again.

    Attributes:
        due: The day.
        by_setting: Whether the day follows from the office's default, not from a choice.
    """

    TYPE: ClassVar[str] = "case.look_back_scheduled"
    due: date
    by_setting: bool = False


class LookedBack(Payload, frozen=True):
    """回头看: whether the rectification holds.

    Attributes:
        on: Day of the visit.
        outcome: See :data:`LookBackOutcome`.
        findings: What was found.
        investigators: Actor identifiers; at least two.
        exhibits: Exhibits made.
    """

    TYPE: ClassVar[str] = "case.looked_back"
    on: date
    outcome: LookBackOutcome
    findings: str
    investigators: tuple[str, ...]
    exhibits: tuple[str, ...] = ()
