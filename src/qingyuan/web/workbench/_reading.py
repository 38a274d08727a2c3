"""What the pages of the workbench show, read from the rooms below."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime

import msgspec

from qingyuan.cases import Case
from qingyuan.ledger import open_checkpoint
from qingyuan.office import register
from qingyuan.office.casework import Loaded
from qingyuan.office.home import Home
from qingyuan.office.keys.destruction_request import Request, waiting
from qingyuan.office.register import Deadline
from qingyuan.store.register import Filters, Record
from qingyuan.web.asking import Ask

#: Stages of a case that the other track has and this one does not.
_FOREIGN = {
    "administrative": {"noticed", "transferred"},
    "civil": {"suggested", "rectifying", "replied", "transferred"},
}


_LOOK_BACK = "look-back"
#: Most dates that the home page reads.
MOST = 100

#: The day on which a case came to a stage.
_DAYS = {
    "filed": "filed_on",
    "investigated": "investigated_on",
    "suggested": "suggestion_on",
    "rectifying": "suggestion_served_on",
    "replied": "replied_on",
    "noticed": "noticed_on",
    "reviewed": "followed_up_on",
    "sued": "sued_on",
    "judged": "acts.judgment",
    "effective": "acts.effect",
    "closed": "closed_on",
    "transferred": "transferred_on",
}


class Overview(msgspec.Struct, frozen=True):
    """The home page of a person, the first rows of each list.

    Attributes:
        due: Open dates, the earliest first.
        leads: Leads that wait for an assessment.
        replies: Cases in which the organ has replied and nobody has followed up.
        look_backs: Closed cases with a day to look back.
        waiting: How many leads wait.
        replied: How many replies there are.
        destructions: Requests of others to destroy a sealing key that the person may confirm, by lead or matter.
    """

    due: list[Deadline]
    leads: tuple[Record, ...]
    replies: tuple[Record, ...]
    look_backs: list[Deadline]
    waiting: int
    replied: int
    destructions: dict[str, Request]


def overview(ask: Ask) -> Overview:
    """Return what waits for who asks, from the register; read anew when the log has grown."""
    state = "overview", ask.desk.posts.gate.state(), ask.desk.home.clock.now().date(), ask.scope, ask.person
    return ask.desk.remembered(state, lambda: _overview(ask))


def _overview(ask: Ask) -> Overview:
    home, scope = ask.desk.home, ask.scope
    rows = register.deadlines(home, scope, limit=MOST).rows
    return Overview(
        [row for row in rows if row.key != _LOOK_BACK],
        register.leads(home, scope, Filters(stages=("registered",), active=True), limit=20).rows,
        register.cases(home, scope, Filters(stages=("replied",), active=True), limit=20).rows,
        [row for row in rows if row.key == _LOOK_BACK],
        register.counts(home, "lead", scope).get("registered", 0),
        register.counts(home, "case", scope).get("replied", 0),
        {
            docket: request
            for docket, request in waiting(home).items()
            if request.by != ask.person and ask.may("case.decide", docket)
        },
    )


def stages(case: Case, known: Iterable[str]) -> list[tuple[str, str]]:
    """Return the stages of the case's track in their order, each ``"done"``, ``"now"`` or ``"to-come"``.

    A stage that was passed over (a case that was closed and never sued) is left out, and so is all that a closed case
    does not come to any more.
    """
    names = [one for one in known if one not in _FOREIGN[case.track] or one == case.stage]
    at = names.index(case.stage)
    found = [(one, "done") for one in names[:at] if case.day(_DAYS[one]) is not None]
    later = [] if case.ended_on else names[at + 1 :]
    return [*found, (str(case.stage), "now"), *((one, "to-come") for one in later)]


def some_minutes(now: datetime) -> datetime:
    """Return the time to five minutes, for what is kept of a docket: an act is decided by the time of the act, whatever a page offered."""
    return now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)


class Head(msgspec.Struct, frozen=True):
    """The newest signed head of the log.

    Attributes:
        origin: Name of the log.
        size: Entries.
        root: Root hash, base64.
        vkey: Key to check it with.
        note: The signed note.
    """

    origin: str
    size: int
    root: str
    vkey: str
    note: str


def head_of(home: Home) -> Head | None:
    """Return the newest head, its signature checked, or ``None`` of an empty log."""
    head = home.head()
    if head is None:
        return None
    checkpoint = open_checkpoint(head.note, [home.log.key]).checkpoint
    root = base64.b64encode(checkpoint.root).decode()
    return Head(checkpoint.origin, checkpoint.size, root, home.log.key.encode(), head.note.decode())


def last_event(loaded: Loaded) -> str:
    """Return when the newest event of a docket was recorded."""
    return loaded.events[-1].at if loaded.events else ""
