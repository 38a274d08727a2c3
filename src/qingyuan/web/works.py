"""What jobs do, by kind, and where each kind is shown; a module of pages enters its own."""

from __future__ import annotations

from collections.abc import Callable

from qingyuan.web.desk import DeskWork

#: What a kind of job does.
WORKS: dict[str, DeskWork] = {}
#: Where jobs of a kind are shown, when it is not the page of jobs.
PLACES: dict[str, str] = {}


def work(kind: str, place: str = "") -> Callable[[DeskWork], DeskWork]:
    """Enter what a kind of job does.

    Args:
        kind: The kind.
        place: Beginning of the address of its page; its identifier follows.
    """

    def enter(does: DeskWork) -> DeskWork:
        WORKS[kind] = does
        if place:
            PLACES[kind] = place
        return does

    return enter
