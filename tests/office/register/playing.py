"""The stories of the cases room, played in a real home on their days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from qingyuan.office.casework import act
from qingyuan.office.clock import FixedClock
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.store import EventDraft
from tests.cases._world import ACTOR, moment, stories

YIWU = OfficeInfo("yiwu", "义乌市人民检察院", "330782", "county")


def steps(story: str) -> Iterator[Mapping[str, Any]]:
    """Yield the steps of a story, those it goes on from first."""
    told = stories()[story]
    if "after" in told:
        yield from steps(told["after"])
    yield from told["steps"]


class Player:
    """A home and its clock."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.clock = FixedClock(moment(date(2026, 3, 1)))
        self.home = Home.open(path, create=True, office=YIWU, clock=self.clock, **options)

    def play(self, story: str, *, after: str = "") -> None:
        """Play a story, without the steps of the one played before."""
        played = len([*steps(after)]) if after else 0
        for step in [*steps(story)][played:]:
            self.on(step["at"])
            if "seal" in step:
                drafts = [
                    EventDraft(step["into"], "evidence.extracted", {"exhibit": each}) for each in step["seal"]
                ]
                self.home.append(drafts, actor=ACTOR)
            else:
                self.do(step["do"], step.get("with", {}), step.get("by", ACTOR))

    def do(self, verb: str, given: Mapping[str, Any], by: str = ACTOR) -> None:
        args = {
            name: value.isoformat() if isinstance(value, date) else value for name, value in given.items()
        }
        target = next((str(args[name]) for name in ("case", "matter", "lead") if name in args), None)
        if verb in {"matter-open", "case-file"}:
            target = args["leads"][0] if verb == "matter-open" else args["matter"]
        elif verb == "lead-register":
            target = args["lead"]
        act(self.home, verb, target, args, actor=by)

    def on(self, day: date) -> None:
        self.clock.set(moment(day))
