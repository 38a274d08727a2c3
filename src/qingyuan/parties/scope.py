"""Which dockets somebody sees, as data: a small expression that a database can answer.

:meth:`qingyuan.parties.Access.scope` makes it from the policies themselves, so that a list shows exactly what each docket
would show by itself. The members turn into JSON with a ``type`` tag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from qingyuan.parties.model import Matter

#: How a person or a body may stand to a docket.
Relation = Literal["handlers", "approvers", "recused", "entrusted"]
#: An office and those above it: :meth:`qingyuan.parties.Registry.line`.
Line = Callable[[str], Iterable[str]]


class Constant(msgspec.Struct, frozen=True, tag="constant"):
    """Every docket, or none."""

    value: bool

    def holds(self, matter: Matter, line: Line) -> bool:
        """Tell whether a docket is in the scope."""
        del matter, line
        return self.value


class At(msgspec.Struct, frozen=True, tag="at"):
    """Dockets of one office."""

    office: str

    def holds(self, matter: Matter, line: Line) -> bool:
        """Tell whether a docket is in the scope."""
        del line
        return matter.office == self.office


class Under(msgspec.Struct, frozen=True, tag="under"):
    """Dockets of an office and of the offices below it."""

    office: str

    def holds(self, matter: Matter, line: Line) -> bool:
        """Tell whether a docket is in the scope."""
        return self.office in line(matter.office)


class Includes(msgspec.Struct, frozen=True, tag="includes"):
    """Dockets that a person or body stands to in some relation."""

    relation: Relation
    party: str

    def holds(self, matter: Matter, line: Line) -> bool:
        """Tell whether a docket is in the scope."""
        del line
        return self.party in getattr(matter, self.relation)


class Is(msgspec.Struct, frozen=True, tag="is"):
    """One docket."""

    matter: str

    def holds(self, matter: Matter, line: Line) -> bool:
        """Tell whether a docket is in the scope."""
        del line
        return matter.id == self.matter


class Not(msgspec.Struct, frozen=True, tag="not"):
    """What the part leaves out."""

    part: Scope

    def holds(self, matter: Matter, line: Line) -> bool:
        """Tell whether a docket is in the scope."""
        return not self.part.holds(matter, line)


class Both(msgspec.Struct, frozen=True, tag="both"):
    """What every part holds for."""

    parts: tuple[Scope, ...]

    def holds(self, matter: Matter, line: Line) -> bool:
        """Tell whether a docket is in the scope."""
        return all(part.holds(matter, line) for part in self.parts)


class Either(msgspec.Struct, frozen=True, tag="either"):
    """What some part holds for."""

    parts: tuple[Scope, ...]

    def holds(self, matter: Matter, line: Line) -> bool:
        """Tell whether a docket is in the scope."""
        return any(part.holds(matter, line) for part in self.parts)


Scope = Constant | At | Under | Includes | Is | Not | Both | Either

EVERYTHING = Constant(value=True)
NOTHING = Constant(value=False)


def negate(part: Scope) -> Scope:
    """Return what ``part`` leaves out."""
    if isinstance(part, Constant):
        return Constant(value=not part.value)
    return part.part if isinstance(part, Not) else Not(part)


def both(parts: Iterable[Scope]) -> Scope:
    """Return what every part holds for, without what is superfluous."""
    return _joined(parts, Both, neutral=True)


def either(parts: Iterable[Scope]) -> Scope:
    """Return what some part holds for, without what is superfluous."""
    return _joined(parts, Either, neutral=False)


def _joined(parts: Iterable[Scope], kind: type[Both | Either], *, neutral: bool) -> Scope:
    kept: list[Scope] = []
    for part in parts:
        for each in part.parts if isinstance(part, kind) else (part,):
            if isinstance(each, Constant):
                if each.value is not neutral:
                    return each
            elif each not in kept:
                kept.append(each)
    if not kept:
        return Constant(value=neutral)
    return kept[0] if len(kept) == 1 else kind(tuple(kept))
