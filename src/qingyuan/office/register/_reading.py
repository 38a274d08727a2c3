"""Reading a docket: its fold, and where its events stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from qingyuan.cases import CaseEvent, Docket, fold, is_ours
from qingyuan.reports import Event
from qingyuan.store import case_events


class Reading:
    """Where the events of a docket stand.

    Attributes:
        marks: Of each stream the index of its first event, and of its newest one of the cases room.
        behind: The events of the cases room, which a timeline shows and reports count, in the order of the log.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.marks: dict[str, tuple[int, int]] = {}
        self.behind: list[Event] = []

    def take(self, index: int, event: CaseEvent) -> None:
        """Note an event."""
        first, _ = self.marks.get(event.stream, (index, index))
        if not is_ours(event.type):
            self.marks.setdefault(event.stream, (first, first))
            return
        self.marks[event.stream] = (first, index)
        measure = getattr(event.payload, "measure", "")
        self.behind.append(
            Event(
                index, event.stream, event.type, measure if isinstance(measure, str) else "", event.at.date()
            )
        )


def read_docket(connection: sa.Connection, members: Sequence[str]) -> tuple[Docket, Reading]:
    """Fold some streams as they come; return the docket, and where its events stand."""
    found = Reading()

    def reading() -> Iterator[CaseEvent]:
        for index, event in case_events(connection, members):
            found.take(index, event)
            yield event

    return fold(reading()), found
