"""What a page of a record offers: what has to be done with its date first, then every act by its group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from qingyuan.cases import Choice, DueDate, Offer, Task
from qingyuan.office.offers import grouped
from qingyuan.office.steps import Step


class Duty(msgspec.Struct, frozen=True):
    """One row of what has to be done.

    Attributes:
        target: Lead, matter or case, or ``"C2026-0001 m01"`` for a measure.
        verb: The act that does it; ``""`` for a date that no act ends.
        step: The step of the usual way, when it is one.
        task: Why, by whom and until when; ``None`` of a step that nothing presses.
        due: The date with its computation, where the law fixes it.
    """

    target: str
    verb: str
    step: Step | None
    task: Task | None
    due: DueDate | None

    @property
    def record(self) -> str:
        """The record that the act is done on."""
        return self.target.split(" ")[0]

    @property
    def measure(self) -> str:
        """The measure, or ``""``."""
        return self.target.partition(" ")[2]


class Group(msgspec.Struct, frozen=True):
    """The acts under one heading.

    Attributes:
        name: Of the closed list ``verb-group``.
        words: What it is called.
        ready: What can be done.
        blocked: What lacks something that can be supplied.
    """

    name: str
    words: Choice
    ready: tuple[Offer, ...]
    blocked: tuple[Offer, ...]


def duties(steps: Sequence[Step], tasks: Sequence[Task], due: Sequence[DueDate]) -> list[Duty]:
    """Return what has to be done: the usual next steps, then the rest by its date.

    Args:
        steps: The next step of each record.
        tasks: What the engine says has to be done.
        due: Its open dates, with their computation.
    """
    dates = {(one.target, one.key): one for one in due}
    known = {(one.verb, one.target): one for one in tasks}

    def dated(task: Task | None) -> DueDate | None:
        return dates.get((task.target.split(" ")[0], task.key)) if task else None

    first = []
    for step in steps:
        task = known.pop((step.verb.name, step.target), None)
        first.append(Duty(step.target, step.verb.name, step, task, dated(task)))
    return [*first, *(Duty(one.target, one.verb, None, one, dated(one)) for one in known.values())]


def groups(offers: Sequence[Offer], names: Mapping[str, Choice]) -> list[Group]:
    """Return acts by group, in the order of the closed list; groups without any are left out."""
    return [
        Group(
            name,
            names[name],
            tuple(one for one in acts if one.refused is None),
            tuple(one for one in acts if one.refused is not None),
        )
        for name, acts in grouped(offers).items()
    ]
