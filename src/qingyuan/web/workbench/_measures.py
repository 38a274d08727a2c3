"""The measures of a case as a table: narrowed and ordered by the address, so that a view of them is a link."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from qingyuan.cases import Case, Docket, Measure
from qingyuan.web.asking import Ask

#: What measures are ordered by; a minus before it turns the order round.
ORDERS: Mapping[str, Callable[[Measure], tuple[object, ...]]] = {
    "id": lambda one: (one.id,),
    "text": lambda one: (one.entered.text, one.id),
    "owner": lambda one: (one.entered.owner, one.id),
    "due": lambda one: (one.entered.due, one.id),
    "status": lambda one: (one.settled, one.status, one.id),
}
_LONGEST = 100


class Measures(msgspec.Struct, frozen=True):
    """The measures of the cases of a matter as they are asked for.

    Attributes:
        rows: By case, those that fit, in order.
        given: What the address says.
        owners: Who has to do measures.
        statuses: Statuses that measures have, values of ``measure-status``.
        total: How many there are in all.
        heads: Address that orders by a column, by its name.
    """

    rows: Mapping[str, Sequence[Measure]]
    given: Mapping[str, str]
    owners: Sequence[str]
    statuses: Sequence[str]
    total: int
    heads: Mapping[str, str]

    @property
    def query(self) -> str:
        """What the address says, as a query."""
        return urlencode({name: value for name, value in self.given.items() if value})


def measures_of(ask: Ask, docket: Docket) -> Measures:
    """Return the measures of a matter, narrowed by ``status`` and ``owner`` and ordered by ``sort``."""
    given = {name: ask.query(name)[:_LONGEST] for name in ("sort", "status", "owner")}
    every = [one for case in docket.cases.values() for one in case.measures.values()]
    return Measures(
        {name: chosen(case, given) for name, case in docket.cases.items() if case.measures},
        given,
        list(dict.fromkeys(one.entered.owner for one in every)),
        list(dict.fromkeys(one.status for one in every)),
        len(every),
        {name: _turned(given, name) for name in ORDERS},
    )


def chosen(case: Case, given: Mapping[str, str]) -> list[Measure]:
    """Return the measures of a case that fit, in order."""
    found = [
        one
        for one in case.measures.values()
        if given["status"] in {"", one.status} and given["owner"] in {"", one.entered.owner}
    ]
    order = ORDERS.get(given["sort"].removeprefix("-"))
    return sorted(found, key=order, reverse=given["sort"].startswith("-")) if order else found


def _turned(given: Mapping[str, str], name: str) -> str:
    sort = f"-{name}" if given["sort"] == name else name
    kept = {**given, "sort": sort}
    return f"?{urlencode({key: value for key, value in kept.items() if value})}#measures"
