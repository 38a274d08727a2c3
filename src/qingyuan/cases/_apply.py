"""What each event does to the record it concerns; one small function an event type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from msgspec.structs import replace

from qingyuan.cases.events import Payload
from qingyuan.cases.events.act import CaseActed, LeadActed
from qingyuan.cases.events.closing import (
    CaseClosed,
    CaseTransferred,
    ClosingServed,
    LookBackScheduled,
    LookedBack,
)
from qingyuan.cases.events.filing import (
    CaseFiled,
    Consulted,
    FactsConfirmed,
    FilingServed,
    Investigated,
    RespondentIdentified,
)
from qingyuan.cases.events.lead import LeadAmended, LeadAssessed, LeadDeclined, LeadTransferred
from qingyuan.cases.events.measure import (
    MeasureReopened,
    MeasureStarted,
    MeasureVerified,
    MeasureWithdrawn,
    ProofSubmitted,
)
from qingyuan.cases.events.review import (
    ComplaintRecorded,
    FollowedUp,
    HearingHeld,
    NoticePublished,
    ReplyReceived,
    Resumed,
    ReviewExtended,
    SuggestionIssued,
    SuggestionRecorded,
    SuggestionServed,
    SuitFiled,
    Suspended,
)
from qingyuan.cases.state import Case, CaseStage, Lead, LeadStage, Measure, MeasureStatus, Suspension, later

P = TypeVar("P", bound=Payload)
R = TypeVar("R", Lead, Case, Measure)

LeadApplier = Callable[[Lead, Payload], Lead]
CaseApplier = Callable[[Case, Payload], Case]
MeasureApplier = Callable[[Measure, Payload], Measure]

_LEAD: dict[type[Payload], LeadApplier] = {}
_CASE: dict[type[Payload], CaseApplier] = {}
_MEASURE: dict[type[Payload], MeasureApplier] = {}

#: Appliers by payload type, for the three kinds of record.
LEAD_APPLIERS: Mapping[type[Payload], LeadApplier] = _LEAD
CASE_APPLIERS: Mapping[type[Payload], CaseApplier] = _CASE
MEASURE_APPLIERS: Mapping[type[Payload], MeasureApplier] = _MEASURE


def _on(
    table: dict[type[Payload], Callable[[R, Payload], R]], kind: type[P]
) -> Callable[[Callable[[R, P], R]], Callable[[R, P], R]]:
    """Register the decorated function for payloads of ``kind``; the table's key guarantees the cast."""

    def register(function: Callable[[R, P], R]) -> Callable[[R, P], R]:
        table[kind] = cast("Callable[[R, Payload], R]", function)
        return function

    return register


@_on(_LEAD, LeadAssessed)
def _assessed(lead: Lead, payload: LeadAssessed) -> Lead:
    return replace(lead, assessment=payload, stage=LeadStage.ASSESSED)


@_on(_LEAD, LeadAmended)
def _amended(lead: Lead, payload: LeadAmended) -> Lead:
    known = lead.registered
    return replace(
        lead,
        registered=replace(
            known,
            title=payload.title or known.title,
            summary=payload.summary or known.summary,
            region=payload.region or known.region,
            exhibits=tuple(dict.fromkeys((*known.exhibits, *payload.exhibits))),
        ),
    )


@_on(_LEAD, LeadTransferred)
def _transferred(lead: Lead, payload: LeadTransferred) -> Lead:
    return replace(lead, stage=LeadStage.TRANSFERRED, settled_reason=payload.reason, settled_to=payload.to)


@_on(_LEAD, LeadActed)
def _lead_acted(lead: Lead, payload: LeadActed) -> Lead:
    return replace(
        lead,
        acts=(*lead.acts, payload),
        stage=_stage(lead, payload.moves),
        moved_to=payload.office or lead.moved_to,
    )


def _stage(lead: Lead, moves: str) -> LeadStage:
    """Return where an act moves a lead; ``back`` is where it stood before it was merged."""
    if moves == "back":
        return LeadStage.ASSESSED if lead.assessment else LeadStage.REGISTERED
    return LeadStage(moves) if moves else lead.stage


@_on(_LEAD, LeadDeclined)
def _declined(lead: Lead, payload: LeadDeclined) -> Lead:
    return replace(lead, stage=LeadStage.DECLINED, settled_reason=payload.reason)


def filed_case(case: str, payload: CaseFiled) -> Case:
    """Return the new case that a filing makes."""
    return Case(
        id=case,
        filed=payload,
        respondents=payload.respondents,
        regulator=payload.regulator,
        duties=payload.duties,
        filed_on=payload.approval.on,
    )


@_on(_CASE, RespondentIdentified)
def _identified(case: Case, payload: RespondentIdentified) -> Case:
    return replace(
        case,
        respondents=payload.respondents,
        regulator=payload.regulator,
        duties=payload.duties or case.duties,
    )


@_on(_CASE, FilingServed)
def _filing_served(case: Case, payload: FilingServed) -> Case:
    return replace(case, filing_served_on=payload.on)


@_on(_CASE, Consulted)
def _consulted(case: Case, payload: Consulted) -> Case:
    return replace(case, consulted_on=payload.on)


@_on(_CASE, FactsConfirmed)
def _facts(case: Case, payload: FactsConfirmed) -> Case:
    return replace(case, facts=(*case.facts, *payload.facts))


@_on(_CASE, Investigated)
def _investigated(case: Case, payload: Investigated) -> Case:
    return replace(
        case,
        investigated_on=payload.on,
        opinion=payload.opinion,
        stage=later(case.stage, CaseStage.INVESTIGATED),
    )


@_on(_CASE, SuggestionIssued)
def _issued(case: Case, payload: SuggestionIssued) -> Case:
    return replace(
        case,
        suggestion=payload,
        suggestion_on=payload.approval.on,
        stage=later(case.stage, CaseStage.SUGGESTED),
    )


@_on(_CASE, SuggestionServed)
def _suggestion_served(case: Case, payload: SuggestionServed) -> Case:
    return replace(case, suggestion_served_on=payload.on, stage=later(case.stage, CaseStage.RECTIFYING))


@_on(_CASE, SuggestionRecorded)
def _suggestion_recorded(case: Case, payload: SuggestionRecorded) -> Case:
    return replace(case, suggestion_recorded_on=payload.on)


@_on(_CASE, ReplyReceived)
def _replied(case: Case, payload: ReplyReceived) -> Case:
    return replace(case, replied_on=payload.on, stage=later(case.stage, CaseStage.REPLIED))


@_on(_CASE, HearingHeld)
def _heard(case: Case, payload: HearingHeld) -> Case:
    return replace(case, hearings=(*case.hearings, payload))


@_on(_CASE, Suspended)
def _suspended(case: Case, payload: Suspended) -> Case:
    return replace(case, suspensions=(*case.suspensions, Suspension(payload.on)))


@_on(_CASE, Resumed)
def _resumed(case: Case, payload: Resumed) -> Case:
    *earlier, last = case.suspensions or (Suspension(payload.on),)
    return replace(case, suspensions=(*earlier, replace(last, end=payload.on)))


@_on(_CASE, FollowedUp)
def _followed_up(case: Case, payload: FollowedUp) -> Case:
    stage = case.stage if payload.outcome == "continue" else later(case.stage, CaseStage.REVIEWED)
    return replace(case, followed_up_on=payload.on, review_outcome=payload.outcome, stage=stage)


@_on(_CASE, ReviewExtended)
def _extended(case: Case, payload: ReviewExtended) -> Case:
    return replace(case, extensions=(*case.extensions, payload.approval.on))


@_on(_CASE, NoticePublished)
def _noticed(case: Case, payload: NoticePublished) -> Case:
    return replace(case, notice=payload, noticed_on=payload.on, stage=later(case.stage, CaseStage.NOTICED))


@_on(_CASE, SuitFiled)
def _sued(case: Case, payload: SuitFiled) -> Case:
    return replace(case, suit=payload, sued_on=payload.on, stage=later(case.stage, CaseStage.SUED))


@_on(_CASE, ComplaintRecorded)
def _complaint_recorded(case: Case, payload: ComplaintRecorded) -> Case:
    return replace(case, complaint_recorded_on=payload.on)


@_on(_CASE, CaseActed)
def _acted(case: Case, payload: CaseActed) -> Case:
    case = replace(case, acts=(*case.acts, payload), moved_to=payload.office or case.moved_to)
    if payload.moves == "back":
        return _reopened(case)
    if payload.moves == CaseStage.CLOSED:
        ground = payload.fields.get("ground")
        return replace(case, closed_on=payload.on, closing_ground=str(ground or ""), stage=CaseStage.CLOSED)
    if case.stage is CaseStage.TRANSFERRED and payload.moves:
        # Accepted by the other office: it goes on where it stood.
        return replace(case, stage=CaseStage(payload.moves), transferred_on=None, transferred_to="")
    return replace(case, stage=later(case.stage, CaseStage(payload.moves))) if payload.moves else case


def _reopened(case: Case) -> Case:
    """Return a closed case as it stood before it was closed; what proposed the closing no longer holds."""
    stage = case.closed_from or CaseStage.REVIEWED
    return replace(
        case,
        stage=stage,
        opinion=None if stage is CaseStage.INVESTIGATED else case.opinion,
        review_outcome=None,
        closed_on=None,
        closing_ground="",
        closing_served_on=None,
        look_back_due=None,
        look_back_outcome=None,
    )


@_on(_CASE, CaseClosed)
def _closed(case: Case, payload: CaseClosed) -> Case:
    return replace(
        case,
        closed_on=payload.on,
        closing_ground=payload.ground,
        closed_from=case.stage,
        stage=CaseStage.CLOSED,
    )


@_on(_CASE, ClosingServed)
def _closing_served(case: Case, payload: ClosingServed) -> Case:
    return replace(case, closing_served_on=payload.on)


@_on(_CASE, CaseTransferred)
def _case_transferred(case: Case, payload: CaseTransferred) -> Case:
    return replace(case, transferred_on=payload.on, transferred_to=payload.to, stage=CaseStage.TRANSFERRED)


@_on(_CASE, LookBackScheduled)
def _scheduled(case: Case, payload: LookBackScheduled) -> Case:
    return replace(case, look_back_due=payload.due)


@_on(_CASE, LookedBack)
def _looked_back(case: Case, payload: LookedBack) -> Case:
    return replace(case, looked_back_on=payload.on, look_back_outcome=payload.outcome, look_back_due=None)


@_on(_MEASURE, MeasureStarted)
def _started(measure: Measure, payload: MeasureStarted) -> Measure:
    return replace(measure, status=MeasureStatus.STARTED, started_on=payload.on)


@_on(_MEASURE, ProofSubmitted)
def _submitted(measure: Measure, payload: ProofSubmitted) -> Measure:
    return replace(
        measure,
        status=MeasureStatus.SUBMITTED,
        submitter=payload.submitter,
        submitted_on=payload.on,
        after=payload.after,
    )


@_on(_MEASURE, MeasureVerified)
def _verified(measure: Measure, payload: MeasureVerified) -> Measure:
    return replace(
        measure,
        status=MeasureStatus.ACCEPTED if payload.verdict == "accepted" else MeasureStatus.REJECTED,
        verifier=payload.verifier,
        verified_on=payload.on,
        verdict=payload.verdict,
        verification=(*measure.verification, *payload.exhibits),
    )


@_on(_MEASURE, MeasureReopened)
def _measure_reopened(measure: Measure, payload: MeasureReopened) -> Measure:
    return replace(
        measure,
        entered=replace(measure.entered, due=payload.due),
        status=MeasureStatus.ENTERED,
        submitter="",
        submitted_on=None,
        verdict=None,
        reopened_on=payload.on,
    )


@_on(_MEASURE, MeasureWithdrawn)
def _withdrawn(measure: Measure, _: MeasureWithdrawn) -> Measure:
    return replace(measure, status=MeasureStatus.WITHDRAWN)
