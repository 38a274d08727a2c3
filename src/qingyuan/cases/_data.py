"""The YAML of this room as typed records: verbs, facts, choices, remarks, time limits, weights."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files
from typing import ClassVar, Literal, TypeVar

import msgspec
import yaml

from qingyuan.cases.errors import CasesError
from qingyuan.plainyaml import read_yaml
from qingyuan.shapes import convert

T = TypeVar("T")

Scope = Literal["new", "lead", "matter", "case", "measure"]
Kind = Literal[
    "text", "texts", "date", "time", "int", "bool", "counts", "choice", "choices",
    "lead", "leads", "matter", "case", "measure", "other-lead", "other-matter", "new-lead", "new-matter", "new-case",
    "exhibit", "exhibits", "reference", "person", "persons",
]  # fmt: skip
TrackName = Literal["administrative", "civil"]


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a closed list.

    Attributes:
        zh: Its Chinese name.
        en: Its English name.
        rule: Rule of the law room it comes from; may be empty.
        track: The one track it belongs to, or ``None``.
    """

    zh: str
    en: str
    rule: str = ""
    track: TrackName | None = None


class Param(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One particular a verb takes.

    Attributes:
        name: Argument name.
        type: How the value is read, see ``docs`` of :func:`qingyuan.cases.decide`.
        zh: What to ask a person for, Chinese.
        en: The same in English.
        required: Whether the verb is refused without it.
        system: Whether the program fills it in (identifiers, counts), not a person.
        of: Name of the closed list for ``choice`` and ``choices``; ``{track}`` is replaced.
        default: ``"today"`` for dates that default to the day of recording.
        after: Day of the case that a date must not lie before, the latest of several joined by ``|``; ``measure.…`` for a day of the
            measure.
        future: Whether a date may lie after today; for ``time`` whether a moment may lie after now.
        track: The one track it belongs to, or ``None``.
        rule: Rule cited when it is missing; the verb's rules when empty.
        lacking: Sentence of ``facts.yaml`` that says it is missing; a general one when empty.
    """

    name: str
    type: Kind
    zh: str
    en: str
    required: bool = True
    system: bool = False
    of: str = ""
    default: Literal["", "today"] = ""
    after: str = ""
    future: bool = False
    track: TrackName | None = None
    rule: str = ""
    lacking: str = ""


class Need(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact a verb depends on, and the rule to cite when it is missing.

    Attributes:
        fact: Name of the predicate.
        rule: Rule of the law room; the fact's own rule when empty.
    """

    fact: str
    rule: str = ""


class Verb(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something a person can do with a docket.

    Attributes:
        name: Stable name, e.g. ``"issue-suggestion"``.
        zh: What it is called in Chinese.
        en: What it is called in English.
        scope: What it acts on.
        rules: Rules of the law room it rests on.
        params: The particulars it takes, in the order to ask for them.
        group: Under which heading it is shown: closed list ``verb-group``.
        stages: Stages of the lead or case (status of the measure) in which it is possible; empty for all.
        track: The one track it belongs to, or ``None`` for both.
        while_suspended: Whether it is possible while the review is suspended.
        after_end: Whether, without ``stages``, it is possible on a case that was closed or handed on.
        when: Facts without which the act makes no sense at all: nobody is offered it then.
        needs: Facts the docket must show.
        asks: Facts the particulars must show.
        records: Name of the act (closed list ``act``) that its event records; ``""`` for verbs with an
            event of their own.
        timing: Period of the law room that a recorded act is timed against, or ``""``.
        moves: Stage of the case that a recorded act leads to, or ``""``.
        office: Name of the particular that says which office handles the record from then on, or ``""``.
    """

    name: str
    zh: str
    en: str
    scope: Scope
    rules: tuple[str, ...]
    params: tuple[Param, ...]
    group: str = "local"
    records: str = ""
    timing: str = ""
    moves: str = ""
    office: str = ""
    stages: tuple[str, ...] = ()
    track: TrackName | None = None
    while_suspended: bool = False
    after_end: bool = False
    when: tuple[Need, ...] = ()
    needs: tuple[Need, ...] = ()
    asks: tuple[Need, ...] = ()

    def param(self, name: str) -> Param | None:
        """Return the parameter called ``name``, or ``None``."""
        return next((param for param in self.params if param.name == name), None)


class Sentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words for a fact or remark; braces are filled in.

    Attributes:
        zh: Chinese words.
        en: English words.
        rule: Rule of the law room cited by default; may be empty.
    """

    zh: str
    en: str
    rule: str = ""


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a time limit of a case begins and what ends it, see ``deadlines.yaml``.

    Attributes:
        id: Identifier of the period in the law room.
        start: Day of the case it runs from (``acts.…`` for the newest act of that name), or ``""`` when it follows another period.
        after: Period at whose end it begins.
        instead: Act that took the place of the one ``after`` runs from: where that period never began, this one runs from the day
            of the act; no article says so, so its end is provisional. ``""`` for none.
        until: Day of the case that ends it, or ``""`` when its end is itself the event; several joined by ``|``, whichever
            comes first.
        track: The one track it belongs to, or ``None``.
        urgent: Only for suggestions of that urgency, or ``None`` for all.
        suspends: Whether suspensions of the review do not count.
        extends: Whether extensions of the review lengthen it.
        extended_by: Name of the act each of which lengthens it once, or ``""``.
        restarts: Act after which it runs anew from the day of that act (办案规则 art. 47(3)); ``""`` for none.
        reopens: Act after which it runs anew though no article says so, so that its end is provisional; ``""`` for none.
        apart: Pairs ``ACT/RETURN`` of acts between which no day counts, e.g. commissioned appraisals (办案规则 art. 48).
        only: Fields that the newest act it runs from must show.
    """

    id: str
    start: str = msgspec.field(default="", name="from")
    after: str = ""
    instead: str = ""
    until: str = ""
    track: TrackName | None = None
    urgent: bool | None = None
    suspends: bool = False
    extends: bool = False
    extended_by: str = ""
    restarts: str = ""
    reopens: str = ""
    apart: tuple[str, ...] = ()
    only: dict[str, str | bool] = {}


class Number(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number the procedure demands.

    Attributes:
        least: Least number.
        rule: Rule of the law room.
        most: Largest number, or ``None``.
    """

    least: int
    rule: str
    most: int | None = None

    def holds(self, count: int) -> bool:
        """Return whether ``count`` is within the bounds."""
        return self.least <= count and (self.most is None or count <= self.most)


class TaskRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that somebody has to do next, see ``tasks.yaml``.

    Attributes:
        verb: The verb that does it.
        who: Who has to: closed list ``task-who``.
        zh: Why now, Chinese.
        en: The same in English.
        period: Periods of the law room by which it has to be done, whichever is open; may be empty.
        stages: Stages in which it is due; empty for all.
        track: The one track, or ``None``.
        when: Facts that must hold (predicates of verbs).
        unless: Facts none of which may hold.
        rule: Rule cited; those of the verb when empty.
        scope: What it is due for, where that is not the scope of the verb.
        date: ``ACT/FIELD``: a date that the newest act of that name carries.
    """

    verb: str
    who: str
    zh: str
    en: str
    period: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    track: TrackName | None = None
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    rule: str = ""
    scope: Scope | None = None
    date: str = ""


class Reminders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long before a date somebody is reminded; a setting, no statute fixes it.

    Attributes:
        days: Days before the last day from which a task counts as soon.
        hours: Hours before the end of a period in hours.
    """

    days: int
    hours: int


class _VerbFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shared: tuple[Param, ...]
    verbs: tuple[Verb, ...]


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader for which only true and false are booleans, so that a parameter may be called ``on``."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if first in "tTfF" or not tag.endswith(":bool")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load_data(name: str, type_: type[T]) -> T:
    """Return a file of ``data/`` as ``type_``.

    Raises:
        CasesError: The file is not what it must be.
    """
    raw = files("qingyuan.cases").joinpath("data", name).read_bytes()
    try:
        return convert(read_yaml(raw, Loader), type_)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise CasesError(
            "cases.bad-data",
            zh=f"案件规则数据有误：{error}",
            en=f"the data of the cases room is wrong: {error}",
            where=f"qingyuan/cases/data/{name}",
            remedy_zh="请改正该文件",
            remedy_en="correct the file",
        ) from error


_VERB_FILES = (
    "verbs.yaml",
    "acts-lead.yaml",
    "acts.yaml",
    "acts-property.yaml",
    "acts-hearing.yaml",
    "acts-crossing.yaml",
    "acts-portal.yaml",
)


@functools.cache
def verbs() -> Mapping[str, Verb]:
    """Return all verbs by name, in the order of the procedure; declared acts last."""
    return {verb.name: verb for name in _VERB_FILES for verb in load_data(name, _VerbFile).verbs}


@functools.cache
def choices() -> Mapping[str, Mapping[str, Choice]]:
    """Return the closed lists by name, each by value."""
    return load_data("choices.yaml", dict[str, dict[str, Choice]])


@functools.cache
def sentences() -> Mapping[str, Sentence]:
    """Return the words of facts, by name."""
    return load_data("facts.yaml", dict[str, Sentence])


@functools.cache
def remarks() -> Mapping[str, Sentence]:
    """Return the words of remarks, by name."""
    return load_data("remarks.yaml", dict[str, Sentence])


@functools.cache
def limits() -> tuple[Limit, ...]:
    """Return the time limits of a case."""
    return load_data("deadlines.yaml", tuple[Limit, ...])


@functools.cache
def numbers() -> Mapping[str, Number]:
    """Return the numbers the procedure demands, by name."""
    return load_data("numbers.yaml", dict[str, Number])


@functools.cache
def task_rules() -> tuple[TaskRule, ...]:
    """Return what has to be done next, in the order of the procedure."""
    return load_data("tasks.yaml", tuple[TaskRule, ...])


@functools.cache
def reminders() -> Reminders:
    """Return how long before a date somebody is reminded."""
    return load_data("reminders.yaml", Reminders)


@functools.cache
def _rules() -> Mapping[str, Mapping[TrackName, str]]:
    return load_data("rules.yaml", dict[str, dict[TrackName, str]])


def rules_of(name: str, track: TrackName | None) -> tuple[str, ...]:
    """Return the rules of the law room that ``name`` stands for on ``track`` (both tracks when ``None``)."""
    by_track = _rules().get(name)
    if by_track is None:
        return (name,) if name else ()
    return tuple(dict.fromkeys(by_track.values())) if track is None else (by_track[track],)


def label(list_: str, value: str) -> Choice:
    """Return the names of ``value`` in the closed list ``list_``; the value itself when it is not listed."""
    return choices().get(list_, {}).get(value) or Choice(value, value)
