"""Rendering: the templates, their words and filters, and the addresses of static files."""

from __future__ import annotations

import functools
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qingyuan.law import titled
from qingyuan.office.clock import CHINA

_ROOM = Path(str(files("qingyuan.web")))
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024
#: A step of a place in a file, such as "page 3"; what the readers write (pii/readers).
_STEP_OF_A_PLACE = re.compile(r"(line|row|page|paragraph|slide|table) (\d+)(?: |$)")
#: A line that a registration has for each file it seals (web/portal/clue.py).
_DIGEST = re.compile(r"SHA-256 [0-9a-f]{64}\b")


class Static(msgspec.Struct, frozen=True):
    """A static file.

    Attributes:
        data: Its bytes.
        kind: Its media type.
        version: Changes with the bytes.
    """

    data: bytes
    kind: str
    version: str


@functools.cache
def load_static() -> Mapping[str, Static]:
    """Return the static files by name; there are few, and they stay in memory."""
    found = {}
    for path in sorted((_ROOM / "static").iterdir()):
        data = path.read_bytes()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if kind.startswith("text/") or kind.endswith("javascript"):
            kind += "; charset=utf-8"
        found[path.name] = Static(data, kind, hashlib.sha256(data).hexdigest()[:12])
    return found


@functools.cache
def environment() -> Environment:
    """Return the templates: everything is escaped, and a name that is not there is an error; compiled once in a process."""
    static = load_static()
    made = Environment(
        loader=FileSystemLoader(_ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "number": number,
        "bytes": size,
        "yuan": yuan,
        "minutes": minutes,
        "moment": moment,
        "weekday": weekday,
        "parted": parted,
        "titled": titled,
    }
    made.tests["digest"] = lambda line: _DIGEST.match(line) is not None
    made.globals["asset"] = lambda name: f"/static/{name}?v={static[name].version}"
    return made


def number(value: float) -> str:
    """Return a number with its thousands separated."""
    return f"{value:,}"


def yuan(fen: int) -> str:
    """Return an amount in CNY with its thousands separated and both places."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02}"


def minutes(seconds: float) -> str:
    """Return a length of time as minutes and seconds."""
    return f"{round(seconds) // 60}:{round(seconds) % 60:02}"


def size(value: int) -> str:
    """Return a number of bytes for people."""
    amount = float(value)
    for unit in _UNITS:
        if amount < _STEP or unit == _UNITS[-1]:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _STEP
    raise AssertionError(value)


def moment(value: str | float | datetime | date) -> str:
    """Return a time in UTC+8 to the minute; a day as it is."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, int | float):
        value = datetime.fromtimestamp(value, UTC)
    if isinstance(value, datetime):
        return value.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    return value.isoformat()


def parted(place: str) -> tuple[list[tuple[str, str]], str]:
    """Return the numbered steps with which a place begins, and the rest: ``"line 22 $.a.b"`` is ``[("line", "22")]`` and ``"a.b"``."""
    steps: list[tuple[str, str]] = []
    while step := _STEP_OF_A_PLACE.match(place):
        steps.append((step[1], step[2]))
        place = place[step.end() :]
    return steps, place[1:].removeprefix(".") if place.startswith("$") else place


def weekday(value: str | date) -> int:
    """Return the day of the week, Monday 1 to Sunday 7."""
    return (date.fromisoformat(value) if isinstance(value, str) else value).isoweekday()
