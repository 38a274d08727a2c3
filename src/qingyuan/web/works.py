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


def work(kind: str, place: str = "", need: Permission = "material.take") -> Callable[[DeskWork], DeskWork]:
    """Enter what a kind of job does.

    Args:
        kind: The kind.
        place: Beginning of the address of its page; its identifier follows.
        need: What it takes to see such a job and to go on with it.
    """

    def enter(does: DeskWork) -> DeskWork:
        WORKS[kind] = does
        NEEDS[kind] = need
        if place:
            PLACES[kind] = place
        return does

    return enter
