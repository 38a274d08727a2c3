"""Events of a case from the suggestion or public notice to suit."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

import msgspec

from qingyuan.cases.events._base import Approval, Payload, Timing

#: What a review after follow-up proposes (办案规则 arts. 79, 94).
ReviewOutcome = Literal["continue", "terminate", "sue", "transfer"]


class SuggestionItems(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The eight items a procuratorial suggestion must have (第七十五条).

    Attributes:
        agency: Name of the organ.
        source: Where the case came from.
        harm: How the public interest is harmed.
        failure: Facts and reasons for holding that the duty was not performed.
        basis: The provisions.
        demands: What is suggested, one item each.
        period: Period of the law room within which to rectify and reply.
        other: Anything else; may be empty.
    """

    agency: str
    source: str
    harm: str
    failure: str
    basis: tuple[str, ...]
    demands: tuple[str, ...]
    period: str
    other: str = ""


class SuggestionIssued(Payload, frozen=True):
    """决定提出检察建议（第七十五条）.

    Attributes:
        items: The eight items.
        approval: Decision of the chief procurator; its date starts the three days for service.
        urgent: Whether the 15-day reply period applies (两高解释第二十一条).
        urgent_reason: How the harm keeps growing; required when urgent.
        document: Identifier of the suggestion document.
    """

    TYPE: ClassVar[str] = "case.suggestion_issued"
    items: SuggestionItems
    approval: Approval
    urgent: bool = False
    urgent_reason: str = ""
    document: str = ""


class SuggestionServed(Payload, frozen=True):
    """送达检察建议书（第七十六条，三日内）: starts the reply period.

    Attributes:
        on: Day of service, from which periods run.
        mode: Choice ``service-mode``.
        timing: How service stood to the three days.
        reply_due: Reply date as told to the organ.
        receipt: Exhibit or document of the proof of service.
        done_on: Day of the act where it is not the day of service: a public notice was published; ``None`` else.
        note: Refusal, consent, or why it was served by public notice.
    """

    TYPE: ClassVar[str] = "case.suggestion_served"
    on: date
    mode: str
    timing: Timing
    reply_due: date
    receipt: str = ""
    done_on: date | None = None
    note: str = ""


class SuggestionRecorded(Payload, frozen=True):
    """检察建议报上一级院备案（第七十五条，送达之日起五日内）.

    Attributes:
        on: Day of filing with the office above.
        with_office: The office above.
        timing: How it stood to the five days.
    """

    TYPE: ClassVar[str] = "case.suggestion_recorded"
    on: date
    with_office: str
    timing: Timing


class ReplyReceived(Payload, frozen=True):
    """收到行政机关书面回复（两高解释第二十一条）.

    Attributes:
        on: Day of receipt.
        accepted: Choice ``reply-attitude``.
        summary: What the organ says it did.
        timing: How it stood to the reply period.
        exhibits: The reply and its annexes.
    """

    TYPE: ClassVar[str] = "case.reply_received"
    on: date
    accepted: str
    summary: str
    timing: Timing
    exhibits: tuple[str, ...] = ()


class HearingHeld(Payload, frozen=True):
    """召开听证会（办案规则第四十四条，审查案件听证工作规定）.

    Attributes:
        on: Day of the hearing.
        ground: Choice ``hearing-ground``.
        public: Whether it was public.
        officers: Number of hearing officers.
        noticed_on: Day participants were told.
        opinion: Choice ``hearing-opinion``.
        opinion_text: The officers' opinion, in substance.
        approval: Decision to hold it.
        record: Exhibit or document of the record.
        remarks: Identifiers of remarks (``remarks.yaml``) the record gives rise to.
    """

    TYPE: ClassVar[str] = "case.hearing_held"
    on: date
    ground: str
    public: bool
    officers: int
    noticed_on: date
    opinion: str
    opinion_text: str
    approval: Approval
    record: str
    remarks: tuple[str, ...] = ()


class Suspended(Payload, frozen=True):
    """中止审查（第七十八条）.

    Attributes:
        on: First day of the suspension.
        reason: The objective obstacle.
        plan: The organ's decision or rectification plan.
        approval: Decision of the chief procurator.
    """

    TYPE: ClassVar[str] = "case.suspended"
    on: date
    reason: str
    plan: str
    approval: Approval


class Resumed(Payload, frozen=True):
    """恢复审查（第七十八条）.

    Attributes:
        on: Day the review resumes.
        reason: How the obstacle ended.
    """

    TYPE: ClassVar[str] = "case.resumed"
    on: date
    reason: str


class FollowedUp(Payload, frozen=True):
    """跟进调查（第七十七至七十九条，第九十三、九十四条）.

    Attributes:
        on: Day of the follow-up.
        findings: What was found about performance and harm.
        outcome: See :data:`ReviewOutcome`.
        investigators: Actor identifiers; at least two.
        exhibits: Exhibits made.
        tests: Non-performance tests that are met (choice ``non-performance``, art. 82).
        report: Document of the review report, required unless the outcome is ``continue``.
    """

    TYPE: ClassVar[str] = "case.followed_up"
    on: date
    findings: str
    outcome: ReviewOutcome
    investigators: tuple[str, ...]
    exhibits: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    report: str = ""


class ReviewExtended(Payload, frozen=True):
    """延长审查起诉期限（第四十七条）.

    Attributes:
        reason: Why the case is major, difficult or complex.
        approval: Decision of the chief procurator or of the office above.
        superior: Whether the office above approved, as a further extension needs.
    """

    TYPE: ClassVar[str] = "case.review_extended"
    reason: str
    approval: Approval
    superior: bool = False


class NoticePublished(Payload, frozen=True):
    """发布诉前公告（第九十一条，三十日）.

    Attributes:
        on: Day of publication.
        medium: Medium of national influence.
        harm: Content item 1: the facts of harm.
        invitation: Content item 2: that eligible subjects may sue.
        contact: Content item 4: desk and telephone of the office.
        publisher: Content item 5: the publishing office.
        expires: Content item 3: last day of the notice, computed.
        exhibit: Sealed capture of the publication.
    """

    TYPE: ClassVar[str] = "case.notice_published"
    on: date
    medium: str
    harm: str
    invitation: str
    contact: str
    publisher: str
    expires: date
    exhibit: str = ""


class SuitFiled(Payload, frozen=True):
    """提起公益诉讼（第八十一、九十六条）.

    Attributes:
        on: Day the complaint was delivered to the court.
        court: The court.
        claims: Choice ``claim-administrative`` (art. 83) or ``claim-civil`` (art. 98).
        approval: Decision of the chief procurator.
        timing: How it stood to the review period.
        document: Identifier of the complaint.
    """

    TYPE: ClassVar[str] = "case.suit_filed"
    on: date
    court: str
    claims: tuple[str, ...]
    approval: Approval
    timing: Timing
    document: str = ""


class ComplaintRecorded(Payload, frozen=True):
    """起诉书报上一级院备案（第四十六条，五日内）.

    Attributes:
        on: Day of filing with the office above.
        with_office: The office above.
        timing: How it stood to the five days.
    """

    TYPE: ClassVar[str] = "case.complaint_recorded"
    on: date
    with_office: str
    timing: Timing
