"""A docket told as a story: acts at dates, folded as they happen."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

from qingyuan.cases import EMPTY, CaseEvent, Docket, EventDraft, Verb, _data, decide, fold, read_event
from qingyuan.law import Law, load

HERE = Path(__file__).parent
CST = timezone(timedelta(hours=8))
ACTOR = "P001"

Step = Mapping[str, Any]


def read_yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_data.Loader)


@functools.cache
def stories() -> dict[str, Any]:
    return dict(read_yaml(HERE / "stories.yaml"))


@functools.cache
def law() -> Law:
    return load()


def moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=CST)


class World:
    """A docket and its events so far."""

    def __init__(self, docket: Docket = EMPTY, events: Sequence[CaseEvent] = ()) -> None:
        self.docket = docket
        self.events = list(events)

    def copy(self) -> World:
        return World(self.docket, self.events)

    def act(self, verb: str | Verb, args: Mapping[str, Any], at: date, by: str = ACTOR) -> list[EventDraft]:
        drafts = decide(verb, self.docket, args, law=law(), now=moment(at), actor=by)
        for draft in drafts:
            self.write(draft.stream, draft.type, draft.payload, at, by)
        return drafts

    def write(
        self, stream: str, type_: str, payload: Mapping[str, object], at: date, by: str = ACTOR
    ) -> None:
        n = self.docket.heads.get(stream, 0)
        event = read_event(stream, n, type_, moment(at), by, payload)
        self.docket = fold([event], self.docket)
        self.events.append(event)

    def seal(self, exhibits: Sequence[str], stream: str, at: date) -> None:
        for exhibit in exhibits:
            self.write(stream, "evidence.extracted", {"exhibit": exhibit}, at)

    def step(self, step: Step) -> list[EventDraft]:
        if "seal" in step:
            self.seal(step["seal"], step["into"], step["at"])
            return []
        if "package" in step:
            self.write(step["into"], "evidence.transferred", {"package": step["package"]}, step["at"])
            return []
        return self.act(step["do"], step.get("with", {}), step["at"], step.get("by", ACTOR))


@functools.cache
def _told(name: str) -> World:
    story = stories()[name]
    world = _told(story["after"]).copy() if "after" in story else World()
    for step in story["steps"]:
        world.step(step)
    return world


def told(name: str) -> World:
    """Return a fresh world in which the story ``name`` has happened."""
    return _told(name).copy()


def case_of(world: World, case: str = "C2026-0001") -> Any:
    return world.docket.cases[case]
