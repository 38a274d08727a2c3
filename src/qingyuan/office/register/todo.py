"""What has to be done next, by person or for an office: computed from the dockets when asked, so that no date is ever stale."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from qingyuan.cases import Task, tasks
from qingyuan.errors import QingyuanError
from qingyuan.office.home import Home
from qingyuan.office.register._kit import kit
from qingyuan.office.register._reading import read_docket
from qingyuan.office.register.lists import ready
from qingyuan.store.register import ALL, Filters, Record, Scope, records
from qingyuan.store.registry import children

#: Most records of a kind whose dockets are looked at.
_MOST = 500


class Todo(msgspec.Struct, frozen=True):
    """One task and the docket it is in.

    Attributes:
        docket: The docket.
        title: Of the docket's record that the list shows.
        task: What has to be done.
    """

    docket: str
    title: str
    task: Task


class Todos(msgspec.Struct, frozen=True):
    """Tasks, the most pressing first.

    Attributes:
        rows: The tasks.
        more: Whether there are more than were asked for.
        unread: Dockets whose tasks cannot be told: identifier, why in Chinese and English.
    """

    rows: tuple[Todo, ...]
    more: bool
    unread: tuple[tuple[str, str, str], ...] = ()


def todo(
    home: Home,
    scope: Scope = ALL,
    *,
    person: str = "",
    who: str = "",
    remind: tuple[str, ...] = (),
    limit: int = 50,
) -> Todos:
    """Return what has to be done next, the most pressing first.

    Args:
        home: The office.
        scope: Who asks may see these.
        person: Only what is for this person to do or prepare.
        who: Only what these have to do, see the closed list ``task-who``.
        remind: Only tasks so near: any of ``"overdue"``, ``"today"``, ``"soon"``, ``"later"``, ``"undated"``.
        limit: Most tasks.
    """
    ready(home)
    law, _ = kit(home)
    now = home.clock.now()
    found: list[Todo] = []
    unread: list[tuple[str, str, str]] = []
    with home.database.read() as connection:
        for top, record in _dockets(connection, scope, person).items():
            docket, _ = read_docket(connection, (top, *children(connection, top)))
            try:
                listed = tasks(docket, law=law, now=now)
            except QingyuanError as error:
                unread.append((top, error.zh, error.en))
                continue
            found += [
                Todo(top, record.title, one)
                for one in listed
                if (not person or one.person == person)
                and (not who or one.who == who)
                and (not remind or one.remind in remind)
            ]
    found.sort(key=lambda one: (str(one.task.due or "9"), one.task.target, one.task.verb))
    return Todos(tuple(found[:limit]), len(found) > limit, tuple(unread))


def _dockets(connection: sa.Connection, scope: Scope, person: str) -> dict[str, Record]:
    """Return the dockets with something open within a scope, of a person when one is named, the earliest date first."""
    chosen = Filters(active=True, handler=person)
    closed = Filters(active=False, handler=person)
    found: dict[str, Record] = {}
    for kind in ("matter", "lead", "case"):
        for record in records(connection, kind, scope, chosen, sort="due", limit=_MOST).rows:
            found.setdefault(record.docket, record)
    # A look-back or a service is due on a case that is closed.
    for record in records(connection, "case", scope, closed, sort="due", limit=_MOST).rows:
        if record.due < "9999":
            found.setdefault(record.docket, record)
    return found
