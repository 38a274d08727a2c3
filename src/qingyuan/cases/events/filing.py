"""Events of a case from filing to the end of the investigation."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

import msgspec

from qingyuan.cases.events._base import Approval, Payload, Timing

#: The two tracks of procuratorial public-interest litigation.
Track = Literal["administrative", "civil"]
#: What an investigation report proposes (办案规则 arts. 73, 89).
Opinion = Literal["terminate", "suggest", "notice"]


class CaseFiled(Payload, frozen=True):
    """立案（办案规则第二十八至三十条，第六十七、八十五条）.

    Attributes:
        matter: The matter the case belongs to.
        track: See :data:`Track`.
        office: The procuratorate that files.
        jurisdiction: Rule of the law room the jurisdiction rests on.
        basis: Statutory field of public-interest litigation (choice ``statutory-basis``).
        harm: First filing condition: how the public interest is harmed.
        violation: Second filing condition: what act or omission may be unlawful.
        approval: Decision of the chief procurator (art. 30).
        respondents: Organs or wrongdoers; empty when filed on facts alone (art. 29).
        regulator: Code of the regulator in the law room, administrative track only.
        duties: Identifiers of the supervisory duties concerned.
    """

    TYPE: ClassVar[str] = "case.filed"
    matter: str
    track: Track
    office: str
    jurisdiction: str
    basis: str
    harm: str
    violation: str
    approval: Approval
    respondents: tuple[str, ...] = ()
    regulator: str = ""
    duties: tuple[str, ...] = ()


class RespondentIdentified(Payload, frozen=True):
    """明确被监督对象: a case filed on facts alone gets its respondent.

    Attributes:
        respondents: Organs or wrongdoers.
        regulator: Code of the regulator, administrative track only.
        duties: Identifiers of the supervisory duties concerned.
    """

    TYPE: ClassVar[str] = "case.respondent_identified"
    respondents: tuple[str, ...]
    regulator: str = ""
    duties: tuple[str, ...] = ()


class FilingServed(Payload, frozen=True):
    """送达立案决定书（第七十条，七日内）.

    Attributes:
        on: Day of service, from which periods run.
        mode: Choice ``service-mode``.
        receipt: Exhibit or document of the proof of service.
        done_on: Day of the act where it is not the day of service: a public notice was published; ``None`` else.
        note: Refusal, consent, or why it was served by public notice.
        timing: How it stood to the seven days.
    """

    TYPE: ClassVar[str] = "case.filing_served"
    on: date
    mode: str
    timing: Timing
    receipt: str = ""
    done_on: date | None = None
    note: str = ""


class Consulted(Payload, frozen=True):
    """磋商（第七十条）: consultation with the organ, with a written record.

    Attributes:
        on: Day of the consultation.
        form: Choice ``consultation-form``.
        topics: What it was about (choice ``consultation-topic``).
        record: Exhibit or document of the written record.
        outcome: What was agreed or left open.
    """

    TYPE: ClassVar[str] = "case.consulted"
    on: date
    form: str
    topics: tuple[str, ...]
    record: str
    outcome: str


class ProvedFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fact to be proved and the exhibits that prove it.

    Attributes:
        kind: Choice ``fact-administrative`` (art. 71) or ``fact-civil`` (art. 86).
        text: The fact as established.
        exhibits: Exhibits that prove it; at least one.
        findings: Identifiers of findings of an engine it rests on, e.g. ``"F-0123456789abcdef"``.
    """

    kind: str
    text: str
    exhibits: tuple[str, ...]
    findings: tuple[str, ...] = ()


class FactsConfirmed(Payload, frozen=True):
    """查明事实（第七十一、八十六条，两名以上检察人员，第三十六条）.

    Attributes:
        on: Day the facts were established.
        facts: The facts; at least one.
        investigators: Actor identifiers; at least two.
        method: Choice ``investigation-method`` (art. 35).
    """

    TYPE: ClassVar[str] = "case.facts_confirmed"
    on: date
    facts: tuple[ProvedFact, ...]
    investigators: tuple[str, ...]
    method: str


class Investigated(Payload, frozen=True):
    """调查终结（第七十三、八十九条）: the report that ends the investigation, and what it proposes.

    Attributes:
        on: Day of the report.
        opinion: See :data:`Opinion`.
        report: Document or exhibit of the report.
    """

    TYPE: ClassVar[str] = "case.investigated"
    on: date
    opinion: Opinion
    report: str
