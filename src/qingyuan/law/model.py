"""The answers of the law room: frozen values that explain themselves in two languages.

All of them turn into JSON builtins with :func:`msgspec.to_builtins`; dates become ISO strings.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Literal

import msgspec

from qingyuan.law._titles import titled


class Track(enum.StrEnum):
    """The two kinds of procuratorial public-interest litigation, and both at once."""

    ADMINISTRATIVE = "administrative"
    CIVIL = "civil"
    BOTH = "both"


class Level(enum.StrEnum):
    """The levels of offices and organs, from the county to the nation."""

    COUNTY = "county"
    PREFECTURE = "prefecture"
    PROVINCE = "province"
    NATION = "nation"

    @property
    def zh(self) -> str:
        """Return the Chinese name of the level."""
        return {
            Level.COUNTY: "县级（基层）",
            Level.PREFECTURE: "设区的市级",
            Level.PROVINCE: "省级",
            Level.NATION: "国家级",
        }[self]


class Citation(msgspec.Struct, frozen=True, omit_defaults=False):
    """A provision as cited for one day.

    Attributes:
        rule: Identifier of the rule in the law data, e.g. ``"pil-rules-suit-review"``.
        law: Title of the instrument, Chinese.
        law_en: Title of the instrument, English.
        article: Articles as printed, e.g. ``"第四十七条第二款"``.
        article_en: The same in English, e.g. ``"art. 47(2)"``.
        doc_no: Document number of the version in force, or ``""`` when there is none or it was not read.
        version: The version in force on the day asked for, e.g. ``"2020年修正（2021-01-01起施行）"``.
        verified: Whether the article was read in ``source``; ``False`` means: check before use.
        source: Where the article was read, or where the statement comes from.
        analogous: Whether it was not in force that day and is cited by analogy only.
    """

    rule: str
    law: str
    law_en: str
    article: str
    article_en: str
    doc_no: str
    version: str
    verified: bool
    source: str
    analogous: bool = False

    @property
    def zh(self) -> str:
        """Return the provision as Chinese text cites it, e.g. ``"《人民检察院公益诉讼办案规则》第四十七条第二款"``."""
        return f"{titled(self.law)}{self.article}"

    @property
    def en(self) -> str:
        """Return the provision as English text cites it, e.g. ``"Case Rules, art. 47(2)"``."""
        return f"{self.law_en}, {self.article_en}"


class Step(msgspec.Struct, frozen=True):
    """One step of a computation.

    Attributes:
        zh: What was done and why, Chinese.
        en: The same in English.
        date: The day reached by this step, where the step reaches one.
    """

    zh: str
    en: str
    date: date | None = None


class Day(msgspec.Struct, frozen=True):
    """Whether one day is worked.

    Attributes:
        date: The day.
        workday: Whether it is worked.
        firm: ``False`` when no State Council notice for its year is in the data.
        reason_zh: Why, Chinese.
        reason_en: Why, English.
        notice: Number of the notice, or ``""``.
    """

    date: date
    workday: bool
    firm: bool
    reason_zh: str
    reason_en: str
    notice: str = ""


class Deadline(msgspec.Struct, frozen=True):
    """When a period ends, and how that was found.

    Attributes:
        due: Last day of the period (for a period counted back from an event: the last day to act).
        firm: ``False`` when the date is provisional (暂定); a step says why.
        steps: The computation, in order.
        articles: The provisions applied: those that set the period, then those that say how to count.
        period: Identifier of the period.
        zh: Name of the period, Chinese.
        en: Name of the period, English.
        version: Which version of the rule was applied, Chinese.
        version_en: The same in English.
        statutory: ``False`` for a setting of the office.
        verified: Whether every provision applied, those on counting included, was read in a named source.
        bound: ``max`` (act by then), ``min`` (not before the end), ``exact`` (lasts exactly so long).
        start: The day of the event that starts the period.
        at: The moment, for periods counted in hours; else ``None``.
        extended: Number of extensions counted in.
        suspended_days: Number of days (workdays for such periods) not counted because of suspensions.
    """

    due: date
    firm: bool
    steps: tuple[Step, ...]
    articles: tuple[Citation, ...]
    period: str
    zh: str
    en: str
    version: str
    version_en: str
    statutory: bool
    verified: bool
    bound: str
    start: date
    at: datetime | None = None
    extended: int = 0
    suspended_days: int = 0


class Exclusion(msgspec.Struct, frozen=True):
    """Pieces of a batch that do not count because evidence shows why (法释〔2017〕10号 art. 11).

    Attributes:
        tier: ``"sensitive"``, ``"important"`` or ``"general"``.
        reason: ``"untrue"`` or ``"duplicate"``.
        count: How many.
    """

    tier: Literal["sensitive", "important", "general"]
    reason: Literal["untrue", "duplicate"]
    count: int


class Threshold(msgspec.Struct, frozen=True):
    """Whether counts of personal information reach the criminal thresholds.

    A result is an arithmetic clue for the decision whether to hand a lead over, not a finding of crime.

    Attributes:
        serious: ``True`` when counts or gain reach 情节严重.
        especially_serious: ``True`` when counts or gain reach ten times that.
        ratio: Exact sum of the shares against the standard that applies, as a fraction such as ``"9/10"``.
        ratio_float: The same, for printing.
        basis: The computation, in order.
        articles: The provisions applied.
        version: Which version of the rule was applied, Chinese.
        version_en: The same in English.
        verified: Whether every provision applied was read in a named source.
        counted: The counts by tier that were weighed, after exclusions and for all recipients.
    """

    serious: bool
    especially_serious: bool
    ratio: str
    ratio_float: float
    basis: tuple[Step, ...]
    articles: tuple[Citation, ...]
    version: str
    version_en: str
    verified: bool
    counted: dict[str, int] = {}


class Duty(msgspec.Struct, frozen=True):
    """What one regulator must do in one field.

    Attributes:
        id: Identifier of the duty.
        regulator: Identifier of the kind of organ, e.g. ``"postal"``.
        regulator_zh: Its Chinese name.
        regulator_en: Its English name.
        fields: Identifiers of the fields of casework the duty belongs to.
        act_zh: The act expected of the regulator, Chinese.
        act_en: The same in English.
        proof_zh: What shows that it was done, Chinese.
        proof_en: The same in English.
        basis: ``law`` (law, regulation or rule: may found a duty) or ``reference`` (only of guidance).
        articles: The provisions that set the duty.
        verified: Whether all of them were read in a named source.
        note_zh: A caution, Chinese; may be empty.
        note_en: The same in English.
    """

    id: str
    regulator: str
    regulator_zh: str
    regulator_en: str
    fields: tuple[str, ...]
    act_zh: str
    act_en: str
    proof_zh: str
    proof_en: str
    basis: str
    articles: tuple[Citation, ...]
    verified: bool
    note_zh: str = ""
    note_en: str = ""


class Provision(msgspec.Struct, frozen=True):
    """One version of one rule.

    Attributes:
        rule: Identifier of the rule.
        citation: How it is cited on the day asked for.
        zh: What it says, in our words, Chinese.
        en: The same in English.
        effective_from: First day of this version, or ``None`` when the instrument names none.
        effective_to: Last day of this version, or ``None`` while it applies.
        verified: Whether the article was read in a named source.
        note_zh: A caution, Chinese; may be empty.
        note_en: The same in English.
        checked_on: Day on which it was compared with the source, or ``None`` when it was not read.
        checked_by_zh: Who did; empty when nobody did.
        checked_by_en: The same in English.
    """

    rule: str
    citation: Citation
    zh: str
    en: str
    effective_from: date | None
    effective_to: date | None
    verified: bool
    note_zh: str = ""
    note_en: str = ""
    checked_on: date | None = None
    checked_by_zh: str = ""
    checked_by_en: str = ""


class Period(msgspec.Struct, frozen=True):
    """A period the data defines, for lists and help texts.

    Attributes:
        id: Identifier, as given to :meth:`Law.deadline`.
        zh: Name, Chinese.
        en: Name, English.
        track: The kind of case it belongs to.
        statutory: ``False`` for a setting of the office.
        length_zh: Current length, e.g. ``"七日"``.
        length_en: The same in English.
        start_zh: The event it runs from.
        start_en: The same in English.
        unit: ``hour``, ``day``, ``workday``, ``month`` or ``year``.
        extension_zh: How much longer the first extension makes it; empty when it cannot be extended.
    """

    id: str
    zh: str
    en: str
    track: Track
    statutory: bool
    length_zh: str
    length_en: str
    start_zh: str
    start_en: str
    unit: str
    extension_zh: str = ""


class Named(msgspec.Struct, frozen=True):
    """A kind of regulator or a field of casework, for lists and help texts.

    Attributes:
        id: Identifier.
        zh: Name, Chinese.
        en: Name, English.
        aliases: Other names that are understood.
    """

    id: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()


class Division(msgspec.Struct, frozen=True):
    """An administrative division on one day.

    Attributes:
        code: Six digits (GB/T 2260).
        name: Name, e.g. ``"江干区"``.
        full_name: With what it belongs to, e.g. ``"浙江省杭州市江干区"``.
        level: Its level.
        parent: Code of the next division up; ``"000000"`` above a province.
        on: The day.
        since: A day from which it surely existed, or ``None`` when it is older than the table.
        until: A day to which it surely existed, or ``None`` while it does.
        firm: ``False`` when the day lies where the table cannot tell, or outside the table.
        became: Codes it became when it ended.
        was: Codes that became it, in whole or in part.
        verified: Whether the table was compared with the official announcements.
        steps: What the answer rests on.
    """

    code: str
    name: str
    full_name: str
    level: Level
    parent: str
    on: date
    since: date | None
    until: date | None
    firm: bool
    became: tuple[str, ...]
    was: tuple[str, ...]
    verified: bool
    steps: tuple[Step, ...]


class Office(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A procuratorate or a court.

    Attributes:
        id: Identifier, unique in the data and the caller's list.
        name: Official name.
        level: Level of the office.
        division: Six-digit code of its administrative division (``"000000"`` for the nation).
        kind: ``procuratorate``, ``court`` or ``internet-court``.
        name_en: English name.
        verified: Whether someone checked the entry against an official list.
    """

    id: str
    name: str
    level: Level
    division: str
    kind: str = "procuratorate"
    name_en: str = ""
    verified: bool = False


class Organ(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An administrative organ that may be a respondent.

    Attributes:
        name: Its name.
        level: Its level.
        division: Six-digit code of its administrative division.
        government: ``True`` when it is a people's government rather than a department.
    """

    name: str
    level: Level
    division: str
    government: bool = False


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that changes who files a case, after the places have been looked at.

    Attributes:
        kind: ``designated`` (指定管辖), ``handed-down`` (交办), ``taken-up`` (提办), ``self-filed`` (自行立案), ``asked-up`` (报请),
            ``agreed`` (跨区域协作移送), ``transferred`` (移送线索) or ``disputed`` (管辖争议).
        by: Division of the office that decides, asks or gives away.
        to: Division of the other office; not for ``taken-up`` and ``self-filed``.
        basis: The arrangement, for ``agreed``.
    """

    kind: Literal[
        "designated", "handed-down", "taken-up", "self-filed", "asked-up", "agreed", "transferred", "disputed"
    ]
    by: str
    to: str = ""
    basis: str = ""


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The facts that decide who may file a case.

    Divisions are six-digit codes of any level (``330782``, ``330700``, ``330000``).

    Attributes:
        on: The day of filing; it chooses the version of the rules.
        respondent: The organ, for administrative cases.
        act: Divisions where the unlawful act took place.
        result: Divisions where the harm came about.
        domicile: Divisions of the wrongdoer's domicile or, for a company, its registered seat.
        cross_division: The harm reaches two or more divisions (also inferred from ``result``).
        major: A major or complex case.
        online: The case concerns conduct on the Internet.
        criminal_office: Division of the procuratorate that handles the related criminal case, if any.
        moves: Decisions of superiors, agreements, transfers and disputes, in order; the last decision counts.
    """

    on: date
    respondent: Organ | None = None
    act: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    domicile: tuple[str, ...] = ()
    cross_division: bool = False
    major: bool = False
    online: bool = False
    criminal_office: str | None = None
    moves: tuple[Move, ...] = ()


class Candidate(msgspec.Struct, frozen=True):
    """An office that may file the case, with the reasons.

    Attributes:
        level: Level needed.
        division: Six-digit code of the division needed.
        office: The matching office, when one is known.
        preferred: Whether the rules of choice point to it.
        reasons: Why it is competent, one step each.
        articles: The provisions applied.
    """

    level: Level
    division: str
    office: Office | None
    preferred: bool
    reasons: tuple[Step, ...]
    articles: tuple[Citation, ...]


class Proposal(msgspec.Struct, frozen=True):
    """Who may file the case and where it would be sued.

    A proposal: people decide; disputes go to the common superior.

    Attributes:
        track: The kind of case.
        candidates: Competent offices, best first.
        courts: Courts that would hear the suit, best first.
        notes: What else to consider: transfer before suing, designation, taking up.
        articles: Every provision applied, once each.
        verified: Whether all of them were read in a named source.
        suing: Procuratorates at the level and place of the courts, which would bring the suit (办案规则第十六条).
        firm: ``False`` when something is still to be decided, or a place or rule does not belong to the day; a note says what.
    """

    track: Track
    candidates: tuple[Candidate, ...]
    courts: tuple[Candidate, ...]
    notes: tuple[Step, ...]
    articles: tuple[Citation, ...]
    verified: bool
    suing: tuple[Candidate, ...] = ()
    firm: bool = True

    @property
    def preferred(self) -> Candidate | None:
        """Return the candidate that the rules of choice point to, if they point to one."""
        return next((candidate for candidate in self.candidates if candidate.preferred), None)
