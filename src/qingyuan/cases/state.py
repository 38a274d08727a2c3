"""What a docket is after its events: immutable values, produced only by the fold."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import cast

import msgspec

from qingyuan.cases.events.act import CaseActed, LeadActed
from qingyuan.cases.events.closing import LookBackOutcome
from qingyuan.cases.events.filing import CaseFiled, Opinion, ProvedFact, Track
from qingyuan.cases.events.lead import Conclusion, LeadAssessed, LeadRegistered
from qingyuan.cases.events.measure import MeasureEntered, Verdict
from qingyuan.cases.events.review import (
    HearingHeld,
    NoticePublished,
    ReviewOutcome,
    SuggestionIssued,
    SuitFiled,
)


class LeadStage(enum.StrEnum):
    """Where a lead stands."""

    REGISTERED = "registered"
    ASSESSED = "assessed"
    OPENED = "opened"
    TRANSFERRED = "transferred"
    DECLINED = "declined"
    MERGED = "merged"


class CaseStage(enum.StrEnum):
    """Where a case stands; the order of definition is the order of the procedure."""

    FILED = "filed"
    INVESTIGATED = "investigated"
    SUGGESTED = "suggested"
    RECTIFYING = "rectifying"
    REPLIED = "replied"
    NOTICED = "noticed"
    REVIEWED = "reviewed"
    SUED = "sued"
    JUDGED = "judged"
    EFFECTIVE = "effective"
    CLOSED = "closed"
    TRANSFERRED = "transferred"


_RANK = {stage: rank for rank, stage in enumerate(CaseStage)}


def later(stage: CaseStage, other: CaseStage) -> CaseStage:
    """Return the later of two stages; a case never goes back."""
    return other if _RANK[other] > _RANK[stage] else stage


class MeasureStatus(enum.StrEnum):
    """Where a measure stands; only the last two are settled."""

    ENTERED = "entered"
    STARTED = "started"
    SUBMITTED = "submitted"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


class Lead(msgspec.Struct, frozen=True):
    """A lead (线索).

    Attributes:
        id: Stream identifier, e.g. ``"L2026-0001"``.
        registered: The registration as recorded.
        registered_at: When it was recorded.
        stage: See :class:`LeadStage`.
        assessment: The newest assessment, or ``None``.
        matter: The matter it was opened into, or ``""``.
        settled_reason: Why it was transferred or declined, or ``""``.
        settled_to: The office it was transferred to, or ``""``.
        acts: Acts that the data declares, in order.
        moved_to: The office that handles it since it was designated, handed down, taken up or accepted; ``""`` while it stays
            where it was registered.
    """

    id: str
    registered: LeadRegistered
    registered_at: datetime
    stage: LeadStage = LeadStage.REGISTERED
    assessment: LeadAssessed | None = None
    matter: str = ""
    settled_reason: str = ""
    settled_to: str = ""
    acts: tuple[LeadActed, ...] = ()
    moved_to: str = ""

    @property
    def office(self) -> str:
        """Return the office that handles it, as events name it; ``""`` for the office of the home."""
        return self.moved_to or self.registered.office

    def acted(self, act: str) -> tuple[LeadActed, ...]:
        """Return the acts of that name, in order."""
        return tuple(one for one in self.acts if one.act == act)

    def day(self, name: str) -> date | None:
        """Return the day that ``name`` names: the newest act for ``acts.…``, or ``received_on``."""
        if name.startswith("acts."):
            return max((one.on for one in self.acted(name.removeprefix("acts."))), default=None)
        return self.registered.received_on

    @property
    def conclusion(self) -> Conclusion | None:
        """Return what the newest assessment proposes, or ``None`` before one was made."""
        return self.assessment.conclusion if self.assessment else None


class Matter(msgspec.Struct, frozen=True):
    """A matter (总案): leads and cases of one affair.

    Attributes:
        id: Stream identifier, e.g. ``"M2026-0001"``.
        title: One line.
        field: Field of the public interest, as the law room names it.
        leads: Identifiers of its leads, in order.
        cases: Identifiers of its cases, in order.
    """

    id: str
    title: str
    field: str
    leads: tuple[str, ...]
    cases: tuple[str, ...] = ()


class Rechecked(msgspec.Struct, frozen=True):
    """What an engine found when it looked again at what a measure delivered.

    Attributes:
        on: Day of the re-check.
        engine: Which engine: the first part of the event's type, e.g. ``"pii"``.
        verdict: ``"clean"``, ``"remains"`` or ``"undetermined"``.
        exhibit: The sealed result.
        remaining: How many of the old values are still there.
    """

    on: date
    engine: str
    verdict: str
    exhibit: str
    remaining: int = 0


class Measure(msgspec.Struct, frozen=True):
    """A rectification measure (整改措施).

    Attributes:
        entered: The measure as entered: text, owner, due date, acceptance test, duty, exhibits before.
        status: See :class:`MeasureStatus`.
        started_on: Day work began.
        submitter: Who submitted the newest proof; empty before.
        submitted_on: Day of the newest proof.
        after: Exhibits of the newest proof.
        verifier: Who verified last; empty before.
        verified_on: Day of the newest verification.
        verdict: Result of the newest verification.
        verification: Exhibits made at verification, all of them.
        rechecks: What engines found when they looked again, in order.
        reopened_on: Day it was decided that it has to be done again, or ``None``.
    """

    entered: MeasureEntered
    status: MeasureStatus = MeasureStatus.ENTERED
    started_on: date | None = None
    submitter: str = ""
    submitted_on: date | None = None
    after: tuple[str, ...] = ()
    verifier: str = ""
    verified_on: date | None = None
    verdict: Verdict | None = None
    verification: tuple[str, ...] = ()
    rechecks: tuple[Rechecked, ...] = ()
    reopened_on: date | None = None

    @property
    def id(self) -> str:
        """Return the identifier inside the case, e.g. ``"m01"``."""
        return self.entered.measure

    @property
    def settled(self) -> bool:
        """Return whether nothing more is to be done: accepted or withdrawn."""
        return self.status in {MeasureStatus.ACCEPTED, MeasureStatus.WITHDRAWN}


class Suspension(msgspec.Struct, frozen=True):
    """A time during which the review stood still (办案规则第七十八条).

    Attributes:
        start: First day.
        end: Day of resumption, or ``None`` while it lasts.
    """

    start: date
    end: date | None = None


class Case(msgspec.Struct, frozen=True):
    """A case (案件) of one track.

    Dates are days of the act, not of recording; ``None`` means that the act has not happened.

    Attributes:
        id: Stream identifier, e.g. ``"C2026-0001"``.
        filed: The filing as recorded.
        stage: See :class:`CaseStage`.
        respondents: Organs or wrongdoers.
        regulator: Code of the regulator; administrative track only.
        duties: Identifiers of the supervisory duties.
        filed_on: Day of the decision to file.
        filing_served_on: Day the filing decision was served.
        consulted_on: Day of the newest consultation.
        facts: Proved facts, newest of each kind last.
        investigated_on: Day of the investigation report.
        opinion: What the investigation report proposes.
        suggestion: The newest suggestion as issued.
        suggestion_on: Day of the decision to issue it.
        suggestion_served_on: Day the organ received it.
        suggestion_recorded_on: Day it was filed with the office above.
        replied_on: Day of the newest reply.
        notice: The public notice.
        noticed_on: Day of publication.
        followed_up_on: Day of the newest follow-up.
        review_outcome: What the newest follow-up proposes.
        extensions: Days on which extensions of the review period were approved.
        suspensions: See :class:`Suspension`.
        hearings: Hearings held.
        measures: Measures by identifier, in order of entry.
        suit: The suit as filed.
        sued_on: Day the complaint was delivered.
        complaint_recorded_on: Day the complaint was filed with the office above.
        acts: Acts that the data declares, in order: trial, judgment, appeal, recusal, appraisal and so on.
        closed_on: Day of the decision to close.
        closing_ground: Ground of closing, or ``""``.
        closed_from: Stage from which it was closed, to which it goes back when it is reopened; ``None`` before.
        closing_served_on: Day the decision to close was served on the organ.
        transferred_on: Day the case was handed to another office.
        transferred_to: That office, or ``""``.
        look_back_due: Day of the next look-back, or ``None``.
        looked_back_on: Day of the newest look-back.
        look_back_outcome: Result of the newest look-back.
        moved_to: The office that handles it since it was designated, handed down, taken up or accepted; ``""`` while it stays
            where it was filed.
    """

    id: str
    filed: CaseFiled
    respondents: tuple[str, ...]
    regulator: str
    duties: tuple[str, ...]
    filed_on: date
    stage: CaseStage = CaseStage.FILED
    filing_served_on: date | None = None
    consulted_on: date | None = None
    facts: tuple[ProvedFact, ...] = ()
    investigated_on: date | None = None
    opinion: Opinion | None = None
    suggestion: SuggestionIssued | None = None
    suggestion_on: date | None = None
    suggestion_served_on: date | None = None
    suggestion_recorded_on: date | None = None
    replied_on: date | None = None
    notice: NoticePublished | None = None
    noticed_on: date | None = None
    followed_up_on: date | None = None
    review_outcome: ReviewOutcome | None = None
    extensions: tuple[date, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    hearings: tuple[HearingHeld, ...] = ()
    measures: Mapping[str, Measure] = {}
    suit: SuitFiled | None = None
    sued_on: date | None = None
    complaint_recorded_on: date | None = None
    acts: tuple[CaseActed, ...] = ()
    closed_on: date | None = None
    closing_ground: str = ""
    closed_from: CaseStage | None = None
    closing_served_on: date | None = None
    transferred_on: date | None = None
    transferred_to: str = ""
    look_back_due: date | None = None
    looked_back_on: date | None = None
    look_back_outcome: LookBackOutcome | None = None
    moved_to: str = ""

    @property
    def office(self) -> str:
        """Return the office that handles it, as events name it."""
        return self.moved_to or self.filed.office

    @property
    def track(self) -> Track:
        """Return the track the case was filed on."""
        return self.filed.track

    @property
    def ended_on(self) -> date | None:
        """Return the day the case was closed or handed to another office, or ``None`` while it is open."""
        return self.closed_on or self.transferred_on

    @property
    def suspended(self) -> bool:
        """Return whether the review stands still now."""
        return bool(self.suspensions) and self.suspensions[-1].end is None

    def acted(self, act: str) -> tuple[CaseActed, ...]:
        """Return the acts of that name, in order."""
        return tuple(one for one in self.acts if one.act == act)

    def day(self, name: str) -> date | None:
        """Return the day that ``name`` names: a field of the case, or the newest act for ``acts.…``."""
        if name.startswith("acts."):
            return max((one.on for one in self.acted(name.removeprefix("acts."))), default=None)
        return cast("date | None", getattr(self, name))

    def moment(self, name: str) -> datetime | None:
        """Return the time of day of the newest act for ``acts.…``, where one was recorded."""
        if not name.startswith("acts."):
            return None
        newest = max(self.acted(name.removeprefix("acts.")), key=lambda one: one.on, default=None)
        at = newest.fields.get("at") if newest else None
        return datetime.fromisoformat(at) if isinstance(at, str) else None

    @property
    def appraising(self) -> bool:
        """Return whether a commissioned appraisal is not back yet (办案规则第四十八条)."""
        return len(self.acted("appraisal")) > len(self.acted("appraisal-result"))

    def fact(self, kind: str) -> ProvedFact | None:
        """Return the newest proved fact of ``kind``, or ``None``."""
        return next((fact for fact in reversed(self.facts) if fact.kind == kind), None)

    def open_measures(self) -> tuple[Measure, ...]:
        """Return the measures that are neither accepted nor withdrawn, in order of entry."""
        return tuple(measure for measure in self.measures.values() if not measure.settled)


class Unread(msgspec.Struct, frozen=True):
    """An event in a namespace of this room that this version does not know; named, never dropped.

    Attributes:
        stream: Its stream.
        n: Its number in the stream.
        type: Its type.
    """

    stream: str
    n: int
    type: str


class Docket(msgspec.Struct, frozen=True):
    """All that is known of one affair: its leads, at most one matter, its cases.

    Attributes:
        leads: Leads by identifier, in order of registration.
        matter: The matter, or ``None`` before one is opened.
        cases: Cases by identifier, in order of filing.
        heads: Number of events folded, by stream.
        exhibits: Sealed exhibits by identifier, with the stream they were collected for.
        others: Number of events of other rooms, by type.
        unread: Events of this room that this version does not know.
        merged: Matters that were taken into the matter, with the leads and cases they came with.
        aside: Matters whose streams were read with those of the matter and that were not taken into it yet.
    """

    leads: Mapping[str, Lead] = {}
    matter: Matter | None = None
    cases: Mapping[str, Case] = {}
    heads: Mapping[str, int] = {}
    exhibits: Mapping[str, str] = {}
    others: Mapping[str, int] = {}
    unread: tuple[Unread, ...] = ()
    merged: Mapping[str, Matter] = {}
    aside: Mapping[str, Matter] = {}

    @property
    def office(self) -> str:
        """Return the office that has the docket, as events name it; ``""`` for the office of the home.

        It is where its open cases were moved to when all of them are there, else the office of its first lead that names one.
        """
        open_ = {case.moved_to for case in self.cases.values() if case.ended_on is None}
        if len(open_) == 1 and (moved := next(iter(open_))):
            return moved
        return next((lead.office for lead in self.leads.values() if lead.office), "")

    def as_builtins(self) -> dict[str, object]:
        """Return the docket as JSON builtins, for ``--json`` and interfaces."""
        return cast("dict[str, object]", msgspec.json.decode(msgspec.json.encode(self, enc_hook=dict)))


#: The docket before any event.
EMPTY = Docket(
    leads=MappingProxyType({}),
    cases=MappingProxyType({}),
    heads=MappingProxyType({}),
    exhibits=MappingProxyType({}),
    others=MappingProxyType({}),
    merged=MappingProxyType({}),
    aside=MappingProxyType({}),
)
