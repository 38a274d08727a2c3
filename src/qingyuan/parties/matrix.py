"""The table of roles and actions, each cell asked of the policies in every way a person may stand to a docket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from qingyuan.parties import _lists
from qingyuan.parties.access import Access
from qingyuan.parties.model import Action, Body, Capacity, Item, Matter, Record, Resource, Sent
from qingyuan.parties.policies import Policies
from qingyuan.parties.registry import Registry


class Standing(NamedTuple):
    """A way to stand to a docket.

    Attributes:
        id: Identifier.
        zh: In words, Chinese.
        en: In words, English.
    """

    id: str
    zh: str
    en: str


#: Where the docket is and what the person has to do with it.
STANDINGS = (
    Standing("assigned", "承办", "assigned"),
    Standing("approver", "审批", "named approver"),
    Standing("own", "本院", "own office"),
    Standing("below", "下级院", "office below"),
    Standing("entrusted", "受指定、交办", "office entrusted"),
    Standing("addressed", "送达对象", "addressee"),
    Standing("minor", "承办（未成年人）", "assigned, of a minor"),
    Standing("none", "无关", "none"),
    Standing("recused", "承办但已回避", "assigned and recused"),
)

_PERSON = "P"


class Cell(NamedTuple):
    """One cell.

    Attributes:
        role: Role.
        action: Action.
        standings: In which standings it is allowed.
    """

    role: str
    action: str
    standings: tuple[str, ...]


def matrix(policies: Policies, on: date) -> list[Cell]:
    """Return a cell for every role and action, in the order of the lists."""
    cells = []
    for role in _lists.roles().values():
        kind = role.kinds[0]
        bodies = {
            body.id: body
            for body in (
                Body("above", kind, "above"),
                Body("own", kind, "own", parent="above"),
                Body("below", kind, "below", parent="own"),
                Body("other", kind, "other"),
            )
        }
        access = Access(Registry(bodies), policies)
        who = Capacity(_PERSON, "own", (role.id,))
        for action in _lists.actions().values():
            allowed = [
                standing
                for standing, resource in _resources(action, bodies)
                if access.authorize(who, action.id, resource, on=on, context={"reason": "matrix"}).allowed
            ]
            cells.append(Cell(role.id, action.id, tuple(allowed)))
    return cells


def _resources(action: Action, bodies: dict[str, Body]) -> Iterator[tuple[str, Resource]]:
    if action.resource == "Body":
        yield from (("own", bodies["own"]), ("below", bodies["below"]), ("none", bodies["other"]))
        return
    for standing, matter in _matters():
        if standing == "minor" and action.resource != "Record":
            continue
        if action.resource == "Matter":
            yield standing, matter
        elif action.resource == "Record":
            yield standing, Record("R", matter, minor=standing == "minor")
        else:
            addressed = standing == "addressed"
            item = Item(
                "I",
                matter.id,
                frozenset({"own"} if addressed else ()),
                frozenset({_PERSON} if addressed else ()),
            )
            yield standing, Sent(item, matter)


def _matters() -> Iterator[tuple[str, Matter]]:
    me = frozenset({_PERSON})
    yield "assigned", Matter("M", "own", handlers=me)
    yield "approver", Matter("M", "own", approvers=me)
    yield "own", Matter("M", "own")
    yield "below", Matter("M", "below")
    yield "entrusted", Matter("M", "other", entrusted=frozenset({"own"}))
    yield "addressed", Matter("M", "other")
    yield "minor", Matter("M", "own", handlers=me)
    yield "none", Matter("M", "other")
    yield "recused", Matter("M", "own", handlers=me, approvers=me, recused=me)
