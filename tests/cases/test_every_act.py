"""Every act can be done: from some story there is a way to it, found by doing first what it waits for.

The particulars follow from the data (their type, list and bounds), so an act that a site or a later version adds is tried too. An act
that nobody could ever complete is found here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from qingyuan.cases import VERBS, CasesError, Param, Refused, TrackName, Verb, choice_lists
from qingyuan.cases._data import Need
from tests.cases._world import World, stories, told

#: Needs another docket, which only an office has; see tests/office/test_merging.py.
ELSEWHERE = {"matter-merge", "matter-split"}
#: Two months after the last story: periods that have to be over are over.
TODAY = date(2026, 9, 1)
DEPTH = 5
EXHIBIT = "X00000000000000b1"
VALUES: dict[str, Any] = {
    "new-lead": "L2026-0009",
    "lead": "L2026-0001",
    "leads": ["L2026-0001"],
    "other-lead": "L2026-0005",
    "other-matter": "M2026-0005",
    "new-matter": "M2026-0009",
    "matter": "M2026-0001",
    "new-case": "C2026-0009",
    "case": "C2026-0001",
    "measure": "m01",
    "person": "P021",
    "persons": ["P021", "P022"],
    "exhibit": EXHIBIT,
    "exhibits": [EXHIBIT],
    "reference": "D0099",
    "text": "说明",
    "texts": ["说明"],
    "int": 5,
    "bool": True,
    "counts": {"mobile": 1},
}
#: Names that the law room has to know, and those that have to agree with what was recorded.
NAMED: dict[str, Any] = {
    "field": "express-waybill",
    "regulator": "postal",
    "duties": ["postal-waybill"],
    "duty": "postal-waybill",
    "office": "邻县人民检察院",
    "into": "L2026-0005",
}
#: Named facts that an act brings about, and the act.
BROUGHT = {
    "hearing-awaited": "hearing-notice",
    "some-appeal": "appeal",
    "taken-down": "delisting",
    "evaluated": "evaluation",
}


def _day(name: str, param: Param, on: date) -> str:
    return (on + timedelta(days=1) if param.future and name != "on" else on).isoformat()


def _value(param: Param, track: TrackName | None, on: date) -> Any:
    if param.type == "date":
        return _day(param.name, param, on)
    if param.type == "time":
        return f"{on.isoformat()}T09:00+08:00"
    if param.type in {"choice", "choices"}:
        values = choice_lists()[param.of.format(track=track or "administrative")]
        first = next(value for value, one in values.items() if one.track in {None, track or "administrative"})
        return [first] if param.type == "choices" else first
    if (param.name, param.type) == ("findings", "texts"):
        return ["F-0123456789abcdef"]
    return NAMED.get(param.name, VALUES[param.type])


def _tries(
    verb: Verb, world: World, target: str, on: date, wanted: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield particulars: all required ones, then the optional ones too; each choice in turn where the first is refused."""
    record, _, measure = target.partition(" ")
    case = world.docket.cases.get(record)
    track: TrackName = case.track if case else "administrative"
    aimed = {"L": "lead", "M": "matter", "C": "case"}.get(record[:1], "")
    fixed: dict[str, Any] = {aimed: record} if aimed else {}
    fixed |= {"measure": measure} if measure else {}
    matter = world.docket.matter
    lead = next(
        (each for each in world.docket.leads.values() if matter is None or each.id not in matter.leads), None
    )
    fixed |= {"lead": lead.id} if lead and verb.scope == "matter" else {}
    if case is not None and case.transferred_to:
        fixed["office"] = case.transferred_to
    for everything in (False, True):
        given = {
            param.name: _value(param, track, on)
            for param in verb.params
            if param.track in {None, track}
            and (not param.system or param.type.startswith("new-"))
            and (param.required or everything)
        }
        given |= {name: value for name, value in fixed.items() if verb.param(name)} | dict(wanted)
        yield given
        for param in verb.params:
            if param.type == "choice" and param.name in given and param.name not in wanted:
                for value in choice_lists()[param.of.format(track=track)]:
                    yield {**given, param.name: value}


def _waits_for(verb: Verb) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the acts that the facts of a verb speak of, with what they have to show."""
    for need in (*verb.when, *verb.needs, *verb.asks):
        kind, _, what = need.fact.partition(":")
        if need.fact in BROUGHT:
            yield BROUGHT[need.fact], {}
        acts = what.partition("/")[0] if kind in {"did", "owed", "shows"} else ""
        for one in filter(None, acts.split("+")):
            act, _, said = one.rstrip(")").partition("(")
            field, equal, value = said.partition("=")
            yield act, {field: value} if equal and not field.endswith("!") else {}


def _targets(verb: Verb, world: World) -> list[str]:
    docket = world.docket
    if verb.scope == "lead":
        return list(docket.leads)
    if verb.scope == "case":
        return [case.id for case in docket.cases.values() if verb.track in {None, case.track}]
    if verb.scope == "measure":
        return [f"{case.id} {measure}" for case in docket.cases.values() for measure in case.measures]
    return (
        [docket.matter.id]
        if docket.matter and verb.scope == "matter"
        else [""]
        if verb.scope == "new"
        else []
    )


def _done(verb: Verb, world: World, on: date, wanted: Mapping[str, str]) -> World | None:
    """Return the world after ``verb`` was done on some record of it."""
    for target in _targets(verb, world):
        for given in _tries(verb, world, target, on, wanted):
            after = world.copy()
            try:
                after.act(verb, given, on, "P021")
            except Refused as refused:
                if refused.code == "cases.not-possible":
                    break
            except CasesError:
                continue
            else:
                return after
    return None


def _reach(
    verb: Verb, world: World, on: date, wanted: Mapping[str, str], depth: int, verbs: Iterable[Verb]
) -> World | None:
    """Return the world after ``verb`` was done, other acts first where it waits for them."""
    here = world.events[-1].at.date() + timedelta(days=1)
    for day in (here, max(here, on)):
        if done := _done(verb, world, day, wanted):
            return done
    for act, shown in _waits_for(verb) if depth else ():
        for before in verbs:
            if before.records == act and before.name != verb.name:
                found = _reach(before, world, on, shown, depth - 1, verbs)
                later = found and _reach(verb, found, on + timedelta(days=1), wanted, depth - 1, verbs)
                if later:
                    return later
    return None


def _reached(verb: Verb, verbs: Sequence[Verb]) -> bool:
    """Tell whether some story leads to ``verb``, the shortest way first."""
    names = sorted(stories(), key=lambda name: len(told(name).events))
    return any(_reach(verb, told(name), TODAY, {}, depth, verbs) for depth in range(DEPTH) for name in names)


@pytest.mark.parametrize("name", [name for name in VERBS if name not in ELSEWHERE])
def test_every_act_can_be_done_in_some_docket(name: str) -> None:
    assert _reached(VERBS[name], tuple(VERBS.values()))


def test_acts_that_wait_for_one_another_are_found() -> None:
    plan = VERBS["plan-investigation"]
    left, right = (
        msgspec.structs.replace(plan, name=name, records=name, when=(Need(f"did:{other}"),))
        for name, other in (("left", "right"), ("right", "left"))
    )
    free = msgspec.structs.replace(left, when=())
    assert not _reached(left, (left, right))
    assert _reached(right, (free, right))
