"""Events of rectification measures; they live in the stream of their case."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from qingyuan.cases.events._base import Payload

#: What a verification found.
Verdict = Literal["accepted", "rejected"]


class MeasureEntered(Payload, frozen=True):
    """登记整改措施: what is to be done, by whom, until when, and how it will be judged.

    Attributes:
        measure: Identifier inside the case, ``m01`` onwards.
        text: What is to be done.
        owner: Organ or firm that has to do it.
        due: Last day.
        test: Acceptance test: what must be seen for it to count as done.
        duty: Identifier of the supervisory duty it performs; empty on the civil track.
        before: Exhibits that show the state before.
    """

    TYPE: ClassVar[str] = "measure.entered"
    measure: str
    text: str
    owner: str
    due: date
    test: str
    duty: str = ""
    before: tuple[str, ...] = ()


class MeasureStarted(Payload, frozen=True):
    """整改措施开始实施.

    Attributes:
        measure: Identifier inside the case.
        on: Day work began.
    """

    TYPE: ClassVar[str] = "measure.started"
    measure: str
    on: date


class ProofSubmitted(Payload, frozen=True):
    """提交整改证明材料.

    Attributes:
        measure: Identifier inside the case.
        on: Day of submission.
        submitter: Actor identifier of who submits, which may be the organ's.
        after: Exhibits that show the state after; at least one.
        note: What they show.
    """

    TYPE: ClassVar[str] = "measure.proof_submitted"
    measure: str
    on: date
    submitter: str
    after: tuple[str, ...]
    note: str = ""


class MeasureVerified(Payload, frozen=True):
    """核验整改措施: a verifier other than the submitter applies the acceptance test.

    Attributes:
        measure: Identifier inside the case.
        on: Day of verification.
        verifier: Actor identifier.
        verdict: See :data:`Verdict`.
        reason: What was seen.
        exhibits: Exhibits made at verification.
    """

    TYPE: ClassVar[str] = "measure.verified"
    measure: str
    on: date
    verifier: str
    verdict: Verdict
    reason: str
    exhibits: tuple[str, ...] = ()


class MeasureReopened(Payload, frozen=True):
    """重新整改: a measure that had been accepted has to be done again.

    Attributes:
        measure: Identifier inside the case.
        on: Day it was decided.
        due: New last day.
        reason: What was found.
        exhibits: Exhibits that show it.
    """

    TYPE: ClassVar[str] = "measure.reopened"
    measure: str
    on: date
    due: date
    reason: str
    exhibits: tuple[str, ...] = ()


class MeasureWithdrawn(Payload, frozen=True):
    """撤回整改措施: it no longer has to be done.

    Attributes:
        measure: Identifier inside the case.
        reason: Why.
    """

    TYPE: ClassVar[str] = "measure.withdrawn"
    measure: str
    reason: str
