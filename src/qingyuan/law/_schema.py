"""The shapes of the YAML files; unknown fields are refused."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from qingyuan.law.model import Level, Office, Track

Unit = Literal["hour", "day", "workday", "month", "year"]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping in a data file."""


class Text(Record, frozen=True):
    """A sentence in two languages."""

    zh: str
    en: str


class InstrumentVersion(Record, frozen=True):
    """One version of an instrument; ``from`` may be null for what has no effective date."""

    zh: str
    en: str
    since: date | None = msgspec.field(default=None, name="from")
    until: date | None = msgspec.field(default=None, name="to")
    doc_no: str = ""
    verified: bool = True
    note: str = ""


class Instrument(Record, frozen=True):
    """A law, regulation, interpretation, rule, case or setting."""

    id: str
    zh: str
    en: str
    kind: Literal[
        "law", "regulation", "interpretation", "rule", "guidance", "case", "notice", "setting", "draft"
    ]
    versions: tuple[InstrumentVersion, ...]


class InstrumentFile(Record, frozen=True):
    """``instruments.yaml``."""

    instruments: tuple[Instrument, ...]


class RuleVersion(Record, frozen=True):
    """One version of a rule; without dates it follows its instrument."""

    articles: tuple[str | int, ...]
    zh: str
    en: str
    since: date | None = msgspec.field(default=None, name="from")
    until: date | None = msgspec.field(default=None, name="to")
    source: str = ""
    verified: bool = True
    note: Text | None = None


class Rule(Record, frozen=True):
    """One rule of an instrument, in its versions."""

    id: str
    versions: tuple[RuleVersion, ...]


class ProvisionFile(Record, frozen=True):
    """``provisions/<instrument>.yaml``; ``source`` applies to versions that name none, ``checked`` to all that were read."""

    instrument: str
    source: str
    rules: tuple[Rule, ...]
    checked: date | None = None


class SiteCheck(Record, frozen=True):
    """A site compared a rule with the original: who, when, with which text."""

    rule: str
    by: str
    day: date = msgspec.field(name="date")
    source: str


class CheckFile(Record, frozen=True):
    """``checks.yaml`` of an overlay."""

    checks: tuple[SiteCheck, ...]


class Extension(Record, frozen=True):
    """What one extension means and who approves it; ``fixed: false`` when the rule sets no length."""

    value: int
    unit: Unit
    approver: Text
    rule: str
    condition: Text | None = None
    fixed: bool = True
    repeat: bool = False


class Suspension(Record, frozen=True):
    """A ground on which days are not counted."""

    rule: str
    zh: str
    en: str


class PeriodVersion(Record, frozen=True):
    """One version of a period."""

    value: int
    unit: Unit
    bound: Literal["max", "min", "exact"]
    start: Text
    act: Text
    rules: tuple[str, ...]
    since: date | None = msgspec.field(default=None, name="from")
    until: date | None = msgspec.field(default=None, name="to")
    before: bool = False
    rollover: bool = True
    analogy: bool = False
    extensions: tuple[Extension, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    cautions: tuple[Text, ...] = ()


class Period(Record, frozen=True):
    """A period; ``narrows`` is for overlays only."""

    id: str
    zh: str
    en: str
    track: Track
    versions: tuple[PeriodVersion, ...]
    kind: Literal["statutory", "setting"] = "statutory"
    narrows: bool = False


class Computation(Record, frozen=True):
    """The rules that say how periods are counted."""

    gap: tuple[str, ...]
    first_day: tuple[str, ...]
    month_end: tuple[str, ...]
    rollover: tuple[str, ...]
    hours: tuple[str, ...]


class PeriodFile(Record, frozen=True):
    """``periods.yaml``; only the packaged file carries ``computation``."""

    periods: tuple[Period, ...]
    computation: Computation | None = None


class ServiceMode(Record, frozen=True):
    """One way of serving a document; ``period`` runs from the act to the day of service, none where they are the same day."""

    id: str
    zh: str
    en: str
    counts: Text
    rules: tuple[str, ...]
    asks: Text | None = None
    period: str = ""


class ServiceFile(Record, frozen=True):
    """``service.yaml``; only the packaged file names the ``gap`` rules."""

    modes: tuple[ServiceMode, ...]
    gap: tuple[str, ...] = ()


class Deciding(Record, frozen=True):
    """A rule that decides between versions; ``before``: only for conduct that began before this day."""

    rule: str
    before: date | None = None


class ConductFile(Record, frozen=True):
    """``conduct.yaml``: the rules that decide between versions when conduct goes on over a change."""

    spanning: tuple[Deciding, ...]


class Tier(Record, frozen=True):
    """One class of personal information with its number."""

    name: Literal["sensitive", "important", "general"]
    count: int
    rule: str
    zh: str
    en: str


class ThresholdVersion(Record, frozen=True):
    """The numbers of one version of the interpretation."""

    tiers: tuple[Tier, Tier, Tier]
    gain: int
    gain_rule: str
    sum_rule: str
    insider_divisor: int
    insider_rule: str
    especially_multiple: int
    especially_rule: str
    counting_rule: str
    business_gain: int
    business_rule: str
    business_note: Text
    not_computed: tuple[Text, ...]
    since: date | None = msgspec.field(default=None, name="from")
    until: date | None = msgspec.field(default=None, name="to")


class ThresholdFile(Record, frozen=True):
    """``thresholds.yaml``."""

    personal_information: tuple[ThresholdVersion, ...]


class Regulator(Record, frozen=True):
    """A kind of administrative organ."""

    id: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()


class Field(Record, frozen=True):
    """A field of casework."""

    id: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()


class DutyRecord(Record, frozen=True):
    """One duty of one regulator."""

    id: str
    regulator: str
    fields: tuple[str, ...]
    rules: tuple[str, ...]
    act: Text
    proof: Text
    basis: Literal["law", "reference"] = "law"
    note: Text | None = None


class DutyFile(Record, frozen=True):
    """``duties.yaml``."""

    duties: tuple[DutyRecord, ...]
    regulators: tuple[Regulator, ...] = ()
    fields: tuple[Field, ...] = ()


class InternetCourt(Record, frozen=True):
    """A rule that gives internet courts the cases of one city, for a time; ``subjects`` are its items in order.

    ``level`` is that of the court, whatever the level of the city it is called after.
    """

    rule: str
    level: Level
    cities: tuple[str, ...]
    subjects: tuple[Text, ...]
    since: date = msgspec.field(name="from")
    until: date | None = msgspec.field(default=None, name="to")


class JurisdictionRules(Record, frozen=True):
    """``jurisdiction.yaml``: which rule carries which step, so that a new version is data."""

    same_level: str
    government_higher: str
    civil_place: str
    incidental: str
    major: str
    cross: str
    transfer_to_sue: str
    designation: str
    take_up: str
    lead_transfer: str
    court_civil: str
    court_administrative: str
    court_basic: str
    court_intermediate: str
    court_place: str
    online_choice: str
    internet_courts: tuple[InternetCourt, ...]
    municipalities: tuple[str, ...]


class SynonymFile(Record, frozen=True):
    """``synonyms.yaml``: words of one meaning, the first stands for all."""

    groups: tuple[tuple[str, ...], ...]


class OfficeFile(Record, frozen=True):
    """``offices.yaml``."""

    offices: tuple[Office, ...]


class Notice(Record, frozen=True):
    """A State Council notice; number and day of one that was not read may be left out."""

    zh: str
    en: str
    number: str = ""
    date: date | None = None
    verified: bool = True


class Holiday(Record, frozen=True):
    """A span of days off, both ends included."""

    zh: str
    en: str
    since: date = msgspec.field(name="from")
    until: date = msgspec.field(name="to")


class StatutoryDay(Record, frozen=True):
    """A day that is a holiday every year, as ``MM-DD``."""

    rule: str
    month_day: Annotated[str, msgspec.Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
    zh: str
    en: str
    since: date | None = msgspec.field(default=None, name="from")
    until: date | None = msgspec.field(default=None, name="to")


class StatutoryDayFile(Record, frozen=True):
    """``statutory-days.yaml``."""

    days: tuple[StatutoryDay, ...]


class CalendarFile(Record, frozen=True):
    """``calendar/<year>.yaml``: the arrangement of one year, later notices worked in."""

    year: int
    notices: tuple[Notice, ...]
    holidays: tuple[Holiday, ...]
    workdays: tuple[date, ...]
