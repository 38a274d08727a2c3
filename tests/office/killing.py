"""Acts that are killed with SIGKILL between two statements of their transaction: what the home holds afterwards.

Run as a program, so that each act is killed in a fork of a process without threads: ``python -m tests.office.killing FOLDER SEED COUNT
[URL …]`` prints one JSON object an act. ``COUNT`` 0 takes every act that a story or scenario tells.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from qingyuan.office.casework import act, load
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.store import EventDraft, iter_events
from tests.cases._world import stories
from tests.cases.test_scenarios import _SCENARIOS
from tests.office.paperwork.told import stories as papers
from tests.office.register.playing import Player, steps

Told = tuple[list[Mapping[str, Any]], Mapping[str, Any]]


def tellings() -> dict[str, Told]:
    """Return for each verb that something tells the steps before it and the act itself."""
    found: dict[str, Told] = {}
    for story in stories():
        known = [*steps(story)]
        for place, step in enumerate(known):
            if "do" in step:
                found.setdefault(step["do"], (known[:place], step))
    for told in papers().values():
        before, extra = [*steps(told["story"])], told.get("steps", [])
        for place, step in enumerate(extra):
            if "do" in step:
                found.setdefault(step["do"], ([*before, *extra[:place]], step))
    for param in _SCENARIOS:
        one: Any = param.values[0]
        if "do" in one and not {"refused", "error"} & one.keys():
            known = sorted([*steps(one["given"]), *one.get("and", ())], key=lambda step: step["at"])
            found.setdefault(
                one["do"], (known, one)
            )  # a scenario may date back what it adds; a home's clock cannot
    return dict(sorted(found.items()))


def _dying(player: Player, step: Mapping[str, Any], at: int) -> None:
    """Do an act and die before its statement number ``at``; commits count as statements."""
    done = 0

    def count(*_: object) -> None:
        nonlocal done
        done += 1
        if done == at:
            os.kill(os.getpid(), signal.SIGKILL)

    engine = player.home.database.engine
    sa.event.listen(engine, "before_cursor_execute", count)
    sa.event.listen(engine, "commit", count)
    player.on(step["at"])
    player.do(step["do"], step.get("with", {}), step.get("by", "P001"))
    count()
    os.kill(os.getpid(), signal.SIGKILL)  # after the last statement, before anything else is tidied up


def _tell(player: Killed, known: list[Mapping[str, Any]]) -> None:
    for step in known:
        player.tell_step(step)


class Killed(Player):
    """A player that can be closed and opened again."""

    def tell_step(self, step: Mapping[str, Any]) -> None:
        self.on(step["at"])
        for each in step.get("seal", ()):
            self.home.append(
                [EventDraft(step["into"], "evidence.extracted", {"exhibit": each})], actor="P001"
            )
        if "package" in step:
            self.home.append(
                [EventDraft(step["into"], "evidence.transferred", {"package": step["package"]})], actor="P001"
            )
        if "do" in step:
            self.do(step["do"], step.get("with", {}), step.get("by", "P001"))

    def do(self, verb: str, given: Mapping[str, Any], by: str = "P001") -> None:
        if verb == "lead-register" and not self._known(str(given["lead"])):
            particulars = {
                name: value.isoformat() if isinstance(value, date) else value for name, value in given.items()
            }
            act(self.home, verb, None, particulars, actor=by)
        else:
            super().do(verb, given, by)

    def _known(self, stream: str) -> bool:
        with self.home.database.read() as connection:
            return next(iter(iter_events(connection, [stream])), None) is not None

    def open(self) -> None:
        self.home = Home.open(self.home.path, clock=self.clock)


def _size(player: Player) -> int:
    head = player.home.head()
    return head.size if head else 0


def killed(folder: Path, verb: str, told: Told, choose: random.Random, url: str) -> Iterator[dict[str, Any]]:
    """Kill an act twice, then do it; yield what was found after each."""
    options = {"database_url": url} if url else {}
    player = Killed(folder, **options)
    known, step = told
    _tell(player, known)
    before = _size(player)
    point = 0
    for _ in range(2):
        point = choose.randrange(1, 20)
        player.home.close()
        child = os.fork()
        if child == 0:
            try:
                player.open()
                _dying(player, step, point)
            finally:
                os._exit(3)
        _, status = os.waitpid(child, 0)
        player.open()
        yield _found(player, verb, point, status, before)
        if _size(player) > before:
            break
    if _size(player) == before:
        player.tell_step(step)
        yield _found(player, verb, 0, -signal.SIGKILL, before)
    player.home.close()


def _found(player: Player, verb: str, point: int, status: int, before: int) -> dict[str, Any]:
    with player.home.database.read() as connection:
        events = connection.execute(sa.text("SELECT count(*) FROM event")).scalar_one()
        streams = [row[0] for row in connection.execute(sa.text("SELECT DISTINCT stream FROM event"))]
    for stream in streams:
        if stream[0] in "LMC" and stream[1:5].isdigit():
            load(player.home, stream)
    return {
        "verb": verb,
        "point": point,
        "killed": status in {signal.SIGKILL, -signal.SIGKILL},
        "before": before,
        "events": events,
        "logged": _size(player),
        "problems": [
            str(problem) for problem in check_home(player.home) if "exhibit it records" not in problem.en
        ],  # the exhibits of the stories are events only
    }


def main(folder: str, seed: str, count: str, *urls: str) -> None:
    """Kill the acts and print what was found."""
    choose = random.Random(int(seed))
    told = tellings()
    chosen = sorted(choose.sample(sorted(told), int(count))) if int(count) else [*told]
    places = iter(urls)
    for number, verb in enumerate(chosen):
        for one in killed(Path(folder) / f"home{number}", verb, told[verb], choose, next(places, "")):
            sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
