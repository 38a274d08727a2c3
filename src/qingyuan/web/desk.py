"""What every page works with: the opened home, the accounts, and one door for whatever writes."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar, cast

import sqlalchemy as sa

from qingyuan.office.browser import remove_leftovers
from qingyuan.office.casework import Argument, act_within
from qingyuan.office.home import Home
from qingyuan.office.packages.waiting import sweep_waiting
from qingyuan.office.shelf import Shelf
from qingyuan.store import EventDraft, StoredEvent
from qingyuan.web.accounts import Ceremonies, Passkeys, People, Providers, Sessions, Tokens
from qingyuan.web.guard import Guard
from qingyuan.web.hooks import Hooks
from qingyuan.web.jobs import Jobs, Report, Work
from qingyuan.web.limits import Allowance, Tries
from qingyuan.web.posts import Posts
from qingyuan.web.settings import ServeSettings
from qingyuan.web.state import SECRET, State
from qingyuan.web.uploads import Uploads

T = TypeVar("T")

_STATE = "web.db"
_DAY = 86_400
#: What takes long is kept so long, and so many of them.
_KEPT_SECONDS, _MOST_KEPT = 15.0, 1000

#: Work of a kind of job: the desk, its particulars, who wants it, where to report.
DeskWork = Callable[["Desk", Mapping[str, object], str, Report], dict[str, object]]


def _now() -> int:
    return int(time.time())


class _Kept(NamedTuple):
    """What was made of one state of the log."""

    until: float
    state: tuple[int, int]
    value: object

    def serves(self, state: tuple[int, int]) -> bool:
        """Return whether it is still true, or young."""
        return self.state == state or self.until > time.monotonic()


class Desk:
    """The office as the web sees it.

    Args:
        home: The opened home; the caller closes it.
        settings: How it is served.
        works: What the jobs do, by kind; none are run before :attr:`jobs` is started.
        quick: Kinds of them that do not wait for long work.

    Attributes:
        home: The home.
        settings: How it is served.
        state: Accounts, sessions, jobs.
        dockets: Dockets as the log has them, folded once.
        posts: Who holds which post, and what that lets them do.
        guard: Asks about every record that a request names.
        people: The accounts.
        sessions: Their sessions.
        tokens: Tokens of programs.
        ceremonies: What was begun and waits for its second half.
        passkeys: Passkeys of the accounts.
        providers: Signing in at a provider.
        uploads: What is being sent.
        hooks: Other systems that are told what was logged.
        jobs: What takes longer than a page.
        tries: How often addresses tried what is limited.
        asking: How often programs may ask.
        secret: Key of the tokens against forged requests.
        setup_code: Has to be known to make the first account; every server process of the home has the same.
    """

    def __init__(
        self,
        home: Home,
        settings: ServeSettings,
        works: Mapping[str, DeskWork] | None = None,
        quick: Collection[str] = (),
    ) -> None:
        """Open the web's own state beside the home's."""
        self.home = home
        self.settings = settings
        url = home.settings.database
        self.state = State(url) if url else State.at(home.path / _STATE)
        self.dockets = Shelf(home)
        self.posts = Posts(home)
        self.guard = Guard(home, self.posts)
        self.people = People(self.state, _now, self.posts)
        self.sessions = Sessions(
            self.state,
            self.people,
            _now,
            idle=settings.idle_minutes * 60,
            absolute=settings.absolute_hours * 3600,
        )
        self.tokens = Tokens(self.state, self.people, _now)
        self.tries = Tries(self.state)
        self.asking = Allowance(self.tries, settings.api_per_minute)
        self.secret = self._secret("csrf")
        self.ceremonies = Ceremonies(self.state, _now)
        self.passkeys = Passkeys(
            self.state,
            self.people,
            self.ceremonies,
            _now,
            origin=settings.origin,
            secret=self._secret("passkey"),
        )
        self.providers = Providers(
            self.state, home, self.people, self.ceremonies, _now, origin=settings.origin
        )
        self.uploads = Uploads(self.state, home, settings)
        works = works or {}
        self.hooks = Hooks(self.state, home, allow_private=settings.private_hooks)
        self.jobs = Jobs(
            self.state,
            {kind: self._bound(work) for kind, work in works.items()},
            self.tidy,
            self.hooks.round,
            quick,
        )
        self.setup_code = self._secret("setup").hex()[:24]
        self._kept: dict[Hashable, _Kept] = {}
        self._making = threading.Lock()
        self._turns: dict[Hashable, threading.Lock] = {}
        #: Whoever writes to the record takes turns here instead of at the lock of the database.
        self.turn = threading.RLock()
        self._sharing = contextlib.ExitStack()
        self._sharing.enter_context(home.sharing_commits())

    def close(self) -> None:
        """Close the web's own state."""
        self.jobs.stop()
        self.sessions.close()
        self._sharing.close()
        self.state.close()

    def act(
        self, verb: str, target: str | None, args: Mapping[str, Argument], *, actor: str
    ) -> list[StoredEvent]:
        """Do one act and publish the log; see :func:`qingyuan.office.casework.act`. Who registers a lead handles it."""
        with self.turn:
            with self.home.database.write() as connection:
                stored = act_within(self.home, connection, verb, target, args, actor=actor)
                self.posts.take_on(connection, stored, actor)
            self.home.publish()
            self._kept.clear()
            self._turns.clear()
        return stored

    def remembered(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what takes longer than a page may take in a large office: as it is in this state of the log, or was some seconds ago at most.

        What this server wrote by an act is seen at once.
        """
        known, state = self._kept.get(key), self.posts.gate.state()
        if known is None or not known.serves(state):
            with self._making:
                turn = self._turns.setdefault(key, threading.Lock())
            with turn:
                known = self._kept.get(key)
                if known is None or not known.serves(state):
                    if len(self._kept) > _MOST_KEPT:
                        self._kept.clear()
                        self._turns.clear()
                    known = self._kept[key] = _Kept(time.monotonic() + _KEPT_SECONDS, state, make())
        return cast("T", known.value)

    def note_reading(self, what: str, records: Sequence[str], *, actor: str, reason: str = "") -> None:
        """Write down that a person read personal data in clear, before it is shown.

        Args:
            what: ``"exhibit"``, ``"excerpt"`` or ``"reporter"``.
            records: What was read: exhibits, leads.
            actor: Who reads.
            reason: Why, when the person was asked.
        """
        payload: dict[str, object] = {"what": what, "records": list(records), "reason": reason}
        # Not in turn: readings of many people at a time share one commit.
        self.home.append([EventDraft("office", "access.read", payload)], actor=actor)

    def tidy(self) -> None:
        """Remove what nobody waits for any more: uploads, packages, and the working folders of processes that were killed."""
        self.uploads.sweep(self.settings.upload_days * _DAY)
        remove_leftovers()
        sweep_waiting(self.home, self.settings.package_days * _DAY)

    def _bound(self, work: DeskWork) -> Work:
        return lambda _, args, person, report: work(self, args, person, report)

    def _secret(self, name: str) -> bytes:
        with self.state.write() as connection:
            known = connection.execute(sa.select(SECRET.c.value).where(SECRET.c.name == name)).scalar()
            if known is not None:
                return bytes(known)
            made = secrets.token_bytes(32)
            connection.execute(sa.insert(SECRET).values(name=name, value=made))
        return made
