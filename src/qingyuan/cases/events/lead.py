"""Events of leads and of the matter that joins them."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

import msgspec

from qingyuan.cases.events._base import Approval, Payload

#: What an assessment proposes (办案规则 arts. 26-28): open a matter, transfer the lead, or file nothing.
Conclusion = Literal["open", "transfer", "decline"]


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the engines counted in the material of a lead; the summary, never the values.

    Attributes:
        kinds: Occurrences by kind, e.g. ``{"mobile": 1200}``.
        persons: Distinct persons, or ``None`` when values were masked and cannot be told apart.
        sensitive: Items of the sensitive class (track, content, credit, property).
        important: Items of the class that may affect safety of person or property.
        general: Items of any other class.
        masked: Occurrences that were masked in the material.
    """

    kinds: dict[str, int] = {}
    persons: int | None = None
    sensitive: int = 0
    important: int = 0
    general: int = 0
    masked: int = 0


class Component(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason of an assessment score.

    Attributes:
        id: Identifier of the component in ``assess.yaml``.
        points: Points given.
        limit: Points the component can give at most.
        zh: Why, in Chinese.
        en: Why, in English.
    """

    id: str
    points: int
    limit: int
    zh: str
    en: str


class LeadRegistered(Payload, frozen=True):
    """线索登记（办案规则第二十四、二十五条）: a lead enters the register.

    Attributes:
        title: One line without personal data.
        source: One of the six sources of art. 24 (choice ``lead-source``).
        received_on: Day the material came in.
        field: Field of the public interest, as the law room names it.
        summary: What the lead says.
        region: Where it happened.
        exhibits: Sealed material it rests on.
        counts: What the engines found in it.
        major: Whether it is to be filed with the office above (art. 25).
        office: The office that handles it, by name, identifier or division; ``""`` for the office of the home.
        function: Function of the procuratorate that handed it over (choice ``procuratorial-function``), or ``""``.
    """

    TYPE: ClassVar[str] = "lead.registered"
    title: str
    source: str
    received_on: date
    field: str
    summary: str = ""
    region: str = ""
    exhibits: tuple[str, ...] = ()
    counts: Counts = Counts()
    major: bool = False
    office: str = ""
    function: str = ""


class LeadAmended(Payload, frozen=True):
    """补充线索材料: what was learned or handed in after the registration; what was registered stays on record.

    Attributes:
        on: Day the supplement came in.
        reason: What it is and where it comes from.
        title: A better title; ``""`` to keep the one there is.
        summary: What the lead says with it; ``""`` to keep the one there is.
        region: Where it happened; ``""`` to keep the one there is.
        exhibits: Sealed material that came with it.
    """

    TYPE: ClassVar[str] = "lead.amended"
    on: date
    reason: str
    title: str = ""
    summary: str = ""
    region: str = ""
    exhibits: tuple[str, ...] = ()


class LeadAssessed(Payload, frozen=True):
    """线索评估（第二十七条）: how authentic and how investigable the lead is, and what to do with it.

    Attributes:
        authenticity: Why the lead is held to be true, or not.
        investigability: Whether and how it can be investigated.
        conclusion: See :data:`Conclusion`.
        score: Explainable score, 0-100; helps to order work, decides nothing.
        components: The reasons of the score; their points sum to it.
        report: Document or exhibit of the preliminary inquiry report, if one was made.
    """

    TYPE: ClassVar[str] = "lead.assessed"
    authenticity: str
    investigability: str
    conclusion: Conclusion
    score: int
    components: tuple[Component, ...]
    report: str = ""


class LeadTransferred(Payload, frozen=True):
    """线索移送（第二十六条）: the lead goes to the office that has jurisdiction.

    Attributes:
        to: Receiving office.
        on: Day of the transfer.
        upward: ``True`` when it is reported to an office above (报请移送案件线索意见书).
        reason: Why this office has no jurisdiction.
        document: Identifier of the instrument.
    """

    TYPE: ClassVar[str] = "lead.transferred"
    to: str
    on: date
    reason: str
    upward: bool = False
    document: str = ""


class LeadDeclined(Payload, frozen=True):
    """不立案（第三十条）: the chief procurator decided not to file.

    Attributes:
        reason: Why not.
        approval: The decision.
    """

    TYPE: ClassVar[str] = "lead.declined"
    reason: str
    approval: Approval


class MatterOpened(Payload, frozen=True):
    """总案建立: one or more leads become a matter, under which cases of both tracks are filed.

    Attributes:
        title: One line without personal data.
        field: Field of the public interest.
        leads: Identifiers of the leads.
    """

    TYPE: ClassVar[str] = "matter.opened"
    title: str
    field: str
    leads: tuple[str, ...]


class LeadJoined(Payload, frozen=True):
    """并入线索（第六十九条）: a further lead of the same kind joins the matter.

    Attributes:
        lead: Identifier of the lead.
        reason: Why it belongs here.
    """

    TYPE: ClassVar[str] = "matter.lead_joined"
    lead: str
    reason: str = ""


class LeadParted(Payload, frozen=True):
    """拆出线索: a joining is undone; the lead is a docket of its own again, and both facts stay on record.

    Attributes:
        lead: Identifier of the lead.
        on: Day of the decision.
        reason: Why it does not belong here.
    """

    TYPE: ClassVar[str] = "matter.lead_parted"
    lead: str
    on: date
    reason: str


class MatterMerged(Payload, frozen=True):
    """并案: another matter is taken into this one, with its leads and cases.

    Attributes:
        matter: The matter taken in.
        on: Day of the decision.
        reason: Why they are one affair.
        leads: Its leads then.
        cases: Its cases then.
    """

    TYPE: ClassVar[str] = "matter.merged"
    matter: str
    on: date
    reason: str
    leads: tuple[str, ...]
    cases: tuple[str, ...] = ()


class MatterTaken(Payload, frozen=True):
    """被并案: the counterpart of :class:`MatterMerged` in the stream of the matter taken in.

    Attributes:
        into: The matter that takes it in.
        on: Day of the decision.
        reason: Why they are one affair.
    """

    TYPE: ClassVar[str] = "matter.taken"
    into: str
    on: date
    reason: str


class MatterReturned(Payload, frozen=True):
    """恢复单独办理: the counterpart of :class:`MatterSplit` in the stream of the matter given back.

    Attributes:
        out_of: The matter it was in.
        on: Day of the decision.
        reason: Why they are not one affair.
    """

    TYPE: ClassVar[str] = "matter.returned"
    out_of: str
    on: date
    reason: str


class MatterSplit(Payload, frozen=True):
    """分案: a merger is undone; the matter has back the leads and cases it came with, and both facts stay on record.

    Attributes:
        matter: The matter given back.
        on: Day of the decision.
        reason: Why they are not one affair.
    """

    TYPE: ClassVar[str] = "matter.split"
    matter: str
    on: date
    reason: str
