"""Sessions: kept on the server, named by a random token of which only the hash is stored."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from typing import cast

import msgspec
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.web.accounts.people import Account, People
from qingyuan.web.state import SESSION, State
from qingyuan.web.telling import tell

#: A session is written at most once in so many seconds, however many requests it makes.
_TOUCH_SECONDS = 60
#: For so long after somebody showed who they are, keys and tokens of the account may be changed.
_FRESH_SECONDS = 900
#: A session with its account, in one statement: every request asks.
_OPEN = (
    "SELECT session.created, seen, account.person, name, display, disabled FROM session "
    "JOIN account ON account.person = session.person WHERE token = ?"
)
#: What a browser calls itself, by what is found in its User-Agent, the first that fits.
_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class Session(msgspec.Struct, frozen=True):
    """A session as its owner sees it.

    Attributes:
        id: Names it in the list; opens nothing.
        agent: Browser and system, in two words at most.
        method: ``"password"``, ``"passkey"`` or ``"provider"``.
        created: Seconds since the epoch.
        seen: The same, of the last request, to the minute.
        now: Whether it is the one that asks.
    """

    id: str
    agent: str
    method: str
    created: int
    seen: int
    now: bool


class Sessions:
    """The sessions of a home.

    Args:
        state: Where they are kept.
        people: The accounts.
        now: Seconds since the epoch.
        idle: Seconds without a request after which a session ends.
        absolute: Seconds after which it ends in any case.
    """

    def __init__(
        self, state: State, people: People, now: Callable[[], int], *, idle: int, absolute: int
    ) -> None:
        """Use ``state``."""
        self._state = state
        self._people = people
        self._now = now
        self._idle = idle
        self._absolute = absolute
        #: Sessions that were used since they were last written, and when; written beside the requests, which must not wait for a disk.
        self._used: dict[bytes, int] = {}
        self._turn = threading.Lock()
        self._writing: threading.Thread | None = None

    def close(self) -> None:
        """Wait until what is to be written is written."""
        with self._turn:
            writing = self._writing
        if writing is not None:
            writing.join()

    def begin(self, person: str, old: str | None = None, *, agent: str = "", method: str = "password") -> str:
        """Return the token of a new session; the one that the browser came with ends, and so do expired ones.

        Args:
            person: Whose.
            old: Token that the browser came with.
            agent: What the browser calls itself; two words of it are kept.
            method: How the person showed who they are.
        """
        token = secrets.token_urlsafe(32)
        now = self._now()
        with self._state.write() as connection:
            if old:
                connection.execute(sa.delete(SESSION).where(SESSION.c.token == _hash(old)))
            connection.execute(
                sa.delete(SESSION).where(
                    sa.or_(SESSION.c.created < now - self._absolute, SESSION.c.seen < now - self._idle)
                )
            )
            connection.execute(
                sa.insert(SESSION).values(
                    token=_hash(token),
                    person=person,
                    created=now,
                    seen=now,
                    id=secrets.token_hex(8),
                    agent=short_agent(agent),
                    method=method,
                    confirmed=now,
                )
            )
        return token

    def of(self, person: str, token: str | None) -> list[Session]:
        """Return the sessions of a person that are open, the newest first; that of ``token`` is marked."""
        now, own = self._now(), _hash(token or "")
        with self._state.read() as connection:
            rows = connection.execute(
                sa.select(SESSION)
                .where(
                    SESSION.c.person == person,
                    SESSION.c.created >= now - self._absolute,
                    SESSION.c.seen >= now - self._idle,
                )
                .order_by(SESSION.c.created.desc(), SESSION.c.id)
            )
            return [Session(r.id, r.agent, r.method, r.created, r.seen, r.token == own) for r in rows]

    def drop(self, person: str, identifier: str) -> None:
        """End a session of a person; another's is left alone."""
        with self._state.write() as connection:
            connection.execute(
                sa.delete(SESSION).where(SESSION.c.person == person, SESSION.c.id == identifier)
            )

    def drop_all(self, person: str) -> None:
        """End every session of a person."""
        with self._state.write() as connection:
            connection.execute(sa.delete(SESSION).where(SESSION.c.person == person))

    def fresh(self, token: str | None) -> bool:
        """Return whether the person showed who they are a short while ago."""
        with self._state.read() as connection:
            at = connection.execute(
                sa.select(SESSION.c.confirmed).where(SESSION.c.token == _hash(token or ""))
            ).scalar()
        return at is not None and at > self._now() - _FRESH_SECONDS

    def confirm(self, token: str | None) -> None:
        """Note that the person showed again who they are."""
        with self._state.write() as connection:
            connection.execute(
                sa.update(SESSION).where(SESSION.c.token == _hash(token or "")).values(confirmed=self._now())
            )

    def account(self, token: str | None, *, used: bool = True) -> Account | None:
        """Return whose session it is, or ``None`` when it ended or never was.

        Args:
            token: Of the session.
            used: Whether its owner does something with it now; else it goes on towards its end.
        """
        if not token:
            return None
        now = self._now()
        hashed = _hash(token)
        rows = cast("list[tuple[int, int, str, str, str, int]]", self._state.glance(_OPEN, hashed))
        if not rows:
            return None
        created, seen, *whose = rows[0]
        seen = max(seen, self._used.get(hashed, 0))
        if created < now - self._absolute or seen < now - self._idle:
            return None
        if used and seen < now - _TOUCH_SECONDS:
            self._touch(hashed, now)
        return self._people.named(*whose)

    def _touch(self, hashed: bytes, now: int) -> None:
        with self._turn:
            self._used[hashed] = now
            if self._writing is None:
                self._writing = threading.Thread(target=self._write, name="sessions", daemon=True)
                self._writing.start()

    def _write(self) -> None:
        """Write which sessions were used, all that come meanwhile too."""
        done: dict[bytes, int] = {}
        while True:
            with self._turn:
                self._used = {key: at for key, at in self._used.items() if done.get(key) != at}
                done = dict(self._used)
                if not done:
                    self._writing = None
                    return
            try:
                with self._state.write() as connection:
                    for key, at in done.items():
                        connection.execute(sa.update(SESSION).where(SESSION.c.token == key).values(seen=at))
            except (QingyuanError, sa.exc.SQLAlchemyError) as error:  # the next request tries again
                tell("sessions", error)

    def end(self, token: str | None) -> None:
        """End a session."""
        if token:
            with self._state.write() as connection:
                connection.execute(sa.delete(SESSION).where(SESSION.c.token == _hash(token)))


def short_agent(agent: str) -> str:
    """Return browser and system in two words at most, ``""`` when neither is known."""
    found = (next((name for part, name in known if part in agent), "") for known in (_BROWSERS, _SYSTEMS))
    return " · ".join(filter(None, found))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
