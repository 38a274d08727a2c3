"""Today's desk: living leads and matters whose days follow from the day of the demonstration, in the files of ``desks/``.

The reference matters are over; the desk shows what the workbench is for. Its affairs are told by the same player
(:class:`qingyuan.demo.replay.Replay`) through the same doors. Adding an affair needs no Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import yaml

from qingyuan.demo.errors import DemoError
from qingyuan.demo.replay import Agenda, Replay
from qingyuan.demo.story import DaysAsText, Reference
from qingyuan.law import Law
from qingyuan.office.clock import FixedClock
from qingyuan.office.home import Home
from qingyuan.shapes import convert

_FOLDER = Path(__file__).parent / "desks"
_DAY = re.compile(r"([a-z]+)([+-]\d+)?")
_ENDS = re.compile(r"([a-z-]+) ends (today[+-]\d+)")
#: A day from which a period ends on a given one is sought so far back; no period of a desk is longer.
_LONGEST = timedelta(days=400)
_ONE = timedelta(days=1)


class _Affair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    zh: str
    en: str
    lead: dict[str, object]
    steps: list[object] = []
    days: dict[str, str] = {}
    words: dict[str, object] = {}


class _Desk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    affairs: list[_Affair]
    shared: list[object] = []


def desk(law: Law, today: date, folder: Path = _FOLDER) -> tuple[Reference, ...]:
    """Return the affairs of the desk as they stand on ``today``, each a story without an end.

    Args:
        law: Where workdays and periods are counted.
        today: The day of the demonstration.
        folder: Files of affairs.

    Raises:
        DemoError: A file is no desk; file and field are named.
    """
    return tuple(story for path in sorted(folder.glob("*.yaml")) for story in _read(path, law, today))


def lay(home: Home, clock: FixedClock, folder: Path, *, now: datetime, seed: int) -> Agenda:
    """Return what brings the desk of ``now`` about; nothing is done yet, and nothing is told.

    Args:
        home: The office.
        clock: Its clock.
        folder: Each affair gets a folder here for its papers.
        now: The time at which the desk is looked at.
        seed: Seed of the material.
    """
    actions = []
    for story in desk(home.law, now.date()):
        player = Replay(home, clock, folder / story.id, seed=seed, tell=lambda _: None)
        actions += player.schedule(story)
    return Agenda(clock, actions, now)


def _read(path: Path, law: Law, today: date) -> Iterator[Reference]:
    try:
        read = convert(yaml.load(path.read_text(encoding="utf-8"), Loader=DaysAsText), _Desk)  # noqa: S506 - a safe loader
        for affair in read.affairs:
            days = {"today": today}
            for name, text in affair.days.items():
                days[name] = _named(text, days, law)
            filled = _filled(
                {"lead": affair.lead, "steps": _flat(affair.steps)}, affair.words, _dated(days, law)
            )
            yield convert({"id": affair.id, "zh": affair.zh, "en": affair.en, **_mapping(filled)}, Reference)
    except (yaml.YAMLError, msgspec.ValidationError, KeyError, ValueError) as error:
        raise DemoError(
            "demo.bad-desk",
            zh=f"不是可用的工作台数据：{error}",
            en=f"not a desk: {error}",
            where=path.name,
            remedy_zh="请按该文件开头的说明改正",
            remedy_en="correct it as the head of desks/today.yaml describes",
        ) from error


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _flat(steps: list[object]) -> list[object]:
    found: list[object] = []
    for step in steps:
        found.extend(_flat(step) if isinstance(step, list) else [step])
    return found


def _filled(value: object, words: Mapping[str, object], dated: Callable[[str], str]) -> object:
    """Put words and days in; a text that is one word only takes its value as it is, also a list."""
    if isinstance(value, dict):
        return {key: _filled(each, words, dated) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, words, dated) for each in value]
    if not isinstance(value, str):
        return value
    if value.startswith("{") and value.endswith("}") and value.count("{") == 1:
        return words[value[1:-1]]
    return dated(value.format_map(words) if "{" in value else value)


def _dated(days: Mapping[str, date], law: Law) -> Callable[[str], str]:
    """Return what writes a day for ``served-3`` and leaves every other text alone."""

    def write(text: str) -> str:
        found = _DAY.fullmatch(text)
        if found is None or found[1] not in days:
            return text
        return _worked(days[found[1]] + timedelta(days=int(found[2] or 0)), days["today"], law).isoformat()

    return write


def _worked(day: date, today: date, law: Law) -> date:
    """Return the worked day before a day that is past, or after one that is to come; today stays."""
    while day != today and not law.day(day).workday:
        day += _ONE if day > today else -_ONE
    return day


def _named(text: str, days: Mapping[str, date], law: Law) -> date:
    """Return a day by name, or the worked day from which a period ends on the wanted day or, if none does, next to it."""
    found = _ENDS.fullmatch(text)
    if found is None:
        return date.fromisoformat(_dated(days, law)(text))
    offset = int(found[2].removeprefix("today"))
    wanted, today = days["today"] + timedelta(days=offset), days["today"]
    past = [today - timedelta(days=number) for number in range(1, _LONGEST.days)]
    ends = ((day, law.deadline(found[1], day, analogous=True).due) for day in past if law.day(day).workday)
    if offset < 0:
        return next(day for day, due in ends if due <= wanted)
    return [day for day, due in _while(ends, wanted) if due >= wanted][-1]


def _while(ends: Iterator[tuple[date, date]], wanted: date) -> Iterator[tuple[date, date]]:
    """Yield days back in time until their periods end before ``wanted``."""
    for day, due in ends:
        yield day, due
        if due < wanted:
            return


__all__ = ["desk", "lay"]
