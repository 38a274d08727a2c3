"""What holds of every verb, time limit and task, of the package or of a site: it names only what there is."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple

from qingyuan.cases._data import Limit, Need, TaskRule, Verb, rules_of
from qingyuan.cases._facts import mentioned
from qingyuan.cases._procedure import Procedure
from qingyuan.cases.state import Case, CaseStage, LeadStage, Measure, MeasureStatus
from qingyuan.law import Law, LawError

_STAGES: dict[str, frozenset[str]] = {
    "lead": frozenset(LeadStage),
    "case": frozenset(CaseStage),
    "measure": frozenset(MeasureStatus),
}
_FIRST = {"lead": ("lead",), "matter": ("matter",), "case": ("case",), "measure": ("case", "measure")}
_TRACKS = ("administrative", "civil")


class Problem(NamedTuple):
    """Something that does not hold.

    Attributes:
        at: Where inside the record, field by field.
        zh: What, Chinese.
        en: The same in English.
    """

    at: tuple[str | int, ...]
    zh: str
    en: str


def of_verb(verb: Verb, procedure: Procedure, law: Law) -> Iterator[Problem]:
    """Yield what does not hold of a verb."""
    names = [param.name for param in verb.params]
    first = _FIRST.get(verb.scope, ())
    if tuple(names[: len(first)]) != first or len(names) != len(set(names)):
        yield Problem(
            ("params",),
            f"参数须以 {'、'.join(first)} 开头且不得重名",
            f"the particulars must begin with {', '.join(first)} and have names of their own",
        )
    yield from _unknown(("stages",), verb.stages, _STAGES.get(verb.scope, frozenset()))
    moving = {*_STAGES.get(verb.scope, ()), *(["back"] if verb.scope in {"lead", "case"} else [])}
    yield from _unknown(("moves",), [verb.moves] if verb.moves else [], moving)
    yield from _unknown(("group",), [verb.group], procedure.choices["verb-group"].keys())
    if verb.office and verb.office not in names:
        yield _no(("office",), verb.office)
    if not verb.rules:
        yield Problem(("rules",), "没有引用任何规则", "no rule is cited")
    yield from of_rules(("rules",), verb.rules, law)
    known = {limit.id for limit in procedure.limits}
    timed = {verb.timing.format(track=track) for track in _TRACKS if verb.track in {None, track}} - {""}
    yield from _unknown(("timing",), timed, known)
    for key, needs in (("when", verb.when), ("needs", verb.needs), ("asks", verb.asks)):
        for number, need in enumerate(needs):
            yield from of_need((key, number), need, procedure, law)
    for number, param in enumerate(verb.params):
        at = ("params", number)
        lists = {param.of.format(track=track) for track in _TRACKS} - {""}
        yield from _unknown((*at, "of"), lists, procedure.choices.keys())
        if bool(param.of) is not (param.type in {"choice", "choices"}):
            yield Problem(
                (*at, "of"), "只有 choice、choices 有取值表", "a closed list belongs to choice and choices"
            )
        for name in param.after.split("|"):
            yield from of_day((*at, "after"), name, verb.scope, procedure)
        yield from of_rules((*at, "rule"), [param.rule], law)
        yield from _unknown((*at, "lacking"), [param.lacking] if param.lacking else [], procedure.sentences)


def of_need(at: tuple[str | int, ...], need: Need, procedure: Procedure, law: Law) -> Iterator[Problem]:
    """Yield what does not hold of a fact that a verb depends on."""
    yield from of_rules((*at, "rule"), [need.rule], law)
    yield from of_fact((*at, "fact"), need.fact, procedure)


def of_fact(at: tuple[str | int, ...], fact: str, procedure: Procedure) -> Iterator[Problem]:
    """Yield what does not hold of the name of a fact."""
    try:
        kind, names = mentioned(fact)
    except KeyError:
        yield _no(at, fact)
        return
    known = {
        "acts": procedure.choices["act"].keys(),
        "period": {limit.id for limit in procedure.limits},
        "number": procedure.numbers.keys(),
    }
    yield from _unknown(at, names, known.get(kind, ()))


def of_limit(limit: Limit, procedure: Procedure, law: Law) -> Iterator[Problem]:
    """Yield what does not hold of a time limit."""
    yield from _unknown(("id",), [limit.id], {period.id for period in law.periods()})
    yield from of_day(("from",), limit.start, "case", procedure)
    for name in limit.until.split("|"):
        yield from of_day(("until",), name, "case", procedure)
    if limit.after:
        yield from _unknown(("after",), [limit.after], {one.id for one in procedure.limits})
    if bool(limit.after) is bool(limit.start):
        yield Problem(
            ("from",),
            "from 与 after 须有且只有一项",
            "it begins with from, or after another period, not both",
        )
    if limit.instead and not limit.after:
        yield Problem(
            ("instead",),
            "instead 只用于接在其他期限之后的期限",
            "instead belongs to what runs after another period",
        )
    acts = [act for pair in limit.apart for act in pair.split("/")]
    acts += [name for name in (limit.extended_by, limit.restarts, limit.reopens, limit.instead) if name]
    yield from _unknown(("apart",), acts, procedure.choices["act"].keys())


def of_task(task: TaskRule, procedure: Procedure, law: Law) -> Iterator[Problem]:
    """Yield what does not hold of a task."""
    yield from _unknown(("verb",), [task.verb], procedure.verbs.keys())
    yield from _unknown(("who",), [task.who], procedure.choices["task-who"].keys())
    yield from _unknown(
        ("period",), task.period, {"measure", "look-back", *(one.id for one in law.periods())}
    )
    for key, facts in (("when", task.when), ("unless", task.unless)):
        for number, fact in enumerate(facts):
            yield from of_fact((key, number), fact, procedure)
    if task.verb in procedure.verbs:
        scope = task.scope or procedure.verbs[task.verb].scope
        yield from _unknown(("stages",), task.stages, _STAGES.get(scope, frozenset()))
    if task.date:
        yield from _unknown(("date",), [task.date.partition("/")[0]], procedure.choices["act"].keys())
    yield from of_rules(("rule",), [task.rule], law)


def of_day(at: tuple[str | int, ...], name: str, scope: str, procedure: Procedure) -> Iterator[Problem]:
    """Yield what does not hold of the name of a day."""
    record, dot, field = name.rpartition(".")
    if not name:
        return
    if dot and record == "acts":
        yield from _unknown(at, [field], procedure.choices["act"].keys())
    elif scope in {"lead", "matter"}:
        yield from _unknown(at, [name], ["received_on"])
    else:
        shape = Measure if record == "measure" else Case
        yield from _unknown(at, [field], shape.__struct_fields__)


def of_rules(at: tuple[str | int, ...], names: Iterable[str], law: Law) -> Iterator[Problem]:
    """Yield the rules that the law room does not know."""
    for name in names:
        for rule in rules_of(name, None):
            try:
                law.provision(rule)
            except LawError:
                yield Problem(at, f"法律数据中没有规则“{rule}”", f"the law data has no rule {rule!r}")


def _unknown(at: tuple[str | int, ...], names: Iterable[str], known: Container[str]) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            yield _no(at, name)


def _no(at: tuple[str | int, ...], name: str) -> Problem:
    shown = re.sub(r"\s+", " ", name)
    return Problem(at, f"没有“{shown}”", f"there is no {shown!r}")
