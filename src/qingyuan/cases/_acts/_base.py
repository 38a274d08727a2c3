"""The table of acts, and what several of them share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from qingyuan.cases._context import Context
from qingyuan.cases.deadlines import timing
from qingyuan.cases.errors import CasesError
from qingyuan.cases.events import Approval, EventDraft, Timing

Act = Callable[[Context], list[EventDraft]]

#: What each verb writes, by name.
ACTS: dict[str, Act] = {}


def act(name: str) -> Callable[[Act], Act]:
    """Register the decorated function as the act of the verb ``name``."""

    def register(function: Act) -> Act:
        ACTS[name] = function
        return function

    return register


def day(context: Context, name: str = "on") -> date:
    """Return a day that the guard found to be there."""
    found = context.args.day(name)
    assert found is not None
    return found


def approval(context: Context) -> Approval:
    """Return the approval that the guard found to be there."""
    args = context.args
    return Approval(
        by=args.text("approved_by"), on=day(context, "approved_on"), document=args.text("approval_document")
    )


class Service(NamedTuple):
    """Day of service, with what tells how it was served."""

    on: date
    done_on: date | None


def served(context: Context) -> Service:
    """Return the day that counts as the day of service, and that of the act where it is another."""
    acted = day(context)
    counted = context.law.service(context.args.text("mode"), acted, analogous=True).day
    return Service(counted, None if counted == acted else acted)


def timed(context: Context, period: str, on: date | None = None) -> Timing:
    """Return how the act, or the day ``on``, stands to ``period``, which the stage of the case guarantees to have begun.

    Raises:
        CasesError: The period has not begun, so the data of verbs and time limits contradict each other.
    """
    found = timing(context.the_case, period, on or day(context), law=context.law)
    if found is None:
        raise CasesError(
            "cases.bad-data",
            zh=f"期限“{period}”尚未起算，事项与期限数据不一致",
            en=f"period {period!r} has not begun; the data of verbs and time limits contradict each other",
            where=context.verb.name,
        )
    return found
