"""Sessions: kept on the server, named by a random token of which only the hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

import sqlalchemy as sa

from qingyuan.web.accounts.people import Account, People
from qingyuan.web.state import SESSION, State

#: A session is written at most once in so many seconds, however many requests it makes.
_TOUCH_SECONDS = 60


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

    def begin(self, person: str, old: str | None = None) -> str:
        """Return the token of a new session; the one that the browser came with ends, and so do expired ones."""
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
                sa.insert(SESSION).values(token=_hash(token), person=person, created=now, seen=now)
            )
        return token

    def account(self, token: str | None) -> Account | None:
        """Return whose session it is, or ``None`` when it ended or never was."""
        if not token:
            return None
        now = self._now()
        with self._state.read() as connection:
            row = connection.execute(sa.select(SESSION).where(SESSION.c.token == _hash(token))).first()
        if row is None or row.created < now - self._absolute or row.seen < now - self._idle:
            return None
        if row.seen < now - _TOUCH_SECONDS:
            with self._state.write() as connection:
                connection.execute(sa.update(SESSION).where(SESSION.c.token == row.token).values(seen=now))
        account = self._people.get(row.person)
        return None if account is None or account.disabled else account

    def end(self, token: str | None) -> None:
        """End a session."""
        if token:
            with self._state.write() as connection:
                connection.execute(sa.delete(SESSION).where(SESSION.c.token == _hash(token)))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
