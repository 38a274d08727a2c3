"""What jobs do, by kind, and where each kind is shown; a module of pages enters its own."""

from __future__ import annotations

from collections.abc import Callable

from qingyuan.web.access import Permission
from qingyuan.web.desk import DeskWork

#: What a kind of job does.
WORKS: dict[str, DeskWork] = {}
#: Where jobs of a kind are shown, when it is not the page of jobs.
PLACES: dict[str, str] = {}
#: What whoever wanted a job must be permitted to do, to see it and to go on with it; asked of its ``record``, where it has one.
NEEDS: dict[str, Permission] = {}
#: Kinds that take minutes at most: they do not wait for long work of other kinds.
QUICK: set[str] = set()


def work(
    kind: str, place: str = "", need: Permission = "material.take", *, quick: bool = False
) -> Callable[[DeskWork], DeskWork]:
    """Enter what a kind of job does.

    Args:
        kind: The kind.
        place: Beginning of the address of its page; its identifier follows.
        need: What it takes to see such a job and to go on with it.
        quick: Whether it takes minutes at most, so that it does not wait for long work.
    """

    def enter(does: DeskWork) -> DeskWork:
        WORKS[kind] = does
        NEEDS[kind] = need
        if quick:
            QUICK.add(kind)
        if place:
            PLACES[kind] = place
        return does

    return enter
