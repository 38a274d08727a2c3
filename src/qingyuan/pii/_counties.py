"""Counties, districts and county-level cities by name, with the codes of what they belong to."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import NamedTuple

#: A line of the table of divisions: code, name, first day, last day.
_LINE = re.compile(r"^ +(\d{6}) (\S+) \S+ (\S+)", re.MULTILINE)
#: Names of two characters that are words (城区, 郊区) or could be any direction.
_SHORTEST = 3


class County(NamedTuple):
    """A division of the lowest level of the table.

    Attributes:
        name: Its full name.
        province: Full name of its province.
        city: Full name of its prefecture-level division; of a municipality its own name, ``""`` where there is none.
        current: Whether it is still there.
    """

    name: str
    province: str
    city: str
    current: bool


@functools.cache
def counties() -> tuple[County, ...]:
    """Return the counties of the table of divisions, those that are still there first."""
    table = resources.files("qingyuan") / "law" / "data" / "divisions.yaml"
    lines = _LINE.findall(table.read_text("utf-8"))
    names = {code: name for code, name, last in lines if code.endswith("00") and last == "-"}
    out = []
    for code, name, last in lines:
        province = names.get(code[:2] + "0000", "")
        if code.endswith("00") or not province:
            continue
        city = names.get(code[:4] + "00", province if province.endswith("市") else "")
        out.append(County(name, province, city, last == "-"))
    return tuple(sorted(out, key=lambda c: not c.current))


@functools.cache
def by_name() -> dict[str, tuple[County, ...]]:
    """Return the counties by their full names, and county-level cities and counties also without the suffix."""
    out: dict[str, list[County]] = {}
    for county in counties():
        out.setdefault(county.name, []).append(county)
    for county in counties():
        if county.name[-1] in "市县" and len(county.name) >= _SHORTEST and county.current:
            out.setdefault(county.name[:-1], []).append(county)
    return {name: tuple(found) for name, found in out.items()}


@functools.cache
def telling_names() -> frozenset[str]:
    """Return the full names of three characters and more."""
    return frozenset(county.name for county in counties() if len(county.name) >= _SHORTEST)
