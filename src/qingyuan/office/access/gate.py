"""Decisions for a program that serves many requests: policies are kept, register and dockets are read when the log grew."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import sqlalchemy as sa

from qingyuan.office.access.lists import list_scope
from qingyuan.office.access.work import access_of, docket_of, own_body, read_policies
from qingyuan.office.home import Home
from qingyuan.parties import (
    OFFICE,
    Access,
    Body,
    Capacity,
    Decision,
    Matter,
    Policies,
    Record,
    Resource,
    actions,
)
from qingyuan.store import glance
from qingyuan.store.register import Scope as ListScope

#: What is remembered of one state of the log; beyond it everything is forgotten, as after a new event.
_MOST = 20_000
#: The newest number of the register of parties and the newest index of the log; ``None`` when there is none.
_STATE = "SELECT (SELECT max(n) FROM event WHERE stream = ?), (SELECT max(idx) FROM event)"
_STATE_WITHIN = sa.text(_STATE.replace("?", ":stream"))


class Gate:
    """What decides in a home; one for a process, used by many threads.

    Args:
        home: The office.
        policies: The policies in force; those of the program and of ``home/policies`` when ``None``.

    Raises:
        PartiesError: A policy in ``home/policies`` is not in order; nothing may be served until it is.
    """

    def __init__(self, home: Home, policies: Policies | None = None) -> None:
        """Read the policies."""
        self.home = home
        self.policies = policies or read_policies(home)
        self.body: Body = own_body(home)
        self._lock = threading.Lock()
        self._register: tuple[int, Access] | None = None
        self._state: tuple[int, int, dict[object, object]] | None = None

    def renew(self) -> None:
        """Forget everything: somebody said just now which office this is."""
        self.home.reread()
        with self._lock:
            self.body = own_body(self.home)
            self._register = self._state = None

    def ask(self, connection: sa.Connection, *, on: date) -> Asking:
        """Return what answers one request.

        Args:
            connection: A read transaction; what it sees is what is judged.
            on: The day; posts are dated.
        """
        register, size = _state(connection.execute(_STATE_WITHIN, {"stream": OFFICE}).all())
        with self._lock:
            if self._register is None or self._register[0] != register:
                self.home.reread()  # another process may have said which office this is
                self.body = own_body(self.home)
                self._register = register, access_of(self.home, connection, self.policies)
            if self._state is None or self._state[:2] != (register, size) or len(self._state[2]) > _MOST:
                self._state = register, size, {}
            return Asking(self, connection, self._register[1], self._state[2], on)

    def state(self) -> tuple[int, int]:
        """Return the newest number of the register of parties and the newest index of the log, as they are now."""
        return _state(glance(self.home.database.engine, _STATE, OFFICE))

    @contextlib.contextmanager
    def asking(self, *, on: date) -> Iterator[Asking]:
        """Yield what answers one request; the journal is read only for what is not known of this state of the log."""
        state = self.state()
        with self._lock:
            register, known = self._register, self._state
        with contextlib.ExitStack() as stack:
            if register is None or known is None or known[:2] != state or register[0] != state[0]:
                yield self.ask(stack.enter_context(self.home.database.read()), on=on)
            else:
                yield Asking(self, stack, register[1], known[2], on)


class Asking:
    """The answers to one request; see :meth:`Gate.ask`.

    Attributes:
        access: The register and the policies.
        on: The day.
    """

    def __init__(
        self,
        gate: Gate,
        connection: sa.Connection | contextlib.ExitStack,
        access: Access,
        known: dict[object, object],
        on: date,
    ) -> None:
        """Use what is ``known`` of this state of the log; on a stack, the journal is opened when something is not."""
        self.access = access
        self.on = on
        self._gate = gate
        self._connection = connection
        self._known = known

    @property
    def connection(self) -> sa.Connection:
        """The read transaction; where it sees a newer state of the log, all that is asked from now on is of that one."""
        if isinstance(self._connection, contextlib.ExitStack):
            opened = self._connection.enter_context(self._gate.home.database.read())
            newest = self._gate.ask(opened, on=self.on)
            self.access, self._known, self._connection = newest.access, newest._known, opened  # noqa: SLF001 - of its own kind
        return self._connection

    def capacities(self, person: str) -> tuple[Capacity, ...]:
        """Return in which capacities a person acts on the day; none for somebody without a post."""
        return self.access.registry.capacities(person, self.on)

    def docket(self, identifier: str) -> Matter:
        """Return who stands how to the docket of a lead, matter or case.

        Raises:
            OfficeError: There is no such record.
        """
        found = self._known.get(identifier)
        if not isinstance(found, Matter):
            found = docket_of(self._gate.home, self.connection, identifier, self.access.registry)
            self._known[identifier] = found
        return found

    def decide(
        self, person: str, action: str, what: str | Resource = "", *, minor: bool = False, reason: str = ""
    ) -> Decision:
        """Decide.

        Args:
            person: Who asks.
            action: Identifier in ``actions.yaml``.
            what: A resource; or the identifier of a lead, matter or case, for an action on dockets or on records in them; or
                that of a body, for an action on bodies; this office when blank.
            minor: Whether a record asked about by its docket is, or may be, of a person under 18.
            reason: Why, for actions that need a reason.

        Raises:
            OfficeError: There is no such record.
            PartiesError: There is no such action or body, or the action is not for such a resource.
        """
        if not isinstance(what, str):
            return self._authorize(person, action, what, reason)
        key = (person, action, what, minor, reason, self.on)
        found = self._known.get(key)
        if not isinstance(found, Decision):
            found = self._authorize(person, action, self._named(action, what, minor=minor), reason)
            self._known[key] = found
        return found

    def may(self, person: str, action: str, what: str | Resource = "") -> bool:
        """Return whether a person may do ``action``; see :meth:`decide`."""
        return self.decide(person, action, what).allowed

    def each(self, person: str, wanted: Iterable[str], what: str | Resource = "") -> dict[str, Decision]:
        """Return a decision for every action of ``wanted``, for the buttons of a page."""
        return {action: self.decide(person, action, what) for action in wanted}

    def lists(self, person: str, action: str = "list") -> ListScope:
        """Return which dockets the lists of ``office.register`` may show a person, or which a person may do ``action`` with.

        Raises:
            OfficeError: ``office.unlistable``: a policy of the site asks of a list what the register cannot answer.
        """
        key = ("lists", person, action, self.on)
        found = self._known.get(key)
        if not isinstance(found, ListScope):
            found = list_scope(
                self._gate.home, self.connection, self.access, person, on=self.on, action=action
            )
            self._known[key] = found
        return found

    def _authorize(self, person: str, action: str, resource: Resource, reason: str) -> Decision:
        return self.access.authorize(person, action, resource, on=self.on, context={"reason": reason})

    def _named(self, action: str, what: str, *, minor: bool) -> Resource:
        asked = actions().get(action)
        if asked is not None and asked.resource == "Body":
            return self.access.registry.body(what) if what else self._gate.body
        docket = self.docket(what)
        return Record(what, docket, minor) if asked is not None and asked.resource == "Record" else docket


def _state(rows: Sequence[Sequence[object]]) -> tuple[int, int]:
    register, size = rows[0]
    return int(str(register or 0)), int(str(size or 0))
