"""The table of predicates, and how one gets into it."""

from __future__ import annotations

from collections.abc import Callable

from qingyuan.cases._context import Context, Lack, Lacks

Predicate = Callable[[Context], Lacks]

#: Predicates by the name of their fact.
PREDICATES: dict[str, Predicate] = {}


def fact(name: str) -> Callable[[Predicate], Predicate]:
    """Register the decorated predicate under a name."""

    def register(predicate: Predicate) -> Predicate:
        PREDICATES[name] = predicate
        return predicate

    return register


def when(name: str, missing: Callable[[Context], bool]) -> None:
    """Register a predicate that is one yes or no."""

    def predicate(context: Context) -> Lacks:
        if missing(context):
            yield Lack(name)

    PREDICATES[name] = predicate
