"""Who holds which post in the office, and what the policies of the parties room let them do."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, get_args

from qingyuan.office.access import Asking, Gate, access_of, docket_of, refresh_standing
from qingyuan.office.home import Home
from qingyuan.parties import NOTHING, OFFICE, Access, Decision, Record, Ruling, actions
from qingyuan.store import EventDraft, StoredEvent
from qingyuan.store.register import Scope, record
from qingyuan.web.access import ASKED, FORMER, ROLES, Permission

if TYPE_CHECKING:
    import sqlalchemy as sa


class Posts:
    """The posts of an office.

    Args:
        home: The office.

    Attributes:
        gate: What decides.
    """

    def __init__(self, home: Home) -> None:
        """Read the policies; they stay as they are until the server starts again.

        Raises:
            PartiesError: A policy of the site is not in order.
        """
        self._home = home
        self.gate = Gate(home)
        self._held: tuple[Access | None, dict[tuple[str, date], tuple[str, ...]]] = (None, {})
        self._may: tuple[Access | None, dict[tuple[str, date], frozenset[Permission]]] = (None, {})

    @contextlib.contextmanager
    def asking(self) -> Iterator[Asking]:
        """Yield what answers one request."""
        with self.gate.asking(on=self._today()) as asking:
            yield asking

    # -- who -------------------------------------------------------------------------------------

    def roles(self, person: str) -> tuple[str, ...]:
        """Return the posts that a person holds today in this office, in the order of :data:`ROLES`."""
        with self.asking() as asking:
            access, known = self._held
            if access is not asking.access:
                known = {}
                self._held = asking.access, known
            key = person, asking.on
            if key not in known:
                held = {r for who in asking.capacities(person) if who.body == self._own for r in who.roles}
                known[key] = tuple(role for role in ROLES if role in held)
            return known[key]

    def known(self, person: str) -> bool:
        """Return whether a person ever held a post."""
        with self.asking() as asking:
            return bool(asking.access.registry.posts_of(person))

    def set(self, person: str, roles: Collection[str], *, actor: str) -> None:
        """Give a person exactly these posts in this office, by events of the register, at once."""
        wanted = {FORMER.get(role, role) for role in roles}
        today = self._today()
        # The last day was yesterday: what is taken away is gone now.
        ended = {"on": (today - timedelta(days=1)).isoformat()}
        with self._home.database.write() as connection:
            posts = access_of(self._home, connection, self.gate.policies).registry.posts_of(person)
            held = {p.role for p in posts if p.body == self._own and p.until is None}
            drafts = [
                *(self._draft("appointed", person, role, {"since": today.isoformat()}) for role in ROLES if role in wanted - held),
                *(self._draft("dismissed", person, role, ended) for role in ROLES if role in held - wanted),
            ]  # fmt: skip
            if drafts:
                self._home.record(connection, drafts, actor=actor)

    def _draft(self, what: str, person: str, role: str, more: dict[str, str]) -> EventDraft:
        payload: dict[str, object] = {"person": person, "body": self._own, "role": role, **more}
        return EventDraft(OFFICE, f"party.{what}", payload)

    # -- may -------------------------------------------------------------------------------------

    def permissions(self, person: str) -> frozenset[Permission]:
        """Return what a person may do with something at least; with which dockets, :meth:`decide` and :meth:`scope` say."""
        with self.asking() as asking:
            access, known = self._may
            if access is not asking.access:
                known = {}
                self._may = asking.access, known
            key = person, asking.on
            if key not in known:
                known[key] = frozenset(
                    need for need in get_args(Permission) if self._possible(asking, person, need)
                )
            return known[key]

    @staticmethod
    def _possible(asking: Asking, person: str, need: Permission) -> bool:
        asked = ASKED.get(need)
        if asked is None:
            return True
        if asked.of == "office":
            return asking.may(person, asked.action)
        if asked.new and asking.may(person, asked.new):
            return True
        return asking.access.scope(person, asked.somewhere, on=asking.on) != NOTHING

    def would(self, need: Permission) -> tuple[Ruling, ...]:
        """Return the policies that could permit something."""
        asked = ASKED.get(need)
        if asked is None:
            return ()
        return tuple(
            ruling
            for name in dict.fromkeys(filter(None, (asked.action, asked.new)))
            for ruling in self.gate.policies.permitting(actions()[name], self._today())
        )

    def decide(
        self, person: str, need: Permission, docket: str = "", *, item: str = "", reason: str = ""
    ) -> Decision:
        """Ask the policies.

        Args:
            person: Who asks.
            need: What for; one of :data:`ASKED`.
            docket: A lead, matter or case; ``""`` for what belongs to none, or is asked of the office.
            item: The exhibit, of what is asked about material; else the docket stands for it.
            reason: Why, for ``material.unmask``.

        Raises:
            OfficeError: There is no such lead, matter or case.
        """
        asked = ASKED[need]
        with self.asking() as asking:
            if asked.of == "office" or not docket:
                return asking.decide(person, asked.action if asked.of == "office" else asked.new)
            if asked.of == "docket":
                return asking.decide(person, asked.action, docket)
            row = record(asking.connection, docket)
            # Of a docket that the register does not have, nobody knows that it concerns no minors.
            what = Record(item or docket, asking.docket(docket), row is None or row.shielded)
            return asking.decide(person, asked.action, what, reason=reason)

    def scope(self, person: str, action: str = "list") -> Scope:
        """Return which dockets lists, counts and the search show a person."""
        with self.asking() as asking:
            return asking.lists(person, action)

    # -- who handles -----------------------------------------------------------------------------

    def take_on(
        self, connection: sa.Connection, stored: Sequence[StoredEvent], person: str
    ) -> list[StoredEvent]:
        """Let whoever registered leads handle them, in the transaction of the registration; return the events."""
        leads = [event.stream for event in stored if event.type == "lead.registered"]
        return self._assign(connection, leads, person, actor=person)

    def handle(self, lead: str, person: str) -> None:
        """Let a person handle a lead that was registered for them; one who does, or must not, is left alone."""
        with self._home.database.write() as connection:
            known = docket_of(self._home, connection, lead)
            if person not in known.handlers | known.recused:
                self._assign(connection, [known.id], person, actor=person)

    def _assign(
        self, connection: sa.Connection, dockets: Sequence[str], person: str, *, actor: str
    ) -> list[StoredEvent]:
        asking = self.gate.ask(connection, on=self._today())
        if not dockets or not any(who.body == self._own for who in asking.capacities(person)):
            return []
        payload: dict[str, object] = {"person": person, "duty": "handler"}
        drafts = [EventDraft(docket, "access.assigned", payload) for docket in dockets]
        stored = self._home.record(connection, drafts, actor=actor)
        refresh_standing(connection, stored)
        return stored

    @property
    def _own(self) -> str:
        return self.gate.body.id

    def _today(self) -> date:
        return self._home.clock.now().date()
